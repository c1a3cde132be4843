"""What papers are made of: answers as they were given, and plain facts. No database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.forms import Form
from engine.papers.answers import Names, answered, words
from engine.papers.document import TOP, Block, Heading, Paragraph
from engine.working_time import london_clock
from engine.working_time.words import plain_moment_words

Body = list[Block]


@dataclass(frozen=True)
class Given:
    """One form's answers: of a confidential paper all of them, of any other the open ones."""

    title: str
    form: Form
    answers: Mapping[str, Any]
    by: str | None
    body: str | None
    at: datetime
    names: Names = field(default_factory=Names)

    def told(self, name: str) -> str | None:
        """One answer in words, if it was given."""
        if name not in self.form or self.answers.get(name) in (None, "", []):
            return None
        return words(self.form[name], self.answers[name], self.names)


@dataclass(frozen=True)
class Setting:
    """Of which case, of which partnership."""

    partnership: str
    reference: str


def moment(at: datetime) -> str:
    return plain_moment_words(london_clock(at))


def part(heading: str, given: Given | None, of: Setting, *, none: str, open_only: bool, level: int = TOP) -> Body:
    """A heading, who answered when, and the answers; or the words for nothing there."""
    if given is None:
        return [Heading(heading, level), Paragraph(none)]
    blocks = answered(given.form, given.answers, level=level + 1, open_only=open_only, names=given.names)
    return [Heading(heading, level), Paragraph(_source(given)), *blocks]


def parts(heading: str, several: Sequence[Given], of: Setting, *, none: str, open_only: bool, level: int = TOP) -> Body:
    """The same of several, each under the name of whoever answered."""
    if not several:
        return [Heading(heading, level), Paragraph(none)]
    found: Body = [Heading(heading, level)]
    for given in several:
        who = given.body or given.by or given.title
        found += part(who, given, of, none=none, open_only=open_only, level=level + 1)
    return found


def _source(given: Given) -> str:
    who = ", ".join(dict.fromkeys(name for name in (given.by, given.body) if name))
    return f"{who}, {moment(given.at)}" if who else moment(given.at)
