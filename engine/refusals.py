"""Refusals that several verbs share."""

from collections.abc import Sequence

from engine.errors import EngineError
from engine.forms.answers import FieldError


class WorkItemClosed(EngineError):
    """This task has already been dealt with."""

    code = "work-item-closed"
    advice = "Go back to your tasks. The case's history shows who did it and when."


class WorkItemTaken(EngineError):
    """A colleague has taken this task."""

    code = "work-item-taken"
    advice = "Ask the colleague to release it, or ask the Business Manager to reassign it."


class AnswersInvalid(EngineError):
    """Some answers need another look."""

    code = "answers-invalid"
    advice = "Correct the answers named, then send the form again."

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(errors=tuple(errors))
        self.errors = tuple(errors)


class AlreadyThere(EngineError):
    """This exists already."""

    code = "already-there"
    advice = "Use the one that is there."


class KeyReused(EngineError):
    """This Idempotency-Key was used for another request. Nothing was done."""

    code = "key-reused"
    advice = "Send each new request with a new key, and the same one only to repeat it."


class CaseClosed(EngineError):
    """This case has ended."""

    code = "case-closed"
    advice = "It can be read, but nothing more can be done in it."
