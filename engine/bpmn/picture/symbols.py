"""The small signs of BPMN: in events, in the corner of tasks, at the foot of activities, in gateways.

Event signs are drawn in a square from -1 to 1, task signs in one from 0 to 16.
"""

from collections.abc import Callable
from math import cos, pi, sin

from .scene import Box, Point
from .svg import PAPER, Pen


def _ring(count: int, radius: float, start: float = -pi / 2) -> list[Point]:
    return [(radius * cos(start + 2 * pi * i / count), radius * sin(start + 2 * pi * i / count)) for i in range(count)]


# ---------------------------------------------------------------------------------------------- events


def _message(pen: Pen, ink: str, filled: bool) -> None:
    back, front = (ink, PAPER) if filled else (PAPER, ink)
    pen.rect(Box(-1, -0.7, 2, 1.4), fill=back, stroke=ink, stroke_width=0.15)
    pen.path("M-1 -.7 0 .12 1 -.7", stroke=front, stroke_width=0.15)


def _timer(pen: Pen, ink: str, filled: bool) -> None:
    pen.circle((0, 0), 1.08, fill=PAPER, stroke=ink, stroke_width=0.14)
    for (x1, y1), (x2, y2) in zip(_ring(12, 1.0), _ring(12, 0.84), strict=True):
        pen.line((x1, y1), (x2, y2), stroke=ink, stroke_width=0.1)
    pen.path("M.18 -.78 0 0 .55 0", stroke=ink, stroke_width=0.15, stroke_linecap="round")


def _signal(pen: Pen, ink: str, filled: bool) -> None:
    pen.polygon([(0, -1), (1, 0.76), (-1, 0.76)], fill=ink if filled else PAPER, stroke=ink, stroke_width=0.15)


def _error(pen: Pen, ink: str, filled: bool) -> None:
    points = [(-1, 0.9), (-0.38, -0.85), (0.3, 0.05), (0.98, -0.95), (0.4, 0.88), (-0.28, -0.02)]
    pen.polygon(points, fill=ink if filled else PAPER, stroke=ink, stroke_width=0.15)


def _escalation(pen: Pen, ink: str, filled: bool) -> None:
    points = [(0, -1), (0.86, 0.92), (0, 0.1), (-0.86, 0.92)]
    pen.polygon(points, fill=ink if filled else PAPER, stroke=ink, stroke_width=0.15)


def _terminate(pen: Pen, ink: str, filled: bool) -> None:
    pen.circle((0, 0), 1, fill=ink)


def _conditional(pen: Pen, ink: str, filled: bool) -> None:
    pen.rect(Box(-0.78, -1, 1.56, 2), fill=PAPER, stroke=ink, stroke_width=0.14)
    for y in (-0.6, -0.2, 0.2, 0.6):
        pen.line((-0.5, y), (0.5, y), stroke=ink, stroke_width=0.14)


def _link(pen: Pen, ink: str, filled: bool) -> None:
    points = [(-1, -0.36), (0.2, -0.36), (0.2, -0.85), (1, 0), (0.2, 0.85), (0.2, 0.36), (-1, 0.36)]
    pen.polygon(points, fill=ink if filled else PAPER, stroke=ink, stroke_width=0.15)


def _compensate(pen: Pen, ink: str, filled: bool) -> None:
    for x in (-1.05, 0.0):
        pen.polygon(
            [(x, 0), (x + 1, -0.75), (x + 1, 0.75)],
            fill=ink if filled else PAPER,
            stroke=ink,
            stroke_width=0.14,
        )


def _cancel(pen: Pen, ink: str, filled: bool) -> None:
    points = [(-0.9, -0.6), (-0.6, -0.9), (0, -0.3), (0.6, -0.9), (0.9, -0.6), (0.3, 0)]
    points += [(-x, -y) for x, y in points]
    pen.polygon(points, fill=ink if filled else PAPER, stroke=ink, stroke_width=0.12)


def _multiple(pen: Pen, ink: str, filled: bool) -> None:
    pen.polygon(_ring(5, 1.05), fill=ink if filled else PAPER, stroke=ink, stroke_width=0.15)


EVENT_SIGNS: dict[str, Callable[[Pen, str, bool], None]] = {
    "message": _message,
    "timer": _timer,
    "signal": _signal,
    "error": _error,
    "escalation": _escalation,
    "terminate": _terminate,
    "conditional": _conditional,
    "link": _link,
    "compensate": _compensate,
    "cancel": _cancel,
    "multiple": _multiple,
}


def event_sign(pen: Pen, name: str, centre: Point, radius: float, *, ink: str, filled: bool) -> None:
    x, y = centre
    EVENT_SIGNS[name](pen.group(transform=f"translate({x:g} {y:g}) scale({radius * 0.5:g})"), ink, filled)


# ---------------------------------------------------------------------------------------------- tasks


def _user(pen: Pen, ink: str) -> None:
    pen.path(
        "M2.2 14.6v-2a3.9 3.9 0 0 1 3.9-3.9h3.8a3.9 3.9 0 0 1 3.9 3.9v2z",
        fill=PAPER,
        stroke=ink,
        stroke_width=1.2,
    )
    pen.circle((8, 4.8), 3.2, fill=PAPER, stroke=ink, stroke_width=1.2)
    pen.path("M4.9 4.4C6 2.8 7.4 4.6 11.1 3.9 10.6 1.9 9.4 1.3 8 1.3S5 2.2 4.9 4.4z", fill=ink)


def _manual(pen: Pen, ink: str) -> None:
    hand = (
        "M1.2 8 5.6 3.3c.9-.8 2.2.1 1.6 1.3L6.2 6.1h7.9a1.02 1.02 0 0 1 0 2.05H9.4h5.3"
        "a1.02 1.02 0 0 1 0 2.05H9.4h4.5a1.02 1.02 0 0 1 0 2.05H9.4h3.2"
        "a1 1 0 0 1 0 2H4.1c-1.7 0-2.9-1.1-2.9-2.8z"
    )
    pen.path(hand, fill=PAPER, stroke=ink, stroke_width=1.1)


def _gear(pen: Pen, ink: str) -> None:
    points: list[Point] = []
    for tooth in range(8):
        middle = tooth * pi / 4
        for turn, radius in ((-0.27, 5.2), (-0.17, 7.2), (0.17, 7.2), (0.27, 5.2)):
            points.append((8 + radius * cos(middle + turn), 8 + radius * sin(middle + turn)))
    pen.polygon(points, fill=PAPER, stroke=ink, stroke_width=1.2)
    pen.circle((8, 8), 2.5, fill=PAPER, stroke=ink, stroke_width=1.2)


def _script(pen: Pen, ink: str) -> None:
    pen.path(
        "M5.2 1.4h9C10.4 4.6 15 8.6 11.4 14.6h-9C6 8.6 1.4 4.8 5.2 1.4z",
        fill=PAPER,
        stroke=ink,
        stroke_width=1.2,
    )
    pen.path("M5.6 4.4h5M5.9 7h5M6.3 9.4h5M5.2 12h5", stroke=ink, stroke_width=1.1)


def _rule(pen: Pen, ink: str) -> None:
    pen.rect(Box(1, 2.4, 14, 11.2), fill=PAPER, stroke=ink, stroke_width=1.2)
    pen.rect(Box(1, 2.4, 14, 3.2), fill=ink, stroke=ink, stroke_width=1.2)
    pen.path("M1 9.6h14M5.6 5.6v8", stroke=ink, stroke_width=1.1)


def _send(pen: Pen, ink: str) -> None:
    pen.rect(Box(1, 3, 14, 10), fill=ink, stroke=ink, stroke_width=1.2)
    pen.path("M1 3 8 8.6 15 3", stroke=PAPER, stroke_width=1.3)


def _receive(pen: Pen, ink: str) -> None:
    pen.rect(Box(1, 3, 14, 10), fill=PAPER, stroke=ink, stroke_width=1.2)
    pen.path("M1 3 8 8.6 15 3", stroke=ink, stroke_width=1.2)


TASK_SIGNS: dict[str, Callable[[Pen, str], None]] = {
    "userTask": _user,
    "manualTask": _manual,
    "serviceTask": _gear,
    "scriptTask": _script,
    "businessRuleTask": _rule,
    "sendTask": _send,
    "receiveTask": _receive,
}


def task_sign(pen: Pen, kind: str, corner: Point, *, ink: str) -> None:
    TASK_SIGNS[kind](pen.group(transform=f"translate({corner[0]:g} {corner[1]:g})"), ink)


# ---------------------------------------------------------------------------------------------- markers


def _parallel(pen: Pen, ink: str) -> None:
    pen.path("M3.5 1.5v11M7 1.5v11M10.5 1.5v11", stroke=ink, stroke_width=2)


def _sequential(pen: Pen, ink: str) -> None:
    pen.path("M1.5 3.5h11M1.5 7h11M1.5 10.5h11", stroke=ink, stroke_width=2)


def _loop(pen: Pen, ink: str) -> None:
    pen.path("M4.4 12.2A5.6 5.6 0 1 1 9 12.3", stroke=ink, stroke_width=1.5)
    pen.path("M1.2 12.6h4V8.8", stroke=ink, stroke_width=1.5)


def _folded(pen: Pen, ink: str) -> None:
    pen.rect(Box(0.5, 0.5, 13, 13), fill=PAPER, stroke=ink, stroke_width=1.2)
    pen.path("M7 3v8M3 7h8", stroke=ink, stroke_width=1.5)


def _adhoc(pen: Pen, ink: str) -> None:
    pen.path("M1.5 8.5c1.6-4 4-3.4 5.5-1.7s3.9 2.3 5.5-1.7", stroke=ink, stroke_width=2)


def _undo(pen: Pen, ink: str) -> None:
    pen.path("M7 3v8L1.5 7zM13 3v8L7.5 7z", fill=PAPER, stroke=ink, stroke_width=1.1)


MARKERS: dict[str, Callable[[Pen, str], None]] = {
    "loop": _loop,
    "parallel": _parallel,
    "sequential": _sequential,
    "folded": _folded,
    "adhoc": _adhoc,
    "compensation": _undo,
}
MARKER_SIZE = 14


def markers(pen: Pen, names: list[str], foot: Point, *, ink: str) -> None:
    """Side by side, centred on the foot of an activity."""
    step = MARKER_SIZE + 4
    left = foot[0] - (len(names) * step - 4) / 2
    for index, name in enumerate(names):
        MARKERS[name](pen.group(transform=f"translate({left + index * step:g} {foot[1] - MARKER_SIZE:g})"), ink)


# ---------------------------------------------------------------------------------------------- gateways


def gateway_sign(pen: Pen, kind: str, centre: Point, half: float, *, ink: str) -> None:
    x, y = centre
    inner = pen.group(transform=f"translate({x:g} {y:g}) scale({half / 25:g})")
    if kind == "exclusiveGateway":
        inner.path("M-6.5 -8 6.5 8M6.5 -8-6.5 8", stroke=ink, stroke_width=3.6)
    elif kind == "parallelGateway":
        inner.path("M0 -11V11M-11 0H11", stroke=ink, stroke_width=3.6)
    elif kind == "inclusiveGateway":
        inner.circle((0, 0), 9.5, stroke=ink, stroke_width=3)
    elif kind == "complexGateway":
        inner.path("M0 -11V11M-11 0H11M-8 -8 8 8M8 -8-8 8", stroke=ink, stroke_width=3)
    else:
        inner.circle((0, 0), 12.5, stroke=ink, stroke_width=1.2)
        inner.circle((0, 0), 10, stroke=ink, stroke_width=1.2)
        inner.polygon(_ring(5, 6.4), stroke=ink, stroke_width=1.3)
