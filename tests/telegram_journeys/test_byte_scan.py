"""After a day on Telegram, no byte of a photo and nobody's id is anywhere; and the search finds whatever is planted."""

from __future__ import annotations

import io
import random
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from bot.chat import Text
from generator.mark import marked
from tests.telegram_journeys import traces
from tests.telegram_journeys.bot_process import BotProcess, complaints
from tests.telegram_journeys.what_people_do import (
    accepted,
    answer,
    asks,
    avatar,
    enters,
    pressed,
    shares,
    tells,
)
from tests.telegram_journeys.what_people_read import LAYOUT, label, says
from tests.telegram_peer.actors import User
from tests.telegram_peer.chats import Group
from tests.telegram_peer.parameters import Upload
from tests.telegram_peer.peer import Request, TelegramPeer

CAPTION = "/avatar pixel with the hat of grandmother"


async def test_a_day_leaves_no_trace_of_photos_and_members(
    peer: TelegramPeer, bot: BotProcess, group: Group, mina: User, tomo: User, boss: User, photo: bytes
) -> None:
    group.bot_rights(can_delete_messages=True)
    words = await mina.says(group, "here I am on my holiday", photo=photo)
    await asks(mina, group, reply_to=words)
    await enters(mina, group)
    await tells(mina, photo=photo, caption=CAPTION)
    message = await avatar(mina, "/avatar ink likeness=clear", photo=photo)
    await shares(mina, message, named=True)
    await bot.engines_ready(1)
    with bot.frozen():
        await enters(tomo, group)
        running = await accepted(await tells(tomo, photo=photo))
        waiting = await accepted(await tells(mina, photo=photo, caption="/avatar pixel"))
        assert traces.everywhere(peer, bot.data, bot.log) == set(), "with photos in line"
        await pressed(mina, waiting, ":cancel:")
        await pressed(tomo, running, ":cancel:")
    await tells(boss, "/start")
    said = await mina.says(group, "who blocks me for this")
    assert says(await answer(boss, boss.says(group, "/block@bpp_bot", reply_to=said)), "block-done")
    await enters(boss, group, "/room")
    await tells(mina, "/queue")
    await answer(mina, mina.press(message, label("telegram-as-file")))
    privacy = await tells(mina, "/privacy")
    await answer(mina, mina.press(privacy, ":export:"))
    assert traces.everywhere(peer, bot.data, bot.log) == set()
    asked = await pressed(mina, privacy, ":forget:")
    await pressed(mina, asked, ":forget::")
    await peer.settled()
    assert traces.everywhere(peer, bot.data, bot.log) == set(), "after forgetting"
    wanted = traces.needles(peer)
    assert all(len(wanted[name]) > 10 for name in ("photo file", "photo pixels", "member", "way to a file"))
    assert CAPTION.encode() in wanted["words"]
    sent = {file.name for request in peer.requests for file in request.files.values()}
    assert {"avatar.png", "about-me.json"} <= sent
    assert any(file.suffix.startswith(".db") and file.stat().st_size for file in bot.data.rglob("*"))
    assert "drawn in" in bot.log.read_text()


@pytest.fixture
async def quiet(photo: bytes) -> TelegramPeer:
    """A Telegram that no bot has answered yet, where people have written to it."""
    peer = TelegramPeer()
    group, mina, stranger = peer.group("Planted"), peer.user("mina_of_the_plants"), peer.user("a_stranger_to_all")
    group.join(mina, stranger)
    await mina.says(None, photo=photo, caption=CAPTION)
    return peer


def png(*, text: str = "", mark: bool = True) -> bytes:
    file, said = io.BytesIO(), PngImagePlugin.PngInfo()
    if text:
        said.add_text("Comment", text)
    Image.new("RGB", (8, 8), "teal").save(file, "PNG", pnginfo=said)
    return marked(file.getvalue(), "algorithmicMedia") if mark else file.getvalue()


def request(method: str = "sendMessage", **params: Any) -> Request:
    return Request(method, params, {})


def upload(data: bytes, name: str = "avatar.png", **params: Any) -> Request:
    return Request("sendPhoto", params, {"photo": Upload(data, name, "image/png")})


async def test_the_search_finds_nothing_where_nothing_is(quiet: TelegramPeer, tmp_path: Path) -> None:
    (tmp_path / "noise").write_bytes(random.Random(1).randbytes(100_000))
    mina = next(user for user in traces.people(quiet) if user.name == "mina_of_the_plants")
    group = next(chat for chat in quiet.world.chats.values() if chat.title == "Planted")
    wanted = traces.needles(quiet)
    caption = LAYOUT.say("en", Text("telegram-shared-by", {"name": mina.first_name}))
    for one in (
        request(chat_id=mina.id, text="hello"),
        request("getChatMember", chat_id=group.id, user_id=mina.id),
        upload(png(), chat_id=group.id, caption=caption),
    ):
        assert traces.in_request(one, wanted, quiet) == set()
    assert traces.in_files([tmp_path], wanted) == set()


async def test_the_search_finds_each_kind_of_trace_in_a_file(quiet: TelegramPeer, tmp_path: Path) -> None:
    wanted = traces.needles(quiet)
    for name, all_ in wanted.items():
        assert all_, name
        for number, needle in enumerate(all_):
            planted = tmp_path / f"{number}"
            planted.write_bytes(random.Random(number).randbytes(500) + needle + bytes(300))
            assert f"{name} in {number}" in traces.in_files([planted], wanted)


async def test_the_search_finds_each_kind_of_trace_in_a_request(quiet: TelegramPeer, photo: bytes) -> None:
    wanted = traces.needles(quiet)
    mina, stranger = (
        next(user for user in traces.people(quiet) if user.name == name)
        for name in ("mina_of_the_plants", "a_stranger_to_all")
    )
    group = next(chat for chat in quiet.world.chats.values() if chat.title == "Planted")
    with Image.open(io.BytesIO(photo)) as image:
        pixels, jpeg = io.BytesIO(), io.BytesIO()
        image.convert("RGB").save(pixels, "PNG")
        image.resize((64, 64)).save(jpeg, "JPEG")
    planted = [
        ("a member", request(chat_id=mina.id, text=f"ask {stranger.id}")),
        ("a member", request(chat_id=group.id, text=f"tg://user?id={mina.id}")),
        ("a name", request(chat_id=group.id, text=f"{mina.first_name} wants a picture")),
        ("a name", upload(png(), chat_id=group.id, caption=mina.first_name)),
        ("words", request(chat_id=mina.id, text=f"You wrote: {CAPTION}")),
        ("token", request(chat_id=mina.id, text=f"{quiet.api}/file/bot{quiet.token}/photos/1.jpg")),
        ("a JPEG", upload(jpeg.getvalue(), chat_id=mina.id)),
        ("photo file", upload(png() + photo[len(photo) // 2 :], chat_id=mina.id)),
        ("photo pixels", upload(marked(pixels.getvalue(), "algorithmicMedia"), chat_id=mina.id)),
        ("photo metadata", request(chat_id=mina.id, text="Journey Camera 3000")),
        ("no mark", upload(png(mark=False), chat_id=mina.id)),
        ("chunk b'tEXt'", upload(png(text="by mina", mark=False), chat_id=mina.id)),
        ("a telling file name", upload(png(), "mina.png", chat_id=mina.id)),
    ]
    for name, one in planted:
        found = traces.in_request(one, wanted, quiet)
        assert any(each.startswith(name) for each in found), (name, found)
        assert quiet.token not in str(found)


def test_the_search_finds_secrets_in_a_log(telegram: TelegramPeer, mina: User) -> None:
    for secret in (telegram.token, str(mina.id), mina.first_name):
        assert complaints(f"INFO something about {secret}", telegram)
    assert complaints("INFO all is well", telegram) == []
