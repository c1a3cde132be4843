"""The tables, one noun a file."""

from engine.model.access import ApiToken, Attempt, Heartbeat, SignIn
from engine.model.audit import AuditEvent, AuditHead
from engine.model.base import Base
from engine.model.deadline import Anchor, CalendarChange, Deadline, DeadlineMove
from engine.model.job import Job, Mail, Message
from engine.model.learning import LearningItem, LearningLink
from engine.model.paper import IssuedPaper
from engine.model.people import Absence, Appointment, Exclusion, Person
from engine.model.process import Bundle, ProcessDefinition, ProcessInstance, ReferenceCounter
from engine.model.register import Deed, RegisterEntry
from engine.model.schedule import ScheduleStart
from engine.model.work_item import Attachment, Draft, MatchToken, SealedValue, Submission, WorkItem

__all__ = [
    "Absence",
    "Anchor",
    "ApiToken",
    "Appointment",
    "Attachment",
    "Attempt",
    "AuditEvent",
    "AuditHead",
    "Base",
    "Bundle",
    "CalendarChange",
    "Deadline",
    "DeadlineMove",
    "Deed",
    "Draft",
    "Exclusion",
    "Heartbeat",
    "IssuedPaper",
    "Job",
    "LearningItem",
    "LearningLink",
    "Mail",
    "MatchToken",
    "Message",
    "Person",
    "ProcessDefinition",
    "ProcessInstance",
    "ReferenceCounter",
    "RegisterEntry",
    "ScheduleStart",
    "SealedValue",
    "SignIn",
    "Submission",
    "WorkItem",
]
