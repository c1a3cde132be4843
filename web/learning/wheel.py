"""The wheel of the four stages as a drawing: where its quarters, arrow heads and words lie."""

from dataclasses import dataclass
from math import cos, pi, sin

SIZE = 520
MIDDLE = SIZE / 2
OUTER, INNER = 254.0, 90.0
GAP = 11.0  # between two quarters
HEAD = 11.0  # degrees that a quarter reaches into the next


@dataclass(frozen=True)
class Quarter:
    """`outline` is a path; words stand in the middle of `x`, on three lines."""

    outline: str
    x: float
    lines: tuple[float, float, float]


def quarters() -> tuple[Quarter, ...]:
    """Clockwise from the upper left, as one stage leads to the next."""
    return tuple(
        Quarter(_outline(start), MIDDLE + x, tuple(MIDDLE + y for y in lines))  # type: ignore[arg-type]
        for start, x, lines in (
            (180, -118, (-146, -112, -84)),
            (270, 118, (-146, -112, -84)),
            (0, 118, (106, 140, 167)),
            (90, -118, (106, 140, 167)),
        )
    )


def _outline(start: float) -> str:
    middle = (OUTER + INNER) / 2
    end = start + 90
    return (
        f"M{_at(OUTER, start, 1)} A{OUTER:g} {OUTER:g} 0 0 1 {_at(OUTER, end, -1)} L{_at(middle, end + HEAD, -1)} "
        f"L{_at(INNER, end, -1)} A{INNER:g} {INNER:g} 0 0 0 {_at(INNER, start, 1)} L{_at(middle, start + HEAD, 1)} Z"
    )


def _at(radius: float, degrees: float, side: int) -> str:
    """Degrees clockwise from three o'clock, as SVG counts; half a gap to that side of the line between two quarters."""
    angle = degrees * pi / 180 + side * GAP / 2 / radius
    return f"{MIDDLE + radius * cos(angle):.1f} {MIDDLE + radius * sin(angle):.1f}"
