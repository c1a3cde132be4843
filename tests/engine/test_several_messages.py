"""A gateway that waits for several messages goes the way of the one that came, not of the first that is drawn."""

from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from engine.commands.complete_work_item import complete_work_item
from engine.runtime import Runtime
from tests.engine.test_messages_and_timers import drain
from tests.factories import (
    NOON,
    Part,
    bpmn,
    case,
    catch,
    end,
    event_based,
    form,
    holder,
    item,
    items,
    package,
    publish,
    start,
    text,
    throw,
    user,
)

FORMS = {"begin": form({"about": text()})}


def by_hand(event: Part) -> Part:
    return replace(event, attributes={"lscp:role": "dcs", "lscp:form": "begin"})


WAITING = bpmn(
    "waiting",
    start(role="dcs"),
    throw("call", message="ready"),
    event_based("until"),
    by_hand(catch("went-well", message="well")),
    by_hand(catch("went-badly", message="badly")),
    user("rejoice"),
    user("repair"),
    end(),
    end("repaired"),
    flow="begin -> call -> until; until -> went-well -> rejoice -> done; until -> went-badly -> repair -> repaired",
)
TELLING = bpmn("telling", start("told", message="ready", same_case="true"), throw("tell", message="badly"), end())


@pytest.mark.parametrize(("event", "task"), [("went-well", "rejoice"), ("went-badly", "repair")])
def test_people_bring_the_one_they_chose(session: Session, event: str, task: str) -> None:
    publish(session, package(WAITING, forms=FORMS))
    case(session, "waiting", {"about": "x"}, role="dcs")
    complete_work_item(session, item(session, event).id, {"about": "y"}, by=holder(session, "dcs"), now=NOON)
    assert [one.element for one in items(session)] == [task]


def test_another_process_brings_the_one_it_sent(staffed: Runtime) -> None:
    with staffed.transaction() as session:
        publish(session, package(WAITING, forms=FORMS), TELLING)
        case(session, "waiting", {"about": "x"}, role="dcs")
    drain(staffed)
    with staffed.transaction() as session:
        assert [one.element for one in items(session)] == ["repair"]
