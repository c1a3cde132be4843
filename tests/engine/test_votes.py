"""A vote stays with its partner, and a ballot with its voter."""

import pytest

from engine.commands.complete_work_item import complete_work_item
from engine.commands.record_absence import record_absence
from engine.operations import OPERATIONS, Context
from engine.queries.case_page import Part, case_page
from engine.queries.task_page import task_page
from engine.refusals import WorkItemClosed
from engine.runtime import Runtime
from engine.steps import ground
from engine.types import SYSTEM
from tests import factories as make

BALLOT = make.form({"option": make.text("Vote", "P"), "reasons": make.text("Reasons", "SC")}, title="Ballot")
VOTE = make.bpmn(
    "vote",
    make.start(role="business-manager"),
    make.user("cast-vote", role="dcs", does="vote", may_not="SOD-01 SOD-10 SOD-13", secret="true"),
    make.user("read-on", role="ccg-chief-nurse", shows="cast-vote"),
    make.end(),
)
ANSWERS = {"option": "no", "reasons": "Because of what the hospital wrote."}


@pytest.fixture
def house(runtime: Runtime) -> Runtime:
    make.install_people(runtime)
    with runtime.transaction() as session:
        make.publish(session, make.package(VOTE, forms={"cast-vote": BALLOT}))
        make.case(session, "vote")
    return runtime


def test_nobody_but_the_voter_sees_a_ballot(house: Runtime) -> None:
    with house.transaction() as session:
        ballot = make.item(session, "cast-vote")
        voter, other = make.holder(session, "dcs"), make.holder(session, "ccg-chief-nurse")
        complete_work_item(session, ballot.id, ANSWERS, by=voter, now=house.now())
        reference = session.get_one(make.ProcessInstance, ballot.case_id).reference
        next_task = make.item(session, "read-on")
        for viewer, sees in ((voter, True), (other, False)):
            papers = case_page(session, reference, by=viewer, now=house.now(), part=Part.PAPERS).papers
            assert ("Ballot" in [p.title for p in papers]) is sees
        assert task_page(session, next_task.id, by=other, now=house.now()).papers == ()
        assert task_page(session, ballot.id, by=other, now=house.now()).answers is None
        assert task_page(session, ballot.id, by=voter, now=house.now()).answers == ANSWERS


def test_who_has_voted_is_told_so_and_accused_of_nothing(house: Runtime) -> None:
    with house.transaction() as session:
        ballot, voter = make.item(session, "cast-vote"), make.holder(session, "dcs")
        complete_work_item(session, ballot.id, ANSWERS, by=voter, now=house.now())
        with pytest.raises(WorkItemClosed, match="was completed by"):
            complete_work_item(session, ballot.id, ANSWERS, by=voter, now=house.now())


def test_a_vote_falls_back_to_the_partners_own_alternate_and_no_further(house: Runtime) -> None:
    today = house.now().date()
    with house.transaction() as session:
        director, alternate = make.holder(session, "dcs"), make.holder(session, "chair-arg")
        record_absence(
            session, director.person_id, from_on=today, to_on=today, substitute_id=None, by=SYSTEM, now=house.now()
        )
        assert make.item(session, "cast-vote").acting_role == "chair-arg"
        record_absence(
            session, alternate.person_id, from_on=today, to_on=today, substitute_id=None, by=SYSTEM, now=house.now()
        )
        assert (
            make.item(session, "cast-vote").acting_role is None
        )  # not the deputy chair of ARG, who is another partner's


def test_voters_are_leads_then_alternates_then_officers_to_designate(house: Runtime) -> None:
    today = house.now().date()
    with house.transaction() as session:
        case = session.get_one(make.ProcessInstance, make.item(session, "cast-vote").case_id)
        context = Context(
            session, case, ground(session, case, by=SYSTEM, now=house.now()).processes, SYSTEM, house.now()
        )

        def voters(**more: object) -> dict[str, object]:
            listed = OPERATIONS["list-voters"](context, may_not="SOD-01 SOD-04 SOD-10 SOD-13", **more)["voters"]
            return {v["partner"]: v["asked"] for v in listed}

        assert voters() == {"local-authority": "dcs", "ccg": "ccg-chief-nurse", "police": "police-borough-commander"}
        again = voters(partners=["police"], asked_in_vain=["police-borough-commander"], ballot="b")
        assert again == {"police": "chair-rdg police-borough-commander"}  # the alternate, and still the one asked first
        for role in ("dcs", "chair-arg"):
            gone = make.holder(session, role).person_id
            record_absence(session, gone, from_on=today, to_on=today, substitute_id=None, by=SYSTEM, now=house.now())
        assert voters()["local-authority"] == ""
        named = [{"partner": "local-authority", "named": "partner-chief-officer@smbc"}]
        assert voters(designated=named)["local-authority"] == "partner-chief-officer"
        lacking = OPERATIONS["list-voters"](context, may_not="SOD-13", partners=["local-authority"])["voters"][0]
        offered = {o["value"] for o in lacking["others"]}
        assert "partner-chief-officer@smbc" in offered
        assert not {"business-manager@smbc", "partner-chief-officer@wmp", "independent-scrutineer@smbc"} & offered
