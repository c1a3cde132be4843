"""Shipped diagrams, spoilt at random: every spoilt one is refused in words, or still compiles."""

import random
from collections.abc import Callable
from copy import deepcopy
from functools import lru_cache
from pathlib import Path

import pytest
from lxml import etree

from engine import library
from engine.bpmn.elements import read_elements, read_head
from engine.bpmn.finding import Severity
from engine.bpmn.validate import Known, validate
from engine.check.files import bundled_folders
from engine.check.forms import fields_of
from engine.check.surroundings import known_of, surveys_of
from engine.library import Process
from engine.partnership import load_partnership

pytestmark = pytest.mark.slow

WORKFLOWS = Path(__file__).parents[2] / "workflows"
DIAGRAMS = sorted(WORKFLOWS.glob("*/*/*.bpmn"))
ROUNDS = 200
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
WORDS = ("", " ", "=", "=x +", "Start", "true", "0", "ä b", "[child]", "P1D", "import os", "a" * 300, "{", '"', "'")

Mutation = Callable[[random.Random, etree._Element], None]


def _any(rng: random.Random, root: etree._Element) -> etree._Element:
    inside = [xml for xml in root.iter(f"{BPMN}*", "{urn:lscp-workflow:bpmn:1}*") if xml is not root]
    return rng.choice(inside)


def drop_attribute(rng: random.Random, root: etree._Element) -> None:
    one = _any(rng, root)
    if one.attrib:
        del one.attrib[rng.choice(list(one.attrib))]


def change_attribute(rng: random.Random, root: etree._Element) -> None:
    one = _any(rng, root)
    if one.attrib:
        one.set(rng.choice(list(one.attrib)), rng.choice(WORDS))


def rename_id(rng: random.Random, root: etree._Element) -> None:
    named = [xml for xml in root.iter(f"{BPMN}*") if xml.get("id")]
    rng.choice(named).set("id", rng.choice(named).get("id", "") + rng.choice(("", "-2", ".EndJoin", " [child]")))


def delete_element(rng: random.Random, root: etree._Element) -> None:
    one = _any(rng, root)
    parent = one.getparent()
    if parent is not None:
        parent.remove(one)


def duplicate_element(rng: random.Random, root: etree._Element) -> None:
    one = _any(rng, root)
    parent = one.getparent()
    if parent is not None:
        parent.insert(rng.randrange(len(parent) + 1), deepcopy(one))


def move_element(rng: random.Random, root: etree._Element) -> None:
    one, home = _any(rng, root), _any(rng, root)
    if one not in home.iterancestors() and one is not home:
        home.append(one)


def change_text(rng: random.Random, root: etree._Element) -> None:
    with_text = [xml for xml in root.iter(f"{BPMN}*") if xml.text and xml.text.strip()]
    rng.choice(with_text).text = rng.choice(WORDS)


def change_tag(rng: random.Random, root: etree._Element) -> None:
    tags = [xml.tag for xml in root.iter(f"{BPMN}*")]
    _any(rng, root).tag = rng.choice(tags)


def swap_references(rng: random.Random, root: etree._Element) -> None:
    kinds = ("sourceRef", "targetRef", "messageRef", "signalRef", "attachedToRef", "default", "calledElement")
    kind = rng.choice(kinds)
    holding = [xml for xml in root.iter() if xml.get(kind)]
    if len(holding) > 1:
        one, other = rng.sample(holding, 2)
        mine, theirs = one.get(kind, ""), other.get(kind, "")
        one.set(kind, theirs)
        other.set(kind, mine)


def spoil_drawing(rng: random.Random, root: etree._Element) -> None:
    bounds = list(root.iter("{*}Bounds", "{*}waypoint"))
    if bounds:
        rng.choice(bounds).set(rng.choice(("x", "y", "width")), rng.choice(WORDS))


MUTATIONS: tuple[Mutation, ...] = (
    drop_attribute, change_attribute, rename_id, delete_element, duplicate_element, move_element, change_text,
    change_tag, swap_references, spoil_drawing,
)  # fmt: skip


@lru_cache(maxsize=1)
def _shipped() -> tuple[dict[str, Process], dict[str, Known]]:
    """Every shipped process as it is, and what is known around each."""
    partnership = load_partnership("solihull")
    folders = bundled_folders()
    surveys = surveys_of(folders)
    parsed: dict[str, Process] = {}
    known: dict[str, Known] = {}
    for package in library.packages():
        process = library.parse(package)
        parsed[package.key] = process
        forms = {name: fields_of(form) for name, form in process.forms.items()}
        decisions = {name: frozenset[str]() for name in process.decisions}
        known[package.key] = known_of(partnership, forms, decisions=decisions, surveys=surveys)
    return parsed, known


def _closure(key: str, parsed: dict[str, Process]) -> dict[str, Process]:
    found: dict[str, Process] = {}
    wanted = [key]
    while wanted:
        current = wanted.pop()
        if current not in found:
            found[current] = parsed[current]
            wanted.extend(parsed[current].calls)
    return found


def _spoilt(seed: int) -> tuple[str, etree._Element, list[str]]:
    rng = random.Random(seed)
    path = DIAGRAMS[seed % len(DIAGRAMS)]
    root = etree.fromstring(path.read_bytes())
    done = []
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        mutation = rng.choice(MUTATIONS)
        mutation(rng, root)
        done.append(mutation.__name__)
    return path.stem, root, done


@pytest.mark.parametrize("part", range(8))
def test_spoilt_diagrams_are_refused_in_words_or_compile(part: int) -> None:
    parsed, known = _shipped()
    accepted = 0
    for seed in range(part, ROUNDS, 8):
        key, root, done = _spoilt(seed)
        found = validate(root, name=key, known=known[key])
        assert all(finding.message and finding.code for finding in found), (seed, done)
        if any(finding.severity is Severity.ERROR for finding in found):
            continue
        accepted += 1
        own = parsed[key]
        (process,) = root.iter(f"{BPMN}process")
        changed = Process(key, root, read_head(process), read_elements(root), own.forms, own.decisions)
        library.compile_processes(key, f"{seed}", _closure(key, {**parsed, key: changed}))
    assert accepted > 0  # some changes do no harm
