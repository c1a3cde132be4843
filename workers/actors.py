"""One actor: it hands the job to the engine and returns. It may run twice; the job's row knows."""

from collections.abc import Callable
from uuid import UUID

import dramatiq
from dramatiq import Broker

from engine.dispatch import Post, carry_out
from engine.runtime import Runtime


def make_actor(broker: Broker, runtime: Runtime, post: Post) -> Callable[[UUID], None]:
    """Declare the actor on this broker; what comes back rings its doorbell for one job."""

    @dramatiq.actor(broker=broker, actor_name="fire", queue_name="jobs")
    def fire(job_id: str) -> None:
        carry_out(runtime, UUID(job_id), post)

    def ring(job_id: UUID) -> None:
        fire.send(str(job_id))

    return ring
