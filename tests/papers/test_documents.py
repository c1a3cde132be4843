"""What a paper says: clean text, a hash of it, and headings in order."""

import pytest

from engine.forms import Form
from engine.papers import Document, Facts, Heading, Items, Paragraph, Table
from engine.papers.answers import Names, answered
from tests.factories import form, text
from tests.papers.examples import EVERYTHING


def document(*blocks: object, title: str = "Minutes") -> Document:
    return Document(title, "A partnership", "ARG-2027-001", "For members", (), blocks)  # type: ignore[arg-type]


def test_the_same_words_have_the_same_hash_and_others_another() -> None:
    assert document(Paragraph("Agreed.")).digest == document(Paragraph("Agreed.")).digest
    assert document(Paragraph("Agreed.")).digest != document(Paragraph("Not agreed.")).digest
    assert document(Heading("Agreed.")).digest != document(Paragraph("Agreed.")).digest


def test_a_document_comes_back_from_its_canonical_form_as_it_was() -> None:
    assert Document.read(EVERYTHING.canonical()) == EVERYTHING
    assert Document.read(EVERYTHING.canonical()).digest == EVERYTHING.digest


@pytest.mark.parametrize("levels", [(3,), (2, 4), (2, 3, 2, 4), (1,)])
def test_headings_leave_no_level_out(levels: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="Heading"):
        document(*(Heading("x", level) for level in levels))


def test_rows_of_a_table_are_as_long_as_its_head() -> None:
    with pytest.raises(ValueError, match="rows"):
        document(Table("x", ("a", "b"), (("1",),)))


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("a\x00b\x0bc", "abc"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("\n a\tb \n\n", "a b"),
        ("abc\u202ecba", "abccba"),
        ("\ufeffZażółć 日本 😀", "Zażółć 日本 😀"),
        ("half \ud800 a pair", "half  a pair"),
    ],
)
def test_what_no_format_could_carry_is_left_out(typed: str, kept: str) -> None:
    made = document(Paragraph(typed), Facts(((typed, typed),)), Items((typed,)), title=typed)
    assert made.title == kept
    assert made.blocks == (Paragraph(kept), Facts(((kept, kept),)), Items((kept,)))


FORM = Form.load(
    form(
        {
            "children": {
                "type": "array",
                "title": "Children",
                "items": {
                    "type": "object",
                    "title": "Child",
                    "properties": {"initials": text("Initials", "C", maxLength=5), "age": text("Age", "C")},
                },
            },
            "points": {
                "type": "array",
                "title": "Points",
                "items": {"type": "object", "title": "Point", "properties": {"point": text("Point", maxLength=900)}},
            },
            "seats": {
                "type": "array",
                "title": "Seats",
                "items": {
                    "type": "object",
                    "title": "Seat",
                    "properties": {"who": text("Who", maxLength=50), "how": text("How", maxLength=50)},
                },
            },
            "what": text("What"),
            "reasons": text("Reasons", "SC"),
            "on": {"type": "string", "format": "date", "title": "On", "x-sensitivity": "-"},
            "left": text("Left open"),
        },
        required=[],
    ),
    lists={},
)
GIVEN = {
    "children": [{"initials": "A.B.", "age": "4"}],
    "points": [{"point": "One"}, {"point": "Two"}],
    "seats": [{"who": "Chair", "how": "Remote"}, {"who": "Deputy"}],
    "what": "Agreed",
    "reasons": "Secret",
    "on": "2027-01-14",
}


def test_answers_come_as_facts_lists_tables_and_cards() -> None:
    assert list(answered(FORM, GIVEN, open_only=False, names=Names())) == [
        Facts((("What", "Agreed"), ("Reasons", "Secret"), ("On", "14 January 2027"))),
        Heading("Child 1"),
        Facts((("Initials", "A.B."), ("Age", "4"))),
        Heading("Points"),
        Items(("One", "Two"), numbered=True),
        Table("Seats", ("Who", "How"), (("Chair", "Remote"), ("Deputy", "–"))),
    ]


def test_of_an_open_paper_no_confidential_question_is_printed_even_where_its_answer_is_there() -> None:
    said = str(list(answered(FORM, GIVEN, open_only=True, names=Names())))
    assert "Agreed" in said
    assert not [word for word in ("A.B.", "Initials", "Children", "Reasons", "Secret") if word in said]
