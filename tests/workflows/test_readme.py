"""The reference for whoever writes a process names everything there is to write."""

import ast
import inspect
import re
from pathlib import Path

import pytest

from engine.bpmn.validate.vocabulary import ANYWHERE, BOOLEAN, BY_TAG, ELEMENTS
from engine.forms.checks import FIELD_HINTS, FORM_HINTS, ITEM_HINTS, OPTION_HINTS
from engine.operations import OPERATIONS
from engine.vocabulary import FUNCTIONS

ROOT = Path(__file__).parents[2]
README = (ROOT / "workflows" / "README.md").read_text("utf-8")
ATTRIBUTES = ANYWHERE.union(*BY_TAG.values())


def read_in_code() -> set[str]:
    """Words of our namespace that the engine and the pages ask an element for."""
    found: set[str] = set()
    for top in ("engine", "web"):
        for file in (ROOT / top).rglob("*.py"):
            text = file.read_text("utf-8")
            found |= set(re.findall(r'attributes(?:\.get\(|\[)"(\w+)"', text))
            found |= set(re.findall(r'\.(?:listed|own)\("(\w+)"\)', text))
            found |= set(re.findall(r'value_of\(\w+, \w+, "(\w+)"', text))
    elements = ast.parse((ROOT / "engine" / "bpmn" / "elements.py").read_text("utf-8"))
    found |= {
        str(node.args[0].value)
        for node in ast.walk(elements)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "own.get" and isinstance(node.args[0], ast.Constant)
    }
    return found - {"engine"}  # alembic has attributes of its own


def test_what_the_engine_reads_is_known_to_the_check() -> None:
    read = read_in_code()
    assert read >= {"role", "due", "caseData", "in", "as", "operation", "secret", "comparedWith"}
    assert read <= ATTRIBUTES


@pytest.mark.parametrize("name", sorted(ATTRIBUTES | BOOLEAN))
def test_every_attribute_is_named(name: str) -> None:
    assert re.search(rf"\blscp:{name}\b", README)


@pytest.mark.parametrize(
    ("element", "attribute"), [(e, a) for e, names in ELEMENTS.items() for a in sorted(names) or [""]]
)
def test_every_element_is_named_with_its_attributes(element: str, attribute: str) -> None:
    said = "\n".join(line for line in README.splitlines() if f"lscp:{element}" in line)
    assert f"<lscp:{element}" in said
    assert not attribute or f'{attribute}="' in README or f"`{attribute}`" in README


@pytest.mark.parametrize("name", sorted(FORM_HINTS | FIELD_HINTS | ITEM_HINTS | OPTION_HINTS))
def test_every_hint_of_a_form_is_named(name: str) -> None:
    assert f"`{name}`" in README


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_operation_is_named_with_its_inputs(name: str) -> None:
    (row,) = (line for line in README.splitlines() if line.startswith(f"| `{name}` |"))
    inputs = row.split("|")[3]
    _, *wanted = inspect.signature(OPERATIONS[name]).parameters.values()
    assert re.findall(r"(?:^| |\[)`(\w+)`", inputs) == [one.name for one in wanted]
    for one in wanted:
        assert (f"[`{one.name}`" in inputs) == (one.default is not one.empty), one.name


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_function_is_named(name: str) -> None:
    assert f"`{name}(" in README
