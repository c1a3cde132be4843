"""What the edges hand down: settings, store, clock, partnership, seals."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from engine import clock
from engine.clock import Clock
from engine.partnership import Partnership
from engine.sealing import Sealer
from engine.settings import Settings
from engine.store import Store, database_now


@dataclass(frozen=True)
class Runtime:
    settings: Settings
    store: Store
    partnership: Partnership
    sealer: Sealer
    clock: Clock = field(repr=False)

    def now(self) -> datetime:
        return self.clock()

    def lease_now(self, session: Session) -> datetime:
        """What leases are measured by: the database's clock, the same for every worker, where time is the real one."""
        return database_now(session) if self.clock is clock.now else self.clock()

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        with self.store.transaction() as session:
            session.info["runtime"] = self
            yield session


def runtime_of(session: Session) -> Runtime:
    """The runtime in whose transaction this session works."""
    found: Runtime = session.info["runtime"]
    return found
