"""Many of one: multi-instance with `lscp:in`, `each`, `collect`, `as`, and standard loops."""

import pytest

from engine.bpmn import execute
from tests.bpmn.running import Run
from tests.factories import FakeWorld, boundary, bpmn, each, end, exclusive, parallel, repeat, script, start, sub, user

AGENCIES = {"agencies": [{"id": "csc", "name": "Care"}, {"id": "wmp", "name": "Police"}]}
RETURNS = each("=agencies", "agency", collect="returns", as_="={id: agency.id, said: said}")


def process(loop: str, **more: str) -> str:
    return bpmn("p", start(), user("ask", loop=loop, **more), user("last"), end())


# All at once


def test_every_item_has_its_task_with_its_own_variable() -> None:
    run = Run(process(RETURNS), data=AGENCIES)
    assert [t.facts for t in run.step.open_tasks] == [{"agency": a} for a in AGENCIES["agencies"]]
    assert [t.data["agency"] for t in run.step.open_tasks] == AGENCIES["agencies"]


def test_the_list_is_collected_in_the_order_of_the_answers() -> None:
    run = Run(process(RETURNS), data=AGENCIES)
    run.do("ask", {"said": "second"}, agency=AGENCIES["agencies"][1])
    assert run.open == ["ask"]
    run.do("ask", {"said": "first"}, agency=AGENCIES["agencies"][0])
    assert run.task("last").data["returns"] == [{"id": "wmp", "said": "second"}, {"id": "csc", "said": "first"}]


def test_neither_the_variable_nor_the_answers_remain_after_the_loop() -> None:
    run = Run(process(RETURNS), data=AGENCIES)
    for _ in range(2):
        run.do("ask", {"said": "x"})
    assert set(run.task("last").data) == {"agencies", "returns"}


def test_what_is_collected_by_default_is_empty_text_and_without_collect_nothing() -> None:
    run = Run(process(each("=agencies", "agency")), data=AGENCIES)
    for _ in range(2):
        run.do("ask", {"said": "x"})
    assert set(run.task("last").data) == {"agencies"}


@pytest.mark.parametrize("sequential", [False, True])
def test_an_empty_list_asks_nobody_and_collects_an_empty_list(sequential: bool) -> None:
    run = Run(
        process(each("=agencies", "agency", collect="returns", as_="=1", sequential=sequential)), data={"agencies": []}
    )
    assert run.open == ["last"]
    assert run.task("last").data["returns"] == []


def test_a_variable_shadows_data_of_the_same_name_and_gives_it_back() -> None:
    run = Run(process(each("=agencies", "agency", collect="returns", as_="=agency")),
              data={"agencies": ["a", "b"], "agency": "outer", "returns": ["old"]})  # fmt: skip
    for agency in ("a", "b"):
        run.do("ask", agency=agency)
    assert run.task("last").data == {"agencies": ["a", "b"], "agency": "outer", "returns": ["a", "b"]}


def test_the_collection_is_counted_once_however_its_data_changes() -> None:
    run = Run(process(each("=agencies", "agency", collect="returns", as_="=agency", sequential=True)),
              data={"agencies": ["a", "b"]})  # fmt: skip
    run.do("ask", {"agencies": ["a", "b", "c", "d"]})
    run.do("ask")
    assert run.open == ["last"]
    assert run.task("last").data == {"agencies": ["a", "b"], "returns": ["a", "b"]}


def test_until_ends_the_loop_and_the_rest_are_not_asked_any_more() -> None:
    run = Run(process(each("=[1, 2, 3]", "n", collect="said_all", as_="=said", until='=said = "enough"')))
    assert run.open == ["ask"] * 3
    run.do("ask", {"said": "go on"}, n=2)
    assert run.open == ["ask"] * 2
    run.do("ask", {"said": "enough"}, n=3)
    assert run.open == ["last"]
    assert run.task("last").data["said_all"] == ["go on", "enough"]


# One after the other


def test_sequential_rounds_come_one_after_the_other() -> None:
    run = Run(process(each("=[1, 2, 3]", "n", collect="all_n", as_="=n * 10", sequential=True)))
    for n in (1, 2, 3):
        assert [t.facts for t in run.step.open_tasks] == [{"n": n}]
        run.do("ask")
    assert run.task("last").data == {"all_n": [10, 20, 30]}


def test_until_ends_sequential_rounds_too() -> None:
    run = Run(process(each("=[1, 2, 3]", "n", collect="all_n", as_="=n", sequential=True, until="=n = 2")))
    run.do("ask")
    run.do("ask")
    assert run.task("last").data == {"all_n": [1, 2]}


def test_null_is_an_item_like_any_other() -> None:
    for sequential in (False, True):
        run = Run(process(each("=[1, null, 3]", "n", collect="all_n", as_="=n", sequential=sequential)))
        for _ in range(3):
            run.do("ask")
        assert run.task("last").data == {"all_n": [1, None, 3]}


# Loops of sub-processes, loops in loops

STAGE = sub(
    "stage", start("s1"), user("first"), script("mark", "{marked: agency}"), user("second"), end("s2"),
    loop=each("=agencies", "agency", collect="returns", as_="=marked + said"),
)  # fmt: skip


def test_a_loop_of_subprocesses_keeps_its_rounds_apart() -> None:
    run = Run(bpmn("p", start(), STAGE, user("last"), end()), data={"agencies": ["a", "b"]})
    run.do("first", agency="b")
    run.do("second", {"said": "!"}, agency="b")
    assert [t.facts for t in run.step.open_tasks] == [{"agency": "a"}]
    run.do("first", agency="a")
    run.do("second", {"said": "?"}, agency="a")
    assert run.task("last").data["returns"] == ["b!", "a?"]


def test_the_facts_of_a_loop_in_a_loop_are_those_of_both() -> None:
    inner = user("ask", loop=each("=agency.people", "person", collect="said_all", as_="=person"))
    outer = sub("stage", start("s1"), inner, end("s2"),
                loop=each("=agencies", "agency", collect="returns", as_="=said_all"))  # fmt: skip
    agencies = [{"id": "a", "people": ["x", "y"]}, {"id": "b", "people": ["z"]}]
    run = Run(bpmn("p", start(), outer, user("last"), end()), data={"agencies": agencies})
    found = sorted((t.facts["agency"]["id"], t.facts["person"]) for t in run.step.open_tasks)
    assert found == [("a", "x"), ("a", "y"), ("b", "z")]
    for person in ("y", "z", "x"):
        run.do("ask", person=person)
    assert run.task("last").data["returns"] == [["z"], ["y", "x"]]


def test_an_inner_variable_of_the_same_name_shadows_the_outer_one() -> None:
    inner = user("ask", loop=each("=n", "n", collect="inner_all", as_="=n"))
    outer = sub(
        "stage", start("s1"), inner, end("s2"), loop=each("=[[1, 2], [3]]", "n", collect="all_n", as_="=inner_all")
    )
    run = Run(bpmn("p", start(), outer, user("last"), end()))
    assert sorted(t.facts["n"] for t in run.step.open_tasks) == [1, 2, 3]
    for n in (2, 3, 1):
        run.do("ask", n=n)
    assert run.task("last").data["all_n"] == [[3], [2, 1]]


def test_facts_of_a_loop_reach_tasks_behind_a_split_in_it_and_events_around_it() -> None:
    stage = sub(
        "stage", start("s1"), parallel("split"), user("a"), user("b"), parallel("join"), end("s2"),
        flow="s1 -> split -> a -> join; split -> b -> join; join -> s2",
        loop=each("=[1, 2]", "n", collect="all_n", as_="=n"),
    )  # fmt: skip
    run = Run(bpmn("p", start(), stage, user("last"), boundary("late", "stage", timer="PT1H", interrupting=False),
                   end(), end("late-done"), flow="begin -> stage -> last -> done; late -> late-done"))  # fmt: skip
    assert sorted((t.element.id, t.facts["n"]) for t in run.step.open_tasks) == [("a", 1), ("a", 2), ("b", 1), ("b", 2)]
    assert all(w.facts == {} for w in run.step.waiting)


def test_a_loop_inside_another_turn_of_a_circle_begins_its_list_afresh() -> None:
    run = Run(
        bpmn(
            "p",
            start(),
            user("ask", loop=each("=[1, 2]", "n", collect="all_n", as_="=said")),
            user("check"),
            exclusive("again"),
            user("last"),
            end(),
            flow="begin -> ask -> check -> again -[more]-> ask; again -> last -> done",
        )
    )
    for said, more in (("x", True), ("y", False)):
        run.do("ask", {"said": said})
        run.do("ask", {"said": said})
        assert run.task("check").data["all_n"] == [said, said]
        run.do("check", {"more": more})
    assert run.open == ["last"]


def test_a_boundary_event_on_a_loop_ends_all_its_rounds() -> None:
    run = Run(bpmn("p", start(), user("ask", loop=each("=[1, 2]", "n", collect="all_n", as_="=n")), user("last"),
                   boundary("late", "ask", timer="PT1H"), end(), end("late-done"),
                   flow="begin -> ask -> last -> done; late -> late-done"))  # fmt: skip
    run.do("ask")
    run.fire("late")
    assert run.ended


# Standard loops


def test_a_standard_loop_goes_on_while_its_condition_holds() -> None:
    run = Run(bpmn("p", start(), user("ask", loop=repeat("again")), user("last"), end()))
    run.do("ask", {"again": True, "list": [1, 2, 3]})
    assert run.task("ask").data["list"] == [1, 2, 3]
    run.do("ask", {"again": False, "list": [3]})
    assert run.task("last").data == {"again": False, "list": [3]}


def test_a_standard_loop_that_tests_first_may_ask_nobody() -> None:
    run = Run(
        bpmn("p", start(), user("ask", loop=repeat("again", first=True)), user("last"), end()), data={"again": False}
    )
    assert run.open == ["last"]


def test_a_standard_loop_ends_at_its_greatest_number_of_rounds() -> None:
    run = Run(bpmn("p", start(), user("ask", loop=repeat("true", most=2)), user("last"), end()))
    run.do("ask")
    run.do("ask")
    assert run.open == ["last"]


def test_a_standard_loop_of_a_subprocess_sees_what_the_round_before_left() -> None:
    stage = sub("stage", start("s1"), user("ask"), script("count", "{n: n + 1}"), end("s2"), loop=repeat("n < 3"))
    run = Run(bpmn("p", start(), stage, user("last"), end()), data={"n": 0, "list": ["a"]})
    for number in range(3):
        assert run.task("ask").data["n"] == number
        run.do("ask", {"list": [number]})
    assert run.task("last").data == {"n": 3, "list": [2]}


def test_two_hundred_at_once() -> None:
    """As many agencies as a large partnership has; each completion goes through a stored state."""
    run = Run(process(each("=for i in 1..200 return i", "n", collect="all_n", as_="=n")))
    states = [len(run.step.state)]
    for _ in range(40):
        run.do("ask")
        states.append(len(run.step.state))
    assert len(run.open) == 160
    assert max(states) < 20_000
    assert execute.look(run.compiled, run.step.state, FakeWorld()).open_tasks == run.step.open_tasks
