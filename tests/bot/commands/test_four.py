"""Several pictures at once: asked for with /avatar, or from a picture that is there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from generator.engine import AvatarSpec, singles
from tests.bot.conftest import PHOTO, Chat, button, buttons, part, read

CLASSIC = ["ink", "slate", "pop"]


def specs(chat: Chat) -> list[dict[str, Any]]:
    return [json.loads(row[0]) for row in chat.rows("SELECT spec FROM job ORDER BY id")]


def styles(chat: Chat) -> list[str]:
    return specs(chat)[-1].get("styles", [])


async def test_up_to_four_come_as_one_picture_that_counts_as_one(chat: Chat) -> None:
    await chat.say("room-quota", choice="1", moderator=True, by="boss")
    job, result = await chat.result(style="moss", pictures="4")
    assert "Here are 4 pictures. “Use” takes the one that you like. Style: Moss." in read(result)
    assert "그림 4장이 완성됐어요" in read(await chat.say("show", job=job, locale="ko"))
    assert result.picture is not None
    assert result.picture.tiles == 4
    assert buttons(result) == ["use"] * 4 + ["like"] * 4 + ["again", "other", "delete"]
    assert [action.choice for action in result.actions[:8]] == ["1", "2", "3", "4"] * 2
    assert "today’s limit" in read(await chat.say("avatar"))
    assert chat.jobs() == 1


async def test_one_is_a_picture_like_any_other(chat: Chat) -> None:
    await chat.result(style="moss")
    await chat.result(style="moss", pictures="1")
    assert specs(chat)[0] == specs(chat)[1]


async def test_a_picture_that_is_not_to_be_seen_has_no_buttons_and_is_told_of_once(chat: Chat) -> None:
    unfit, broken = "note-picture-left-out", "note-picture-broken"
    for notes, why in (((), "not fit"), ((unfit,), "not fit"), ((broken,), "came to nothing")):
        waiting = await chat.say("avatar", style="moss", pictures="3")
        await chat.draw(missing=[1], notes=notes)
        result = await chat.say("show", job=button(waiting, "cancel").job)
        assert "Here are 2 pictures" in read(result)
        assert read(result).count("left out") == 1
        assert [why for why in ("not fit", "came to nothing") if why in read(result)] == [why]
        assert [action.choice for action in result.actions if action.command in ("use", "like")] == ["1", "3"] * 2


@pytest.mark.parametrize(
    ("notes", "said"),
    [
        (("note-picture-left-out",), "2 pictures were not fit to be shown and were left out."),
        (("note-picture-broken", "note-picture-broken"), "2 pictures came to nothing and were left out."),
        (
            ("note-picture-broken", "note-picture-left-out"),
            "2 pictures were left out: they came to nothing or were not fit to be shown.",
        ),
    ],
)
async def test_two_that_are_missing_are_told_as_two(chat: Chat, notes: tuple[str, ...], said: str) -> None:
    waiting = await chat.say("avatar", style="moss", pictures="4")
    await chat.draw(missing=[0, 2], notes=notes)
    result = read(await chat.say("show", job=button(waiting, "cancel").job))
    assert said in result
    assert result.count("left out") == 1


async def test_while_they_are_drawn_the_member_reads_how_many_and_in_which_styles(chat: Chat) -> None:
    waiting = await chat.say("avatar", photo=PHOTO, style="ink", pictures="4-styles")
    names = ", ".join(chat.catalog[style].called("en") for style in styles(chat))
    assert f"Style: {names}." in read(waiting)
    assert await chat.storage.jobs.claim("test", ["classic"])
    drawing = await chat.say("show", job=button(waiting, "cancel").job)
    assert read(drawing).startswith(f"Drawing your 4 pictures: 0%. Style: {names}.")


async def test_another_look_at_one_wish_comes_as_four_new_tries(chat: Chat) -> None:
    _, result = await chat.result(style="moss", hair="bun")
    await chat.press(button(result, "again"))
    assert (await chat.press(button(result, "four"))).busy
    assert specs(chat)[2] == specs(chat)[0] | {"attempt": 2, "count": 4}
    await chat.draw()
    grid = await chat.say("show", job=3)
    assert (await chat.press(button(grid, "again"))).busy
    assert specs(chat)[3] == specs(chat)[0] | {"attempt": 6, "count": 4}, "none of the four is drawn again"


async def test_a_photo_is_wanted_again(chat: Chat) -> None:
    _, result = await chat.result(photo=PHOTO, likeness="hint", style="slate")
    press = button(result, "four")
    assert press.wants_photo
    asked = await chat.press(press)
    assert "erased" in read(asked)
    assert (await chat.press(button(asked, "four"), photo=PHOTO)).busy
    found = specs(chat)[-1]
    assert (found["count"], found["has_photo"], found["likeness"]) == (4, True, 25)
    wall = await chat.press(button(result, "other"))
    asked = await chat.press(button(wall, "four"))
    assert (await chat.press(button(asked, "four"), photo=PHOTO)).busy
    assert styles(chat)[0] == "slate"


# --- one look in several styles -------------------------------------------------------------------------------------


async def test_styles_begin_with_the_usual_one_and_suit_what_is_drawn(chat: Chat) -> None:
    await chat.say("avatar", pictures="4-styles")
    assert styles(chat)[0] == "moss"
    assert len(styles(chat)) == 4
    assert not any(chat.catalog[style].photo for style in styles(chat)), "figures where there is no photo"
    await chat.say("avatar", pictures="4-styles", photo=PHOTO, style="pop")
    assert styles(chat)[0] == "pop"
    found = [chat.catalog[style] for style in styles(chat)]
    assert len({style.recipe for style in found}) == 4
    assert all(style.photo and style.engine == "classic" for style in found)
    for spec in specs(chat):
        singles(AvatarSpec(spec["style"], 1, count=spec["count"], styles=tuple(spec["styles"])))


async def test_painted_styles_stand_beside_painted_ones_that_are_unlike_each_other(gallery: Chat) -> None:
    await gallery.say("avatar", pictures="4-styles", style="oilportrait", about="a knight with a lantern")
    found = [gallery.catalog[style] for style in styles(gallery)]
    assert found[0].id == "oilportrait"
    assert {style.engine for style in found} == {"sdxl"}
    assert len({style.fallback for style in found}) == 4, "so they are unlike also where the painter is away"


async def test_only_what_the_room_allows_is_shown_side_by_side(chat: Chat) -> None:
    for style in chat.catalog:
        if style not in CLASSIC:
            await chat.say("room-style", choice=f"-{style}", moderator=True, by="boss")
    _, result = await chat.result(pictures="4-styles", style="ink")
    assert sorted(styles(chat)) == sorted(CLASSIC)
    assert "Here are 3 pictures" in read(result)
    await chat.say("room-style", choice="-slate", moderator=True, by="boss")
    again = await chat.press(button(result, "again"))
    assert again.busy
    assert styles(chat) == ["ink", "pop"], "a rule that came meanwhile holds"
    assert specs(chat)[-1]["attempt"] == 1
    await chat.say("room-style", choice="-pop", moderator=True, by="boss")
    refused = await chat.press(button(result, "again"))
    assert "Only one style of this kind" in read(refused)
    wall = await chat.press(button(result, "other"))
    assert "four" not in buttons(wall)
    assert chat.jobs() == 2


async def test_a_grid_of_styles_drawn_simply_names_what_was_drawn(gallery: Chat) -> None:
    waiting = await gallery.say("avatar", pictures="4-styles", style="oilportrait")
    await gallery.draw(drawn_as="cel")
    job = button(waiting, "cancel").job
    result = await gallery.say("show", job=job)
    drawn = ", ".join(gallery.catalog[gallery.catalog[style].fallback].called("en") for style in styles(gallery))
    assert f"so these are drawings in {drawn}." in read(result)
    gallery.painting.append(True)
    assert (await gallery.press(button(result, "paint"))).busy
    assert specs(gallery)[0] == specs(gallery)[1]


@pytest.mark.parametrize("pictures", ["0", "5", "four", "-1"])
async def test_other_numbers_are_refused_with_what_is_possible(chat: Chat, pictures: str) -> None:
    assert "1 picture, 2 pictures, 3 pictures, 4 pictures, 4 styles" in read(
        await chat.say("avatar", pictures=pictures)
    )
    assert chat.jobs() == 0


async def test_the_queue_says_which_are_several(chat: Chat) -> None:
    await chat.result(style="moss", pictures="2")
    listed = await chat.say("queue")
    assert "#1: 2 pictures to choose from. Style: Moss." in read(listed)
    shown = await chat.press(button(listed, "show"))
    assert buttons(shown)[:2] == ["use", "use"]


async def test_a_grid_itself_is_not_shared(chat: Chat) -> None:
    job, _ = await chat.result(pictures="2")
    assert "Take one with “Use” first" in read(await chat.say("share", job=job))


async def test_what_is_deleted_is_gone_with_all_of_its_pictures(chat: Chat) -> None:
    job, result = await chat.result(pictures="2")
    sealed = [path.read_bytes() for path in (chat.folder / "spool").iterdir()]
    assert len(sealed) == 1
    assert part(job, 0) not in sealed[0]
    await chat.press(button(result, "delete"))
    assert not [*(chat.folder / "spool").iterdir()]
    assert "no longer here" in read(await chat.say("use", job=job, choice="1"))
