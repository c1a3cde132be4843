"""What every template may use: where templates stand, built assets, and words for dates."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PackageLoader, PrefixLoader
from markupsafe import Markup, escape

from engine.learning import PREFIXES
from engine.types import LONDON
from engine.working_time.words import day_words, plain_day_words, time_words
from web.assets import asset

_LEARNING = re.compile(rf"\b((?:{'|'.join(PREFIXES.values())})-\d{{4}}-\d{{3,}})\b")

TEMPLATES = Path(__file__).parent / "templates"


def prepare(environment: Environment) -> None:
    """Give a (Flask) Jinja environment our templates, the GOV.UK macros, globals and filters."""
    environment.loader = ChoiceLoader(
        [
            FileSystemLoader(TEMPLATES),
            PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
        ]
    )
    environment.add_extension("jinja2.ext.do")
    environment.trim_blocks = True
    environment.lstrip_blocks = True
    environment.globals["asset"] = asset
    environment.filters.update(
        linked=linked,
        day=day,
        weekday=weekday,
        moment=moment,
        clock_time=clock_time,
        number=number,
        listed=listed,
        typed=typed,
    )


def day(value: date | datetime) -> str:
    """14 January 2027"""
    return plain_day_words(_local(value))


def weekday(value: date | datetime) -> str:
    """Thursday 14 January 2027"""
    return day_words(_local(value))


def moment(value: datetime) -> str:
    """14 January 2027 at 3:05pm"""
    return f"{day(value)} at {clock_time(value)}"


def clock_time(value: datetime) -> str:
    """3:05pm, 5pm, midday, midnight"""
    return time_words((value.astimezone(LONDON) if value.tzinfo else value).time())


def typed(text: str) -> Markup:
    """For a text box: its line breaks survive the indentation of the macros around it."""
    lines = Markup("&#10;").join(escape(line) for line in text.split("\n"))
    return Markup("&#10;") + lines if text.startswith("\n") else lines


def linked(text: str) -> Markup:
    """References of the learning cycle lead to their pages."""
    words = str(escape(text))
    return Markup(_LEARNING.sub(r'<a class="govuk-link" href="/learning/\1">\1</a>', words))  # noqa: S704 - escaped


def number(value: float) -> str:
    return f"{value:,}"


def listed(words: Sequence[str]) -> str:
    """a, b and c"""
    *first, last = words or [""]
    return f"{', '.join(first)} and {last}" if first else str(last)


def _local(value: date | datetime) -> date:
    return value.astimezone(LONDON) if isinstance(value, datetime) and value.tzinfo else value
