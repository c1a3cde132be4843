"""Branches that end each other: signals, and loops at and behind boundary events."""

from tests.bpmn.running import Run
from tests.factories import boundary, bpmn, each, end, exclusive, parallel, start, sub, throw, user

ASKING = sub("ask", start("s"), user("answer"), end("e"), loop=each("=[1, 2, 3]", "n"))


def decided_while_asking() -> str:
    """Three are asked; somebody decides meanwhile; those who have not answered are gone through one by one."""
    return bpmn(
        "p", start(), parallel("both"), ASKING, boundary("stop", "ask", signal="decided"),
        user("record", loop=each("=[2, 3]", "silent")), exclusive("heard"),
        user("decide"), throw("say", signal="decided"), parallel("join"), user("after"), end(),
        flow="""begin -> both -> ask -> heard; stop -> record -> heard -> join
                both -> decide -> say -> join -> after -> done""",
    )  # fmt: skip


def test_an_interrupted_loop_takes_the_tasks_inside_its_rounds_with_it() -> None:
    run = Run(decided_while_asking())
    run.do("answer", n=1)
    assert run.open == ["answer", "answer", "decide"]
    run.do("decide")
    assert "answer" not in run.open


def test_a_loop_may_stand_right_behind_a_boundary_event() -> None:
    run = Run(decided_while_asking())
    run.do("decide")
    assert [t.facts["silent"] for t in run.step.open_tasks] == [2, 3]
    run.do("record")
    run.do("record")
    assert run.open == ["after"]
    run.do("after")
    assert run.ended


def test_without_the_signal_the_branches_meet_as_drawn() -> None:
    run = Run(decided_while_asking())
    for n in (3, 1, 2):
        run.do("answer", n=n)
    assert run.open == ["decide"]
    run.do("decide")
    assert run.open == ["after"]


def test_a_signal_carries_no_data_from_one_branch_to_the_other() -> None:
    run = Run(
        bpmn(
            "p", start(), parallel("split"), user("wait"), boundary("hear", "wait", signal="news"), user("heard"),
            user("know"), throw("say", signal="news"), end(), end("x"), end("y"),
            flow="begin -> split -> wait -> done; hear -> heard -> x; split -> know -> say -> y",
        ),
        data={"fact": "old"},
    )  # fmt: skip
    run.do("know", {"fact": "new", "more": 1})
    assert run.task("heard").data == {"fact": "old"}
