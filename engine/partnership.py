"""A partnership as data: bodies, roles, groups, fall-backs, separation of duties (`workflows/partnerships`)."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.errors import EngineError
from engine.working_time import Ladders, Schedule, parse_ladders, read_schedule
from workflows import bundled


class UnknownPartnership(EngineError):
    """There is no such partnership."""

    code = "unknown-partnership"
    advice = "Set LSCP_PARTNERSHIP to the name of a file in workflows/partnerships."


@dataclass(frozen=True)
class Agency:
    id: str
    name: str
    partner: str | None
    relevant_agency: bool
    quorum_identity: str
    flag: str | None


@dataclass(frozen=True)
class Role:
    id: str
    name: str
    body: str | None
    votes_for: str | None


@dataclass(frozen=True)
class Partner:
    """A safeguarding partner: the role that leads, and those that may stand in for it."""

    id: str
    name: str
    lead: str
    alternates: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    id: str
    name: str
    chair: str | None
    deputy: str | None
    members: tuple[str, ...]
    seats: tuple[str, ...]
    quorum: Mapping[str, Any] | None
    excluded: tuple[str, ...]


@dataclass(frozen=True)
class SeparationRule:
    """`denies` an action to whoever holds one of `if_role` or did one of `if_did` within `scope`."""

    id: str
    text: str
    denies: str
    if_role: frozenset[str]
    if_did: frozenset[str]
    scope: str


@dataclass(frozen=True)
class Chase:
    """A task that a rung of a ladder opens beside the diagram."""

    id: str
    title: str
    role: str
    form: str
    due: str
    title_if_chosen: str | None  # where no law sets the deadline; `{about}`: what was due
    ends_with_task: bool  # there is nothing more to chase once the overdue task is done


@dataclass(frozen=True)
class Notice:
    """A mail's words; `{reference}`, `{task}`, `{due}`, `{link}` and `{prefix}` are all it can say."""

    subject: str
    text: str


@dataclass(frozen=True)
class Partnership:
    id: str
    name: str
    reference_prefix: str
    website: str  # where it publishes; every address of it begins so, with a slash after it
    agencies: Mapping[str, Agency]
    roles: Mapping[str, Role]
    partners: Mapping[str, Partner]
    groups: Mapping[str, Group]
    separation: Mapping[str, SeparationRule]
    fallbacks: Mapping[str, tuple[str, ...]]
    vacancy: tuple[str, ...]  # who acts, and sees what is vacant, where all the rest of a chain is missing
    oversees: frozenset[str]  # jobs and the whole history
    sees_cases: frozenset[str]
    sees_own_part: frozenset[str]
    sees_while_acting: frozenset[str]
    per_case: frozenset[str]
    lists: Mapping[str, tuple[Mapping[str, str], ...]]
    ladders: Ladders
    chases: Mapping[str, Chase]
    notices: Mapping[str, Notice]
    kept_lists: Mapping[str, str]  # by list: the register that keeps it up to date
    schedules: Mapping[str, Schedule]
    demo: Mapping[str, Any]

    def stand_ins(self, role: str) -> Iterator[str]:
        """The role itself, then who acts for it when it is vacant, nearest first, each once."""
        chain = self.deputies(role)
        yield from [*chain, *(r for r in self.vacancy if r not in chain)]

    def deputies(self, role: str) -> list[str]:
        """The same as far as the role's own fall-backs go."""
        seen: list[str] = [role]
        for current in seen:
            seen.extend(r for r in self.fallbacks.get(current, ()) if r not in seen)
        return seen

    def of_one_body(self, role: str) -> bool:
        """Whether the role belongs to one body (the Business Manager); others are held body by body (a contact)."""
        return role in self.roles and self.roles[role].body is not None

    def role_name(self, role: str) -> str:
        return self.roles[role].name if role in self.roles else role

    def body_name(self, body: str | None) -> str:
        return self.agencies[body].name if body is not None and body in self.agencies else (body or "")

    def same_organisation(self, one: str, other: str) -> bool:
        """Also two names of what has merged into one."""
        known = [self.agencies[body].quorum_identity if body in self.agencies else body for body in (one, other)]
        return known[0] == known[1]

    def partner_of_role(self, role: str) -> str | None:
        body = self.roles[role].body if role in self.roles else None
        return self.agencies[body].partner if body is not None and body in self.agencies else None

    def meeting_group(self, name: str) -> Mapping[str, Any]:
        """Who a group is, as expressions see it: `chair`, `deputy`, `members` (everybody whom it tells, by role) and
        `seats` ({body, role, setting, chaired}). A group without seats of bodies has one for each role."""
        if name not in self.groups:
            raise EngineError(f"The partnership has no group called “{name}”.")
        group = self.groups[name]
        leads = [role for role in (group.chair, group.deputy) if role is not None]
        return {
            "id": group.id,
            "name": group.name,
            "chair": group.chair,
            "deputy": group.deputy,
            "members": [*dict.fromkeys([*leads, *group.members])],
            "seats": [
                {"body": None, "role": None, "setting": None, **seat, "chaired": seat.get("role") == group.chair}
                for seat in self._seats(group)
            ],
        }

    def _seats(self, group: Group) -> list[Mapping[str, str | None]]:
        """The partnership's list `<group>-seats` may say them one by one, as rows of value, title, body and role."""
        body_of = {role: self.roles[role].body for role in (group.chair, group.deputy, *group.members) if role}
        one_by_one = self.lists.get(f"{group.id}-seats")
        if one_by_one is not None:
            named = [{"body": row["body"], "role": row["role"], "setting": row["value"]} for row in one_by_one]
            return [{"body": body_of.get(str(group.chair)), "role": group.chair}, *named]
        if not group.seats:
            return [{"body": body, "role": role} for role, body in body_of.items()]
        lead = {body_of[role]: role for role in (group.deputy, group.chair) if role}
        return [{"body": body, "role": lead.get(body, *group.members[:1])} for body in group.seats]

    def listed(self, name: str) -> Sequence[Mapping[str, str]]:
        """A list of options by name: `{"value", "title"}` each."""
        if name not in self.lists:
            raise EngineError(f"The partnership has no list called “{name}”.")
        return self.lists[name]


def load_partnership(name: str) -> Partnership:
    folder = bundled() / "partnerships"
    file = folder / f"{name}.json"
    if not name.replace("-", "").isalnum() or not file.is_file():
        raise UnknownPartnership(f"There is no partnership called “{name}”.")
    ladders = parse_ladders(json.loads((folder / "ladders.json").read_text("utf-8")))
    return read_partnership(json.loads(file.read_text("utf-8")), ladders)


def read_partnership(raw: Mapping[str, Any], ladders: Ladders) -> Partnership:
    agencies = {
        a["id"]: Agency(a["id"], a["name"], a["partner"], a["relevant_agency"], a["quorum_identity"], a["flag"])
        for a in raw["agencies"]
    }
    roles = {r["id"]: Role(r["id"], r["name"], r["body"], r["voting_for"]) for r in raw["roles"]}
    access = raw["access"]
    return Partnership(
        id=raw["id"],
        name=raw["name"],
        reference_prefix=raw["reference_prefix"],
        website=raw["website"],
        agencies=agencies,
        roles=roles,
        partners={p["id"]: Partner(p["id"], p["name"], p["lead"], tuple(p["alternates"])) for p in raw["partners"]},
        groups={
            g["id"]: Group(
                g["id"],
                g["name"],
                g.get("chair"),
                g.get("deputy"),
                tuple(g.get("members") or ()),
                tuple(g.get("seats") or ()),
                g.get("quorum"),
                tuple(g.get("excluded_from_room") or ()),
            )
            for g in raw["groups"]
        },
        separation={
            s["id"]: SeparationRule(
                s["id"],
                s["text"],
                s["deny"]["action"],
                frozenset(s["deny"]["if_role"]),
                frozenset(s["deny"]["if_did"]),
                s["deny"]["scope"],
            )
            for s in raw["sod"]
        },
        fallbacks={f["role"]: tuple(f["then"]) for f in raw["fallbacks"]},
        vacancy=tuple(raw["vacancy"]),
        oversees=frozenset(access["oversight"]),
        sees_cases=frozenset(access["case_data"]),
        sees_own_part=frozenset(access["own_part"]),
        sees_while_acting=frozenset(access["acting"]),
        per_case=frozenset(access["per_case"]),
        lists=_lists(raw, agencies, roles),
        ladders=ladders,
        chases={
            k: Chase(
                k,
                c["title"],
                c["role"],
                c["form"],
                c["due"],
                c.get("title_if_chosen"),
                c.get("ends_with_task", False),
            )
            for k, c in raw["chases"].items()
        },
        notices={k: Notice(n["subject"], n["text"]) for k, n in raw["notices"].items()},
        kept_lists=raw.get("kept_lists", {}),
        schedules={s["id"]: read_schedule(s) for s in raw.get("schedules", ())},
        demo=raw["demo"],
    )


def _lists(
    raw: Mapping[str, Any], agencies: Mapping[str, Agency], roles: Mapping[str, Role]
) -> dict[str, tuple[Mapping[str, str], ...]]:
    """The partnership's own among them: rows of value and title, or ids of roles."""

    def options(rows: Any) -> tuple[Mapping[str, str], ...]:
        return tuple({"value": row.id, "title": row.name} for row in rows)

    seats = next(g["seats"] for g in raw["groups"] if g["id"] == "rdg")
    own = {
        name: tuple(row if isinstance(row, dict) else {"value": row, "title": roles[row].name} for row in rows)
        for name, rows in raw.get("lists", {}).items()
    }
    return {
        "bodies": options(agencies.values()),
        "relevant-agencies": options(a for a in agencies.values() if a.relevant_agency),
        "agencies-to-ask": options(a for a in agencies.values() if a.relevant_agency or a.partner),
        "partners": tuple({"value": p["id"], "title": p["name"]} for p in raw["partners"]),
        "roles": options(roles.values()),
        "rdg-members": options(agencies[s] for s in seats),
        "website": ({"value": raw["website"], "title": f"Website of the {raw['name']}"},),
        **own,
    }
