"""The journeys use the browser tests' site."""

from tests.browser.conftest import browser, pytest_collection_modifyitems, site

__all__ = ["browser", "pytest_collection_modifyitems", "site"]
