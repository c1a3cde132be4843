from engine.operations.context import Context, OperationRefused
from engine.types import InstanceStatus


def close_process(context: Context, *, status: str) -> None:
    """When this process ends it is called `status`: withdrawn, merged."""
    if status not in (InstanceStatus.WITHDRAWN, InstanceStatus.MERGED):
        raise OperationRefused(f"A process can not end as “{status}”.")
    context.instance.status = InstanceStatus(status)
