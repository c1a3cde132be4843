"""Built files of the front end, found by their plain names."""

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

STATIC = Path(__file__).parent / "static"
BUILT = STATIC / "dist"


class AssetsMissing(RuntimeError):
    """The front end has not been built: run web/frontend/build.sh."""


@lru_cache(maxsize=1)  # a new build needs a new process, as new code does
def manifest() -> Mapping[str, str]:
    try:
        found: dict[str, str] = json.loads((BUILT / "manifest.json").read_text("utf-8"))
    except FileNotFoundError as error:
        raise AssetsMissing(AssetsMissing.__doc__) from error
    return found


def asset(name: str) -> str:
    """The address of a built file: `app.css` is `/static/dist/app-GCIJ3R7Z.css`; it never changes its content."""
    return f"/static/dist/{manifest()[name]}"
