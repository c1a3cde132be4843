from datetime import datetime

from sqlalchemy.orm import Session

from engine import steps
from engine.bpmn import execute
from engine.bpmn.execute import TaskGone
from engine.model import Job
from engine.taking import lock_instance
from engine.types import SYSTEM, InstanceStatus


def fire_timer(session: Session, job: Job, *, now: datetime) -> None:
    """The moment has come; nothing happens when the process waits for it no more."""
    if job.instance_id is None or job.task_id is None or job.detail is None:
        return
    instance = lock_instance(session, job.instance_id)
    if instance.status != InstanceStatus.RUNNING:
        return
    on = steps.ground(session, instance, by=SYSTEM, now=now)
    try:
        step = execute.fire(on.compiled, instance.state, job.task_id, job.detail, on.world)
    except TaskGone:
        return
    steps.apply(session, on, step, by=SYSTEM, now=now)
