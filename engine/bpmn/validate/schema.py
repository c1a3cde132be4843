"""The OMG's own schema, as a second opinion: misspelt elements and attributes that every engine passes over."""

import re
from functools import lru_cache
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Any

import SpiffWorkflow.bpmn.parser
from lxml import etree

from engine.bpmn.validate.diagram import shorten
from engine.bpmn.validate.report import Subject

MOST = 20
MOST_ELEMENTS = 10_000  # beyond, the library takes too long
_NAMESPACES = re.compile(r"\{[^{}]*\}")
_one_at_a_time = Lock()  # the schema keeps the errors of its last document
_ADVICE = "Other programs may not open the file as it is meant."


@lru_cache(maxsize=1)
def _schema() -> etree.XMLSchema:
    """From the files that the library ships; nothing is fetched."""
    folder = Path(SpiffWorkflow.bpmn.parser.__file__).parent / "schema"
    parser = etree.XMLParser(no_network=True, resolve_entities=False)
    return etree.XMLSchema(etree.parse(str(folder / "BPMN20.xsd"), parser))


def check(subject: Subject) -> None:
    schema = _schema()
    if next(islice(subject.diagram.root.iter(), MOST_ELEMENTS, None), None) is not None:
        return
    with _one_at_a_time:
        if schema.validate(subject.diagram.root):
            return
        errors: Any = schema.error_log  # the stubs do not know that it can be gone through
    lines: set[int] = set()
    for error in errors:
        if error.line in lines or len(lines) >= MOST:
            continue
        lines.add(error.line)
        said = shorten(_NAMESPACES.sub("", error.message), 240)
        message = f"By the BPMN 2.0 schema this is not right: {said} {_ADVICE}"
        subject.report.warning("schema", None, message, line=error.line)
