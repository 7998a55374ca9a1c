"""What there is to paint on, and what `bpp doctor` says of it and of the weights."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from bot import doctor
from bot.config import Settings
from bot.engines import LocalEngine
from generator.errors import EngineUnavailable
from generator.sdxl import hardware
from generator.sdxl.plans import PLANS
from generator.sdxl.store import Store

pytestmark = pytest.mark.xdist_group("sdxl")


@pytest.fixture(autouse=True)
def _nobodys_driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container shows the driver of a machine whose GPU it was not given."""
    monkeypatch.setattr(hardware, "DRIVER", tmp_path / "driver")
    monkeypatch.setattr(hardware, "AMD_DRIVER", tmp_path / "kfd")


async def findings(data: Path, **more: object) -> dict[str, doctor.Finding]:
    known = {"data": data, "secret_file": data / "secret", "engines": ["classic"]}
    settings = Settings(**(known | more))  # type: ignore[arg-type]
    return {finding.what: finding async for finding in doctor._sdxl(settings)}


def test_a_device_has_a_name_and_memory() -> None:
    device = hardware.look()
    assert 0 < device.free <= device.total
    assert device.total > 2**30
    assert device.name


def test_a_container_has_no_more_memory_than_its_limit(tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text("MemTotal: 64 kB\nMemAvailable:   48 kB\n")
    assert hardware._available(tmp_path, tmp_path) == 48 * 1024
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("1024\n")
    assert hardware._available(tmp_path, tmp_path) == 48 * 1024
    (tmp_path / "memory.max").write_text("9216\n")
    (tmp_path / "memory.stat").write_text("anon 1024\nactive_file 0\ninactive_file 0\n")
    assert hardware._available(tmp_path, tmp_path) == 8 * 1024
    # The weights that were just pulled lie in the page cache, which makes way.
    (tmp_path / "memory.current").write_text("9216\n")
    (tmp_path / "memory.stat").write_text("anon 1024\nactive_file 2048\ninactive_file 6144\n")
    assert hardware._available(tmp_path, tmp_path) == 8 * 1024
    assert hardware._available(tmp_path / "nowhere", tmp_path) == 8 * 1024


def test_a_device_that_is_not_there_is_said() -> None:
    missing = "mps" if hardware.look().kind != "mps" else "cuda"
    with pytest.raises(EngineUnavailable) as caught:
        hardware.look(missing)
    assert (caught.value.key, caught.value.parameters) == ("error-device", {"device": missing})
    assert hardware.look("cpu").kind == "cpu"


async def test_beside_a_gpu_that_does_not_work_nothing_is_painted_by_the_processor_unless_that_is_wanted(
    tmp_path: Path,
) -> None:
    if hardware.look().kind != "cpu":
        pytest.skip("this machine has a GPU that works")
    said = (await findings(tmp_path, engines=["classic", "sdxl"]))["SDXL"].said
    assert "on the processor, for there is no GPU that torch can use: it is slow" in said
    hardware.DRIVER.touch()
    with pytest.raises(EngineUnavailable, match="error-device-broken"):
        hardware.look()
    assert hardware.look("cpu").kind == "cpu"
    found = await findings(tmp_path, engines=["classic", "sdxl"])
    assert found["SDXL"].wrong
    assert "nvidia-smi" in found["SDXL"].said


async def test_beside_a_gpu_of_amds_it_is_said_or_refused_by_what_torch_was_made_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if hardware.look().kind != "cpu":
        pytest.skip("this machine has a GPU that works")
    hardware.AMD_DRIVER.touch()
    assert hardware.look().why == "amd"
    assert "install the one for ROCm" in (await findings(tmp_path, engines=["classic", "sdxl"]))["SDXL"].said
    monkeypatch.setattr(torch.version, "hip", "6.4")
    with pytest.raises(EngineUnavailable, match="error-device-broken"):
        hardware.look()
    assert hardware.look("cpu").why == "asked"
    assert "rocminfo" in (await findings(tmp_path, engines=["classic", "sdxl"]))["SDXL"].said


async def test_the_doctor_says_what_stands_between_the_settings_and_a_picture(tmp_path: Path) -> None:
    found = await findings(tmp_path, engines=["classic", "sdxl"], plan="80gb", device="cpu")
    assert "plan 80gb, as the settings say" in found["SDXL"].said
    assert "on the processor, as the settings say" in found["SDXL"].said
    assert found["SDXL weights"].wrong
    assert "missing: sdxl-base sdxl-vae canny lightning" in found["SDXL weights"].said
    found = await findings(tmp_path, engines=["classic", "sdxl"], plan="80gb", device="cpu", control="canny-small")
    assert "lines are followed by canny-small" in found["SDXL"].said
    assert "missing: sdxl-base sdxl-vae canny-small lightning" in found["SDXL weights"].said
    found = await findings(tmp_path, engines=["classic", "sdxl"], plan="nonsense")
    assert found["SDXL"].wrong
    assert "nonsense" in found["SDXL"].said


async def test_the_doctor_says_where_nothing_is_set_up_how_to_begin(tmp_path: Path) -> None:
    (finding,) = (await findings(tmp_path)).values()
    assert finding.absent
    assert "bpp models pull" in finding.said
    assert not (tmp_path / "models").exists()


async def test_the_doctor_names_device_plan_weights_and_licences(tmp_path: Path) -> None:
    store = Store(tmp_path / "models")
    for model_id in ("sdxl-base", "dmd2"):
        (store.folder / model_id).mkdir(parents=True)
    found = await findings(tmp_path)
    assert any(f"plan {name}" in found["SDXL"].said for name in PLANS)
    said = found["SDXL weights"].said
    assert "run: bpp models pull sdxl-vae canny lightning taesdxl safety-checker" in said
    assert "pass their use restrictions on" in said
    assert "not for hosting by their licence, and here since you said so: dmd2" in said


async def test_the_doctor_says_what_is_wrong_with_an_own_list_of_models(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models/models.toml").write_text("[broken]\nrole = 1")
    (finding,) = (await findings(tmp_path)).values()
    assert finding.wrong
    assert "broken" in finding.said


async def test_the_doctor_does_not_wait_for_an_engine_that_says_it_cannot_be_had() -> None:
    slot = LocalEngine("sdxl-0", engine="tests.engines.rogue:create_weightless")
    found = await doctor._engine(slot)
    assert found.wrong
    assert "SDXL below says what is missing" in found.said
