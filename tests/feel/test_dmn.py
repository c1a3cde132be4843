"""Reading files: DMN, and any XML."""

from pathlib import Path

import pytest

from engine.bpmn.dmn import read_decisions
from engine.bpmn.document import MAX_BYTES, DocumentRefused, read_xml
from engine.errors import EngineError
from engine.feel import FeelError, Mode
from engine.feel.model import DecisionTable, HitPolicy

from .dmn_files import decide, decision, definitions, inputs, literal, model, table

ROOT = "<a><b>é</b></a>"


@pytest.mark.parametrize(
    "data",
    [
        ROOT.encode(),
        b"\xef\xbb\xbf" + ROOT.encode(),
        f'<?xml version="1.0" encoding="UTF-8"?>{ROOT}'.encode(),
        f'<?xml version="1.0" encoding="ISO-8859-1"?>{ROOT}'.encode("latin-1"),
        f'<?xml version="1.0" encoding="windows-1252"?>{ROOT}'.encode("cp1252"),
        f'<?xml version="1.0" encoding="UTF-16"?>{ROOT}'.encode("utf-16"),
        b"\xff\xfe" + f'<?xml version="1.0"?>{ROOT}'.encode("utf-16-le"),
        b"\xfe\xff" + ROOT.encode("utf-16-be"),
        f"<?xml version='1.0'?>\n<!-- <!DOCTYPE of words --><?pi x?>\n{ROOT}".encode(),
    ],
)
def test_declared_encodings_are_read_as_declared(data: bytes) -> None:
    assert read_xml(data, name="x.xml").findtext("b") == "é"


BOMB = '<!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;&x;&x;&x;&x;&x;&x;&x;">]><a>&y;</a>'
EXTERNAL = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'


@pytest.mark.parametrize(
    "text", [BOMB, EXTERNAL, "<!DOCTYPE a><a/>", '<!DOCTYPE a SYSTEM "http://192.0.2.1/a.dtd"><a/>']
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    "before", ["", "\n", "<!-- c -->", '<?xml version="1.0"?>', '<?xml version="1.0"?>\n<?p q?> <!--a--> ']
)
def test_any_document_type_is_refused(text: str, encoding: str, before: str) -> None:
    with pytest.raises(DocumentRefused):
        read_xml((before + text).encode(encoding), name="x.xml")


@pytest.mark.parametrize(
    ("data", "words", "line"),
    [
        (b"", "not well-formed", None),
        (b"\n\n<a>", "not well-formed", 3),
        (b"<a>\n<b></a>", "not well-formed", 2),
        (b"\0\1\2", "not well-formed", None),
        (b"<a>" + b"<b>" * 101 + b"</b>" * 101 + b"</a>", "nested more than 100 deep", 1),
        (b"<a>" + b"<b/>" * 50_000 + b"</a>", "more than 50000 elements", None),
        (b"<a>" + b" " * MAX_BYTES + b"</a>", "larger than 2 MB", None),
        (b'<?xml version="1.0" encoding="UTF-7"?><a/>', "encoding that is not accepted", 1),
        (b'<?xml version="1.0" encoding="cp037"?><a/>', "encoding that is not accepted", 1),
        (b"<a>&undefined;</a>", "not well-formed", 1),
        (b"<a>" * 300, "not well-formed", 1),
    ],
)
def test_what_can_not_be_read_is_refused_in_words(data: bytes, words: str, line: int | None) -> None:
    with pytest.raises(DocumentRefused) as error:
        read_xml(data, name="notes.bpmn")
    assert words in error.value.message
    assert error.value.message.startswith("notes.bpmn")
    assert error.value.file == "notes.bpmn"
    if line is not None:
        assert error.value.line == line


def test_nothing_outside_is_included(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hidden")
    data = f'<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="{secret.as_uri()}" parse="text"/></a>'
    assert "hidden" not in "".join(read_xml(data.encode(), name="x.xml").itertext())


# --- DMN ---

IN_JAVASCRIPT = table({"a": "number"}, ["1 -> 1"]).replace("<inputEntry>", '<inputEntry expressionLanguage="js">')


def test_a_decision_table_is_read_whole() -> None:
    source = model(
        inputs(age="number") + decision("d", table({"age": "number"}, ["< 18 -> 1"], policy="FIRST"), "i_age")
    )
    logic = source.decisions[0].logic
    assert isinstance(logic, DecisionTable)
    assert logic.hit_policy is HitPolicy.FIRST
    assert (logic.inputs[0].expression.text, logic.inputs[0].type) == ("age", "number")
    assert logic.rules[0].cells[0].text == "< 18"
    assert logic.name == "d"
    assert logic.line > 0


@pytest.mark.parametrize(
    "version", ["20151101/dmn.xsd", "20180521/MODEL/", "20191111/MODEL/", "20211108/MODEL/", "20230324/MODEL/"]
)
def test_every_version_of_dmn_is_read(version: str) -> None:
    text = definitions(decision("d", literal("1 + 1"))).decode()
    old = text.replace("https://www.omg.org/spec/DMN/20211108/MODEL/", f"http://www.omg.org/spec/DMN/{version}")
    assert decide(read_decisions(old.encode(), name="m.dmn"), "d") == 2


def test_comments_within_text_are_not_text() -> None:
    assert (
        decide(model(decision("d", "<literalExpression><text>1 <!-- one -->+ 2</text></literalExpression>")), "d") == 3
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (decision("d", literal("1")) * 2, "The id «d_d» is used twice."),
        ("<decision/>", "has neither a name nor an id"),
        (decision("d", table({"a": "number"}, []).replace("UNIQUE", "SOMETIMES")), "hit policy «SOMETIMES"),
        (decision("d", '<decisionTable id="t"><input/></decisionTable>'), "no input expression"),
        ('<import name="x" namespace="urn:x" importType="DMN"/>', "The imported model «x» is not there."),
        (decision("d", '<literalExpression expressionLanguage="juel"><text>1</text></literalExpression>'), "only FEEL"),
        (decision("d", IN_JAVASCRIPT), "only FEEL"),
        (decision("d", f"<invocation>{literal('f')}<binding/></invocation>"), "has no parameter"),
    ],
)  # fmt: skip
def test_what_is_not_sound_dmn_is_refused_with_its_line(content: str, words: str) -> None:
    with pytest.raises(DocumentRefused) as error:
        model(content)
    assert words in error.value.message
    assert error.value.line
    assert error.value.file == "m.dmn"


def test_other_xml_is_not_dmn() -> None:
    with pytest.raises(DocumentRefused, match="is not a DMN file"):
        read_decisions(b"<definitions/>", name="x.dmn")


def test_a_requirement_that_leads_nowhere_is_a_problem() -> None:
    source = model(decision("d", literal("1"), "i_gone"))
    with pytest.raises(FeelError, match="needs something that is not in the model") as error:
        decide(source, "d")
    assert error.value.element == "d_d"
    assert decide(source, "d", Mode.STANDARD) == 1


def test_an_error_in_a_cell_names_line_and_element() -> None:
    text = '\n\n<literalExpression id="here">\n<text>1 +\n  "a"</text></literalExpression>'
    source = model(decision("d", text))
    with pytest.raises(EngineError) as error:
        decide(source, "d")
    assert error.value.details["line"] == 5
    assert error.value.details["element"] == "here"
