"""Functions that make and take apart dates, times and durations (clauses 10.3.4.1, 10.3.4.9, 10.3.4.12)."""

import datetime as dt
from decimal import Decimal

from engine.feel import temporal
from engine.feel.errors import Trouble
from engine.feel.functions.registry import built_in
from engine.feel.runtime import Runtime
from engine.feel.temporal import AnyDate, AnyDateTime
from engine.feel.values import DaysTimeDuration, FarDateTime, Value

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def _whole(number: Decimal, what: str) -> int:
    """A part of a date or time; a fraction is cut off, as other engines do."""
    if abs(number) > 10**10:
        raise Trouble(f"The {what} is too large.")
    return int(number)


def _found(value: Value, what: str) -> Value:
    if value is None:
        raise Trouble(f"This is not {what}.")
    return value


@built_in("date", "from: string")
def date(_: Runtime, from_: str) -> Value:
    return _found(temporal.parse_date(from_), 'a date; it should be like "2027-03-31"')


@built_in("date", "from: day")
def date_of(_: Runtime, from_: AnyDate | AnyDateTime) -> Value:
    return temporal.date_of(from_) if isinstance(from_, (dt.datetime, FarDateTime)) else from_


@built_in("date", "year: number, month: number, day: number")
def date_from_parts(_: Runtime, year: Decimal, month: Decimal, day: Decimal) -> Value:
    made = temporal.make_date(_whole(year, "year"), _whole(month, "month"), _whole(day, "day"))
    return _found(made, "a date of the calendar")


@built_in("date and time", "from: string")
def date_and_time(_: Runtime, from_: str) -> Value:
    return _found(temporal.parse_date_time(from_), 'a date and time; it should be like "2027-03-31T12:00:00"')


@built_in("date and time", "from: day")
def date_and_time_of(_: Runtime, from_: AnyDate | AnyDateTime) -> Value:
    return from_ if isinstance(from_, (dt.datetime, FarDateTime)) else temporal.midnight(from_)


@built_in("date and time", "date: day, time: time")
def date_with_time(_: Runtime, date: AnyDate | AnyDateTime, time: dt.time) -> Value:
    return temporal.join(date, time)


@built_in("date and time", "year: number, month: number, day: number, hour: number, minute: number, second: number")
def date_and_time_from_parts(
    rt: Runtime, year: Decimal, month: Decimal, day: Decimal, hour: Decimal, minute: Decimal, second: Decimal
) -> Value:
    return temporal.join(date_from_parts(rt, year, month, day), _clock(hour, minute, second, None))


@built_in("time", "from: string")
def time(_: Runtime, from_: str) -> Value:
    return _found(temporal.parse_time(from_), 'a time; it should be like "09:30:00"')


@built_in("time", "from: time")
def time_itself(_: Runtime, from_: dt.time) -> Value:
    return from_


@built_in("time", "from: day")
def time_of(_: Runtime, from_: AnyDate | AnyDateTime) -> Value:
    if isinstance(from_, (dt.datetime, FarDateTime)):
        return temporal.time_of(from_)
    return dt.time(tzinfo=dt.UTC)


@built_in("time", "hour: number, minute: number, second: number, offset?: days and time duration")
def time_from_parts(
    _: Runtime, hour: Decimal, minute: Decimal, second: Decimal, offset: DaysTimeDuration | None = None
) -> Value:
    zone = None
    if offset is not None:
        if abs(offset.total) > 18 * 3600:
            raise Trouble("The offset of a time is at most 18 hours.")
        zone = temporal.fixed_zone(int(offset.total))
    return _clock(hour, minute, second, zone)


def _clock(hour: Decimal, minute: Decimal, second: Decimal, zone: dt.tzinfo | None) -> dt.time:
    hours, minutes = _whole(hour, "hour"), _whole(minute, "minute")
    if not (0 <= hours <= 23 and 0 <= minutes <= 59 and 0 <= second < 60):
        raise Trouble("This is not a time of the day.")
    return dt.time(hours, minutes, int(second), int(second % 1 * 1_000_000), zone)


@built_in("duration", "from: string")
def duration(_: Runtime, from_: str) -> Value:
    return _found(temporal.parse_duration(from_), 'a duration; it should be like "P3D", "PT4H" or "P1Y6M"')


@built_in("duration", "from: duration")
def duration_itself(_: Runtime, from_: Value) -> Value:
    return from_


@built_in("years and months duration", "from: day, to: day")
def years_and_months(_: Runtime, start: AnyDate | AnyDateTime, end: AnyDate | AnyDateTime) -> Value:
    return temporal.months_between(start, end)


@built_in("day of year", "date: day")
def day_of_year(_: Runtime, date: AnyDate | AnyDateTime) -> Value:
    return Decimal(temporal.day_of_year(date))


@built_in("day of week", "date: day")
def day_of_week(_: Runtime, date: AnyDate | AnyDateTime) -> Value:
    return _DAYS[temporal.weekday(date) - 1]


@built_in("month of year", "date: day")
def month_of_year(_: Runtime, date: AnyDate | AnyDateTime) -> Value:
    return _MONTHS[date.month - 1]


@built_in("week of year", "date: day")
def week_of_year(_: Runtime, date: AnyDate | AnyDateTime) -> Value:
    return Decimal(temporal.week_of_year(date))


@built_in("now")
def now(rt: Runtime) -> Value:
    return rt.now


@built_in("today")
def today(rt: Runtime) -> Value:
    return rt.now.date()
