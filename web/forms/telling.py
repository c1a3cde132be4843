"""One answer in words, as a page tells it."""

from collections.abc import Callable
from typing import Any

from engine.forms import Field, Kind, Widget
from engine.forms.formats import read_date, read_datetime
from web.jinja import day, moment, number


def told(f: Field, value: Any, titled: Callable[[Any], str] | None = None) -> str:
    """`titled` gives the words of an option, where the form itself does not have them."""
    title = titled or f.titled
    match f.kind:
        case Kind.DATE if on := read_date(value):
            return day(on)
        case Kind.DATETIME if at := read_datetime(value):
            return moment(at)
        case Kind.MONTH if on := read_date(f"{value}-01"):
            return f"{on:%B %Y}"
        case Kind.YES_NO if f.widget is Widget.TICK:
            return "Confirmed" if value else "Not confirmed"
        case Kind.NUMBER if isinstance(value, int | float):
            return number(value)
        case Kind.CHOICE | Kind.CHOICES | Kind.YES_NO:
            return "\n".join(title(one) for one in (value if isinstance(value, list) else [value]))
        case Kind.LINES:
            return "\n".join(str(one) for one in value)
    return str(value)
