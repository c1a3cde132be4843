"""Small shared words: states, kinds, and who is acting."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


class InstanceStatus(StrEnum):
    RUNNING = "running"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"


class WorkItemKind(StrEnum):
    TASK = "task"  # a user or manual task of the diagram
    EVENT = "event"  # a message event that people may trigger while it waits
    CHASE = "chase"  # opened by a reminder ladder: telephone an agency, record a breach


class WorkItemState(StrEnum):
    READY = "ready"
    RESERVED = "reserved"
    COMPLETED = "completed"
    OBSOLETE = "obsolete"


OPEN_STATES = (WorkItemState.READY, WorkItemState.RESERVED)


class DeadlineStatus(StrEnum):
    OPEN = "open"
    MET = "met"
    MISSED = "missed"  # met after its due date
    CANCELLED = "cancelled"


class JobKind(StrEnum):
    FIRE_TIMER = "fire-timer"
    SEND_REMINDER = "send-reminder"
    SEND_MAIL = "send-mail"
    DELIVER_MESSAGE = "deliver-message"
    START_SCHEDULED = "start-scheduled"
    REASSIGN = "reassign"  # an absence or an appointment begins or ends today


class JobState(StrEnum):
    WAITING = "waiting"
    LEASED = "leased"  # in the hands of a worker
    RUNNING = "running"  # begun, and not to be begun again before the lease runs out
    DONE = "done"
    CANCELLED = "cancelled"
    INCIDENT = "incident"


class LearningKind(StrEnum):
    """The links of the learning chain, in the order in which one leads to the next (DOMAIN 6)."""

    INPUT = "input"
    RECOMMENDATION = "recommendation"
    DECISION = "decision"
    PLAN = "plan"
    ACTION = "action"
    TEST = "test"


class Sensitivity(StrEnum):
    """DOMAIN section 3: `C` and `SC` are seen inside the case's access list only, encrypted at rest."""

    ORGANISATIONAL = "-"
    PROFESSIONAL = "P"
    CHILD = "C"
    SPECIAL = "SC"


CONFIDENTIAL = frozenset({Sensitivity.CHILD, Sensitivity.SPECIAL})


@dataclass(frozen=True)
class Holding:
    """A role that somebody holds now, perhaps in one body, perhaps for one case only."""

    role: str
    body: str | None = None
    case_id: UUID | None = None


@dataclass(frozen=True)
class Participant:
    """Who is acting: a person with the roles held at this moment, or the system itself."""

    person_id: UUID | None
    name: str
    holdings: frozenset[Holding] = frozenset()
    body: str | None = None

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(h.role for h in self.holdings)

    def holds(self, role: str, *, body: str | None = None, case_id: UUID | None = None) -> bool:
        """Whether one of the holdings covers this role, in this body, on this case (None: does not matter)."""
        return any(
            h.role == role
            and (body is None or h.body is None or h.body == body)
            and (h.case_id is None or h.case_id == case_id)
            for h in self.holdings
        )


SYSTEM = Participant(None, "The system")
