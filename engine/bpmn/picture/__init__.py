"""A diagram as SVG, in the look people know from bpmn.io, drawn from its diagram interchange."""

from collections.abc import Mapping

from lxml import etree

from .edges import draw_edge
from .marks import INKS, Mark, MarkState, draw_mark, words_of
from .scene import SUBPROCESSES, Box, Edge, Scene, Shape, read_scene, tag
from .shapes import OUTSIDE, SHAPES, draw_shape
from .svg import PAPER, Pen, new_svg
from .text import Block, fit

__all__ = ["Mark", "MarkState", "draw_svg", "size"]

MARGIN = 14.0
NO_MARKS: Mapping[str, Mark] = {}


def size(root: etree._Element) -> tuple[float, float]:
    """Width and height of the drawing in pixels, its margin included."""
    frame = read_scene(root).extent.grown(MARGIN)
    return frame.width, frame.height


def draw_svg(
    root: etree._Element,
    *,
    marks: Mapping[str, Mark] = NO_MARKS,
    title: str = "",
    description: str = "",
    prefix: str = "bpmn",
) -> str:
    """The picture of the first diagram. `prefix` keeps the ids of several pictures on one page apart."""
    scene = read_scene(root)
    picture = new_svg(scene.extent.grown(MARGIN))
    picture.set("role", "img")
    picture.set("aria-labelledby", f"{prefix}-title {prefix}-description")
    picture.set("class", "bpmn-picture")
    pen = Pen(picture)
    pen.add("title", id=f"{prefix}-title").text = _clean(title or _name(scene))
    pen.add("desc", id=f"{prefix}-description").text = _clean(description or _tale(scene, marks))
    pen.rect(scene.extent.grown(MARGIN), fill=PAPER)
    _draw(pen, scene, marks)
    return etree.tostring(picture, encoding="unicode")


def _draw(pen: Pen, scene: Scene, marks: Mapping[str, Mark]) -> None:
    shapes = [shape for shape in scene.shapes.values() if shape.kind in SHAPES]
    for shape in sorted((s for s in shapes if _layer(s) < 3), key=_layer):
        _shape(pen, shape, marks.get(shape.id))
    for edge in sorted(scene.edges.values(), key=lambda edge: edge.id in marks):
        _edge(pen, edge, scene, marks.get(edge.id))
    for shape in sorted((s for s in shapes if _layer(s) >= 3), key=_layer):
        _shape(pen, shape, marks.get(shape.id))
    for edge in scene.edges.values():
        if edge.name:
            _label(pen, edge)
    for shape in shapes:
        if shape.name and shape.kind in OUTSIDE:
            _label(pen, shape)
    for shape in shapes:
        if shape.id in marks:
            group = pen.group(class_=f"bpmn-mark bpmn-mark-{marks[shape.id].state}", data_for=shape.id)
            group.title(_clean(_title(shape.name, marks[shape.id])))
            draw_mark(group, shape, marks[shape.id])


def _layer(shape: Shape) -> int:
    """What lies underneath is drawn first."""
    if shape.kind in {"participant", "lane", "group"} and not _within_subprocess(shape):
        return 0 if shape.kind == "participant" else 1
    if shape.is_container or shape.kind in {"lane", "group"}:
        return 2
    return 4 if shape.kind == "boundaryEvent" else 3


def _within_subprocess(shape: Shape) -> bool:
    """Lanes may divide a sub-process too: then they lie on its ground."""
    return any(tag(parent) in SUBPROCESSES for parent in shape.element.iterancestors())


def _shape(pen: Pen, shape: Shape, mark: Mark | None) -> None:
    group = pen.group(class_=_class("shape", shape.kind, mark), data_element_id=_clean(shape.id))
    if shape.name or mark:
        group.title(_clean(_title(shape.name, mark)))
    if draw_shape(group, shape).cut:
        group.element.set("data-cut", "true")


def _class(what: str, kind: str, mark: Mark | None) -> str:
    return f"bpmn-{what} bpmn-{kind}" + (f" is-{mark.state}" if mark else "")


def _edge(pen: Pen, edge: Edge, scene: Scene, mark: Mark | None) -> None:
    group = pen.group(class_=_class("edge", edge.kind, mark), data_element_id=_clean(edge.id))
    if edge.name or mark:
        group.title(_clean(_title(edge.name, mark)))
    if mark:
        draw_edge(group, edge, scene, ink=INKS[mark.state], thickness=3)
    else:
        draw_edge(group, edge, scene)


def _label(pen: Pen, item: Shape | Edge) -> None:
    block, box = label_of(item)
    group = pen.group(class_="bpmn-label", data_for=_clean(item.id))
    if block.cut:
        group.title(_clean(item.name))
    group.text(block, (box.middle[0], box.y), halo=True)


def label_of(item: Shape | Edge) -> tuple[Block, Box]:
    """The words beside a shape or edge and their place: as the file says, else as bpmn.io would put them."""
    if item.label is not None and item.label.width > 4:
        box = item.label
        block = fit(item.name, (box.width + 1, max(box.height, 13.2)), size=11, floor=9)
    else:
        block = fit(item.name, (90, 66), size=11, floor=9)
        box = Box(0, 0, block.width, block.height)
        x, y = _default_place(item, block)
        box = Box(x - block.width / 2, y, block.width, block.height)
    return block, Box(
        box.middle[0] - block.width / 2, box.y + (box.height - block.height) / 2, block.width, block.height
    )


def _default_place(item: Shape | Edge, block: Block) -> tuple[float, float]:
    if isinstance(item, Shape):
        return item.box.middle[0], item.box.bottom + 4
    (x1, y1), (x2, y2) = max(item.segments, key=lambda s: abs(s[0][0] - s[1][0]) + abs(s[0][1] - s[1][1]))
    middle = (x1 + x2) / 2, (y1 + y2) / 2
    if abs(x1 - x2) >= abs(y1 - y2):
        return middle[0], middle[1] - block.height - 3
    return middle[0] + block.width / 2 + 5, middle[1] - block.height / 2


def _title(name: str, mark: Mark | None) -> str:
    return ": ".join(part for part in (name, words_of(mark) if mark else "") if part)


def _name(scene: Scene) -> str:
    pools = list(scene.participants.values())
    return pools[0].name if pools and pools[0].name else "Process diagram"


def _tale(scene: Scene, marks: Mapping[str, Mark]) -> str:
    parts = [f"Diagram of {len(scene.shapes)} shapes and {len(scene.edges)} lines."]
    for known, mark in marks.items():
        if known in scene.shapes:
            parts.append(f"{_title(scene.shapes[known].name or known, mark)}.")
    return " ".join(parts)


def _clean(text: str) -> str:
    """XML has no place for control characters; lxml would refuse them."""
    return "".join(
        c for c in text if c in "\t\n" or (c >= " " and c not in "\ufffe\uffff" and not "\ud800" <= c <= "\udfff")
    )
