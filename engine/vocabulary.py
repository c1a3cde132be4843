"""The words that diagrams, tables and forms may use beyond FEEL's own, and the world they speak about.

Every function here reads; none writes. `World` is what they read from: one case, at one moment.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, timedelta
from typing import Protocol

from engine.feel import Environment, Function
from engine.types import LONDON
from engine.working_time import WorkingCalendar
from engine.working_time.words import plain_day_words


class World(Protocol):
    """What an expression may look at. Values are plain: str, int, float, bool, None, list, dict."""

    now: datetime
    calendar: WorkingCalendar

    def deadline(self, code: str) -> datetime | None: ...
    def register(self, name: str) -> Sequence[Mapping[str, object]]: ...
    def answers(self, element: str) -> Mapping[str, object] | None: ...
    def holder(self, role: str) -> str | None: ...
    def partners(self) -> Sequence[Mapping[str, object]]: ...
    def listed(self, name: str) -> Sequence[Mapping[str, object]]: ...
    def all_cases(self, register: str) -> Sequence[Mapping[str, object]]: ...
    def learning(self, kind: str, *, all_of_them: bool) -> Sequence[Mapping[str, object]]: ...
    def learned(self, reference: str) -> Mapping[str, object] | None: ...
    def meetings(self, group: str, first: date, last: date) -> Sequence[date]: ...
    def group(self, name: str) -> Mapping[str, object]: ...
    def same_organisation(self, one: str, other: str) -> bool: ...
    def confidential(self, name: str) -> object:
        """A confidential answer of this case, read now and logged; KeyError when there is none."""
        ...

    def operate(self, operation: str, inputs: Mapping[str, object]) -> object:
        """Carry out a registered operation; its result is a plain value."""
        ...


MEETINGS_AHEAD = timedelta(days=800)

_world: ContextVar[World] = ContextVar("world")


@contextmanager
def looking_at(world: World) -> Iterator[None]:
    """Within this block the functions below speak about `world`."""
    token = _world.set(world)
    try:
        yield
    finally:
        _world.reset(token)


def environment(world: World) -> Environment:
    return Environment(now=world.now.astimezone(LONDON))


def _as_date(value: object) -> date:
    if isinstance(value, datetime):
        return value.astimezone(LONDON).date() if value.tzinfo else value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        return date.fromisoformat(value[:10])
    raise ValueError(f"{value!r} is not a date")


def _working_days_after(start: object, days: object) -> object:
    return _world.get().calendar.add(_as_date(start), int(str(days)))


def _working_days_before(start: object, days: object) -> object:
    return _world.get().calendar.add(_as_date(start), -int(str(days)))


def _previous_working_day(day: object) -> object:
    return _world.get().calendar.previous_or_same(_as_date(day))


def _next_working_day(day: object) -> object:
    return _world.get().calendar.next_or_same(_as_date(day))


def _deadline(code: object) -> object:
    due = _world.get().deadline(str(code))
    return None if due is None else due.astimezone(LONDON)


def _register(name: object) -> object:
    return [dict(row) for row in _world.get().register(str(name))]


def _answers(element: object) -> object:
    found = _world.get().answers(str(element))
    return None if found is None else dict(found)


def _holder_of(role: object) -> object:
    return _world.get().holder(str(role))


def _all_cases(name: object) -> object:
    return [dict(row) for row in _world.get().all_cases(str(name))]


def _open_learning(kind: object) -> object:
    return [dict(row) for row in _world.get().learning(str(kind), all_of_them=False)]


def _all_learning(kind: object) -> object:
    return [dict(row) for row in _world.get().learning(str(kind), all_of_them=True)]


def _learned(reference: object) -> object:
    found = _world.get().learned(str(reference))
    return None if found is None else dict(found)


def _meetings_between(group: object, after: object, until: object) -> object:
    first = _as_date(after) + timedelta(days=1)
    return list(_world.get().meetings(str(group), first, _as_date(until)))


def _next_meeting(group: object, after: object, count: object) -> object:
    first = _as_date(after) + timedelta(days=1)
    found = _world.get().meetings(str(group), first, first + MEETINGS_AHEAD)
    number = int(str(count))
    return found[number - 1] if 0 < number <= len(found) else None


def _meeting_group(name: object) -> object:
    return dict(_world.get().group(str(name)))


def _same_organisation(one: object, other: object) -> object:
    return _world.get().same_organisation(str(one), str(other))


def _quorum() -> list[Mapping[str, object]]:
    """The meeting minute by minute, as its attendance stands now: from when on it was quorate or not (DOMAIN 6.8)."""
    return sorted(_world.get().register("quorum"), key=lambda row: str(row["from"]))


def _local_minute(moment: object) -> str:
    if isinstance(moment, datetime) and moment.tzinfo:
        moment = moment.astimezone(LONDON)
    return (moment.isoformat() if isinstance(moment, datetime) else str(moment))[:16]


def _quorate_at(moment: object) -> object:
    if moment is None:
        return None
    minute = _local_minute(moment)
    before = [row for row in _quorum() if str(row["from"]) <= minute]
    return bool(before) and str(before[-1]["from"])[:10] == minute[:10] and before[-1]["quorate"] is True


def _latest_quorum() -> list[Mapping[str, object]]:
    rows = _quorum()
    return [row for row in rows if str(row["from"])[:10] == str(rows[-1]["from"])[:10]]


def _quorum_in_words() -> object:
    words, last = [], ""
    for row in _latest_quorum():
        stands = "quorate" if row["quorate"] else f"not quorate. {row['reason']}"
        if stands != last:
            words.append(f"From {str(row['from'])[11:]}: {stands}")
        last = stands
    return "; ".join(words) or "The attendance is not recorded yet"


def _usual_time_of_decision() -> object:
    """Now while the meeting lasts, afterwards the first minute at which it was quorate."""
    rows = _latest_quorum()
    now = _world.get().now.astimezone(LONDON)
    if rows and str(rows[0]["from"])[:10] == now.date().isoformat():
        return now
    return next((datetime.fromisoformat(str(row["from"])) for row in rows if row["quorate"]), None)


def _day_in_words(day: object) -> object:
    return None if day is None else plain_day_words(_as_date(day))


def _partners() -> object:
    return [dict(row) for row in _world.get().partners()]


def _listed(name: object) -> object:
    return [dict(row) for row in _world.get().listed(str(name))]


FUNCTIONS: Mapping[str, Function] = {
    name: Function(parameters, call)
    for name, parameters, call in (
        ("working days after", ("from", "days"), _working_days_after),
        ("working days before", ("from", "days"), _working_days_before),
        ("previous working day", ("day",), _previous_working_day),
        ("next working day", ("day",), _next_working_day),
        ("deadline", ("id",), _deadline),
        ("register", ("name",), _register),
        ("answers", ("element",), _answers),
        ("holder of", ("role",), _holder_of),
        ("register of all cases", ("name",), _all_cases),
        ("open learning", ("kind",), _open_learning),
        ("all learning", ("kind",), _all_learning),
        ("learning item", ("reference",), _learned),
        ("meetings between", ("group", "after", "until"), _meetings_between),
        ("next meeting", ("group", "after", "count"), _next_meeting),
        ("meeting group", ("group",), _meeting_group),
        ("same organisation", ("one", "other"), _same_organisation),
        ("day in words", ("day",), _day_in_words),
        ("quorate at", ("moment",), _quorate_at),
        ("quorum in words", (), _quorum_in_words),
        ("usual time of decision", (), _usual_time_of_decision),
        ("safeguarding partners", (), _partners),
        ("listed", ("name",), _listed),
    )
}
