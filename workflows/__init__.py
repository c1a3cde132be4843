"""What a partnership runs: data only."""

from importlib.resources import files
from importlib.resources.abc import Traversable


def bundled() -> Traversable:
    """The folder of this package, wherever it is installed."""
    return files(__name__)
