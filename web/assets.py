"""Built files of the front end, found by their plain names."""

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

STATIC = Path(__file__).parent / "static"
BUILT = STATIC / "dist"


class AssetsMissing(RuntimeError):
    """The front end has not been built: run web/frontend/build.sh."""


def manifest() -> Mapping[str, str]:
    path = BUILT / "manifest.json"
    try:
        return _read(path, path.stat().st_mtime_ns)
    except FileNotFoundError as error:
        raise AssetsMissing(AssetsMissing.__doc__) from error


@lru_cache(maxsize=1)
def _read(path: Path, written: int) -> Mapping[str, str]:  # `written`: a new build is seen at once
    found: dict[str, str] = json.loads(path.read_text("utf-8"))
    return found


def asset(name: str) -> str:
    """The address of a built file: `app.css` is `/static/dist/app-GCIJ3R7Z.css`; it never changes its content."""
    return f"/static/dist/{manifest()[name]}"
