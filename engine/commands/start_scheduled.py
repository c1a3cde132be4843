from datetime import datetime

from sqlalchemy.orm import Session

from engine import audit, instances, library, schedules
from engine.errors import EngineError
from engine.model import Job
from engine.types import SYSTEM


class NotScheduled(EngineError):
    """No calendar of the partnership names this occurrence any more."""

    code = "not-scheduled"
    advice = "Look at the schedules in the partnership’s file."


def start_scheduled(session: Session, job: Job, *, now: datetime) -> None:
    """Begin the process whose occurrence has come; after a long stop late, and said to be."""
    try:
        schedule, day = schedules.named(session, job.key)
    except KeyError:
        raise NotScheduled(f"The partnership has no schedule for {job.key}.") from None
    process = library.process(library.latest(session, schedule.process))
    begin = next((e for e in process.starts if not e.message), process.starts[0])
    instance = instances.make(
        session, schedule.process, library.pin(session, schedule.process).digest, by=SYSTEM, now=now
    )
    given = schedules.facts(session, schedule, day, now=now)
    audit.record(
        session,
        "process-started",
        by=SYSTEM,
        at=now,
        case_id=instance.case_id,
        instance_id=instance.id,
        process=instance.key,
        version=instance.version,
        by_schedule=schedule.id,
        scheduled_on=day.isoformat(),
        late=given["begun_late"],
    )
    instances.begin(
        session, instance, {**given, "case_ref": instance.reference}, by=SYSTEM, now=now, start_event=begin.id
    )
