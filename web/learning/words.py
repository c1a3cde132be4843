"""Learning points in words: kinds, rounds, who has them, and what is known of them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from engine.forms.telling import spelled
from engine.partnership import Partnership
from engine.queries.holding import Held
from engine.types import LearningKind
from engine.working_time import london_day
from web.jinja import day, listed
from web.words import ORDINALS

KINDS = {
    LearningKind.INPUT: "Input",
    LearningKind.RECOMMENDATION: "Recommendation",
    LearningKind.DECISION: "Decision",
    LearningKind.PLAN: "Plan",
    LearningKind.ACTION: "Action",
    LearningKind.TEST: "Test",
}
NEXT = {
    LearningKind.RECOMMENDATION: "The group that reflects on it may recommend a change.",
    LearningKind.DECISION: "The partnership decides whether it is taken forward.",
    LearningKind.PLAN: "A plan says what will be done, by whom, and how we will know that it worked.",
    LearningKind.ACTION: "Each action is done, with evidence that somebody else accepts.",
    LearningKind.TEST: "It is tested whether things are better for children. The result is an input again.",
}


def count_words(count: int, one: str, many: str | None = None) -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def days_words(days: int) -> str:
    return count_words(days, "day") if days else "today"


def round_words(loop: int) -> str:
    return f"{ORDINALS[loop - 1] if loop <= len(ORDINALS) else f'{loop}th'} time round"


def status_words(status: str) -> str:
    words = spelled(status.replace("_", "-"))
    return words[:1].upper() + words[1:]


@dataclass(frozen=True)
class Holder:
    who: str
    since: date
    days: int
    task: str | None
    work_item_id: Any

    @property
    def since_words(self) -> str:
        return f"since {day(self.since)}" + (f" ({days_words(self.days)})" if self.days else " (today)")


def holder(held: Held | None, *, now: datetime) -> Holder | None:
    if held is None:
        return None
    role = held.role or "Nobody is named"
    who = f"Nobody: {role} is vacant" if held.vacant else role
    if held.person is not None and held.person != held.role:
        who = f"{held.person}, {role}"
    if held.body is not None and held.body not in who:
        who = f"{who} for {held.body}"
    since = london_day(held.since)
    return Holder(who, since, (london_day(now) - since).days, held.task, held.work_item_id)


# What is known of a link


def _options(name: str) -> Callable[[Any, Partnership], str]:
    def words(value: Any, partnership: Partnership) -> str:
        titles = {row["value"]: row["title"] for row in partnership.lists.get(name, ())}
        return listed([titles.get(str(one), status_words(str(one))) for one in _each(value)])

    return words


def _each(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else [value]


def _text(value: Any, _partnership: Partnership) -> str:
    return listed([str(one) for one in _each(value)])


def _choice(value: Any, _partnership: Partnership) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return listed([status_words(str(one)) for one in _each(value)])


def _body(value: Any, partnership: Partnership) -> str:
    """An organisation, a group of the partnership, or a source outside."""
    titles = {group.id: group.name for group in partnership.groups.values()}
    titles |= {row["value"]: row["title"] for row in partnership.lists.get("outside-sources", ())}
    return listed([titles.get(str(one)) or partnership.body_name(str(one)) for one in _each(value)])


def _role(value: Any, partnership: Partnership) -> str:
    return partnership.role_name(str(value))


def _date(value: Any, _partnership: Partnership) -> str:
    try:
        return day(date.fromisoformat(str(value)[:10]))
    except ValueError:
        return str(value)


Fact = tuple[str, Callable[[Any, Partnership], str], bool]  # label, how it is said, whether it is said on every page

FACTS: Mapping[str, Fact] = {
    "input_type": ("Source", _options("input-types"), True),
    "source_body": ("Sent by", _body, True),
    "summary": ("In short", _text, False),
    "change_wanted": ("What is to change", _text, True),
    "proposed_kinds": ("Proposed", _options("delivery-kinds"), False),
    "decision": ("Decided", _choice, False),
    "objective": ("Objective", _text, True),
    "outcome_measure": ("How we will know", _text, True),
    "delivery_kind": ("How", _options("delivery-kinds"), True),
    "due_on": ("Due", _date, True),
    "due": ("Due", _date, True),
    "evidence": ("Evidence", _text, True),
    "accepted_on": ("Evidence accepted", _date, True),
    "accepted_by_role": ("Accepted by", _role, True),
    "returned_reason": ("Returned because", _text, True),
    "measure": ("Measured by", _text, True),
    "baseline": ("Before", _text, True),
    "target": ("Target", _text, True),
    "result": ("Result", _text, True),
    "judgement": ("Judged", _choice, True),
    "outcome": ("Outcome", _choice, False),
    "outcome_reason": ("Why", _text, True),
    "monitor_until": ("Monitored until", _date, True),
    "question": ("Asked", _text, True),
    "asked_answer": ("Answered", _text, True),
    "lscp_question": ("LSCP asked", _text, True),
    "arg_answer": ("ARG answered", _text, True),
    "decision_reasons": ("Reasons", _text, True),
    "delivered_on": ("Delivered", _date, True),
    "stop_reason": ("Stopped because", _text, True),
    "judged_on": ("Judged on", _date, False),
    "reasons": ("Reasons", _text, True),
    "meeting_on": ("For the meeting on", _date, False),
    "concern_level": ("Concern", _choice, False),
    "good_practice": ("Good practice", _choice, False),
    "effort": ("Effort", _choice, False),
    "urgency": ("Urgency", _choice, False),
    "lead_suggested": ("Lead suggested", _body, False),
    "rank": ("Rank", _text, False),
    "report_back_on": ("Reports back on", _date, False),
    "themes": ("Themes", _options("themes"), False),
}


BESIDE = {"accepted_by_role": "accepted_by_body"}  # of which body somebody was
WHILE_OPEN = ("due_on", "due", "monitor_until", "meeting_on")


def facts(data: Mapping[str, Any], partnership: Partnership, *, every: bool, closed: bool) -> list[dict[str, str]]:
    """`every`: for the link that the page is about; the others say the main things."""

    def told(name: str, words: Callable[[Any, Partnership], str]) -> str:
        body = partnership.body_name(data.get(BESIDE.get(name, "")))
        return words(data[name], partnership) + (f" for {body}" if body else "")

    said = {
        (label, told(name, words)): None  # what two names say alike is said once
        for name, (label, words, always) in FACTS.items()
        if (every or always) and data.get(name) not in (None, "", []) and not (closed and name in WHILE_OPEN)
    }
    return [{"key": label, "value": value} for label, value in said]
