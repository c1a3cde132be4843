"""Overlaps and missing cases are found exactly, with an example that proves them."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.feel import Mode, compile_unary_tests
from engine.feel.analysis import TableProblem, check_table
from engine.feel.model import DecisionModel, DecisionTable, HitPolicy, Input, ItemDefinition, Output, Rule, Text

from .language import environment, standard

Columns = list[tuple[str, str | None, str | None]]


def table(columns: Columns, rows: list[str], policy: str = "UNIQUE", default: str | None = None) -> DecisionTable:
    """Columns are (expression, type, allowed values), rows `cell | cell -> output`."""
    rules = []
    for number, row in enumerate(rows, 1):
        cells, _, output = row.partition(" -> ")
        rules.append(
            Rule(tuple(Text(c.strip()) for c in cells.split("|")), (Text(output.strip() or str(number)),), line=number)
        )
    return DecisionTable(
        tuple(Input(Text(name), of, Text(allowed) if allowed else None) for name, of, allowed in columns),
        (Output(default=Text(default) if default else None),),
        tuple(rules),
        HitPolicy(policy),
    )


AGE: Columns = [("age", "number", None)]
HARM: Columns = [("harm", "string", '"died", "serious", "other"')]


@pytest.mark.parametrize(
    ("columns", "rows", "expected"),
    [
        (AGE, ["< 18", ">= 18"], []),
        (AGE, ["< 18", "> 18"], ["No row fits when age is 18."]),
        (AGE, ["<= 17", ">= 18"], ["No row fits when age is 17.5."]),
        (AGE, ["[1..5]", "[5..9]", "< 1", "> 9"], ["Rows 1 and 2 both fit when age is 5."]),
        (AGE, ["[1..5)", "[5..9]", "< 1", "> 9"], []),
        (AGE, ["< 18", "-"], ["Rows 1 and 2 both fit when age is 17."]),
        (AGE, ["< 18", "not(< 18)"], []),
        (AGE, ["1, 2, 3", "not(1, 2, 3)"], []),
        (AGE, ["? < 5 or ? > 7", "? between 5 and 7"], []),
        (AGE, ["? in [1..3]", "not(? in [1..3])"], []),
        (AGE, ["null", "< 5", ">= 5"], []),
        (AGE, ["< 5", ">= 5, null", "null"], ["Rows 2 and 3 both fit when age is nothing (null)."]),
        ([("age", "number", "[0..120]")], ["< 18", "[18..120]"], []),
        (HARM, ['"died"', '"serious"', '"other"'], []),
        (HARM, ['"died"', '"serious"'], ['No row fits when harm is "other".']),
        (HARM, ['"died"', 'not("died")'], []),
        (HARM, ['"died", "serious"', '"serious", "other"'], ['Rows 1 and 2 both fit when harm is "serious".']),
        ([("s", "string", None)], ['"a"', '"b"'], ["No row fits when s is any other text."]),
        ([("s", None, None)], ['"a"', 'not("a")'], []),
        ([("s", "string", None)], ['< "m"', '>= "m"'], []),
        ([("b", "boolean", None)], ["true", "false"], []),
        ([("b", "boolean", None)], ["true"], ["No row fits when b is false."]),
        ([("d", "date", None)], ['< @"2020-01-01"', '>= date("2020-01-01")'], []),
        ([("d", "date", None)], ['<= @"2020-01-01"', '>= @"2020-01-02"'], []),
        ([("d", "date", None)], ['<= @"2020-01-01"', '>= @"2020-01-03"'], ["No row fits when d is 2020-01-02."]),
        ([("p", "days and time duration", None)], ['< @"P1D"', '> @"P1D"'], ["No row fits when p is P1D."]),
        ([("p", "years and months duration", None)], ['< @"P1Y"', '> @"P11M"'], []),
        ([("t", "time", None)], ['< @"12:00:00"', '>= @"12:00:00"'], []),
        ([("t", "date and time", None)], ['< @"2020-01-01T00:00:00"', '>= @"2020-01-01T00:00:00"'], []),
        ([("x", None, None)], ["-"], []),
        ([*AGE, *HARM], ['< 18 | "died"', '>= 18 | "died"', '- | not("died")'], []),
        (
            [*AGE, *HARM],
            ['< 18 | "died"', '- | "serious"', '>= 18 | "died", "serious"', '< 18 | "other"'],
            [
                'Rows 2 and 3 both fit when age is 18, harm is "serious".',
                'No row fits when age is 18, harm is "other".',
            ],
        ),
        ([("a", "number", None), ("a", "number", None)], [">= 0 | <= 10", "< 0 | -", "- | > 10"], []),
    ],
)  # fmt: skip
def test_what_is_found(columns: Columns, rows: list[str], expected: list[str]) -> None:
    found = check_table(table(columns, rows))
    assert [finding.message for finding in found] == expected


def test_types_with_allowed_values_are_looked_up_in_the_model() -> None:
    kinds = ItemDefinition("tKind", "string", allowed=Text('"a", "b"'))
    rows = table([("k", "tKind", None)], ['"a"', '"b"'])
    assert check_table(rows, model=DecisionModel("m", types=(kinds,))) == []
    assert check_table(rows)[0].problem is TableProblem.GAP


@pytest.mark.parametrize(
    ("rows", "columns", "words"),
    [
        (["< limit", ">= 5"], AGE, "It depends on more than the value tested and fixed values."),
        (["even(?)", "-"], AGE, "It depends on more"),
        (["< today()"], [("d", "date", None)], "It depends on more"),
        (["<"], AGE, "The expression ends too early"),
        (["< 5", '"x"'], AGE, "its cells are of different kinds (number, string)"),
    ],
)
def test_what_can_not_be_analysed_is_said(rows: list[str], columns: Columns, words: str) -> None:
    found = check_table(table(columns, rows))
    assert words in " ".join(finding.message for finding in found if finding.problem is TableProblem.NOT_ANALYSED)


def test_a_row_that_is_not_understood_makes_nothing_up() -> None:
    found = check_table(table([*AGE, *HARM], ['even(?) | "died"', '< 18 | "serious"', '> 20 | "serious"']))
    messages = [f.message for f in found]
    assert any("Row 1, column «age»" in m for m in messages)
    assert 'No row fits when age is 17, harm is "other".' in messages
    assert not any("both fit" in m for m in messages)


def test_only_policies_that_forbid_overlaps_report_them() -> None:
    rows = ["< 18", "< 20", "-"]
    assert [f.problem for f in check_table(table(AGE, rows, "FIRST"))] == []
    assert [f.problem for f in check_table(table(AGE, rows, "COLLECT"))] == []
    assert check_table(table(AGE, ["< 18 -> 1", "- -> 1"], "ANY")) == []
    assert check_table(table(AGE, ["< 18 -> 1", "- -> 2"], "ANY"))[0].problem is TableProblem.OVERLAP


def test_a_default_output_covers_what_is_missing() -> None:
    assert check_table(table(AGE, ["< 18"], default="0")) == []


def test_rows_never_reached_are_found() -> None:
    found = check_table(table(AGE, ["< 10", "[5..20]", "[7..9]", "-", "> 50"], "FIRST"))
    assert [(f.problem, f.rows) for f in found] == [(TableProblem.UNREACHABLE, (3,)), (TableProblem.UNREACHABLE, (5,))]


def test_a_finding_names_its_rows_example_and_line() -> None:
    found = check_table(table(AGE, ["< 18", "[17..20]", "> 20"]))[0]
    assert (found.rows, dict(found.example), found.line) == ((1, 2), {"age": "17"}, 2)


CELLS = st.sampled_from(
    ["-", "< 2", "<= 2", "> 1", ">= 3", "[1..3]", "(1..3)", "2", "1, 3", "not(2)", "not(1, 3)", "[2..4)"]
)
KINDS = st.sampled_from(["-", '"a"', '"b"', '"a", "b"', 'not("a")'])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(CELLS, KINDS), min_size=1, max_size=5))
def test_the_answers_agree_with_trying_every_value(rows: list[tuple[str, str]]) -> None:
    source = table([("n", "number", None), ("k", "string", '"a", "b"')], [" | ".join(row) for row in rows])
    found = check_table(source)
    tests = [[compile_unary_tests(cell, mode=Mode.STANDARD) for cell in row] for row in rows]
    overlapping, gap = set(), False
    for number, kind in itertools.product([standard(str(i / 2)) for i in range(-2, 12)], "ab"):
        hits = [
            i for i, (n, k) in enumerate(tests, 1)
            if n.matches(number, {}, environment()) and k.matches(kind, {}, environment())
        ]  # fmt: skip
        gap = gap or not hits
        overlapping |= set(itertools.combinations(hits, 2))
    assert {f.rows for f in found if f.problem is TableProblem.OVERLAP} == overlapping
    assert any(f.problem is TableProblem.GAP for f in found) is gap


def test_the_domains_own_table_is_complete_and_exclusive() -> None:
    columns: Columns = [
        ("age", "string", '"unborn", "under 18", "18 to 24", "older"'),
        ("status", "string", '"looked after here", "care leaver here", "neither"'),
        ("harm", "string", '"died", "serious", "none"'),
        ("abuse or neglect", "string", '"known", "suspected", "neither", "not yet known"'),
        ("place", "string", '"here", "outside England, resident here", "elsewhere"'),
    ]
    child, hurt, abuse = '"unborn", "under 18"', '"died", "serious"', '"known", "suspected"'
    rows = [
        f'{child} | - | {hurt} | {abuse} | "here" -> "panel"',
        f'{child} | - | {hurt} | {abuse} | "outside England, resident here" -> "panel"',
        f'{child} | - | {hurt} | {abuse} | "elsewhere" -> "other"',
        '"under 18" | "looked after here" | "died" | "neither" | - -> "lac"',
        '"18 to 24" | "care leaver here" | "died" | - | - -> "leaver"',
        f'{child} | - | {hurt} | "not yet known" | - -> "judge"',
    ]
    found = check_table(table(columns, rows))
    assert [f.problem for f in found] == [TableProblem.GAP]
    assert check_table(table(columns, rows, default='"none"')) == []


def test_a_large_table_is_analysed_in_reasonable_time() -> None:
    rows = [f"[{i}..{i + 1}) | [{j}..{j + 1}) " for i in range(15) for j in range(15)]
    found = check_table(table([*AGE, ("b", "number", None)], rows))
    assert [f.problem for f in found] == [TableProblem.GAP]
