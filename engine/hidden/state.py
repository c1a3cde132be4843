"""What holds while a page is drawn: colour, font, transparency, and the part that is shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pikepdf import Array, Dictionary, Name

from engine.hidden.fonts import Font
from engine.hidden.shapes import Area, Matrix

MOST_DEPTH = 12
INVISIBLE = frozenset({3, 7})
FAINTEST = 0.1  # of full strength
OPAQUE = 0.99

Colour = tuple[float, float, float] | None  # None: nobody can tell
BLACK, WHITE = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
SPACES: Mapping[str, int] = {"/DeviceGray": 1, "/CalGray": 1, "/DeviceRGB": 3, "/CalRGB": 3, "/DeviceCMYK": 4}


@dataclass(frozen=True)
class State:
    """What `q` saves and `Q` brings back."""

    matrix: Matrix = field(default_factory=Matrix)
    shown: Area = field(default_factory=Area)
    font: Font = field(default_factory=Font)
    size: float = 1.0
    spacing: float = 0.0
    word_spacing: float = 0.0
    stretch: float = 1.0
    leading: float = 0.0
    rise: float = 0.0
    mode: int = 0
    colour: Colour = BLACK
    space: int = 1  # how many numbers give a colour; 0: nobody can tell from them
    line: float = 1.0
    strength: float = 1.0
    blended: bool = False
    masked: bool = False

    @property
    def see_through(self) -> bool:
        return self.blended or self.masked or self.strength < OPAQUE

    @property
    def unseen(self) -> bool:
        return self.mode in INVISIBLE or self.strength < FAINTEST

    def given(self, resources: Dictionary, name: str) -> "State":
        """With what the page has laid down under this name."""
        state, found = self, named(resources, "/ExtGState", name)
        if not isinstance(found, Dictionary):
            return state
        if (strength := found.get("/ca")) is not None:
            state = replace(state, strength=float(strength))
        if (blend := found.get("/BM")) is not None:
            state = replace(state, blended=blend not in (Name.Normal, Name.Compatible))
        if (mask := found.get("/SMask")) is not None:
            state = replace(state, masked=mask != Name("/None"))
        return state

    def set(self, word: str, value: float) -> "State":
        match word:
            case "w":
                return replace(self, line=value)
            case "Tc":
                return replace(self, spacing=value)
            case "Tw":
                return replace(self, word_spacing=value)
            case "TL":
                return replace(self, leading=value)
            case "Ts":
                return replace(self, rise=value)
            case "Tr":
                return replace(self, mode=int(value))
        return replace(self, stretch=value / 100)


def colour(given: Sequence[Any]) -> Colour:
    """As red, green and blue from 0 to 1."""
    try:
        numbers = [float(one) for one in given]
    except (TypeError, ValueError):
        return None  # a pattern
    match numbers:
        case [grey]:
            return grey, grey, grey
        case [red, green, blue]:
            return red, green, blue
        case [cyan, magenta, yellow, black]:
            return (1 - cyan) * (1 - black), (1 - magenta) * (1 - black), (1 - yellow) * (1 - black)
    return None


def space(resources: Dictionary, name: Any) -> int:
    """How many numbers make a colour of this space, where they mean grey, red-green-blue or the printer's four."""
    found = named(resources, "/ColorSpace", str(name)) or name
    kind = found[0] if isinstance(found, Array) and len(found) else found
    if kind == Name.ICCBased and len(found) > 1:
        return int(found[1].get("/N", 0))
    return SPACES.get(str(kind), 0)


def named(resources: Dictionary, kind: str, name: str) -> Any:
    among = resources.get(kind)
    return among.get(name) if isinstance(among, Dictionary) else None


def resources(of: Any, above: Dictionary | None = None) -> Dictionary:
    """Its own, or those that it inherits."""
    for _ in range(MOST_DEPTH):
        found = of.get("/Resources")
        if isinstance(found, Dictionary):
            return found
        parent = of.get("/Parent")
        if parent is None:
            break
        of = parent
    return above if above is not None else Dictionary()
