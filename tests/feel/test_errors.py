"""Strict mode: what a process owner is told, and where."""

import pytest

from engine.errors import EngineError
from engine.feel import Environment, FeelError, Function, Mode, compile_expression

from .language import NOW, environment, standard, strict

SCOPE: dict[str, object] = {
    "age": 12, "name": "Ann", "yes": True, "nothing": None, "children": [{"age": 3}], "case": {"harm_type": "x"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words", "line", "column"),
    [
        ("age + name", "A number and a text can not be added. To join texts", 1, 5),
        ("age < name", "A number can not be compared with a text", 1, 5),
        ("age = name", "A number is compared with a text: they are never equal.", 1, 5),
        ("age and yes", "Beside «and» there must be true or false, not a number.", 1, 1),
        ("if age then 1 else 2", "After «if» there must be true or false, not a number.", 1, 4),
        ("case.harm_typ", 'There is no "harm_typ" in this group of values. Did you mean "harm_type"?', 1, 6),
        ("name.size", 'There is no "size" in a text.', 1, 6),
        ("name.__class__", 'There is no "__class__" in a text.', 1, 6),
        ("age()", "Only a function can be called; this is a number.", 1, 1),
        ("countt(children)", 'There is no function called "countt". Did you mean "count"?', 1, 1),
        ("count(1, 2)", "The function count can not be used with 2 values: it is count(list).", 1, 1),
        ("substring(age, 1)", "The function substring can not take a number, a number", 1, 1),
        ("age / 0", "This is a division by zero.", 1, 5),
        ("10 ** 9999", "the result is no number, or too large", 1, 4),
        ("1 +", "The expression ends too early: something is missing.", 1, 4),
        ("(1", "The «(» here is never closed.", 1, 1),
        ("1)", "«)» closes nothing here.", 1, 2),
        ("(1]", "«]» closes nothing here. The «(» before it is still open.", 1, 3),
        ('"abc', 'The text that begins here has no closing ".', 1, 1),
        ("if yes then 1", "The expression ends too early", 1, 14),
        ("for x in", "something is missing", 1, 9),
        ("for x", 'Something like "x in list" should stand here.', 1, 5),
        ("1 2", "An operator or a comma is missing before it.", 1, 3),
        ("age == 1", "Equality is written with a single =", 1, 6),
        ("name = “Ann”", 'A text stands between straight quotes: "…".', 1, 8),
        ("name = 'Ann'", 'A text stands between double quotes: "…".', 1, 8),
        ("yes && yes", "Write the word and.", 1, 5),
        ("age ≥ 3", "Write >= .", 1, 5),
        ("sum(a: 1, b: 2)", "The function sum has no such parameters: it is sum(list) or sum(n...).", 1, 1),
        ("age > \n\n  & 2", "«&» can not stand here.", 3, 3),
        ("", "There is no expression here.", 1, 1),
        ("   ", "There is no expression here.", 1, 1),
        ("{a: 1, a: 2}", "A name stands twice", 1, 1),
        ("{a 1}", "A name followed by a colon should stand here", 1, 2),
        ('@"rubbish"', "After @ there must be a date", 1, 2),
        ("x instance of nomber", 'There is no type called "nomber".', 1, 15),
        ("1 instance of list", "The type list needs to say of what", 1, 15),
        ('date("31.12.2026")', 'This is not a date; it should be like "2027-03-31".', 1, 1),
        ('matches("a", "[")', "This pattern is not a regular expression: [ is not closed.", 1, 1),
        ("some x in children satisfies x.age", "After «satisfies» there must be true or false", 1, 32),
        ("function(a) external {java: {}}", "never run here", 1, 1),
        ("(function(n: number) n)(name)", 'The parameter "n" of this function must be a number, not a text.', 1, 2),
        ('[1.."a"]', "The two ends of a range must be of one kind", 1, 1),
        ("-name", "A text has no negative.", 1, 1),
        ("not(age)", "Only true or false can be negated with not.", 1, 1),
    ],
)
def test_a_problem_is_told_in_words_with_its_place(text: str, words: str, line: int, column: int) -> None:
    with pytest.raises(FeelError) as error:
        strict(text, **SCOPE)
    assert words in error.value.message
    assert (error.value.line, error.value.column) == (line, column)


@pytest.mark.parametrize("text", ["nothing + 1", "nothing < 1", "nothing.age", "upper case(nothing)", "count(nothing)"])
def test_what_is_not_there_yet_gives_null_and_no_error(text: str) -> None:
    assert strict(text, **SCOPE) is None


def test_a_message_never_holds_the_data_it_is_about() -> None:
    for text in ("secret + 1", "secret < 1", "secret = 1", "secret.x", "secret()", "secret and true", "number(secret)"):
        with pytest.raises(FeelError) as error:
            strict(text, secret="Ann Example")
        assert "Ann" not in error.value.message


def test_the_standard_notes_what_it_turned_into_null() -> None:
    env = environment()
    assert compile_expression("1 + true", mode=Mode.STANDARD).evaluate({}, env=env) is None
    assert env.warnings == ["A number and true/false can not be added."]


def test_a_feel_error_is_an_engine_error_with_line_and_column() -> None:
    with pytest.raises(EngineError) as error:
        strict("1 +")
    assert error.value.details == {"line": 1, "column": 4}
    assert error.value.code == "feel-error"


def _double(number: object) -> object:
    return number * 2  # type: ignore[operator]


def _fail(_: object) -> object:
    raise EngineError("The calendar does not reach that far.")


FUNCTIONS = {
    "double": Function(("number",), _double),
    "working days after": Function(("from", "days"), lambda day, days: f"{day}+{days}"),
    "limit": Function(("of", "at"), lambda of, at=None: [of, at], required=1),
    "fails": Function(("x",), _fail),
    "odd thing": Function((), lambda: object()),
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("double(4)", 8),
        ("double(number: 4)", 8),
        ('working days after("a", 3)', "a+3"),
        ('working days after(days: 3, from: "a")', "a+3"),
        ("limit(1)", [1, None]),
        ("limit(1, 2)", [1, 2]),
        ("for x in [1, 2] return double(x)", [2, 4]),
    ],
)
def test_the_products_own_functions(text: str, expected: object) -> None:
    expression = compile_expression(text, functions=FUNCTIONS)
    assert expression.evaluate({}, env=environment()) == expected
    assert expression.functions_used


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("fails(1)", "The calendar does not reach that far."),
        ('double(null)', "The function double could not be worked out"),
        ("double(1, 2)", "The function double can not be used with 2 values: it is double(number)."),
        ("double(of: 1)", 'The function double has no parameter "of".'),
        ("odd thing()", "A value of the kind object can not be used in an expression."),
        ("working day after(1, 2)", 'Did you mean "working days after"?'),
    ],
)  # fmt: skip
def test_what_a_function_of_the_products_can_not_do_is_told(text: str, words: str) -> None:
    with pytest.raises(FeelError) as error:
        compile_expression(text, functions=FUNCTIONS).evaluate({}, env=environment())
    assert words in error.value.message


def test_now_is_what_the_caller_says() -> None:
    assert str(strict("now()")) == str(NOW.astimezone(environment().zone))
    naive = Environment(now=NOW.replace(tzinfo=None))
    with pytest.raises(FeelError, match="in which time zone"):
        compile_expression("now()").evaluate({}, env=naive)


def test_both_modes_agree_where_nothing_is_wrong() -> None:
    for text in ("1 + 1", "[1, 2][item > 1]", "{a: 1}.a", "string(1)", "if true then 1 else 2"):
        assert strict(text) == standard(text)
