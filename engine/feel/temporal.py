"""Reading, writing and calculating dates, times and durations, for all years FEEL allows."""

import datetime as dt
import re
from decimal import Decimal
from zoneinfo import ZoneInfo

from engine.feel.errors import Trouble
from engine.feel.values import DaysTimeDuration, FarDate, FarDateTime, Value, YearsMonthsDuration

AnyDate = dt.date | FarDate
AnyDateTime = dt.datetime | FarDateTime

MAX_YEAR = 999_999_999
DAY = 86_400_000_000  # microseconds
_MICRO = 1_000_000

_DATE = re.compile(r"(-?(?:[1-9]\d{3,8}|0\d{3}))-(\d\d)-(\d\d)", re.ASCII)
_TIME = re.compile(r"(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:([zZ])|([+-])(\d\d):(\d\d)(?::(\d\d))?|@(.+))?", re.ASCII)
_DAYS_TIME = re.compile(r"(-)?P(?:(\d+)D)?(T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d*)?|\.\d+)S)?)?", re.ASCII)
_YEARS_MONTHS = re.compile(r"(-)?P(?:(\d+)Y)?(?:(\d+)M)?", re.ASCII)
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+\-]*(?:/[A-Za-z0-9_+\-]+)*", re.ASCII)
_LONGEST = 80  # characters of any date, time or duration


# --- reading -----------------------------------------------------------------------------------------------------


def parse_date(text: str) -> AnyDate | None:
    match = _DATE.fullmatch(text) if len(text) <= _LONGEST else None
    return make_date(int(match[1]), int(match[2]), int(match[3])) if match else None


def parse_time(text: str) -> dt.time | None:
    match = _TIME.fullmatch(text) if len(text) <= _LONGEST else None
    if not match:
        return None
    hour, minute, second = int(match[1]), int(match[2]), int(match[3])
    if hour > 23 or minute > 59 or second > 59:
        return None
    zone: dt.tzinfo | None = None
    if match[5]:
        zone = dt.UTC
    elif match[6]:
        zone = _offset(match[6], int(match[7]), int(match[8]), int(match[9] or 0))
        if zone is None:
            return None
    elif match[10]:
        zone = find_zone(match[10])
        if zone is None:
            return None
    return dt.time(hour, minute, second, int(((match[4] or "0") + "000000")[:6]), zone)


def parse_date_time(text: str) -> AnyDateTime | None:
    day, mark, clock = text.partition("T")
    date = parse_date(day)
    if date is None:
        return None
    time = parse_time(clock) if mark else dt.time()
    return join(date, time) if time is not None else None


def parse_duration(text: str) -> YearsMonthsDuration | DaysTimeDuration | None:
    if len(text) > _LONGEST or text[-1:] in ("P", "T", ""):
        return None
    if match := _YEARS_MONTHS.fullmatch(text):
        months = int(match[2] or 0) * 12 + int(match[3] or 0)
        return YearsMonthsDuration(-months if match[1] else months)
    if match := _DAYS_TIME.fullmatch(text):
        if match[3] == "T":
            return None
        whole = int(match[2] or 0) * 86_400 + int(match[4] or 0) * 3_600 + int(match[5] or 0) * 60
        total = Decimal(whole) + Decimal(match[6] or 0)
        return DaysTimeDuration(-total if match[1] else total)
    return None


def parse_literal(text: str) -> Value:
    """The value of `@"…"`, or None when it is no date, time, date and time or duration."""
    text = text.strip()
    if "P" in text[:2]:
        return parse_duration(text)
    return (parse_date_time(text) if "T" in text else parse_date(text)) or parse_time(text)


def find_zone(name: str) -> dt.tzinfo | None:
    if not _ZONE.fullmatch(name):
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def _offset(sign: str, hours: int, minutes: int, seconds: int) -> dt.timezone | None:
    total = hours * 3600 + minutes * 60 + seconds
    if minutes > 59 or seconds > 59 or total > 18 * 3600:
        return None
    return fixed_zone(-total if sign == "-" else total)


def fixed_zone(seconds: int) -> dt.timezone:
    return dt.timezone(dt.timedelta(seconds=seconds)) if seconds else dt.UTC


# --- making ------------------------------------------------------------------------------------------------------


def make_date(year: int, month: int, day: int) -> AnyDate | None:
    if not (1 <= month <= 12 and 1 <= day <= month_length(year, month) and abs(year) <= MAX_YEAR):
        return None
    return dt.date(year, month, day) if 1 <= year <= 9999 else FarDate(year, month, day)


def join(date: AnyDate | AnyDateTime, time: dt.time) -> AnyDateTime:
    if 1 <= date.year <= 9999:
        return dt.datetime(
            date.year,
            date.month,
            date.day,
            time.hour,
            time.minute,
            time.second,
            time.microsecond,
            time.tzinfo,
        )
    return FarDateTime(
        date.year, date.month, date.day, time.hour, time.minute, time.second, time.microsecond, time.tzinfo
    )


def date_of(moment: AnyDateTime) -> AnyDate:
    if isinstance(moment, dt.datetime):
        return moment.date()
    return FarDate(moment.year, moment.month, moment.day)


def time_of(moment: AnyDateTime) -> dt.time:
    return dt.time(moment.hour, moment.minute, moment.second, moment.microsecond, moment.tzinfo)


def midnight(date: AnyDate, zone: dt.tzinfo | None = dt.UTC) -> AnyDateTime:
    """The standard's reading of a date where a date and time is asked for."""
    return join(date, dt.time(tzinfo=zone))


def is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def month_length(year: int, month: int) -> int:
    return 29 if month == 2 and is_leap(year) else (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]


def days_of(date: AnyDate | AnyDateTime) -> int:
    """Days since 1970-01-01 in the proleptic Gregorian calendar (Howard Hinnant's algorithm)."""
    year = date.year - (date.month <= 2)
    era, year_of_era = divmod(year, 400)
    day_of_year = (153 * (date.month + (-3 if date.month > 2 else 9)) + 2) // 5 + date.day - 1
    return era * 146_097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719_468


def date_from_days(days: int) -> AnyDate:
    era, day_of_era = divmod(days + 719_468, 146_097)
    year_of_era = (day_of_era - day_of_era // 1_460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    date = make_date(year_of_era + era * 400 + (month <= 2), month, day_of_year - (153 * shifted + 2) // 5 + 1)
    if date is None:
        raise Trouble("This date lies outside the years that can be calculated with.")
    return date


# --- measuring ---------------------------------------------------------------------------------------------------


def clock_micros(time: dt.time | AnyDateTime) -> int:
    return ((time.hour * 60 + time.minute) * 60 + time.second) * _MICRO + time.microsecond


def local_micros(moment: AnyDateTime) -> int:
    return days_of(moment) * DAY + clock_micros(moment)


def offset_micros(value: dt.time | AnyDateTime) -> int | None:
    """The offset from UTC, or None without one. A time of day in a region has its winter's offset."""
    zone = value.tzinfo
    if zone is None:
        return None
    if isinstance(value, dt.datetime):
        shift = value.utcoffset()
    else:
        shift = zone.utcoffset(dt.datetime(2000, 1, 1, tzinfo=zone))
    return round(shift.total_seconds() * _MICRO) if shift is not None else None


def moment_key(left: AnyDateTime, right: AnyDateTime) -> tuple[int, int]:
    """Both on one scale; one without an offset takes the other's, as the standard says."""
    a, b = offset_micros(left), offset_micros(right)
    return local_micros(left) - (a if a is not None else b or 0), local_micros(right) - (b if b is not None else a or 0)


def time_key(left: dt.time, right: dt.time) -> tuple[int, int]:
    a, b = offset_micros(left), offset_micros(right)
    return clock_micros(left) - (a if a is not None else b or 0), clock_micros(right) - (b if b is not None else a or 0)


def date_key(date: AnyDate) -> tuple[int, int, int]:
    return date.year, date.month, date.day


def span(micros: int) -> DaysTimeDuration:
    whole, rest = divmod(micros, _MICRO)
    return DaysTimeDuration(Decimal(whole) + Decimal(rest).scaleb(-6) if rest else Decimal(whole))


def span_micros(duration: DaysTimeDuration) -> int:
    return int(duration.total.scaleb(6))


# --- calculating -------------------------------------------------------------------------------------------------


def add_months(date: AnyDate, months: int) -> AnyDate:
    """The same day of the month, or the month's last when it has no such day."""
    year, month0 = divmod(date.year * 12 + date.month - 1 + months, 12)
    result = make_date(year, month0 + 1, min(date.day, month_length(year, month0 + 1)))
    if result is None:
        raise Trouble("This date lies outside the years that can be calculated with.")
    return result


def add_to_date(date: AnyDate, duration: YearsMonthsDuration | DaysTimeDuration, sign: int) -> AnyDate:
    if isinstance(duration, YearsMonthsDuration):
        return add_months(date, sign * duration.total)
    return date_from_days((days_of(date) * DAY + sign * span_micros(duration)) // DAY)


def add_to_moment(moment: AnyDateTime, duration: YearsMonthsDuration | DaysTimeDuration, sign: int) -> AnyDateTime:
    if isinstance(duration, YearsMonthsDuration):
        return join(add_months(date_of(moment), sign * duration.total), time_of(moment))
    zone = moment.tzinfo
    if isinstance(zone, ZoneInfo):  # a region: the hours really passed, whatever its clocks did meanwhile
        shifted = _moment(local_micros(moment) - (offset_micros(moment) or 0) + sign * span_micros(duration), dt.UTC)
        if isinstance(shifted, dt.datetime):
            return shifted.astimezone(zone)
        return _moment(local_micros(shifted) + (offset_micros(moment) or 0), zone)
    return _moment(local_micros(moment) + sign * span_micros(duration), zone)


def _moment(micros: int, zone: dt.tzinfo | None) -> AnyDateTime:
    days, rest = divmod(micros, DAY)
    return join(date_from_days(days), _clock(rest, zone))


def _clock(micros: int, zone: dt.tzinfo | None) -> dt.time:
    seconds, micro = divmod(micros, _MICRO)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return dt.time(hour, minute, second, micro, zone)


def add_to_time(time: dt.time, duration: DaysTimeDuration, sign: int) -> dt.time:
    return _clock((clock_micros(time) + sign * span_micros(duration)) % DAY, time.tzinfo)


def between_moments(left: AnyDateTime, right: AnyDateTime) -> DaysTimeDuration:
    if (left.tzinfo is None) != (right.tzinfo is None):
        raise Trouble("One of these has a time zone and the other has none, so they can not be subtracted.")
    a, b = moment_key(left, right)
    return span(a - b)


def between_times(left: dt.time, right: dt.time) -> DaysTimeDuration:
    if (left.tzinfo is None) != (right.tzinfo is None):
        raise Trouble("One of these times has a time zone and the other has none, so they can not be subtracted.")
    a, b = time_key(left, right)
    return span(a - b)


def months_between(start: AnyDate | AnyDateTime, end: AnyDate | AnyDateTime) -> YearsMonthsDuration:
    """Whole months from one day to the other; times of day do not count."""
    months = (end.year - start.year) * 12 + end.month - start.month
    if months > 0 and end.day < start.day:
        months -= 1
    elif months < 0 and end.day > start.day:
        months += 1
    return YearsMonthsDuration(months)


def weekday(date: AnyDate | AnyDateTime) -> int:
    return (days_of(date) + 3) % 7 + 1


def day_of_year(date: AnyDate | AnyDateTime) -> int:
    return days_of(date) - days_of(FarDate(date.year, 1, 1)) + 1


def week_of_year(date: AnyDate | AnyDateTime) -> int:
    """The ISO 8601 week: the one that holds the week's Thursday."""
    thursday = date_from_days(days_of(date) - weekday(date) + 4)
    return (day_of_year(thursday) - 1) // 7 + 1


# --- writing -----------------------------------------------------------------------------------------------------


def date_text(date: AnyDate | AnyDateTime) -> str:
    return f"{'-' if date.year < 0 else ''}{abs(date.year):04d}-{date.month:02d}-{date.day:02d}"


def time_text(time: dt.time | AnyDateTime) -> str:
    text = f"{time.hour:02d}:{time.minute:02d}:{time.second:02d}"
    if time.microsecond:
        text += f".{time.microsecond:06d}".rstrip("0")
    return text + zone_text(time.tzinfo)


def moment_text(moment: AnyDateTime) -> str:
    return f"{date_text(moment)}T{time_text(moment)}"


def zone_text(zone: dt.tzinfo | None) -> str:
    if zone is None:
        return ""
    if isinstance(zone, ZoneInfo):
        return f"@{zone.key}"
    shift = zone.utcoffset(None)
    if not shift:
        return "Z"
    seconds = round(abs(shift.total_seconds()))
    text = f"{'-' if shift < dt.timedelta() else '+'}{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"
    return text + (f":{seconds % 60:02d}" if seconds % 60 else "")
