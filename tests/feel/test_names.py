"""Names of several words and symbols: the longest that is in scope is meant (clause 10.3.1.5)."""

import pytest

from engine.feel import FeelError, Mode, compile_expression, compile_unary_tests

from .language import environment, standard, strict


@pytest.mark.parametrize(
    ("text", "scope", "expected"),
    [
        ("full name", {"full name": "Ann"}, "Ann"),
        ("full   name", {"full name": "Ann"}, "Ann"),
        ("a-b", {"a": 5, "b": 3, "a-b": 100}, 100),
        ("a - b", {"a": 5, "b": 3, "a-b": 100}, 100),
        ("(a)-(b)", {"a": 5, "b": 3, "a-b": 100}, 2),
        ("a-b", {"a": 5, "b": 3}, 2),
        ("profit and loss", {"profit and loss": 7, "profit": 1, "loss": 2}, 7),
        ("profit and loss", {"profit": True, "loss": False}, False),
        ("what if?", {"what if?": 1}, 1),
        ("Jo's age", {"Jo's age": 9}, 9),
        ("Approved/Declined", {"Approved/Declined": "x"}, "x"),
        ("🐎 + 1", {"🐎": 1}, 2),
        ("größe", {"größe": 3}, 3),
        ("date and time", {"date and time": 3}, 3),
        ("date + 1", {"date": 1}, 2),
        ('date("2020-01-01").year + date', {"date": 1}, 2021),
        ("not now = 1", {"not now": 1}, True),
        ("in care = true", {"in care": True}, True),
        ("x in care", {"x": 1, "in care": 0, "care": 1}, True),
        ("count(list)", {"list": [1, 2]}, 2),
        ("for full name in names return full name", {"names": [1]}, [1]),
        ("person.full name", {"person": {"full name": "Ann"}}, "Ann"),
        ("person.time and place", {"person": {"time and place": 1}}, 1),
        ("{full name: 1, b: full name + 1}.b", {}, 2),
        ("(function(a b, c) a b - c)(5, 3)", {}, 2),
        ("people[first name = \"Ann\"].age", {"people": [{"first name": "Ann", "age": 3}]}, [3]),
    ],
)  # fmt: skip
def test_the_longest_name_in_scope_is_meant(text: str, scope: dict[str, object], expected: object) -> None:
    properties = ["time and place"]
    expression = compile_expression(text, names=scope, properties=properties)
    assert expression.evaluate(scope, env=environment()) == expected


def test_an_expression_says_which_names_it_reads() -> None:
    expression = compile_expression(
        "case.child.age < 18 and count(others) > 1 and some x in others satisfies x.kind = kind",
        names=["case", "others"],
    )
    assert expression.names == {"case", "others", "kind"}
    assert expression.paths == {("case", "child", "age"), ("others",), ("kind",)}
    assert expression.functions_used == {"count"}


def test_names_of_a_filtered_item_are_not_taken_for_names_of_the_scope() -> None:
    assert compile_expression("children[age > limit]", names=["children", "limit"]).names == {"children", "limit"}


def test_only_the_names_needed_are_read() -> None:
    read = []

    class Lazy(dict):  # type: ignore[type-arg]
        def __missing__(self, name: str) -> object:
            read.append(name)
            return False

    expression = compile_expression("first and second", names=["first", "second"])
    assert expression.evaluate(Lazy(), env=environment()) is False
    assert read == ["first"]


def test_an_unknown_name_is_an_error_that_names_itself() -> None:
    with pytest.raises(
        FeelError, match=r'There is no value called "harm_typ" here\. Did you mean "harm_type"\?'
    ) as error:
        strict("1 = 1 and\n harm_typ = 1", harm_type=1)
    assert (error.value.line, error.value.column) == (2, 2)


def test_unknown_names_are_found_before_anything_runs() -> None:
    found = compile_expression("harm_typ = 1 and x > 2").unknown_names(["harm_type", "x"])
    assert [(e.message, e.line, e.column) for e in found] == [
        ('There is no value called "harm_typ" here. Did you mean "harm_type"?', 1, 1)
    ]


def test_an_unknown_name_of_several_words_is_said_in_full() -> None:
    with pytest.raises(FeelError, match='no value called "kind of harm"'):
        strict("kind of harm = 1")


def test_an_unknown_name_is_null_by_the_standard() -> None:
    assert standard("nothing of the kind") is None


def test_a_cell_may_read_other_names() -> None:
    cell = compile_unary_tests("< upper limit", names=["upper limit"], mode=Mode.STRICT)
    assert cell.names == {"upper limit"}
    assert cell.matches(5, {"upper limit": 6}, environment())


@pytest.mark.parametrize(
    ("cell", "value", "expected"),
    [
        ("-", None, True),
        ("", 5, True),
        ("< 5", 4, True),
        ("[1..3]", 3, True),
        ("(1..3)", 3, False),
        ('"a", "b"', "b", True),
        ('not("a", "b")', "b", False),
        ('not("a", "b")', "c", True),
        ("not(< 5)", None, False),
        ("null", None, True),
        ("null", 5, False),
        ("not(null)", 5, True),
        ("true", True, True),
        ("true", False, False),
        ("false", False, True),
        ("< 3, > 7", 8, True),
        ("? > 3 and ? < 7", 5, True),
        ('contains(?, "x")', "axb", True),
        ("not(contains(?, \"x\"))", "axb", False),
        ("[1, 2, 3]", 2, True),
        ("[1..3], 7", 7, True),
        ('>= date("2020-01-01")', "date", False),
        ("= 5", 5, True),
        ("!= 5", 5, False),
        ("? = 5", 5, True),
        ("even(?)", 4, True),
        ("1 + 1", 2, True),
        ("not(true)", False, True),
        ('["a".."f"]', "c", True),
    ],
)  # fmt: skip
def test_cells_of_tables(cell: str, value: object, expected: bool) -> None:
    assert compile_unary_tests(cell, mode=Mode.STANDARD).matches(value, {}, environment()) is expected


def test_a_cell_sees_its_value_as_question_mark_only() -> None:
    with pytest.raises(FeelError, match="no value called"):
        strict("? > 5")
