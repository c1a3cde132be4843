"""What a paper says, whatever it is printed as: headings, paragraphs, facts, tables and lists. Plain text only."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from typing import Any

import orjson

from engine.working_time import london_clock
from engine.working_time.words import plain_day_words

LEAST, MOST = 9, 44  # letters that a column of a table is made for
TOP = 2  # the title is the one heading above


def clean(text: str) -> str:
    """Nothing that no format could carry or nobody could see; line breaks stay."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ").split("\n")
    return "\n".join("".join(c for c in line if _seen(c)).rstrip() for line in lines).strip()


# they would turn the order of what follows around, unseen
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _seen(char: str) -> bool:
    return unicodedata.category(char) not in {"Cc", "Cs", "Cn", "Co"} and char not in _TURNING and char != "\ufeff"


class _Clean:
    """Every text in it is clean from the beginning."""

    def __post_init__(self) -> None:
        for field in fields(self):  # type: ignore[arg-type]  # of a dataclass only
            object.__setattr__(self, field.name, _cleaned(getattr(self, field.name)))


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    return tuple(_cleaned(one) for one in value) if isinstance(value, tuple | list) else value


@dataclass(frozen=True)
class Heading(_Clean):
    """`level` 2 is a section."""

    text: str
    level: int = TOP


@dataclass(frozen=True)
class Paragraph(_Clean):
    text: str


@dataclass(frozen=True)
class Facts(_Clean):
    """What was asked, and the answer."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Table(_Clean):
    """The first cell of a row is what the row is about."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def shares(self) -> tuple[float, ...]:
        """How wide each column is, all together being 1: by the longest line in it, within reason."""
        wanted = [
            min(max(max(len(line) for cell in column for line in [*cell.split("\n"), ""]), LEAST), MOST)
            for column in zip(self.columns, *self.rows, strict=True)
        ]
        return tuple(one / sum(wanted) for one in wanted)


@dataclass(frozen=True)
class Items(_Clean):
    items: tuple[str, ...]
    numbered: bool = False


Block = Heading | Paragraph | Facts | Table | Items
BLOCKS: Mapping[str, type[Block]] = {
    "heading": Heading,
    "paragraph": Paragraph,
    "facts": Facts,
    "table": Table,
    "items": Items,
}
NAMES = {block: name for name, block in BLOCKS.items()}


@dataclass(frozen=True)
class Document:
    """`facts` stand below the title; `marking` on every page: who may read it."""

    title: str
    partnership: str
    reference: str
    marking: str
    facts: tuple[tuple[str, str], ...]
    blocks: tuple[Block, ...]

    def __post_init__(self) -> None:
        for name in ("title", "partnership", "reference", "marking", "facts"):
            object.__setattr__(self, name, _cleaned(getattr(self, name)))
        above = TOP - 1
        for block in self.blocks:
            if isinstance(block, Heading):
                if not TOP <= block.level <= above + 1:
                    raise ValueError(f"Heading “{block.text}” is of level {block.level} below one of level {above}.")
                above = block.level
            if isinstance(block, Table) and any(len(row) != len(block.columns) for row in block.rows):
                raise ValueError(f"Table “{block.caption}” has rows that are not as long as its head.")

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "title": self.title,
            "partnership": self.partnership,
            "reference": self.reference,
            "marking": self.marking,
            "facts": self.facts,
            "blocks": [{"kind": NAMES[type(block)], **asdict(block)} for block in self.blocks],
        }

    def canonical(self) -> bytes:
        return orjson.dumps(self.plain(), option=orjson.OPT_SORT_KEYS)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON: the same for every format that it is printed in."""
        return sha256(self.canonical()).hexdigest()

    @classmethod
    def read(cls, canonical: bytes) -> "Document":
        plain = orjson.loads(canonical)
        blocks = tuple(_block(one) for one in plain.pop("blocks"))
        return cls(**plain, blocks=blocks)


def _block(plain: Mapping[str, Any]) -> Block:
    given = {name: value for name, value in plain.items() if name != "kind"}
    return BLOCKS[plain["kind"]](**given)


@dataclass(frozen=True)
class Issued:
    """A document with the number under which it went out, and when that was."""

    document: Document
    version: int
    at: datetime

    @property
    def date(self) -> str:
        return plain_day_words(london_clock(self.at).date())

    @property
    def head(self) -> Sequence[tuple[str, str]]:
        """What stands below the title, in every format."""
        return (
            ("Reference", self.document.reference),
            ("Version", f"{self.version}, {self.date}"),
            *self.document.facts,
        )
