"""Files, folders and the command: what is refused, in words that name file, line and element. Nothing is ever run."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.check import FileFinding, check_all, check_package, check_path
from engine.check.forms import fields_of
from engine.feel.analysis import Allowance
from engine.library import Package
from engine.partnership import Partnership, load_partnership
from tests.check.diagrams import HEAD, document

FORM = {
    "type": "object",
    "title": "Give your view",
    "properties": {
        "view": {
            "type": "string",
            "title": "View",
            "x-sensitivity": "-",
            "oneOf": [{"const": "notify", "title": "Yes"}],
        },
        "child": {"type": "string", "title": "Child", "x-sensitivity": "C"},
    },
    "required": ["view"],
    "examples": [{"view": "notify", "child": "A"}],
}
PROCESS = """\
<process id="ask" name="Ask" isExecutable="true" lscp:owner="dcs">
  <startEvent id="begin" lscp:role="dcs" lscp:form="give-view"/>
  <userTask id="give-view" name="Give a view" lscp:role="dcs"/>
  <endEvent id="done"/>
  <sequenceFlow id="f1" sourceRef="begin" targetRef="give-view"/>
  <sequenceFlow id="f2" sourceRef="give-view" targetRef="done"/>
</process>
<di:BPMNDiagram id="d"><di:BPMNPlane id="pl" bpmnElement="ask">
  <di:BPMNShape id="s1" bpmnElement="begin"><dc:Bounds x="100" y="132" width="36" height="36"/></di:BPMNShape>
  <di:BPMNShape id="s2" bpmnElement="give-view"><dc:Bounds x="200" y="110" width="100" height="80"/></di:BPMNShape>
  <di:BPMNShape id="s3" bpmnElement="done"><dc:Bounds x="400" y="132" width="36" height="36"/></di:BPMNShape>
  <di:BPMNEdge id="g1" bpmnElement="f1"><d:waypoint x="136" y="150"/><d:waypoint x="200" y="150"/></di:BPMNEdge>
  <di:BPMNEdge id="g2" bpmnElement="f2"><d:waypoint x="300" y="150"/><d:waypoint x="400" y="150"/></di:BPMNEdge>
</di:BPMNPlane></di:BPMNDiagram>
"""
DRAWN = HEAD.replace("xmlns:lscp", 'xmlns:d="http://www.omg.org/spec/DD/20100524/DI" xmlns:lscp')
DMN = """\
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="duty" namespace="urn:t">
<decision id="duty" name="Duty"><decisionTable id="t" hitPolicy="UNIQUE">
<input id="i"><inputExpression typeRef="string"><text>view</text></inputExpression></input><output id="o" name="duty"/>
<rule id="r1"><inputEntry><text>"notify"</text></inputEntry><outputEntry><text>1</text></outputEntry></rule>
<rule id="r2"><inputEntry><text>ROW</text></inputEntry><outputEntry><text>2</text></outputEntry></rule>
</decisionTable></decision></definitions>
"""
DUTY = '<decision id="duty" name="Duty">'
NEEDS_ITSELF = '<informationRequirement><requiredDecision href="#duty"/></informationRequirement>'
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "' + "ha" * 1000 + '">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + ']><definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL">&i;</definitions>'
)  # fmt: skip
OS_SCRIPT = (
    '<process id="x"><startEvent id="b"/><scriptTask id="boom" name="Boom" scriptFormat="python"><script>'
    "import os; os.system('touch {}')</script></scriptTask><endEvent id='e'/>"
    '<sequenceFlow id="f1" sourceRef="b" targetRef="boom"/><sequenceFlow id="f2" sourceRef="boom" targetRef="e"/>'
    "</process>"
)

Write = Callable[..., Path]


@pytest.fixture(scope="module")
def partnership() -> Partnership:
    return load_partnership("solihull")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file of the process `ask`, or anywhere below the test's own folder."""

    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def ask(write: Write) -> Path:
    """The folder of a whole, good process."""
    write("ask/ask.bpmn", drawn())
    write("ask/give-view.form.json", json.dumps(FORM, indent=1))
    return write("ask/README.md", "Ask").parent


def drawn(process: str = PROCESS) -> str:
    return f"{DRAWN}{process}</definitions>"


def codes(found: list[FileFinding]) -> list[str]:
    return [one.finding.code for one in found]


# --- a process ---


def test_good_process_is_accepted(ask: Path, partnership: Partnership) -> None:
    assert [one.words for one in check_path(ask, partnership)] == []


def test_lone_file_is_checked_with_what_lies_beside_it(ask: Path, partnership: Partnership) -> None:
    assert check_path(ask / "ask.bpmn", partnership) == []
    (ask / "give-view.form.json").unlink()
    assert codes(check_path(ask / "ask.bpmn", partnership)) == ["no-form", "no-form"]


def test_lone_file_of_another_name_is_warned_of(write: Write, ask: Path, partnership: Partnership) -> None:
    write("lone/other.bpmn", drawn())
    write("lone/give-view.form.json", json.dumps(FORM))
    (said,) = check_path(ask.parent / "lone" / "other.bpmn", partnership)
    assert said.finding.code == "process-id"
    assert not said.is_error


def test_words_name_file_line_and_element(ask: Path, partnership: Partnership) -> None:
    path = ask / "ask.bpmn"
    path.write_text(drawn(PROCESS.replace('name="Give a view" lscp:role="dcs"', 'name="Give a view" lscp:role="dsc"')))
    (said,) = check_path(path, partnership)
    assert said.words == (
        f"{path}, line 4, “Give a view” (give-view): lscp:role names the role “dsc”, and there is none. "
        "Did you mean “dcs”?"
    )
    assert said.as_dict() == {
        "file": str(path),
        "line": 4,
        "element": "give-view",
        "severity": "error",
        "code": "unknown-role",
        "message": said.finding.message,
    }


def test_readability_is_part_of_it(ask: Path, partnership: Partnership) -> None:
    (ask / "ask.bpmn").write_text(drawn(PROCESS.replace('x="200" y="110"', 'x="110" y="110"')))
    assert "overlap" in codes(check_path(ask, partnership))


def test_missing_readme_and_unused_form_are_remarks(write: Write, ask: Path, partnership: Partnership) -> None:
    (ask / "README.md").unlink()
    write("ask/spare.form.json", json.dumps(FORM))
    found = check_path(ask, partnership)
    assert codes(found) == ["no-readme", "unused"]
    assert not any(one.is_error for one in found)


def test_tree_is_checked_whole_and_its_processes_know_each_other(
    write: Write, ask: Path, partnership: Partnership
) -> None:
    caller = PROCESS.replace('id="ask"', 'id="call"').replace('bpmnElement="ask"', 'bpmnElement="call"')
    task = '<userTask id="give-view" name="Give a view" lscp:role="dcs"/>'
    call = (
        '<callActivity id="give-view" name="Call it here" calledElement="asked"><extensionElements>'
        '<lscp:input name="round" value="=1"/><lscp:output name="seen" value="=view"/></extensionElements>'
        "</callActivity>"
    )
    write("call/call.bpmn", drawn(caller.replace(task, call)))
    write("call/give-view.form.json", json.dumps(FORM))
    write("call/README.md", "x")
    called = PROCESS.replace('"ask"', '"asked"').replace(' lscp:role="dcs" lscp:form="give-view"/>', "/>", 1)
    write(
        "asked/asked.bpmn",
        drawn(called.replace('lscp:role="dcs"/>', 'lscp:role="=if round = 1 then &quot;dcs&quot; else null"/>')),
    )
    write("asked/give-view.form.json", json.dumps(FORM))
    write("asked/README.md", "x")
    assert [one.words for one in check_path(ask.parent, partnership)] == []
    assert [one.words for one in check_path(ask.parent / "call", partnership)] == []
    assert [one.words for one in check_path(ask.parent / "asked", partnership)] == []


def test_package_is_checked_as_its_folder_is(ask: Path, partnership: Partnership) -> None:
    files = {path.name: path.read_text() for path in ask.iterdir()}
    assert check_package(Package("ask", "cspr", files), partnership) == []
    files["ask.bpmn"] = files["ask.bpmn"].replace('targetRef="done"', 'targetRef="dome"')
    found = check_package(Package("ask", "cspr", files), partnership)
    assert "dangling" in codes(found)
    assert found[0].file == "ask.bpmn"


def test_package_is_checked_among_the_processes_given(ask: Path, partnership: Partnership) -> None:
    files = {path.name: path.read_text() for path in ask.iterdir()}
    files["ask.bpmn"] = files["ask.bpmn"].replace(
        '<userTask id="give-view" name="Give a view" lscp:role="dcs"/>',
        '<callActivity id="give-view" name="Meet as a group" calledElement="meeting"/>',
    )
    assert "call-unknown" in codes(check_package(Package("ask", "cspr", files), partnership, around=()))
    assert "call-unknown" not in codes(check_package(Package("ask", "cspr", files), partnership))


# --- files that can not be read ---


def test_file_of_50_mb_is_refused_before_it_is_read(tmp_path: Path, partnership: Partnership) -> None:
    path = tmp_path / "big.bpmn"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    began = time.perf_counter()
    (said,) = check_path(path, partnership)
    assert said.words == f"{path}: This file is larger than 2 MB, the most that is read."
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (BOMB, "document type"),
        ('<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>', "document type"),
        ("", "not well-formed XML"),
        ("no xml", "not well-formed XML"),
        ("<a><b></a>", "line 1"),
        ("<a/>", "not a BPMN 2.0 file"),
        ('<?xml version="1.0" encoding="utf-7"?><a/>', "encoding"),
        (b"\x00\xff\xfe\x80", "not well-formed"),
        ("<a>" * 200 + "</a>" * 200, "deep"),
    ],
)
def test_unreadable_diagram_is_refused_in_words(
    write: Write, partnership: Partnership, content: str | bytes, says: str
) -> None:
    (said,) = check_path(write("x/x.bpmn", content).parent / "x.bpmn", partnership)
    assert said.is_error
    assert says in said.words
    assert "x.bpmn" in said.words


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1"])
def test_other_encodings_are_read_as_declared(ask: Path, partnership: Partnership, encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?>' + drawn(PROCESS.replace("Give a view", "Give a vïew"))
    (ask / "ask.bpmn").write_bytes(text.encode(encoding))
    (said,) = check_path(ask / "ask.bpmn", partnership)
    assert said.finding.code == "not-utf-8"
    assert not said.is_error
    (ask / "ask.bpmn").write_bytes(text.replace('lscp:role="dcs"/>', 'lscp:role="x"/>').encode(encoding))
    assert "“Give a vïew” (give-view)" in check_path(ask / "ask.bpmn", partnership)[1].words


def test_what_is_no_file_to_check_is_said(tmp_path: Path, partnership: Partnership) -> None:
    assert codes(check_path(tmp_path / "gone.bpmn", partnership)) == ["unreadable"]
    assert codes(check_path(tmp_path, partnership)) == ["nothing-here"]
    (tmp_path / "x.txt").write_text("x")
    assert codes(check_path(tmp_path / "x.txt", partnership)) == ["not-checked"]
    os.mkfifo(tmp_path / "pipe.bpmn")
    assert codes(check_path(tmp_path / "pipe.bpmn", partnership)) == ["unreadable"]
    (tmp_path / "pipe.bpmn").unlink()
    (tmp_path / "loop.bpmn").symlink_to(tmp_path / "loop.bpmn")
    assert codes(check_path(tmp_path / "loop.bpmn", partnership)) == ["unreadable"]


def test_surprises_become_a_finding(ask: Path, partnership: Partnership, monkeypatch: pytest.MonkeyPatch) -> None:
    def surprise(*_: object, **__: object) -> None:
        raise KeyError("surprise")

    monkeypatch.setattr("engine.check.validate", surprise)
    found = check_path(ask, partnership)
    assert "check-failed" in codes(found)
    assert str(ask / "ask.bpmn") in {one.file for one in found}


# --- tables ---


@pytest.mark.parametrize(
    ("row", "code", "says"),
    [
        ('"notify","other"', "table-overlap", "Rows 1 and 2 both fit"),
        ('"other"', "table-gap", "No row fits"),
        ('= "x" +', "decision-feel", "line 5"),
        ("holder of(7, 8, 9)", "decision-feel", ""),
        ('not("notify")', None, ""),
        ("contains(?, view)", "table-not-analysed", ""),
    ],
)
def test_decision_table(write: Write, partnership: Partnership, row: str, code: str | None, says: str) -> None:
    found = check_path(write("duty.dmn", DMN.replace("ROW", row)), partnership)
    if code is None:
        assert found == []
    else:
        said = next(one for one in found if one.finding.code == code)
        assert says in said.words
        assert said.is_error is (code != "table-not-analysed")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("ROW", "<", "decision-file"),
        ('hitPolicy="UNIQUE"', 'hitPolicy="LUCKY"', "decision-file"),
        ('<output id="o" name="duty"/>', "", "table-empty"),
        (DUTY, f'<decision id="e" name="E"/>{DUTY}', "decision-empty"),
(DUTY, DUTY + NEEDS_ITSELF, "decision-circle"),
        ("decision ", "decisionService ", "no-decision"),
    ],
)  # fmt: skip
def test_decision_file(write: Write, partnership: Partnership, old: str, new: str, code: str) -> None:
    text = DMN.replace(old, new, 1).replace("</decision>", "</decisionService>" if "Service" in new else "</decision>")
    found = check_path(write("duty.dmn", text.replace("ROW", "-")), partnership)
    assert code in codes(found)


def test_table_within_business_knowledge_is_checked_too(write: Write, partnership: Partnership) -> None:
    table = DMN[DMN.index("<decisionTable") : DMN.index("</decision>")].replace("ROW", '"notify"')
    knowledge = (
        '<businessKnowledgeModel id="rate" name="rate"><encapsulatedLogic><formalParameter name="view"/>'
        f"{table}</encapsulatedLogic></businessKnowledgeModel></definitions>"
    )
    text = DMN.replace("ROW", 'not("notify")').replace("</definitions>", knowledge)
    found = check_path(write("duty.dmn", text), partnership)
    assert {(one.finding.code, one.finding.element) for one in found} >= {
        ("table-overlap", "rate"),
        ("table-gap", "rate"),
    }


def table_of(rows: list[list[str]], *, hit: str = "UNIQUE", of: str = "number", decision: str = "duty") -> str:
    columns = "".join(
        f'<input id="i{n}"><inputExpression typeRef="{of}"><text>x{n}</text></inputExpression></input>'
        for n in range(len(rows[0]))
    )
    said = ""
    for row in rows:
        cells = "".join(f"<inputEntry><text>{cell}</text></inputEntry>" for cell in row)
        said += f"<rule>{cells}<outputEntry><text>1</text></outputEntry></rule>"
    return (
        f'<decision id="{decision}" name="{decision}"><decisionTable id="t" hitPolicy="{hit}">{columns}'
        f'<output id="o" name="{decision}"/>{said}</decisionTable></decision>'
    )


def spans(rows: int, columns: int) -> list[list[str]]:
    """Ranges that reach over each other in every way."""
    at = [[(row * 7919 + column * 104_729) % 9_973 for column in range(columns)] for row in range(rows)]
    return [[f"[{n}..{n + n % 4_999 + 1}]" for n in row] for row in at]


CALCULATED = "count(for a in 1..200, b in 1..200 return a) + {}"


@pytest.mark.parametrize(
    "tables",
    [
        [table_of(spans(300, 8), hit="FIRST")],
        [table_of(spans(150, 60))],
        [table_of([[", ".join(str(n) for n in range(row, 20_000, 100))] for row in range(100)])],
        [table_of([[CALCULATED.format(row)] for row in range(100)])],
        [table_of(spans(300, 8), hit="FIRST", decision=f"d{n}") for n in range(4)],
        [table_of([["-"] * 150])],
    ],
    ids=["first", "wide", "many values", "calculating", "many tables", "columns"],
)
def test_tables_that_would_take_for_ever_are_given_up_in_words(
    write: Write,
    partnership: Partnership,
    monkeypatch: pytest.MonkeyPatch,
    tables: list[str],
    request: pytest.FixtureRequest,
) -> None:
    if "many tables" not in request.node.name:  # the worst has all the time there is; the others show how they are told
        monkeypatch.setattr(Allowance.__init__, "__defaults__", (0.3,))
    head = DMN[: DMN.index("<decision ")]
    path = write("duty.dmn", f"{head}{''.join(tables)}</definitions>")
    began = time.process_time()
    found = check_path(path, partnership)
    assert time.process_time() - began < 8
    said = found[-1]
    assert said.finding.code == "table-not-analysed"
    assert "too large to be checked: it has" in said.words
    assert not said.is_error


def test_what_was_found_before_a_table_was_given_up_is_said(write: Write, partnership: Partnership) -> None:
    both = table_of([["1"], ["1"]]) + table_of(spans(300, 8), hit="FIRST", decision="vast")
    found = check_path(write("duty.dmn", f"{DMN[: DMN.index('<decision ')]}{both}</definitions>"), partnership)
    assert codes(found) == ["table-overlap", "table-gap", "table-not-analysed"]


def test_file_with_more_feel_than_is_compiled_in_seconds_is_refused(write: Write, partnership: Partnership) -> None:
    rows = [[", ".join(str(n) for n in range(row, row + 2_000))] for row in range(40)]
    (said,) = check_path(
        write("duty.dmn", f"{DMN[: DMN.index('<decision ')]}{table_of(rows)}</definitions>"), partnership
    )
    assert said.is_error
    assert "too large to be checked: it holds" in said.words


def test_lone_table_does_not_wait_for_those_beside_it(write: Write, partnership: Partnership) -> None:
    write("hostile.dmn", f"{DMN[: DMN.index('<decision ')]}{table_of(spans(300, 8), hit='FIRST')}</definitions>")
    path = write("duty.dmn", DMN.replace("ROW", 'not("notify")'))
    check_path(path, partnership)  # what is read once
    began = time.process_time()
    assert check_path(path, partnership) == []
    assert time.process_time() - began < 1


def test_decision_of_a_process_must_have_the_name_of_its_file(
    write: Write, ask: Path, partnership: Partnership
) -> None:
    write("ask/other.dmn", DMN.replace("ROW", 'not("notify")'))
    assert "decision-id" in codes(check_path(ask, partnership))


# --- forms ---


def test_good_form_is_accepted(write: Write, partnership: Partnership) -> None:
    assert check_path(write("x.form.json", json.dumps(FORM)), partnership) == []


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        ('{"type": "object",\n"properties" {}}', 2, "not JSON"),
        ("[" * 100_000, None, "nested too deeply"),
        (b"\xff\xfe{", None, "not UTF-8"),
        ('{"type": NaN}', None, "NaN"),
        ("[]", None, "A form is a JSON object"),
        ('{"type": "object",\n"title": "a",\n"title": "b", "properties": {}}', 3, "stands twice"),
        (json.dumps({**FORM, "title": ""}), None, "title"),
        (json.dumps(FORM, indent=1).replace('"C"', '"X"'), 16, "x-sensitivity"),
        (
            json.dumps(FORM)
            .replace('"maxLength"', "")
            .replace('"title": "Child"', '"title": "Child", "$ref": "http://x"'),
            None,
            "$ref",
        ),
    ],
)
def test_form_is_refused_in_words(
    write: Write, partnership: Partnership, content: str | bytes, line: int | None, says: str
) -> None:
    found = check_path(write("x.form.json", content), partnership)
    said = next((one for one in found if says in one.words), None)
    assert said is not None, [one.words for one in found]
    assert said.is_error
    if line is not None:
        assert said.finding.line == line


def test_form_of_a_process_reads_what_is_there(ask: Path, partnership: Partnership) -> None:
    form = json.loads(json.dumps(FORM))
    form["properties"]["view"]["x-shown-if"] = "=answered_as = null or elsewhere = 1"
    (ask / "give-view.form.json").write_text(json.dumps(form))
    (said,) = check_path(ask, partnership)
    assert (said.finding.code, said.finding.element) == ("form-name", "view")
    assert "“elsewhere”" in said.words


def test_sensitivity_of_a_form_is_read_through_conditions_and_groups() -> None:
    form = {
        "properties": {
            "view": {"x-sensitivity": "-"},
            "children": {"type": "array", "items": {"properties": {"born": {"x-sensitivity": "C"}}}},
            "files": {"type": "array", "items": {"x-sensitivity": "SC"}},
        },
        "allOf": [{"if": {}, "then": {"properties": {"why": {"x-sensitivity": "P"}}}}, "odd"],
    }
    assert fields_of(form) == {"view": "-", "children": "C", "files": "SC", "why": "P"}
    assert fields_of([1]) == {}


# --- the command ---


def run(*arguments: str) -> tuple[int, str]:
    from web.cli import main

    result = CliRunner().invoke(main, ["check", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def test_command_accepts(ask: Path) -> None:
    assert run(str(ask)) == (0, "Accepted.\n")


@pytest.mark.parametrize(
    ("spoil", "element", "says"),
    [
        (
            (
                "</process>",
                '<scriptTask id="boom" scriptFormat="python"><script>import os</script></scriptTask></process>',
            ),
            "boom",
            "No code",
        ),
        (('targetRef="done"', 'targetRef="dome"'), "f2", "no such step"),
        (('name="Give a view" lscp:role="dcs"', 'name="Give a view" lscp:role="dsc"'), "give-view", "“dsc”"),
        (('id="give-view" name', 'id="give-view" lscp:form="gone" name'), "give-view", "gone"),
        (('id="begin"', 'id="Start"'), "Start", "uses this id for itself"),
        (('id="done"', 'id="End"'), "End", "uses this id for itself"),
    ],
    ids=["python", "dangling", "role", "form", "Start", "End"],
)
def test_command_refuses_with_file_and_element(ask: Path, spoil: tuple[str, str], element: str, says: str) -> None:
    (ask / "ask.bpmn").write_text(drawn(PROCESS.replace(*spoil)))
    began = time.perf_counter()
    code, output = run(str(ask / "ask.bpmn"))
    assert code == 2
    line = next(line for line in output.splitlines() if says in line)
    assert f"({element}): " in line or f" {element}: " in line
    assert line.startswith(str(ask / "ask.bpmn") + ", line ")
    assert says in output
    assert time.perf_counter() - began < 10


def test_command_refuses_a_diagram_of_20_000_elements(write: Write) -> None:
    steps = "".join(
        f'<userTask id="t{n}"/><sequenceFlow id="f{n}" sourceRef="t{n}" targetRef="t0"/>' for n in range(10_000)
    )
    path = write("vast.bpmn", document(f'<process id="vast" name="Vast">{steps}</process>'))
    began = time.perf_counter()
    code, output = run(str(path))
    assert code == 2
    assert f"{path}, line " in output
    assert "“Vast” (vast): the diagram has 10000 steps" in output
    assert time.perf_counter() - began < 10


def test_command_refuses_a_bomb_and_a_giant_quickly(write: Write, tmp_path: Path) -> None:
    bomb = write("bomb.bpmn", BOMB)
    giant = tmp_path / "giant.bpmn"
    with giant.open("wb") as file:
        file.truncate(50_000_000)
    began = time.perf_counter()
    code, output = run(str(bomb), str(giant))
    assert code == 2
    assert "bomb.bpmn, line 1: " in output
    assert "giant.bpmn: " in output
    assert time.perf_counter() - began < 10


def test_command_runs_nothing(write: Write, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    path = write("evil.bpmn", document(OS_SCRIPT.format(mark)))
    code, output = run(str(path))
    assert code == 2
    assert "“Boom” (boom): " in output
    assert not mark.exists()


def test_command_speaks_json(ask: Path) -> None:
    (ask / "README.md").unlink()
    code, output = run("--json", str(ask))
    assert code == 0
    (said,) = json.loads(output)
    assert said["code"] == "no-readme"
    assert said["severity"] == "warning"


# --- what the product ships ---


@pytest.mark.slow
def test_bundled_processes_have_no_errors(partnership: Partnership) -> None:
    assert [one.words for one in check_all(partnership) if one.is_error] == []
