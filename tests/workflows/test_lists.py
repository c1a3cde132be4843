"""The partnership's lists of options: its own are data, and a role in them is named by its id."""

import json

import pytest

from engine.library import packages
from engine.partnership import load_partnership

SOLIHULL = load_partnership("solihull")


def test_case_roles_are_roles_by_their_names_and_far_fewer_than_all() -> None:
    listed = SOLIHULL.listed("case-roles")
    assert {row["value"]: row["title"] for row in listed} == {
        row["value"]: SOLIHULL.roles[row["value"]].name for row in listed
    }
    assert len(listed) < 25 < len(SOLIHULL.listed("roles"))
    assert "practitioner" not in {row["value"] for row in listed}


@pytest.mark.parametrize("holds", ["chair", "members", "voters"])
def test_whoever_decides_or_sits_in_a_case_can_be_named(holds: str) -> None:
    named = {row["value"] for row in SOLIHULL.listed("case-roles")}
    wanted = {
        "chair": {"review-panel-chair", "chair-arg", "independent-scrutineer"},
        "members": {"arg-member", "rdg-member", "review-panel-member", "business-manager"},
        "voters": {p.lead for p in SOLIHULL.partners.values()}
        | {a for p in SOLIHULL.partners.values() for a in p.alternates},
    }[holds]
    assert wanted <= named


def test_no_form_offers_every_role_there_is() -> None:
    offering = [
        f"{package.key}/{name}"
        for package in packages()
        for name, text in package.files.items()
        if name.endswith(".form.json") and '"roles"' in json.dumps(json.loads(text)).replace("\\", "")
    ]
    assert offering == []
