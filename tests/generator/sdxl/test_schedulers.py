"""Schedulers: each by its name, new each time."""

from __future__ import annotations

import pytest

from generator.errors import SpecInvalid
from generator.sdxl.schedulers import SCHEDULERS, fresh

pytestmark = pytest.mark.xdist_group("sdxl")

TRAINED = {
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "steps_offset": 1,
    "timestep_spacing": "leading",
    "skip_prk_steps": True,
    "interpolation_type": "linear",
}
FIRST_FOUR = {
    "euler": [751, 501, 251, 1],
    "euler-trailing": [999, 749, 499, 249],
    "ddim": [751, 501, 251, 1],
    "lcm": [999, 759, 499, 259],
    "tcd": [999, 759, 499, 259],
}


@pytest.mark.parametrize("name", SCHEDULERS)
def test_each_starts_where_its_model_was_trained_to(name: str) -> None:
    scheduler = fresh(name, TRAINED)
    scheduler.set_timesteps(4)
    assert scheduler.config.beta_end == TRAINED["beta_end"]
    assert scheduler.order == 1  # one look of the network a step
    if name in FIRST_FOUR:
        assert scheduler.timesteps.tolist() == FIRST_FOUR[name]
    assert fresh(name, TRAINED) is not scheduler


def test_an_unknown_name_is_refused_with_those_there_are() -> None:
    with pytest.raises(SpecInvalid) as caught:
        fresh("heun", TRAINED)
    assert caught.value.key == "error-scheduler"
    assert "dpmpp-2m-karras" in str(caught.value.parameters["schedulers"])
