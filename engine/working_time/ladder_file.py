"""Reads a partnership's ladders from the dict of their JSON file, `workflows/partnerships/ladders.json`."""

import re
from collections.abc import Collection, Mapping
from datetime import time

from engine.errors import EngineError
from engine.working_time.ladder import (
    FIRST_SENDING,
    LAST_SENDING,
    USUAL_SENDING,
    Ladder,
    Ladders,
    Recipient,
    Rung,
)

MOST_DAYS = 250  # about a year of working days
_BASES = ("law", "seed", "chosen")
_RUNG_KEYS = {"id", "offset", "at", "to", "opens", "closes"}


class InvalidLadders(EngineError):
    """These reminder ladders cannot be used."""

    code = "invalid-ladders"
    advice = "Correct each problem named, then try again. Nothing was changed."

    def __init__(self, problems: list[str]) -> None:
        """`details["problems"]` has every problem, each beginning with its place."""
        super().__init__(f"{type(self).__doc__} {' '.join(problems)}", problems=tuple(problems))


def parse_ladders(document: object) -> Ladders:
    """Reads `recipients` (key -> meaning, otherwise) and `ladders` (id -> name, basis, rungs).

    A rung has id, offset in working days, and optionally at (else "09:00"), to, opens, closes, as `Rung`
    says. Raises InvalidLadders with all problems at once.
    """
    reader = _Reader()
    parts = dict(reader.members("the file", document))
    recipients = {
        key: reader.recipient(f"recipients, {key}", value)
        for key, value in reader.members("recipients", parts.get("recipients"))
    }
    reader.known = recipients.keys()
    for key, recipient in recipients.items():
        reader.check_known(f"recipients, {key}", recipient.otherwise)
    profiles = {key: reader.ladder(key, value) for key, value in reader.members("ladders", parts.get("ladders"))}
    if reader.problems:
        raise InvalidLadders(reader.problems)
    return Ladders(profiles, recipients)


class _Reader:
    """Notes what is wrong and reads on, with something harmless in its place."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.known: Collection[str] = ()

    def recipient(self, place: str, value: object) -> Recipient:
        fields = dict(self.members(place, value))
        return Recipient(
            self.text(f'{place}, "meaning"', fields.get("meaning")),
            self.texts(f'{place}, "otherwise"', fields.get("otherwise", [])),
        )

    def ladder(self, key: str, value: object) -> Ladder:
        fields = dict(self.members(key, value))
        if (basis := fields.get("basis")) not in _BASES:
            self.wrong(f'{key}, "basis"', f"must be one of {', '.join(_BASES)}")
        if not isinstance(rungs := fields.get("rungs"), list) or not rungs:
            self.wrong(f'{key}, "rungs"', "must be a list of at least one rung")
            rungs = []
        read = tuple(self.rung(f"{key}, rung {n}", rung) for n, rung in enumerate(rungs, 1))
        self.check_order(key, read)
        return Ladder(key, self.text(f'{key}, "name"', fields.get("name")), str(basis), read)

    def rung(self, place: str, value: object) -> Rung:
        fields = dict(self.members(place, value))
        for unknown in sorted(fields.keys() - _RUNG_KEYS):
            self.wrong(f'{place}, "{unknown}"', "is not known; a rung has id, offset, at, to, opens, closes")
        rung = Rung(
            id=self.text(f'{place}, "id"', fields.get("id")),
            offset=self.offset(f'{place}, "offset"', fields.get("offset")),
            at=self.hour(f'{place}, "at"', fields["at"]) if "at" in fields else USUAL_SENDING,
            to=self.texts(f'{place}, "to"', fields.get("to", [])),
            opens=self.text(f'{place}, "opens"', fields["opens"]) if "opens" in fields else None,
            closes=self.flag(f'{place}, "closes"', fields.get("closes", False)),
        )
        self.check_known(f'{place}, "to"', rung.to)
        if not (rung.to or rung.opens or rung.closes):
            self.wrong(place, "tells nobody, opens nothing and closes nothing")
        return rung

    def check_known(self, place: str, keys: Collection[str]) -> None:
        for key in keys:
            if key not in self.known:
                self.wrong(place, f'"{key}" is not one of the recipients')

    def check_order(self, key: str, rungs: tuple[Rung, ...]) -> None:
        for n, rung in enumerate(rungs):
            if rung.id in (earlier.id for earlier in rungs[:n]):
                self.wrong(key, f'the id "{rung.id}" is used twice')
            if n and (rung.offset, rung.at) <= (rungs[n - 1].offset, rungs[n - 1].at):
                self.wrong(key, f'"{rung.id}" must come later than the rung above it')

    def members(self, place: str, value: object) -> list[tuple[str, object]]:
        if isinstance(value, Mapping):
            return list(value.items())
        self.wrong(place, "must be an object, { }")
        return []

    def text(self, place: str, value: object) -> str:
        if isinstance(value, str) and value.strip():
            return value
        self.wrong(place, "must be text")
        return ""

    def texts(self, place: str, value: object) -> tuple[str, ...]:
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        self.wrong(place, 'must be a list of texts, for example ["assignee"]')
        return ()

    def offset(self, place: str, value: object) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MOST_DAYS:
            return value
        self.wrong(place, f"must be a whole number of working days, for example -3, at most {MOST_DAYS}")
        return 0

    def hour(self, place: str, value: object) -> time:
        if isinstance(value, str) and re.fullmatch("(0[89]|1[0-7]):[0-5][0-9]", value):
            return time.fromisoformat(value)
        limits = f"from {FIRST_SENDING:%H:%M} to before {LAST_SENDING:%H:%M}"
        self.wrong(place, f'must be a time {limits}, when reminders may be sent, for example "09:00"')
        return USUAL_SENDING

    def flag(self, place: str, value: object) -> bool:
        if not isinstance(value, bool):
            self.wrong(place, "must be true or false")
        return value is True

    def wrong(self, place: str, problem: str) -> None:
        self.problems.append(f"{place}: {problem}.")
