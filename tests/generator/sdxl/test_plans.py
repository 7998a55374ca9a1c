"""Plans: what fits where, counted on the real architecture. No torch is needed to ask."""

from __future__ import annotations

import subprocess
import sys

import pytest

from generator.errors import SpecInvalid
from generator.sdxl.plans import BYTES, GIB, PARAMETERS, PLANS, Plan, card_bytes, plan_for, plan_named

pytestmark = pytest.mark.xdist_group("sdxl")

CARDS = [6, 8, 12, 16, 24, 80]


def test_the_parts_add_up_to_the_pipeline() -> None:
    assert sum(PARAMETERS.values()) == 4_719_852_027
    assert sum(PARAMETERS.values()) * BYTES["bf16"] / GIB == pytest.approx(8.791, abs=0.001)
    assert Plan("all").weights() / GIB == pytest.approx(8.791, abs=0.001)
    assert Plan("all", precision="fp32").weights() / GIB == pytest.approx(17.58, abs=0.01)
    assert Plan("text", offload="text").weights() / GIB == pytest.approx(8.791, abs=0.001), "words beside the others"
    assert Plan("model", offload="model").weights() / GIB == pytest.approx(7.11, abs=0.01)
    assert Plan("control", offload="control").weights() / GIB == pytest.approx(4.782 + 0.35, abs=0.01)


@pytest.mark.parametrize("card", CARDS)
def test_a_card_gets_the_plan_of_its_name_and_it_fits(card: int) -> None:
    plan = plan_for(card_bytes(card), "cuda")
    assert plan is PLANS[f"{card}gb"]
    assert plan.peak() <= card_bytes(card)


def test_more_memory_never_means_a_smaller_plan() -> None:
    order = list(PLANS)
    chosen = [order.index(plan_for(gigabytes * GIB // 2, "cuda").name) for gigabytes in range(2, 200)]
    assert chosen == sorted(chosen, reverse=True)
    assert plan_for(0, "cuda").name == "6gb"


def test_a_processor_paints_in_full_precision_where_its_memory_allows() -> None:
    assert plan_for(32 * GIB, "cpu").precision == "fp32"
    assert plan_for(16 * GIB, "cpu").precision == "bf16"
    assert plan_for(64 * GIB, "mps").precision == "fp16"


@pytest.mark.parametrize("device", ["cuda", "mps", "cpu"])
@pytest.mark.parametrize("gigabytes", [8, 9, 10, 11, 12, 13, 14, 16, 18, 20, 24, 32, 48, 64, 100])
def test_what_is_chosen_fits_on_every_device(device: str, gigabytes: int) -> None:
    if device != "cpu" or gigabytes >= 16:  # a machine with less has nothing smaller to choose
        assert plan_for(gigabytes * GIB, device).peak() <= gigabytes * GIB


def test_where_words_come_beside_the_other_networks_all_of_them_are_counted() -> None:
    tiled = Plan("text", offload="text", tile=True, resident_loras=0)
    assert tiled.peak() >= sum(PARAMETERS.values()) * 2
    assert Plan("text", offload="text", resident_loras=0).peak() > tiled.peak(), "a decode of the whole needs more yet"


def test_loras_take_as_much_room_as_the_networks_that_they_are_added_to() -> None:
    assert Plan("cpu", precision="fp32").lora_bytes == 2 * Plan("cpu", precision="bf16").lora_bytes


def test_an_admin_may_choose_by_name() -> None:
    assert plan_named("12gb") == PLANS["12gb"]
    assert plan_named("24gb+compile").compile
    for wrong in ("7gb", "", "cpu+compile", "8gb+compile", "6gb+compile", "24gb+compile2", "24gb+fast"):
        with pytest.raises(SpecInvalid) as caught:
            plan_named(wrong)
        assert caught.value.key == "error-plan"


def test_asking_needs_no_torch() -> None:
    code = "import sys, generator.sdxl.plans, generator.sdxl.presets; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)
