"""What is promised on Telegram in words of its own: a group is public, so nothing is in it but the way out of it."""

from __future__ import annotations

import pytest

from bot.chat import Text
from tests.contract.conftest import CAMERA
from tests.contract.seats import WORDING, Post
from tests.contract.telegram_seat import PUTS, TelegramPlace

pytestmark = pytest.mark.parametrize("place", ["telegram"], indirect=True)


def say(key: str, **parameters: str) -> str:
    return WORDING.say("en", Text(key, parameters))


async def test_a_group_gets_the_way_into_the_private_chat_and_what_is_shared_and_nothing_else(
    place: TelegramPlace, photo: bytes
) -> None:
    zelda = await place.newcomer("zelda")
    onlooker = await place.newcomer("onlooker", "ko")
    sent = await zelda.actor.says(None, document=photo, name="IMG_2041.jpg")  # as it is, with all that the camera wrote
    drawn = await place.peer.until(lambda: [one for one in zelda.actor.told if one.photo and one.markup])
    kept = await zelda.picture(photo=photo, style="peeps")
    for command in ("settings", "privacy", "queue", "styles", "help"):
        await zelda.say(command)
    shared = await zelda.press(await zelda.picture(hair="bun"), "share")
    assert place.room_sees() == [Post(shared.picture or b"")]

    public = [one for one in place.peer.requests if PUTS.match(one.method) and one.params["chat_id"] == place.group.id]
    ways = [WORDING.say(locale, Text("telegram-pointer")) for locale in ("en", "ko")]
    assert [one.params["text"] for one in public if "text" in one.params] == [*ways, say("telegram-share-frame")]
    assert [file.data for one in public for file in one.files.values()] == [shared.picture]
    *pointers, shown = place.group.posts
    assert [(pointer.silent, pointer.reply_to) for pointer in pointers] == [(True, None)] * len(ways)
    assert shown.reply_to is None
    got = place.room_got()
    for secret in (CAMERA.encode(), b"IMG_2041", *zelda.secrets):
        assert secret not in got
    for picture in (photo, sent.document, kept.picture, drawn[0].uploaded):
        assert picture
        assert picture not in got
    assert onlooker.screen() == []


async def test_a_photo_is_taken_as_telegram_has_it_and_a_file_as_it_is(place: TelegramPlace, photo: bytes) -> None:
    mina = await place.newcomer("mina")
    await mina.say("avatar", photo=photo)
    shown = mina.actor.private[-2]
    assert place.heard.last("avatar")[0].arguments["photo"].data == shown.photo
    await mina.actor.says(None, document=photo, name="me.jpg")
    await place.done(place.peer.updates.next_id)
    assert place.heard.last("avatar")[0].arguments["photo"].data == photo


async def test_a_caption_that_names_looks_is_a_wish_and_any_other_is_not(place: TelegramPlace, photo: bytes) -> None:
    mina = await place.newcomer("mina")
    for caption, style in (("픽셀", "pixel"), ("me in ink on holiday", None), ("Peeps, long hair", "peeps")):
        await mina.actor.says(None, photo=photo, caption=caption)
        await place.done(place.peer.updates.next_id)
        assert place.heard.last("avatar")[0].arguments.get("style") == style


async def test_moderators_read_what_the_bot_may_not_do(place: TelegramPlace) -> None:
    boss = await place.newcomer("boss", moderator=True)
    assert say("telegram-room-no-delete") in (await boss.say("room")).lines
    place.group.bot_rights(can_delete_messages=True)
    await place.done(place.peer.updates.next_id)
    assert say("telegram-room-no-delete") not in (await boss.say("room")).lines


@pytest.mark.parametrize("may_delete", [True, False])
async def test_a_photo_that_was_posted_in_the_group_is_not_taken(
    place: TelegramPlace, photo: bytes, may_delete: bool
) -> None:
    if may_delete:
        place.group.bot_rights(can_delete_messages=True)
    zelda = await place.newcomer("zelda")
    downloads = place.peer.downloads
    posted = await zelda.actor.says(place.room, photo=photo, caption=f"/avatar@{place.peer.username}")
    await place.done(place.peer.updates.next_id)
    pointer = place.group.posts[-1]
    assert pointer.says.startswith(say("telegram-photo-removed" if may_delete else "telegram-photo-stays"))
    assert posted.deleted is may_delete
    assert place.peer.downloads == downloads
    assert not place.peer.asked("getFile")
    assert place.room_sees() == []
    assert (await zelda.say("queue")).commands == []


async def test_a_name_stands_beside_a_picture_only_if_its_member_wants_that(place: TelegramPlace) -> None:
    zelda = await place.newcomer("zelda & <b>")  # a name is no formatting
    await place.newcomer("tomo")  # who only looks on
    await zelda.press(await zelda.picture(), "share")
    assert b"Zelda" not in place.room_got()
    seen = await zelda.picture()
    await zelda.share_by_name(seen)
    nameless, named = place.room_sees()
    assert nameless.words == ""
    assert named.words == say("telegram-shared-by", name="Zelda & <B>")


async def test_a_picture_can_be_had_as_a_file_with_every_byte(place: TelegramPlace) -> None:
    mina = await place.newcomer("mina")
    seen = await mina.picture()
    file = await mina.as_file(seen)
    assert (file.document, file.file_name) == (seen.picture, "avatar.png")


async def test_what_is_deleted_leaves_no_copy_in_the_chat(place: TelegramPlace) -> None:
    mina = await place.newcomer("mina")
    kept = await mina.picture(hair="bun")
    seen = await mina.picture()
    await mina.as_file(seen)
    (job,) = {button.job for button in seen.buttons}
    again = await mina.press(await mina.say("queue"), "show", job=job)
    gone = await mina.press(again, "delete")
    await place.peer.until(lambda: seen.picture not in [one.uploaded for one in mina.actor.told])
    assert kept.picture in [one.uploaded for one in mina.actor.told]
    assert (await mina.look(gone, lambda now: True)).text == gone.text


async def test_whoever_is_forgotten_finds_an_empty_chat_and_is_at_home_nowhere(place: TelegramPlace) -> None:
    boss = await place.newcomer("boss", moderator=True)
    await boss.as_file(await boss.picture())
    await boss.say("styles")
    asked = await boss.press(await boss.say("privacy"), "forget")
    done = await boss.press(asked, "forget", "yes")
    await place.peer.until(lambda: boss.actor.told == list(done.handle.messages))
    await boss.actor.says(None, "/room")
    await place.done(place.peer.updates.next_id)
    assert boss.actor.told[-1].says == say("telegram-room-in-group", typed="/room@bpp_bot")


async def test_the_beginning_of_a_word_is_enough_where_it_can_mean_one_thing(place: TelegramPlace) -> None:
    mina = await place.newcomer("mina")
    await mina.agrees(await mina.say("avatar", style="lor", hair="bun"), "avatar")
    assert place.heard.last("avatar")[0].arguments == {"style": "lorelei", "hair": "bun"}
