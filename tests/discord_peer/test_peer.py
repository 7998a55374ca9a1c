"""The fake Discord, driven by discord.py itself: a tiny bot does everything that ours does, and every mistake is seen."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import discord
import pytest
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

from tests.busy import slowdown
from tests.discord_peer.actors import Actor, ClientRefuses
from tests.discord_peer.interactions import NotAcknowledged
from tests.discord_peer.peer import DiscordPeer
from tests.discord_peer.servers import Channel, Guild

PNG = (
    b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + (8).to_bytes(4, "big") + (6).to_bytes(4, "big") + b"the rest of a picture"
)
JPEG = b"\xff\xd8\xff\xe0 a photo"

COMMANDS: list[dict[str, Any]] = [
    {
        "name": "avatar",
        "name_localizations": {"ko": "아바타"},
        "description": "Draw a picture of you",
        "contexts": [0, 1, 2],
        "integration_types": [0, 1],
        "options": [
            {"type": 11, "name": "photo", "description": "A photo", "required": True},
            {
                "type": 3,
                "name": "style",
                "description": "How it is drawn",
                "choices": [{"name": "Ink", "name_localizations": {"ko": "먹"}, "value": "ink"}],
            },
            {"type": 3, "name": "subject", "description": "What", "autocomplete": True},
            {"type": 6, "name": "member", "description": "Who"},
            {"type": 4, "name": "number", "description": "How many", "min_value": 1, "max_value": 4},
        ],
    },
    {"name": "about", "description": "About", "contexts": [0], "default_member_permissions": "32"},
    {"name": "Use as photo", "type": 3, "contexts": [0, 1, 2], "integration_types": [0, 1]},
]


def view(text: str, *items: discord.ui.Item[Any]) -> discord.ui.LayoutView:
    made = discord.ui.LayoutView(timeout=None)
    made.add_item(discord.ui.Container(discord.ui.TextDisplay(text), *items))
    return made


def button(label: str, custom_id: str) -> discord.ui.Button[Any]:
    return discord.ui.Button(label=label, custom_id=custom_id)


def picture(name: str = "avatar.png") -> discord.File:
    return discord.File(io.BytesIO(PNG), name)


class Bot(discord.AutoShardedClient):
    """What a bot does with an interaction is set by each test: ``on["avatar"]``, ``on["again"]`` (custom ids)…"""

    def __init__(self, **options: Any) -> None:
        super().__init__(intents=discord.Intents(guilds=True), guild_ready_timeout=0.01, **options)
        self.on: dict[str, Callable[[discord.Interaction[Any]], Awaitable[Any]]] = {}
        self.errors: list[BaseException] = []

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """No five seconds between two identifies."""

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        data: Any = interaction.data
        name = data.get("name") or data["custom_id"]
        try:
            await self.on[name](interaction)
        except discord.HTTPException as error:
            self.errors.append(error)

    @property
    def codes(self) -> list[int]:
        return [error.code for error in self.errors if isinstance(error, discord.HTTPException)]


@asynccontextmanager
async def running(peer: DiscordPeer, bot: Bot | None = None) -> AsyncIterator[Bot]:
    bot = bot or Bot()
    async with bot:
        await bot.login(peer.token)
        await bot.http.bulk_upsert_global_commands(bot.application_id or 0, COMMANDS)
        connected = asyncio.create_task(bot.connect())
        await peer.ready()
        yield bot
    connected.cancel()
    await asyncio.gather(connected, return_exceptions=True)


@pytest.fixture
async def peer(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[DiscordPeer]:
    async with DiscordPeer.serving() as peer:
        addressed(peer, monkeypatch)
        yield peer
        assert not peer.problems, "\n".join(peer.problems)


def addressed(peer: DiscordPeer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Route, "BASE", peer.api)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", URL(peer.gateway))


@pytest.fixture
async def bot(peer: DiscordPeer) -> AsyncGenerator[Bot]:
    async with running(peer) as bot:
        yield bot


@pytest.fixture
def guild(peer: DiscordPeer) -> Guild:
    return peer.guild("Library")


@pytest.fixture
def channel(guild: Guild) -> Channel:
    return guild.channel("general")


@pytest.fixture
def mina(peer: DiscordPeer, guild: Guild) -> Actor:
    mina = peer.user("mina", locale="ko")
    guild.join(mina)
    return mina


async def test_a_photo_becomes_a_private_picture(channel: Channel, mina: Actor, bot: Bot) -> None:
    async def avatar(interaction: discord.Interaction[Any]) -> None:
        await interaction.response.defer(ephemeral=True)
        data: Any = interaction.data
        attachment = next(iter(data["resolved"]["attachments"].values()))
        async with aiohttp.ClientSession() as session, session.get(attachment["url"]) as response:
            assert await response.read() == JPEG
        shown = discord.ui.MediaGallery(discord.MediaGalleryItem("attachment://avatar.png", description="You"))
        row = discord.ui.ActionRow(button("Again", "again"))
        await interaction.edit_original_response(view=view("Ready", shown, row), attachments=[picture()])
        await interaction.followup.send(view=view("And this"), ephemeral=True)

    bot.on["avatar"] = avatar
    done = await mina.slash(channel, "avatar", photo=JPEG, style="먹", number=2)
    assert done.message is not None
    message = await done.message.until(lambda m: m.pictures)
    await done.until(lambda d: d.replies)
    assert (message.text, message.pictures, message.alts, message.buttons) == ("Ready", [PNG], ["You"], ["Again"])
    assert message.ephemeral
    assert done.ack_seconds is not None
    assert done.ack_seconds < 1 * slowdown()
    assert channel.posts == []
    assert mina.sees(channel) == [message, done.replies[0]]
    assert bot.errors == []


# Interactions


async def status(interaction: discord.Interaction[Any]) -> None:
    """The most ordinary answer: a private status with a button."""
    await interaction.response.defer(ephemeral=True, thinking=True)
    await interaction.edit_original_response(view=view("Waiting", discord.ui.ActionRow(button("Again", "again"))))


async def test_buttons_menus_and_forms_come_back_to_the_bot(channel: Channel, mina: Actor, bot: Bot) -> None:
    menu = discord.ui.Select(custom_id="set", placeholder="Style")
    menu.add_option(label="Ink", value="ink")
    menu.add_option(label="Chalk", value="chalk", default=True)
    form = discord.ui.Modal(title="A photo", custom_id="form")
    form.add_item(discord.ui.Label(text="Photo", component=discord.ui.FileUpload(custom_id="photo")))
    form.add_item(discord.ui.Label(text="Show my name", component=discord.ui.Checkbox(custom_id="name")))
    heard: list[Any] = []

    async def chosen(interaction: discord.Interaction[Any]) -> None:
        await interaction.response.defer()
        heard.append(interaction.data)
        await interaction.edit_original_response(
            view=view("Set", discord.ui.ActionRow(menu), discord.ui.ActionRow(button("Again", "again")))
        )

    async def pressed(interaction: discord.Interaction[Any]) -> None:
        await interaction.response.send_modal(form)

    async def submitted(interaction: discord.Interaction[Any]) -> None:
        heard.append(interaction.data)
        await interaction.response.edit_message(view=view("Thank you"))

    async def avatar(interaction: discord.Interaction[Any]) -> None:
        await interaction.response.send_message(view=view("Choose", discord.ui.ActionRow(menu)), ephemeral=True)

    bot.on = {"avatar": avatar, "set": chosen, "again": pressed, "form": submitted}
    done = await mina.slash(channel, "avatar", photo=JPEG)
    message = done.message
    assert message is not None
    assert message.menus[0].labels == ["Ink", "Chalk"]
    assert message.menus[0].selected == ["Chalk"]
    await mina.choose(message, "style", "Ink")
    await message.until(lambda m: m.text == "Set")
    opened = await mina.press(message, "Again")
    assert opened.modal is not None
    assert opened.modal.text == "A photo\nPhoto\nShow my name"
    with pytest.raises(ClientRefuses, match="0 files"):
        await mina.submit(opened.modal)
    sent = await mina.submit(opened.modal, photo=JPEG, tick=True)
    assert sent.message is message
    assert (message.text, message.edits) == ("Thank you", 2)
    assert [text for _, text in message.history] == ["Choose", "Set", "Thank you"]
    assert heard[0]["values"] == ["ink"]
    photo, name = [part["component"] for part in heard[1]["components"]]
    assert heard[1]["resolved"]["attachments"][photo["values"][0]]["size"] == len(JPEG)
    assert name["value"] is True
    assert bot.errors == []


async def test_a_form_opened_by_a_command_in_a_thread(guild: Guild, channel: Channel, mina: Actor, bot: Bot) -> None:
    form = discord.ui.Modal(title="A photo", custom_id="form")
    form.add_item(discord.ui.TextDisplay("A face, please"))
    form.add_item(discord.ui.Label(text="Name", component=discord.ui.TextInput(custom_id="name", required=False)))
    seen: list[Any] = []

    async def avatar(interaction: discord.Interaction[Any]) -> None:
        seen.append(interaction.channel)
        await interaction.response.send_modal(form)

    bot.on |= {"avatar": avatar, "form": status}
    for where in (channel.thread("talk"), guild.forum("pictures").thread("mine")):
        opened = await mina.slash(where, "avatar", photo=JPEG)
        assert opened.message is None
        assert opened.modal is not None
        sent = await mina.submit(opened.modal, text="Mina")
        assert sent.message is not None
        await sent.message.until(lambda m: m.text == "Waiting")
        assert seen[-1].parent_id == where.parent.id if where.parent else False
        with pytest.raises(ClientRefuses, match="no such form"):
            await mina.submit(opened.modal)


async def test_a_bot_in_another_process(channel: Channel, mina: Actor, peer: DiscordPeer) -> None:
    program = f"""
import asyncio, discord, yarl
discord.http.Route.BASE = {peer.api!r}
discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL({peer.gateway!r})
client = discord.Client(intents=discord.Intents(guilds=True))
@client.event
async def on_interaction(interaction):
    await interaction.response.send_message("From afar", ephemeral=True)
async def main():
    async with client:
        await client.login({peer.token!r})
        await client.http.bulk_upsert_global_commands(client.application_id, {COMMANDS!r})
        await client.connect()
asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stderr=asyncio.subprocess.DEVNULL)
    try:
        await peer.ready()
        done = await mina.slash(channel, "avatar", photo=JPEG)
        assert done.message is not None
        assert done.message.text == "From afar"
    finally:
        process.kill()
        await process.wait()
    await peer.until(lambda: not peer.hub.is_ready)


async def test_others_neither_see_nor_press_what_is_private(
    guild: Guild, channel: Channel, mina: Actor, bot: Bot, peer: DiscordPeer
) -> None:
    bot.on["avatar"] = status
    message = (await mina.slash(channel, "avatar", photo=JPEG)).message
    assert message is not None
    await message.until(lambda m: m.buttons)
    bob = peer.user("bob")
    guild.join(bob)
    assert bob.sees(channel) == []
    assert [len(messages) for where, messages in peer.pages(mina) if where is channel] == [1]
    assert peer.pages(bob) == peer.pages() == []
    with pytest.raises(ClientRefuses, match="does not see"):
        await bob.press(message, "Again")


async def test_a_first_answer_after_three_seconds_is_too_late(
    channel: Channel, mina: Actor, bot: Bot, peer: DiscordPeer
) -> None:
    bot.on["avatar"] = status
    held = peer.hold("POST", "/interactions/*")
    done = await mina.slash(channel, "avatar", photo=JPEG, wait=False)
    await peer.until(lambda: peer.asked("POST", "/interactions/*"))
    peer.clock.advance(3)
    held.release()
    with pytest.raises(NotAcknowledged):
        await done.acknowledged(0.05)
    await peer.until(lambda: bot.errors)
    assert bot.codes == [10062]


async def test_a_token_lives_for_fifteen_minutes(channel: Channel, mina: Actor, bot: Bot, peer: DiscordPeer) -> None:
    kept: list[discord.Interaction[Any]] = []

    async def avatar(interaction: discord.Interaction[Any]) -> None:
        await status(interaction)
        kept.append(interaction)

    bot.on["avatar"] = avatar
    await mina.slash(channel, "avatar", photo=JPEG)
    await peer.until(lambda: kept)
    peer.clock.advance(15 * 60 - 1)
    await kept[0].edit_original_response(view=view("In time"))
    peer.clock.advance(1)
    with pytest.raises(discord.HTTPException) as refused:
        await kept[0].edit_original_response(view=view("Too late"))
    assert (refused.value.status, refused.value.code) == (401, 50027)


async def test_an_answer_whose_confirmation_was_lost_counts(
    channel: Channel, mina: Actor, bot: Bot, peer: DiscordPeer
) -> None:
    async def avatar(interaction: discord.Interaction[Any]) -> None:
        try:
            await interaction.response.defer(ephemeral=True)
        except discord.HTTPException:
            await interaction.response.defer(ephemeral=True)

    peer.refuse("POST", "/interactions/*", status=400, after=True)
    bot.on["avatar"] = avatar
    done = await mina.slash(channel, "avatar", photo=JPEG)
    assert done.message is not None
    assert done.message.loading
    await peer.until(lambda: bot.errors)
    assert bot.codes == [40060]


@pytest.mark.parametrize(
    ("order", "codes", "problem"),
    [
        ("edit first", [10015], "before the first answer"),
        ("twice", [40060], "a second first answer"),
        ("follow up at once", [], "replaces the @original"),
        ("stay v2", [50035], "cannot be removed"),
        ("keep the name", [50035], "was not found"),
        ("empty", [50006], "empty message"),
    ],
)
async def test_mistakes_of_the_bot_are_told(
    order: str, codes: list[int], problem: str, channel: Channel, mina: Actor, bot: Bot, peer: DiscordPeer
) -> None:
    finished = asyncio.Event()

    async def avatar(interaction: discord.Interaction[Any]) -> None:
        try:
            if order == "edit first":
                await interaction.edit_original_response(content="Hello")
            await interaction.response.defer(ephemeral=True)
            match order:
                case "twice":
                    interaction.response._response_type = None
                    await interaction.response.defer(ephemeral=True)
                case "follow up at once":
                    await interaction.followup.send("Hello", ephemeral=True)
                case "stay v2":
                    await interaction.edit_original_response(view=view("Hello"))
                    await bot.http.request(
                        Route("PATCH", f"/webhooks/{bot.application_id}/{interaction.token}/messages/@original"),
                        json={"flags": 0, "content": "Hello", "components": []},
                    )
                case "keep the name":
                    shown = discord.ui.MediaGallery(discord.MediaGalleryItem("attachment://other.png"))
                    await interaction.edit_original_response(view=view("Hello", shown), attachments=[picture()])
                case "empty":
                    await interaction.edit_original_response(content="")
                case _:
                    pass
        finally:
            finished.set()

    bot.on["avatar"] = avatar
    await mina.slash(channel, "avatar", photo=JPEG, wait=False)
    await finished.wait()
    await asyncio.sleep(0)
    assert bot.codes == codes
    assert problem in "\n".join(peer.problems)
    peer.problems.clear()


async def test_an_edit_keeps_only_the_files_that_it_lists(
    channel: Channel, mina: Actor, bot: Bot, peer: DiscordPeer
) -> None:
    kept: list[discord.InteractionMessage] = []
    tokens: list[str] = []

    async def avatar(interaction: discord.Interaction[Any]) -> None:
        await interaction.response.send_message("Two", files=[picture("a.png"), picture("b.png")], ephemeral=True)
        tokens.append(interaction.token)
        kept.append(await interaction.original_response())

    bot.on["avatar"] = avatar
    done = await mina.slash(channel, "avatar", photo=JPEG)
    message = done.message
    assert message is not None
    await peer.until(lambda: kept)
    original = Route("PATCH", f"/webhooks/{bot.application_id}/{tokens[0]}/messages/@original")
    await bot.http.request(original, json={"attachments": [{"id": str(kept[0].attachments[1].id)}]})
    assert [one.name for one in message.attachments] == ["b.png"]
    await kept[0].edit(content="No word of files")
    assert [one.name for one in message.attachments] == ["b.png"]
    await kept[0].edit(attachments=[])
    assert message.attachments == []
    peer.limit_files(10)
    with pytest.raises(discord.HTTPException) as refused:
        await kept[0].edit(attachments=[picture()])
    assert (refused.value.status, refused.value.code) == (413, 40005)
    await kept[0].delete()
    assert message.deleted
    with pytest.raises(discord.NotFound) as gone:
        await kept[0].edit(content="Still there?")
    assert gone.value.code == 10008


async def test_an_app_of_one_person_works_where_the_bot_is_not(mina: Actor, bot: Bot, peer: DiscordPeer) -> None:
    elsewhere = peer.guild("Elsewhere", has_bot=False)
    elsewhere.join(mina)
    channel = elsewhere.channel("general")
    with pytest.raises(ClientRefuses, match="not installed"):
        await mina.slash(channel, "avatar", photo=JPEG)
    mina.install()
    contexts: list[Any] = []
    finished = asyncio.Event()

    async def avatar(interaction: discord.Interaction[Any]) -> None:
        contexts.append((interaction.guild_id, interaction._integration_owners))
        await interaction.response.send_message("For all", ephemeral=False)
        if len(contexts) == 1:
            for _ in range(6):
                try:
                    await interaction.followup.send("More", ephemeral=True)
                except discord.HTTPException as error:
                    bot.errors.append(error)
            finished.set()

    bot.on["avatar"] = avatar
    done = await mina.slash(channel, "avatar", photo=JPEG)
    await finished.wait()
    assert done.message in channel.posts
    assert bot.codes == [40094]
    elsewhere.deny(elsewhere.everyone, "use_external_apps")
    hidden = await mina.slash(channel, "avatar", photo=JPEG)
    assert hidden.message is not None
    assert hidden.message.ephemeral
    friends = peer.conversation(mina, peer.user("bob"), peer.user("carl"))
    await mina.slash(friends, "avatar", photo=JPEG)
    await mina.slash(mina.dm, "avatar", photo=JPEG)
    assert contexts == [
        (elsewhere.id, {1: mina.id}),
        (elsewhere.id, {1: mina.id}),
        (None, {1: mina.id}),
        (None, {0: 0, 1: mina.id}),
    ]


# Commands


async def test_a_client_offers_only_what_is_registered(
    guild: Guild, channel: Channel, mina: Actor, bot: Bot, peer: DiscordPeer
) -> None:
    bot.on |= {"avatar": status, "about": status}
    for options in ({}, {"photo": JPEG, "style": "oil"}, {"photo": JPEG, "size": 3}, {"photo": JPEG, "number": 9}):
        with pytest.raises(ClientRefuses):
            await mina.slash(channel, "avatar", **options)
    with pytest.raises(ClientRefuses, match="no command"):
        await mina.slash(channel, "draw")
    with pytest.raises(ClientRefuses, match="contexts"):
        await mina.slash(mina.dm, "about")
    with pytest.raises(ClientRefuses, match="hidden"):
        await mina.slash(channel, "about")
    await mina.slash(channel, "about", force=True)
    boss = peer.user("boss")
    guild.join(boss, permissions=["manage_guild"])
    await boss.slash(channel, "about")
    channel.deny(mina, "use_application_commands")
    with pytest.raises(ClientRefuses, match="may not use commands"):
        await mina.slash(channel, "avatar", photo=JPEG)


async def test_suggestions_people_and_messages_reach_the_bot(
    guild: Guild, channel: Channel, mina: Actor, bot: Bot, peer: DiscordPeer
) -> None:
    heard: list[Any] = []

    async def avatar(interaction: discord.Interaction[Any]) -> None:
        heard.append(interaction.data)
        if interaction.type is discord.InteractionType.autocomplete:
            choice = discord.app_commands.Choice(name="Cat", value="cat")
            choice.name_localizations = {discord.Locale.korean: "고양이"}
            await interaction.response.autocomplete([choice])
        else:
            await status(interaction)

    bot.on |= {"avatar": avatar, "Use as photo": avatar}
    assert await mina.autocomplete(channel, "avatar", "subject", "ca") == [("고양이", "cat")]
    await mina.slash(channel, "avatar", photo=JPEG, member=mina)
    await mina.message_command(channel, mina.says(channel, "Look", photo=JPEG))
    typing, named, message = heard
    assert typing["options"] == [{"type": 3, "name": "subject", "value": "ca", "focused": True}]
    assert list(named["resolved"]["members"]) == [str(mina.id)]
    assert message["resolved"]["messages"][message["target_id"]]["attachments"][0]["size"] == len(JPEG)


async def test_registered_commands_read_back_as_discord_keeps_them(bot: Bot, peer: DiscordPeer) -> None:
    application = bot.application_id or 0
    kept = await bot.http.get_global_commands(application)
    assert [one["name"] for one in kept] == ["avatar", "about", "Use as photo"]
    await bot.http.bulk_upsert_global_commands(application, COMMANDS[:1])
    again: Any = await bot.http.request(
        Route("GET", f"/applications/{application}/commands"), params={"with_localizations": "true"}
    )
    assert again[0]["id"] == kept[0]["id"]
    assert again[0]["name_localizations"] == {"ko": "아바타"}
    assert "name_localizations" not in kept[0]
    assert peer.command_writes == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "Avatar"},
        {"name": "a b"},
        {"name": "a" * 33},
        {"description": ""},
        {"description": "d" * 101},
        {"name_localizations": {"tlh": "wo"}},
        {"type": 3},
        {"options": [{"type": 3, "name": f"o{n}", "description": "d"} for n in range(26)]},
        {"options": [{"type": 3, "name": "o", "description": "d", "choices": [{"name": "n", "value": "v"}] * 2}]},
        {"options": [{"type": 3, "name": "o", "description": "d", "required": n == 1} for n in range(2)]},
        {
            "options": [
                {
                    "type": 3,
                    "name": "o",
                    "description": "d",
                    "autocomplete": True,
                    "choices": [{"name": "n", "value": "v"}],
                }
            ]
        },
        {
            "options": [
                {
                    "type": 3,
                    "name": f"o{o}",
                    "description": "d",
                    "choices": [{"name": "n" * 90, "value": f"{v}" * 90} for v in range(9)],
                }
                for o in range(5)
            ]
        },
    ],
)
async def test_commands_that_discord_would_not_take(wrong: dict[str, Any], bot: Bot, peer: DiscordPeer) -> None:
    command: Any = {"name": "avatar", "description": "Draw"} | wrong
    with pytest.raises(discord.HTTPException) as refused:
        await bot.http.bulk_upsert_global_commands(bot.application_id or 0, [command])
    assert refused.value.code == 50035
    assert peer.problems
    peer.problems.clear()


# Messages of the bot itself


async def test_the_bot_posts_only_where_it_may(
    guild: Guild, channel: Channel, mina: Actor, bot: Bot, peer: DiscordPeer
) -> None:
    async def post(where: Channel, **options: Any) -> int:
        """The error code, or 0."""
        try:
            await bot.get_partial_messageable(where.id).send("Hello", **options)
        except discord.HTTPException as error:
            return error.code
        return 0

    assert await post(channel, file=picture()) == 0
    thread, locked, forum = channel.thread("talk"), channel.thread("old"), guild.forum("pictures")
    entry, secret = forum.thread("mine"), channel.thread("hidden", private=True)
    locked.archive()
    assert [await post(where) for where in (thread, locked, entry, secret)] == [0, 50083, 0, 50001]
    secret.add(peer.bot)
    assert await post(secret) == 0
    channel.deny(peer.bot, "attach_files")
    assert await post(channel, file=picture()) == 50013
    channel.deny(peer.bot, "send_messages")
    assert [await post(where) for where in (channel, thread)] == [50013, 0]
    channel.deny(peer.bot, "send_messages_in_threads")
    assert await post(thread) == 50013
    channel.allow(peer.bot, "send_messages")
    assert await post(channel) == 0
    channel.deny(guild.everyone, "view_channel")
    assert await post(channel) == 50001
    entry.delete()
    assert await post(entry) == 10003
    guild.kick_bot()
    assert await post(thread) == 50001
    await peer.until(lambda: not bot.guilds)
    assert [message.text for message in channel.posts] == ["Hello", "Hello"]


async def test_direct_messages_depend_on_the_person(mina: Actor, bot: Bot, peer: DiscordPeer) -> None:
    user = await bot.fetch_user(mina.id)
    message = await user.send(view=view("Your picture"), files=[])
    assert [one.text for one in mina.dms] == ["Your picture"]
    found = [one async for one in message.channel.history(limit=200)]
    assert [one.id for one in found] == [message.id]
    await message.delete()
    assert mina.dms == []
    mina.block()
    with pytest.raises(discord.Forbidden) as refused:
        await user.send("Hello")
    assert refused.value.code == 50007
    stranger = await bot.fetch_user(peer.user("stranger").id)
    with pytest.raises(discord.Forbidden) as unknown:
        await stranger.send("Hello")
    assert unknown.value.code == 50278


async def test_the_same_nonce_posts_once(channel: Channel, mina: Actor, bot: Bot, peer: DiscordPeer) -> None:
    where = bot.get_partial_messageable(channel.id)
    first, second = await where.send("Once", nonce="abc"), await where.send("Once", nonce="abc")
    assert first.id == second.id
    peer.clock.advance(600)
    await where.send(f"Later, {mina.id} <@{mina.id}>", nonce="abc")
    await where.send(f"<@{mina.id}> @everyone", allowed_mentions=discord.AllowedMentions.none())
    assert [post.pings for post in channel.posts] == [[], [f"<@{mina.id}>"], []]
    own = mina.says(channel, "Hello")
    with pytest.raises(discord.Forbidden) as refused:
        await where.get_partial_message(own.id).delete()
    assert refused.value.code == 50013
    await where.get_partial_message(first.id).delete()
    with pytest.raises(discord.NotFound):
        await where.get_partial_message(first.id).delete()


async def test_refusals_on_order(channel: Channel, bot: Bot, peer: DiscordPeer) -> None:
    where = bot.get_partial_messageable(channel.id)
    peer.refuse("POST", "/channels/*", status=429, times=2, retry_after=0.01)
    await where.send("Third time lucky")
    assert [one.status for one in peer.asked("POST", "/channels/*")] == [429, 429, 200]
    peer.refuse("POST", "/channels/*", status=429, cloudflare=True)
    with pytest.raises(discord.HTTPException):
        await where.send("Banned")
    peer.refuse("POST", "/channels/*", status=403, code=50013)
    with pytest.raises(discord.Forbidden) as refused:
        await where.send("Not here")
    assert refused.value.code == 50013
    peer.refuse("POST", "/channels/*", status=0)
    with pytest.raises(aiohttp.ClientError):
        await where.send("Into the void")
    assert [post.text for post in channel.posts] == ["Third time lucky"]


async def test_unknown_requests_and_wrong_tokens_are_noticed(bot: Bot, peer: DiscordPeer) -> None:
    with pytest.raises(discord.NotFound):
        await bot.http.request(Route("GET", "/guilds/1/webhooks"))
    assert "no such endpoint" in peer.problems[0]
    peer.problems.clear()
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{peer.api}/users/@me") as response:
            assert response.status == 401
        async with session.get(f"{peer.api}/users/@me", headers={"Authorization": f"Bot {peer.token}"}) as response:
            assert response.status == 403
    assert "User-Agent" in peer.problems[0]
    peer.problems.clear()


# Files


async def test_links_expire_and_downloads_break(mina: Actor, channel: Channel, peer: DiscordPeer) -> None:
    message = mina.says(channel, "Look", photo=JPEG * 10_000)

    async def download(url: str) -> int:
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            return len(await response.read()) if response.status == 200 else -response.status

    url = message.payload["attachments"][0]["url"]
    assert await download(url) == len(JPEG) * 10_000
    assert await download(url.replace("hm=", "hm=0")) == -404
    peer.slow_cdn(break_after=20_000, times=1)
    with pytest.raises(aiohttp.ClientPayloadError):
        await download(url)
    peer.expire_links()
    assert await download(url) == -404
    url = message.payload["attachments"][0]["url"]
    peer.clock.advance(24 * 3600)
    assert await download(url) == -404
    assert peer.downloads == ["photo.jpg", "photo.jpg"]


# The gateway


async def test_what_happens_while_the_socket_is_gone_arrives_after_it(
    channel: Channel, mina: Actor, bot: Bot, peer: DiscordPeer
) -> None:
    bot.on["avatar"] = status
    await peer.cut_gateway(None)
    missed = await mina.slash(channel, "avatar", photo=JPEG, wait=False)
    peer.mend_gateway()
    await missed.acknowledged()
    assert (peer.identifies, peer.resumes) == (1, 1)
    await peer.cut_gateway(None)
    late = await mina.slash(channel, "avatar", photo=JPEG, wait=False)
    peer.clock.advance(4)
    peer.mend_gateway()
    await peer.until(lambda: bot.errors)
    assert bot.codes == [10062]
    assert late.callback is None
    assert (peer.identifies, peer.resumes) == (1, 2)


async def test_orders_to_reconnect_and_forgotten_sessions(
    channel: Channel, mina: Actor, bot: Bot, peer: DiscordPeer
) -> None:
    bot.on["avatar"] = status
    peer.reconnect()
    await peer.until(lambda: peer.resumes == 1)
    await peer.ready()
    peer.invalidate_sessions()
    await peer.until(lambda: peer.identifies == 2)
    await peer.ready()
    await mina.slash(channel, "avatar", photo=JPEG)


async def test_a_token_that_is_reset_ends_the_connection(peer: DiscordPeer) -> None:
    async with Bot() as bot:
        connected = asyncio.create_task(bot.start(peer.token))
        await peer.ready()
        peer.close_gateway(4000)
        await peer.until(lambda: peer.resumes == 1)
        await peer.ready()
        peer.reset_token()
        with pytest.raises(discord.ConnectionClosed) as closed:
            await connected
        assert closed.value.code == 4004


async def test_several_shards_get_the_events_of_their_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    async with DiscordPeer.serving(shards=2) as peer:
        addressed(peer, monkeypatch)
        guilds = [peer.guild(name) for name in ("One", "Two")]
        assert {peer.hub.shard_of(guild) for guild in guilds} == {0, 1}
        mina = peer.user("mina")
        async with running(peer) as bot:
            assert bot.shard_count == 2
            bot.on["avatar"] = status
            for guild in guilds:
                guild.join(mina)
                await mina.slash(guild.channel("general"), "avatar", photo=JPEG)
            await mina.slash(mina.dm, "avatar", photo=JPEG)
        with pytest.raises(NotAcknowledged, match="not connected"):
            await mina.slash(mina.dm, "avatar", photo=JPEG)
        assert not peer.problems


async def test_a_bot_that_may_not_connect(peer: DiscordPeer) -> None:
    with pytest.raises(discord.LoginFailure):
        async with Bot() as bot:
            await bot.login("another token")
    greedy = Bot()
    greedy._connection._intents = discord.Intents(guilds=True, message_content=True)
    async with greedy:
        with pytest.raises(discord.PrivilegedIntentsRequired):
            await greedy.start(peer.token)
    assert "privileged intents" in peer.problems[0]
    peer.problems.clear()
    async with Bot() as bot:
        await bot.login(peer.token)
        peer.reset_token()
        with pytest.raises(discord.GatewayNotFound):
            await bot.connect()


async def test_identifies_are_counted(peer: DiscordPeer) -> None:
    async with running(peer) as bot:
        limits = await bot.fetch_session_start_limits()
        assert (limits.remaining, limits.total) == (999, 1000)


# Messages made of components


class Again(discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"again:(?P<job>\d+)"):
    def __init__(self, job: int) -> None:
        super().__init__(button("Again", f"again:{job}"))
        self.job = job

    @classmethod
    async def from_custom_id(cls, interaction: Any, item: Any, match: Any, /) -> Again:
        return cls(int(match["job"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        await interaction.response.edit_message(view=view(f"Job {self.job} again"))


async def test_every_kind_of_component_is_shown_and_read_back(channel: Channel, mina: Actor, bot: Bot) -> None:
    async def avatar(interaction: discord.Interaction[Any]) -> None:
        made = discord.ui.LayoutView(timeout=None)
        again: Any = Again(7)
        menu = discord.ui.Select(custom_id="set", placeholder="Style", options=[discord.SelectOption(label="Ink")])
        made.add_item(
            discord.ui.Container(
                discord.ui.Section(
                    discord.ui.TextDisplay("Ink"),
                    accessory=discord.ui.Thumbnail("attachment://style-1.png", description="A style"),
                ),
                discord.ui.Separator(),
                discord.ui.Section("Chalk", accessory=button("Take", "take")),
                discord.ui.MediaGallery(discord.MediaGalleryItem("attachment://avatar.png")),
                discord.ui.File("attachment://about-me.json"),
                discord.ui.ActionRow(again),
                discord.ui.ActionRow(menu),
            )
        )
        files = [picture("style-1.png"), picture(), discord.File(io.BytesIO(b"{}"), "about-me.json")]
        await interaction.response.send_message(view=made, files=files, ephemeral=True)

    async def nothing(interaction: discord.Interaction[Any]) -> None:
        """The item answers."""

    bot.on |= {"avatar": avatar, "again:7": nothing}
    bot.add_dynamic_items(Again)
    message = (await mina.slash(channel, "avatar", photo=JPEG)).message
    assert message is not None
    assert message.text == "Ink\nChalk"
    assert message.alts == ["A style", None]
    assert message.pictures == [PNG, PNG]
    assert message.files == {"about-me.json": b"{}"}
    assert (message.buttons, message.menus[0].values) == (["Take", "Again"], ["Ink"])
    container = message.payload["components"][0]
    assert container["components"][3]["items"][0]["media"]["width"] == 8
    await mina.press(message, "again:7")
    assert message.text == "Job 7 again"


def text(content: str) -> dict[str, Any]:
    return {"type": 10, "content": content}


def row(*items: dict[str, Any]) -> dict[str, Any]:
    return {"type": 1, "components": list(items)}


def pushed(custom_id: str = "a", **more: Any) -> dict[str, Any]:
    return {"type": 2, "style": 1, "label": "A", "custom_id": custom_id} | more


def chosen(count: int = 1, **more: Any) -> dict[str, Any]:
    options = [{"label": "L", "value": str(number)} for number in range(count)]
    return {"type": 3, "custom_id": "m", "options": options} | more


IMAGE = {"media": {"url": "https://example.com/a.png"}}


@pytest.mark.parametrize(
    ("components", "why"),
    [
        ([text("a" * 4001)], "4000"),
        ([text("a" * 2001), text("a" * 2000)], "displayable text"),
        ([text("a")] * 41, "40"),
        ([row(*[pushed(str(number)) for number in range(6)])], "1-5 buttons"),
        ([row(pushed(), pushed())], "duplicated"),
        ([row(pushed(custom_id="a" * 101))], "custom_id"),
        ([row(pushed(label="a" * 81))], "label"),
        ([row(pushed(label=""))], "label or an emoji"),
        ([row(pushed(style=5))], "url"),
        ([row(chosen(26))], "options"),
        ([row(chosen(0))], "options"),
        ([row(chosen(), pushed())], "1-5 buttons or one select"),
        ([row(chosen(options=[{"label": "L", "value": "v"}] * 2))], "already used"),
        ([row(chosen(options=[{"label": "L" * 101, "value": "v"}]))], "label"),
        ([row(chosen(options=[{"label": "L", "value": "v" * 101}]))], "value"),
        ([row(chosen(options=[{"label": "L", "value": "v", "description": "d" * 101}]))], "description"),
        ([row(chosen(max_values=2))], "max_values"),
        ([{"type": 9, "components": [text("a")]}], "accessory"),
        ([{"type": 9, "components": [text("a")] * 4, "accessory": pushed()}], "1-3"),
        ([{"type": 12, "items": []}], "items"),
        ([{"type": 12, "items": [IMAGE] * 11}], "items"),
        ([{"type": 12, "items": [IMAGE | {"description": "d" * 1025}]}], "description"),
        ([{"type": 12, "items": [{"media": {"url": "attachment://a.png"}}]}], "not found"),
        ([{"type": 13, "file": {"url": "https://example.com/a.json"}}], "attachment://"),
        ([{"type": 17, "components": []}], "container"),
        ([{"type": 17, "components": [{"type": 17, "components": [text("a")]}]}], "container"),
        ([pushed()], "may not stand here"),
    ],
)
async def test_components_that_discord_would_not_take(
    components: list[dict[str, Any]], why: str, channel: Channel, bot: Bot, peer: DiscordPeer
) -> None:
    with pytest.raises(discord.HTTPException) as refused:
        await bot.http.request(
            Route("POST", f"/channels/{channel.id}/messages"), json={"flags": 1 << 15, "components": components}
        )
    assert refused.value.code == 50035
    assert why in peer.problems[0], peer.problems
    assert not [one for one in peer.problems if "answer" in one]
    assert channel.posts == []
    peer.problems.clear()


@pytest.mark.parametrize(
    "payload",
    [
        {"flags": 1 << 15, "components": [text("a")], "content": "Both"},
        {"components": [text("Without the flag")]},
        {"flags": 1 << 6, "content": "An ephemeral post"},
        {"content": "a" * 2001},
        {"content": "A file that nobody sent", "attachments": [{"id": 0, "filename": "a.png"}]},
    ],
)
async def test_messages_that_discord_would_not_take(
    payload: dict[str, Any], channel: Channel, bot: Bot, peer: DiscordPeer
) -> None:
    with pytest.raises(discord.HTTPException) as refused:
        await bot.http.request(Route("POST", f"/channels/{channel.id}/messages"), json=payload)
    assert refused.value.code == 50035
    assert peer.problems
    peer.problems.clear()


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": "t" * 46},
        {"custom_id": ""},
        {"components": []},
        {"components": [row(pushed())]},
        {"components": [{"type": 18, "label": "l" * 46, "component": {"type": 23, "custom_id": "c"}}]},
        {"components": [{"type": 18, "label": "l", "component": {"type": 19, "custom_id": "c", "max_values": 11}}]},
        {"components": [{"type": 18, "label": "l", "component": pushed()}]},
    ],
)
async def test_forms_that_discord_would_not_take(
    wrong: dict[str, Any], channel: Channel, mina: Actor, bot: Bot, peer: DiscordPeer
) -> None:
    label = {"type": 18, "label": "Photo", "component": {"type": 19, "custom_id": "photo"}}
    form: dict[str, Any] = {"title": "A photo", "custom_id": "form", "components": [label]} | wrong

    async def avatar(interaction: discord.Interaction[Any]) -> None:
        path = f"/interactions/{interaction.id}/{interaction.token}/callback"
        await bot.http.request(Route("POST", path), json={"type": 9, "data": form})

    bot.on["avatar"] = avatar
    await mina.slash(channel, "avatar", photo=JPEG, wait=False)
    await peer.until(lambda: bot.errors)
    assert bot.codes == [50035]
    assert peer.problems
    peer.problems.clear()


async def test_what_a_bot_reads_has_discords_shape(
    guild: Guild, channel: Channel, mina: Actor, peer: DiscordPeer
) -> None:
    headers = {"Authorization": f"Bot {peer.token}", "User-Agent": "DiscordBot (https://example.com, 1)"}
    guild.join(mina, permissions=["manage_guild"])
    entry = guild.forum("pictures").thread("mine")
    paths = ["/users/@me", "/applications/@me", "/oauth2/applications/@me", "/gateway", "/gateway/bot"]
    paths += [f"/users/{mina.id}", f"/guilds/{guild.id}", f"/guilds/{guild.id}/members/{mina.id}"]
    paths += [f"/channels/{where.id}" for where in (channel, entry, mina.dm)]
    async with aiohttp.ClientSession(headers=headers) as session:
        for path in paths:
            async with session.get(peer.api + path) as response:
                assert response.status == 200, path
                assert response.headers["Content-Type"] == "application/json"
    assert len(peer.requests) == len(paths)
