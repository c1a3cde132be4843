"""`lscp`: everything an operator or an engineer does, in one command."""

import json
import os
import signal
import sys
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import track
from sqlalchemy import select
from uuid_utils.compat import uuid7
from werkzeug.serving import make_server

from engine import audit, deadlines, directory, library, schedules
from engine.assembly import make_runtime, publish_bundled, spare_what_is_loaded
from engine.bpmn.tck import run_tck
from engine.check import check_path
from engine.commands.add_holiday import add_holiday
from engine.commands.appoint_person import appoint_person
from engine.commands.create_token import create_token
from engine.commands.declare_conflict import declare_conflict
from engine.commands.disable_person import disable_person
from engine.commands.end_appointment import end_appointment
from engine.commands.record_absence import record_absence
from engine.commands.sign_in import hash_password
from engine.demonstration import make_demonstration, set_up_demonstration
from engine.errors import EngineError
from engine.migrations import current, head, upgrade
from engine.model import Job, Person, ProcessInstance
from engine.partnership import load_partnership
from engine.queries.vacancies import vacancies
from engine.runtime import Runtime
from engine.scenario import ScenarioUnreadable, keep_for_scenarios, read_scenario, run_scenario
from engine.settings import Settings, SettingsError, address
from engine.store import DatabaseAway, SchemaMissing
from engine.types import SYSTEM, JobState
from web import logs
from web.api.openapi import description
from web.app import create_app
from web.quiet import QuietHandler
from workers.inprocess import start_workers

console = Console(stderr=True)
PORT = click.IntRange(0, 65535)  # 0: any that is free
DAY = click.DateTime(["%Y-%m-%d"])
HOME = Path(os.environ.get("LSCP_HOME", "var"))


class _InWords(click.Group):
    """What is refused ends any command with its words, such as a process with problems that was to be published."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except EngineError as error:
            away = isinstance(error, DatabaseAway) and not isinstance(error, SchemaMissing)
            advice = "Is it running, and is DATABASE_URL its address?" if away else error.advice
            click.echo(f"{error.message}\n{advice}", err=True)
            raise SystemExit(2) from error


@click.group(cls=_InWords, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="lscp-workflow")
def main() -> None:
    """Runs the statutory work of a Local Safeguarding Children Partnership."""
    logs.set_up()


def _runtime() -> Runtime:
    return make_runtime(Settings.from_environment())


def _ready() -> Settings:
    """What does not hold stops the start here, in words, before other programs take over."""
    runtime = _runtime()
    if current(runtime.store) != head():
        raise SchemaMissing
    runtime.store.close()
    return runtime.settings


@main.command()
@click.option("--demo", is_flag=True, help="With the demonstration partnership, and people to choose from.")
@click.option("--port", default=8000, type=PORT, show_default=True, envvar="LSCP_PORT", show_envvar=True)
@click.option("--host", default="127.0.0.1", show_default=True)
def run(demo: bool, port: int, host: str) -> None:
    """Web and workers in one process, on SQLite in ./var (or LSCP_HOME)."""
    settings = Settings.for_one_process(HOME, demo=demo, port=port)
    if demo:
        with console.status("Making the demonstration, on the first start only…"):
            make_demonstration(settings)
    runtime = make_runtime(settings)
    upgrade(runtime.store)
    publish_bundled(runtime)
    if demo:
        set_up_demonstration(runtime)
    worker = start_workers(runtime)
    server = make_server(host, port, create_app(runtime), threaded=True, request_handler=QuietHandler)
    stopping = threading.Event()

    def stop(*_: Any) -> None:
        if not stopping.is_set():
            stopping.set()
            threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    spare_what_is_loaded()
    where = f"http://{host}:{server.server_port}"
    console.print(f"Open [bold]{where}[/] in a browser. Ctrl+C stops; everything is kept in {HOME}/.")
    server.serve_forever()
    worker.stop()
    runtime.store.close()
    console.print("Stopped.")


@main.command()
@click.option("--bind", default="0.0.0.0:8000", show_default=True)
@click.option("--workers", default=2, show_default=True)
def serve(bind: str, workers: int) -> None:
    """The web, with gunicorn. Any number may run on one database."""
    _ready()
    os.execvp(
        sys.executable,
        [sys.executable, "-m", "gunicorn", "--bind", bind, "--workers", str(workers), "--threads", "4",
         "--worker-class", "gthread", "--graceful-timeout", "30", "web.wsgi:application"],
    )  # fmt: skip


@main.command()
@click.option("--processes", default=1, show_default=True)
@click.option("--threads", default=4, show_default=True)
def work(processes: int, threads: int) -> None:
    """Workers on Redis, with Dramatiq. Any number may run on one database."""
    if _ready().broker_url == "memory:":
        raise SettingsError("BROKER_URL is not set: workers of their own are rung by Redis, e.g. redis://redis:6379/0.")
    os.execvp(
        sys.executable,
        [sys.executable, "-m", "dramatiq", "--processes", str(processes), "--threads", str(threads), "workers.main"],
    )


@main.command()
def migrate() -> None:
    """Bring the database to this version and publish the processes that are new."""
    runtime = _runtime()
    upgrade(runtime.store)
    count = publish_bundled(runtime)
    console.print(f"The database is up to date; {count} processes are published.")


@main.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Findings as JSON.")
def check(paths: tuple[Path, ...], as_json: bool) -> None:
    """Validate diagrams, tables and forms: exit 0 accepted, 2 refused."""
    partnership = load_partnership(os.environ.get("LSCP_PARTNERSHIP", "solihull"))
    found = [f for path in paths for f in check_path(path, partnership)]
    if as_json:
        click.echo(json.dumps([f.as_dict() for f in found], indent=1, ensure_ascii=False))
    else:
        for finding in found:
            click.echo(finding.words)
    errors = sum(f.is_error for f in found)
    if not as_json:
        click.echo(f"{errors} problems, {len(found) - errors} remarks." if found else "Accepted.")
    raise SystemExit(2 if errors else 0)


@main.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--database", default="sqlite://", show_default=True, help="An empty database to run in; else memory.")
def scenario(files: tuple[Path, ...], database: str) -> None:
    """Run executable scenarios in virtual time: exit 0 when all hold, 1 when one does not."""
    address("DATABASE_URL", database)
    failed = 0
    for file in track(files, description="Scenarios", console=console, disable=not console.is_terminal):
        failed += not _run_one(file, database)
    click.echo(f"{len(files) - failed} passed, {failed} failed")
    raise SystemExit(1 if failed else 0)


def _run_one(file: Path, database: str) -> bool:
    runtime = make_runtime(Settings(database, "memory:", "log:", b"scenario" * 4, b"scenario" * 4))
    try:
        upgrade(runtime.store)
        keep_for_scenarios(runtime)
        read = read_scenario(file.read_text("utf-8"), name=str(file))
        report = run_scenario(read, runtime, list(library.packages()))
    except OSError as error:
        click.echo(f"{file}: it can not be read: {error.strerror}")
        return False
    except UnicodeDecodeError:
        click.echo(f"{file}: it is not a text file in UTF-8.")
        return False
    except ScenarioUnreadable as error:
        click.echo(error.message)
        return False
    finally:
        runtime.store.close()
    click.echo(f"{'ok    ' if report.passed else 'FAILED'} {report.scenario.title}")
    for failure in report.failures:
        click.echo(f"       step {failure.step}: {failure.words}")
    return report.passed


@main.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
def tck(folders: tuple[Path, ...]) -> None:
    """Run DMN TCK case files; prints passed/total and the failing ids."""
    report = run_tck(folders)
    for failure in report.failures:
        click.echo(f"failed {failure}")
    click.echo(f"{report.passed}/{report.total}")
    raise SystemExit(0 if report.passed == report.total else 1)


@main.group()
def person() -> None:
    """People who may sign in."""


@person.command("add")
@click.option("--name", required=True)
@click.option("--email", required=True)
@click.option("--body", help="The organisation's id in the partnership's file.")
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True, help="At least 12 characters.")
def person_add(name: str, email: str, body: str | None, password: str) -> None:
    """Add a person with a password."""
    if len(password) < 12:
        raise click.BadParameter("A password has at least 12 characters.", param_hint="--password")
    runtime = _runtime_of_this_place()
    with runtime.transaction() as session:
        if body is not None and body not in runtime.partnership.agencies:
            raise click.BadParameter(f"There is no organisation “{body}”.", param_hint="--body")
        if session.scalars(select(Person).where(Person.email == email.lower())).first() is not None:
            raise click.BadParameter("Somebody has this address already.", param_hint="--email")
        made = Person(id=uuid7(), name=name, email=email.lower(), body=body, password_hash=hash_password(password),
                      created_at=runtime.now())  # fmt: skip
        session.add(made)
        audit.record(session, "person-added", by=SYSTEM, at=runtime.now(), person=str(made.id))
    click.echo(str(made.id))


@person.command("list")
def person_list() -> None:
    """Everybody, with the roles held today."""
    runtime = _runtime_of_this_place()
    with runtime.transaction() as session:
        for row in session.scalars(select(Person).order_by(Person.name, Person.id)):
            held = directory.participant(session, row.id, now=runtime.now()) if row.disabled_at is None else None
            roles = ", ".join(sorted(held.roles)) if held else "disabled"
            click.echo(f"{row.id}  {row.email}  {row.name}  [{roles}]")


@person.command("disable")
@click.argument("email")
def person_disable(email: str) -> None:
    """End a person's access at once: sessions, tokens and tasks."""
    runtime = _runtime_of_this_place()
    with runtime.transaction() as session:
        found = _person(session, email)
        disable_person(session, found.id, by=SYSTEM, now=runtime.now())
    click.echo("Disabled.")


@person.command("absence")
@click.argument("email")
@click.option("--from", "from_on", type=DAY, required=True, help="First day away.")
@click.option("--to", "to_on", type=DAY, required=True, help="Last day away.")
@click.option("--substitute", help="Address of who acts in the same roles; without one the roles fall back.")
def person_absence(email: str, from_on: datetime, to_on: datetime, substitute: str | None) -> None:
    """Record that a person is away: for those days tasks go to the substitute, or to who stands in."""
    if substitute is not None and substitute.lower() == email.lower():
        raise click.BadParameter("Nobody stands in for themselves.", param_hint="--substitute")
    runtime = _runtime_of_this_place()
    with runtime.transaction() as session:
        acting = None if substitute is None else _person(session, substitute)
        if acting is not None and acting.disabled_at is not None:
            raise click.BadParameter(f"{substitute} may not sign in any more.", param_hint="--substitute")
        record_absence(session, _person(session, email).id, from_on=from_on.date(), to_on=to_on.date(),
                       substitute_id=None if acting is None else acting.id, by=SYSTEM, now=runtime.now())  # fmt: skip
    click.echo(f"{email} is away from {from_on.date()} to {to_on.date()}.")


@person.command("conflict")
@click.argument("email")
@click.argument("reference")
@click.option("--reason", required=True, help="Kept sealed.")
def person_conflict(email: str, reference: str, reason: str) -> None:
    """Keep a person out of one case, whatever roles they hold: a conflict of interest."""
    runtime = _runtime_of_this_place()
    with runtime.transaction() as session:
        case = session.scalars(
            select(ProcessInstance)
            .where(ProcessInstance.reference == reference.upper(), ProcessInstance.parent_id.is_(None))
        ).one_or_none()  # fmt: skip
        if case is None:
            raise click.BadParameter(f"There is no case {reference}.", param_hint="REFERENCE")
        declare_conflict(session, case.id, _person(session, email).id, reason=reason, by=SYSTEM, now=runtime.now())
    click.echo(f"{email} is kept out of {reference.upper()}; open tasks went to who stands in.")


@main.group()
def holiday() -> None:
    """Days not worked beside England's bank holidays."""


@holiday.command("add")
@click.argument("day", type=DAY)
@click.option("--name", required=True, help="What the day is, as pages will call it.")
def holiday_add(day: datetime, name: str) -> None:
    """Add a day that was proclaimed: every open due date, reminder and timer is counted again."""
    runtime, on = _runtime_of_this_place(), day.date()
    if not name.strip():
        raise click.BadParameter("Say what the day is.", param_hint="--name")
    with runtime.transaction() as session:
        reason = deadlines.calendar(session).reason_not_worked(on)
        if reason is not None:
            raise click.BadParameter(f"{on} is not worked already ({reason}).", param_hint="DAY")
        moved = add_holiday(session, on, name.strip(), by=SYSTEM, now=runtime.now())
    click.echo(f"{on} is not worked; {len(moved)} due dates moved.")


@holiday.command("list")
def holiday_list() -> None:
    """The days added, in their order."""
    runtime = _runtime_of_this_place()
    with runtime.transaction() as session:
        known = deadlines.calendar(session)
    for on in sorted(known.added):
        click.echo(f"{on}  {known.names[on]}")


@main.command("schedule")
def schedule_list() -> None:
    """What begins by the calendar in the coming months: the day it is for, when it begins, and what it is."""
    runtime = _runtime_of_this_place()
    with runtime.transaction() as session:
        rows = schedules.coming(session, now=runtime.now())
    for row in rows:
        click.echo(f"{row.day}  begins {row.begins_on}  {row.schedule.name}{_how_it_stands(row.job)}")


def _how_it_stands(job: Job | None) -> str:
    if job is None or job.state == JobState.CANCELLED:
        return "  (nothing begins: not published, or begun for an earlier day)"
    if job.state == JobState.INCIDENT:
        return f"  (could not begin, and is tried again each hour: {job.last_error})"
    return ""


@main.group()
def role() -> None:
    """Who holds which role."""


@role.command("appoint")
@click.argument("email")
@click.argument("role_id")
@click.option("--body", help="For roles of one organisation, such as agency-contact.")
@click.option("--from", "from_on", type=DAY, help="First day; today when not given.")
@click.option("--to", "to_on", type=DAY, help="Last day; until further notice when not given.")
def role_appoint(email: str, role_id: str, body: str | None, from_on: datetime | None, to_on: datetime | None) -> None:
    """Appoint a person to a role, from a day, to a day."""
    runtime = _runtime_of_this_place()
    begin = from_on.date() if from_on else directory.london_date(runtime.now())
    with runtime.transaction() as session:
        appoint_person(session, _person(session, email).id, role_id, body=body, from_on=begin,
                       to_on=to_on.date() if to_on else None, by=SYSTEM, now=runtime.now())  # fmt: skip
    click.echo(f"{email} holds {role_id} from {begin}.")


@role.command("end")
@click.argument("email")
@click.argument("role_id")
@click.option("--body", help="Of one organisation only.")
@click.option("--on", "last_on", type=DAY, help="Last day; yesterday when not given, so that it ends at once.")
def role_end(email: str, role_id: str, body: str | None, last_on: datetime | None) -> None:
    """End an appointment: from then on its tasks go to whoever else holds the role, or stands in."""
    runtime = _runtime_of_this_place()
    last = last_on.date() if last_on else directory.london_date(runtime.now()) - timedelta(days=1)
    with runtime.transaction() as session:
        end_appointment(session, _person(session, email).id, role_id, body=body, last_on=last, by=SYSTEM,
                        now=runtime.now())  # fmt: skip
    click.echo(f"{email} holds {role_id} until {last}.")


@role.command("vacant")
def role_vacant() -> None:
    """Open tasks that nobody can do now: exit 1 when there are any."""
    runtime = _runtime_of_this_place()
    with runtime.transaction() as session:
        found = vacancies(session, None)
    for row in found:
        due = "no due date" if row.due_at is None else f"due {directory.london_date(row.due_at)}"
        click.echo(f"{row.reference}  {row.title}  [{row.role}{f', {row.body}' if row.body else ''}]  {due}")
    click.echo(f"{len(found)} tasks have nobody.")
    raise SystemExit(1 if found else 0)


def _person(session: Any, email: str) -> Person:
    found: Person | None = session.scalars(select(Person).where(Person.email == email.lower())).one_or_none()
    if found is None:
        raise click.BadParameter(f"Nobody has the address {email}.")
    return found


@main.group()
def token() -> None:
    """Keys for the API."""


@token.command("create")
@click.argument("email")
@click.option("--name", required=True, help="What it is for.")
@click.option("--days", default=90, show_default=True)
def token_create(email: str, name: str, days: int) -> None:
    """Make a bearer token that acts as a person; it is shown once."""
    runtime = _runtime_of_this_place()
    with runtime.transaction() as session:
        made = create_token(session, _person(session, email).id, name=name,
                            expires_at=runtime.now() + timedelta(days=days), by=SYSTEM, now=runtime.now())  # fmt: skip
    click.echo(made)


@main.group("audit")
def audit_group() -> None:
    """The history."""


@audit_group.command("verify")
def audit_verify() -> None:
    """Walk the chain: exit 0 when every event fits, 1 with the first that does not."""
    runtime = _runtime_of_this_place()
    with runtime.transaction() as session:
        fault = audit.verify(session)
    if fault is not None:
        click.echo(fault.words)
        raise SystemExit(1)
    click.echo("The history is whole.")


def _runtime_of_this_place() -> Runtime:
    """The one of the environment; without one, that of `lscp run`."""
    if "DATABASE_URL" in os.environ or not (HOME / "key").exists():
        return _runtime()
    return make_runtime(Settings.for_one_process(HOME, demo=False))


@main.command()
def openapi() -> None:
    """The API's description, OpenAPI 3.1, as JSON."""
    click.echo(json.dumps(description(), indent=1))


if __name__ == "__main__":
    main()
