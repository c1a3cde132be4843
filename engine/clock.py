"""The only reader of the wall clock."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]


def now() -> datetime:
    """This moment, aware, in UTC."""
    return datetime.now(UTC)


def later(now: datetime, last: datetime | None) -> datetime:
    """Now; or, where something was said at this very moment already, the moment after: the newest must be known."""
    return now if last is None or last < now else last + timedelta(microseconds=1)


class VirtualClock:
    """A clock that stands still until it is told to move: for scenarios and tests."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def move_to(self, at: datetime) -> None:
        if at < self.at:
            raise ValueError(f"The clock stands at {self.at} and cannot go back to {at}")
        self.at = at
