"""Two sets of answers beside each other, question by question, and where they differ."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from web.forms.summary import NOT_ANSWERED, AnswerRow, AnswerSection


class Verdict(StrEnum):
    SAME = "same"
    DIFFERENT = "different"
    LEFT = "left"  # answered there only
    RIGHT = "right"


@dataclass(frozen=True)
class BesideRow:
    title: str
    left: AnswerRow | None
    right: AnswerRow | None

    @property
    def verdict(self) -> Verdict:
        if not (answered(self.left) and answered(self.right)):
            return Verdict.LEFT if answered(self.left) else Verdict.RIGHT
        assert self.left is not None
        assert self.right is not None
        return Verdict.SAME if _said(self.left) == _said(self.right) else Verdict.DIFFERENT


@dataclass(frozen=True)
class BesideBlock:
    """The plain questions of one section, or one item of a group with the item it is likest to."""

    title: str | None
    other_title: str | None
    rows: tuple[BesideRow, ...]


@dataclass(frozen=True)
class _Part:
    """`key`: the section, or the group that it is an item of."""

    key: str
    title: str | None
    rows: Mapping[str, AnswerRow]


def beside(left: Sequence[AnswerSection], right: Sequence[AnswerSection]) -> tuple[BesideBlock, ...]:
    """Questions that neither side answered are left out."""
    others = list(_parts(right))
    blocks: list[BesideBlock] = []
    for part in _parts(left):
        likest = max((o for o in others if o.key == part.key), key=lambda o: _alike(part, o), default=None)
        if likest is not None:
            others.remove(likest)
        blocks.append(_block(part, likest))
    blocks += [_block(None, part) for part in others]
    return tuple(block for block in blocks if block.rows)


def _parts(sections: Sequence[AnswerSection]) -> Iterator[_Part]:
    for section in sections:
        rows = {row.id: row for block in section.blocks for row in block.rows}
        if rows:
            yield _Part(f"section {section.title or ''}", section.title, rows)
        for item in (item for block in section.blocks for item in block.items):
            group = item.id.rpartition("-")[0]
            inner = {row.id.removeprefix(item.id): row for row in item.rows}
            yield _Part(f"group {group}", item.title, inner)


def _alike(one: _Part, other: _Part) -> int:
    same = [name for name, row in one.rows.items() if name in other.rows and answered(row)]
    return sum(_said(one.rows[name]) == _said(other.rows[name]) for name in same)


def _block(left: _Part | None, right: _Part | None) -> BesideBlock:
    ours, theirs = left.rows if left else {}, right.rows if right else {}
    rows = [
        BesideRow((ours.get(name) or theirs[name]).title, ours.get(name), theirs.get(name))
        for name in (*ours, *(n for n in theirs if n not in ours))
    ]
    return BesideBlock(
        left.title if left else None,
        right.title if right else None,
        tuple(row for row in rows if answered(row.left) or answered(row.right)),
    )


def answered(row: AnswerRow | None) -> bool:
    return row is not None and (bool(row.files) or row.words not in ("", NOT_ANSWERED))


def _said(row: AnswerRow) -> tuple[object, ...]:
    """Capitals and white space make no difference."""
    return (" ".join(row.words.split()).casefold(), *((file.name, file.about) for file in row.files))
