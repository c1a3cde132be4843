"""Answers in words, as pages, papers and messages tell them."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from engine.forms.form import Form
from engine.forms.formats import read_date, read_datetime
from engine.forms.questions import Field, Kind, Widget
from engine.forms.settling import Answers, Context, Path, options_of, scope_of
from engine.working_time import london_clock
from engine.working_time.words import month_words, plain_day_words, plain_moment_words

_KEY = re.compile(r"[a-z]+(-[a-z]+)*")
_LETTERS = frozenset({"arg", "cspr", "lscp", "rdg"})


def told(f: Field, value: Any, titled: Callable[[Any], str] | None = None) -> str:
    """`titled` gives the words of an option, where the form itself does not have them."""
    title = titled or f.titled
    match f.kind:
        case Kind.DATE if on := read_date(value):
            return plain_day_words(on)
        case Kind.DATETIME if at := read_datetime(value):
            return plain_moment_words(london_clock(at))
        case Kind.MONTH if on := read_date(f"{value}-01"):
            return month_words(on)
        case Kind.YES_NO if f.widget is Widget.TICK and f.may_be_required:
            return "Confirmed" if value else "Not confirmed"
        case Kind.YES_NO if f.widget is Widget.TICK:
            return "Yes" if value else "No"
        case Kind.NUMBER if isinstance(value, int | float):
            return f"{value:,}"
        case Kind.CHOICE | Kind.CHOICES | Kind.YES_NO:
            return "\n".join(title(one) for one in (value if isinstance(value, list) else [value]))
        case Kind.LINES:
            return "\n".join(str(one) for one in value)
    return str(value)


def told_there(form: Form, f: Field, value: Any, path: Path, answers: Answers, context: Context) -> str:
    """With the words of what is offered there, which may come from the case or hang on other answers."""
    if f.options_from is None:
        return told(f, value)
    row = (str(path[0]), int(path[1])) if len(path) > 1 else None
    offered = options_of(f, scope_of(form, answers, context, row), context)

    def titled(one: Any) -> str:
        title = f.titled(one, offered)
        return spelled_out(title) if title == one else title

    return told(f, value, titled)


def row_title(form: Form, group: Field, index: int, answers: Answers, context: Context) -> str:
    """“Seat 3”, or “Seat 3: West Midlands Police, Member of RDG” where `x-named-by` says by what rows are known."""
    rows = answers.get(group.name) or ()
    row = rows[index] if index < len(rows) and isinstance(rows[index], Mapping) else {}
    parts = {f.name: f for f in group.fields}
    names = [
        told_there(form, parts[name], row[name], (group.name, index, name), answers, context)
        for name in group.named_by
        if row.get(name) is not None
    ]
    return f"{group.item_title} {index + 1}" + (f": {', '.join(names)}" if names else "")


def spelled(key: str) -> str:
    """`cspr-learning` as people read it: a process not published yet, an option that is offered no more."""
    return " ".join(w.upper() if w in _LETTERS else w for w in key.split("-"))


def spelled_out(title: str) -> str:
    """What was offered came with a step of the case that may be over: then its key is spelled out."""
    if not _KEY.fullmatch(title):
        return title
    words = spelled(title)
    return words[:1].upper() + words[1:]
