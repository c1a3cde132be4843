"""Joins that wait for ever and branches that go on twice: said by the check, and what the engine then really does."""

import time

import pytest
from lxml import etree

from engine.bpmn.finding import Finding
from engine.bpmn.validate import validate
from engine.check import check_all
from engine.partnership import load_partnership
from tests.bpmn.random_processes import Maker
from tests.bpmn.running import Run
from tests.check.diagrams import KNOWN
from tests.factories import (
    Part,
    boundary,
    bpmn,
    catch,
    end,
    event_based,
    exclusive,
    inclusive,
    parallel,
    start,
    sub,
    user,
)

CODES = ("waits-for-ever", "may-wait-for-ever", "goes-on-twice")
A, B, C = user("a"), user("b"), user("c")
ENDS = end("other-end")
CHOICE = "begin -> split; split -[x = 1]-> a -> join; split -> b -> join; join -> done"


def said(diagram: str) -> list[Finding]:
    found = validate(etree.fromstring(diagram.encode()), name="p", known=KNOWN)
    return [one for one in found if one.code in CODES]


def codes(*parts: Part, flow: str) -> list[str]:
    return [one.code for one in said(bpmn("p", start(), *parts, end(), flow=flow))]


@pytest.mark.parametrize(
    ("parts", "flow"),
    [
        ([exclusive("split"), A, B, parallel("join")], CHOICE),
        ([exclusive("split"), A, B, C, parallel("join")],
         "begin -> split; split -[x = 1]-> a -> join; split -[x = 2]-> b -> join; split -> c -> done; join -> done"),
        ([event_based("split"), catch("a", message="yes"), catch("b", message="no"), parallel("join")],
         "begin -> split; split -> a -> join; split -> b -> join; join -> done"),
        ([A, boundary("split", "a", timer="P1D"), B, parallel("join")],
         "begin -> a -> join; split -> b -> join; join -> done"),
        ([exclusive("more"), exclusive("split"), A, B, parallel("join"), exclusive("again")],
         "begin -> more; more -> split; split -[x = 1]-> a -> join; split -> b -> join; join -> again;"
         "again -[x = 2]-> more; again -> done"),
        ([parallel("both"), exclusive("split"), A, B, C, parallel("join")],
         "begin -> both; both -> c -> join; both -> split; split -[x = 1]-> a -> join; split -> b -> join; join -> done"),
    ],
    ids=["exclusive", "a third way out", "events", "interrupting event", "in a loop", "beside a parallel branch"],
)  # fmt: skip
def test_a_choice_that_meets_in_a_parallel_join_is_refused(parts: list[Part], flow: str) -> None:
    (found,) = said(bpmn("p", start(), *parts, end(), flow=flow))
    assert (found.code, found.element) == ("waits-for-ever", "join")
    splitting = "“A” (a)" if parts[0] is A else "split"
    assert f"and {splitting} lets only one of them go on" in found.message
    assert "Join them with an exclusive gateway" in found.message


def test_the_engine_waits_there_for_ever() -> None:
    run = Run(bpmn("p", start(), exclusive("split"), A, B, parallel("join"), end(), flow=CHOICE), data={"x": 1})
    run.do("a")
    assert (run.open, run.waiting, run.ended) == ([], [], False)


def test_it_is_said_within_sub_processes_too() -> None:
    inner = sub("inner", start("i"), exclusive("split"), A, B, parallel("join"), end("o"),
                flow=CHOICE.replace("begin", "i").replace("done", "o"))  # fmt: skip
    (found,) = said(bpmn("p", start(), inner, end()))
    assert (found.code, found.element) == ("waits-for-ever", "join")


def test_what_only_a_condition_can_prevent_is_a_remark() -> None:
    flow = "begin -> split; split -> a -> join; split -> ask; ask -[x = 1]-> b -> join; ask -> other-end; join -> done"
    (found,) = said(
        bpmn("p", start(), parallel("split"), exclusive("ask"), A, B, parallel("join"), ENDS, end(), flow=flow)
    )
    assert (found.code, found.severity, found.element) == ("may-wait-for-ever", "warning", "join")
    assert "when ask takes another way, nothing comes from “B” (b)" in found.message


def test_branches_that_meet_in_an_exclusive_gateway_go_on_one_after_the_other() -> None:
    diagram = bpmn("p", start(), parallel("split"), A, B, exclusive("merge"), C, end(),
                   flow="begin -> split; split -> a -> merge; split -> b -> merge; merge -> c -> done")  # fmt: skip
    (found,) = said(diagram)
    assert (found.code, found.severity, found.element) == ("goes-on-twice", "warning", "merge")
    assert "the branches of split meet here" in found.message
    run = Run(diagram)
    run.do("a")
    run.do("b")
    assert run.open == ["c", "c"]


@pytest.mark.parametrize(
    ("parts", "flow"),
    [
        ([parallel("split"), A, B, parallel("join")],
         "begin -> split; split -> a -> join; split -> b -> join; join -> done"),
        ([exclusive("split"), A, B, exclusive("join")], CHOICE),
        ([inclusive("split"), A, B, inclusive("join")], CHOICE),
        ([parallel("split"), A, exclusive("ask"), B, C, exclusive("merge"), parallel("join")],
         "begin -> split; split -> a -> join; split -> ask; ask -[x = 1]-> b -> merge; ask -> c -> merge; merge -> join;"
         "join -> done"),
        ([parallel("split"), A, exclusive("ask"), exclusive("back"), B, parallel("join")],
         "begin -> split; split -> a -> join; split -> back -> b -> ask; ask -[x = 1]-> back; ask -> join; join -> done"),
        ([parallel("split"), A, B, exclusive("ask"), parallel("join"), end("stop", terminate="")],
         "begin -> split; split -> a -> join; split -> b -> ask; ask -[x = 1]-> stop; ask -> join; join -> done"),
        ([A, boundary("remind", "a", timer="P1D", interrupting=False), B, exclusive("merge")],
         "begin -> a -> merge; remind -> b -> merge; merge -> done"),
        ([exclusive("back"), parallel("split"), A, B, parallel("join"), exclusive("again")],
         "begin -> back -> split; split -> a -> join; split -> b -> join; join -> again; again -[x = 1]-> back;"
         "again -> done"),
        ([A, boundary("late", "a", timer="P1D"), exclusive("merge")],
         "begin -> a -> merge; late -> merge; merge -> done"),
    ],
    ids=["parallel", "exclusive", "inclusive", "choice within a branch", "loop within a branch", "ends all",
         "beside a task", "loop around", "interrupting event"],
)  # fmt: skip
def test_what_ends_is_not_spoken_of(parts: list[Part], flow: str) -> None:
    assert codes(*parts, flow=flow) == []


@pytest.mark.parametrize("seed", range(150))
def test_processes_that_end_by_their_making_are_never_refused(seed: int) -> None:
    for diagram in Maker(seed).diagrams():
        key = "p" if 'process id="p"' in diagram else "called"
        found = validate(etree.fromstring(diagram.encode()), name=key, known=KNOWN)
        assert [one.message for one in found if one.code in CODES] == []


@pytest.mark.slow
def test_what_is_shipped_waits_for_nothing_in_vain() -> None:
    assert [one.words for one in check_all(load_partnership("solihull")) if one.finding.code in CODES] == []


@pytest.mark.timed
def test_very_many_ways_are_given_up_soon() -> None:
    choices = "; ".join(f"s -> g{n}; g{n} -[x = 1]-> a{n} -> j; g{n} -> b{n} -> j" for n in range(30))
    parts = [part for n in range(30) for part in (exclusive(f"g{n}"), user(f"a{n}"), user(f"b{n}"))]
    began = time.process_time()
    codes(*parts, parallel("s"), parallel("j"), flow=f"begin -> s; {choices}; j -> done")
    assert time.process_time() - began < 5
