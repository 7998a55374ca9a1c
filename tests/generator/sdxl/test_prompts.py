"""What the painter reads: the style whole, the person in plain words, the member's own words last."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.classic.figures import HAIR as HAIR_TONES
from generator.classic.figures import SKIN as SKIN_TONES
from generator.engine import ABOUT_CHARS
from generator.errors import SpecInvalid
from generator.sdxl.prompts import (
    BUDGET,
    CREATURE,
    HAIR,
    NEGATIVE,
    PERSON,
    SKIN,
    THING,
    looks,
    plain,
    prompt_for,
    tokens,
)
from generator.styles import PAINTED_FOLDER, Style, load_catalog
from generator.traits import TRAITS

STYLE = load_catalog(painted=True)["oilportrait"]
FULL = {
    "skin": "dark", "hair": "curly", "hairtone": "darkbrown", "glasses": "shades", "beard": "moustache",
    "mood": "surprised", "colour": "yellow",
}  # fmt: skip
WRITTEN = st.text(max_size=ABOUT_CHARS) | st.text("()[]{}<>|:\\/_^*=+~#@\"'!?.,-;a1 \n", max_size=ABOUT_CHARS)


def words(about: str = "", traits: Mapping[str, str] = FULL, style: Style = STYLE) -> str:
    return prompt_for(style, traits, about, 1, with_face=True).text


def test_the_style_comes_first_and_the_members_words_last() -> None:
    text = words("a crown of fireflies", {"skin": "brown", "glasses": "round", "mood": "happy"})
    assert text.startswith(f"oil painting portrait of {PERSON} with brown skin, round glasses, a warm smile, ")
    assert text.endswith(", a crown of fireflies")


@settings(max_examples=150)
@given(WRITTEN)
def test_nothing_that_is_written_changes_the_style_or_is_more_than_words(about: str) -> None:
    bare, text = words(), words(about)
    assert text.startswith(bare)
    added = text[len(bare) :]
    assert not added or added.startswith(", ")
    assert not set(added) & set('()[]{}<>|:\\/_^*=+~#@"!?.;\n')
    assert "{" not in text
    assert tokens(text) <= BUDGET + 1


@pytest.mark.parametrize(
    "about",
    ["<|endoftext|>", "(huge:1.9) cat", "<lora:other:1>", "cat] {subject} [dog", "a | b", "line\nbreak", "b\u0000c"],
)
def test_signs_that_others_read_as_commands_are_gone(about: str) -> None:
    assert not set(plain(about)) & set("<>|(){}[]:\n\u0000")


def test_words_of_any_script_and_names_stay() -> None:
    assert plain("Zoë's well-worn hat, 3 cats;  고양이!") == "Zoë's well-worn hat, 3 cats, 고양이"
    assert plain(" .,; ") == ""


def test_long_words_of_a_member_are_cut_and_the_style_is_not() -> None:
    text = words("jellyfish and " * 14)
    assert text.startswith(words())
    assert text.endswith(("jellyfish", "and"))
    assert tokens(text) <= BUDGET + 1


def test_a_style_too_long_drops_what_is_said_of_the_person_before_its_own_words() -> None:
    wordy = replace(STYLE, parameters={"prompt": "portrait of {subject}" + ", very fine detail" * 16})
    text = words(style=wordy)
    assert text.endswith("very fine detail")
    assert "dark brown skin" in text
    assert "clothes" not in text


def test_every_value_of_every_trait_has_words_that_differ() -> None:
    for trait, values in TRAITS.items():
        if trait == "figure":
            continue  # who it is, not how they look
        said = [tuple(looks({trait: value})) for value in values]
        assert len(set(said)) == len(values), trait
        assert all(each for each, value in zip(said, values, strict=True) if value != "none")


def test_every_skin_is_said_and_in_as_few_words() -> None:
    assert set(SKIN) == set(SKIN_TONES) == set(TRAITS["skin"])
    assert set(HAIR) == set(TRAITS["hair"])
    assert {len(said.split()) for said in SKIN.values()} <= {2, 3}
    assert "skin" in NEGATIVE  # washed out


@pytest.mark.parametrize("tone", sorted(HAIR_TONES))
def test_hair_is_said_with_its_colour_where_the_figure_has_hair(tone: str) -> None:
    said = looks({"hair": "long", "hairtone": tone})[0]
    assert said.startswith("long ")
    assert said.endswith(" hair")
    assert "{" not in said
    assert looks({"hair": "covered", "hairtone": tone}) == ["a headscarf"]


def test_what_a_photo_has_on_the_head_becomes_hair_only_where_it_must_be_hair() -> None:
    assert looks({"hairtone": "ginger"}) == ["red hair"]
    assert looks({"hairtone": "black"}) == looks({"hairtone": "grey"}) == []


def test_a_creature_is_no_person_and_has_fur_and_ears() -> None:
    looked = {"figure": "creature", "skin": "dark", "hairtone": "black", "beard": "full", "colour": "teal"}
    texts = {hair: prompt_for(STYLE, {**looked, "hair": hair}, "", 1, with_face=True).text for hair in TRAITS["hair"]}
    assert len(set(texts.values())) == len(texts)
    for text in texts.values():
        assert f"{CREATURE} with dark fur" in text
        assert not re.search(rf"{PERSON}|skin|hair|clothes", text)
    for trait in ("skin", "beard"):
        said = {tuple(looks({"figure": "creature", trait: value})) for value in TRAITS[trait]}
        assert len(said) == len(TRAITS[trait])


def test_a_thing_is_no_person_and_keeps_its_colour() -> None:
    text = prompt_for(STYLE, {"skin": "dark", "colour": "teal"}, "my cat", 1, with_face=False).text
    assert f"{THING} with teal colours, " in text
    assert PERSON not in text
    assert "skin" not in text
    assert text.endswith(", my cat")


def test_the_seed_chooses_the_backdrop_and_nothing_else() -> None:
    texts = {prompt_for(STYLE, FULL, "", seed, with_face=True).text for seed in range(40)}
    for seed in range(3):  # what another seed may choose is told with each
        prompt = prompt_for(STYLE, FULL, "", seed, with_face=True)
        assert sorted([prompt.text, *prompt.others]) == sorted(texts)
    assert len(texts) == len(STYLE.parameters["backdrops"])
    assert words() == words()


def test_a_trigger_word_opens_and_negatives_are_joined() -> None:
    style = replace(STYLE, parameters={"prompt": "{subject}", "trigger": "bpp", "negative": "fog"})
    prompt = prompt_for(style, {}, "", 1, with_face=True)
    assert prompt.text == f"bpp, {PERSON}"
    assert prompt.negative == f"fog, {NEGATIVE}"


@pytest.mark.parametrize("template", [None, "", "no place", "{subject} and {subject}", 3])
def test_a_style_without_one_place_for_the_subject_is_refused(template: object) -> None:
    with pytest.raises(SpecInvalid) as caught:
        words(style=replace(STYLE, parameters={"prompt": template}))
    assert caught.value.parameters["key"] == "parameters.prompt"


def test_no_prompt_of_ours_has_syntax() -> None:
    for file in PAINTED_FOLDER.glob("*.toml"):
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.startswith(("prompt", "negative")):
                assert not set(line.split('"')[1].replace("{subject}", "").replace("{backdrop}", "")) & set(
                    "(){}[]<>:|"
                )
