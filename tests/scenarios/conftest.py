import pytest

from tests.restoring import compare_every_step


@pytest.fixture(autouse=True)
def compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Along every scenario, what is stored gives back what was there."""
    compare_every_step(monkeypatch)
