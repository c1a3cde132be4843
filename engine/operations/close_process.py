from engine.operations.context import Context, OperationRefused
from engine.operations.register import enter_register
from engine.types import InstanceStatus


def close_process(context: Context, *, status: str, register: str | None = None) -> None:
    """When this process ends it is called `status`: withdrawn, merged; a register may note it."""
    if status not in (InstanceStatus.WITHDRAWN, InstanceStatus.MERGED):
        raise OperationRefused(f"A process can not end as “{status}”.")
    context.instance.status = InstanceStatus(status)
    if register is not None:
        enter_register(context, register=register, data={"status": status})
