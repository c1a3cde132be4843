"""Where scenarios may run: their clock and their people are invented, so never among real cases."""

from sqlalchemy import select

from engine import audit
from engine.errors import EngineError
from engine.model import AuditEvent, Person, ProcessInstance
from engine.runtime import Runtime
from engine.types import SYSTEM

_KEPT = "kept-for-scenarios"


class NotForScenarios(EngineError):
    """This database holds cases. Scenarios move its clock, send its reminders and would be part of its history."""

    code = "not-for-scenarios"
    advice = "Give an empty database, or leave --database out: then they run in memory."


def keep_for_scenarios(runtime: Runtime) -> None:
    """Mark a database without people and cases as one that scenarios may use from now on; refuse any other."""
    with runtime.transaction() as session:
        if session.scalars(select(AuditEvent.seq).where(AuditEvent.action == _KEPT).limit(1)).one_or_none():
            return
        if any(session.scalars(select(table.id).limit(1)).one_or_none() for table in (ProcessInstance, Person)):
            raise NotForScenarios
        audit.record(session, _KEPT, by=SYSTEM, at=runtime.now())
