"""The styles that SDXL paints: whole, in both languages, with a way back to the classic engine."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from generator.engine import Quality
from generator.sdxl.manifest import load_manifest
from generator.sdxl.presets import PRESETS, preset_of
from generator.sdxl.prompts import BUDGET, prompt_for, tokens
from generator.styles import PAINTED_FOLDER, Catalog, CatalogInvalid, load_catalog
from generator.traits import TRAITS

TWELVE = (
    "anime", "storybook", "aquarelle", "oilportrait", "comic", "linocut", "clay", "felt", "papercraft", "voxel", "synthwave",
    "stainedglass",
)  # fmt: skip
WITH_WEIGHTS = {"pixelart": "pixel-art-xl", "papertheatre": "papercut", "bpp": "bpp-lora"}
LONGEST = {trait: max((value for value in values if value != "none"), key=len) for trait, values in TRAITS.items()} | {
    "figure": "bold",
    "skin": "dark",
    "hairtone": "darkbrown",
    "glasses": "shades",
}


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """With every model that a style needs."""
    models = tmp_path_factory.mktemp("models")
    for need in ("pixel-art-xl", "papercut"):
        (models / need).mkdir()
    (models / "bpp-lora.safetensors").touch()
    return load_catalog(painted=True, models=models)


def test_painted_styles_come_after_the_classic_ones_and_only_where_asked_for(catalog: Catalog) -> None:
    classic = list(load_catalog())
    assert not set(classic) & {*TWELVE, *WITH_WEIGHTS}
    assert list(catalog) == [*classic, *TWELVE, *WITH_WEIGHTS]


@pytest.mark.parametrize("locale", ["en", "ko"])
def test_no_two_styles_have_the_same_name(catalog: Catalog, locale: str) -> None:
    names = sorted(style.called(locale) for style in catalog.values())
    assert len(set(names)) == len(names), names


def test_styles_with_weights_of_their_own_are_offered_where_those_are(tmp_path: Path) -> None:
    assert not set(WITH_WEIGHTS) & set(load_catalog(painted=True))
    assert not set(WITH_WEIGHTS) & set(load_catalog(painted=True, models=tmp_path))
    (tmp_path / "bpp-lora.safetensors").touch()
    assert set(WITH_WEIGHTS) & set(load_catalog(painted=True, models=tmp_path)) == {"bpp"}
    (tmp_path / "papercut").mkdir()
    assert set(WITH_WEIGHTS) & set(load_catalog(painted=True, models=tmp_path)) == {"bpp", "papertheatre"}


@pytest.mark.parametrize("needs", ['"papercut"', "[3]", '["../secret"]', '["/etc"]', '[".."]', '[""]'])
def test_needs_are_names_that_stay_in_the_folder_of_models(tmp_path: Path, needs: str) -> None:
    text = (PAINTED_FOLDER / "oilportrait.toml").read_text(encoding="utf-8")
    (tmp_path / "night.toml").write_text(f"needs = {needs}\n{text}", encoding="utf-8")
    with pytest.raises(CatalogInvalid) as caught:
        load_catalog([tmp_path])
    assert caught.value.parameters["key"] == "needs"


@pytest.mark.parametrize("style", [*TWELVE, *WITH_WEIGHTS])
class TestEachPaintedStyle:
    def test_says_what_it_is_in_both_languages(self, catalog: Catalog, style: str) -> None:
        entry = catalog[style]
        for locale in ("en", "ko"):
            assert entry.name[locale]
            assert 8 <= len(entry.description[locale]) <= 90
        assert any("가" <= letter <= "힣" for letter in entry.name["ko"])
        assert any("가" <= letter <= "힣" for letter in entry.description["ko"])

    def test_wants_a_gpu_and_falls_back_to_a_classic_style_that_draws_photos_too(
        self, catalog: Catalog, style: str
    ) -> None:
        entry = catalog[style]
        assert (entry.engine, entry.needs_gpu, entry.photo) == ("sdxl", True, True)
        fallback = catalog[entry.fallback]
        assert (fallback.engine, fallback.needs_gpu, fallback.photo) == ("classic", False, True)

    def test_fits_with_the_longest_traits_and_leaves_room_for_the_members_words(
        self, catalog: Catalog, style: str
    ) -> None:
        about = "in a garden full of glowing lanterns"
        for seed in range(12):
            prompt = prompt_for(catalog[style], LONGEST, about, seed, with_face=True)
            assert tokens(prompt.text) <= BUDGET
            assert tokens(prompt.negative) <= BUDGET
            assert prompt.text.endswith(about)
            assert f"{LONGEST['colour']} clothes" in prompt.text

    def test_has_presets_and_a_figure_that_exist(self, catalog: Catalog, style: str) -> None:
        for quality in PRESETS:
            assert preset_of(catalog[style], cast("Quality", quality)).name == quality
        assert catalog[str(catalog[style].parameters["figure"])].figure
        assert len(set(catalog[style].parameters["backdrops"])) == 4


def test_one_style_paints_over_the_photos_of_the_bold_and_at_any_quality_for_some_steps(catalog: Catalog) -> None:
    over = {name: style.parameters["paint_over"] for name, style in catalog.items() if "paint_over" in style.parameters}
    assert over == {"oilportrait": 0.75}
    presets = [preset_of(catalog["oilportrait"], cast("Quality", quality)) for quality in PRESETS]
    assert [int(preset.steps * 0.75) for preset in presets] == [3, 15, 25]


def test_no_two_styles_look_or_read_alike(catalog: Catalog) -> None:
    painted = [catalog[style] for style in (*TWELVE, *WITH_WEIGHTS)]
    for said in (
        [entry.parameters["prompt"] for entry in painted],
        [entry.order for entry in painted],
        *([entry.called(locale) for entry in catalog.values()] for locale in ("en", "ko")),
        *([entry.described(locale) for entry in catalog.values()] for locale in ("en", "ko")),
    ):
        assert len(set(said)) == len(said)


def test_the_twelve_need_no_weights_but_the_bases_and_the_others_name_theirs(catalog: Catalog) -> None:
    manifest = load_manifest()
    for style in TWELVE:
        assert not catalog[style].needs
        assert "loras" not in catalog[style].parameters
    for style, need in WITH_WEIGHTS.items():
        assert catalog[style].needs == (need,)
        (lora,) = catalog[style].parameters["loras"]
        assert 0 < lora["weight"] <= 1
        if "model" in lora:
            assert lora["model"] == need
            assert manifest[need].hosting
        else:
            assert lora["file"] == f"{need}.safetensors"
