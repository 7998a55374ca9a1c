"""What all tests of the SDXL engine share: one tiny store of models, one thread for torch."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest
import torch

from tests.generator.sdxl import tiny

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            # numpy says it of torch's tensors wherever a scheduler makes an array of one
            item.add_marker(
                pytest.mark.filterwarnings(
                    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
                )
            )


@pytest.fixture(scope="session", autouse=True)
def _light() -> None:
    torch.set_num_threads(1)
    gc.collect()
    gc.freeze()  # the libraries are a million objects, which each collection would look through again


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models as a store lays it out; read-only by agreement."""
    return tiny.save(tmp_path_factory.mktemp("models"))
