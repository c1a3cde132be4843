"""What each process's README says of it is what its diagram does."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.bpmn import elements as read
from engine.bpmn.document import read_xml

ROOT = Path(__file__).parents[2]
DIAGRAMS = sorted(f for f in (ROOT / "workflows").glob("*/*/*.bpmn") if f.stem == f.parent.name)


def named(text: str, heading: str) -> str | None:
    row = re.search(rf"^\| {heading} \| (.+?) \|$", text, re.MULTILINE)
    return row and row[1]


def said(diagram: Path) -> str:
    return (diagram.parent / "README.md").read_text("utf-8")


@pytest.mark.parametrize("diagram", DIAGRAMS, ids=lambda f: f.stem)
def test_owner_seed_statute_and_decisions_are_named(diagram: Path) -> None:
    (head,) = (read.read_head(p) for p in read.processes(read_xml(diagram.read_bytes(), name=diagram.name)))
    text = said(diagram)
    assert (named(text, "Owner") or "").endswith(f"(`{head.owner}`)")
    assert named(text, "Seed")
    assert named(text, "Statute")
    assert named(text, "DOMAIN")
    assert re.search(r"^## Decisions taken\n\n- ", text, re.MULTILINE)


def does(diagram: Path) -> Iterator[tuple[str, str]]:
    """What other processes, registers and the clock see of it."""
    root = read_xml(diagram.read_bytes(), name=diagram.name)
    for process in read.processes(root):
        yield from (("deadline", row.id) for row in read.read_head(process).deadlines)
    for element in read.read_elements(root).values():
        if element.called:
            yield "calls", element.called
        if element.message:
            yield "message", element.message
        for name, value in element.inputs:
            if name in ("register", "anchor") and not value.startswith("="):
                yield from ((name, one) for one in value.split())


@pytest.mark.parametrize("diagram", DIAGRAMS, ids=lambda f: f.stem)
def test_what_it_calls_sends_sets_and_writes_is_named(diagram: Path) -> None:
    text = said(diagram)
    events = {e.id: e.message for e in read.read_elements(read_xml(diagram.read_bytes(), name=diagram.name)).values()}
    by_hand = {message for known, message in events.items() if known in text}  # an event that people trigger
    missing = {(kind, name) for kind, name in does(diagram) if not re.search(rf"(?<![\w-]){name}(?![\w-])", text)}
    assert {(kind, name) for kind, name in missing if name not in by_hand} == set()
