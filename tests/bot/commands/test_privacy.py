"""/privacy says what is true."""

from __future__ import annotations

from tests.bot.conftest import PHOTO, Chat, buttons, read


async def test_it_names_photo_pictures_times_and_both_ways_out(chat: Chat) -> None:
    await chat.result(photo=PHOTO)
    reply = await chat.say("privacy")
    said = read(reply)
    for part in (
        "erased the moment",
        "24 hours",
        "Made here and stored now: 1",
        "7 days",
        "before an update or a restore is erased after 30 days",
        "its request in our list, until you take it back",
        "never a guarantee",
    ):
        assert part in said
    assert buttons(reply) == ["export", "forget"]


async def test_the_photo_is_indeed_gone_when_the_picture_is_finished(chat: Chat) -> None:
    await chat.say("avatar", photo=PHOTO)
    name = chat.rows("SELECT photo FROM job")[0][0]
    assert name in {path.name for path in chat.folder.rglob("*")}
    await chat.draw()
    assert chat.rows("SELECT photo, photo_key FROM job") == [(None, None)]
    assert name not in {path.name for path in chat.folder.rglob("*")}


async def test_a_moderator_reads_what_the_log_keeps_of_them(chat: Chat) -> None:
    assert "90 days" in read(await chat.say("privacy", moderator=True))
    assert "90 days" not in read(await chat.say("privacy"))
