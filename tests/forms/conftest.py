"""The moment at which forms are filled in, and the real form of the flagship process."""

import json
from datetime import datetime

import pytest
from form_making import ROOT

from engine.feel import Environment
from engine.forms import Context, Form, Option
from engine.types import LONDON


@pytest.fixture
def context() -> Context:
    return Context(Environment(now=datetime(2027, 1, 12, 9, 0, tzinfo=LONDON)))


@pytest.fixture(scope="session")
def incident() -> Form:
    path = ROOT / "workflows/cspr/serious-incident-notification/record-incident.form.json"
    bodies = [Option(one, one) for one in ("csc", "uhb", "wmp")]
    return Form.load(json.loads(path.read_text("utf-8")), lists={"bodies": bodies})
