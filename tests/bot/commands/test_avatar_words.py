"""/avatar with the member's own words: painted, within what the room allows, and kept no longer than the picture."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from bot.storage import RoomPolicy
from tests.bot.conftest import PHOTO, Chat, button, read

BOSS = {"by": "boss", "moderator": True}
OWN = "a zebra with a lantern"


def spec(chat: Chat) -> dict[str, Any]:
    return json.loads(chat.rows("SELECT spec FROM job ORDER BY id DESC LIMIT 1")[0][0])


async def asked(chat: Chat, **arguments: object) -> int:
    waiting = await chat.say("avatar", **arguments)
    assert waiting.busy, read(waiting)
    job = button(waiting, "cancel").job
    assert job is not None
    return job


async def test_words_make_it_a_painted_picture(gallery: Chat) -> None:
    await asked(gallery, about=f"  {OWN} ", quality="best")
    found = spec(gallery)
    assert (found["about"], found["quality"], found["engine"]) == (OWN, "best", "sdxl")
    assert "unchecked" not in found


async def test_a_usual_style_gives_way_to_words_unless_it_is_painted(gallery: Chat) -> None:
    painted = [style.id for style in gallery.catalog.values() if style.engine == "sdxl"]
    for style, drawn in (("ink", painted[0]), (painted[-1], painted[-1])):
        await gallery.say("set-style", choice=style)
        await asked(gallery, about=OWN, by="mina")
        assert spec(gallery)["style"] == drawn


async def test_a_drawn_style_cannot_follow_words_and_says_so(gallery: Chat) -> None:
    assert "Only painted styles" in read(await gallery.say("avatar", style="ink", about=OWN))
    assert gallery.jobs() == 0
    await asked(gallery, style="ink", quality="best")
    assert spec(gallery).keys() & {"about", "quality"} == set()


@pytest.mark.parametrize(
    ("about", "which"), [("a n.u.d.e zebra", "everywhere"), ("얼룩말 누드", "everywhere"), ("Red-Rose", "this room’s")]
)
async def test_a_blocked_word_costs_nothing_and_the_list_is_named(gallery: Chat, about: str, which: str) -> None:
    await gallery.say("room-words", block="red rose", **BOSS)
    for arguments in ({}, {"photo": PHOTO}):
        said = read(await gallery.say("avatar", about=about, **arguments))
        assert which in said
        assert "nothing was counted" in said
    assert gallery.jobs() == 0
    assert gallery.rows("SELECT * FROM charge") == []


@pytest.mark.parametrize("about", ["x" * 201, "two\nlines", "a\u202eb"])
async def test_what_is_no_line_of_words_is_refused(gallery: Chat, about: str) -> None:
    assert "In your own words" in read(await gallery.say("avatar", about=about))
    assert gallery.jobs() == 0


async def test_another_picture_of_the_same_wish_keeps_the_words_while_they_are_allowed(gallery: Chat) -> None:
    job = await asked(gallery, about=OWN, quality="fast")
    await gallery.draw()
    assert (await gallery.say("again", job=job)).busy
    assert (spec(gallery)["about"], spec(gallery)["quality"]) == (OWN, "fast")
    assert (await gallery.say("other", job=job, choice="ink")).busy
    assert "about" not in spec(gallery)
    await gallery.draw()
    await gallery.say("room-words", block="zebra", **BOSS)
    assert "this room’s" in read(await gallery.say("again", job=job))
    await gallery.say("room-about", choice="off", **BOSS)
    assert "do not allow" in read(await gallery.say("again", job=job))
    assert (await gallery.say("other", job=job, choice="ink")).busy


async def test_a_room_that_forbids_words_in_mid_flight_is_heard_by_the_transaction(gallery: Chat) -> None:
    room = gallery.secret.pseudonym("room", "paper", "library")
    await gallery.storage.rooms.policy(room)  # remembered
    with_no_words = RoomPolicy(words=False)
    before = gallery.storage.rooms.policy

    async def late(*where: str) -> RoomPolicy:
        found = await before(*where)
        await gallery.storage.rooms.change(room, "boss", with_no_words, "words-off", "")
        return found

    gallery.storage.rooms.policy = late  # type: ignore[method-assign]
    assert "do not allow" in read(await gallery.say("avatar", about=OWN))
    assert gallery.jobs() == 0


async def test_words_are_erased_with_their_picture_and_with_their_member(
    gallery: Chat, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    deleted, cancelled = await asked(gallery, about=OWN), await asked(gallery, about=OWN)
    await gallery.say("cancel", job=cancelled)
    await gallery.draw()
    await gallery.say("delete", job=deleted)
    assert all("zebra" not in row[0] for row in gallery.rows("SELECT spec FROM job"))
    await asked(gallery, about=OWN)
    await gallery.draw()
    for _ in range(2):  # once to give up its delivery, once when the picture's last day is over
        gallery.clock.now += 8 * 24 * 3_600_000
        await gallery.storage.jobs.sweep()
    assert all("zebra" not in row[0] for row in gallery.rows("SELECT spec FROM job"))
    last = await asked(gallery, about=OWN)
    exported = await gallery.say("export")
    assert exported.file is not None
    assert b"zebra" in exported.file.data
    await gallery.draw()
    await gallery.say("show", job=last)
    await gallery.say("forget", choice="yes")
    held = [file for file in gallery.folder.rglob("*") if file.is_file()]
    assert held
    assert not [file.name for file in held if b"zebra" in file.read_bytes()]
    assert "zebra" not in caplog.text


async def test_a_room_without_painted_styles_takes_no_words(chat: Chat) -> None:
    assert "does not know" in read(await chat.say("avatar", about=OWN))
    assert chat.jobs() == 0
