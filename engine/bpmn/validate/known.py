"""What exists outside the document that is checked: handed in, so that the rules stay pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

Fields = Mapping[str, str]  # a form's questions, each with its sensitivity
STANDARD_NAMES = frozenset({"case_ref", "started_as", "answered_as"})
CONFIDENTIAL = frozenset({"C", "SC"})


class Naming(StrEnum):
    """What the text of an operation's input names."""

    NOTHING = ""
    ROLE = "role"
    RULE = "separation rule"
    NOTICE = "notice"
    DEADLINE = "deadline"
    ANCHOR = "anchor"  # sets it
    REGISTER = "register"  # writes it


@dataclass(frozen=True)
class OperationShape:
    """What a service task may hand to an operation, and what it must."""

    inputs: Mapping[str, Naming]
    required: frozenset[str]


@dataclass(frozen=True)
class Survey:
    """What one process tells about itself to those that call it, hear from it or share a case with it."""

    key: str
    line: int | None = None
    begins_plainly: bool = True  # one start event without a trigger: it can be called
    waits: bool = True  # nobody gets through it without waiting
    names: frozenset[str] = frozenset()  # of data, open
    confidential: frozenset[str] = frozenset()
    calls: Mapping[str, frozenset[str]] = field(default_factory=dict)  # with the names given
    takes_from: frozenset[str] = frozenset()  # called processes whose whole data may come back
    sends: Mapping[str, frozenset[str]] = field(default_factory=dict)  # messages, with the names they carry
    hears: frozenset[str] = frozenset()  # messages
    signals: frozenset[str] = frozenset()  # thrown; they carry nothing
    deadlines: frozenset[str] = frozenset()
    own_dues: frozenset[str] = frozenset()  # tasks whose due date is their own deadline
    anchors: frozenset[str] = frozenset()
    registers: frozenset[str] = frozenset()
    papers: Mapping[str, Fields] = field(default_factory=dict)  # by the task or event that is answered
    forms: frozenset[str] = frozenset()
    subprocesses: frozenset[str] = frozenset()
    unread: frozenset[Naming] = frozenset()  # named by FEEL somewhere, so that the lists above are not all


@dataclass(frozen=True)
class Known:
    """A partnership, the product's operations, what lies in the process's folder, and the processes around it."""

    roles: frozenset[str] = frozenset()
    bodies: frozenset[str] = frozenset()
    separation: Mapping[str, str] = field(default_factory=dict)  # rule -> the action it denies
    ladders: frozenset[str] = frozenset()
    notices: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()
    operations: Mapping[str, OperationShape] = field(default_factory=dict)
    forms: Mapping[str, Fields] = field(default_factory=dict)  # in the process's folder
    shared_forms: Mapping[str, Fields] = field(default_factory=dict)
    decisions: Mapping[str, frozenset[str]] = field(default_factory=dict)  # with the names each reads
    registers: frozenset[str] = frozenset()  # that the product writes itself
    surveys: Mapping[str, Survey] = field(default_factory=dict)  # of every process, by key

    def form(self, form: str) -> Fields | None:
        return self.forms.get(form, self.shared_forms.get(form))

    def including(self, own: Survey) -> "Known":
        return replace(self, surveys={**self.surveys, own.key: own})

    def given_to(self, key: str) -> frozenset[str]:
        """The names of data that other processes hand to this one."""
        own = self.surveys.get(key, Survey(key))
        found: set[str] = set()
        for callee in own.takes_from:
            found |= self.surveys.get(callee, Survey(callee)).names
        for other in self.surveys.values():
            found |= other.calls.get(key, frozenset())
            for message in own.hears:
                found |= other.sends.get(message, frozenset())
        return frozenset(found)

    def names_of(self, key: str) -> frozenset[str]:
        """Every open name that this process's data may hold."""
        own = self.surveys.get(key, Survey(key))
        return own.names | self.given_to(key) | STANDARD_NAMES

    @property
    def confidential(self) -> frozenset[str]:
        """Names of confidential answers, which any process of the case may have asked for."""
        return frozenset[str]().union(*(survey.confidential for survey in self.surveys.values()))

    @property
    def deadlines(self) -> frozenset[str]:
        return frozenset[str]().union(*(survey.deadlines for survey in self.surveys.values()))

    @property
    def papers(self) -> Mapping[str, Fields]:
        found: dict[str, Fields] = {}
        for survey in self.surveys.values():
            found.update(survey.papers)
        return found

    def called_from(self, key: str) -> Iterator[str]:
        """Every process that runs inside a case of this one, itself not named."""
        seen, wanted = {key}, [key]
        while wanted:
            survey = self.surveys.get(wanted.pop())
            for callee in survey.calls if survey else ():
                if callee not in seen:
                    seen.add(callee)
                    wanted.append(callee)
                    yield callee


def closed(fields: Fields) -> frozenset[str]:
    return frozenset(name for name, mark in fields.items() if mark in CONFIDENTIAL)


def opened(fields: Fields) -> frozenset[str]:
    return frozenset(fields) - closed(fields)
