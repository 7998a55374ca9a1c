"""What the bot says on Telegram, as members and groups see it: through the real library, against a strict server."""

from __future__ import annotations

import asyncio
import io
import logging
import os
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from telegram import Message as Posted
from telegram.error import TelegramError

from adapters import publishing
from adapters.posts import Posts
from adapters.telegram import declarations
from adapters.telegram.callbacks import Callbacks
from adapters.telegram.connection import Client, hang_up
from adapters.telegram.homes import Home, Homes
from adapters.telegram.layout import Layout, Message
from adapters.telegram.outbound import Outbound
from adapters.telegram.pace import Dropped, Pace, Rate, Rates
from adapters.telegram.pointers import Addressee, Pointers
from adapters.telegram.rights import Rights
from adapters.telegram.sender import Sender
from adapters.telegram.sharing import Sharing
from adapters.telegram.shown import Shown
from adapters.telegram.targets import Target
from bot.chat import Action, File, Picture, Reply, Share, Text, Tile
from bot.errors import Unreachable
from bot.wording import Wording
from tests.telegram_peer.actors import User
from tests.telegram_peer.chats import Group
from tests.telegram_peer.peer import TelegramPeer

TAG, OTHER = "0123456789abcdef" * 2, "f" * 32
WORDING = Wording()


def png(colour: str, size: tuple[int, int] = (64, 64)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


def is_blank(picture: bytes) -> bool:
    """Whether there is nothing to see but one grey."""
    red, green, blue = Image.open(io.BytesIO(picture)).convert("RGB").getextrema()
    return red == green == blue and len(set(red)) == 1


PREVIEW, RED, BLUE = png("grey"), png("red"), png("blue")


def waiting(place: int = 3) -> Reply:
    return Reply(lines=(Text(f"in line: {place}"),), actions=(Action(Text("Cancel"), "cancel", 7),), busy=True)


def drawing(fraction: float, picture: bytes | None = None) -> Reply:
    shown = None if picture is None else Picture(picture, Text("a preview"))
    return Reply(lines=(Text("drawing"),), picture=shown, progress=fraction, busy=True)


def result(picture: bytes = RED, *lines: str) -> Reply:
    said = tuple(Text(line) for line in ("Here it is", *lines))
    actions = (Action(Text("Share"), "share", 7, posts=True), Action(Text("Delete"), "delete", 7, tone="danger"))
    return Reply(lines=said, picture=Picture(picture, Text("an avatar")), actions=actions)


ERASED = Reply(lines=(Text("It is erased."),), replaces=True, erases=True)


class Scene:
    """One process of the bot; ``restarted`` is the next one, over the same folder."""

    def __init__(self, peer: TelegramPeer, folder: Path, rates: Rates | None = None) -> None:
        self.peer, self.folder = peer, folder
        self.client = Client(peer.token, api=peer.api, file_api=peer.file_api)
        self.ahead = 0.0
        self.pace = Pace(rates or Rates.unlimited(), lambda: time.monotonic() + self.ahead)
        self.homes = Homes(folder, bytes(32))
        self.posts = Posts(folder / "posts")
        self.layout = Layout(WORDING, Callbacks(bytes(32)), declarations.called)
        self.sender = Sender(self.client, self.pace, self.homes)
        self.shown = Shown(folder / "shown")
        self.outbound = Outbound(self.layout, self.sender, self.shown)
        self.sharing = Sharing(self.layout, self.sender, Rights(self.client), self.posts)
        self.pointers = Pointers(self.sender, Posts(folder / "pointers"))
        self.after: list[Scene] = []

    def advance(self, seconds: float) -> None:
        """Time passes, for whoever does not wait for it already."""
        self.ahead += seconds
        self.peer.clock.advance(seconds)

    async def begin(self) -> Scene:
        await self.client.initialize()
        return self

    async def restarted(self) -> Scene:
        scene = await Scene(self.peer, self.folder).begin()
        self.after.append(scene)
        return scene

    async def close(self) -> None:
        for part in (self.outbound, self.sharing, self.pointers, self.pace):
            await part.close()
        await hang_up(self.client)
        for scene in self.after:
            await scene.close()


@pytest.fixture
async def peer() -> AsyncGenerator[TelegramPeer]:
    async with TelegramPeer.serving() as peer:
        yield peer
        assert not peer.problems, "\n".join(peer.problems)


@pytest.fixture
async def scene(peer: TelegramPeer, tmp_path: Path) -> AsyncGenerator[Scene]:
    scene = await Scene(peer, tmp_path).begin()
    yield scene
    await scene.close()


@pytest.fixture
async def mina(peer: TelegramPeer) -> User:
    mina = peer.user("mina")
    await mina.says(None, "/start")
    return mina


@pytest.fixture
async def noor(peer: TelegramPeer) -> User:
    noor = peer.user("noor")
    await noor.says(None, "/start")
    return noor


def at(user: User, tag: str = TAG, home: int = 1, reply_to: int = 0) -> Target:
    return Target(user.id, home=home, tag=tag, reply_to=reply_to, locale="en")


async def pressed(scene: Scene, user: User, index: int = -1) -> Posted:
    """A message of the bot as a press on one of its buttons hands it over."""
    shown = Posted.de_json(user.told[index].payload, scene.client)
    assert shown is not None
    return shown


# --- the message of a call --------------------------------------------------------------------------------------------


async def test_one_message_goes_from_in_line_to_the_picture(scene: Scene, mina: User) -> None:
    target = at(mina)
    assert await scene.outbound.answer(target, waiting())
    for reply in (drawing(0.2), drawing(0.4, PREVIEW), drawing(0.6, PREVIEW), result()):
        await scene.outbound.show(target, reply)
    (shown,) = mina.told
    assert shown.uploaded == RED
    assert "Here it is" in shown.caption
    assert "Share" in shown.buttons
    assert shown.edits == 4
    assert len(scene.peer.uploads) == 2, "a preview that is there already is not uploaded again"


async def test_it_answers_the_photo_so_that_a_press_still_finds_it(scene: Scene, mina: User) -> None:
    photo = await mina.says(None, photo=RED)
    await scene.outbound.answer(at(mina, reply_to=photo.id), waiting())
    assert mina.told[-1].reply_to is photo
    await mina.deletes(photo)
    await scene.outbound.answer(at(mina, OTHER, reply_to=photo.id), waiting())
    assert len(mina.told) == 2, "nobody waits for an answer because a photo is gone"


async def test_what_the_courier_has_shown_is_newer_than_in_line(scene: Scene, mina: User) -> None:
    await scene.outbound.show(at(mina), drawing(0.5))
    assert await scene.outbound.answer(at(mina), waiting())
    assert "drawing" in mina.told[0].text
    await scene.outbound.show(at(mina), result())
    await scene.outbound.show(at(mina), waiting())
    assert await scene.outbound.answer(at(mina), waiting())
    (shown,) = mina.told
    assert shown.uploaded == RED
    assert "Here it is" in shown.caption


async def test_the_same_again_changes_nothing_and_asks_nothing(scene: Scene, mina: User) -> None:
    for _ in range(3):
        await scene.outbound.show(at(mina), result())
    assert len(mina.told) == 1
    assert len(scene.peer.asked("edit*")) == 0
    # A later process does not know what it shows, and hears that it is the same.
    later = await scene.restarted()
    await later.outbound.show(at(mina), result())
    assert len(mina.told) == 1


async def test_answer_and_courier_at_once_make_one_message(scene: Scene, mina: User) -> None:
    target = at(mina)
    await asyncio.gather(
        scene.outbound.answer(target, waiting()),
        *(scene.outbound.show(target, drawing(step / 9)) for step in range(1, 5)),
        scene.outbound.show(target, result()),
    )
    (shown,) = mina.told
    assert shown.uploaded == RED


async def test_a_status_that_was_deleted_comes_back_with_the_picture_only(scene: Scene, mina: User) -> None:
    target = at(mina)
    await scene.outbound.answer(target, waiting())
    await mina.deletes(mina.told[0])
    await scene.outbound.show(target, drawing(0.3))
    await scene.outbound.show(target, drawing(0.6, PREVIEW))
    assert not mina.told, "somebody put it away: progress is not worth another message"
    assert len(scene.peer.asked("edit*")) == 1, "nor worth asking again"
    await scene.outbound.show(target, result())
    (shown,) = mina.told
    assert shown.uploaded == RED


async def test_a_restart_finds_the_message_and_leaves_none_behind(scene: Scene, mina: User) -> None:
    await scene.outbound.answer(at(mina), waiting())
    await scene.outbound.show(at(mina), drawing(0.4, PREVIEW))
    later = await scene.restarted()
    await later.outbound.show(at(mina), drawing(0.5))
    assert mina.told[0].uploaded == PREVIEW, "the preview stays until there is a newer one"
    await later.outbound.show(at(mina), result())
    last = await later.restarted()
    await last.outbound.show(at(mina), waiting())
    await last.outbound.show(at(mina), result())
    (shown,) = mina.told
    assert shown.uploaded == RED


async def test_killed_before_the_first_word_the_status_comes_from_the_courier(scene: Scene, mina: User) -> None:
    later = await scene.restarted()
    await later.outbound.show(at(mina), waiting())
    await later.outbound.show(at(mina), result())
    (shown,) = mina.told
    assert shown.uploaded == RED


async def test_killed_between_send_and_note_the_message_is_said_once_more(
    scene: Scene, mina: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one window that Telegram leaves: it offers no way to ask what was said."""
    killed = asyncio.Event()

    async def never(*_: Any) -> None:
        killed.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(scene.shown, "put", never)
    asking = asyncio.create_task(scene.outbound.answer(at(mina), waiting()))
    await asyncio.wait_for(killed.wait(), 20)
    later = await scene.restarted()
    await later.outbound.show(at(mina), result())
    assert [bool(message.photo) for message in mina.told] == [False, True]
    asking.cancel()
    await scene.outbound.close(0)


async def test_whoever_stops_waiting_for_a_slow_answer_leaves_no_second_message(scene: Scene, mina: User) -> None:
    hold = scene.peer.hold("sendMessage")
    asking = asyncio.create_task(scene.outbound.show(at(mina), waiting()))
    await scene.peer.until(lambda: scene.peer.asked("sendMessage"))
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    hold.release()
    await scene.outbound.show(at(mina), result())
    (shown,) = mina.told
    assert shown.uploaded == RED


async def test_what_is_deleted_while_it_waits_for_its_turn_is_not_shown_any_more(scene: Scene, mina: User) -> None:
    await scene.outbound.answer(at(mina), waiting())
    scene.peer.refuse("editMessageMedia", status=429, retry_after=50)
    asking = asyncio.create_task(scene.outbound.show(at(mina), result()))
    await scene.peer.until(lambda: any(one.status == 429 for one in scene.peer.requests))
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    if left := set(scene.outbound._background._tasks):
        await asyncio.wait(left, timeout=20)
    scene.advance(51)
    await scene.outbound.show(at(mina), Reply(lines=(Text("It is erased."),)))
    assert [message.text for message in mina.told] == ["It is erased."]
    assert [one.status for one in scene.peer.asked("editMessageMedia")] == [429]


async def test_in_line_is_not_said_any_more_when_the_picture_is_there_first(peer: TelegramPeer, tmp_path: Path) -> None:
    people = [peer.user(f"member {number}") for number in range(4)]
    for one in people:
        await one.says(None, "/start")
    scene = await Scene(peer, tmp_path, Rates(overall=Rate(1, 30.0, 1))).begin()
    targets = [at(one, f"{number:032x}") for number, one in enumerate(people)]
    try:
        assert await scene.outbound.answer(targets[0], waiting())
        saying = [asyncio.create_task(scene.outbound.answer(target, waiting())) for target in targets[1:]]
        await peer.until(lambda: len(scene.pace._waiting) == len(saying))
        for target in targets[1:]:
            with pytest.raises(Dropped):  # nobody waits for that
                await scene.outbound.show(target, drawing(0.5))
        showing = [asyncio.create_task(scene.outbound.show(target, result())) for target in targets]
        async with asyncio.timeout(20):
            assert all(await asyncio.gather(*saying))
            while not all(task.done() for task in showing):
                scene.advance(31)
                scene.pace._wake()
                await asyncio.sleep(0.01)
        assert [[message.uploaded for message in one.told] for one in people] == [[RED]] * 4
        assert len(peer.asked("sendMessage")) == 1, "what nobody waited for any more was never said"
    finally:
        await scene.close()


async def test_an_apology_does_not_take_the_place_of_a_slow_answer(scene: Scene, mina: User) -> None:
    assert await scene.outbound.answer(at(mina), result())
    assert await scene.outbound.answer(at(mina), Reply(lines=(Text("Something went wrong."),)))
    assert [message.uploaded for message in mina.told] == [RED]


async def test_what_does_not_fit_under_the_picture_follows_once(scene: Scene, mina: User) -> None:
    long = result(RED, *(f"Sentence number {number}, which says something of its own." for number in range(40)))
    await scene.outbound.show(at(mina), long)
    await scene.outbound.show(at(mina), long)
    await (await scene.restarted()).outbound.show(at(mina), long)
    first, rest = mina.told
    assert first.uploaded == RED
    assert "number 39" in rest.text


@pytest.mark.parametrize("gone", [False, True])
async def test_of_several_messages_only_those_are_said_again_that_did_not_get_through(
    scene: Scene, mina: User, *, gone: bool
) -> None:
    await scene.outbound.answer(at(mina), waiting())
    await scene.outbound.show(at(mina), result())
    message = await pressed(scene, mina)
    if gone:
        await mina.deletes(mina.told[0])
    long = replace(result(BLUE, *(f"line {number} " + "x" * 300 for number in range(8))), replaces=True)
    scene.peer.refuse("sendMessage", status=502, times=1)
    with pytest.raises(TelegramError):
        await scene.outbound.answer(at(mina, OTHER), long, message=message)
    assert await scene.outbound.answer(at(mina, OTHER), long, message=message)
    picture, rest = mina.told
    assert picture.uploaded == BLUE
    assert "line 7" in rest.text
    assert await scene.outbound.answer(at(mina, OTHER), long, message=message), "the press came once more"
    assert len(mina.told) == 2


async def test_a_disk_that_is_full_costs_the_memory_not_the_message(
    scene: Scene, mina: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(scene.shown, "put", full)
    monkeypatch.setattr(scene.shown, "note", full)
    await scene.outbound.answer(at(mina), waiting())
    await scene.outbound.show(at(mina), result())
    assert [message.uploaded for message in mina.told] == [RED]


# --- presses ----------------------------------------------------------------------------------------------------------


async def test_a_panel_changes_in_place(scene: Scene, mina: User) -> None:
    panel = Reply(lines=(Text("Settings"),), actions=(Action(Text("Turn on"), "settings"),))
    await scene.outbound.answer(at(mina), panel)
    changed = Reply(lines=(Text("Settings"), Text("It is on now.")), replaces=True)
    assert await scene.outbound.answer(at(mina, OTHER), changed, message=await pressed(scene, mina))
    assert [message.text for message in mina.told] == ["Settings\n\nIt is on now."]


async def test_an_answer_that_replaces_nothing_is_a_message_of_its_own(scene: Scene, mina: User) -> None:
    await scene.outbound.answer(at(mina), result())
    more = Reply(lines=(Text("About this picture"),))
    assert await scene.outbound.answer(at(mina, OTHER), more, message=await pressed(scene, mina))
    assert [message.says.splitlines()[0] for message in mina.told] == ["Here it is", "About this picture"]


async def test_a_result_that_is_deleted_leaves_a_sentence_and_no_picture(scene: Scene, mina: User) -> None:
    await scene.outbound.show(at(mina), result())
    assert await scene.outbound.answer(at(mina, OTHER), ERASED, message=await pressed(scene, mina))
    assert [(message.text, message.photo) for message in mina.told] == [("It is erased.", b"")]


async def test_a_press_that_comes_once_more_after_a_restart_says_nothing_twice(scene: Scene, mina: User) -> None:
    await scene.outbound.show(at(mina), result())
    message = await pressed(scene, mina)
    assert await scene.outbound.answer(at(mina, OTHER), ERASED, message=message)
    assert await (await scene.restarted()).outbound.answer(at(mina, OTHER), ERASED, message=message)
    assert [message.text for message in mina.told] == ["It is erased."]


async def test_two_days_later_the_picture_goes_all_the_same(scene: Scene, mina: User) -> None:
    await scene.outbound.show(at(mina), result())
    message = await pressed(scene, mina)
    scene.peer.clock.advance(3 * 86_400)
    assert await scene.outbound.answer(at(mina, OTHER), ERASED, message=message)
    emptied, said = mina.told
    assert emptied.uploaded != RED
    assert is_blank(emptied.uploaded)
    assert not emptied.buttons
    assert said.text == "It is erased."


async def test_a_picture_that_cannot_be_removed_now_is_tried_again(scene: Scene, mina: User) -> None:
    await scene.outbound.show(at(mina), result())
    message = await pressed(scene, mina)
    scene.peer.refuse("deleteMessage", status=502)
    with pytest.raises(TimeoutError):
        await scene.outbound.answer(at(mina, OTHER), ERASED, message=message)
    assert await scene.outbound.answer(at(mina, OTHER), ERASED, message=message)
    assert [message.text for message in mina.told] == ["It is erased."]


async def test_deleted_while_it_was_under_way_the_courier_takes_it_away(scene: Scene, mina: User) -> None:
    await scene.outbound.answer(at(mina), waiting())
    await scene.outbound.show(at(mina), result())
    await scene.outbound.show(at(mina), Reply(lines=(Text("It is erased."),)))
    assert [(message.text, message.photo) for message in mina.told] == [("It is erased.", b"")]


async def test_a_press_on_a_message_that_telegram_no_longer_hands_over(scene: Scene, mina: User) -> None:
    await scene.outbound.show(at(mina), result())
    mina.told[0].inaccessible = True
    gone = Posted.de_json({**mina.told[0].payload, "photo": [], "caption": None}, scene.client)
    assert gone is not None
    assert await scene.outbound.answer(at(mina, OTHER), ERASED, message=gone)
    assert [(message.text, message.photo) for message in mina.told] == [("It is erased.", b"")]


# --- pictures and files -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "why"),
    [((9_000, 1_200), "its sides together are too long"), ((4_000, 100), "it is too narrow")],
)
async def test_what_telegram_does_not_show_as_a_photo_comes_as_a_file(
    scene: Scene, mina: User, size: tuple[int, int], why: str
) -> None:
    large = png("red", size)
    await scene.outbound.answer(at(mina), waiting())
    await scene.outbound.show(at(mina), result(large))
    (shown,) = mina.told
    assert shown.document == large, why
    assert shown.file_name == "avatar.png"
    assert "Here it is" in shown.caption


async def test_a_photo_over_ten_megabytes_comes_as_a_file(scene: Scene, mina: User) -> None:
    large = RED + bytes(10_500_000)
    await scene.outbound.show(at(mina), result(large))
    assert mina.told[0].document == large


@pytest.mark.parametrize("description", ["PHOTO_INVALID_DIMENSIONS", "IMAGE_PROCESS_FAILED"])
async def test_a_photo_that_telegram_refuses_comes_as_a_file(scene: Scene, mina: User, description: str) -> None:
    await scene.outbound.answer(at(mina), waiting())
    refusal = f"Bad Request: {description}"
    scene.peer.refuse("editMessageMedia", status=400, description=refusal)
    await scene.outbound.show(at(mina), result())
    scene.peer.refuse("sendPhoto", status=400, description=refusal)
    await scene.outbound.show(at(mina, OTHER), result())
    assert [message.document for message in mina.told] == [RED, RED]


async def test_as_a_file_each_byte_is_as_it_was_made(scene: Scene, mina: User) -> None:
    assert await scene.outbound.file(at(mina), result())
    assert await scene.outbound.file(at(mina), result()), "asked for once more by the same press"
    (shown,) = mina.told
    assert (shown.document, shown.file_name) == (RED, "avatar.png")
    (asked,) = scene.peer.asked("sendDocument")
    assert asked.params["disable_content_type_detection"] is True
    gone = Reply(lines=(Text("There is no picture any more."),))
    assert await scene.outbound.file(at(mina, OTHER), gone)
    assert mina.told[-1].text == "There is no picture any more."


async def test_what_moves_comes_as_a_file_and_goes_with_its_picture(scene: Scene, mina: User) -> None:
    moving = Picture(b"GIF89a it moves", Text("it moves"), "image/gif", still=RED)
    reply = replace(result(), picture=moving, actions=(Action(Text("Delete"), "delete", 7, tone="danger"),))
    await scene.outbound.show(at(mina), result())
    await scene.outbound.answer(at(mina, OTHER), reply)
    picture, shown = mina.told
    assert (shown.document, shown.file_name, shown.photo) == (moving.data, "avatar.gif", b"")
    assert shown.buttons == ["Delete"], "it is a file already"
    (asked,) = scene.peer.asked("sendDocument")
    assert asked.params["disable_content_type_detection"] is True
    scene.outbound.erased(mina.id, 7)
    await scene.peer.until(lambda: picture.deleted and shown.deleted)


async def test_an_older_server_that_makes_no_picture_of_a_text_gets_a_new_message(scene: Scene, mina: User) -> None:
    await scene.outbound.answer(at(mina), waiting())
    refusal = "Bad Request: there is no media in the message to edit"
    scene.peer.refuse("editMessageMedia", status=400, description=refusal)
    await scene.outbound.show(at(mina), result())
    assert [message.uploaded for message in mina.told] == [RED]


async def test_what_is_stored_about_somebody_comes_as_a_file(scene: Scene, mina: User) -> None:
    export = Reply(lines=(Text("This is all."),), file=File("about-me.json", b'{"rooms": []}'))
    await scene.outbound.answer(at(mina), export)
    (shown,) = mina.told
    assert (shown.document, shown.file_name) == (b'{"rooms": []}', "about-me.json")
    assert "This is all." in shown.caption


async def test_a_wall_is_an_album_whose_pictures_are_uploaded_once(scene: Scene, mina: User, noor: User) -> None:
    tiles = tuple(
        Tile(
            Picture(png("green", (32 + number, 32)), Text("a style")),
            Text(f"style {number}"),
            Action(Text("x"), "s", number),
        )
        for number in range(12)
    )
    wall = Reply(lines=(Text("The styles of this room"),), wall=tiles)
    assert await scene.outbound.answer(at(mina), wall)
    *pictures, text = mina.told
    assert [picture.caption.endswith(f"style {number}") for number, picture in enumerate(pictures)] == [True] * 12
    assert "The styles" in text.text
    assert len(text.buttons) == 12
    uploads = len(scene.peer.uploads)
    assert uploads == 12
    assert await scene.outbound.answer(at(noor, OTHER), wall)
    assert [message.photo for message in noor.told[:-1]] == [message.photo for message in pictures]
    assert len(scene.peer.uploads) == uploads
    # Said again, since its last message did not get through, what stands there already is not.
    again = at(noor, "b" * 32)
    before = len(noor.told)
    scene.peer.refuse("sendMessage", status=502)
    with pytest.raises(TelegramError):
        await scene.outbound.answer(again, wall)
    assert await scene.outbound.answer(again, wall)
    assert len(noor.told) - before == 13
    # What Telegram has forgotten is uploaded anew.
    scene.peer.refuse("sendMediaGroup", status=400, description="Bad Request: wrong file identifier/HTTP URL specified")
    assert await scene.outbound.answer(at(noor, "a" * 32), wall)
    assert len(scene.peer.uploads) > uploads


async def test_a_wall_of_one_is_a_photo(scene: Scene, mina: User) -> None:
    tile = Tile(Picture(RED, Text("a style")), Text("ink"), Action(Text("x"), "s", 7))
    wall = Reply(lines=(Text("One style"),), wall=(tile,))
    for tag in (TAG, OTHER):
        await scene.outbound.answer(at(mina, tag), wall)
    assert ["One style" in message.caption for message in mina.told if message.photo] == [True, True]
    assert all("ink" in button for message in mina.told for button in message.buttons)
    assert scene.peer.uploads == [RED]
    # What Telegram has forgotten is uploaded anew.
    scene.peer.refuse("sendPhoto", status=400, description="Bad Request: wrong file identifier/HTTP URL specified")
    await scene.outbound.answer(at(mina, "a" * 32), wall)
    assert len(mina.told) == 3
    assert scene.peer.uploads == [RED, RED]


async def test_pictures_go_to_nobody_but_whom_they_are_for(scene: Scene, mina: User, noor: User) -> None:
    async def one(user: User, tag: str, picture: bytes) -> None:
        await scene.outbound.answer(at(user, tag), waiting())
        for reply in (drawing(0.5, PREVIEW), result(picture)):
            await scene.outbound.show(at(user, tag), reply)

    await asyncio.gather(one(mina, TAG, RED), one(noor, OTHER, BLUE))
    assert [message.uploaded for message in mina.told] == [RED]
    assert [message.uploaded for message in noor.told] == [BLUE]
    assert set(scene.peer.uploads) <= {PREVIEW, RED, BLUE}, "nothing leaves but what the application gave"


# --- what goes wrong --------------------------------------------------------------------------------------------------


def block(user: User) -> None:
    user.blocks_bot = True


def deactivate(user: User) -> None:
    user.deactivated = True


@pytest.mark.parametrize("leave", [block, deactivate])
async def test_who_has_left_is_unreachable(scene: Scene, mina: User, leave: Callable[[User], None]) -> None:
    await scene.outbound.answer(at(mina), waiting())
    leave(mina)
    for reply in (drawing(0.5), result()):
        with pytest.raises(Unreachable):
            await scene.outbound.show(at(mina), reply)
    assert not await scene.outbound.answer(at(mina, OTHER), result())
    assert not await scene.outbound.say(at(mina, "a" * 32), Message("hello"))


async def test_who_never_spoke_to_the_bot_is_unreachable(scene: Scene) -> None:
    stranger = scene.peer.user("stranger")
    with pytest.raises(Unreachable):
        await scene.outbound.show(at(stranger), result())
    with pytest.raises(Unreachable):
        await scene.outbound.show(Target(987_654_321, tag=OTHER), result())
    scene.peer.problems.clear()


async def test_a_topic_of_the_private_chat_that_was_put_away_keeps_no_answer(scene: Scene, mina: User) -> None:
    scene.peer.refuse("sendMessage", status=400, description="Bad Request: message thread not found")
    assert await scene.outbound.answer(Target(mina.id, thread=77, tag=TAG), waiting())
    assert len(mina.told) == 1


async def test_what_nobody_asks_for_any_more_is_not_kept(scene: Scene, mina: User) -> None:
    await scene.outbound.answer(at(mina), result())
    await scene.outbound.answer(at(mina, OTHER), waiting())
    kept = {path for path in (scene.folder / "shown").iterdir() if path.name != "key"}
    assert len(kept) == 3
    old = next(iter(kept))
    os.utime(old, (0, 0))
    later = await scene.restarted()
    await later.outbound.show(at(mina, "a" * 32), waiting())
    await scene.peer.until(lambda: not old.exists())
    assert kept - {old} <= set((scene.folder / "shown").iterdir())


async def test_a_crowd_is_served_within_the_limits(peer: TelegramPeer, tmp_path: Path) -> None:
    people = [peer.user(f"member {number}") for number in range(20)]
    for one in people:
        await one.says(None, "/start")
    peer.floods = True
    scene = await Scene(peer, tmp_path, Rates()).begin()
    pictures = [png("red", (32 + number, 32)) for number in range(len(people))]

    async def serve(number: int) -> None:
        target = at(people[number], f"{number:032x}")
        assert await scene.outbound.answer(target, waiting())
        for step in range(5):
            await scene.outbound.show(target, drawing(step / 5))
        await scene.outbound.show(target, result(pictures[number]))

    try:
        await asyncio.gather(*(serve(number) for number in range(len(people))))
        assert [one.told[0].uploaded for one in people] == pictures
        assert [len(one.told) for one in people] == [1] * len(people)
    finally:
        await scene.close()


@pytest.mark.parametrize("status", [502, "drop"])
async def test_what_may_pass_is_left_to_the_courier(scene: Scene, mina: User, status: int | str) -> None:
    scene.peer.refuse("sendMessage", status=status)
    with pytest.raises(TelegramError):
        await scene.outbound.show(at(mina), waiting())
    await scene.outbound.show(at(mina), waiting())
    scene.peer.refuse("editMessageMedia", status=status, after=True)
    with pytest.raises(TelegramError):
        await scene.outbound.show(at(mina), result())
    await scene.outbound.show(at(mina), result())
    assert [message.uploaded for message in mina.told] == [RED], "carried out twice, it stands there once"


async def test_a_proxy_that_says_403_loses_nobody_a_picture(scene: Scene, mina: User) -> None:
    await scene.outbound.answer(at(mina), waiting())
    scene.peer.refuse("editMessageMedia", status=403, description="Forbidden")
    with pytest.raises(TelegramError):
        await scene.outbound.show(at(mina), result())
    await scene.outbound.show(at(mina), result())
    assert [message.uploaded for message in mina.told] == [RED]


@pytest.mark.parametrize(
    ("status", "description", "outcome"),
    [
        (429, "Too Many Requests: retry after 1", "later"),
        (502, "Bad Gateway", "later"),
        (403, "Forbidden", "later"),
        (403, "Forbidden: bot was kicked from the group chat", "refused"),
        (400, "Bad Request: CHAT_ADMIN_REQUIRED", "refused"),
        (400, "Bad Request: message to delete not found", "gone"),
    ],
)
async def test_what_cannot_be_removed_now_is_told_from_what_may_not_be(
    scene: Scene, mina: User, status: int, description: str, outcome: str
) -> None:
    await scene.outbound.answer(at(mina), waiting())
    scene.peer.refuse("deleteMessage", status=status, description=description)
    removed = await scene.sender.remove(mina.id, mina.told[0].id)
    assert removed == outcome
    assert bool(removed) == (outcome == "gone")


async def test_one_chat_waits_as_long_as_told_while_another_goes_on(scene: Scene, mina: User, noor: User) -> None:
    scene.peer.refuse(
        "sendMessage", status=429, retry_after=1, where=lambda request: request.params["chat_id"] == mina.id
    )
    slow = asyncio.create_task(scene.outbound.answer(at(mina), waiting()))
    await scene.peer.until(lambda: scene.peer.asked("sendMessage"))
    assert await scene.outbound.answer(at(noor, OTHER), waiting())
    assert await slow
    assert len(mina.told) == len(noor.told) == 1
    tries = [request.status for request in scene.peer.asked("sendMessage") if request.params["chat_id"] == mina.id]
    assert tries == [429, 200]


async def test_progress_that_is_refused_is_dropped_and_the_picture_comes(scene: Scene, mina: User) -> None:
    await scene.outbound.answer(at(mina), waiting())
    scene.peer.refuse("editMessageText", status=429, retry_after=50)
    for step in range(1, 5):
        await scene.outbound.show(at(mina), drawing(step / 10))
    assert len(scene.peer.asked("editMessageText")) == 1, "the rest is not even tried"
    scene.advance(51)
    await scene.outbound.show(at(mina), result())
    assert [message.uploaded for message in mina.told] == [RED]


async def test_the_log_names_neither_token_nor_members(
    scene: Scene, mina: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "adapters")
    scene.peer.refuse("*", status="drop", times=6)
    for work in (scene.outbound.show(at(mina), waiting()), scene.outbound.answer(at(mina), result())):
        with pytest.raises(TelegramError):
            await work
    await scene.sender.remove(mina.id, 5)
    assert caplog.text
    assert scene.peer.token not in caplog.text
    assert str(mina.id) not in caplog.text


# --- forgetting -------------------------------------------------------------------------------------------------------


async def test_forgotten_the_chat_is_emptied_but_for_the_answer(scene: Scene, mina: User, noor: User) -> None:
    await scene.outbound.show(at(mina), result())
    await scene.outbound.show(at(noor, OTHER), result(BLUE))
    later = await scene.restarted()
    for number in range(3):
        await later.outbound.answer(at(mina, f"{number}" * 32), Reply(lines=(Text(f"answer {number}"),)))
    last = mina.told[-1]
    later.outbound.forget(mina.id, [7], but=last.id)
    await scene.peer.until(lambda: mina.told == [last])
    assert [message.uploaded for message in noor.told] == [BLUE]


async def test_forgotten_after_two_days_the_pictures_are_gone_at_least(scene: Scene, mina: User) -> None:
    await scene.outbound.show(at(mina), result())
    await scene.outbound.answer(at(mina, OTHER), Reply(lines=(Text("an old answer"),)))
    scene.peer.clock.advance(3 * 86_400)
    await scene.outbound.answer(at(mina, "a" * 32), Reply(lines=(Text("a new answer"),)))
    last = mina.told[-1]
    scene.outbound.forget(mina.id, [7], but=last.id)
    await scene.peer.until(lambda: is_blank(mina.told[0].uploaded))
    await scene.outbound.close()
    assert [message.text for message in mina.told[1:]] == ["an old answer", "a new answer"]


async def test_copies_of_a_deleted_picture_go_too(scene: Scene, mina: User) -> None:
    await scene.outbound.show(at(mina), result())
    await scene.outbound.answer(at(mina, OTHER), result())
    await scene.outbound.file(at(mina, "a" * 32), result())
    await scene.outbound.answer(at(mina, "b" * 32), Reply(lines=(Text("something else"),)))
    assert await scene.outbound.answer(at(mina, "c" * 32), ERASED, message=await pressed(scene, mina, 0))
    scene.outbound.erased(mina.id, 7)
    await scene.peer.until(lambda: len(mina.told) == 2)
    assert {message.text for message in mina.told} == {"something else", "It is erased."}


async def test_nothing_that_is_kept_names_a_member(scene: Scene, mina: User) -> None:
    target = at(mina)
    await scene.outbound.answer(target, waiting())
    await scene.outbound.show(target, result())
    kept = [path for path in scene.folder.rglob("*") if path.is_file()]
    assert len(kept) > 2
    for path in kept:
        assert str(mina.id) not in path.name
        assert str(mina.id).encode() not in path.read_bytes()
        assert TAG not in path.name


async def test_a_target_says_all_of_itself_and_nothing_in_a_log(mina: User) -> None:
    target = Target(mina.id, 3, 4, 5, TAG, "ko")
    assert Target.of(target.address()) == target
    assert str(mina.id) not in repr(target)
    assert TAG not in repr(target)


# --- shared pictures --------------------------------------------------------------------------------------------------

SHARE = Share(Picture(RED, Text("an avatar in ink")), TAG)


@pytest.fixture
def group(peer: TelegramPeer, mina: User) -> Group:
    group = peer.group("Library")
    group.join(mina)
    return group


@pytest.fixture
async def home(scene: Scene, group: Group) -> Home:
    return await scene.homes.of(group.id, 0)


async def share(scene: Scene, home: Home, user: User, *, name: str = "", share: Share = SHARE) -> str | None:
    return await scene.sharing.share(share, home, user=user.id, name=name, locale="en")


async def test_a_picture_is_posted_nameless_and_taken_back(scene: Scene, group: Group, home: Home, mina: User) -> None:
    assert await share(scene, home, mina) is None
    (post,) = group.posts
    assert post.uploaded == RED
    assert "mina" not in post.caption
    assert await scene.sharing.stands(TAG)
    assert await share(scene, home, mina) is None, "asked for once more"
    assert len(group.posts) == 1
    assert await scene.sharing.unshare([TAG])
    assert not group.posts
    assert not await scene.sharing.stands(TAG)
    assert await scene.sharing.unshare([TAG]), "there is nothing to take back any more"


async def test_a_name_stands_under_it_only_if_its_member_wants_that(
    scene: Scene, group: Group, home: Home, mina: User
) -> None:
    assert await share(scene, home, mina, name="Mina <b>K @noor") is None
    (post,) = group.posts
    assert "Mina <b>K" in post.caption
    assert not post.entities, "it is text: nobody is mentioned, nothing is bold"


async def test_a_frame_stands_first_and_its_place_is_on_the_disk(
    scene: Scene, group: Group, home: Home, mina: User
) -> None:
    hold = scene.peer.hold("editMessageMedia")
    sharing = asyncio.create_task(share(scene, home, mina))
    await scene.peer.until(lambda: scene.peer.asked("editMessageMedia"))
    (post,) = group.posts
    assert not post.photo
    # Whoever is killed here leaves nothing: the next process removes what was never finished.
    later = await scene.restarted()
    sweeping = asyncio.create_task(later.sharing.sweep())
    await scene.peer.until(lambda: not group.posts)
    sweeping.cancel()
    hold.release()
    assert await sharing is not None


@pytest.mark.parametrize("method", ["getChatMember", "editMessageMedia"])
async def test_blocked_while_it_is_being_shared_nothing_stays_in_the_group(
    scene: Scene, group: Group, home: Home, mina: User, method: str
) -> None:
    known = [TAG]

    async def shared() -> list[str]:
        return list(known)

    sweeping = asyncio.create_task(scene.sharing.sweep(shared))
    await asyncio.sleep(0)
    hold = scene.peer.hold(method)
    sharing = asyncio.create_task(share(scene, home, mina))
    await scene.peer.until(lambda: scene.peer.asked(method))
    known.clear()
    blocking = asyncio.create_task(scene.sharing.unshare([TAG]))
    hold.release()
    assert await sharing == "telegram-share-unknown"
    assert await blocking
    sweeping.cancel()
    assert not group.posts
    assert not await scene.sharing.stands(TAG)


async def test_whoever_blocks_is_answered_before_a_slow_share_ends(
    scene: Scene, group: Group, home: Home, mina: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "UNSHARE_SECONDS", 0.05)
    assert await share(scene, home, mina, share=Share(SHARE.picture, OTHER)) is None
    hold = scene.peer.hold("editMessageMedia")
    sharing = asyncio.create_task(share(scene, home, mina))
    await scene.peer.until(lambda: len(scene.peer.asked("editMessageMedia")) == 2)
    assert await scene.sharing.unshare([TAG, OTHER]) == "later"
    await scene.peer.until(lambda: len(group.posts) == 1)  # one that is slow keeps no other
    hold.release()
    await sharing
    await scene.peer.until(lambda: not group.posts)
    assert not await scene.sharing.stands(TAG)


async def test_it_goes_into_the_topic_it_was_asked_for_in(scene: Scene, mina: User) -> None:
    forum = scene.peer.group("Forum", forum=True)
    forum.join(mina)
    art, talk = forum.topic("Art"), forum.topic("Talk")
    there = await scene.homes.of(forum.id, art.id)
    assert await share(scene, there, mina) is None
    assert [post.uploaded for post in art.posts] == [RED]
    # Shared once more from elsewhere it moves.
    assert await share(scene, await scene.homes.of(forum.id, talk.id), mina) is None
    assert (len(art.posts), len(talk.posts)) == (0, 1)
    art.close()
    assert await share(scene, there, mina) == "telegram-share-topic-closed"
    art.delete()
    assert await share(scene, there, mina) == "telegram-share-gone"


async def test_a_group_that_moved_is_followed(scene: Scene, mina: User) -> None:
    basic = scene.peer.group("Friends", basic=True)
    basic.join(mina)
    home = await scene.homes.of(basic.id, 0)
    moved = basic.migrate()
    assert await share(scene, home, mina) is None
    assert [post.uploaded for post in moved.posts] == [RED]
    now = scene.homes.get(home.number)
    assert now is not None
    assert (now.chat, now.room) == (moved.id, str(basic.id))
    assert await scene.sharing.unshare([TAG])
    assert not moved.posts


async def test_what_was_posted_before_a_group_moved_is_left_to_an_administrator(scene: Scene, mina: User) -> None:
    basic = scene.peer.group("Friends", basic=True)
    basic.join(mina)
    home = await scene.homes.of(basic.id, 0)
    assert await share(scene, home, mina) is None
    moved = basic.migrate()
    assert await scene.sharing.unshare([TAG]) == "moved", "no bot gets there any more"
    assert await scene.sharing.unshare([TAG]) == "gone", "and nobody goes on trying"
    assert await share(scene, home, mina) is None
    assert [post.uploaded for post in moved.posts] == [RED]


async def test_a_pointer_follows_a_group_that_moved(scene: Scene, mina: User) -> None:
    basic = scene.peer.group("Friends", basic=True)
    await scene.homes.of(basic.id, 0)
    moved = basic.migrate()
    assert await scene.pointers.point(basic.id, 0, "avatar", Message("this way"))
    assert [post.text for post in moved.posts] == ["this way"]


def leaves(group: Group, user: User) -> None:
    group.leave(user)


def kicked(group: Group, user: User) -> None:
    group.kick(user)


def muted(group: Group, user: User) -> None:
    group.restrict(user, can_send_photos=False)


def quiet(group: Group, user: User) -> None:
    group.permit(can_send_photos=False)


def bot_muted(group: Group, user: User) -> None:
    group.bot_restricted(can_send_photos=False)


def bot_kicked(group: Group, user: User) -> None:
    group.bot_kicked()


def hidden(group: Group, user: User) -> None:
    group.members_hidden = True


@pytest.mark.parametrize(
    ("happens", "said"),
    [
        (leaves, "telegram-share-not-member"),
        (kicked, "telegram-share-not-member"),
        (muted, "telegram-share-no-photos"),
        (quiet, "telegram-share-no-photos"),
        (bot_muted, "telegram-share-bot-may-not"),
        (bot_kicked, "telegram-share-gone"),
        (hidden, "telegram-share-unsure"),
    ],
)
async def test_where_it_cannot_be_posted_the_member_hears_why(
    scene: Scene, group: Group, home: Home, mina: User, happens: Callable[[Group, User], None], said: str
) -> None:
    happens(group, mina)
    assert await share(scene, home, mina) == said
    assert WORDING.say("en", Text(said)) != said
    assert not group.posts, "nothing is left of the attempt"
    assert not await scene.sharing.stands(TAG)
    assert await scene.posts.doomed() == []


async def test_administrators_may_post_where_others_may_not(scene: Scene, group: Group, home: Home, mina: User) -> None:
    group.admin(mina)
    group.bot_rights(can_delete_messages=True)
    group.permit(can_send_photos=False)
    assert await share(scene, home, mina) is None


@pytest.mark.parametrize("status", [502, "drop"])
async def test_what_telegram_does_not_take_leaves_nothing_in_the_group(
    scene: Scene, group: Group, home: Home, mina: User, status: int | str
) -> None:
    scene.peer.refuse("editMessageMedia", status=status, times=2, after=True)
    assert await share(scene, home, mina) == "telegram-share-failed"
    assert not group.posts
    scene.peer.refuse("editMessageMedia", status=status, after=True)
    assert await share(scene, home, mina) is None, "only its answer was lost"
    assert [post.uploaded for post in group.posts] == [RED]
    another = Share(SHARE.picture, OTHER)
    scene.peer.refuse("getChatMember", status=status)
    assert await share(scene, home, mina, share=another) == "telegram-share-failed"
    scene.peer.refuse("sendMessage", status=status, after=True)
    assert await share(scene, home, mina, share=another) == "telegram-share-frame-left"
    assert not group.posts[-1].photo, "nobody knows where it stands, and that is said"


async def test_what_an_administrator_deleted_is_posted_anew(scene: Scene, group: Group, home: Home, mina: User) -> None:
    assert await share(scene, home, mina) is None
    admin = scene.peer.user("admin")
    group.creator(admin)
    await admin.deletes(group.posts[0])
    assert await share(scene, home, mina) is None
    assert [post.uploaded for post in group.posts] == [RED]


async def test_taken_back_after_two_days_a_blank_stands_there(
    scene: Scene, group: Group, home: Home, mina: User
) -> None:
    assert await share(scene, home, mina) is None
    scene.peer.clock.advance(3 * 86_400)
    assert await scene.sharing.unshare([TAG])
    (post,) = group.posts
    assert is_blank(post.uploaded)
    assert post.caption == WORDING.say("en", Text("telegram-taken-back"))
    assert await scene.posts.doomed() == []


async def test_what_cannot_be_removed_now_is_removed_later(
    scene: Scene, group: Group, home: Home, mina: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await share(scene, home, mina) is None
    scene.peer.refuse("deleteMessage", status=502)
    assert not await scene.sharing.unshare([TAG])
    assert len(group.posts) == 1
    sweeping = asyncio.create_task(scene.sharing.sweep())
    await scene.peer.until(lambda: not group.posts)
    sweeping.cancel()


async def test_a_group_without_the_bot_is_asked_again_until_it_is_back(
    scene: Scene, group: Group, home: Home, mina: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "SWEEP_SECONDS", 0.02)
    assert await share(scene, home, mina) is None
    group.bot_kicked()
    assert not await scene.sharing.unshare([TAG])
    sweeping = asyncio.create_task(scene.sharing.sweep())
    group.bot_added()
    await scene.peer.until(lambda: not group.posts)
    sweeping.cancel()


async def test_what_may_not_be_removed_for_a_month_is_given_up(
    scene: Scene, group: Group, home: Home, mina: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "SWEEP_SECONDS", 0.02)
    forum = scene.peer.group("Forum", forum=True)
    forum.join(mina)
    assert await share(scene, home, mina) is None
    group.bot_kicked()
    assert await scene.sharing.unshare([TAG]) == "refused", "so its member is told"
    assert await share(scene, await scene.homes.of(forum.id, 0), mina) is None, "which holds up no other post"
    assert [post.uploaded for post in forum.posts] == [RED]
    (left,) = await scene.posts.doomed()
    await scene.posts.drop(TAG)
    path = scene.folder / "posts" / f"{left}.doomed"
    sweeping = asyncio.create_task(scene.sharing.sweep())
    tried = len(scene.peer.asked("deleteMessage"))
    await scene.peer.until(lambda: len(scene.peer.asked("deleteMessage")) > tried + 2)
    assert path.exists(), "it may let us in again"
    month = time.time() - publishing.REFUSED_SECONDS - 60
    os.utime(path, (month, month))
    await scene.peer.until(lambda: not path.exists())
    sweeping.cancel()
    assert await scene.posts.doomed() == []


async def test_posts_of_a_group_that_is_gone_are_gone(scene: Scene, group: Group, home: Home, mina: User) -> None:
    assert await share(scene, home, mina) is None
    scene.peer.refuse("deleteMessage", status=400, description="Bad Request: chat not found")
    assert await scene.sharing.unshare([TAG])
    assert await scene.posts.doomed() == []


async def test_what_the_application_does_not_know_to_be_shared_goes(
    scene: Scene, group: Group, home: Home, mina: User
) -> None:
    assert await share(scene, home, mina) is None
    assert await share(scene, home, mina, share=Share(Picture(BLUE, Text("another")), OTHER)) is None

    async def shared() -> list[str]:
        return [OTHER]

    sweeping = asyncio.create_task((await scene.restarted()).sharing.sweep(shared))
    await scene.peer.until(lambda: len(group.posts) == 1)
    sweeping.cancel()
    assert group.posts[0].uploaded == BLUE


async def test_a_disk_that_is_full_posts_no_picture(
    scene: Scene, group: Group, home: Home, mina: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(scene.posts, "prepare", full)
    assert await share(scene, home, mina) == "telegram-share-unknown"
    assert not group.posts
    assert scene.peer.uploads == []


# --- pointers ---------------------------------------------------------------------------------------------------------


def pointing(scene: Scene, group: Group) -> Callable[..., Awaitable[bool]]:
    async def point(command: str = "avatar", **more: Any) -> bool:
        message = Message(f"/{command} this way {more.get('about', '')}")
        return await scene.pointers.point(group.id, 0, command, message, **more)

    return point


async def test_one_pointer_serves_everybody(scene: Scene, group: Group) -> None:
    point = pointing(scene, group)
    assert all(await asyncio.gather(*(point() for _ in range(8))))
    (post,) = group.posts
    assert post.silent
    assert await point("queue")
    assert await point(about="photo")
    assert len(group.posts) == 3


async def test_the_way_in_goes_before_what_is_about_one_photo(peer: TelegramPeer, tmp_path: Path, group: Group) -> None:
    scene = await Scene(peer, tmp_path, replace(Rates.unlimited(), group=Rate(8, 2.0, 1))).begin()
    point = pointing(scene, group)
    # All of them ask in the same moment, and only the first finds room.
    await asyncio.gather(*(point("avatar", about=f"{photo}", reply_to=photo) for photo in (1, 2, 3)), point("help"))
    assert [post.text.split()[0] for post in group.posts] == ["/avatar", "/help", "/avatar", "/avatar"]
    await scene.close()


async def test_a_newer_pointer_takes_the_place_of_an_older_one(scene: Scene, group: Group) -> None:
    scene.pointers = Pointers(scene.sender, Posts(scene.folder / "pointers"), fresh=0)
    point = pointing(scene, group)
    assert await point()
    (old,) = group.posts
    assert await point()
    await scene.peer.until(lambda: old.deleted)
    assert len(group.posts) == 1


async def test_pointers_do_not_stay(scene: Scene, group: Group) -> None:
    scene.pointers = Pointers(scene.sender, Posts(scene.folder / "pointers"), stays=0.05)
    assert await pointing(scene, group)()
    await scene.peer.until(lambda: not group.posts)


async def test_a_restart_leaves_no_pointer_behind(scene: Scene, group: Group) -> None:
    assert await pointing(scene, group)()
    later = await scene.restarted()
    assert await pointing(later, group)("queue")
    await later.pointers.sweep()
    assert [post.text.split()[0] for post in group.posts] == ["/queue"], "its own stands for a while"


async def test_where_the_bot_may_not_write_nobody_is_pointed(scene: Scene, group: Group) -> None:
    group.bot_kicked()
    assert not await pointing(scene, group)()


@pytest.fixture(params=[(10, 2), (10, 3)])
async def newer(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Scene]:
    async with TelegramPeer.serving(version=request.param) as peer:
        scene = await Scene(peer, tmp_path).begin()
        scene.pointers.ephemerals = True
        yield scene
        await scene.close()
        assert not peer.problems, "\n".join(peer.problems)


async def test_where_the_server_offers_it_one_member_alone_is_pointed(newer: Scene) -> None:
    mina, noor = newer.peer.user("mina"), newer.peer.user("noor")
    group = newer.peer.group("Library")
    group.join(mina)
    group.join(noor)
    command = {"command": "avatar", "description": "Make a picture", "is_ephemeral": True}
    await newer.client.ask("setMyCommands", {"commands": [command], "scope": {"type": "all_group_chats"}})
    asked = await mina.says(group, f"/avatar@{newer.peer.username}", ephemeral=True)
    to = Addressee(mina.id, asked.ephemeral_id)
    assert await newer.pointers.point(group.id, 0, "avatar", Message("this way"), to=to)
    assert "this way" in [message.text for message in group.seen_by(mina)]
    assert "this way" not in [message.text for message in group.seen_by(noor)]


async def test_a_server_that_shows_it_to_all_is_not_trusted_again(newer: Scene) -> None:
    mina = newer.peer.user("mina")
    group = newer.peer.group("Library")
    group.join(mina)
    group.bot_rights(can_delete_messages=True)
    newer.peer.world.ignores_ephemerals = True
    to = Addressee(mina.id)
    assert not await newer.pointers.point(group.id, 0, "avatar", Message("this way"), to=to)
    assert not group.posts, "it is removed at once"
    assert not newer.pointers.ephemerals
    asked = len(newer.peer.asked("sendMessage"))
    assert not await newer.pointers.point(group.id, 0, "avatar", Message("this way"), to=to)
    assert len(newer.peer.asked("sendMessage")) == asked
