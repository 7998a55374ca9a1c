"""Plants mistakes and sees the judge catch them; real traffic of discord.py and right answers pass."""

from __future__ import annotations

import copy
import io
import json
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import discord
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from discord import app_commands, ui
from discord.http import Route

from tests.discord_peer.judge import Judge, Schemas, parts

JUDGE = Judge.load()
pytestmark = pytest.mark.skipif(JUDGE is None, reason="Discord's OpenAPI document is absent (see BPP_SPECS)")
needs_event_schemas = pytest.mark.skipif(
    JUDGE is None or not JUDGE.judges_events, reason="no gateway schemas: python -m tests.discord_peer.gateway_schemas"
)
PNG = b"\x89PNG\r\n\x1a\n--a picture\r\n\r\nwith lines--\r\n"

APPLICATION, GUILD, CHANNEL, USER, MESSAGE, INTERACTION = "100", "200", "300", "400", "500", "600"
CALLBACK = f"/interactions/{INTERACTION}/token/callback"
ORIGINAL = f"/webhooks/{APPLICATION}/token/messages/@original"
FOLLOW_UP = f"/webhooks/{APPLICATION}/token"
CHANNEL_MESSAGES = f"/channels/{CHANNEL}/messages"
COMMANDS = f"/applications/{APPLICATION}/commands"
WHEN = "2026-11-22T10:00:00.000000+00:00"


def user(number: str = USER, **more: Any) -> dict[str, Any]:
    known = {"username": "mina", "avatar": None, "discriminator": "0", "global_name": "Mina", "public_flags": 0}
    return {"id": number, **known, "flags": 0, "primary_guild": None, **more}


def message() -> dict[str, Any]:
    empty = {"mentions": [], "mention_roles": [], "attachments": [], "embeds": [], "components": []}
    flags = {"pinned": False, "mention_everyone": False, "tts": False, "flags": 1 << 15}
    times = {"timestamp": WHEN, "edited_timestamp": None}
    author = user(APPLICATION, bot=True)
    return {"id": MESSAGE, "channel_id": CHANNEL, "type": 20, "content": "", "author": author} | empty | flags | times


def application() -> dict[str, Any]:
    known: dict[str, Any] = {"id": APPLICATION, "name": "bot", "icon": None, "description": "", "type": None}
    addresses = {"redirect_uris": [], "interactions_endpoint_url": None, "role_connections_verification_url": None}
    counts = dict.fromkeys([f"approximate_{of}_count" for of in ("guild", "user_install", "user_authorization")], 1)
    flags = {"flags": 0, "flags_new": "0", "explicit_content_filter": 0, "eligible_oauth2_scopes": []}
    public = {"bot_public": True, "bot_require_code_grant": False, "verify_key": "0" * 64}
    return known | addresses | counts | flags | public | {"owner": user(), "team": None}


def interaction(kind: int, data: dict[str, Any], **more: Any) -> dict[str, Any]:
    member = {"user": user(), "roles": [], "joined_at": WHEN, "deaf": False, "mute": False, "flags": 0}
    return {
        "id": INTERACTION,
        "application_id": APPLICATION,
        "type": kind,
        "token": "token",
        "version": 1,
        "data": data,
        "guild_id": GUILD,
        "guild": {"id": GUILD, "features": [], "locale": "en-US"},
        "channel_id": CHANNEL,
        "channel": {"id": CHANNEL, "type": 0, "name": "general", "position": 0, "guild_id": GUILD},
        "member": member | {"permissions": "2048"},
        "locale": "ko",
        "guild_locale": "en-US",
        "app_permissions": "2048",
        "entitlements": [],
        "authorizing_integration_owners": {"0": GUILD},
        "context": 0,
        "attachment_size_limit": 10 << 20,
        **more,
    }


SLASH = interaction(
    2,
    {
        "id": "700",
        "name": "avatar",
        "type": 1,
        "options": [{"name": "style", "type": 3, "value": "ink"}, {"name": "photo", "type": 11, "value": "800"}],
        "resolved": {
            "attachments": {
                "800": {
                    "id": "800",
                    "filename": "me.jpg",
                    "size": 9,
                    "url": "http://127.0.0.1/me.jpg?ex=1",
                    "proxy_url": "http://127.0.0.1/me.jpg?ex=1",
                    "content_type": "image/jpeg",
                    "ephemeral": True,
                }
            }
        },
    },
)
PRESS = interaction(3, {"custom_id": "again", "component_type": 2}, message=message())
CHOOSE = interaction(3, {"custom_id": "style", "component_type": 3, "values": ["ink"]}, message=message())
SUBMIT = interaction(
    5,
    {
        "custom_id": "photo",
        "components": [
            {"type": 18, "id": 1, "component": {"type": 19, "id": 2, "custom_id": "file", "values": ["800"]}},
            {"type": 18, "id": 3, "component": {"type": 23, "id": 4, "custom_id": "name", "value": True}},
        ],
        "resolved": SLASH["data"]["resolved"],
    },
    message=message(),
)
ASK = interaction(
    4,
    {
        "id": "700",
        "name": "avatar",
        "type": 1,
        "options": [{"name": "style", "type": 3, "value": "in", "focused": True}],
    },
)

MEDIA = {"id": "901", "url": "http://127.0.0.1/a.png", "proxy_url": "http://127.0.0.1/a.png", "width": 1, "height": 1}
SHOWN = message() | {
    "flags": 1 << 15 | 1 << 6,
    "attachments": [MEDIA | {"filename": "avatar.png", "size": 9, "content_type": "image/png"}],
    "components": [
        {
            "type": 17,
            "id": 1,
            "accent_color": None,
            "spoiler": False,
            "components": [
                {"type": 10, "id": 2, "content": "Ready"},
                {"type": 12, "id": 3, "items": [{"media": MEDIA, "description": "Ink", "spoiler": False}]},
                {"type": 1, "id": 4, "components": [{"type": 2, "id": 5, "style": 1, "custom_id": "again"}]},
            ],
        }
    ],
    "interaction_metadata": {
        "id": INTERACTION,
        "type": 2,
        "user": user(),
        "authorizing_integration_owners": {"0": GUILD},
    },
}
FROM_MESSAGE = interaction(
    2,
    {
        "id": "701",
        "name": "Picture from this",
        "type": 3,
        "target_id": MESSAGE,
        "resolved": {"messages": {MESSAGE: SHOWN}},
    },
)
ROOM = {"id": CHANNEL, "type": 0, "name": "general", "position": 0, "guild_id": GUILD, "permission_overwrites": []}
CHAT = {"id": CHANNEL, "type": 1, "recipients": [user()]}
ALONE = interaction(2, {"id": "700", "name": "avatar", "type": 1}, user=user(), channel=CHAT, context=1)
for absent in ("guild", "guild_id", "member", "guild_locale"):
    del ALONE[absent]


@dataclass
class Wire:
    """discord.py on a real socket; keeps what it sent and what it was told."""

    judge: Judge
    sent: list[tuple[str, str, str | None, bytes]] = field(default_factory=list[Any])
    problems: list[str] = field(default_factory=list[str])
    client: discord.Client = field(default_factory=lambda: discord.Client(intents=discord.Intents(guilds=True)))

    async def answer(self, request: web.Request) -> web.Response:
        path, body = request.path.removeprefix("/api/v10"), await request.read()
        self.sent.append((request.method, path, request.headers.get("Content-Type"), body))
        self.problems += self.judge.request(request.method, path, request.headers.get("Content-Type"), body)
        answer = self.answers(request.method, path, body)
        told = b"" if answer is None else json.dumps(answer).encode()
        status = 200 if told else 204
        self.problems += self.judge.response(request.method, path, status, told)
        # discord.py reads a body as JSON only where the content type has no charset.
        return web.Response(status=status, body=told, headers={"Content-Type": "application/json"} if told else {})

    def answers(self, method: str, path: str, body: bytes) -> Any:
        if path == CALLBACK:
            return {"interaction": {"id": INTERACTION, "type": 2, "response_message_id": MESSAGE}}
        if path == COMMANDS:
            return [
                {"default_member_permissions": None, "contexts": None, "description": ""}
                | {key: value for key, value in command.items() if value is not None}
                | {"id": str(700 + n), "application_id": APPLICATION, "version": "1"}
                | {"default_member_permissions": str(command["default_member_permissions"] or 0)}
                for n, command in enumerate(json.loads(body))
            ]
        if path == "/users/@me/channels":
            return {"id": CHANNEL, "type": 1, "flags": 0, "last_message_id": None, "recipients": [user()]}
        if path == "/users/@me":
            own = {"mfa_enabled": False, "locale": "en-US", "verified": True, "email": None, "banner": None}
            return user(APPLICATION, bot=True) | own | {"accent_color": None, "avatar_decoration_data": None}
        if path == "/oauth2/applications/@me":
            return application()
        return None if method == "DELETE" else message()

    def of(self, data: dict[str, Any]) -> discord.Interaction[Any]:
        return discord.Interaction(data=copy.deepcopy(data), state=self.client._connection)  # pyright: ignore[reportArgumentType]


@pytest.fixture
async def wire(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Wire]:
    assert JUDGE
    wire = Wire(JUDGE)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", wire.answer)
    async with TestServer(app) as server:
        monkeypatch.setattr(Route, "BASE", str(server.make_url("/api/v10")))
        await wire.client.login("token")
        wire.sent.clear()
        try:
            yield wire
        finally:
            await wire.client.close()


def status() -> ui.LayoutView:
    """All that a message of the bot may hold."""
    row: ui.ActionRow[Any] = ui.ActionRow()
    row.add_item(ui.Button(label="Again", custom_id="again", style=discord.ButtonStyle.primary))
    row.add_item(ui.Button(label="Help", url="https://example.org/help"))
    menu: ui.ActionRow[Any] = ui.ActionRow()
    options = [discord.SelectOption(label=f"Style {n}", value=f"s{n}", description="Calm lines") for n in range(25)]
    menu.add_item(ui.Select(custom_id="style", placeholder="Another style", options=options))
    container: ui.Container[Any] = ui.Container(
        ui.TextDisplay("### Your picture is ready"),
        ui.MediaGallery(discord.MediaGalleryItem("attachment://avatar.png", description="A portrait in ink")),
        ui.Section(ui.TextDisplay("Ink"), accessory=ui.Thumbnail("attachment://style-1.png", description="Ink")),
        ui.Section(ui.TextDisplay("More"), accessory=ui.Button(label="Show", custom_id="show")),
        ui.Separator(),
        ui.File("attachment://about-me.json"),
        row,
        menu,
        accent_colour=0x5865F2,
    )
    return ui.LayoutView(timeout=None).add_item(container)


def files() -> list[discord.File]:
    names = ("avatar.png", "style-1.png", "about-me.json")
    return [discord.File(io.BytesIO(PNG), name, description="A picture") for name in names]


class Questions(ui.Modal, title="Your photo"):
    intro = ui.TextDisplay[Any]("Only you see what comes of it.")
    photo = ui.Label[Any](text="Photo", description="A face", component=ui.FileUpload(custom_id="file", max_values=1))
    name = ui.Label[Any](text="Show my name", component=ui.Checkbox(custom_id="name"))
    tags = ui.Label[Any](
        text="More",
        component=ui.CheckboxGroup(
            custom_id="group", options=[discord.CheckboxGroupOption(label="a", value="a")], required=False
        ),
    )
    one = ui.Label[Any](
        text="One of them",
        component=ui.RadioGroup(
            custom_id="radio",
            options=[discord.RadioGroupOption(label="a", value="a"), discord.RadioGroupOption(label="b", value="b")],
        ),
    )
    words = ui.Label[Any](text="Words", component=ui.TextInput(custom_id="words", required=False, max_length=90))


class Localised(app_commands.Translator):
    async def translate(
        self, string: app_commands.locale_str, locale: discord.Locale, context: app_commands.TranslationContextTypes
    ) -> str | None:
        return {"avatar": "아바타", "style": "스타일"}.get(string.message) if locale is discord.Locale.korean else None


# What discord.py 2.7.1 sends is right: no false alarm, neither on it nor on what it is answered.


async def test_a_deferral_and_the_edits_and_follow_ups_behind_it(wire: Wire) -> None:
    got = wire.of(SLASH)
    await got.response.defer(ephemeral=True, thinking=True)
    await got.edit_original_response(view=ui.LayoutView().add_item(ui.TextDisplay("Waiting…")))
    await got.edit_original_response(
        view=status(), attachments=files(), allowed_mentions=discord.AllowedMentions.none()
    )
    await got.followup.send(view=status(), files=files(), ephemeral=True, wait=True)
    await got.followup.send("Plain words", ephemeral=True, silent=True)
    await got.delete_original_response()
    assert len(wire.sent) == 6
    assert wire.problems == []


async def test_an_answer_at_once_and_an_update_of_the_message_of_a_button(wire: Wire) -> None:
    await wire.of(SLASH).response.send_message(view=status(), files=files(), ephemeral=True)
    await wire.of(PRESS).response.defer()
    await wire.of(CHOOSE).response.edit_message(view=status(), attachments=files())
    await wire.of(SUBMIT).response.defer(ephemeral=True, thinking=True)
    assert wire.problems == []


async def test_a_modal_with_a_file_a_checkbox_and_groups(wire: Wire) -> None:
    await wire.of(PRESS).response.send_modal(Questions(custom_id="photo"))
    sent = json.loads(wire.sent[-1][3])["data"]["components"]
    assert [each["component"]["type"] for each in sent if each["type"] == 18] == [19, 23, 22, 21, 4]
    assert wire.problems == []


async def test_choices_for_autocomplete(wire: Wire) -> None:
    choices = [app_commands.Choice(name=f"Style {n}", value=f"s{n}") for n in range(25)]
    await wire.of(ASK).response.autocomplete(choices)
    assert wire.problems == []


async def test_posts_in_channels_and_direct_messages(wire: Wire) -> None:
    channel = wire.client.get_partial_messageable(int(CHANNEL))
    quiet = discord.AllowedMentions.none()
    posted = await channel.send(view=status(), files=files(), allowed_mentions=quiet, nonce="abc")
    await channel.send("Plain words", file=files()[0], allowed_mentions=quiet)
    await posted.edit(view=status(), attachments=files())
    await channel.get_partial_message(int(MESSAGE)).delete()
    direct = await wire.client.http.start_private_message(int(USER))
    assert direct["id"] == CHANNEL
    assert wire.problems == []


async def test_declared_commands(wire: Wire) -> None:
    tree = app_commands.CommandTree(wire.client)
    await tree.set_translator(Localised())

    @tree.command(name="avatar", description="Make a picture")
    @app_commands.choices(size=[app_commands.Choice(name="Large", value="large")])
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    @app_commands.default_permissions(manage_guild=True)
    async def avatar(
        got: discord.Interaction,
        photo: discord.Attachment | None,
        style: str,
        size: str,
        who: discord.User,
        seed: app_commands.Range[int, 0, 9],
    ) -> None: ...

    @avatar.autocomplete("style")
    async def styles(got: discord.Interaction, text: str) -> list[app_commands.Choice[str]]:
        return []

    @tree.context_menu(name="Picture from this")
    async def menu(got: discord.Interaction, message: discord.Message) -> None: ...

    await tree.sync()
    assert len(wire.sent) == 1
    assert wire.problems == []


# Planted mistakes.


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _in(*path: str | int, value: Any) -> Callable[[Any], None]:
    """Sets one place of a payload; a value of None takes it away."""

    def change(payload: Any) -> None:
        *way, last = path
        for step in way:
            payload = payload[step]
        if value is None:
            del payload[last]
        else:
            payload[last] = value

    return change


def _status() -> dict[str, Any]:
    attachments = [{"id": 9000 + n, "filename": f"{n}.png"} for n in range(3)]  # kept from an earlier edit
    return {"components": status().to_components(), "flags": 1 << 15, "attachments": attachments}


def _modal() -> dict[str, Any]:
    return {"type": 9, "data": Questions(custom_id="photo").to_dict()}


def _choices() -> dict[str, Any]:
    return {"type": 8, "data": {"choices": [{"name": f"Style {n}", "value": f"s{n}"} for n in range(25)]}}


def _command() -> list[Any]:
    option = {"type": 3, "name": "style", "description": "One of many", "autocomplete": True, "required": False}
    return [
        {
            "type": 1,
            "name": "avatar",
            "description": "Make a picture",
            "name_localizations": {"ko": "아바타"},
            "default_member_permissions": "32",
            "integration_types": [0, 1],
            "contexts": [0, 1, 2],
            "nsfw": False,
            "options": [option],
        }
    ]


def _post() -> dict[str, Any]:
    return {"content": "A note", "nonce": "abc", "enforce_nonce": True, "allowed_mentions": {"parse": []}, "tts": False}


INSIDE = ("components", 0, "components")  # what the container of status() holds
EDIT, ANSWER, POST, DECLARE = ("PATCH", ORIGINAL), ("POST", CALLBACK), ("POST", CHANNEL_MESSAGES), ("PUT", COMMANDS)
RIGHT = {
    "edit": (EDIT, _status),
    "follow-up": (("POST", FOLLOW_UP), _status),
    "post": (POST, _post),
    "modal": (ANSWER, _modal),
    "choices": (ANSWER, _choices),
    "declare": (DECLARE, _command),
    "deferral": (ANSWER, lambda: {"type": 5, "data": {"flags": 64}}),
}
MISTAKES = [
    ("an unknown field", "post", _in("contentz", value="x"), "unknown 'contentz'"),
    ("an unknown field deep inside", "edit", _in(*INSIDE, 0, "contentz", value="x"), "unknown 'contentz'"),
    ("tts where it is not tolerated", "declare", _in(0, "tts", value=False), "unknown 'tts'"),
    ("a label too long", "edit", _in(*INSIDE, 6, "components", 0, "label", value="x" * 81), "81 characters, at most 80"),
    ("a custom_id too long", "edit", _in(*INSIDE, 6, "components", 0, "custom_id", value="x" * 101), "at most 100"),
    ("an empty custom_id", "edit", _in(*INSIDE, 7, "components", 0, "custom_id", value=""), "at least 1"),
    ("a button without a style", "edit", _in(*INSIDE, 6, "components", 0, "style", value=None), "lacks style"),
    ("an unknown button style", "edit", _in(*INSIDE, 6, "components", 0, "style", value=7), "7, not one of 1"),
    ("an unknown component", "edit", _in(*INSIDE, 0, "type", value=99), "type 99 is not allowed"),
    ("a container in a container", "edit", _in(*INSIDE, 0, "type", value=17), "type 17 is not allowed"),
    ("a modal's component in a message", "edit", _in("components", 0, "type", value=18), "type 18 is not allowed"),
    ("six buttons", "edit", lambda p: p["components"][0]["components"][6].update(components=[
        {"type": 2, "style": 1, "custom_id": str(n)} for n in range(6)]), "6 items, at most 5"),
    ("26 options", "edit", lambda p: p["components"][0]["components"][7]["components"][0]["options"].append(
        {"label": "x", "value": "x"}), "26 items, at most 25"),
    ("an option without a value", "edit", _in(*INSIDE, 7, "components", 0, "options", 0, "value", value=None), "lacks value"),
    ("an option's description too long", "edit",
     _in(*INSIDE, 7, "components", 0, "options", 0, "description", value="x" * 101), "at most 100"),
    ("an empty text", "edit", _in(*INSIDE, 0, "content", value=""), "at least 1"),
    ("a text too long", "edit", _in(*INSIDE, 0, "content", value="x" * 4001), "4001 characters, at most 4000"),
    ("a section without accessory", "edit", _in(*INSIDE, 2, "accessory", value=None), "lacks accessory"),
    ("an empty gallery", "edit", _in(*INSIDE, 1, "items", value=[]), "0 items, at least 1"),
    ("a picture without an address", "edit", _in(*INSIDE, 1, "items", 0, "media", value={}), "lacks url"),
    ("an address that is none", "edit", _in(*INSIDE, 1, "items", 0, "media", "url", value="avatar.png"), "is no uri"),
    ("flags as a string", "edit", _in("flags", value="32768"), "flags is a string"),
    ("a boolean for a number", "edit", _in("flags", value=True), "flags is a boolean"),
    ("components that are no list", "edit", _in("components", value={}), "components is an object"),
    ("an attachment without id", "edit", _in("attachments", 0, "id", value=None), "lacks id"),
    ("an attachment's id in letters", "edit", _in("attachments", 0, "id", value="first"), "is no snowflake"),
    ("an attachment twice", "edit", _in("attachments", 0, "id", value=9001), "9001 twice"),
    ("eleven attachments", "edit", _in("attachments", value=[{"id": 9000 + n} for n in range(11)]), "at most 10"),
    ("a promised file that is not sent", "edit", _in("attachments", 0, "id", value=0), "there is no files[0]"),
    ("an unknown field in a follow-up", "follow-up", _in("ephemeral", value=True), "unknown 'ephemeral'"),
    ("a nonce of a wrong type", "post", _in("nonce", value={}), "nonce is an object"),
    ("a nonce too long", "post", _in("nonce", value="1" * 26), "26 characters, at most 25"),
    ("an unknown kind of mention", "post", _in("allowed_mentions", "parse", value=["all"]), "'all', not one of"),
    ("a bad kind of answer", "deferral", _in("type", value=3), "type 3 is not allowed"),
    ("an answer without a kind", "deferral", _in("type", value=None), "lacks type"),
    ("flags outside of data", "deferral", _in("flags", value=64), "unknown 'flags'"),
    ("26 choices", "choices", lambda p: p["data"]["choices"].append({"name": "x", "value": "x"}), "26 items"),
    ("a choice's name too long", "choices", _in("data", "choices", 0, "name", value="x" * 101), "at most 100"),
    ("a choice without a value", "choices", _in("data", "choices", 0, "value", value=None), "lacks value"),
    ("a modal without a title", "modal", _in("data", "title", value=None), "lacks title"),
    ("a modal's title too long", "modal", _in("data", "title", value="x" * 46), "46 characters, at most 45"),
    ("a modal without components", "modal", _in("data", "components", value=[]), "0 items, at least 1"),
    ("a bare file upload in a modal", "modal", _in("data", "components", 1, "type", value=19), "type 19 is not"),
    ("a label's text too long", "modal", _in("data", "components", 1, "label", value="x" * 46), "at most 45"),
    ("a button in a label", "modal", _in("data", "components", 1, "component", "type", value=2), "type 2 is not"),
    ("eleven files asked for", "modal", _in("data", "components", 1, "component", "max_values", value=11), "11"),
    ("a command without a name", "declare", _in(0, "name", value=None), "lacks name"),
    ("a command's description too long", "declare", _in(0, "description", value="x" * 101), "at most 100"),
    ("an option without a description", "declare", _in(0, "options", 0, "description", value=None), "lacks description"),
    ("an unknown kind of option", "declare", _in(0, "options", 0, "type", value=12), "type 12 is not allowed"),
    ("a translated name too long", "declare", _in(0, "name_localizations", "ko", value="가" * 33), "at most 32"),
    ("permissions in words", "declare", _in(0, "default_member_permissions", value="manage_guild"), "is no ^[0-9]+$"),
    ("a context twice", "declare", _in(0, "contexts", value=[0, 0]), "non-unique"),
    ("an unknown context", "declare", _in(0, "contexts", value=[3]), "3, not one of"),
]  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_the_payloads_that_mistakes_are_planted_in_are_right(name: str) -> None:
    assert JUDGE
    (method, path), make = RIGHT[name]
    assert JUDGE.request(method, path, "application/json", _json(make())) == []


@pytest.mark.parametrize(("what", "name", "plant", "said"), MISTAKES, ids=[each[0] for each in MISTAKES])
def test_a_planted_mistake_in_a_request_is_caught(
    what: str, name: str, plant: Callable[[Any], None], said: str
) -> None:
    assert JUDGE
    (method, path), make = RIGHT[name]
    payload = json.loads(_json(make()))
    plant(payload)
    problems = JUDGE.request(method, path, "application/json", _json(payload))
    assert any(said in problem for problem in problems), problems
    assert all(problem.startswith(f"{method} /") and len(problem) < 400 for problem in problems)


@pytest.mark.parametrize(
    ("method", "path", "content_type", "body", "said"),
    [
        ("POST", "/interactions/x/token/callback", "application/json", b'{"type": 6}', "no such endpoint"),
        ("PUT", CHANNEL_MESSAGES, "application/json", b"{}", "no such endpoint"),
        ("POST", CHANNEL_MESSAGES, "application/json", b"", "no body"),
        ("POST", CHANNEL_MESSAGES, "application/json", b"{", "not JSON"),
        ("POST", CHANNEL_MESSAGES, "application/json", b'{"content": NaN}', "not JSON"),
        ("POST", CHANNEL_MESSAGES, "text/plain", b"{}", "content type text/plain"),
        ("POST", CHANNEL_MESSAGES, None, b"{}", "content type missing"),
        ("PUT", COMMANDS, "multipart/form-data; boundary=x", b"--x--", "content type multipart/form-data"),
        ("DELETE", f"{CHANNEL_MESSAGES}/{MESSAGE}", "application/json", b"{}", "body where none is documented"),
    ],
)
def test_a_request_of_a_wrong_form_is_caught(
    method: str, path: str, content_type: str | None, body: bytes, said: str
) -> None:
    assert JUDGE
    problems = JUDGE.request(method, path, content_type, body)
    assert len(problems) == 1
    assert said in problems[0]


# Multipart: the real body that discord.py sent, changed in one place.


@dataclass(frozen=True)
class Form:
    content_type: str
    body: bytes

    @property
    def boundary(self) -> bytes:
        return self.content_type.partition("boundary=")[2].encode()


@pytest.fixture
async def form(wire: Wire) -> Form:
    await wire.of(SLASH).edit_original_response(view=status(), attachments=files())
    _, _, content_type, body = wire.sent[-1]
    assert content_type
    found = parts(content_type, body)
    assert [(part.name, part.filename) for part in found[1:]] == [
        ("files[0]", "avatar.png"),
        ("files[1]", "style-1.png"),
        ("files[2]", "about-me.json"),
    ]
    assert all(part.content == PNG for part in found[1:])
    return Form(content_type, body)


FORMS: list[tuple[str, Callable[[Form], bytes], str]] = [
    ("a file no attachment names", lambda f: f.body.replace(b'"id": 1', b'"id": 7').replace(b'"id":1', b'"id":7'), "files[1] is not named"),
    ("a file under a wrong name", lambda f: f.body.replace(b"files[1]", b"file1"), "neither payload_json nor files[0]"),
    ("a file above the tenth", lambda f: f.body.replace(b"files[1]", b"files[10]"), "neither payload_json nor files[0]"),
    ("a file twice", lambda f: f.body.replace(b"files[1]", b"files[0]"), "files[0] comes twice"),
    ("a file without a filename", lambda f: f.body.replace(b'; filename="avatar.png"', b""), "files[0] has no filename"),
    ("no payload_json", lambda f: f.body.replace(b"payload_json", b"payload"), "'payload' is neither"),
    ("an unknown field in payload_json", lambda f: f.body.replace(b'"components"', b'"componentz"', 1), "unknown 'componentz'"),
    ("payload_json that is no JSON", lambda f: f.body.replace(b'{"', b'{{"', 1), "payload_json is not JSON"),
    ("a body that was cut off", lambda f: f.body[: len(f.body) // 2], "cut off"),
    ("a part without a name", lambda f: f.body.replace(b'; name="files[2]"', b""), "without a name"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "change", "said"), FORMS, ids=[each[0] for each in FORMS])
def test_a_planted_mistake_in_a_form_is_caught(
    form: Form, what: str, change: Callable[[Form], bytes], said: str
) -> None:
    assert JUDGE
    body = change(form)
    assert body != form.body
    problems = JUDGE.request("PATCH", ORIGINAL, form.content_type, body)
    assert any(said in problem for problem in problems), problems


# Answers of the fake.

ANSWERS: list[tuple[str, str, str, int, Any, str]] = [
    ("a message without its author", "PATCH", ORIGINAL, 200, {k: v for k, v in message().items() if k != "author"}, "lacks author"),
    ("a snowflake as a number", "PATCH", ORIGINAL, 200, message() | {"id": 500}, "id is a number"),
    ("a time without a zone", "PATCH", ORIGINAL, 200, message() | {"timestamp": "2026-11-22T10:00:00"}, "is no date-time"),
    ("an unknown kind of message", "PATCH", ORIGINAL, 200, message() | {"type": 999}, "999, not one of"),
    ("permissions as a number", "GET", COMMANDS, 200, [{"id": "1", "application_id": "1", "version": "1", "type": 1, "name": "a", "description": "b", "default_member_permissions": 32}], "is a number"),
    ("too many requests without a code", "POST", CHANNEL_MESSAGES, 429, {"message": "Slow", "retry_after": 1, "global": False}, "lacks code"),
    ("an error in plain text", "POST", CHANNEL_MESSAGES, 403, "no", "is a string, not object"),
    ("an error without a message", "POST", CHANNEL_MESSAGES, 403, {"code": 50001}, "lacks message"),
    ("a body where there is none", "DELETE", f"{CHANNEL_MESSAGES}/{MESSAGE}", 204, {}, "body where none"),
    ("no body where there is one", "POST", CHANNEL_MESSAGES, 200, None, "is not JSON"),
    ("a status that does not exist", "POST", CHANNEL_MESSAGES, 201, message(), "no such status"),
    ("a deferral with a resource", "POST", CALLBACK, 200, {"interaction": {"id": "1", "type": 2}, "resource": {"type": 5}}, "type 5 is not allowed"),
    ("a modal's past without what triggered it", "PATCH", ORIGINAL, 200, message() | {"interaction_metadata": {"id": "1", "type": 5, "authorizing_integration_owners": {}}}, "lacks triggering_interaction_metadata"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("what", "method", "path", "status", "body", "said"), ANSWERS, ids=[each[0] for each in ANSWERS]
)
def test_a_planted_mistake_in_an_answer_is_caught(
    what: str, method: str, path: str, status: int, body: Any, said: str
) -> None:
    assert JUDGE
    problems = JUDGE.response(method, path, status, b"" if body is None else _json(body))
    assert any(said in problem for problem in problems), problems


def test_right_answers_pass_and_failures_of_the_server_have_no_promised_shape() -> None:
    assert JUDGE
    assert JUDGE.response("POST", CHANNEL_MESSAGES, 502, b"<html>") == []
    error = {"code": 10062, "message": "Unknown interaction"}
    assert JUDGE.response("POST", CALLBACK, 404, _json(error)) == []
    assert JUDGE.response("PATCH", ORIGINAL, 200, _json(SHOWN)) == []
    limited = {"code": 0, "message": "Slow down", "retry_after": 0.3, "global": False}
    assert JUDGE.response("POST", CALLBACK, 429, _json(limited)) == []


# Gateway events.

READY = {
    "v": 10,
    "user": user(APPLICATION, bot=True),
    "guilds": [{"id": GUILD, "unavailable": True}],
    "session_id": "session",
    "resume_gateway_url": "ws://127.0.0.1:1",
    "shard": [0, 1],
    "application": {"id": APPLICATION, "flags": 1 << 23 | 1 << 19, "flags_new": "8912896"},
}
IDENTIFY = {
    "token": "token",
    "properties": {"os": "linux", "browser": "discord.py", "device": "discord.py"},
    "compress": True,
    "large_threshold": 250,
    "shard": [0, 1],
    "intents": 1,
}
EVENTS: list[tuple[str, Any]] = [
    ("HELLO", {"heartbeat_interval": 41250}),
    ("READY", READY),
    ("RESUMED", {"_trace": []}),
    ("IDENTIFY", IDENTIFY),
    ("RESUME", {"token": "token", "session_id": "session", "seq": 3}),
    ("HEARTBEAT", None),
    ("GUILD_DELETE", {"id": GUILD}),
    ("INTERACTION_CREATE", SLASH),
    ("INTERACTION_CREATE", PRESS),
    ("INTERACTION_CREATE", CHOOSE),
    ("INTERACTION_CREATE", SUBMIT),
    ("INTERACTION_CREATE", ASK),
    ("INTERACTION_CREATE", PRESS | {"message": SHOWN}),
    ("INTERACTION_CREATE", FROM_MESSAGE),
    ("INTERACTION_CREATE", ALONE),
    ("CHANNEL_CREATE", ROOM),
    ("CHANNEL_DELETE", ROOM),
    ("MESSAGE_CREATE", SHOWN),
]


@needs_event_schemas
@pytest.mark.parametrize(("name", "data"), EVENTS)
def test_right_events_pass(name: str, data: Any) -> None:
    assert JUDGE
    assert JUDGE.event(name, data) == []


@needs_event_schemas
@pytest.mark.parametrize(
    ("name", "data", "plant", "said"),
    [
        ("READY", READY, _in("session_id", value=None), "lacks session_id"),
        ("READY", READY, _in("user", "username", value=None), "user lacks username"),
        ("READY", READY, _in("resume_url", value="x"), "unknown 'resume_url'"),
        ("READY", READY, _in("guilds", 0, "id", value=200), "guilds[0].id is a number"),
        ("READY", READY, _in("shard", value=[0, "1"]), "shard[1] is a string"),
        ("IDENTIFY", IDENTIFY, _in("intents", value="1"), "intents is a string"),
        ("INTERACTION_CREATE", SLASH, _in("token", value=None), "lacks token"),
        ("INTERACTION_CREATE", SLASH, _in("data", value=None), "lacks data"),
        ("INTERACTION_CREATE", SLASH, _in("type", value=7), "type 7 is not allowed"),
        ("INTERACTION_CREATE", SLASH, _in("attachment_size_limit", value=None), "lacks attachment_size_limit"),
        ("INTERACTION_CREATE", SLASH, _in("app_permissions", value=2048), "app_permissions is a number"),
        ("INTERACTION_CREATE", SLASH, _in("locale", value="kr"), "locale is 'kr'"),
        ("INTERACTION_CREATE", SLASH, _in("member", "permissions", value=None), "member lacks permissions"),
        ("INTERACTION_CREATE", SLASH, _in("data", "options", 0, "type", value=33), "type 33 is not allowed"),
        ("INTERACTION_CREATE", SLASH, _in("data", "options", 1, "value", value=800), "is a number"),
        ("INTERACTION_CREATE", SLASH, _in("data", "resolved", "attachments", "800", "url", value=None), "lacks url"),
        ("INTERACTION_CREATE", PRESS, _in("message", value=None), "lacks message"),
        ("INTERACTION_CREATE", PRESS, _in("message", "author", value=None), "message lacks author"),
        ("INTERACTION_CREATE", CHOOSE, _in("data", "values", value="ink"), "values is a string"),
        ("INTERACTION_CREATE", SUBMIT, _in("data", "custom_id", value=None), "data lacks custom_id"),
        ("INTERACTION_CREATE", SUBMIT, _in("data", "components", 0, "component", "values", value=None), "lacks values"),
        ("INTERACTION_CREATE", SUBMIT, _in("data", "components", 1, "component", "value", value="on"), "is a string"),
        ("GUILD_DELET", {"id": GUILD}, _in("id", value="1"), "no schema"),
    ],
)
def test_a_planted_mistake_in_an_event_is_caught(name: str, data: Any, plant: Callable[[Any], None], said: str) -> None:
    assert JUDGE
    data = copy.deepcopy(data)
    plant(data)
    problems = JUDGE.event(name, data)
    assert any(said in problem for problem in problems), problems


# The judge itself.


def test_without_the_document_there_is_no_judge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BPP_SPECS", str(tmp_path))
    assert Judge.load() is None


def test_an_object_put_together_of_several_is_closed_as_a_whole() -> None:
    """Discord's document has none in its requests today; closing each piece alone would refuse all of them."""
    text: dict[str, Any] = {"type": "object", "properties": {"content": {"type": "string"}}, "required": ["content"]}
    both: dict[str, Any] = {"allOf": [{"$ref": "#/Text"}, {"properties": {"flags": {"type": "integer"}}}]}
    schemas = Schemas({"Text": text}, "#/", closed=True)
    assert list(schemas.problems(both, {"content": "x", "flags": 1})) == []
    assert list(schemas.problems(both, {"flags": 1, "contentz": "x"})) == ["lacks content", "has unknown 'contentz'"]
