"""What must hold for any values."""
# ruff: noqa: SIM905

import datetime as dt
import string
from decimal import Context, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.feel import FeelError, Mode, compile_expression, compile_unary_tests, from_plain, to_plain
from engine.feel.budget import DEFAULT_BUDGET, Meter
from engine.feel.functions import BUILT_IN
from engine.feel.regex import compile_pattern

from .language import environment, same, standard

numbers = st.decimals(min_value=-(10**12), max_value=10**12, allow_nan=False, places=4)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
scalars = (
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | texts
)
plain_values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=12
)
dates = st.dates()
CONTEXT = Context(prec=34)


@given(numbers, numbers)
def test_arithmetic_is_decimal_arithmetic(a: Decimal, b: Decimal) -> None:
    assert standard("a + b", a=a, b=b) == CONTEXT.add(a, b)
    assert standard("a - b", a=a, b=b) == CONTEXT.subtract(a, b)
    assert standard("a * b", a=a, b=b) == CONTEXT.multiply(a, b)
    assert standard("a / b", a=a, b=b) == (CONTEXT.divide(a, b) if b else None)
    assert standard("a < b", a=a, b=b) is (a < b)


@given(numbers, numbers.filter(bool))
def test_a_remainder_has_the_divisors_sign_and_is_smaller(a: Decimal, b: Decimal) -> None:
    rest = standard("modulo(a, b)", a=a, b=b)
    assert abs(rest) < abs(b)
    assert not rest or (rest < 0) == (b < 0)


@given(numbers, numbers, numbers, st.booleans(), st.booleans())
def test_a_range_holds_what_lies_between_its_ends(
    x: Decimal, a: Decimal, b: Decimal, from_start: bool, to_end: bool
) -> None:
    text = f"x in {'[' if from_start else '('}a..b{']' if to_end else ')'}"
    lower = x >= a if from_start else x > a
    upper = x <= b if to_end else x < b
    assert standard(text, x=x, a=a, b=b) is (lower and upper)


@given(dates, st.integers(-100_000, 100_000))
def test_days_added_and_taken_away_come_back(day: dt.date, days: int) -> None:
    moved = standard('d + n * duration("P1D")', d=day, n=days)
    assert standard('d - n * duration("P1D")', d=moved, n=days) == day
    assert standard('(d - e) / duration("P1D")', d=moved, e=day) == days


@given(dates)
def test_a_date_is_its_own_text(day: dt.date) -> None:
    assert standard("date(string(d))", d=day) == day


@given(st.datetimes(timezones=st.none() | st.just(dt.UTC)))
def test_a_moment_is_its_own_text(moment: dt.datetime) -> None:
    assert standard("date and time(string(d))", d=moment) == moment


@given(st.integers(-(10**9), 10**9))
def test_durations_are_their_own_text(count: int) -> None:
    assert standard('string(duration(string(n * duration("PT1S"))))', n=count) == standard(
        'string(n * duration("PT1S"))', n=count
    )
    assert standard('duration(string(n * duration("P1M"))) / duration("P1M")', n=count) == count


@given(plain_values)
def test_plain_values_come_back_as_they_were(value: object) -> None:
    there = from_plain(value)
    assert same(from_plain(to_plain(there)), there)


@given(plain_values)
def test_what_is_evaluated_shares_nothing_with_the_callers_data(value: object) -> None:
    scope = {"x": value}
    result = compile_expression("x", names=["x"]).evaluate(scope, env=environment())
    assert not isinstance(value, list | dict) or result is not value
    assert same(result, from_plain(value))


@given(texts)
def test_a_text_quoted_is_itself(text: str) -> None:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    assert standard(f'"{quoted}"') == text


@given(st.lists(st.integers(-50, 50), max_size=30))
def test_sorting_sorts(values: list[int]) -> None:
    assert standard("sort(v, function(a, b) a < b)", v=values) == sorted(values)
    assert standard("sort(v)", v=values) == sorted(values)


# --- nothing but a FeelError ---

WORDS = [
    *r"""
    + - * / ** = != < <= > >= ( ) [ ] { } , : . .. -> @ ? " \\ // /* */ _ 1 2.5 .5 1e9 'x
    if then else for in return some every satisfies and or between instance of function external
    true false null not item partial x y a.b number string list< context< function< range<
    "text" @"P1D" @"2020-01-01" [1..5] [1,2,3] {a:1} é 🐎
    """.split(),
    *(" ", "\n"),
    *sorted(BUILT_IN),
]


def assert_speaks(error: FeelError) -> None:
    assert error.message
    assert error.line >= 1
    assert error.column >= 1


@settings(max_examples=400)
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=14), st.sampled_from(list(Mode)))
def test_any_words_give_a_value_or_a_feel_error(words: list[str], mode: Mode) -> None:
    for text in (" ".join(words), "".join(words)):
        for compile_ in (compile_expression, compile_unary_tests):
            try:
                compiled = compile_(text, names=["x", "y"], mode=mode)
                if compile_ is compile_expression:
                    compiled.evaluate({"x": 1, "y": [1, {"a": "b"}]}, env=environment())  # type: ignore[union-attr]
                else:
                    compiled.matches(5, {"x": 1, "y": []}, environment())  # type: ignore[union-attr]
            except FeelError as error:
                assert_speaks(error)


@settings(max_examples=200)
@given(st.text(max_size=40))
def test_any_text_gives_a_value_or_a_feel_error(text: str) -> None:
    try:
        compile_expression(text, mode=Mode.STANDARD).evaluate({}, env=environment())
    except FeelError as error:
        assert_speaks(error)


PATTERN = st.text("ab.*+?|()[]^$\\dws{}1,-", max_size=12)


@settings(max_examples=300)
@given(PATTERN, st.text("ab1 ", max_size=12))
def test_any_pattern_matches_or_is_refused(pattern: str, text: str) -> None:
    answer = standard("matches(t, p)", t=text, p=pattern)
    assert answer is None or isinstance(answer, bool)


@settings(max_examples=300)
@given(st.text("ab.*+?|()", max_size=8), st.text("ab", max_size=8))
def test_patterns_mean_what_they_mean_to_python_too(pattern: str, text: str) -> None:
    import re

    try:
        ours = compile_pattern(pattern, "").search(text, 0, Meter(DEFAULT_BUDGET))
        theirs = re.search(pattern, text)
    except Exception:
        return  # refused by one of them: `**`, `(?`, possessive `*+`
    if any(sign in pattern for sign in ("*+", "++", "?+")):
        return
    assert (ours is None) == (theirs is None)
    if any(sign in pattern for sign in ("(|", "||", "|)")):
        return  # in a loop, Python takes an empty alternative for the end of it
    if ours is not None and theirs is not None:
        assert (ours.start, ours.end) == theirs.span()


def test_letters_are_letters() -> None:
    assert all(standard('matches(c, "\\\\w")', c=letter) for letter in string.ascii_letters + string.digits)
    with pytest.raises(FeelError):
        from_plain(object())
