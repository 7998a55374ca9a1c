"""Sets of figures: our own are known to be sound, all others are checked."""

from __future__ import annotations

from dataclasses import replace

import dicebear
import pytest

from generator.classic.wardrobe import CHECKED, definition_of, fingerprint, wardrobe_of
from generator.styles import Catalog, CatalogInvalid


@pytest.mark.parametrize("style", ["peeps", "lorelei", "notionists", "sprites", "critters"])
def test_our_own_sets_are_sound_and_need_no_check_when_they_are_read(catalog: Catalog, style: str) -> None:
    definition = definition_of(catalog[style])
    checked = dicebear.Style(definition)
    found = fingerprint(definition)
    assert found in CHECKED, f"the set of {style} is another one now, and sound: note {found}"
    options = {"seed": "1", "size": 96}
    assert str(dicebear.Avatar(wardrobe_of(catalog[style]).drawing, options)) == str(dicebear.Avatar(checked, options))


def test_no_style_has_a_set_that_must_be_checked(catalog: Catalog) -> None:
    sets = [definition_of(style) for style in catalog.values() if style.figure]
    assert {fingerprint(definition) for definition in sets} == CHECKED


@pytest.mark.parametrize(
    ("change", "fault"),
    [({"also": {"nose": ["variant99"]}}, "nose has no variant99"), ({"also": {"tail": ["long"]}}, "tail has no long")],
)
def test_what_a_style_file_asks_for_in_vain_is_named(catalog: Catalog, change: dict[str, object], fault: str) -> None:
    notionists = catalog["notionists"]
    strange = replace(notionists, figure={**notionists.figure, **change})
    with pytest.raises(CatalogInvalid) as caught:
        wardrobe_of(strange)
    assert fault in str(caught.value.parameters["reason"])


def test_every_set_is_free_or_its_author_is_named_where_styles_are_chosen(catalog: Catalog) -> None:
    peeps = catalog["peeps"]
    micah = replace(peeps, figure={"set": "micah", "parts": {"hair": "hair"}, "hair": {"short": ["fonze"]}})
    for credit in ("", "Figures by Micah Lanier", "CC BY 4.0"):
        with pytest.raises(CatalogInvalid) as caught:
            definition_of(replace(micah, credit=credit))
        assert caught.value.parameters["key"] == "figure.credit"
        assert "Micah Lanier and CC BY 4.0" in str(caught.value.parameters["reason"])
    credited = replace(micah, credit="Figures by Micah Lanier, CC BY 4.0")
    for style in (credited, *(style for style in catalog.values() if style.figure)):
        licence = definition_of(style).get("meta", {}).get("license", {}).get("name", "ours")
        assert licence in {"CC0 1.0", "ours"} or licence in style.described("ko")
    with pytest.raises(CatalogInvalid, match="error-style-file"):
        definition_of(replace(credited, figure={**micah.figure, "set": "bottts"}))


def test_a_set_that_a_style_file_made_unsound_is_refused(catalog: Catalog) -> None:
    peeps = catalog["peeps"]
    strange = replace(peeps, figure={**peeps.figure, "recolour": {"head.ink": "no colour's name"}})
    with pytest.raises(CatalogInvalid):
        wardrobe_of(strange)
