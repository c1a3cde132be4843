"""The formats of answers: what is a real date, time, month, reference to a file."""

import re
from datetime import date, datetime

from jsonschema import FormatChecker

from engine.types import LONDON

DATE = "date"
DATETIME = "local-date-time"
MONTH = "year-month"
FILE = "file"
EMAIL = "email"
KNOWN = frozenset({DATE, DATETIME, MONTH, FILE, EMAIL})

_DATE = re.compile(r"(19|20|21)\d\d-\d\d-\d\d")
_DATETIME = re.compile(r"(19|20|21)\d\d-\d\d-\d\dT\d\d:\d\d")
_MONTH = re.compile(r"(19|20|21)\d\d-(0[1-9]|1[0-2])")
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}\.[^@\s.]{1,63}")

CHECKER = FormatChecker(formats=())


def read_date(text: object) -> date | None:
    if not isinstance(text, str) or not _DATE.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def read_datetime(text: object) -> datetime | None:
    """A time on the clocks of London."""
    if not isinstance(text, str) or not _DATETIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=LONDON)
    except ValueError:
        return None


@CHECKER.checks(DATE)
def _is_date(value: object) -> bool:
    return not isinstance(value, str) or read_date(value) is not None


@CHECKER.checks(DATETIME)
def _is_datetime(value: object) -> bool:
    return not isinstance(value, str) or read_datetime(value) is not None


@CHECKER.checks(MONTH)
def _is_month(value: object) -> bool:
    return not isinstance(value, str) or _MONTH.fullmatch(value) is not None


@CHECKER.checks(FILE)
def _is_file(value: object) -> bool:
    return not isinstance(value, str) or _FILE.fullmatch(value) is not None


@CHECKER.checks(EMAIL)
def _is_email(value: object) -> bool:
    return not isinstance(value, str) or _EMAIL.fullmatch(value) is not None


def as_feel(value: object) -> object:
    """Case data as expressions read it: text that is wholly a date, or a date and time, is one."""
    match value:
        case str() if len(value) in (10, 16):
            return read_date(value) or read_datetime(value) or value
        case list():
            return [as_feel(one) for one in value]
        case dict():
            return {name: as_feel(one) for name, one in value.items()}
    return value
