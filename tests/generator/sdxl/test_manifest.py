"""The list of weights: ours, and an admin's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.sdxl.manifest import ManifestInvalid, load_manifest

pytestmark = pytest.mark.xdist_group("sdxl")

OWN = """
[my-style]
role = "style"
hub = "me/my-style"
revision = "main"
licence = "MIT"
hosting = true
optional = true
permits = "Everything."
files = [{ name = "my.safetensors" }]
"""


def test_ours_have_all_that_a_painting_needs_under_licences_for_hosting() -> None:
    manifest = load_manifest()
    needed = {model.role: model for model in manifest.values() if not model.optional}
    assert set(needed) == {"base", "vae", "controlnet", "few-step", "preview", "safety"}
    assert needed["controlnet"].licence == "Apache-2.0"
    for model in needed.values():
        assert model.hosting, model.id
        assert model.pinned, model.id
        assert len(model.permits) > 20
        for file in model.files:
            assert not file.name.endswith(".safetensors") or file.sha256, f"{model.id}/{file.name} is not pinned"
    assert {model.id for model in manifest.values() if not model.hosting} == {"dmd2"}
    assert {model.role for model in manifest.values() if model.optional} >= {"controlnet", "few-step", "style"}


def test_the_base_is_as_large_as_its_networks_say() -> None:
    """Weights of two bytes each, and little around them."""
    files = {file.name: file.size for file in load_manifest()["sdxl-base"].files}
    for name, parameters in (
        ("unet/diffusion_pytorch_model.fp16.safetensors", 2_567_463_684),
        ("text_encoder/model.fp16.safetensors", 123_060_480),
        ("text_encoder_2/model.fp16.safetensors", 694_659_840),
    ):
        assert 0 < files[name] - 2 * parameters < 300_000, name


def test_an_admin_adds_models_of_his_own(tmp_path: Path) -> None:
    (tmp_path / "models.toml").write_text(OWN)
    manifest = load_manifest(tmp_path)
    assert manifest["my-style"].files[0].source == "my.safetensors"
    assert "sdxl-base" in manifest
    assert load_manifest(tmp_path / "nowhere").keys() == load_manifest().keys()


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("my.safetensors", "pytorch_model.bin", "is none of .safetensors"),
        ("my.safetensors", "../my.safetensors", "no path inside"),
        ("my.safetensors", "/etc/my.safetensors", "no path inside"),
        ('{ name = "my.safetensors" }', '{ name = "my.safetensors", sha256 = "abc" }', "no SHA-256"),
        ('{ name = "my.safetensors" }', '{ name = "my.safetensors", size = -1 }', "no less than 0"),
        ('{ name = "my.safetensors" }', '{ name = "my.safetensors", sise = 1 }', "no such key: sise"),
        ('[{ name = "my.safetensors" }]', "[]", "at least one"),
        ('hub = "me/my-style"', 'hub = "http://me"', "owner/name"),
        ('revision = "main"', 'revision = "../../main"', "owner/name"),
        ("hosting = true", "", "hosting is missing"),
        ("hosting = true", 'hosting = "yes"', "hosting is missing or no bool"),
        ('role = "style"', 'role = "flavour"', "role is one of"),
        ("[my-style]", "[sdxl-base]", "one of ours"),
        ("[my-style]", '["../my"]', "whose name has"),
        ("[my-style]", "[my-style", "Expected"),
    ],
)
def test_a_mistake_in_a_manifest_is_named(before: str, after: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "models.toml").write_text(OWN.replace(before, after))
    with pytest.raises(ManifestInvalid) as caught:
        load_manifest(tmp_path)
    assert reason in str(caught.value.parameters["reason"])
    assert str(tmp_path) in str(caught.value.parameters["file"])
