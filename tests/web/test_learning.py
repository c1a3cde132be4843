"""The pages of the learning cycle: for everybody signed in, anonymous for all but a case's own access list."""

from collections.abc import Callable

import pytest
from flask import Flask

from engine import learning
from engine.clock import VirtualClock
from engine.runtime import Runtime
from engine.types import LearningKind
from tests.conftest import restored
from tests.factories import case
from tests.learned import learned, noted, publish_all, story
from tests.web.conftest import Visitor
from tests.web.test_api_files import Program
from web.app import create_app

Come = Callable[..., Visitor]


@pytest.fixture
def told(web_runtime: Runtime) -> dict[str, str]:
    with web_runtime.transaction() as session:
        publish_all(session)
        return story(session)


def test_nobody_sees_them_without_signing_in(opened_image: bytes, clock: VirtualClock) -> None:
    made = restored(opened_image, clock)  # no demonstration, where every visitor is somebody
    client = create_app(made).test_client()
    for path in ("/learning", "/learning/INP-2027-001"):
        assert client.get(path).status_code == 303
        assert client.get(f"/api/v1{path}").status_code == 401
    made.store.close()


def test_the_wheel_and_its_table_say_the_same(visitor: Come, told: dict[str, str]) -> None:
    page = visitor("lead-member").get("/learning")
    picture, table = page.split("</svg>", 2)[1:]  # the first is the mark in the header
    for stage, count in (("Experience", 0), ("Reflection", 1), ("Theorising", 1), ("Experimenting", 1)):
        said = picture[picture.index(f">{stage}</text>") :]
        assert said.split('class="lscp-wheel__count"')[1].split(">")[1].split("<")[0].strip() == str(count)
        row = table[table.index(f">{stage}</a>") :]
        assert row.split('<span class="lscp-figure">')[1].split("<")[0] == str(count)
    assert "3 learning points are open, 1 of them for the second time or more. 1 is stuck." in page
    assert "LSCP has met twice since" in page


def test_what_was_done_for_a_priority_and_the_years_meetings_are_on_it(
    visitor: Come, told: dict[str, str], web_runtime: Runtime
) -> None:
    with web_runtime.transaction() as session:
        on = case(session, "arg-cycle", {"about": "x"}, role="dcs")
        noted(session, on, "meetings-held", "1", {"group": "arg", "on": "2027-01-05", "quorate": True})
        reference = on.reference
    page = visitor("lead-member").get("/learning")
    assert "2 inputs, 1 recommendation and 1 plan" in page
    assert "2 actions done, 1 under way" in page
    assert (
        f'<a class="govuk-link" href="/learning/{told["test"]}">Are agencies told within a day?</a> tested: partly'
        in page
    )
    assert "Tuesday 19 January 2027</strong>, 10am" in page
    assert f'href="/cases/{reference}">5 January</a>' in page
    assert "Held, quorate, extra" in page


def test_nothing_yet_says_what_will_come(visitor: Come) -> None:
    one = visitor("lead-member")
    page = one.get("/learning")
    for words in ("Nothing has been recorded yet.", "Nothing is open, so nothing is stuck.", "Nothing yet"):
        assert words in page
    page = one.get("/learning?part=points")
    assert "No learning point is open." in page
    assert "One appears here when an input" in page
    assert "No learning point fits" in one.get("/learning?part=points&q=elephants")


@pytest.mark.parametrize("asked", ["q=%00%25'", "kind=idea&stage=x&state=y&page=-1", "page=99999999", "page=²"])
def test_what_is_asked_wrongly_is_taken_as_not_asked(visitor: Come, told: dict[str, str], asked: str) -> None:
    visitor("lead-member").get(f"/learning?part=points&{asked}")


def test_the_list_keeps_what_was_asked_on_its_next_page(
    visitor: Come, told: dict[str, str], web_runtime: Runtime
) -> None:
    with web_runtime.transaction() as session:
        on = case(session, "idea", role="dcs")
        for n in range(30):
            learned(session, on, LearningKind.ACTION, f"Ask ward {n}", key=str(n))
    one = visitor("lead-member")
    page = one.get("/learning?part=points&q=ward&kind=action")
    assert "Showing <strong>1</strong> to <strong>25</strong> of <strong>31</strong>" in page
    assert "part=points&amp;q=ward&amp;kind=action&amp;page=2" in page
    assert "Ask ward 29" in one.get("/learning?part=points&q=ward&kind=action&page=2") + page


def test_the_chain_says_who_has_it_since_when_and_what_came_of_what(visitor: Come, told: dict[str, str]) -> None:
    page = visitor("lead-member").get(f"/learning/{told['recommendation']}")
    now = page[page.index("Who has it now") : page.index("Its whole way")]
    assert "Chair of Assurance and Review Group" in now
    assert "Since 4 December 2026 (38 days)." in now
    assert "University Hospitals Birmingham" in now
    way = page[page.index("Its whole way") :]
    order = [
        "First time round",
        "2 inputs",
        "Recommendation",
        "Decision",
        "Plan",
        "3 actions",
        "Test",
        "Second time round",
    ]
    places = [way.index(words) for words in order]
    assert places == sorted(places)
    assert "Protocol signed by all three trusts" in way
    assert "Member of RDG" in way
    assert "Recommendation: not yet" in way[places[-1] :]
    assert f'Led to the recommendation <a class="govuk-link" href="/learning/{told["aside"]}">' in way
    assert "SECRET-1" not in page


def test_what_is_known_of_a_link_is_said_once_and_in_words(visitor: Come, web_runtime: Runtime) -> None:
    data = {
        "due": "2027-03-01", "due_on": "2027-03-01", "source_body": ["uhb", "arg", "lscp"], "good_practice": True,
        "themes": ["neglect", "made-up"], "monitor_until": "when it suits", "priority_link": "gone-by", "secret": "SECRET-2",
    }  # fmt: skip
    with web_runtime.transaction() as session:
        publish_all(session)
        on = case(session, "idea", role="dcs")
        made = learned(session, on, LearningKind.INPUT, "New", data=data)
        reference = made.reference
    one = visitor("lead-member")
    page = one.get(f"/learning/{reference}")
    assert page.count("1 March 2027") == 1
    assert "University Hospitals Birmingham, Assurance and Review Group and The partnership itself" in page
    assert "Neglect and Made up" in page
    assert "when it suits" in page
    assert "Gone by" in page
    assert "SECRET-2" not in page
    with web_runtime.transaction() as session:
        row = learning.named(session, reference)
        learning.change(row, closed=True, now=web_runtime.now())
    assert "1 March 2027" not in one.get(f"/learning/{reference}")  # nothing is due any more


def test_a_way_that_has_ended_says_so(visitor: Come, web_runtime: Runtime) -> None:
    with web_runtime.transaction() as session:
        publish_all(session)
        on = case(session, "idea", role="dcs")
        made = learned(session, on, LearningKind.INPUT, "Known already", status="no-action", closed=True).reference
    page = visitor("lead-member").get(f"/learning/{made}")
    assert "Nobody: its way has ended" in page
    assert "The way ends here" in page
    assert "not yet" not in page


def test_a_task_is_a_link_for_whoever_may_open_it(visitor: Come, web_runtime: Runtime) -> None:
    with web_runtime.transaction() as session:
        publish_all(session)
        on = case(session, "idea", role="dcs")
        made = learned(session, on, LearningKind.INPUT, "New", held_by="business-unit-officer").reference
    link = '<a class="govuk-link" href="/tasks/'
    assert link in visitor("business-unit-officer").get(f"/learning/{made}")
    page = visitor("lead-member").get(f"/learning/{made}")
    assert link not in page
    assert "Task: Triage" in page


@pytest.mark.parametrize(
    ("role", "told_of_it"),
    [
        ("dcs", True),
        ("ccg-chief-nurse", True),
        ("business-manager", True),
        ("business-unit-officer", True),
        ("independent-scrutineer", True),
        ("lead-member", False),
        ("chair-rdg", False),
        ("rdg-member", False),
        ("agency-contact", False),
        ("schools-representative", False),
        ("process-owner", False),
    ],
)
def test_the_link_to_the_case_is_for_its_access_list(
    visitor: Come, app: Flask, web_runtime: Runtime, told: dict[str, str], role: str, told_of_it: bool
) -> None:
    one, program = visitor(role), Program(app, web_runtime, role)
    for name in ("input", "late", "again"):
        page = one.get(f"/learning/{told[name]}")
        assert (f'href="/cases/{told["sealed"]}"' in page) is told_of_it
        assert ("access list" in page) is told_of_it
        answer = app.test_client().get(f"/api/v1/learning/{told[name]}", headers=program.headers)
        assert answer.json["began_in"] == ([told["sealed"]] if told_of_it else [])  # type: ignore[index]
        if not told_of_it:
            assert told["sealed"] not in page + answer.get_data(as_text=True)


def test_an_action_says_who_has_it_and_not_who_has_another(visitor: Come, told: dict[str, str]) -> None:
    one = visitor("lead-member")
    page = one.get(f"/learning/{told['late'].lower()}")
    now = page[page.index("Who has it now") : page.index("Its whole way")]
    assert now.count('class="lscp-now__who"') == 1
    assert "University Hospitals Birmingham" in now
    assert "Member of RDG for West Midlands Police" in one.get(f"/learning/{told['done']}")


def test_what_is_not_there_is_not_found(visitor: Come, app: Flask, web_runtime: Runtime, told: dict[str, str]) -> None:
    one, program = visitor("dcs"), Program(app, web_runtime, "dcs")
    for name in ("INP-1999-001", told["sealed"], "x" * 300, "%F0%9F%92%A9"):
        one.get(f"/learning/{name}", 404)
        answer = app.test_client().get(f"/api/v1/learning/{name}", headers=program.headers)
        assert answer.status_code == 404


def test_the_api_lists_points_by_kind_and_state(app: Flask, web_runtime: Runtime, told: dict[str, str]) -> None:
    program = Program(app, web_runtime, "lead-member")

    def ask(query: str) -> list[str]:
        answer = app.test_client().get(f"/api/v1/learning{query}", headers=program.headers)
        assert answer.status_code == 200
        return [row["reference"] for row in answer.json["points"]]  # type: ignore[index]

    for query in ("?knid=input", "?kind=input&state=open&colour=red"):
        answer = app.test_client().get(f"/api/v1/learning{query}", headers=program.headers)
        assert answer.status_code == 400
        assert "It takes “kind”, “state” and “page”." in answer.json["detail"]  # type: ignore[index]
    assert ask("") == [told["aside"], told["late"], told["again"]]
    assert ask("?kind=input&state=open") == [told["again"]]
    assert len(ask("?state=all")) == 11
    assert ask("?kind=plan&state=closed") == [told["plan"]]
    for query, words in (("?kind=idea", "“kind” is input, recommendation"), ("?page=0", "“page” is a number")):
        answer = app.test_client().get(f"/api/v1/learning{query}", headers=program.headers)
        assert answer.status_code == 400
        assert words in answer.json["detail"]  # type: ignore[index]
