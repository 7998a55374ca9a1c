"""What holds for all tests."""

from __future__ import annotations

import functools
import gc
from pathlib import Path

import pytest
from hypothesis import settings

# How long an example takes says something about the machine, and nothing about the property.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")

gc.disable()  # until all tests are there: see pytest_collection_finish

LONG = ("generator/sdxl", "crash", "telegram_journeys", "discord_journeys", "journeys")
"""Folders whose tests take seconds each, or a minute together: begun first, so that no worker waits for the last of them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent

    @functools.cache
    def place(path: Path) -> int:
        return next((place for place, folder in enumerate(LONG) if path.is_relative_to(here / folder)), len(LONG))

    items.sort(key=lambda item: place(item.path))


def pytest_collection_finish() -> None:
    """Modules and tests stay to the end: to look through them for garbage would take a third of the time of collection."""
    gc.freeze()
    gc.enable()
