"""The questions of a form: what is asked, how, and when."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from engine.feel import Expression
from engine.forms.conditions import Condition, Json, Schema
from engine.types import CONFIDENTIAL, Sensitivity


class Kind(StrEnum):
    """What an answer is."""

    TEXT = "text"
    LINES = "lines"  # several short texts
    NUMBER = "number"
    YES_NO = "yes-no"
    DATE = "date"
    DATETIME = "datetime"
    MONTH = "month"
    CHOICE = "choice"
    CHOICES = "choices"
    FILE = "file"
    FILES = "files"
    GROUP = "group"


class Widget(StrEnum):
    """How it is asked."""

    TEXT = "text"
    TEXTAREA = "textarea"
    NUMBER = "number"
    RADIOS = "radios"
    CHECKBOXES = "checkboxes"
    SELECT = "select"
    DATE = "date"
    DATETIME = "datetime"
    MONTH = "month"
    TICK = "tick"
    FILE = "file"
    GROUP = "group"
    COMPACT = "compact"  # a group whose rows are short: several questions on a line


FITTING: Mapping[Kind, tuple[Widget, ...]] = {  # the first is the default
    Kind.TEXT: (Widget.TEXT, Widget.TEXTAREA),
    Kind.LINES: (Widget.TEXTAREA,),
    Kind.NUMBER: (Widget.NUMBER, Widget.TEXT),
    Kind.YES_NO: (Widget.RADIOS, Widget.TICK, Widget.SELECT),
    Kind.DATE: (Widget.DATE,),
    Kind.DATETIME: (Widget.DATETIME,),
    Kind.MONTH: (Widget.MONTH,),
    Kind.CHOICE: (Widget.RADIOS, Widget.SELECT),
    Kind.CHOICES: (Widget.CHECKBOXES,),
    Kind.FILE: (Widget.FILE,),
    Kind.FILES: (Widget.FILE,),
    Kind.GROUP: (Widget.GROUP, Widget.COMPACT),
}

LONG_TEXT = 250  # characters: from here on a text is asked in a box of several lines
MANY_OPTIONS = 12  # from here on one choice is a list to open, not radios


@dataclass(frozen=True)
class Option:
    value: str | int | bool
    title: str
    hint: str | None = None
    offered_if: Expression | None = None

    @property
    def token(self) -> str:
        """The value as a web form carries it."""
        return str(self.value).lower() if isinstance(self.value, bool) else str(self.value)

    @property
    def excludes_others(self) -> bool:
        return self.value == "none"


YES_NO = (Option(True, "Yes"), Option(False, "No"))


@dataclass(frozen=True)
class Field:
    """One question, or a repeating group of questions.

    Outside `conditions` (any of them) and `shown_if` it is neither asked nor kept.
    """

    name: str
    title: str
    kind: Kind
    widget: Widget
    schema: Schema
    subject: str
    hint: str | None = None
    sensitivity: Sensitivity | None = None  # none on a group: its questions have theirs
    required: bool = False
    required_when: tuple[Condition, ...] = ()
    conditions: tuple[Condition, ...] = ()
    options: tuple[Option, ...] = ()
    options_from: Expression | None = None
    shown_if: Expression | None = None
    required_if: Expression | None = None
    default: Expression | None = None
    auto: Expression | None = None
    fields: tuple["Field", ...] = ()
    item_title: str = ""
    named_by: tuple[str, ...] = ()  # of a group: the answers that say which row it is
    rules: tuple["Rule", ...] = ()  # of a group: what must hold in each row

    @property
    def may_be_required(self) -> bool:
        """Whether it is wrong to call it optional."""
        return self.required or bool(self.required_when) or self.required_if is not None or self.min_items > 0

    @property
    def min_items(self) -> int:
        return int(self.schema.get("minItems", 0))

    @property
    def max_items(self) -> int:
        return int(self.schema.get("maxItems", 100))  # a page with more rows could not be filled in

    @property
    def max_length(self) -> int | None:
        limit = self.schema.get("maxLength")
        return None if limit is None else int(limit)

    @property
    def confidential(self) -> bool:
        return self.sensitivity in CONFIDENTIAL or any(field.confidential for field in self.fields)

    @property
    def expressions(self) -> Iterator[Expression]:
        yield from (e for e in (self.shown_if, self.required_if, self.default, self.auto, self.options_from) if e)
        yield from (option.offered_if for option in self.options if option.offered_if)

    def titled(self, value: Json, options: Sequence[Option] = ()) -> str:
        """The words for a chosen value."""
        found = (option.title for option in (*options, *self.options) if option.value == value)
        return next(found, str(value))


@dataclass(frozen=True)
class Section:
    title: str | None
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Rule:
    that: Expression
    message: str
    field: str | None


Lists = Mapping[str, Sequence[Option]]
NO_LISTS: Lists = {}
