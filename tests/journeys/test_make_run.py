"""`make run`: the product opens, with work waiting; Ctrl+C stops it; the next start has kept everything."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.faults.test_kill import free_port

LSCP = Path(sys.executable).with_name("lscp")
SECONDS_TO_START_AGAIN = 10


@contextmanager
def make_run(environment: dict[str, str]) -> Iterator[float]:
    """Seconds until it answered; on leaving, Ctrl+C as a terminal sends it: to make and all it started."""
    began = time.monotonic()
    base = f"http://127.0.0.1:{environment['LSCP_PORT']}"
    with subprocess.Popen(
        ["make", "run"],
        cwd=ROOT,
        env=environment,
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as running:
        try:
            while not answers(f"{base}/healthz"):
                assert running.poll() is None, running.communicate()[0].decode()
                assert time.monotonic() - began < 180, "no answer within three minutes"
                time.sleep(0.05)
            yield time.monotonic() - began
        finally:
            os.killpg(running.pid, signal.SIGINT)
            said = running.communicate(timeout=20)[0].decode()
        assert "Traceback" not in said


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except OSError:
        return False


def page(base: str) -> str:
    """My tasks, as one sees them who opens the address in a new browser."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    with browser.open(f"{base}/", timeout=10) as response:
        found: str = response.read().decode()
    return found


def call(url: str, token: str, body: dict[str, Any] | None = None) -> Any:
    request = urllib.request.Request(
        url,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Idempotency-Key": "once"},
    )
    with urllib.request.urlopen(request, timeout=20) as response:
        return json.loads(response.read())


@pytest.mark.slow
def test_it_opens_with_work_waiting_and_keeps_everything(tmp_path: Path) -> None:
    port = str(free_port())
    base = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "LSCP_HOME": str(tmp_path), "LSCP_PORT": port}

    def lscp(*words: str) -> str:
        made = subprocess.run([LSCP, *words], env=environment, capture_output=True, text=True, check=True, timeout=60)
        return made.stdout.strip()

    with subprocess.Popen([LSCP, "run", "--demo"], env=environment, stderr=subprocess.DEVNULL) as impatient:
        while not (tmp_path / "lscp.sqlite.making").exists():
            time.sleep(0.05)
        impatient.kill()

    with make_run(environment):
        first = page(base)
        people = lscp("person", "list")
        director = re.search(r"(\S+@\S+)  .*\[dcs\b", people)
        assert director is not None, people
        token = lscp("token", "create", director[1], "--name", "test")
        tasks = call(f"{base}/api/v1/tasks?list=mine", token)["tasks"]
        overdue = call(f"{base}/api/v1/tasks?list=mine&due=overdue", token)["tasks"]
        assert (len(tasks), len(overdue)) == (3, 1)
        assert all(task["case"] in first for task in tasks)
        call(f"{base}/api/v1/tasks/{tasks[0]['id']}/claim", token, {})

    assert not answers(f"{base}/healthz")
    with make_run(environment) as seconds:
        assert seconds < SECONDS_TO_START_AGAIN
        kept = call(f"{base}/api/v1/tasks/{tasks[0]['id']}", token)
        assert kept["state"] == "reserved"
        assert {task["id"] for task in call(f"{base}/api/v1/tasks?list=mine", token)["tasks"]} == {
            t["id"] for t in tasks
        }
        assert lscp("audit", "verify") == "The history is whole."
