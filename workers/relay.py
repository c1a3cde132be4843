"""Finds due jobs in the database every few seconds, whether or not anybody rang, and hands them to the actors."""

import os
import socket
import threading
import time
from collections.abc import Callable
from uuid import UUID

import structlog
from dramatiq import Broker, Worker
from dramatiq.middleware import Middleware

from engine.dispatch import keep_calendar, lease
from engine.model import Heartbeat
from engine.runtime import Runtime

log = structlog.get_logger()
EVERY = 1.0  # seconds between two sweeps
BATCH = 50
CALENDAR_EVERY = 3600.0  # seconds between two looks at the schedules


class Relay(Middleware):
    """Runs as long as a Dramatiq worker does; any number may run at once (SKIP LOCKED parts them)."""

    def __init__(self, runtime: Runtime, ring: Callable[[UUID], None]) -> None:
        self._runtime, self._ring = runtime, ring
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._calendar_kept = -CALENDAR_EVERY  # by the monotonic clock
        self.name = f"{socket.gethostname()}/{os.getpid()}"

    def after_worker_boot(self, broker: Broker, worker: Worker) -> None:
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)
        self._thread.start()

    def before_worker_shutdown(self, broker: Broker, worker: Worker) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._stop.wait(0 if self.sweep() == BATCH else EVERY)

    def sweep(self) -> int:
        """Lease what is due and ring for each; how many. Trouble waits for the next sweep."""
        self._keep_calendar()
        try:
            leased = lease(self._runtime, BATCH)
            for job_id in leased:
                self._ring(job_id)
            self._beat()
        except Exception as error:  # whatever it was: without the relay nothing would be done any more
            log.warning("sweep failed", cause=type(error).__name__)
            return 0
        return len(leased)

    def _keep_calendar(self) -> None:
        """Trouble with the calendar is no trouble for what is due already."""
        if time.monotonic() - self._calendar_kept < CALENDAR_EVERY:
            return
        try:
            keep_calendar(self._runtime)
            self._calendar_kept = time.monotonic()
        except Exception as error:  # whatever it was: the next sweep tries again
            log.warning("calendar not kept", cause=type(error).__name__)

    def _beat(self) -> None:
        with self._runtime.transaction() as session:
            now = self._runtime.now()
            session.merge(Heartbeat(worker=self.name, seen_at=now, swept_at=now))
