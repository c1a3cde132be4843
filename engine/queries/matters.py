"""What a task of a loop is about, in words."""

from collections.abc import Mapping
from typing import Any


def matter(facts: Mapping[str, Any]) -> str | None:
    """The reference and title of what this round of a loop deals with, as far as it has any: `INP-2027-004: Sleep`."""
    for one in (facts, *facts.values()):
        if isinstance(one, Mapping):
            named = [str(one[key]) for key in ("reference", "title") if one.get(key)]
            if named:
                return ": ".join(named)
    return None


def same_matter(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two rounds are about the same thing; what is known of it besides may have changed in between."""
    return {k: _known_by(v) for k, v in one.items()} == {k: _known_by(v) for k, v in other.items()}


def _known_by(value: Any) -> Any:
    return value.get("reference", value) if isinstance(value, Mapping) else value
