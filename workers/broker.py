"""Dramatiq's broker by URL. Redis is a doorbell only: a message is a job's id."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from dramatiq import Broker
from dramatiq.brokers.redis import RedisBroker
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import AgeLimit, Middleware, ShutdownNotifications, TimeLimit

TIME_LIMIT = 30_000  # ms for one job: well below its lease


def _middleware() -> list[Middleware]:
    # no Retries: a failed job is kept, and tried again, by its own row
    return [AgeLimit(max_age=300_000), TimeLimit(time_limit=TIME_LIMIT), ShutdownNotifications()]


def memory_broker(_url: str) -> Broker:
    return StubBroker(middleware=_middleware())


def redis_broker(url: str) -> Broker:
    # a killed worker's messages come back within seconds; the relay would find the jobs anyway
    options: dict[str, Any] = {"heartbeat_timeout": 10_000, "maintenance_chance": 1_000_000}
    return RedisBroker(url=url, middleware=_middleware(), **options)  # type: ignore[no-untyped-call]


BROKERS: Mapping[str, Callable[[str], Broker]] = {
    "memory": memory_broker,
    "redis": redis_broker,
    "rediss": redis_broker,
    "unix": redis_broker,
}


def make_broker(url: str) -> Broker:
    return BROKERS[urlsplit(url).scheme](url)
