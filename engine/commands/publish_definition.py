from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import audit, jobs, library
from engine.check.publishing import refuse_problems
from engine.library import Package
from engine.model import Message, ProcessDefinition
from engine.refusals import AlreadyThere
from engine.runtime import runtime_of
from engine.store import add_once
from engine.types import JobKind, Participant


def publish_definition(
    session: Session, package: Package, *, beside: Iterable[Package] = (), by: Participant, now: datetime
) -> ProcessDefinition:
    """Make a package the newest version of its process; the same content is not published twice.

    One with problems is refused. `beside`: processes published together with it, which it may call.
    Messages that waited for a process that did not exist are promised again.
    """
    newest = session.scalars(
        select(ProcessDefinition)
        .where(ProcessDefinition.key == package.key)
        .order_by(ProcessDefinition.version.desc())
        .limit(1)
    ).one_or_none()
    if newest is not None and newest.digest == package.digest:
        return newest
    refuse_problems(package, runtime_of(session).partnership, _around(session, package, beside))
    parsed = library.parse(package)
    definition = ProcessDefinition(
        key=package.key,
        version=1 if newest is None else newest.version + 1,
        digest=package.digest,
        title=parsed.head.name or package.key,
        family=package.family,
        owner=parsed.head.owner or "",
        case_data=parsed.head.case_data,
        starts_on=[e.message for e in parsed.starts if e.message],
        files=dict(package.files),
        published_at=now,
        published_by=by.person_id,
    )
    if add_once(session, definition, lambda: library.latest(session, package.key)) is not definition:
        return _published_meanwhile(session, package)
    for message in session.scalars(
        select(Message).where(Message.name.in_(definition.starts_on), Message.delivered_at.is_(None))
    ):
        jobs.promise(
            session,
            JobKind.DELIVER_MESSAGE,
            f"message/{message.id}/{definition.key}-{definition.version}",
            due_at=now,
            now=now,
            instance_id=message.from_instance_id,
            subject_id=message.id,
        )
    audit.record(
        session,
        "process-published",
        by=by,
        at=now,
        process=definition.key,
        version=definition.version,
        digest=definition.digest,
    )
    return definition


def _around(session: Session, package: Package, beside: Iterable[Package]) -> list[Package]:
    """What it will live among: the processes published with it, and those published before."""
    around = {one.key: one for one in library.published(session)} | {one.key: one for one in beside}
    return [one for key, one in around.items() if key != package.key]


def _published_meanwhile(session: Session, package: Package) -> ProcessDefinition:
    newest = library.latest(session, package.key)
    if newest.digest != package.digest:
        raise AlreadyThere(f"Somebody else published version {newest.version} of “{package.key}” at this moment.")
    return newest
