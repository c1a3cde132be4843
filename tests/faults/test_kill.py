"""Killing the product at any moment loses nothing that was acknowledged (RELIABILITY P1, P2, P5)."""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select

from engine import audit, demo
from engine.assembly import publish_bundled
from engine.migrations import upgrade
from engine.model import AuditEvent, Job, Mail, Message
from engine.scenario import read_scenario
from engine.types import JobState
from tests.conftest import ROOT
from tests.faults.player import Player
from tests.faults.server import open_runtime

KILLS = 50
SEED = int(os.environ.get("LSCP_FAULT_SEED", "20270111"))
SCENARIO = next((ROOT / "workflows" / "scenarios").glob("s01-*.yaml"))


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        found: int = free.getsockname()[1]
        return found


class Sink:
    """Takes every mail and keeps its Message-ID."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.seen.append(str(message_from_bytes(envelope.content)["Message-ID"]))
        return "250 OK"


class Server:
    """The parent that forks the product, and the product itself."""

    def __init__(self, folder: Path, mail_url: str) -> None:
        self.port = free_port()
        with (folder / "server.log").open("a") as log:
            self.parent = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.server", str(folder), str(self.port), mail_url],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=ROOT,
            )
        self.child = self._start()
        self.kills = 0

    def _ask(self, word: str) -> str:
        assert self.parent.stdin is not None
        assert self.parent.stdout is not None
        self.parent.stdin.write(f"{word}\n")
        self.parent.stdin.flush()
        return self.parent.stdout.readline().strip()

    def _start(self) -> int:
        return int(self._ask("start"))

    def kill(self) -> None:
        os.kill(self.child, signal.SIGKILL)
        assert self._ask("reap") == "reaped"
        self.kills += 1
        self.child = self._start()

    def wait(self) -> None:
        for _ in range(600):
            with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=2):
                return
            time.sleep(0.05)
        raise AssertionError("the server does not answer")

    def stop(self) -> None:
        os.kill(self.child, signal.SIGKILL)
        assert self.parent.stdin is not None
        assert self.parent.stdout is not None
        self.parent.stdin.close()
        self.parent.wait(timeout=10)
        self.parent.stdout.close()


@pytest.fixture
def sink() -> Iterator[tuple[Sink, str]]:
    kept = Sink()
    port = free_port()
    controller = Controller(kept, hostname="127.0.0.1", port=port)
    controller.start()
    yield kept, f"smtp://127.0.0.1:{port}"
    controller.stop()


@pytest.mark.slow
def test_a_product_killed_fifty_times_loses_nothing(tmp_path: Path, sink: tuple[Sink, str]) -> None:
    chance = random.Random(SEED)
    kept, mail_url = sink
    scenario = read_scenario(SCENARIO.read_text("utf-8"), name=SCENARIO.name)
    (tmp_path / "shift").write_text(str(scenario.now.timestamp() - time.time()))
    runtime = open_runtime(tmp_path, mail_url)
    upgrade(runtime.store)
    with runtime.transaction() as session:
        demo.install(session, runtime.partnership, now=runtime.now())
    publish_bundled(runtime)
    server = Server(tmp_path, mail_url)
    try:
        server.wait()
        player = Player(runtime, f"http://127.0.0.1:{server.port}", tmp_path / "shift")
        for act in player.acts(scenario):
            killer = threading.Timer(chance.uniform(0, 0.25), server.kill)
            killer.start()
            try:
                player.send(act)
            finally:
                killer.join()
        while server.kills < KILLS:
            time.sleep(chance.uniform(0, 0.3))
            server.kill()
        server.wait()
        _wait_until_quiet(runtime)
    finally:
        server.stop()
    with runtime.transaction() as session:
        assert audit.verify(session) is None
        done = Counter(
            session.scalars(select(AuditEvent.idempotency_key).where(AuditEvent.idempotency_key.is_not(None))).all()
        )
        for act in player.acknowledged:
            assert done[f"api/{act.person_id}/api/v1{act.path}/{act.key}"] == 1, act.element
        assert len(done) == len(player.acknowledged)
        assert "cspr-learning" in session.scalars(select(Message.name)).all()
        mails = session.scalars(select(Mail)).all()
        sent = {m.message_id for m in mails if m.sent_at is not None}
        left = Counter(kept.seen)
        assert sent <= set(left) <= {m.message_id for m in mails}
        told = Counter((m.work_item_id, m.deadline_id, m.rung, m.person_id) for m in mails if m.rung[1:].isdigit())
        assert all(count == 1 for count in told.values())
        # a mail leaves twice, or without being recorded, only when a kill fell between its sending and its recording
        assert sum(left.values()) - len(sent) <= server.kills
    runtime.store.close()


def _wait_until_quiet(runtime: Any) -> None:
    """Until every job that is due is done: what a killed process had begun is taken over when its lease ends."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        with runtime.transaction() as session:
            busy = session.scalars(
                select(Job.key).where(
                    Job.state.in_((JobState.WAITING, JobState.LEASED, JobState.RUNNING)), Job.due_at <= runtime.now()
                )
            ).all()
        if not busy:
            return
        time.sleep(1)
    raise AssertionError(f"still not done: {busy[:5]}")
