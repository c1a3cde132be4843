"""Whether a diagram can be read: all drawn, nothing hidden, every question asked and answered."""

from itertools import chain, islice

from lxml import etree

from engine.bpmn.finding import Finding, Severity
from engine.bpmn.picture.scene import Scene, read_scene

from . import flows, shapes, words
from .page import Page

__all__ = ["check_readability"]

MOST_CROSSINGS = 3
MOST_DRAWN = 600
MOST_BENDS = 2000
MOST_FINDINGS = 300


def check_readability(root: etree._Element, *, most_crossings: int = MOST_CROSSINGS) -> list[Finding]:
    """The first few hundred findings, errors first, then in the order of the file."""
    scene = read_scene(root)
    if hopeless := _too_large(scene):
        return [Finding(None, Severity.ERROR, hopeless, code="too-large")]
    page = Page(scene)
    found = chain(shapes.check(page), flows.check(page, most_crossings), words.check(page))
    return sorted(
        islice(found, MOST_FINDINGS), key=lambda each: (each.severity is not Severity.ERROR, each.line or 0, each.code)
    )


def _too_large(scene: Scene) -> str | None:
    """Comparing everything with everything would also take too long."""
    if len(scene.elements) > 6 * MOST_DRAWN or len(scene.shapes) + len(scene.edges) > MOST_DRAWN:
        return f"The diagram has more than {MOST_DRAWN} shapes and lines: nobody can read it"
    if sum(len(edge.points) for edge in scene.edges.values()) > MOST_BENDS:
        return f"The lines of the diagram have more than {MOST_BENDS} bends: nobody can read it"
    return None
