"""A database of an earlier version keeps its rows, and what refers to them, through every migration since."""

from pathlib import Path
from uuid import uuid4

import pytest
from alembic import command
from sqlalchemy import MetaData, select

from engine import migrations
from engine.model import Job, Message, ProcessInstance
from engine.model.base import Base
from engine.store import Store
from engine.types import InstanceStatus, JobKind, JobState
from tests.factories import NOON


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_rows_of_the_first_version_are_kept_up_and_down(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/old.sqlite" if kind == "sqlite" else request.getfixturevalue("postgresql_url")
    store, case_id, child_id = Store(url), uuid4(), uuid4()
    migrations.upgrade(store, "0001")
    old = MetaData()
    old.reflect(store.engine)
    tables = {name: Base.metadata.tables[name] for name in ("bundle", "process_instance", "message", "job")}

    def known(table: str, **values: object) -> dict[str, object]:
        return {name: value for name, value in values.items() if name in old.tables[table].columns}

    row = {
        "key": "rapid-review",
        "version": 1,
        "bundle_digest": "d",
        "reference": "SOL-2027-001",
        "title": "Rapid review",
        "confidential": True,
        "status": InstanceStatus.RUNNING,
        "state": b"state",
        "revision": 3,
        "started_at": NOON,
    }
    with store.engine.begin() as connection:
        connection.execute(tables["bundle"].insert().values(digest="d", root="rapid-review", versions={}))
        for id_, parent in ((case_id, None), (child_id, case_id)):
            values = known("process_instance", id=id_, case_id=case_id, parent_id=parent, **row)
            connection.execute(tables["process_instance"].insert().values(values))
        said = known(
            "message",
            id=uuid4(),
            name="cspr-learning",
            case_id=case_id,
            from_instance_id=child_id,
            payload={"stage": "rapid-review"},
            thrown_at=NOON,
        )
        connection.execute(tables["message"].insert().values(said))

    migrations.upgrade(store)
    with store.transaction() as session:
        kept = session.scalars(select(ProcessInstance).order_by(ProcessInstance.parent_id.is_not(None))).all()
        assert [(k.id, k.parent_id, k.origin_id, k.state) for k in kept] == [
            (case_id, None, None, b"state"),
            (child_id, case_id, None, b"state"),
        ]
        message = session.scalars(select(Message)).one()
        assert (message.from_instance_id, message.to_case_id) == (child_id, None)
        assert message.payload == {"stage": "rapid-review"}
        kept[1].origin_id = case_id
        session.add(Job(kind=JobKind.START_SCHEDULED, key="k", state=JobState.DONE, due_at=NOON, created_at=NOON))
    with store.transaction() as session:
        session.delete(session.scalars(select(Job)).one())
    command.downgrade(migrations._config(store), "0001")
    with store.engine.connect() as connection:
        assert len(connection.execute(select(tables["message"].c.id)).all()) == 1
        assert len(connection.execute(select(tables["process_instance"].c.id)).all()) == 2
    migrations.upgrade(store)
    store.close()
