"""The engine that the tests of this folder share."""

from __future__ import annotations

import pytest

from generator.classic import ClassicEngine
from generator.styles import Catalog, load_catalog
from tests.generator.classic.pictures import RememberingFinder


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture(scope="session")
def engine(catalog: Catalog) -> ClassicEngine:
    engine = ClassicEngine(catalog, threads=1)
    engine._finder = RememberingFinder()
    return engine


@pytest.fixture
def small_canvas(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small pictures are painted small: quicker, for tests that do not look at how well."""
    monkeypatch.setattr("generator.classic.engine._SMALLEST_CANVAS", 128)
