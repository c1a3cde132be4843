"""What can go wrong, in words for the person who reads it."""

from collections.abc import Mapping


class EngineError(Exception):
    """Something could not be done."""

    code = "engine-error"
    advice = "Try again. If it happens again, tell your administrator."

    def __init__(self, message: str | None = None, *, advice: str | None = None, **details: object) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())
        if advice is not None:
            self.advice = advice
        self.details: Mapping[str, object] = details

    @property
    def message(self) -> str:
        return str(self.args[0])
