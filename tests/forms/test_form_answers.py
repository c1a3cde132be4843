from datetime import datetime
from time import perf_counter

import pytest
from form_making import a_form, choice, question, when
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.feel import Environment
from engine.forms import Context, Widget, defaults, merge_example, options_of, review, settle, split, validate
from engine.forms.answers import scope_of, shown
from engine.types import LONDON


def messages(form, answers, context):
    return [error.message for error in validate(form, answers, context)]


CHILD = {
    "type": "array",
    "title": "Children",
    "minItems": 1,
    "items": {
        "type": "object",
        "title": "Child",
        "properties": {
            "initials": question("Initials", **{"x-sensitivity": "C"}),
            "harm": choice("Harm", "died", "harmed"),
        },
        "required": ["initials", "harm"],
        "allOf": [when("harm", "died", {"cause": choice("Cause of death", "accident", "not-known")}, "cause")],
    },
}


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        (question("Date of the incident", format="date"), "Enter the date of the incident"),
        (question("Your view"), "Enter your view"),
        (question("LA reference"), "Enter the LA reference"),
        (choice("Decision", "yes", "no"), "Select the decision"),
        (
            choice("Is a child in danger now?", "yes", "no", x_subject="whether a child is in danger now"),
            "Select whether a child is in danger now",
        ),
        (choice("Is a child in danger now?", "yes", "no"), "Select an answer to “Is a child in danger now?”"),
        (question("What happened?"), "Enter an answer to “What happened?”"),
        (question("Receipt", format="file"), "Upload the receipt"),
        (
            {**question("I have read the papers"), "type": "boolean", "x-widget": "tick"},
            "Tick “I have read the papers”",
        ),
        (CHILD, "Add at least one child"),
    ],
)
def test_a_missing_answer_is_asked_for_in_words(schema, message, context):
    assert messages(a_form({"it": schema}), {}, context) == [message]
    if schema is not CHILD:
        assert messages(a_form({"it": schema}, required=[]), {"it": ""}, context) == []


@pytest.mark.parametrize(
    ("schema", "answer", "message"),
    [
        (question("Reasons", minLength=50), "short", "Reasons must be 50 characters or more"),
        (question("Reasons", maxLength=4), "too long", "Reasons must be 4 characters or less"),
        (question("Outline", maxLength=4000), "x" * 4001, "Outline must be 4,000 characters or less"),
        (question("Code", pattern="^[A-Z]+$", examples=["ABC"]), "1", "Code must be in the correct format, like ABC"),
        ({**question("Forms"), "type": "integer", "minimum": 1}, 0, "Forms must be 1 or more"),
        ({**question("Forms"), "type": "integer"}, "two", "Forms must be a whole number"),
        ({**question("Fee"), "type": "number"}, "lots", "Fee must be a number"),
        (choice("Decision", "yes", "no"), "maybe", "Select the decision from the list"),
        (
            {**question("Bodies"), "type": "array", "items": {"type": "string"}, "x-list": "bodies"},
            ["csc", "x"],
            "Select the bodies from the list",
        ),
        (question("Day", format="date"), "2027-02-31", "Day must be a real date"),
        (question("Day", format="date"), "2027-W02-1", "Day must be a real date"),
        (question("Day", format="date"), "2027-02-", "Day must include a day"),
        (question("Day", format="date"), "--03", "Day must include a month and a year"),
        (question("Day", format="date"), "27-02-03", "Day must include a year of 4 numbers"),
        (question("Start", format="local-date-time"), "2027-02-03T", "Start must include a time"),
        (
            question("Start", format="local-date-time"),
            "2027-02-03T9ish",
            "Start must include a time, like 2:30pm or 14:30",
        ),
        (
            question("When was it?", format="date"),
            "x-y-z",
            "Your answer to “When was it?” must include a year of 4 numbers",
        ),
    ],
)
def test_a_wrong_answer_is_explained_in_words(schema, answer, message, context):
    assert messages(a_form({"it": schema}), {"it": answer}, context) == [message]


@pytest.mark.parametrize("pattern", ["^((a)+)+$", "^(a?){25}a{25}$", "^(a|aa)+$", "^(a*)*b?$"])
def test_no_pattern_makes_an_answer_take_long(pattern, context):
    form = a_form({"it": question("Code", pattern=pattern)})
    took = []
    for size in (26, 500, 5_000):
        began = perf_counter()
        assert messages(form, {"it": "a" * size + "!"}, context) == ["Code must be in the correct format"]
        took.append(perf_counter() - began)
    assert took[-1] < 3, took
    assert messages(form, {"it": "a" * 30}, context) == []


def test_a_rule_about_a_date_that_is_none_waits_until_it_is_one(context):
    days = {"begin": question("Begin", format="date"), "end": question("End", format="date")}
    rules = [{"that": "begin <= end", "field": "end", "message": "The end must not be before the begin"}]
    form = a_form(days, **{"x-rules": rules})
    told = "Begin must be a real date"
    assert messages(form, {"begin": "2027-02-31", "end": "2027-01-01"}, context) == [told]
    assert messages(form, {"begin": "2027-02-01", "end": "2027-01-01"}, context) == [rules[0]["message"]]


def test_a_pattern_is_found_anywhere_unless_it_says_where(context):
    form = a_form({"it": question("Code", pattern=r"\d{2,3}-(x|yy)*$")})
    for text, fits in (("ab12-", True), ("1234-xyyx", True), ("1-x", False), ("12-xz", False), ("12-x\nz", False)):
        assert (messages(form, {"it": text}, context) == []) is fits, text
    assert messages(form, {"it": "1" * 5_001 + "12-"}, context) == ["Code must be in the correct format"]


def test_the_error_names_the_box_of_a_date_to_correct(context):
    form = a_form({"day": question("Day", format="date")})
    assert [e.part for e in validate(form, {"day": "2027--03"}, context)] == ["month"]


def test_an_error_in_a_group_says_of_which(context):
    form = a_form({"children": CHILD})
    errors = validate(form, {"children": [{"initials": "A.B.", "harm": "harmed"}, {"harm": "died"}]}, context)
    assert [(e.path, e.message) for e in errors] == [
        (("children", 1, "initials"), "Enter the initials (child 2)"),
        (("children", 1, "cause"), "Select the cause of death (child 2)"),
    ]


def test_an_answer_to_a_question_that_is_not_asked_is_neither_judged_nor_kept(context):
    form = a_form(
        {"source": choice("Source", "here", "there")},
        allOf=[when("source", "there", {"where": question("Where", maxLength=3)}, "where")],
    )
    assert review(form, {"source": "here", "where": "far away"}, context).answers == {"source": "here"}
    assert messages(form, {"source": "here", "where": "far away"}, context) == []
    assert messages(form, {"source": "there"}, context) == ["Enter where"]


def test_what_hangs_on_a_hidden_question_is_hidden_too(context):
    form = a_form(
        {"a": choice("A", "yes", "no")},
        allOf=[
            when("a", "yes", {"b": choice("B", "yes", "no")}, "b"),
            when("b", "yes", {"c": question("C")}, "c"),
        ],
    )
    assert settle(form, {"a": "no", "b": "yes", "c": "kept?"}, context) == {"a": "no"}
    assert shown(form, {"a": "yes", "b": "yes"}, context) == {("a",), ("b",), ("c",)}


def test_a_question_under_either_of_two_conditions_is_asked_under_each(context):
    why = {"why": question("Why")}
    form = a_form({"a": choice("A", "x", "y", "z")}, allOf=[when("a", "x", why, "why"), when("a", ["y"], why)])
    assert messages(form, {"a": "x"}, context) == ["Enter why"]
    assert settle(form, {"a": "y", "why": "because"}, context) == {"a": "y", "why": "because"}
    assert settle(form, {"a": "z", "why": "because"}, context) == {"a": "z"}


def test_else_and_conditions_on_several_answers_hold(context):
    form = a_form(
        {"a": choice("A", "x", "y"), "several": {**question("B"), "type": "array", "items": {"enum": ["p", "q"]}}},
        required=[],
        allOf=[
            {
                "if": {"properties": {"several": {"contains": {"const": "q"}}}, "required": ["several"]},
                "then": {"properties": {"q_more": question("Q more")}},
                "else": {"properties": {"no_q": question("No q")}},
            }
        ],
    )
    assert settle(form, {"several": ["p", "q"], "q_more": "1", "no_q": "2"}, context) == {
        "several": ["p", "q"],
        "q_more": "1",
    }
    assert settle(form, {"several": ["p"], "q_more": "1", "no_q": "2"}, context) == {"several": ["p"], "no_q": "2"}


def test_feel_decides_what_is_shown_and_required_and_may_read_the_case(context):
    form = a_form(
        {
            "view": choice("View", "notify", "do-not"),
            "round": question("Round", x_shown_if="rounds > 1"),
            "reasons": question("Reasons", x_required_if='view = "do-not"'),
        },
        required=["view", "round"],
    )
    second = Context(context.env, {"rounds": 2})
    assert messages(form, {"view": "notify"}, context) == []
    assert messages(form, {"view": "do-not"}, second) == ["Enter the round", "Enter the reasons"]


def test_an_option_may_be_offered_only_sometimes(context):
    options = [{"const": "agree"}, {"const": "need-information", "x-offered-if": "rounds = 0"}]
    form = a_form({"outcome": question("Outcome", oneOf=options)})
    again = Context(context.env, {"rounds": 1})
    field = form["outcome"]
    assert [o.value for o in options_of(field, scope_of(form, {}, again), again)] == ["agree"]
    assert messages(form, {"outcome": "need-information"}, again) == ["Select the outcome from the list"]
    assert messages(form, {"outcome": "need-information"}, Context(context.env, {"rounds": 0})) == []


def test_options_may_come_from_the_case_with_titles_from_a_list(context):
    form = a_form({"agency": question("Agency", **{"x-options": "agencies", "x-list": "bodies"})})
    case = Context(context.env, {"agencies": ["wmp"]})
    assert [o.title for o in options_of(form["agency"], scope_of(form, {}, case), case)] == ["West Midlands Police"]
    assert messages(form, {"agency": "csc"}, case) == ["Select the agency from the list"]
    titled = a_form({"agency": question("Agency", **{"x-options": '[{value: "a", title: "Agency A"}]'})})
    assert messages(titled, {"agency": "a"}, context) == []


def test_none_excludes_the_other_answers(context):
    kinds = {**question("Kinds"), "type": "array", "items": {"enum": ["a", "none"]}}
    assert messages(a_form({"kinds": kinds}), {"kinds": ["a", "none"]}, context) == [
        "Select “None” or other answers, not both"
    ]


def test_a_computed_answer_is_never_typed(context):
    form = a_form({"reference": question("Reference", x_auto="case_reference"), "n": question("N")}, required=["n"])
    case = Context(context.env, {"case_reference": "SOL-2027-001"})
    assert settle(form, {"reference": "forged", "n": "1"}, case) == {"reference": "SOL-2027-001", "n": "1"}
    assert settle(form, {"reference": "forged", "n": "1"}, context) == {"n": "1"}


def test_rules_speak_of_dates_as_dates_and_wait_for_their_answers(context):
    rule = {"that": "aware_at <= now()", "message": "It must be in the past", "field": "aware_at"}
    form = a_form({"aware_at": question("Aware", format="local-date-time")}, **{"x-rules": [rule]})
    assert messages(form, {"aware_at": "2027-01-12T09:00"}, context) == []
    assert messages(form, {"aware_at": "2027-01-12T09:01"}, context) == ["It must be in the past"]
    assert messages(form, {}, context) == ["Enter the aware"]


def test_dates_of_the_case_compare_with_dates_of_the_form(context):
    rule = {"that": "sent_on >= opened_on", "message": "Not before the case was opened", "field": "sent_on"}
    form = a_form({"sent_on": question("Sent", format="date")}, **{"x-rules": [rule]})
    case = Context(context.env, {"opened_on": "2027-01-11"})
    assert messages(form, {"sent_on": "2027-01-10"}, case) == ["Not before the case was opened"]
    assert messages(form, {"sent_on": "2027-01-11"}, case) == []


def test_a_constraint_under_a_condition_is_told_in_the_options_own_words(context):
    form = a_form(
        {"met": choice("Met", "yes", "no"), "decision": choice("Decision", "no-review", "review")},
        allOf=[
            {
                "if": {"properties": {"met": {"const": "no"}}, "required": ["met"]},
                "then": {"properties": {"decision": {"const": "no-review"}}},
            }
        ],
    )
    assert messages(form, {"met": "no", "decision": "review"}, context) == ["Decision must be “No review”"]
    assert messages(form, {"met": "yes", "decision": "review"}, context) == []


def test_an_answer_to_no_question_is_refused_not_lost(context):
    assert messages(a_form({"a": question("A")}), {"a": "1", "b": "2"}, context) == ["This form has no question “b”"]


def test_errors_stand_in_the_order_of_the_page_one_for_each_question(context):
    form = a_form({name: question(name, minLength=5, pattern="^x") for name in ("z", "a", "m")})
    assert [e.path for e in validate(form, {"z": "1", "a": "2", "m": "3"}, context)] == [("z",), ("a",), ("m",)]


def test_defaults_come_from_feel(context):
    form = a_form(
        {
            "who": question("Who", x_default="holder"),
            "sent_on": question("Sent", format="date", x_default="now()"),
            "n": {**question("N"), "type": "integer", "x-default": "1 + 2"},
        }
    )
    case = Context(context.env, {"holder": "csc"})
    assert defaults(form, case) == {"who": "csc", "sent_on": "2027-01-12", "n": 3}
    assert "who" not in defaults(form, context)


def test_confidential_answers_are_parted_and_a_group_goes_as_a_whole():
    form = a_form(
        {"open": question("Open"), "secret": question("Secret", **{"x-sensitivity": "SC"}), "children": CHILD}
    )
    rows = [{"initials": "A.B.", "harm": "harmed"}]
    assert split(form, {"open": "1", "secret": "2", "children": rows}) == (
        {"open": "1"},
        {"secret": "2", "children": rows},
    )


def test_what_is_null_in_a_row_to_start_with_is_not_answered(context):
    rows = {
        "type": "array",
        "title": "Rows",
        "items": {"type": "object", "title": "Row", "properties": {"n": question("N")}},
    }
    form = a_form({"rows": {**rows, "x-default": '[{n: null}, {n: "1"}]', "x-widget": "compact"}})
    assert form["rows"].widget is Widget.COMPACT
    assert defaults(form, context) == {"rows": [{}, {"n": "1"}]}


def test_what_an_example_leaves_out_is_as_the_page_starts(context):
    form = a_form(
        {"n": question("N", **{"x-default": '"as it starts"'}), "m": question("M", **{"x-default": '"unseen"'})},
        examples=[{"m": "said"}],
    )
    assert merge_example(form, {}, context) == {"n": "as it starts", "m": "said"}
    assert merge_example(form, {"n": None}, context) == {"m": "said"}


def test_an_example_is_changed_by_parts_and_hidden_answers_drop_out(context):
    example = {"n": "1", "children": [{"initials": "A.B.", "harm": "harmed", "cause": "not-known"}]}
    form = a_form({"n": question("N"), "children": CHILD}, examples=[example])
    assert merge_example(form, {"n": None}, context) == {"children": [{"initials": "A.B.", "harm": "harmed"}]}
    two = merge_example(form, {"children": [{"harm": "died"}, {"initials": "C.D."}]}, context)["children"]
    assert two == [
        {"initials": "A.B.", "harm": "died", "cause": "not-known"},
        {"initials": "C.D.", "harm": "harmed"},
    ]


def test_the_incident_record_is_complete_as_its_example_has_it(incident, context):
    found = review(incident, incident.examples[0], context)
    assert found.errors == ()
    assert "death_type" not in found.answers["children"][0]
    opened, closed = split(incident, found.answers)
    assert set(opened) == {
        "source",
        "referring_organisation",
        "referrer_role",
        "referrer_contact",
        "aware_at",
        "media_interest",
    }
    assert {"children", "abuse_or_neglect", "incident_on", "outline"} <= set(closed)


def test_the_incident_record_follows_what_a_scenario_changes(incident, context):
    changes = {
        "source": "partner-referral",
        "incident_place": "elsewhere-in-england",
        "children": [{"status": "looked-after", "harm": "died"}, {"harm": "seriously-harmed"}],
    }
    answers = merge_example(incident, changes, context)
    assert validate(incident, answers, context) == []
    assert {"referrer_knew_at", "incident_la", "children_are_siblings"} <= set(answers)
    assert {"placing_la", "placement_type", "death_type"} <= set(answers["children"][0])
    assert not {"placing_la", "death_type"} & set(answers["children"][1])


def test_awareness_cannot_lie_in_the_future(incident):
    before = Context(Environment(now=datetime(2027, 1, 11, 10, 0, tzinfo=LONDON)))
    assert messages(incident, incident.examples[0], before) == [
        "The date and time the local authority became aware must be in the past"
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


NAMES = ["source", "aware_at", "incident_on", "outline", "abuse_types", "attachments", "agencies_known_to_be_involved"]
PARTS = ["initials", "born", "date_of_birth", "status", "harm", "death_type"]
CHILDREN = st.lists(st.dictionaries(st.sampled_from(PARTS), JSON, max_size=3) | JSON, max_size=2) | JSON


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@given(answers=st.dictionaries(st.sampled_from(NAMES), JSON, max_size=4), children=CHILDREN)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_answers_are_judged_in_words(answers, children, incident, context):
    found = validate(incident, {**incident.examples[0], **answers, "children": children}, context)
    assert all(error.message[0].isupper() and "[" not in error.message.partition("no question “")[0] for error in found)


SEATS = {
    "type": "array",
    "title": "Seats",
    "items": {
        "type": "object",
        "title": "Seat",
        "properties": {
            "body": question("Organisation", **{"x-list": "bodies"}),
            "arrived": question("Arrived at", pattern="^[0-2][0-9]:[0-5][0-9]$"),
            "left": question("Left at"),
        },
        "required": ["body"],
        "x-named-by": ["body"],
        "x-rules": [
            {"that": "arrived = null or left = null or arrived < left", "message": "Too early", "field": "left"}
        ],
    },
}


def test_a_rule_of_a_row_is_about_its_own_answers_and_says_which_row_in_words(context):
    form = a_form({"seats": SEATS})
    police = {"body": "wmp", "arrived": "11:30", "left": "11:00"}
    found = validate(form, {"seats": [{"body": "csc", "left": "10:00"}, police]}, context)
    assert [(error.path, error.message) for error in found] == [
        (("seats", 1, "left"), "Too early (seat 2: West Midlands Police)")
    ]
    assert found[0].words == "Too early"
    crooked = validate(form, {"seats": [{**police, "arrived": "noon"}, {}]}, context)
    assert [error.message for error in crooked] == [
        "Arrived at must be in the correct format (seat 1: West Midlands Police)",
        "Select the organisation (seat 2)",
    ]
