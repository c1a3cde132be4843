"""Forms on a page: what is shown, what is read back. A tiny application stands for the real one."""

import io
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, render_template_string, request
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import html
from werkzeug.datastructures import MultiDict

from engine.feel import Environment
from engine.forms import Context, Form, Option, review
from engine.types import LONDON
from web import assets
from web.forms import Action, FileRefused, FileShown, changed, file_refs, fill, form_page, read, summary, typed
from web.jinja import prepare

CONTEXT = Context(Environment(now=datetime(2027, 1, 12, 9, 0, tzinfo=LONDON)))
FORM = Path(__file__).parents[2] / "workflows/cspr/serious-incident-notification/record-incident.form.json"
MANIFEST = assets.manifest
BODIES = ("csc", "uhb", "wmp", *(f"body-{n}" for n in range(10)))
LISTS = {"bodies": [Option(one, one.upper()) for one in BODIES]}
PAGE = """{% extends "base.html" %}{% set title = page.title %}{% set errors = page.errors %}
{% from "forms/form.html" import form_body %}
{% block content %}{{ form_body(page, key="k", version="3", autosave="/draft") }}{% endblock %}"""
CHECK = """{% extends "base.html" %}{% set title = "Check your answers" %}
{% from "forms/answers.html" import check_form %}
{% block content %}{{ check_form(sections, raw=raw) }}{% endblock %}"""


@pytest.fixture(scope="module")
def incident() -> Form:
    return Form.load(json.loads(FORM.read_text("utf-8")), lists=LISTS)


@pytest.fixture(scope="module")
def app() -> Iterator[Flask]:
    app = Flask(__name__)
    prepare(app.jinja_env)
    app.jinja_env.globals["csrf_token"] = lambda: "token"
    with pytest.MonkeyPatch.context() as patch:
        built = {name: name for name in ("app.css", "app.js", "boot.js", "favicon.svg")}
        patch.setattr("web.assets.manifest", lambda: built)
        yield app


@pytest.fixture
def show(app):
    """The page of a form, parsed."""

    def show(form: Form, raw: Any = None, *, errors: Any = (), **more: Any) -> html.HtmlElement:
        with app.test_request_context():
            page = form_page(form, raw or {}, CONTEXT, errors=errors, **more)
            return html.fromstring(render_template_string(PAGE, page=page))

    return show


def small(properties: dict[str, Any], **more: Any) -> Form:
    whole = {"title": "A form", "type": "object", "properties": properties, **more}
    return Form.load(whole, lists=LISTS)


def question(title: str, **more: Any) -> dict[str, Any]:
    return {"type": "string", "title": title, "x-sensitivity": "-", **more}


def posted(page: html.HtmlElement) -> MultiDict[str, str]:
    """What a browser would send from the page as it stands."""
    return MultiDict([(name, value) for name, value in page.forms[0].form_values() if value is not None])


def test_the_example_survives_being_shown_and_posted(incident, show):
    kept = review(incident, incident.examples[0], CONTEXT).answers
    back = read(incident, posted(show(incident, fill(incident, kept))))
    found = review(incident, back.answers, CONTEXT)
    assert found.errors == ()
    assert found.answers == kept


def test_every_id_is_there_once_and_every_error_leads_to_one(incident, show):
    raw = changed(incident, {}, Action("add", "children"))
    errors = review(incident, typed(incident, raw), CONTEXT).errors
    page = show(incident, raw, errors=errors)
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    links = page.xpath("//div[contains(@class, 'error-summary')]//a/@href")
    assert len(links) == len(errors) > 20
    assert {link.removeprefix("#") for link in links} <= set(ids)
    assert page.xpath("string(//title)").startswith("Error: Record a serious incident")
    assert page.xpath("count(//h1)") == 1


def test_what_describes_a_question_exists(incident, show):
    page = show(incident, errors=review(incident, {}, CONTEXT).errors)
    described = {name for value in page.xpath("//@aria-describedby") for name in value.split()}
    assert described
    assert described <= set(page.xpath("//@id"))
    assert set(page.xpath("//label/@for")) <= set(page.xpath("//@id"))


def test_nothing_on_the_page_runs_or_styles_inline(incident, show):
    page = show(incident, fill(incident, incident.examples[0]))
    assert page.xpath("//@style | //style | //script[not(@src)] | //@*[starts-with(name(), 'on')]") == []


def test_what_was_typed_is_shown_again_as_it_was(show):
    form = small(
        {
            "on": question("Day", format="date"),
            "n": {**question("Number"), "type": "integer"},
            "text": question("Text", maxLength=2000),
        }
    )
    sent = MultiDict({"on-day": "31x", "on-month": "Feb", "on-year": "2027", "n": "two", "text": " a\r\n\r\n  <b> & c"})
    back = read(form, sent)
    page = show(form, back.raw, errors=review(form, back.answers, CONTEXT).errors)
    again = posted(page)
    assert {name: again[name] for name in sent if name != "text"} == {n: v for n, v in sent.items() if n != "text"}
    assert page.get_element_by_id("text").text == " a\n\n  <b> & c"
    assert "govuk-input--error" in page.get_element_by_id("on-day").get("class")
    assert "Enter" not in page.text_content()


def test_a_text_box_inside_an_option_gains_no_blanks_from_the_markup_around_it(show):
    why = question("Why", maxLength=2000)
    clause = {
        "if": {"properties": {"ok": {"const": "no"}}, "required": ["ok"]},
        "then": {"properties": {"why": why}, "required": ["why"]},
    }
    form = small({"ok": question("OK", oneOf=[{"const": "yes"}, {"const": "no"}])}, allOf=[clause])
    page = show(form, fill(form, {"ok": "no", "why": "\none\ntwo\n\nthree"}))
    box = page.get_element_by_id("why")
    assert box.getparent().getparent().get("id") == "conditional-ok-2"
    assert box.text.removeprefix("\n") == "\none\ntwo\n\nthree"


def test_a_question_that_hangs_on_several_options_says_so_to_script_and_reader(incident, show):
    page = show(incident)
    wrapper = page.get_element_by_id("abuse_types").xpath("ancestor::div[@data-shown-when]")[0]
    assert json.loads(wrapper.get("data-shown-when")) == [["abuse_or_neglect", ["known", "suspected"]]]
    assert "lscp-conditional--hidden" in wrapper.get("class")
    assert "is “Known” or “Suspected”" in wrapper.text_content()
    shown = show(incident, {"abuse_or_neglect": ["known"]})
    wrapper = shown.get_element_by_id("abuse_types").xpath("ancestor::div[@data-shown-when]")[0]
    assert "lscp-conditional--hidden" not in wrapper.get("class")


def test_a_question_that_the_case_rules_out_is_not_on_the_page(show):
    form = small({"a": question("A", **{"x-shown-if": "rounds > 1"}), "b": question("B")})
    assert show(form).xpath("//input[@type='text']/@name") == ["b"]


def test_options_that_hang_on_answers_of_this_page_are_offered_and_judged_later(show):
    options = [{"const": "x"}, {"const": "y", "x-offered-if": 'a = "1"'}, {"const": "z", "x-offered-if": "rounds = 0"}]
    form = small({"a": question("A"), "b": question("B", oneOf=options)})
    assert show(form).xpath("//input[@name='b']/@value") == ["x", "y"]


def test_optional_questions_are_called_so_and_required_ones_not(show):
    form = small(
        {"a": question("Alpha"), "b": question("Beta"), "c": question("Gamma", **{"x-required-if": 'a = "1"'})},
        required=["a"],
    )
    labels = [label.text_content().strip() for label in show(form).xpath("//label")]
    assert labels == ["Alpha", "Beta (optional)", "Gamma"]


def test_enter_presses_the_main_button(incident, show):
    assert show(incident).xpath("//form//button/@value")[0] == "submit"


def test_rows_are_added_and_removed_with_all_that_was_typed(incident):
    raw = {"children-rows": ["1"], "children-0-initials": ["A.B."], "outline": ["text"]}
    raw = changed(incident, raw, Action("add", "children"))
    raw = changed(incident, {**raw, "children-1-initials": ["C.D."]}, Action("add", "children"))
    assert raw["children-rows"] == ["3"]
    raw = changed(incident, raw, Action("remove", "children", "0"))
    assert raw == {"children-rows": ["2"], "children-0-initials": ["C.D."], "outline": ["text"]}
    assert changed(incident, raw, Action("remove", "children", "7")) == raw
    assert changed(incident, raw, Action("add", "outline")) == raw


def test_the_buttons_for_rows_follow_the_limits(show):
    row = {"type": "object", "title": "Vote", "properties": {"for": question("For")}}
    form = small({"votes": {"type": "array", "title": "Votes", "minItems": 2, "maxItems": 3, "items": row}})
    assert show(form).xpath("//button[contains(@value, 'votes')]/@value") == ["add:votes"]
    three = show(form, {"votes-rows": ["3"]})
    assert three.xpath("//button[contains(@value, 'votes')]/@value") == [f"remove:votes:{n}" for n in range(3)]
    assert three.get_element_by_id("votes-2-for") is not None


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("3pm", "15:00"),
        ("3.30 PM", "15:30"),
        ("1530", "15:30"),
        ("15:30", "15:30"),
        ("9:05am", "09:05"),
        ("12am", "00:00"),
        ("midday", "12:00"),
        ("930", "09:30"),
        ("25:00", "25:00"),
        ("13pm", "13pm"),
        ("", ""),
    ],
)
def test_a_time_is_read_however_people_write_it(text, time):
    form = small({"at": question("At", format="local-date-time")})
    raw = {"at-day": ["4"], "at-month": ["january"], "at-year": ["2027"], "at-time": [text]}
    assert typed(form, raw) == {"at": f"2027-01-04T{time}"}


@pytest.mark.parametrize(("text", "value"), [("1,200", 1200), ("£3.50", 3.5), ("x", "x"), ("", None), ("1e9", "1e9")])
def test_a_number_is_read_however_people_write_it(text, value):
    form = small({"n": {**question("N"), "type": "number"}})
    assert typed(form, {"n": [text]}).get("n") == value


def test_ticks_lists_and_lines_become_values():
    form = small(
        {
            "read": {**question("Read"), "type": "boolean", "x-widget": "tick"},
            "agree": {**question("Agree"), "type": "boolean"},
            "bodies": {**question("Bodies"), "type": "array", "items": {"type": "string"}, "x-list": "bodies"},
            "others": {**question("Others"), "type": "array", "items": {"type": "string"}},
        }
    )
    assert typed(form, {}) == {"read": False, "bodies": [], "others": []}
    raw = {"read": ["true"], "agree": ["false"], "bodies": ["csc", "uhb", "csc"], "others": [" one \n\ntwo\n"]}
    assert typed(form, raw) == {"read": True, "agree": False, "bodies": ["csc", "uhb"], "others": ["one", "two"]}
    assert fill(form, typed(form, raw)) == {**raw, "bodies": ["csc", "uhb"], "others": ["one\ntwo"]}


@given(data=st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_posted_is_shown_again(data, incident, show):
    names = ["aware_at-day", "aware_at-time", "outline", "source", "attachments", "children-rows", "incident_on-year"]
    names += [f"children-0-{f.name}" for f in incident["children"].fields] + ["children-0-date_of_birth-month"]
    text = st.text(max_size=8) | st.sampled_from(["1", "looked-after", "died", "yes", "\r\n<x>"])
    sent = data.draw(st.dictionaries(st.sampled_from(names), text, max_size=8))
    back = read(incident, MultiDict({**sent, "_action": data.draw(text)}))
    found = review(incident, back.answers, CONTEXT)
    page = show(incident, back.raw, errors=found.errors)
    assert page.xpath("count(//h1)") == 1
    assert summary(incident, found.answers, CONTEXT)


def test_only_names_of_questions_are_read(incident):
    back = read(incident, MultiDict({"csrf_token": "t", "_action": "save", "_key": "k", "other": "1", "outline": "x"}))
    assert back.action == Action("save")
    assert set(back.raw) == {"outline"}


def test_files_are_kept_refused_and_removed(app, incident, show):
    def keep(path, upload):
        if upload.filename.endswith(".exe"):
            raise FileRefused("The file must be a PDF")
        return upload.filename.removesuffix(".pdf")

    data = {"attachments": [(io.BytesIO(b"x"), "one.pdf"), (io.BytesIO(b"x"), "bad.exe"), (io.BytesIO(b""), "")]}
    with app.test_request_context(method="POST", data=data):
        back = read(incident, request.form, request.files, keep=keep)
    assert back.answers["attachments"] == ["one"]
    assert file_refs(incident, back.raw) == {"one"}
    assert [e.message for e in back.refused] == ["The file must be a PDF"]
    page = show(incident, back.raw, name_file=lambda ref: FileShown(ref, f"{ref} & more.pdf"))
    assert "one & more.pdf" in page.text_content()
    assert page.forms[0].get("enctype") == "multipart/form-data"
    assert changed(incident, back.raw, Action.read("drop:attachments:one"))["attachments"] == []


def test_answers_are_told_back_in_words(incident):
    kept = review(incident, incident.examples[0], CONTEXT).answers
    sections = summary(incident, kept, CONTEXT)
    told = {row.title: row.words for section in sections for block in section.blocks for row in block.rows}
    assert told["When did the local authority become aware of the incident?"] == "11 January 2027 at 10:20am"
    assert told["Date of the incident"] == "30 March 2026"
    assert told["Organisation that reported the incident"] == "CSC"
    assert told["Organisations known to be involved with the family"] == "CSC\nUHB"
    assert told["Other local authorities to tell"] == "Not answered"
    cards = [item for section in sections for block in section.blocks for item in block.items]
    assert [card.title for card in cards] == ["Child 1"]
    assert ("Date of birth", "14 June 2022") in [(row.title, row.words) for row in cards[0].rows]
    assert "Month the baby is due" not in [row.title for row in cards[0].rows]


def test_an_option_that_is_offered_no_more_is_spelled_out():
    form = small({"vote": {**question("Vote"), "x-options": "options"}})
    titled = Context(CONTEXT.env, {"options": [{"value": "no-cspr", "title": "No review"}]})
    for context, words in ((titled, "No review"), (CONTEXT, "No CSPR")):
        assert summary(form, {"vote": "no-cspr"}, context)[0].blocks[0].rows[0].words == words


def test_the_check_page_can_carry_the_answers_itself(app, incident):
    raw = fill(incident, review(incident, incident.examples[0], CONTEXT).answers)
    raw = {**raw, "outline": ["one\n\ntwo <b>"]}
    with app.test_request_context():
        sections = summary(incident, typed(incident, raw), CONTEXT)
        page = html.fromstring(render_template_string(CHECK, sections=sections, raw=raw))
    assert page.xpath("count(//b)") == 0
    assert typed(incident, read(incident, posted(page)).raw) == typed(incident, raw)
    assert page.xpath("//form//button/@value") == ["confirm", "change"]


def test_an_asset_that_was_not_built_is_said_plainly(monkeypatch, tmp_path):
    monkeypatch.setattr(assets, "BUILT", tmp_path)
    monkeypatch.setattr(assets, "manifest", MANIFEST)
    with pytest.raises(assets.AssetsMissing, match="has not been built"):
        assets.asset("app.css")
    (tmp_path / "manifest.json").write_text('{"app.css": "app-1.css"}')
    assert assets.asset("app.css") == "/static/dist/app-1.css"


ROWS = {
    "type": "array",
    "title": "Seats",
    "items": {
        "type": "object",
        "title": "Seat",
        "properties": {"body": question("Organisation", **{"x-list": "bodies", "x-widget": "select"})},
        "x-named-by": ["body"],
    },
}
ONE_AT_LEAST = {"that": 'count(seats[body = "wmp"]) > 0', "message": "Name the police", "field": "seats"}


def test_rows_are_known_by_what_was_answered_in_them(show):
    form = small({"seats": ROWS})
    page = show(form, {"seats-rows": ["2"], "seats-0-body": ["uhb"]})
    assert [legend.text for legend in page.xpath("//legend")] == ["Seat 1: UHB", "Seat 2"]
    assert page.xpath("//button[@value='remove:seats:0']")[0].text_content() == "Remove Seat 1: UHB"
    (card,) = summary(form, {"seats": [{"body": "uhb"}]}, CONTEXT)[0].blocks[0].items
    assert card.title == "Seat 1: UHB"


def test_a_rule_about_a_group_leads_to_the_group_and_to_its_button_where_it_has_no_row(show):
    form = small({"seats": ROWS}, **{"x-rules": [ONE_AT_LEAST]})
    for count, target in (("1", "seats"), ("0", "seats-add")):
        raw = {"seats-rows": [count]}
        page = show(form, raw, errors=review(form, typed(form, raw), CONTEXT).errors)
        assert page.xpath("//div[contains(@class, 'error-summary')]//a/@href") == [f"#{target}"]
        assert page.get_element_by_id(target) is not None


def test_what_is_only_shown_has_no_link_to_change_it(app):
    form = small({"told": question("Told", **{"x-auto": '"Known"'}), "why": question("Why")})
    kept = review(form, {"why": "So"}, CONTEXT).answers
    with app.test_request_context():
        sections = summary(form, kept, CONTEXT)
        page = html.fromstring(render_template_string(CHECK.replace("raw=raw", "change='/here'"), sections=sections))
    assert [row.text_content() for row in page.xpath("//dt")] == ["Told", "Why"]
    assert page.xpath("//dl//a/@href") == ["/here#why"]
