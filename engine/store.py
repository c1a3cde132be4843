"""The database: one engine, one session factory, one way to open a transaction."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import Engine, create_engine, event, func, make_url, select
from sqlalchemy.exc import DatabaseError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import StaticPool

from engine import clock
from engine.errors import EngineError

BeforeCommit = Callable[[Session], None]
Row = TypeVar("Row")


class DatabaseAway(EngineError):
    """The database does not answer at the moment. Nothing was changed."""

    code = "database-away"
    advice = "Wait a minute and try again. What you typed is still on your page."


class SchemaMissing(DatabaseAway):
    """The database does not have the tables of this version."""

    code = "schema-missing"
    advice = "Whoever operates the service runs `lscp migrate`."


_NO_TABLE = "42P01"  # PostgreSQL's code; SQLite has words only


class Store:
    def __init__(self, url: str, *, before_commit: BeforeCommit | None = None) -> None:
        self.url = make_url(url)
        self.engine = _engine(url)
        self._sessions = sessionmaker(
            self.engine,
            expire_on_commit=False,
            close_resets_only=False,  # a session used after its transaction raises, instead of opening a new one
        )
        self._before_commit = before_commit

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One transaction: committed at the end, rolled back when anything is raised."""
        with self.answering(), self._sessions() as session, session.begin():
            yield session
            if self._before_commit is not None:
                self._before_commit(session)

    @contextmanager
    def answering(self) -> Iterator[None]:
        """A database that does not answer, or not as one of ours, is said in words."""
        try:
            yield
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) == _NO_TABLE or "no such table" in str(error.orig):
                raise SchemaMissing from error
            unreadable = type(error) is DatabaseError  # a file that is no database
            if error.connection_invalidated or unreadable or isinstance(error, OperationalError):
                raise DatabaseAway(cause=type(error.orig).__name__) from error
            raise

    def close(self) -> None:
        self.engine.dispose()


def add_once(session: Session, row: Row, find: Callable[[], Row]) -> Row:
    """Add a row that somebody else may be adding at this very moment: if they were first, theirs is found."""
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return find()
    return row


def database_now(session: Session) -> datetime:
    """This moment by the clock that all workers share; SQLite has no other than this machine's."""
    if session.get_bind().dialect.name == "sqlite":
        return clock.now()
    moment: datetime = session.execute(select(func.clock_timestamp())).scalar_one()
    return moment.astimezone(UTC)


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(
            parsed,
            pool_size=10,
            max_overflow=10,
            pool_pre_ping=True,
            isolation_level="READ COMMITTED",
            hide_parameters=True,  # neither logs nor errors tell what somebody typed
        )
    memory = parsed.database in (None, "", ":memory:")
    engine = create_engine(
        parsed,
        hide_parameters=True,
        connect_args={"check_same_thread": False, "timeout": 30},
        **({"poolclass": StaticPool} if memory else {}),
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        # pysqlite would begin late; we begin ourselves, so that a reader never upgrades to a writer and fails
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
