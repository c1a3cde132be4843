"""What service tasks may call, by name. Each is one file: inputs by name, a plain value back.

They run inside the step's own transaction: no network, no commit.
"""

from collections.abc import Callable, Mapping
from typing import Any

from engine.operations import (
    appoint,
    check_conflict,
    check_file,
    close_deadlines,
    close_process,
    find_duplicates,
    learning,
    list_people,
    list_voters,
    merge_case,
    new_duty,
    note_deeds,
    register,
    representation,
    set_anchor,
    tell,
)
from engine.operations.context import Context

OPERATIONS: Mapping[str, Callable[..., Any]] = {
    "set-anchor": set_anchor.set_anchor,
    "meet-deadline": close_deadlines.meet_deadline,
    "cancel-deadlines": close_deadlines.cancel_deadlines,
    "enter-register": register.enter_register,
    "record-learning": learning.record_learning,
    "update-learning": learning.update_learning,
    "find-duplicates": find_duplicates.find_duplicates,
    "merge-case": merge_case.merge_case,
    "new-duty": new_duty.new_duty,
    "tell": tell.tell,
    "list-people": list_people.list_people,
    "list-voters": list_voters.list_voters,
    "check-conflict": check_conflict.check_conflict,
    "check-file": check_file.check_file,
    "appoint": appoint.appoint,
    "end-appointments": appoint.end_appointments,
    "note-deeds": note_deeds.note_deeds,
    "representation": representation.representation,
    "close-process": close_process.close_process,
}

__all__ = ["OPERATIONS", "Context"]
