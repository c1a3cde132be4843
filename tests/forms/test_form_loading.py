import pytest
from form_making import a_form, choice, question, when

from engine.forms import FormError, Kind, Widget


@pytest.mark.parametrize(
    ("schema", "kind", "widget"),
    [
        ({"type": "string"}, Kind.TEXT, Widget.TEXT),
        ({"type": "string", "maxLength": 4000}, Kind.TEXT, Widget.TEXTAREA),
        ({"type": "string", "format": "date"}, Kind.DATE, Widget.DATE),
        ({"type": "string", "format": "local-date-time"}, Kind.DATETIME, Widget.DATETIME),
        ({"type": "string", "format": "year-month"}, Kind.MONTH, Widget.MONTH),
        ({"type": "string", "format": "file"}, Kind.FILE, Widget.FILE),
        ({"type": "array", "items": {"type": "string", "format": "file"}}, Kind.FILES, Widget.FILE),
        ({"type": "integer"}, Kind.NUMBER, Widget.NUMBER),
        ({"type": "boolean"}, Kind.YES_NO, Widget.RADIOS),
        ({"type": "boolean", "x-widget": "tick"}, Kind.YES_NO, Widget.TICK),
        ({"type": "string", "enum": ["a", "b"]}, Kind.CHOICE, Widget.RADIOS),
        ({"type": "string", "enum": [str(n) for n in range(20)]}, Kind.CHOICE, Widget.SELECT),
        ({"type": "string", "x-list": "bodies", "x-widget": "select"}, Kind.CHOICE, Widget.SELECT),
        ({"type": "array", "items": {"type": "string"}, "x-list": "bodies"}, Kind.CHOICES, Widget.CHECKBOXES),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, Kind.CHOICES, Widget.CHECKBOXES),
        ({"type": "array", "items": {"type": "string"}}, Kind.LINES, Widget.TEXTAREA),
        ({"type": "array", "items": {"type": "object", "properties": {}}}, Kind.GROUP, Widget.GROUP),
    ],
)
def test_the_kind_and_widget_follow_from_the_schema(schema, kind, widget):
    field = a_form({"it": {"title": "It", **schema}})["it"]
    assert (field.kind, field.widget) == (kind, widget)


def test_a_conditional_question_follows_the_one_it_hangs_on():
    form = a_form(
        {"source": choice("Source", "here", "there"), "last": question("Last")},
        allOf=[
            when("source", "there", {"where": question("Where")}, "where"),
            when("where", "far", {"how_far": question("How far")}),
        ],
    )
    assert [field.name for field in form.fields] == ["source", "where", "how_far", "last"]
    assert form["where"].required
    assert not form["how_far"].may_be_required


def test_the_order_of_the_page_can_be_given():
    form = a_form(
        {"a": question("A"), "b": question("B"), "c": question("C")},
        allOf=[when("a", "x", {"d": question("D")})],
        **{"x-order": ["c", "d", "a"]},
    )
    assert [field.name for field in form.fields] == ["c", "d", "a", "b"]


def test_a_question_that_no_section_names_stays_with_the_one_before_it():
    form = a_form(
        {"a": question("A"), "b": question("B"), "c": question("C")},
        **{"x-sections": [{"title": "One", "fields": ["a"]}, {"title": "Two", "fields": ["c"]}]},
    )
    assert [(s.title, [f.name for f in s.fields]) for s in form.sections] == [("One", ["a", "b"]), ("Two", ["c"])]


def test_a_property_of_the_form_named_again_under_a_condition_is_a_constraint_not_a_question():
    form = a_form(
        {"met": choice("Met", "yes", "no"), "decision": choice("Decision", "none", "local")},
        allOf=[
            {
                "if": {"properties": {"met": {"const": "no"}}, "required": ["met"]},
                "then": {"properties": {"decision": {"const": "none"}}},
            }
        ],
    )
    assert form["decision"].conditions == ()


def test_the_names_of_case_data_that_a_form_reads_are_known():
    form = a_form({"view": question("View", x_shown_if='agency = "csc" and other != "x"'), "other": question("Other")})
    assert form.needs == {"agency"}


def test_a_form_that_cannot_be_read_names_everything_wrong_with_it():
    with pytest.raises(FormError) as raised:
        a_form(
            {
                "a": question("A", x_shown_if="1 +"),
                "b": question("B", **{"x-list": "nobody"}),
                "c": question("C", x_widget="radios"),
                "d": {"type": "object", "title": "D"},
            }
        )
    assert [word for word in ("a: x-shown-if", "“nobody”", "“radios”", "d: ") if word not in raised.value.message] == []


def test_data_of_the_case_that_is_called_like_a_function_of_feel_is_refused():
    with pytest.raises(FormError, match="matches is a function of FEEL"):
        a_form({"a": question("A", **{"x-options": "for m in matches return m.reference"})})
    a_form({"a": question("A", x_shown_if='matches("SOL-1", "SOL") and count(others) > 1')})
