"""Workers as threads of this process, for `lscp run`: the same relay and actor, on a broker in memory."""

from dramatiq import Broker, Worker

from engine.runtime import Runtime
from workers.actors import make_actor
from workers.broker import make_broker
from workers.mail import make_post
from workers.relay import Relay


def assemble(runtime: Runtime) -> Broker:
    """A broker with the actor declared and the relay attached."""
    broker = make_broker(runtime.settings.broker_url)
    ring = make_actor(broker, runtime, make_post(runtime.settings.mail_url))
    broker.add_middleware(Relay(runtime, ring))
    return broker


def start_workers(runtime: Runtime, *, threads: int = 2) -> Worker:
    worker = Worker(assemble(runtime), worker_threads=threads, worker_timeout=200)
    worker.start()
    return worker
