"""The catalog: what the files say, and what happens when they are wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from generator.classic.engine import PAINTERS
from generator.errors import SpecInvalid
from generator.styles import CatalogInvalid, faults, load_catalog
from generator.styles.recipes import RECIPES
from generator.traits import TRAITS

STYLES = (
    "ink", "papercut", "riso", "pop", "cel", "watercolor", "oil", "pixel", "glass", "engrave", "lino", "lowpoly",
    "mosaic", "neon", "topo", "peeps", "lorelei", "notionists", "sprites", "critters",
)  # fmt: skip


def write(folder: Path, name: str, text: str) -> Path:
    file = folder / f"{name}.toml"
    file.write_text(text, encoding="utf-8")
    return file


GOOD = """
engine = "classic"
recipe = "ink"
photo = true
order = 15
[name]
en = "Night ink"
[description]
en = "White on black."
[palettes]
red = ["#101010", "#f0f0f0", "#cc2222"]
"""


def test_the_first_styles_are_there_in_display_order() -> None:
    assert tuple(style for style in load_catalog() if style in STYLES) == STYLES


@pytest.mark.parametrize("style", STYLES)
def test_every_style_has_a_name_and_one_line_in_both_languages(style: str) -> None:
    entry = load_catalog()[style]
    for locale in ("en", "ko"):
        assert entry.called(locale)
        assert "\n" not in entry.described(locale)
        assert 8 < len(entry.described(locale)) < 90
    assert entry.described("ko") != entry.described("en")


@pytest.mark.parametrize("style", STYLES)
def test_every_colour_of_the_traits_has_a_palette(style: str) -> None:
    assert set(load_catalog()[style].palettes) == set(TRAITS["colour"])


@pytest.mark.parametrize("style", STYLES)
def test_every_preview_is_a_small_png_of_256_pixels(style: str) -> None:
    preview = load_catalog()[style].preview
    assert preview.startswith(b"\x89PNG")
    assert int.from_bytes(preview[16:20]) == int.from_bytes(preview[20:24]) == 256
    assert len(preview) < 40_000


def test_the_catalog_loads_neither_cv2_nor_numpy() -> None:
    code = (
        "import sys, generator.styles as s; s.load_catalog();"
        "print(sorted({'cv2', 'numpy', 'torch', 'PIL'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_folder_of_ones_own_adds_a_style_in_its_place(tmp_path: Path) -> None:
    write(tmp_path, "night", GOOD)
    catalog = load_catalog([tmp_path])
    assert list(catalog)[:3] == ["ink", "night", "papercut"]
    assert catalog["night"].called("ko") == "Night ink"


def test_a_later_folder_replaces_a_style_of_the_same_name(tmp_path: Path) -> None:
    write(tmp_path, "ink", GOOD)
    assert load_catalog([tmp_path])["ink"].called("en") == "Night ink"


def test_an_unknown_style_is_refused_by_name() -> None:
    with pytest.raises(SpecInvalid) as caught:
        load_catalog().find("oils")
    assert (caught.value.key, caught.value.parameters) == ("error-style", {"style": "oils"})


@pytest.mark.parametrize(
    ("broken", "key"),
    [
        ("engine = ", "-"),
        (GOOD.replace('engine = "classic"', ""), "engine"),
        (GOOD.replace('"Night ink"', "7"), "name.en"),
        (GOOD.replace('en = "White on black."', ""), "description.en"),
        (GOOD.replace("#cc2222", "reddish"), "palettes.red"),
        (GOOD.replace("order = 15", 'order = "first"'), "order"),
        (GOOD.replace("photo = true", "photo = 1"), "photo"),
        (GOOD.replace("order = 15", "colour = 3"), "colour"),
        (GOOD.replace("order = 15", 'fallback = "oils"'), "fallback"),
        (GOOD.replace('"classic"', '"cubist"'), "engine"),
        (GOOD.replace('recipe = "ink"', 'recipe = "painted"'), "recipe"),
        (GOOD.replace(', "#cc2222"', ""), "palettes.red"),
        (GOOD.replace("red = ", "# red = "), "palettes"),
        (GOOD + '[parameters]\nfigure = "pop"', "parameters.figure"),
        (GOOD + "[parameters]\nfigure = 7", "parameters.figure"),
        (GOOD.replace("order = 15", "needs_gpu = true\nfallback = 'night'"), "fallback"),
    ],
)
def test_a_broken_file_is_reported_with_its_name_and_key(tmp_path: Path, broken: str, key: str) -> None:
    file = write(tmp_path, "night", broken)
    with pytest.raises(CatalogInvalid) as caught:
        load_catalog([tmp_path])
    assert caught.value.parameters["file"] == str(file)
    assert caught.value.parameters["key"] == key


PAINTED = """
engine = "sdxl"
recipe = "painted"
needs_gpu = true
[name]
en = "Fresco"
[description]
en = "On wet plaster."
[parameters]
"""


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('prompt = "a fresco"', "prompt"),
        ("prompt = 3", "prompt"),
        ('backdrops = "a wall"', "backdrops"),
        ("backdrops = [3]", "backdrops"),
        ("trigger = 1", "trigger"),
        ('paint_over = "yes"', "paint_over"),
        ("paint_over = 2", "paint_over"),
        ('quality = "finest"', "quality"),
        ("fast = 4", "fast"),
        ('loras = "plaster"', "loras"),
        ('loras = [{ model = "a", file = "b" }]', "loras"),
        ('loras = [{ model = "a", weight = "much" }]', "loras"),
        ('loras = [{ model = "a", wait = 1 }]', "loras"),
    ],
)
def test_a_painted_style_is_read_whole_before_anybody_asks_for_it(tmp_path: Path, line: str, key: str) -> None:
    good = 'prompt = "a fresco of {subject}"\n'
    file = write(tmp_path, "fresco", PAINTED + good)
    assert "fresco" in load_catalog([tmp_path])
    file.write_text(PAINTED + (line if key == "prompt" else good + line), "utf-8")
    with pytest.raises(CatalogInvalid) as caught:
        load_catalog([tmp_path])
    assert caught.value.parameters["key"] == f"parameters.{key}"


def test_a_folder_is_looked_through_whole_for_what_is_wrong(tmp_path: Path) -> None:
    write(tmp_path, "day", GOOD)
    write(tmp_path, "dusk", GOOD.replace("order = 15", 'fallback = "night"'))
    write(tmp_path, "late", GOOD.replace("order = 15", 'fallback = "day"'))
    write(tmp_path, "night", GOOD.replace("#cc2222", "reddish"))
    catalog, wrong = faults(tmp_path)
    assert set(catalog) - set(load_catalog(painted=True)) == {"day", "late"}
    told = sorted((Path(str(each.parameters["file"])).stem, each.parameters["key"]) for each in wrong)
    assert told == [("dusk", "fallback"), ("night", "palettes.red")]


def test_a_picture_from_elsewhere_stands_for_a_style_that_has_none(tmp_path: Path) -> None:
    own, previews = tmp_path / "own", tmp_path / "previews"
    own.mkdir()
    previews.mkdir()
    write(own, "night", GOOD)
    (previews / "night.png").write_bytes(b"a picture of night")
    (previews / "ink.png").write_bytes(b"another picture of ink")
    catalog = load_catalog([own], previews=previews)
    assert catalog["night"].preview == b"a picture of night"
    assert catalog["ink"].preview == load_catalog()["ink"].preview


def test_every_recipe_is_painted_by_somebody() -> None:
    assert set(RECIPES["classic"]) == set(PAINTERS)


def test_a_style_file_needs_a_plain_name(tmp_path: Path) -> None:
    write(tmp_path, "Night Ink", GOOD)
    with pytest.raises(CatalogInvalid):
        load_catalog([tmp_path])


def test_a_missing_folder_is_reported(tmp_path: Path) -> None:
    with pytest.raises(CatalogInvalid) as caught:
        load_catalog([tmp_path / "nowhere"])
    assert caught.value.parameters["file"].endswith("nowhere")


def test_who_must_be_thanked_for_figures_is_named_also_where_these_are_borrowed(tmp_path: Path) -> None:
    write(tmp_path, "night", GOOD + '[figure]\ncredit = "Figures by Somebody, CC BY 4.0"\n')
    write(tmp_path, "moon", GOOD + '[parameters]\nfigure = "night"\n')
    catalog = load_catalog([tmp_path])
    for style in ("night", "moon"):
        assert catalog[style].described("en") == "White on black. (Figures by Somebody, CC BY 4.0)"
    assert faults(tmp_path)[0]["moon"].credit
    assert not any(style.credit for style in load_catalog().values())
    for credit in ("3", '"""\none\ntwo"""'):
        write(tmp_path, "night", GOOD + f"[figure]\ncredit = {credit}\n")
        with pytest.raises(CatalogInvalid) as caught:
            load_catalog([tmp_path])
        assert caught.value.parameters["key"] == "figure.credit"
