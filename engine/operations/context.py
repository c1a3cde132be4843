"""Where an operation works: one instance, one actor, one moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from engine.errors import EngineError
from engine.library import Process
from engine.model import ProcessInstance
from engine.partnership import Partnership
from engine.runtime import runtime_of
from engine.types import LONDON, Participant


class OperationRefused(EngineError):
    """An automatic step was given something it can not work with."""

    code = "operation-refused"


@dataclass(frozen=True)
class Context:
    session: Session
    instance: ProcessInstance
    processes: Mapping[str, Process]
    by: Participant
    now: datetime

    @property
    def partnership(self) -> Partnership:
        return runtime_of(self.session).partnership


def as_moment(value: Any) -> datetime:
    """ISO text as a moment; without a zone it is London's."""
    try:
        at = datetime.fromisoformat(str(value).partition("@")[0])
    except ValueError:
        raise OperationRefused(f"“{value}” is not a date and time.") from None
    return (at.replace(tzinfo=LONDON) if at.tzinfo is None else at).astimezone(UTC)


def as_list(value: Any) -> list[Any]:
    """A list, or words separated by spaces."""
    if value is None:
        return []
    return value.split() if isinstance(value, str) else list(value)
