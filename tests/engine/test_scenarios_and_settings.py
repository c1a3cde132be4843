"""Scenario files and settings: what is wrong is said in words; the demonstration sets itself up once."""

from base64 import b64encode
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from engine.assembly import make_runtime
from engine.audit import verify
from engine.clock import VirtualClock, later, now
from engine.demonstration import set_up_demonstration
from engine.library import Package
from engine.migrations import upgrade
from engine.model import AuditEvent, Base, ProcessInstance, WorkItem
from engine.partnership import UnknownPartnership, load_partnership
from engine.queries.cycle import cycle
from engine.runtime import Runtime
from engine.scenario import keep_for_scenarios, read_scenario, run_scenario
from engine.scenario.place import NotForScenarios
from engine.scenario.reader import ScenarioUnreadable
from engine.settings import Settings, SettingsError
from engine.store import DatabaseAway, SchemaMissing, Store
from engine.types import InstanceStatus
from tests.conftest import settings
from tests.factories import NOON, bpmn, end, exclusive, form, holder, package, start, text, unchecked, user

# Reading


@pytest.mark.parametrize(
    ("text_", "words"),
    [
        ("steps: [", "not YAML"),
        ("now: soon\nsteps: []", "`now` is a moment"),
        ("now: 2027-01-11\nholidays: [soon]\nsteps: []", "`holidays` a list"),
        ("now: 2027-01-11\ncalendar: arg\nsteps: []", "a list of schedules"),
        ("just words", "at least"),
        ("now: 2027-01-11\nsteps: x", "at least"),
        ("steps: []", "at least"),
        ("now: 2027-01-11\nsteps: [words]", "step 1: a step is a mapping"),
        ("now: 2027-01-11\nsteps: [{as: dcs, complete: x}, {as: dcs, compleat: x}]", "step 2: there is no “compleat”"),
        ("now: 2027-01-11\nsteps: [{expect: {inboxes: {}}}]", "step 1: there is nothing called “inboxes”"),
        ("now: 2027-01-11\nsteps: [{complete: x, claim: y}]", "step 1: one step does one thing"),
    ],
)
def test_a_scenario_that_can_not_be_read_says_where(text_: str, words: str) -> None:
    with pytest.raises(ScenarioUnreadable, match=words):
        read_scenario(text_, name="file.yaml")


def test_yes_and_on_are_words_and_patterns_need_no_quotes() -> None:
    read = read_scenario(
        "scenario: T\nnow: 2027-01-11T09:00\nsteps:\n"
        "  - {as: dcs, start: p, answers: {on: yes, off: no, true_one: true}, expect: {case: {reference: /SOL-\\d{4}-\\d{3}/}}}",
        name="x",
    )
    assert read.steps[0]["answers"] == {"on": "yes", "off": "no", "true_one": True}
    assert read.steps[0]["expect"]["case"]["reference"] == "/SOL-\\d{4}-\\d{3}/"
    assert read.now.isoformat() == "2027-01-11T09:00:00+00:00"


# Running

PROCESS = bpmn(
    "small", start(role="dcs"), user("decide", role="dcs", due="+1wd"), exclusive("which"), user("yes", role="chair-arg"),
    end(), flow='begin -> decide -> which -[said = "yes"]-> yes -> done; which -> done',
)  # fmt: skip
SAID = {**text(), "oneOf": [{"const": "yes", "title": "Yes"}, {"const": "no", "title": "No"}]}
PACKAGE = package(
    PROCESS, forms={"begin": form(), "decide": form({"said": SAID}, examples=[{"said": "yes"}]), "yes": form()}
)
HEAD = "scenario: T\nnow: 2027-01-11T09:00\nsteps:\n  - {as: dcs, start: small}\n"


def run(runtime: Runtime, steps: str, **more: object) -> list[str]:
    with unchecked():
        report = run_scenario(read_scenario(HEAD + steps, name="x"), runtime, [PACKAGE], **more)  # type: ignore[arg-type]
    assert report.passed is not bool(report.failures)
    return [f"{f.step}: {f.words}" for f in report.failures]


def test_a_scenario_that_goes_as_written_passes(any_runtime: Runtime) -> None:
    assert run(
        any_runtime,
        "  - {expect: {inbox: {dcs: [decide]}, case: {status: running}}}\n"
        "  - {at: 2027-01-11T10:00, as: dcs, claim: decide}\n"
        "  - {as: chair-arg, complete: decide, refused: not-for-you}\n"
        "  - {restart: true}\n"
        "  - {as: dcs, complete: decide, answers: {said: yes}, expect: {inbox: {chair-arg: [yes]}}}\n"
        "  - {as: chair-arg, complete: yes, expect: {case: {status: ended}, audit: [{action: refused, code: not-for-you}]}}\n",
    ) == []  # fmt: skip
    with any_runtime.transaction() as session:
        assert verify(session) is None


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("{as: dcs, complete: nothing}", "no task “nothing” is open; open are: decide (dcs)"),
        ("{as: dcs, complete: decide, answers: {said: maybe}}", "refused with answers-invalid"),
        (
            "{as: dcs, complete: decide, refused: not-for-you}",
            "it was accepted, but should be refused with not-for-you",
        ),
        ("{as: chair-arg, complete: decide, refused: not-found}", "refused with not-for-you"),
        ("{as: chair-arg, complete: decide, refused: not-for-you, because: It rains}", "not “It rains”"),
        ("{as: nobody-at-all, complete: decide}", "nobody holds the role nobody-at-all"),
        ("{at: 2020-01-01T09:00, as: dcs, claim: decide}", "cannot go back"),
        ("{in: another, as: dcs, claim: decide}", "no case was saved as “another”"),
        ("{as: dcs, complete: decide, where: {agency: wmp}}", "no task “decide” is open where agency is wmp"),
        ("{begin: moon, on: 2027-01-19}", "there is no “moon”"),
        ("{begin: arg}", "`on` its day"),
        ("{expect: {inbox: {dcs: [yes]}}}", "the inbox of dcs shows ['decide'], not ['yes']"),
        ("{expect: {case: {status: ended}}}", "the case's status is running, not ended"),
        ("{expect: {deadline: {D01: 2027-01-12}}}", "there is no deadline D01"),
        ("{expect: {mail: [{to: dcs, rung: O3}]}}", "was sent 0 times"),
        ("{expect: {audit: [{action: exploded}]}}", "the history holds no"),
        ("{expect: {register: {r: [{key: x}]}}}", "the register r has 0 rows, not 1"),
        ("{expect: {started: [other]}}", "other was not started"),
        ("{expect: {not_started: [small]}}", "small was started"),
        ("{expect: {instance: {small: ended}}}", "small is running, not ended"),
        ("{expect: {offered: {decide: {said: [no]}}}}", "offers ['yes', 'no'] for said, not ['no']"),
        ("{expect: {offered: {nothing: {said: [no]}}}}", "nothing is not open"),
        ("{expect: {answers: {decide: {said: yes}}}}", "said is None, not 'yes'"),
        ("{expect: {sees: {dcs: false}}}", "dcs (Local Authority - Director of Children Services) may see the case"),
        ("{expect: {explained: {D01: because}}}", "is explained as"),
        ("{expect: {in: another}}", "no case was saved as “another”"),
        ("{expect: {no_mail: [{to: chair-arg}]}, as: dcs, claim: decide}", ""),
    ],
)
def test_a_step_that_does_not_go_as_written_says_how(runtime: Runtime, step: str, words: str) -> None:
    failures = run(runtime, f"  - {step}\n")
    if words:
        assert failures, "it went as written"
        assert failures[0].startswith("2: ")
        assert words in failures[0]
    else:
        assert failures == []


def test_it_stops_at_the_first_failure_unless_told_to_go_on(runtime: Runtime) -> None:
    steps = "  - {as: dcs, complete: nothing}\n  - {as: dcs, complete: nothing-else}\n"
    assert len(run(runtime, steps)) == 1


def test_told_to_go_on_it_names_them_all(runtime: Runtime) -> None:
    steps = "  - {as: dcs, complete: nothing}\n  - {as: dcs, complete: nothing-else}\n"
    assert len(run(runtime, steps, keep_going=True)) == 2


def test_jobs_due_meanwhile_fire_at_their_own_moments(runtime: Runtime) -> None:
    assert run(
        runtime,
        "  - {at: 2027-01-13T12:00, expect: {mail: [{to: dcs, rung: R2, on: 2027-01-12, at: '09:00', times: 1}, "
        "{to: business-manager, rung: O1, on: 2027-01-13}]}}\n",
    ) == []  # fmt: skip


def test_one_occurrence_of_a_schedule_begins_without_the_others(runtime: Runtime) -> None:
    meeting = bpmn("arg-cycle", start(), user("prepare", role="chair-arg"), end(), case_data=False, reference="ARG")
    steps = (
        "scenario: T\nnow: 2027-01-11T09:00\nsteps:\n"
        "  - {begin: arg, on: 2027-01-19, save_as: first, expect: {inbox: {chair-arg: [prepare]}}}\n"
        "  - {at: 2027-09-01T09:00, begin: arg, on: 2027-10-12, expect: {case: {reference: ARG-2027-002}}}\n"
        "  - {in: first, expect: {case: {reference: ARG-2027-001}}}\n"
        "  - {in: arg-cycle, as: chair-arg, complete: prepare, expect: {case: {reference: ARG-2027-002, status: ended}}}\n"
    )
    with unchecked():
        report = run_scenario(read_scenario(steps, name="x"), runtime, [package(meeting)])
    assert report.failures == ()


def meets(key: str) -> Package:
    drawn = bpmn(key, start(), user("prepare", role="dcs"), end(), case_data=False, reference=key[:3].upper())
    return package(drawn, forms={"prepare": form()})


@pytest.mark.parametrize(
    ("calendar", "arg", "rdg"), [("true", 3, 4), ("[arg]", 3, 0), ("[rdg]", 0, 4), ("false", 0, 0)]
)
def test_what_the_calendar_begins_is_all_of_it_or_what_is_named(
    runtime: Runtime, calendar: str, arg: int, rdg: int
) -> None:
    steps = (
        f"now: 2026-12-01T09:00\ncalendar: {calendar}\nsteps:\n"
        f"  - {{at: 2027-09-01T09:00, expect: {{begun: {{arg-cycle: {arg}, rdg-cycle: {rdg}}}}}}}\n"
    )
    with unchecked():
        report = run_scenario(read_scenario(steps, name="x"), runtime, [meets("arg-cycle"), meets("rdg-cycle")])
    assert report.failures == ()


def test_a_schedule_that_is_not_there_is_named(runtime: Runtime) -> None:
    steps = "now: 2026-12-01T09:00\ncalendar: [ark]\nsteps: []\n"
    with pytest.raises(ScenarioUnreadable, match="no schedule “ark”, only arg, lscp"):
        run_scenario(read_scenario(steps, name="x"), runtime, [])


# The demonstration


@pytest.mark.slow
def test_the_demonstration_sets_itself_up_once(runtime: Runtime) -> None:
    assert set_up_demonstration(runtime) is True
    with runtime.transaction() as session:
        first = session.scalar(select(func.count()).select_from(ProcessInstance))
        assert first
        assert session.scalar(select(func.count()).select_from(WorkItem))
        assert verify(session) is None
    assert set_up_demonstration(runtime) is False
    with runtime.transaction() as session:
        assert session.scalar(select(func.count()).select_from(ProcessInstance)) == first


@pytest.mark.slow
@pytest.mark.parametrize("day", ["2027-06-18", "2027-11-10", "2028-02-29"])  # the meetings lie otherwise each time
def test_the_demonstration_shows_a_living_cycle_on_whatever_day_it_is_begun(day: str) -> None:
    made = make_runtime(settings(), clock=VirtualClock(datetime.fromisoformat(f"{day}T10:20:00+00:00")))
    Base.metadata.create_all(made.store.engine)
    set_up_demonstration(made)
    with made.transaction() as session:
        found = cycle(session, holder(session, "lead-member", now=made.now()), now=made.now())
        assert all(stage.open for stage in found.stages)
        assert (found.later_rounds, found.recorded) == (1, 20)
        held = session.scalars(select(ProcessInstance.key).where(ProcessInstance.status == InstanceStatus.ENDED))
        assert {"arg-cycle", "lscp-cycle", "rdg-cycle"} <= set(held)
        assert {priority.value for priority in found.priorities if priority.learned} == {
            "early-help",
            "neglect",
            "exploitation",
        }
    made.store.close()


# Settings

KEY = b64encode(b"k" * 32).decode()
GOOD = {"DATABASE_URL": "sqlite://", "LSCP_SECRET_KEY": "s" * 32, "LSCP_DATA_KEY": KEY}


def test_settings_come_from_the_environment() -> None:
    read = Settings.from_environment({**GOOD, "LSCP_BASE_URL": "https://lscp.example/", "LSCP_DEMO": "true"})
    assert (read.base_url, read.demo, read.behind_proxy, read.broker_url) == (
        "https://lscp.example",
        True,
        False,
        "memory:",
    )
    assert read.data_key == b"k" * 32


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"DATABASE_URL": ""}, "DATABASE_URL is not set"),
        ({"LSCP_SECRET_KEY": ""}, "LSCP_SECRET_KEY is not set"),
        ({"LSCP_SECRET_KEY": "short"}, "too short"),
        ({"LSCP_DATA_KEY": "not base64!"}, "not base64"),
        ({"LSCP_DATA_KEY": b64encode(b"x").decode()}, "holds 1 bytes"),
        ({"DATABASE_URL": "mysql://db/x"}, "DATABASE_URL is no address .* begins with postgresql"),
        ({"BROKER_URL": "amqp://somewhere"}, "BROKER_URL is no address"),
        ({"MAIL_URL": "smtp://"}, "MAIL_URL is no address"),
        ({"MAIL_URL": "pigeon://x"}, "MAIL_URL is no address"),
        ({"LSCP_BASE_URL": "lscp.example"}, "LSCP_BASE_URL is no address"),
        ({"LSCP_BASE_URL": "https://lscp.example:port"}, "LSCP_BASE_URL is no address"),
        ({"LSCP_DEMO": "maybe"}, "LSCP_DEMO is neither"),
    ],
)
def test_a_setting_that_is_missing_or_unsafe_is_refused_in_words(change: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        Settings.from_environment({**GOOD, **change})


def test_one_process_makes_its_own_keys_once_for_its_owner_only(tmp_path: Path) -> None:
    first = Settings.for_one_process(tmp_path / "new", demo=True, port=8123)
    again = Settings.for_one_process(tmp_path / "new", demo=False)
    assert (first.data_key, first.secret_key) == (again.data_key, again.secret_key)
    assert first.data_key != Settings.for_one_process(tmp_path / "other", demo=True).data_key
    assert first.base_url == "http://127.0.0.1:8123"
    assert (tmp_path / "new" / "key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["nowhere", "../solihull", "solihull.json", "", "/etc/passwd"])
def test_a_partnership_that_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(UnknownPartnership):
        load_partnership(name)


def test_a_database_that_does_not_answer_is_said_in_words() -> None:
    store = Store("postgresql+psycopg://nobody@127.0.0.1:1/nothing?connect_timeout=1")
    with pytest.raises(DatabaseAway, match="does not answer"), store.transaction() as session:
        session.execute(select(1))
    store.close()


def test_a_file_that_is_no_database_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("These are notes, and no database." * 100)
    store = Store(f"sqlite:///{tmp_path}/notes")
    with pytest.raises(DatabaseAway):
        upgrade(store)
    store.close()


def test_a_database_without_tables_is_to_be_migrated(tmp_path: Path, postgresql_url: str) -> None:
    for url in (f"sqlite:///{tmp_path}/new", postgresql_url):
        store = Store(url)
        with pytest.raises(SchemaMissing) as missing, store.transaction() as session:
            session.scalars(select(WorkItem)).all()
        assert "lscp migrate" in missing.value.advice
        store.close()


def test_scenarios_run_in_memory_or_in_a_database_of_their_own(any_runtime: Runtime) -> None:
    keep_for_scenarios(any_runtime)
    assert run(any_runtime, "  - {expect: {inbox: {dcs: [decide]}}}\n") == []
    keep_for_scenarios(any_runtime)


def test_scenarios_never_run_among_real_cases(staffed: Runtime) -> None:
    with pytest.raises(NotForScenarios, match="holds cases"):
        keep_for_scenarios(staffed)
    with staffed.transaction() as session:
        assert session.scalars(select(AuditEvent.action).where(AuditEvent.action == "kept-for-scenarios")).all() == []


def test_a_clock_that_is_told_to_moves_forward_only() -> None:
    clock = VirtualClock(NOON)
    with pytest.raises(ValueError, match="cannot go back"):
        clock.move_to(NOON.replace(hour=11))
    assert now().tzinfo is not None
    assert later(NOON, None) == later(NOON, NOON.replace(hour=11)) == NOON
    assert later(NOON, NOON) > NOON
