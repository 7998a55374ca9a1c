"""After a day on Discord, no byte of a photo and nobody's id is anywhere; and the search finds whatever is planted."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from generator.mark import marked
from tests.discord_journeys import traces
from tests.discord_journeys.bot_process import BotProcess
from tests.discord_journeys.what_people_do import avatar, original, pressed, settled, share
from tests.discord_peer.actors import Actor
from tests.discord_peer.interactions import COMMAND, Interaction
from tests.discord_peer.peer import DiscordPeer
from tests.discord_peer.rest import Request
from tests.discord_peer.servers import Channel
from tests.discord_peer.world import File


async def test_a_day_leaves_no_trace_of_photos_and_members(
    peer: DiscordPeer, bot: BotProcess, channel: Channel, mina: Actor, tomo: Actor, boss: Actor, photo: bytes
) -> None:
    message = await avatar(mina, channel, photo=photo, style="ink", likeness="clear")
    await share(mina, message, tick=True)
    with bot.frozen():
        waiting = await tomo.slash(channel, "avatar", photo=photo)
        await original(waiting).until(lambda one: "Cancel" in one.buttons)
        assert traces.everywhere(peer, bot.data, bot.log) == set(), "with a photo in line"
        await pressed(tomo, original(waiting), "Cancel")
    await settled(await boss.slash(channel, "block", member=tomo))
    await settled(await boss.slash(channel, "room"))
    await settled(await mina.slash(channel, "queue"))
    await pressed(mina, message, "Other style")
    await pressed(mina, await settled(await mina.slash(channel, "privacy")), ":export:")
    assert traces.everywhere(peer, bot.data, bot.log) == set()
    wanted = traces.needles(peer)
    assert all(len(wanted[name]) > 10 for name in ("photo file", "photo pixels", "member"))
    sent = [file.name for request in peer.requests for file in request.form[1].values()]
    assert {"avatar.png", "style-1.png", "about-me.json"} <= set(sent)
    assert any(file.suffix.startswith(".db") and file.stat().st_size for file in bot.data.rglob("*"))
    assert "drawn in" in bot.log.read_text()


@pytest.fixture
def done(discord: DiscordPeer, photo: bytes) -> Iterator[Interaction]:
    """What a member did, in a Discord that no bot has answered yet, where somebody once sent a photo."""
    channel = discord.guild("Planted").channel("general")
    discord.world.attach(File.of(photo), "ephemeral-attachments/1", ephemeral=True)
    discord.user("a-stranger")
    done = Interaction(discord.world, COMMAND, discord.user("who-asked"), channel, {}, {})
    discord.interactions.all.append(done)
    yield done
    discord.interactions.all.remove(done)


def png(*, text: str = "", mark: bool = True) -> bytes:
    file, said = io.BytesIO(), PngImagePlugin.PngInfo()
    if text:
        said.add_text("Comment", text)
    Image.new("RGB", (8, 8), "teal").save(file, "PNG", pnginfo=said)
    return marked(file.getvalue(), "algorithmicMedia") if mark else file.getvalue()


def edit(done: Interaction, body: bytes, **headers: str) -> Request:
    return Request("PATCH", f"/webhooks/1/{done.token}/messages/@original", {}, headers, body)


def upload(done: Interaction, data: bytes, name: str = "avatar.png") -> Request:
    body = (
        b'--x\r\nContent-Disposition: form-data; name="payload_json"\r\n\r\n{}\r\n'
        b'--x\r\nContent-Disposition: form-data; name="files[0]"; filename="'
        + name.encode()
        + b'"\r\nContent-Type: image/png\r\n\r\n'
        + data
        + b"\r\n--x--\r\n"
    )
    return edit(done, body, **{"Content-Type": "multipart/form-data; boundary=x"})


def test_the_search_finds_nothing_where_nothing_is(discord: DiscordPeer, done: Interaction, tmp_path: Path) -> None:
    (tmp_path / "noise").write_bytes(random.Random(1).randbytes(100_000))
    wanted = traces.needles(discord)
    own = f'{{"content": "{done.user.id}"}}'.encode()
    for request in (edit(done, own), upload(done, png())):
        assert traces.in_request(request, wanted, discord) == set()
    assert traces.in_files([tmp_path], wanted) == set()


def test_the_search_finds_each_kind_of_trace_in_a_file(discord: DiscordPeer, done: Interaction, tmp_path: Path) -> None:
    wanted = traces.needles(discord)
    for name, all_ in wanted.items():
        assert all_, name
        for number, needle in enumerate(all_):
            planted = tmp_path / f"{number}"
            planted.write_bytes(random.Random(number).randbytes(500) + needle + bytes(300))
            assert f"{name} in {number}" in traces.in_files([planted], wanted)


def test_the_search_finds_each_kind_of_trace_in_a_request(
    discord: DiscordPeer, done: Interaction, photo: bytes
) -> None:
    wanted = traces.needles(discord)
    stranger = next(user for user in traces.people(discord) if user.name == "a-stranger")
    with Image.open(io.BytesIO(photo)) as image:
        pixels, jpeg = io.BytesIO(), io.BytesIO()
        image.convert("RGB").save(pixels, "PNG")
        image.resize((64, 64)).save(jpeg, "JPEG")
    public = Request("POST", "/channels/1/messages", {}, {"Authorization": "Bot x"}, str(done.user.id).encode())
    planted = {
        "another member": edit(done, f'{{"content": "<@{stranger.id}>"}}'.encode()),
        "a JPEG": upload(done, jpeg.getvalue()),
        "photo file": upload(done, png() + photo[len(photo) // 2 :]),
        "photo pixels": upload(done, marked(pixels.getvalue(), "algorithmicMedia")),
        "photo metadata": edit(done, b'{"content": "Journey Camera 3000"}'),
        "no mark": upload(done, png(mark=False)),
        "chunk b'tEXt'": upload(done, png(text="by mina", mark=False)),
        "a telling file name": upload(done, png(), "mina.png"),
        "the bot's token": edit(done, b"{}", Authorization=f"Bot {discord.token}"),
    }
    for name, request in planted.items():
        found = traces.in_request(request, wanted, discord)
        assert any(one.startswith(name) for one in found), (name, found)
        assert done.token not in str(found)
    assert any(one.startswith("another member") for one in traces.in_request(public, wanted, discord)), (
        "no id in public"
    )
