"""Where something is painted on a page: boxes, outlines of any shape, and what is left of them when they are cut."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import hypot
from typing import Any

Point = tuple[float, float]
MOST_CORNERS = 1_000  # of one path; of a longer one nobody tells what it fills
CURVE = (0.25, 0.5, 0.75, 1.0)  # where a curve is looked at
STRAIGHT = 0.001  # points


@dataclass(frozen=True)
class Matrix:
    """As PDF writes it: a b c d e f."""

    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 1.0
    e: float = 0.0
    f: float = 0.0

    @staticmethod
    def of(given: Any) -> "Matrix":
        return Matrix(*(float(one) for one in given))

    def after(self, other: "Matrix") -> "Matrix":
        """First this one, then the other."""
        return Matrix(
            self.a * other.a + self.b * other.c,
            self.a * other.b + self.b * other.d,
            self.c * other.a + self.d * other.c,
            self.c * other.b + self.d * other.d,
            self.e * other.a + self.f * other.c + other.e,
            self.e * other.b + self.f * other.d + other.f,
        )

    def at(self, x: float, y: float) -> Point:
        return self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f

    def corners(self, left: float, low: float, right: float, high: float) -> list[Point]:
        return [self.at(left, low), self.at(right, low), self.at(right, high), self.at(left, high)]

    @property
    def area(self) -> float:
        return abs(self.a * self.d - self.b * self.c)

    @property
    def scale(self) -> float:
        return float(self.area**0.5)


@dataclass(frozen=True)
class Box:
    left: float
    low: float
    right: float
    high: float

    @staticmethod
    def around(points: Sequence[Point]) -> "Box":
        across, up = [p[0] for p in points], [p[1] for p in points]
        return Box(min(across), min(up), max(across), max(up))

    def holds(self, point: Point, *, room: float = 0.0) -> bool:
        inside = self.left - room <= point[0] <= self.right + room
        return inside and self.low - room <= point[1] <= self.high + room

    def meet(self, other: "Box") -> "Box":
        return Box(
            max(self.left, other.left),
            max(self.low, other.low),
            min(self.right, other.right),
            min(self.high, other.high),
        )


EVERYWHERE = Box(-1e9, -1e9, 1e9, 1e9)


@dataclass(frozen=True)
class Outline:
    """One path of one or several pieces. `even_odd`: what two of them share is a hole."""

    pieces: Sequence[Sequence[Point]]
    even_odd: bool = False

    @cached_property
    def box(self) -> Box:
        return Box.around([corner for piece in self.pieces for corner in piece])

    @cached_property
    def corners(self) -> int:
        return sum(len(piece) for piece in self.pieces)

    @property
    def is_box(self) -> bool:
        corners = self.pieces[0] if len(self.pieces) == 1 else ()
        corners = corners[:-1] if len(corners) == 5 and corners[0] == corners[-1] else corners
        return len(corners) == 4 and all(
            min(abs(one[0] - other[0]), abs(one[1] - other[1])) < STRAIGHT for one, other in _sides(corners)
        )

    def holds(self, point: Point) -> bool:
        """How often the path winds round the point."""
        x, y = point
        turns = 0
        for piece in self.pieces:
            for one, other in _sides(piece):
                if (one[1] <= y) != (other[1] <= y):
                    aside = (other[0] - one[0]) * (y - one[1]) - (x - one[0]) * (other[1] - one[1])
                    if (aside > 0) == (other[1] > one[1]):
                        turns += 1 if other[1] > one[1] else -1
        return turns % 2 == 1 if self.even_odd else turns != 0


def _sides(corners: Sequence[Point]) -> Iterator[tuple[Point, Point]]:
    return zip(corners, [*corners[1:], corners[0]], strict=True)


@dataclass(frozen=True)
class Area:
    """Within a box and all of its outlines."""

    box: Box = EVERYWHERE
    outlines: tuple[Outline, ...] = ()

    def cut(self, outline: Outline) -> "Area":
        """What of it lies within the outline as well."""
        box = self.box.meet(outline.box)
        known = outline.corners > MOST_CORNERS or outline.is_box
        return Area(box, self.outlines if known else (*self.outlines, outline))

    def holds(self, point: Point) -> bool:
        return self.box.holds(point) and all(outline.holds(point) for outline in self.outlines)


@dataclass
class Path:
    """As it is drawn, before it is filled, cut along or left."""

    pieces: list[list[Point]] = field(default_factory=list)
    _closed: bool = False

    def move(self, to: Point) -> None:
        self.pieces.append([to])
        self._closed = False

    def line(self, to: Point) -> None:
        if self._closed or not self.pieces:
            self.move(self.pieces[-1][0] if self.pieces else to)
        self.pieces[-1].append(to)

    def curve(self, first: Point | None, second: Point, to: Point) -> None:
        begin = self.pieces[-1][-1] if self.pieces and not self._closed else to
        first = first or begin
        for t in CURVE:
            s = 1 - t
            weights = (s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t)
            four = (begin, first, second, to)
            self.line(
                (
                    sum(w * p[0] for w, p in zip(weights, four, strict=True)),
                    sum(w * p[1] for w, p in zip(weights, four, strict=True)),
                )
            )

    def close(self) -> None:
        self._closed = bool(self.pieces)

    def box(self, corners: list[Point]) -> None:
        self.pieces.append(corners)
        self._closed = True

    def outline(self, *, even_odd: bool = False) -> Outline:
        return Outline(self.pieces, even_odd)

    def lines(self, thick: float) -> Iterator[Outline]:
        """Each of its lines as the bar that a pen of this thickness makes of it."""
        for piece in self.pieces:
            for one, other in itertools.pairwise(piece):
                along = hypot(other[0] - one[0], other[1] - one[1])
                if along:
                    x = (one[1] - other[1]) / along * thick / 2
                    y = (other[0] - one[0]) / along * thick / 2
                    (a, b), (c, d) = one, other
                    yield Outline([[(a + x, b + y), (c + x, d + y), (c - x, d - y), (a - x, b - y)]])
