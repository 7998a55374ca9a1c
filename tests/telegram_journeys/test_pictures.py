"""One's own pictures on Telegram: from a group into the private chat, made, shared, taken back. Nobody else sees any of it."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from tests.journeys.traces import in_picture
from tests.telegram_journeys.what_people_do import (
    answer,
    asks,
    avatar,
    drawn,
    enters,
    finished,
    ids,
    pictures,
    pointers,
    pressed,
    shares,
    tells,
)
from tests.telegram_journeys.what_people_read import label, said_in, says, traced
from tests.telegram_peer.actors import User
from tests.telegram_peer.chats import Group
from tests.telegram_peer.messages import Message
from tests.telegram_peer.peer import TelegramPeer


def is_picture(data: bytes) -> bool:
    with Image.open(io.BytesIO(data)) as image:
        return image.format == "PNG" and image.size >= (512, 512)


def last_download(peer: TelegramPeer) -> bytes:
    file = peer.world.files.at(peer.asked("download")[-1].params["path"])
    assert file is not None
    return file.data


async def test_from_a_group_to_a_picture_of_a_photo_that_only_its_member_sees(
    peer: TelegramPeer, group: Group, mina: User, tomo: User, photo: bytes
) -> None:
    pointer = await asks(mina, group)
    assert says(pointer, "telegram-pointer")
    assert pointer.silent
    assert pointer.reply_to is None, "nobody is named as the one who asked"
    assert mina.first_name not in pointer.says
    assert pointer.buttons == [label("telegram-pointer-open")]
    assert await asks(tomo, group) is pointer, "one serves everybody"

    welcome = await answer(mina, mina.opens(pointer.urls[0]))
    assert says(welcome, "telegram-welcome", title=group.title)
    assert welcome.buttons == [label("telegram-welcome-draw"), label("telegram-welcome-choose")]

    status = await tells(mina, photo=photo)
    sent = mina.private[-2]
    assert status.reply_to is sent
    first = await drawn(status)
    assert first is status, "one message, from the first word to the picture"
    assert traced(first)
    assert is_picture(first.uploaded)
    assert {"Try again", "More like me", "Less like me", "Other style", "Delete"} <= set(first.buttons)
    assert last_download(peer) == sent.photo

    for button in (":again:", ":more:", ":less:"):
        downloads = peer.downloads
        other = await drawn(await answer(mina, mina.press(first, button)))
        assert other.reply_to is sent, "so that from here, too, the photo is found again"
        assert traced(other)
        assert peer.downloads == downloads + 1, "the photo is taken from the chat, and nothing is asked"
        assert finished(first), "the picture stays where it is"

    assert group.posts == pointers(group)
    assert not [one for one in group.messages if one.photo]
    assert tomo.told == []


async def test_another_style_is_chosen_from_a_wall_of_examples(mina: User, photo: bytes) -> None:
    first = await avatar(mina, "/avatar pixel", photo=photo)
    said = len(mina.told)
    await mina.press(first, ":other:")
    wall = await mina.world.until(
        lambda: next((one for one in mina.told[said:] if "Peeps" in " ".join(one.buttons)), None), 20, lambda: "a wall"
    )
    assert [one for one in mina.told[said:] if one.photo] == [wall], "all of them on one picture, with their numbers"
    assert wall.buttons[0].startswith("1 ")
    second = await drawn(await answer(mina, mina.press(wall, "Peeps")))
    assert says(second, "result-ready", style="Peeps")
    assert traced(second), "of the same photo"
    assert finished(first)


async def test_of_four_pictures_one_is_used_and_shared_and_another_leads_on(
    group: Group, mina: User, photo: bytes
) -> None:
    await enters(mina, group)
    four = await avatar(mina, "/avatar notionists pictures:4", photo=photo)
    assert says(four, "grid-ready", count=4, style="Notionist")
    assert label("telegram-as-file") not in four.buttons
    used = await answer(mina, mina.press(four, "Use 2"))
    assert says(used, "result-ready", style="Notionist")
    assert finished(used), "at once"
    assert says(await shares(mina, used), "telegram-share-done-in")
    assert [one.uploaded for one in pictures(group)] == [used.uploaded]
    more = await drawn(await answer(mina, mina.press(four, "More like 3")))
    assert says(more, "grid-ready", count=4)
    assert more.uploaded != four.uploaded
    assert more.reply_to is used.reply_to is four.reply_to, "so that the photo is found from all of them"
    assert finished(four), "others of them can be used as well"


@pytest.mark.parametrize("named", [False, True], ids=["without a name", "with the name"])
async def test_share_posts_the_picture_alone_and_take_it_back_removes_it(
    group: Group, mina: User, tomo: User, *, named: bool
) -> None:
    await enters(mina, group)
    message = await avatar(mina)
    buttons = message.buttons
    press = await mina.press(message, ":share:")
    assert press.is_alert
    assert said_in(press.alert, "telegram-share-ask-in", title=group.title)
    await message.until(lambda one: one.buttons != buttons)
    assert pictures(group) == [], "nothing is posted before it is confirmed"
    await pressed(mina, message, "Back")
    await message.until(lambda one: one.buttons == buttons)
    assert pictures(group) == []

    shared = await shares(mina, message, named=named)
    assert says(shared, "telegram-share-done-in")
    (post,) = pictures(group)
    assert post in group.seen_by(tomo)
    assert post.uploaded == message.uploaded
    assert says(post, "telegram-shared-by", name=mina.first_name) == named
    assert (mina.first_name in post.caption) == named
    assert post.buttons == []
    assert post.reply_to is None
    assert says(await pressed(mina, shared, ":unshare:"), "unshare-done")
    assert post.deleted
    assert pictures(group) == []
    assert says(await shares(mina, message), "telegram-share-done-in")
    assert len(pictures(group)) == 1, "shared once more, it stands there once"


async def test_in_a_topic_it_is_shared_right_there(peer: TelegramPeer) -> None:
    forum = peer.group("Forum of the town", forum=True)
    art, talk = forum.topic("Art"), forum.topic("Talk")
    mina = peer.user("mina_of_the_forum")
    forum.join(mina)
    await asks(mina, talk)
    await enters(mina, art)
    message = await avatar(mina)
    assert says(await shares(mina, message), "telegram-share-done-in")
    assert [one.uploaded for one in pictures(art)] == [message.uploaded]
    assert pictures(talk) == []
    await tells(mina, "/start")
    alone = await avatar(mina)
    assert ":share:" not in ids(alone), "whoever came from nowhere is at home nowhere"
    assert says(alone, "telegram-share-in-group")


async def test_as_a_file_it_is_what_the_engine_made_with_the_mark_in_it(mina: User) -> None:
    message = await avatar(mina)
    file = await answer(mina, mina.press(message, label("telegram-as-file")))
    assert file.file_name == "avatar.png"
    assert file.document == message.uploaded, "byte for byte"
    assert in_picture(file.document, ()) == set(), "with the mark in it, and nothing else"
    assert finished(message)


async def test_saved_as_default_and_deleted(mina: User) -> None:
    message = await avatar(mina, "/avatar papercut")
    saved = await pressed(mina, message, ":save:")
    assert says(saved, "save-done")
    assert says(await avatar(mina, "/avatar"), "result-ready", style="Papercut")
    gone = await pressed(mina, message, ":delete:")
    assert says(gone, "job-erased")
    assert message.deleted or not message.photo
    assert not finished(gone)


async def test_delete_takes_back_what_was_shared_and_copies(group: Group, mina: User) -> None:
    await enters(mina, group)
    message = await avatar(mina)
    await shares(mina, message)
    (post,) = pictures(group)
    file = await answer(mina, mina.press(message, label("telegram-as-file")))
    said = await pressed(mina, message, ":delete:")
    assert says(said, "job-erased")
    await post.until(lambda one: one.deleted)
    await file.until(lambda one: one.deleted)


async def test_forget_me_leaves_neither_pictures_nor_posts_nor_a_way_back(group: Group, mina: User) -> None:
    await enters(mina, group)
    message = await avatar(mina)
    shared = await shares(mina, message)
    (post,) = pictures(group)
    privacy = await tells(mina, "/privacy")
    assert says(privacy, "telegram-privacy")
    export = await answer(mina, mina.press(privacy, ":export:"))
    assert export.file_name == "about-me.json"
    assert str(mina.id).encode() not in export.document
    asked = await pressed(mina, privacy, ":forget:")
    assert says(asked, "forget-confirm")
    done = await pressed(mina, asked, ":forget::")
    assert says(done, "forget-done")
    assert says(done, "telegram-forget-screen")
    await post.until(lambda one: one.deleted)
    await message.until(lambda one: one.deleted)
    assert shared.deleted
    await mina.world.until(lambda: mina.told == [done], 20, lambda: "all else to be deleted")
    alone = await avatar(mina)
    assert ":share:" not in ids(alone), "the group that they came from is forgotten too"


async def test_without_a_photo_a_figure_is_drawn_and_try_again_draws_another(
    peer: TelegramPeer, group: Group, mina: User
) -> None:
    welcome = await enters(mina, group)
    downloads = peer.downloads
    first = await drawn(await answer(mina, mina.press(welcome, label("telegram-welcome-draw"))))
    assert not traced(first)
    assert ":more:" not in ids(first)
    second = await drawn(await answer(mina, mina.press(first, ":again:")))
    assert second is not first
    assert second.uploaded != first.uploaded
    assert peer.downloads == downloads


async def test_style_and_looks_are_chosen_with_buttons(mina: User) -> None:
    welcome = await tells(mina, "/start")

    async def changed(message: Message, button: str) -> None:
        edits = message.edits
        await mina.press(message, button)
        await message.until(lambda one: one.edits > edits)

    await changed(welcome, label("telegram-welcome-choose"))
    assert says(welcome, "telegram-choose")
    await changed(welcome, "Style ▾")
    await changed(welcome, "Papercut")
    assert "style=papercut" in welcome.says
    first = await drawn(await answer(mina, mina.press(welcome, label("telegram-choose-draw"))))
    assert says(first, "result-ready", style="Papercut")


async def test_of_an_album_the_first_picture_is_taken_and_that_is_said(
    peer: TelegramPeer, mina: User, photo: bytes
) -> None:
    before = set(mina.told)
    parts = [photo, *(_plain(colour) for colour in ("red", "green"))]
    first = await mina.says(None, album=parts, caption="/avatar pixel")
    await mina.world.until(lambda: any(finished(one) for one in mina.told), 40, lambda: "the picture")
    said = [one for one in mina.told if one not in before]
    assert sum(says(one, "telegram-album") for one in said) == 1
    (result,) = [one for one in said if finished(one)]
    assert traced(result)
    assert last_download(peer) == first.photo
    assert len(said) == 2


async def test_a_document_is_taken_as_it_is(peer: TelegramPeer, mina: User, photo: bytes) -> None:
    assert traced(await avatar(mina, "/avatar pixel", document=photo, name="me.jpg"))
    assert last_download(peer) == photo, "byte for byte: Telegram has not made it smaller"


async def test_a_command_in_reply_to_an_own_photo(mina: User, photo: bytes) -> None:
    status = await tells(mina, photo=photo)
    mine = mina.private[-2]
    await drawn(status)
    second = await avatar(mina, "/avatar peeps", reply_to=mine)
    assert traced(second)
    assert says(second, "result-ready", style="Peeps")
    assert second.reply_to is mine
    refused = await tells(mina, "/avatar", reply_to=second)
    assert says(refused, "telegram-message-foreign"), "a picture of the bot's is not a photo of theirs"


async def test_words_after_the_command_say_how(mina: User, photo: bytes) -> None:
    message = await avatar(mina, "/avatar papercut likeness=somewhat", photo=photo)
    assert says(message, "result-ready", style="Papercut")
    assert says(message, "result-likeness", level="somewhat")
    asked = await tells(mina, "/avatar papercutt")
    assert says(asked, "telegram-word-like", word="papercutt") or says(asked, "telegram-word-unknown", word="papercutt")


async def test_in_korean_every_sentence_and_button_is_korean(peer: TelegramPeer, group: Group) -> None:
    somi = peer.user("somi_reads_korean", language="ko")
    group.join(somi)
    pointer = await asks(somi, group)
    assert says(pointer, "telegram-pointer", locale="ko")
    assert says(await answer(somi, somi.opens(pointer.urls[0])), "telegram-welcome", locale="ko", title=group.title)
    message = await avatar(somi)
    assert says(message, "result-ready", locale="ko")
    assert not any(letter.isascii() and letter.isalpha() for name in message.buttons for letter in name)


async def test_what_is_kept_is_shown_again_by_queue(mina: User, tomo: User) -> None:
    message = await avatar(mina)
    await mina.deletes(message)
    again = await answer(mina, mina.press(await tells(mina, "/queue"), ":show:"))
    assert again.uploaded == message.uploaded
    assert says(await tells(tomo, "/queue"), "queue-headline", open=0, kept=0)


def _plain(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (320, 320), colour).save(out, "JPEG")
    return out.getvalue()
