"""The two tables of the notification, over every combination of what they read (DOMAIN 9.1, 9.2)."""

from datetime import datetime
from itertools import product
from typing import Any

import pytest

from engine.bpmn.dmn import read_decisions
from engine.feel import CompiledModel, Environment, compile_model, to_plain
from engine.types import LONDON
from workflows import bundled

FOLDER = bundled() / "cspr" / "serious-incident-notification"
ENV = Environment(now=datetime(2027, 6, 7, 9, tzinfo=LONDON))
Care = tuple[str, str | None]
CARE: tuple[Care, ...] = (
    ("none", None),
    ("looked-after", "solihull"),
    ("looked-after", "other"),
    ("care-leaver", "solihull"),
    ("care-leaver", "other"),
)
HARM = ("died", "seriously-harmed", "other")
ABUSE = ("known", "suspected", "neither", "not-yet-known")
PLACES = ("in-solihull", "elsewhere-in-england", "outside-england")


def model(name: str) -> CompiledModel:
    return compile_model(read_decisions((FOLDER / f"{name}.dmn").read_bytes(), name=name))


@pytest.fixture(scope="module")
def duties() -> CompiledModel:
    return model("notification-duty")


@pytest.fixture(scope="module")
def forms() -> CompiledModel:
    return model("notification-form-count")


def child(age: int | None, status: str = "none", keeper: str | None = None, harm: str = "died") -> dict[str, Any]:
    """On 1 June 2027; an age of None is an unborn child."""
    born = {"born": "yes", "date_of_birth": f"{2027 - (age or 0)}-05-01"}
    if age is None:
        born = {"born": "unborn", "unborn_due_month": "2027-09"}
    return {"initials": "A.B.", **born, "status": status, "harm": harm, **({"placing_la": keeper} if keeper else {})}


def duty(
    table: CompiledModel, children: list[dict[str, Any]], abuse: str, place: str = "in-solihull", lives: str = "yes"
) -> Any:
    given = {"children": children, "abuse_or_neglect": abuse, "incident_place": place}
    given |= {"normally_resident_in_solihull": lives, "incident_on": "2027-06-01"}
    return to_plain(table.evaluate("notification-duty", given, env=ENV))


def as_the_domain_says(age: int | None, care: Care, harm: str, abuse: str, place: str, lives: str) -> str:
    """DOMAIN 9.1 in plain Python, with the two readings of the process's README."""
    if age is not None and age >= 18:
        leaver = age <= 24 and care == ("care-leaver", "solihull") and harm == "died"
        return "notify-care-leaver-death" if leaver else "not-notifiable"
    if harm == "other":
        return "not-notifiable"
    if abuse == "not-yet-known":
        return "dcs-judges"
    if abuse == "neither":
        if harm == "died" and care[0] == "looked-after":
            return "notify-lac-death" if care[1] == "solihull" else "other-la-notifies"
        return "not-notifiable"
    if place == "outside-england":
        return {"yes": "must-notify-panel", "no": "not-notifiable", "not-known": "dcs-judges"}[lives]
    return "must-notify-panel" if place == "in-solihull" else "other-la-notifies"


@pytest.mark.parametrize("age", [None, 0, 17, 18, 24, 25, 40])
def test_the_table_answers_every_combination_as_the_domain_does(duties: CompiledModel, age: int | None) -> None:
    for care, harm, abuse, place, lives in product(CARE, HARM, ABUSE, PLACES, ("yes", "no", "not-known")):
        found = duty(duties, [child(age, *care, harm)], abuse, place, lives)
        wanted = as_the_domain_says(age, care, harm, abuse, place, lives)
        assert found["outcome"] == wanted, (care, harm, abuse, place, lives)
        assert found["panel"] is (found["outcome"] in ("must-notify-panel", "dcs-judges"))


def test_a_birthday_counts_on_the_day_of_the_incident(duties: CompiledModel) -> None:
    leaver = child(25, "care-leaver", "solihull")
    for born, outcome in (("2002-06-02", "notify-care-leaver-death"), ("2002-06-01", "not-notifiable")):
        assert duty(duties, [{**leaver, "date_of_birth": born}], "neither")["outcome"] == outcome


def test_the_most_significant_duty_counts_and_a_death_is_reported_beside_it(duties: CompiledModel) -> None:
    children = [child(10, "looked-after", "solihull"), child(5, harm="seriously-harmed")]
    for abuse, outcome, beside in (("suspected", "must-notify-panel", True), ("neither", "notify-lac-death", False)):
        found = duty(duties, children, abuse)
        assert (found["outcome"], found["death_notice"], found["also_death_notice"]) == (outcome, True, beside)


@pytest.mark.parametrize(
    ("died", "harmed", "siblings", "operation", "wanted"),
    [
        (0, 1, None, None, 1),
        (1, 0, None, None, 1),
        (1, 2, "yes", "no", 2),
        (0, 3, "no", "no", 3),
        (0, 3, "not-known", "no", 3),
        (2, 0, "no", "no", 2),
        (1, 2, "no", "no", 3),
        (0, 12, "no", "yes", 1),
        (1, 12, "no", "yes", 2),
        (0, 0, None, None, 1),
    ],
)
def test_how_many_forms(
    forms: CompiledModel, died: int, harmed: int, siblings: str | None, operation: str | None, wanted: int
) -> None:
    children = [child(5)] * died + [child(6, harm="seriously-harmed")] * harmed or [child(7, harm="other")]
    given = {"children": children, "children_are_siblings": siblings, "large_cse_operation": operation}
    assert to_plain(forms.evaluate("notification-form-count", given, env=ENV)) == wanted
