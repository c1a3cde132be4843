"""A child's initials, date of birth and outline are in no mail, log line, address, Redis value, job or engine state."""

import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes

import pytest
from redis import Redis
from sqlalchemy import select

from engine import values
from engine.assembly import make_runtime
from engine.dispatch import Outgoing
from engine.model import Attachment, AuditEvent, Job, Mail, ProcessInstance, SealedValue, Submission
from engine.runtime import Runtime
from tests.conftest import ROOT, settings
from tests.engine.test_values import places
from tests.privacy.seeds import BORN, FILE, INITIALS, MARK, NEEDLES, OPEN, OUTLINE
from workers.mail import compose

pytestmark = pytest.mark.slow

THE_END = "the end of the run"


@dataclass(frozen=True)
class Traces:
    """Everything that the run left anywhere."""

    runtime: Runtime
    printed: str  # standard output and error: every log at DEBUG
    addresses: str
    redis: str  # each command that Redis was sent, and what it holds at the end


def _listened(url: str, heard: list[str]) -> None:
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(url.removeprefix("unix://"))
        line.sendall(b"MONITOR\r\n")
        for command in line.makefile(encoding="utf-8", errors="replace"):
            heard.append(command)
            if THE_END in command:
                return


def _dump(url: str) -> Iterator[str]:
    with Redis.from_url(url) as client:
        for key in client.scan_iter():
            yield f"{key!r}: {client.dump(key)!r}"
            if client.type(key) == b"hash":
                yield repr(client.hgetall(key))


@pytest.fixture(scope="module")
def traces(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traces]:
    folder, heard = tmp_path_factory.mktemp("privacy"), list[str]()
    listener = threading.Thread(target=_listened, args=(redis_url, heard))
    listener.start()
    while not heard:
        listener.join(0.01)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "tests.privacy.run", str(folder), redis_url],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    finally:
        with Redis.from_url(redis_url) as client:
            client.echo(THE_END)
        listener.join()
    assert done.returncode == 0, done.stderr[-6000:]
    runtime = make_runtime(settings(f"sqlite:///{folder}/privacy.sqlite"))
    yield Traces(
        runtime,
        done.stdout + done.stderr,
        (folder / "addresses").read_text(),
        "\n".join([*heard, *_dump(redis_url)]),
    )
    runtime.store.close()


def told(where: str) -> list[str]:
    """The lines in which something of the child can be read."""
    return [line[:300] for line in where.splitlines() if any(n.lower() in line.lower() for n in NEEDLES)]


def test_the_run_went_to_the_end_and_everything_was_typed(traces: Traces) -> None:
    """So that the others can not hold for want of a run."""
    with traces.runtime.transaction() as session:
        assert {i.status for i in session.scalars(select(ProcessInstance)) if i.key == "rapid-review"} == {"ended"}
        whole = [values.whole(session, s) for s in session.scalars(select(Submission))]
        begun = next(w for w in whole if "outline" in w)
        assert begun["outline"] == f"{OUTLINE} {MARK}"
        assert begun["children"][0]["initials"] == INITIALS
        assert begun["children"][0]["date_of_birth"] == BORN.isoformat()
        assert sum(MARK in str(w) for w in whole) > 10
        sealer = traces.runtime.sealer
        files = session.scalars(select(Attachment))
        assert FILE in [sealer.unseal(f.name, place=f"name/{f.id}") for f in files]
        assert len(session.scalars(select(SealedValue)).all()) > 50


def test_the_search_finds_what_is_open(traces: Traces) -> None:
    found = {place.partition(":")[0] for place in places(traces.runtime, (OPEN,))}
    assert {"submission.answers", "process_instance.state"} <= found
    assert "SOL-2027-001" in traces.addresses
    assert '"event": "mail"' in traces.printed
    assert "INSERT INTO sealed_value" in traces.printed
    assert re.search(r"dramatiq.*RPUSH|HSET|dispatch|enqueue", traces.redis)
    with traces.runtime.transaction() as session:
        jobs = session.scalars(select(Job.id)).all()
    assert sum(str(job) in traces.redis for job in jobs) > 10


def test_no_table_holds_it(traces: Traces) -> None:
    """Jobs, engine states and mails among them, packed or not."""
    assert set(places(traces.runtime, NEEDLES)) == set()


def test_no_log_line_tells_it(traces: Traces) -> None:
    assert told(traces.printed) == []


def test_errors_were_logged_and_tell_their_kind_and_place_alone(traces: Traces) -> None:
    lines = [line for line in traces.printed.splitlines() if '"event": "unexpected"' in line]
    kinds = {kind for line in lines for kind in re.findall(r'"kind": "(\w+)"', line)}
    assert kinds == {"RuntimeError", "ValueError", "KeyError", "UnicodeDecodeError", "IntegrityError"}
    assert all('"where": ["/' in line for line in lines)


def test_no_address_tells_it(traces: Traces) -> None:
    assert len(traces.addresses) > 1000
    assert told(traces.addresses) == []


def test_redis_is_told_nothing(traces: Traces) -> None:
    assert told(traces.redis) == []
    assert "SOL-2027" not in traces.redis  # ids of jobs, and nothing of a case


def test_no_mail_tells_it(traces: Traces) -> None:
    with traces.runtime.transaction() as session:
        mails = session.scalars(select(Mail)).all()
        assert len(mails) > 20
        for mail in mails:
            made = bytes(compose(Outgoing(mail.message_id, "from@test.example", mail.address, mail.subject, mail.text)))
            content = message_from_bytes(made).get_payload(decode=True)
            assert isinstance(content, bytes)
            assert told(made.decode() + content.decode()) == []


def test_a_job_that_failed_says_what_kind_of_error_it_was_and_no_more(traces: Traces) -> None:
    with traces.runtime.transaction() as session:
        failed = session.scalars(select(Job).where(Job.attempts > 0)).all()
        assert [job.last_error for job in failed] == ["RuntimeError"]


def test_the_history_tells_nothing_and_holds_the_refusal(traces: Traces) -> None:
    with traces.runtime.transaction() as session:
        events = session.scalars(select(AuditEvent)).all()
        assert told("\n".join(str(e.details) for e in events)) == []
        assert "SOD-01" in [e.details.get("code") for e in events if e.action == "refused"]
