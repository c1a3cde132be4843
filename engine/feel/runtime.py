"""What an evaluation has at hand."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from engine.feel.budget import DEFAULT_BUDGET, Budget, Meter
from engine.feel.errors import FeelError, Mode, Trouble
from engine.feel.values import Value

_MOST_WARNINGS = 100


@dataclass(frozen=True, slots=True)
class Environment:
    """What the caller provides besides data: the moment it is, the zone `today()` and `now()` are told in, limits.

    `warnings` collects what the standard mode turned into null, up to 100 of them.
    """

    now: dt.datetime
    zone: dt.tzinfo = field(default_factory=lambda: ZoneInfo("Europe/London"))
    budget: Budget = DEFAULT_BUDGET
    warnings: list[str] = field(default_factory=list)


class Runtime:
    """One evaluation: the scope its names are read from, and the meter its work is charged to."""

    __slots__ = ("env", "meter", "mode", "scope")

    def __init__(self, scope: Mapping[str, object], env: Environment, mode: Mode, meter: Meter | None = None) -> None:
        self.scope = scope
        self.env = env
        self.mode = mode
        self.meter = meter or Meter(env.budget)

    def with_scope(self, scope: Mapping[str, object]) -> "Runtime":
        return self if scope is self.scope else Runtime(scope, self.env, self.mode, self.meter)

    def problem(self, message: str, spot: tuple[int, int]) -> Value:
        """An error in strict mode; null and a warning in standard mode."""
        if self.mode is Mode.STRICT:
            raise FeelError(message, line=spot[0], column=spot[1])
        self.warn(message)
        return None

    def warn(self, message: str) -> None:
        if len(self.env.warnings) < _MOST_WARNINGS:
            self.env.warnings.append(message)

    def charge(self, steps: int) -> None:
        self.meter.spend(steps)

    @property
    def now(self) -> dt.datetime:
        if self.env.now.tzinfo is None:
            raise Trouble("The caller did not say in which time zone it is now.")
        return self.env.now.astimezone(self.env.zone)
