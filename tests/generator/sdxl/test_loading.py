"""Loading: real folders of safetensors, in the plan's precision, and a word where one cannot be read."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel

from generator.errors import EngineUnavailable
from generator.sdxl.loading import Components, load
from generator.sdxl.plans import Plan
from tests.generator.sdxl import tiny
from tests.generator.sdxl.shelves import Folder

pytestmark = pytest.mark.xdist_group("sdxl")


@pytest.fixture
def own(models: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(models, tmp_path / "models"))


def test_every_network_comes_as_it_was_saved(models: Path) -> None:
    parts = load(Folder(models), Plan("test", precision="fp32"))
    saved = tiny.build()
    for ours, theirs in (
        (parts.unet, saved[tiny.BASE]["unet"]),
        (parts.vae, saved[tiny.VAE][""]),
        (parts.preview_vae, saved[tiny.PREVIEW][""]),
        (parts.text_encoders[0], saved[tiny.BASE]["text_encoder"]),
        (parts.text_encoders[1], saved[tiny.BASE]["text_encoder_2"]),
        (parts.control_embedding, saved[tiny.CONTROL][""].controlnet_cond_embedding),
    ):
        weights = ours.state_dict()
        assert all(torch.equal(weights[name], value) for name, value in theirs.state_dict().items())
        assert not any(each.requires_grad for each in ours.parameters())
    assert parts.native == tiny.SIDE
    assert parts.safety is not None


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_comes_in_the_plans_precision_from_half_precision_files_too(precision: str, tmp_path: Path) -> None:
    folder = tiny.save(tmp_path, variant="fp16")
    assert list((folder / tiny.BASE / "unet").glob("*.fp16.safetensors"))
    parts: Components = load(Folder(folder), Plan("test", precision=precision))  # type: ignore[arg-type]
    kinds = {parameter.dtype for network in parts.networks().values() for parameter in network.parameters()}
    assert kinds == {parts.dtype}


def test_does_without_previews_and_checker(own: Path) -> None:
    for model_id in (tiny.PREVIEW, tiny.SAFETY):
        shutil.rmtree(own / model_id)
    parts = load(Folder(own), Plan("test"))
    assert parts.preview_vae is None
    assert parts.safety is None


@pytest.mark.parametrize(
    "file",
    [
        f"{tiny.BASE}/unet/diffusion_pytorch_model.safetensors",
        f"{tiny.CONTROL}/diffusion_pytorch_model.safetensors",
        f"{tiny.BASE}/text_encoder_2/model.safetensors",
        f"{tiny.BASE}/tokenizer/tokenizer.json",
        f"{tiny.BASE}/scheduler/scheduler_config.json",
        f"{tiny.VAE}/config.json",
        f"{tiny.SAFETY}/feature_extractor/preprocessor_config.json",
    ],
)
def test_a_damaged_file_is_named_by_its_folder(file: str, own: Path) -> None:
    data = (own / file).read_bytes()
    (own / file).write_bytes(data[: len(data) // 2])
    with pytest.raises(EngineUnavailable) as caught:
        load(Folder(own), Plan("test"))
    assert caught.value.key == "error-model-broken"
    named = (own / file).parent
    assert caught.value.parameters["model"] == (named.parent if named.name == "feature_extractor" else named).name


def test_weights_that_the_memory_does_not_hold_are_not_called_broken(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = RuntimeError("DefaultCPUAllocator: can't allocate memory")

    def read(*_arguments: object, **_options: object) -> None:
        raise short

    monkeypatch.setattr(UNet2DConditionModel, "from_pretrained", read)
    with pytest.raises(RuntimeError) as caught:
        load(Folder(own), Plan("test"))
    assert caught.value is short
