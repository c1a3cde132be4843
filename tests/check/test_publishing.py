"""What the check refuses is not published, whichever way it comes; what is published already is not checked again."""

import ast
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from engine import library
from engine.assembly import publish_bundled
from engine.check import publishing
from engine.check.publishing import PackageRefused
from engine.commands.publish_definition import publish_definition
from engine.library import Package
from engine.model import ProcessDefinition
from engine.runtime import Runtime
from engine.scenario import read_scenario, run_scenario
from engine.types import SYSTEM
from tests.factories import NOON
from web.cli import main

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def shipped() -> dict[str, Package]:
    return {one.key: one for one in library.packages()}


@pytest.fixture
def dangling(shipped: dict[str, Package]) -> Package:
    """The meeting, with one flow that ends nowhere."""
    meeting = shipped["meeting"]
    text = meeting.files["meeting.bpmn"]
    at = text.index('targetRef="') + len('targetRef="')
    return replace(meeting, files={**meeting.files, "meeting.bpmn": text[:at] + "nowhere-" + text[at:]})


@pytest.fixture
def ships_dangling(monkeypatch: pytest.MonkeyPatch, shipped: dict[str, Package], dangling: Package) -> None:
    """The product itself ships the faulty meeting."""
    monkeypatch.setattr(library, "packages", lambda: iter([*(shipped | {"meeting": dangling}).values()]))


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/db.sqlite")
    monkeypatch.setenv("LSCP_SECRET_KEY", "s" * 32)
    monkeypatch.setenv("LSCP_DATA_KEY", "ZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGQ=")
    monkeypatch.setattr("web.cli.HOME", tmp_path / "home")


def published(runtime: Runtime) -> int:
    with runtime.transaction() as session:
        return session.scalar(select(func.count()).select_from(ProcessDefinition)) or 0


def test_a_flow_that_ends_nowhere_is_not_published(runtime: Runtime, dangling: Package) -> None:
    with pytest.raises(PackageRefused, match=r"meeting\.bpmn, line") as refused, runtime.transaction() as session:
        publish_definition(session, dangling, by=SYSTEM, now=NOON)
    assert "“nowhere-" in refused.value.message
    assert {one.finding.code for one in refused.value.findings} >= {"dangling"}
    assert all(one.is_error for one in refused.value.findings)
    assert published(runtime) == 0


def test_nor_as_a_new_version_of_a_good_one(runtime: Runtime, dangling: Package) -> None:
    before = publish_bundled(runtime)
    with pytest.raises(PackageRefused), runtime.transaction() as session:
        publish_definition(session, dangling, by=SYSTEM, now=NOON)
    assert published(runtime) == before


@pytest.mark.usefixtures("ships_dangling")
def test_nor_with_all_that_is_shipped(runtime: Runtime) -> None:
    with pytest.raises(PackageRefused, match="“meeting” was not published"):
        publish_bundled(runtime)
    assert published(runtime) == 0


def test_nor_for_a_scenario(runtime: Runtime, dangling: Package) -> None:
    read = read_scenario("scenario: X\nnow: 2027-01-11T10:00\nsteps: []\n", name="x.yaml")
    with pytest.raises(PackageRefused):
        run_scenario(read, runtime, [dangling])


@pytest.mark.usefixtures("ships_dangling", "settings")
@pytest.mark.parametrize("command", [["migrate"], ["run", "--port", "0"], ["run", "--demo", "--port", "0"]])
def test_nor_by_a_command_which_says_what_the_check_says(command: list[str]) -> None:
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 2, result.output
    assert "meeting.bpmn, line" in result.output
    assert "“nowhere-" in result.output


def test_rows_of_published_processes_are_made_in_one_place() -> None:
    makers = {
        file.name
        for top in ("engine", "web", "workers")
        for file in (ROOT / top).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "ProcessDefinition"
    }
    assert makers == {"publish_definition.py"}


def test_a_process_that_reads_from_others_is_published_beside_them_or_after_them(
    runtime: Runtime, shipped: dict[str, Package]
) -> None:
    caller = shipped["scrutineer-review"]
    with pytest.raises(PackageRefused, match="D14"), runtime.transaction() as session:
        publish_definition(session, caller, by=SYSTEM, now=NOON)
    with runtime.transaction() as session:
        for one in shipped.values():
            publish_definition(session, one, beside=shipped.values(), by=SYSTEM, now=NOON)
    changed = replace(caller, files={**caller.files, "README.md": "Changed."})
    with runtime.transaction() as session:
        assert publish_definition(session, changed, by=SYSTEM, now=NOON).version == 2


def test_what_is_published_is_not_checked_again(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_bundled(runtime)

    def checked(*_: object, **__: object) -> None:
        raise AssertionError("checked again")

    monkeypatch.setattr(publishing, "check_package", checked)
    monkeypatch.setattr(publishing, "_accepted", {})
    assert publish_bundled(runtime) == published(runtime)
