"""Holders of every role of a partnership, named by their role: for demonstrations and scenarios."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.model import Appointment, Person
from engine.partnership import Partnership


@dataclass(frozen=True)
class Holder:
    """`code` makes the address and the id; `roles` are (role, body) pairs."""

    code: str
    name: str
    body: str | None
    roles: tuple[tuple[str, str | None], ...]


def holders(partnership: Partnership, plan: Mapping[str, Any]) -> Iterator[Holder]:
    shared: dict[str, str] = plan["same_holder"]
    skipped = {*plan["vacant"], *plan["not_held"], *plan["per_body"], *plan["members"], *shared}
    for role in partnership.roles.values():
        if role.id not in skipped:
            also = tuple((r, partnership.roles[r].body) for r, holder in shared.items() if holder == role.id)
            yield Holder(role.id, role.name, role.body, ((role.id, role.body), *also))
    for partner in partnership.partners.values():
        body = partnership.roles[partner.lead].body
        for role_id, words in plan["per_partner"].items():
            yield Holder(f"{role_id}.{partner.id}", words.format(partner=partner.name), body, ((role_id, body),))
    for agency in partnership.agencies.values():
        for role_id, words in plan["per_body"].items():
            member = [
                (r, agency.id)
                for r, group in plan["members"].items()
                if role_id == "agency-signoff" and agency.id in partnership.groups[group].seats
            ]
            yield Holder(
                f"{role_id}.{agency.id}",
                words.format(body=agency.name),
                agency.id,
                ((role_id, agency.id), *member),
            )


def install(session: Session, partnership: Partnership, *, now: datetime, since: date | None = None) -> int:
    """Add the holders that are not there yet; how many. The same partnership always gets the same people."""
    begin = since or (now - timedelta(days=2 * 365)).date()
    here = set(session.scalars(select(Person.id)))
    wanted = {
        uuid5(NAMESPACE_URL, f"lscp:{partnership.id}:{h.code}"): h for h in holders(partnership, partnership.demo)
    }
    new = {person_id: holder for person_id, holder in wanted.items() if person_id not in here}
    for person_id, holder in new.items():
        session.add(
            Person(
                id=person_id,
                name=holder.name,
                email=f"{holder.code}@{partnership.id}.example",
                body=holder.body,
                created_at=now,
            )
        )
    session.flush()  # the appointments refer to them
    for person_id, holder in new.items():
        for role, body in holder.roles:
            session.add(Appointment(person_id=person_id, role=role, body=body, from_on=begin, made_at=now))
    return len(new)
