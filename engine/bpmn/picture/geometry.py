"""Where lines and boxes meet."""

from math import hypot

from .scene import EVENTS, GATEWAYS, Box, Point, Shape

Segment = tuple[Point, Point]


def around(segment: Segment) -> Box:
    (x1, y1), (x2, y2) = segment
    return Box(min(x1, x2), min(y1, y2), abs(x2 - x1), abs(y2 - y1))


def inside_length(segment: Segment, box: Box) -> float:
    """How much of the segment lies inside the box (Liang and Barsky)."""
    (x1, y1), (x2, y2) = segment
    dx, dy = x2 - x1, y2 - y1
    enter, leave = 0.0, 1.0
    for step, low, high in ((dx, box.x - x1, box.right - x1), (dy, box.y - y1, box.bottom - y1)):
        if step == 0:
            if low > 0 or high < 0:
                return 0.0
            continue
        first, second = sorted((low / step, high / step))
        enter, leave = max(enter, first), min(leave, second)
    return max(0.0, leave - enter) * hypot(dx, dy)


def crossing(a: Segment, b: Segment) -> Point | None:
    """The point where two segments truly cross, not merely touch at an end."""
    (ax, ay), (bx, by) = a
    (cx, cy), (dx, dy) = b
    cross = (bx - ax) * (dy - cy) - (by - ay) * (dx - cx)
    if abs(cross) < 1e-9:
        return None
    along = ((cx - ax) * (dy - cy) - (cy - ay) * (dx - cx)) / cross
    other = ((cx - ax) * (by - ay) - (cy - ay) * (bx - ax)) / cross
    slack = 1e-6
    if slack < along < 1 - slack and slack < other < 1 - slack:
        return ax + along * (bx - ax), ay + along * (by - ay)
    return None


def side_by_side(a: Segment, b: Segment, *, nearer_than: float) -> float:
    """The length over which two level or two upright segments run closer than that to each other."""
    first, second = around(a), around(b)
    if first.height == second.height == 0 and abs(first.y - second.y) < nearer_than:
        return min(first.right, second.right) - max(first.x, second.x)
    if first.width == second.width == 0 and abs(first.x - second.x) < nearer_than:
        return min(first.bottom, second.bottom) - max(first.y, second.y)
    return 0.0


def gap(a: Box, b: Box) -> float:
    """The clear distance between two boxes; 0 if they touch."""
    across = max(a.x - b.right, b.x - a.right, 0.0)
    down = max(a.y - b.bottom, b.y - a.bottom, 0.0)
    return hypot(across, down)


def from_border(shape: Shape, point: Point) -> float:
    """How far a point is from the outline of a shape."""
    (cx, cy), (x, y) = shape.box.middle, point
    half_width, half_height = shape.box.width / 2 or 1.0, shape.box.height / 2 or 1.0
    if shape.kind in EVENTS:
        return abs(hypot(x - cx, y - cy) - half_width)
    if shape.kind in GATEWAYS:
        return abs(abs(x - cx) / half_width + abs(y - cy) / half_height - 1) * min(half_width, half_height)
    out_x, out_y = abs(x - cx) - half_width, abs(y - cy) - half_height
    if out_x <= 0 and out_y <= 0:
        return min(-out_x, -out_y)
    return hypot(max(out_x, 0.0), max(out_y, 0.0))


def covers(shape: Shape, box: Box) -> bool:
    """Whether the outline of a shape, not only the box around it, meets the other box."""
    if not shape.box.overlaps(box):
        return False
    cx, cy = shape.box.middle
    dx = abs(min(max(cx, box.x), box.right) - cx)
    dy = abs(min(max(cy, box.y), box.bottom) - cy)
    if shape.kind in EVENTS:
        return hypot(dx, dy) < shape.box.width / 2
    if shape.kind in GATEWAYS:
        return dx / (shape.box.width / 2) + dy / (shape.box.height / 2) < 1
    return True
