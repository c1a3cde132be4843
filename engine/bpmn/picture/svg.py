"""A pen: SVG with presentation attributes only, so that the page's policy may forbid inline styles."""

from collections.abc import Iterable

from lxml import etree

from .scene import Box, Point
from .text import FAMILY, Block, width

SVG = "http://www.w3.org/2000/svg"

INK = "#0b0c0c"
LINE = "#383f43"
QUIET = "#626a6e"
PAPER = "#ffffff"


def number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if value else "0"


def new_svg(box: Box) -> etree._Element:
    root = etree.fromstring(f'<svg xmlns="{SVG}"/>')
    root.set("viewBox", " ".join(number(each) for each in (box.x, box.y, box.width, box.height)))
    root.set("width", number(box.width))
    root.set("height", number(box.height))
    root.set("font-family", FAMILY)
    root.set("fill", "none")
    root.set("stroke-linejoin", "round")
    return root


class Pen:
    """Draws into one element."""

    def __init__(self, element: etree._Element) -> None:
        self.element = element

    def add(self, tag: str, **attributes: str | float | None) -> etree._Element:
        child = etree.SubElement(self.element, f"{{{SVG}}}{tag}")
        for name, value in attributes.items():
            if value is not None:
                known = name.rstrip("_").replace("_", "-")
                child.set(known, number(value) if isinstance(value, int | float) else value)
        return child

    def group(self, **attributes: str | float | None) -> "Pen":
        return Pen(self.add("g", **attributes))

    def title(self, text: str) -> None:
        self.add("title").text = text

    def rect(self, box: Box, **attributes: str | float | None) -> None:
        self.add("rect", x=box.x, y=box.y, width=box.width, height=box.height, **attributes)

    def circle(self, centre: Point, radius: float, **attributes: str | float | None) -> None:
        self.add("circle", cx=centre[0], cy=centre[1], r=radius, **attributes)

    def path(self, data: str, **attributes: str | float | None) -> None:
        self.add("path", d=data, **attributes)

    def polygon(self, points: Iterable[Point], **attributes: str | float | None) -> None:
        self.add("polygon", points=" ".join(f"{number(x)},{number(y)}" for x, y in points), **attributes)

    def line(self, start: Point, end: Point, **attributes: str | float | None) -> None:
        self.add("line", x1=start[0], y1=start[1], x2=end[0], y2=end[1], **attributes)

    def text(self, block: Block, at: Point, *, anchor: str = "middle", fill: str = INK, halo: bool = False) -> None:
        """The block below `at`, which is the middle of its top (or with `anchor="start"` the left end)."""
        if not block.lines:
            return
        x, y = at
        text = self.add(
            "text",
            font_size=block.size,
            fill=fill,
            text_anchor=anchor,
            font_weight="bold" if block.bold else None,
        )
        if halo:
            text.set("stroke", PAPER)
            text.set("stroke-width", "3")
            text.set("paint-order", "stroke")
        for index, line in enumerate(block.lines):
            span = etree.SubElement(text, f"{{{SVG}}}tspan")
            span.set("x", number(x))
            span.set("y", number(y + (index + 0.5) * block.leading + block.size * 0.36))
            span.set("textLength", number(width(line, block.size, bold=block.bold)))
            span.set("lengthAdjust", "spacingAndGlyphs")  # so that another font cannot make it longer
            span.text = line
