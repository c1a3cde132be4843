import json

import pytest
from form_making import LISTS, ROOT, a_schema, choice, question, when
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.feel import Function
from engine.forms import check_form

KEYS = [
    *("a", "b", "type", "title", "properties", "required", "items", "oneOf", "enum", "const", "allOf", "if", "then"),
    *("else", "format", "pattern", "examples", "minItems", "x-order", "x-sections", "x-rules", "x-widget", "x-list"),
    *("x-shown-if", "x-auto", "x-sensitivity", "fields", "that", "message", "string", "object", "array"),
]
GOOD = a_schema({"a": choice("A", "yes", "no")}, examples=[{"a": "yes"}])


def rows(**more):
    items = {"type": "object", "title": "Row", "properties": {"it": question("It")}, **more}
    return {"type": "array", "title": "Rows", "items": items}


def test_a_good_form_has_no_problems():
    assert check_form(GOOD, lists=LISTS) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"type": "array"}, "type: this is not as a form is written"),
        ({"properties": {"a": {"type": "string", "title": "A"}}}, "a: x-sensitivity is missing"),
        ({"properties": {"a": {"type": "string", "x-sensitivity": "-"}}}, "a: the question needs a title"),
        ({"properties": {"a": question("A", x_sensitivity="secret")}}, "one of -, P, C, SC"),
        ({"properties": {"a": question("A", x_shwon_if="true")}}, "x-shwon-if is not known"),
        ({"properties": {"a": question("A", x_shown_if="1 +")}}, "a: x-shown-if"),
        ({"properties": {"a": question("A", format="time")}}, "format “time” is not known"),
        ({"properties": {"a": question("A", pattern="(a")}}, "The pattern (a can not be used. This pattern is not a"),
        ({"properties": {"a": question("A", pattern="(?=a)b")}}, "not a regular expression"),
        ({"properties": {"a": question("A", pattern=r"(a)\1")}}, "looks back"),
        ({"properties": {"a": question("A", pattern="(a{20}){20}")}}, "repetitions multiply"),
        ({"properties": {"a": question("A", pattern="(((a{99}){99}){99}){99}")}}, "too large"),
        ({"properties": {"a": question("A", pattern="a" * 201)}}, "longer than 200 characters"),
        ({"allOf": [when("a", "yes", {"c": question("C", pattern="(")})]}, "The pattern ( can not be used"),
        ({"properties": {"a": {"$ref": "https://example.org/a"}}}, "$ref is not read"),
        ({"allOf": [{"if": {"$ref": "https://example.org/a"}, "then": {}}]}, "$ref is not read"),
        ({"properties": {"A b": question("A")}, "required": []}, "lower-case words"),
        ({"properties": {"a": choice("A", "Yes_Please")}}, "“Yes_Please” should be"),
        ({"properties": {"a": choice("A", "yes", "yes")}}, "the same value"),
        ({"properties": {"a": question("A", **{"x-list": "nobody"})}}, "no list “nobody”"),
        ({"required": ["a", "b"]}, "b is required and is no question"),
        ({"x-order": ["b"]}, "x-order names b"),
        ({"x-sections": [{"title": "S", "fields": ["b"]}]}, "names b"),
        ({"x-rules": [{"that": "true", "field": "b", "message": "No"}]}, "A rule names b"),
        ({"x-rules": [{"that": "true"}]}, "'message' is a required property"),
        ({"properties": {"a": rows(**{"x-named-by": ["b"]})}}, "a.x-named-by names b"),
        ({"properties": {"a": rows(**{"x-rules": [{"that": "true", "message": "No"}]})}}, "a.A rule names nothing"),
        ({"properties": {"a": rows(**{"x-rules": [{"that": "1 +", "message": "No", "field": "it"}]})}}, "a: rule 1"),
        ({"x-colour": "red"}, "x-colour is not known"),
        ({"examples": []}, "needs an example"),
        ({"examples": [{"a": "maybe"}]}, "Example 1, a: Select A from the list."),
        ({"examples": [{"a": "yes", "b": "1"}]}, "Example 1, b: This form has no question"),
        ({"allOf": [when("b", "x", {"c": question("C")})]}, "A condition reads b"),
        (
            {"allOf": [{"if": {"properties": {"a": {"const": "yes"}}}, "then": {}}]},
            "tests a without requiring it",
        ),
        ({"allOf": [{"properties": {"c": question("C")}}]}, "needs an if"),
        ({"required": 1}, "required: this is not"),
        (
            {"properties": {"a": {"type": ["string", "null"], "title": "A"}}},
            "a.type: this is not",
        ),
        ({"properties": {"a": True}}, "a: this is not"),
        ({"x-sections": [{"fields": ["a"]}]}, "'title' is a required property"),
        ({"examples": [1]}, "examples.0: this is not"),
    ],
)
def test_a_problem_is_named(change, words):
    problems = check_form({**GOOD, **change}, lists=LISTS)
    assert any(words in problem for problem in problems), problems


def test_an_example_may_lie_in_the_past_or_in_the_future():
    rule = {"that": "day > today()", "message": "It must lie ahead", "field": "day"}
    form = a_schema({"day": question("Day", format="date")}, examples=[{"day": "2030-01-01"}], **{"x-rules": [rule]})
    assert check_form(form) == []


def test_options_that_come_with_the_case_are_not_asked_of_the_example():
    form = a_schema({"a": question("A", **{"x-options": "agencies"})}, examples=[{"a": "csc"}])
    assert check_form(form) == []


def test_a_form_nested_without_end_is_refused():
    deep: dict[str, object] = {}
    for _ in range(5_000):
        deep = {"not": deep}
    assert check_form({**GOOD, "not": deep}) == ["A form is nested at most 40 levels deep."]


@pytest.mark.parametrize(
    "properties",
    [
        {f"q{n}": question("A", x_shown_if=f"q{n} = null") for n in range(2_000)},
        {f"q{n}": question("A", x_shown_if=" or ".join(["a = 1"] * 1_000)) for n in range(30)},
    ],
    ids=["questions", "characters"],
)
def test_a_form_that_would_take_long_to_check_is_refused_at_once(properties):
    (said,) = check_form(a_schema(properties, examples=[{}]))
    assert "too large to be checked" in said


def test_functions_that_speak_of_a_case_do_not_stop_the_check():
    def no_world(*_: object) -> object:
        raise LookupError("world")

    form = a_schema(
        {
            "agency": question("Agency", **{"x-options": 'listed("bodies")'}),
            "day": question("Day", format="date", x_shown_if='deadline("D04") > now()', x_default='deadline("D04")'),
        },
        examples=[{"agency": "csc", "day": "2027-01-11"}],
        **{"x-rules": [{"that": 'day <= deadline("D04")', "message": "In time", "field": "day"}]},
    )
    functions = {name: Function(("id",), no_world) for name in ("listed", "deadline")}
    assert check_form(form, functions=functions) == []


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(KEYS),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
        max_leaves=30,
    )
)
@settings(max_examples=300, deadline=None)
def test_whatever_is_uploaded_as_a_form_is_answered_in_words(junk):
    base = {**GOOD, **(junk if isinstance(junk, dict) else {"properties": {"a": junk}})}
    assert all(isinstance(problem, str) for problem in check_form(base))


def test_the_incident_record_has_no_problems():
    path = ROOT / "workflows/cspr/serious-incident-notification/record-incident.form.json"
    assert check_form(json.loads(path.read_text("utf-8"))) == []
