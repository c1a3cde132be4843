"""The house's own rules, kept by looking at the code itself."""

import ast
import importlib
import pkgutil
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from http import HTTPStatus
from importlib.metadata import distributions, packages_distributions
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import engine
import web
import workers
from engine import migrations
from engine.dispatch import HANDLERS
from engine.errors import EngineError
from engine.library import packages
from engine.model import Base
from engine.store import Store
from engine.types import JobKind
from web.errors import STATUS, status_of

ROOT = Path(__file__).parents[2]
OURS = ("engine", "web", "workers")
FILES = sorted(file for top in OURS for file in (ROOT / top).rglob("*.py") if "node_modules" not in file.parts)


def modules() -> Iterator[str]:
    for top in (engine, web, workers):
        for found in pkgutil.walk_packages(top.__path__, f"{top.__name__}."):
            if "migrations" not in found.name and found.name != "workers.main" and found.name != "web.wsgi":
                yield found.name


def refusals() -> list[type[EngineError]]:
    for name in modules():
        importlib.import_module(name)
    found: list[type[EngineError]] = []
    waiting = [EngineError]
    while waiting:
        kind = waiting.pop()
        waiting += [k for k in kind.__subclasses__() if k.__module__.split(".")[0] in OURS]
        found.append(kind)
    return sorted(set(found), key=lambda k: k.__name__)


# Refusals

# What a person asked for can not be done as it was asked: 400, deliberately. Everything else has a status of its own.
ASKED_WRONGLY = {
    "AbsenceBackwards",
    "AppointedByOneself",
    "AttachmentRefused",
    "CannotUnseal",
    "ConflictingCalendar",
    "EngineError",
    "FormError",
    "InvalidLadders",
    "InvalidRule",
    "InvalidSchedule",
    "NoKey",
    "NoSuchRole",
    "NotAppointed",
    "NotForScenarios",
    "NotStartedByHand",
    "OperationRefused",
    "OutsideCalendar",
    "ScenarioUnreadable",
    "SettingsError",
    "StateUnreadable",
    "TooManyTries",
    "UnknownPartnership",
    "ValueNotPlain",
}


@pytest.mark.parametrize("kind", refusals(), ids=lambda k: k.__name__)
def test_every_refusal_has_a_code_words_advice_and_a_status(kind: type[EngineError]) -> None:
    assert kind.code == kind.code.lower().replace("_", "-").replace(" ", "-")
    assert kind is EngineError or kind.code != EngineError.code, f"{kind.__name__} has no code"
    words = (kind.__doc__ or "").strip()
    assert words, f"{kind.__name__} says nothing"
    assert words[0].isupper()
    assert words.endswith((".", "?", "!"))
    assert kind.advice
    listed = any(k in STATUS for k in kind.__mro__)
    said = {b.__name__ for b in kind.__mro__ if b is not EngineError} if kind is not EngineError else {"EngineError"}
    assert listed or said & (ASKED_WRONGLY | ANSWERED_WHERE_IT_IS_RAISED), (
        f"{kind.__name__} has neither a status in web.errors nor a place in the table of this test"
    )


ANSWERED_WHERE_IT_IS_RAISED = {"NoToken"}  # 401, with what such an answer must carry


def test_the_table_names_nothing_that_is_gone_or_has_a_status() -> None:
    by_name = {k.__name__: k for k in refusals()}
    assert set(by_name) >= ASKED_WRONGLY
    for name in ASKED_WRONGLY:
        made = by_name[name].__new__(by_name[name])
        assert status_of(made) == HTTPStatus.BAD_REQUEST, name


def test_codes_are_each_of_one_refusal() -> None:
    own = [k for k in refusals() if "code" in k.__dict__]
    codes = [k.code for k in own]
    assert sorted(codes) == sorted(set(codes))


# Jobs


def test_every_kind_of_job_has_a_handler() -> None:
    assert set(HANDLERS) | {JobKind.SEND_MAIL} == set(JobKind)


# The database


def test_there_is_one_migration_head_and_no_branch() -> None:
    script = ScriptDirectory(str(Path(migrations.__file__).parent))
    assert len(script.get_heads()) == 1
    assert all(not revision.is_branch_point for revision in script.walk_revisions())


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_migrated_schema_is_that_of_the_models(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/m.sqlite" if kind == "sqlite" else request.getfixturevalue("postgresql_url")
    store = Store(url)
    try:
        migrations.upgrade(store)
        migrations.upgrade(store)  # a second time is no harm
        with store.engine.connect() as connection:
            context = MigrationContext.configure(
                connection, opts={"compare_type": True, "compare_server_default": True}
            )
            assert compare_metadata(context, Base.metadata) == []
    finally:
        store.close()


TRIGGERS = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name",
    "postgresql": "SELECT tgname, pg_get_triggerdef(t.oid), pg_get_functiondef(tgfoid) FROM pg_trigger t "
    "WHERE NOT tgisinternal ORDER BY tgname",
}


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_migration_and_models_make_the_same_triggers(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/m.sqlite" if kind == "sqlite" else request.getfixturevalue("postgresql_url")
    store = Store(url)

    def triggers() -> list[tuple[str, ...]]:
        with store.engine.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(TRIGGERS[kind])]

    try:
        migrations.upgrade(store)
        migrated = triggers()
        command.downgrade(migrations._config(store), "base")
        assert triggers() == []
        Base.metadata.create_all(store.engine)
        assert migrated == triggers() != []
    finally:
        store.close()


# What the code may not do


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


PARSED = {file: ast.parse(file.read_text("utf-8")) for file in FILES}


def test_nothing_is_evaluated_executed_or_compiled() -> None:
    for file, tree in PARSED.items():
        for name, node in calls(tree):
            assert name.split(".")[-1] not in {"eval", "exec", "__import__", "literal_eval"}, f"{file}:{node.lineno}"
            if name.split(".")[-1] == "compile":
                assert name == "re.compile" or "self" in name or "compiler" in name, f"{file}:{node.lineno}: {name}"
            assert name not in {"pickle.loads", "pickle.load", "marshal.loads", "yaml.unsafe_load", "os.system"}, file


def test_only_the_clock_reads_the_clock() -> None:
    reading = {
        "datetime.now",
        "datetime.utcnow",
        "datetime.today",
        "date.today",
        "datetime.datetime.now",
        "dt.datetime.now",
    }
    for file, tree in PARSED.items():
        for name, node in calls(tree):
            if name in reading:
                assert file == ROOT / "engine" / "clock.py", f"{file}:{node.lineno}"


def test_nobody_commits_or_rolls_back() -> None:
    """Transactions begin and end in the store; migrations have a road of their own."""
    for file, tree in PARSED.items():
        if "migrations" in file.parts:
            continue
        for name, node in calls(tree):
            assert not name.endswith((".commit", ".rollback")), f"{file}:{node.lineno}"


def test_only_the_library_reaches_into_spiffworkflow() -> None:
    for file, tree in PARSED.items():
        for node in ast.walk(tree):
            module = node.module if isinstance(node, ast.ImportFrom) else None
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else [module or ""]
            if any(n.startswith(("SpiffWorkflow", "lxml")) for n in names):
                assert file.is_relative_to(ROOT / "engine" / "bpmn"), file


# The names and the wheel


def test_no_other_distribution_claims_our_names() -> None:
    claimed = packages_distributions()
    for name in (*OURS, "workflows"):
        assert set(claimed.get(name, ["lscp-workflow"])) == {"lscp-workflow"}, name
    for other in distributions():
        if other.metadata["Name"] != "lscp-workflow":
            tops = {str(f).split("/")[0] for f in other.files or ()}
            assert not tops & {*OURS, "workflows"}, other.metadata["Name"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        return archive.namelist()


def on_disk(*patterns: str) -> set[str]:
    found = {str(f.relative_to(ROOT)) for pattern in patterns for f in ROOT.glob(pattern) if f.is_file()}
    return {f for f in found if "__pycache__" not in f and "node_modules" not in f}


@pytest.mark.parametrize(
    "patterns",
    [
        ("engine/**/*.py", "web/**/*.py", "workers/**/*.py"),
        ("workflows/**/*.bpmn", "workflows/**/*.dmn", "workflows/**/*.form.json"),
        ("workflows/partnerships/*.json", "workflows/scenarios/**/*.yaml"),
        ("engine/migrations/*.mako", "engine/migrations/versions/*.py"),
        ("web/templates/**/*.html",),
        ("web/static/**/*",),
    ],
    ids=["code", "processes", "partnerships and scenarios", "migrations", "templates", "static files"],
)
def test_the_wheel_holds_what_it_must(wheel: list[str], patterns: tuple[str, ...]) -> None:
    wanted = on_disk(*patterns)
    assert wanted, patterns
    assert wanted - set(wheel) == set()


def test_the_wheel_holds_nothing_else(wheel: list[str]) -> None:
    tops = {name.split("/")[0] for name in wheel if ".dist-info" not in name}
    assert tops == {*OURS, "workflows"}
    assert not [
        n for n in wheel if "node_modules" in n or "__pycache__" in n or "/tests/" in n or n.endswith(".sqlite")
    ]


def test_what_the_product_ships_is_found_where_it_is_installed() -> None:
    assert {p.key for p in packages()} == {
        f.parent.name for f in (ROOT / "workflows").glob("*/*/*.bpmn") if f.stem == f.parent.name
    }


def test_the_readme_names_every_process() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    named = set(re.findall(r"^\| `([a-z-]+)` \|", readme, re.MULTILINE))
    assert {package.key for package in packages()} <= named
