"""Replies on Discord: within every limit, readable in both languages, and alive for as long as their message is."""

from __future__ import annotations

import asyncio
import html
import json
import random
import re
from collections.abc import Iterator, Mapping
from contextlib import aclosing
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import discord
import pytest
from discord.ui.view import ViewStore

from adapters.discord.custom_ids import BUTTON, MENU, TEMPLATE, chosen, pack, unpack
from adapters.discord.items import ActionButton, ActionMenu
from adapters.discord.layout import Layout, Message
from adapters.discord.modals import photo_modal, share_modal, submitted
from adapters.sentences import bar
from bot.chat import LOCALES, Action, File, Option, Picture, Reply, Text, Tile
from bot.secrets import Secret
from bot.wording import Wording
from generator.styles import load_catalog
from tests.bot.conftest import FixedClock, actions, opened
from tests.discord_peer.judge import Judge
from tests.journeys.discord_page import SIZE_LIMIT, gallery, markdown, mention

WORDING = Wording()
LAYOUT = Layout(WORDING, mention)
JUDGE = Judge.load()
TWENTY_DIGITS = "9" * 20
PNG = b"\x89PNG\r\n\x1a\n a small picture"


@pytest.fixture(scope="module", params=LOCALES)
def locale(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory, locale: str) -> dict[str, Reply]:
    """A reply of every kind, by its name."""

    async def collect() -> dict[str, Reply]:
        folder = tmp_path_factory.mktemp(locale)
        async with aclosing(opened(folder, FixedClock(), Secret(b"s" * 32), load_catalog([]))) as chats:
            return await gallery(await anext(chats), locale)

    return asyncio.run(collect())


# --- what Discord would refuse ------------------------------------------------------------------------------------------


def walk(components: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for component in components:
        yield component
        yield from walk(component.get("components", []))
        yield from walk([component["accessory"]] if "accessory" in component else [])


def check(message: Message) -> list[dict[str, Any]]:
    """Fails where a message goes beyond what Discord takes; its components, as they travel."""
    components: list[dict[str, Any]] = json.loads(json.dumps(message.view.to_components()))
    parts = list(walk(components))
    assert 0 < len(parts) <= 40
    assert sum(len(part["content"]) for part in parts if part["type"] == 10) <= 4000
    ids = [part["custom_id"] for part in parts if "custom_id" in part]
    assert len(ids) == len(set(ids))
    assert all(TEMPLATE.fullmatch(one) and len(one) <= 100 for one in ids)
    for part in parts:
        match part["type"]:
            case 1:
                assert 0 < len(part["components"]) <= 5
                assert len(part["components"]) == 1 or all(child["type"] == 2 for child in part["components"])
            case 2:
                assert 0 < len(part["label"]) <= 80
            case 3:
                assert 0 < len(part["options"]) <= 25
                assert 0 < len(part["placeholder"]) <= 150
                values = [option["value"] for option in part["options"]]
                assert len(values) == len(set(values))
                assert sum(bool(option.get("default")) for option in part["options"]) <= 1
                for option in part["options"]:
                    assert 0 < len(option["label"]) <= 100
                    assert len(option.get("description") or "") <= 100
            case _:
                pass
    names = [file.filename for file in message.files]
    assert len(names) == len(set(names)) <= 10
    assert sorted(names) == sorted(url.removeprefix("attachment://") for url in urls(parts))
    assert all(re.fullmatch(r"(avatar|preview|style-\d+|about-me)\.(png|json)", name) for name in names)
    if JUDGE is not None:
        body = json.dumps({"components": components, "flags": 1 << 15}).encode()
        assert JUDGE.request("POST", "/webhooks/1/token", "application/json", body) == []
    return components


def urls(parts: list[dict[str, Any]]) -> Iterator[str]:
    for part in parts:
        media = [part.get("media"), part.get("file"), *(item["media"] for item in part.get("items", []))]
        yield from (one["url"] for one in media if one)


def status(reply: Reply, *, size_limit: int = SIZE_LIMIT, **options: Any) -> list[list[dict[str, Any]]]:
    return [check(message) for message in LAYOUT.status(reply, size_limit=size_limit, **options)]


def text(components: list[dict[str, Any]]) -> str:
    return "\n".join(part["content"] for part in walk(components) if part["type"] == 10)


def labels(components: list[dict[str, Any]]) -> list[str]:
    return [part["label"] for part in walk(components) if part["type"] == 2]


def menus(components: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [part for part in walk(components) if part["type"] == 3]


def read(said: str) -> str:
    """What a client shows of markdown, as plain text."""
    return html.unescape(re.sub(r"<[^>]+>", "", re.sub(r"</(p|li|h3)>", "\n", markdown(said)))).strip()


def sentence(said: str, **options: Any) -> str:
    """One sentence with a parameter from outside, as it travels."""
    reply = Reply(lines=(Text("result-ready", {"style": said}),), locale="en", **options)
    return text(status(reply)[0])


# --- every reply --------------------------------------------------------------------------------------------------------


async def test_every_reply_is_within_the_limits(shown: dict[str, Reply]) -> None:
    for reply in shown.values():
        assert status(reply)
        assert status(reply, home=TWENTY_DIGITS, extra=(Text("discord-arrives-queue", {"hours": 24}),))


async def test_every_sentence_and_every_button_is_there(shown: dict[str, Reply], locale: str) -> None:
    for name, reply in shown.items():
        messages = status(reply)
        everything = " ".join(read(text(components)) for components in messages)
        for line in reply.lines:
            said = WORDING.say(locale, line)
            assert said in " ".join(everything.split("\n")), (name, said)
        there = [one for components in messages for one in labels(components)]
        assert there == [WORDING.say(locale, action.label) for action in reply.actions if not action.options], name
        offered = {
            option["value"] for components in messages for menu in menus(components) for option in menu["options"]
        }
        pressed = [action for action in actions(reply) if action not in reply.actions]
        assert offered == {
            *(option.value for action in reply.actions for option in action.options),
            *(action.choice for action in pressed),
        }, name


async def test_every_press_means_what_its_action_says(shown: dict[str, Reply]) -> None:
    for reply in shown.values():
        wanted: list[tuple[str, dict[str, Any], bool]] = []
        for action in actions(reply):
            values = [option.value for option in action.options] or [action.choice]
            for value in values:
                arguments = {"job": action.job, "choice": value}
                wanted.append(
                    (action.command, {k: v for k, v in arguments.items() if v is not None}, action.wants_photo)
                )
        found: list[tuple[str, dict[str, Any], bool]] = []
        for components in status(reply, home="42"):
            for part in walk(components):
                values = [option["value"] for option in part.get("options", [])] or [None]
                for value in values if "custom_id" in part else []:
                    pressed = unpack(part["custom_id"] if value is None else chosen(part["custom_id"], value))
                    assert pressed.home == "42"
                    found.append((pressed.command, pressed.arguments, pressed.wants_photo))
        posts = {action.command for action in reply.actions if action.posts}
        key = repr
        assert sorted(found, key=key) == sorted((one for one in wanted if one[0] not in posts), key=key)


# --- single replies -----------------------------------------------------------------------------------------------------


async def test_a_result_is_headline_then_picture_then_details_then_buttons(shown: dict[str, Reply]) -> None:
    message = LAYOUT.status(shown["finished"], size_limit=SIZE_LIMIT)[0]
    (container,) = check(message)
    kinds = [part["type"] for part in container["components"]]
    assert kinds[:2] == [10, 12]
    assert kinds[-2:] == [1, 1]
    styles = [part["style"] for part in walk([container]) if part["type"] == 2]
    assert (styles[0], styles[-1], set(styles[1:-1])) == (1, 4, {2})
    assert [file.filename for file in message.files] == ["avatar.png"]
    assert container["components"][1]["items"][0]["description"]


async def test_each_kind_of_button_under_several_pictures_has_a_row(shown: dict[str, Reply]) -> None:
    ((container,),) = status(shown["several"])
    rows = [[one["label"] for one in part["components"]] for part in container["components"] if part["type"] == 1]
    said = [WORDING.say(shown["several"].locale, action.label) for action in shown["several"].actions]
    assert rows == [said[:4], said[4:8], said[8:]]


async def test_a_preview_shows_a_bar(shown: dict[str, Reply]) -> None:
    (message,) = LAYOUT.status(shown["drawing"], size_limit=SIZE_LIMIT)
    assert bar(0.42) in text(check(message))
    assert [file.filename for file in message.files] == ["preview.png"]
    assert (bar(0), bar(1), bar(7)) == ("▱" * 12, "▰" * 12, "▰" * 12)


async def test_an_error_is_one_plain_sentence_without_a_frame(shown: dict[str, Reply]) -> None:
    for name in ("refused", "no photo", "refused while paused"):
        ((only,),) = status(shown[name])
        assert only["type"] == 10
        assert not only["content"].startswith("#")


async def test_a_menu_tells_what_it_is_for_and_what_is_chosen(shown: dict[str, Reply], locale: str) -> None:
    (components,) = status(shown["settings"])
    for menu, action in zip(menus(components), shown["settings"].actions, strict=True):
        label = WORDING.say(locale, action.label)
        assert menu["placeholder"] == label
        assert f"**{label}**" in text(components)
        assert [one["value"] for one in menu["options"] if one.get("default")] == [
            option.value for option in action.options if option.selected
        ]


async def test_more_options_than_a_menu_holds_are_split(shown: dict[str, Reply], locale: str) -> None:
    (components,) = status(shown["a long menu"])
    first, second = menus(components)
    label = WORDING.say(locale, Text("action-set-style"))
    assert [first["placeholder"], second["placeholder"]] == [f"{label} (1/2)", f"{label} (2/2)"]
    assert [option["value"] for option in first["options"] + second["options"]] == [f"style-{n}" for n in range(40)]
    assert first["custom_id"] != second["custom_id"]
    assert unpack(chosen(first["custom_id"], "style-1")).command == "set-style"


async def test_a_wall_shows_each_style_beside_its_name(shown: dict[str, Reply], locale: str) -> None:
    messages = LAYOUT.status(shown["many styles"], size_limit=SIZE_LIMIT)
    assert len(messages) == 3
    for message in messages:
        components = check(message)
        sections = [part for part in walk(components) if part["type"] == 9]
        assert len(sections) == len(message.files) <= 10
        (menu,) = menus(components)
        assert menu["placeholder"] == WORDING.say(locale, Text("discord-wall-choose"))
        names = [section["components"][0]["content"].strip("*") for section in sections]
        assert names == [option["label"] for option in menu["options"]]


async def test_the_log_is_a_list_in_one_message(shown: dict[str, Reply]) -> None:
    (components,) = status(shown["log"])
    assert text(components).count("\n- ") == 20
    assert "\\-" not in text(components)


async def test_commands_can_be_clicked(shown: dict[str, Reply]) -> None:
    (components,) = status(shown["help for moderators"])
    assert re.findall(r"</([a-z]+):\d+>", text(components)) == [
        "avatar",
        "styles",
        "queue",
        "settings",
        "privacy",
        "help",
        "room",
        "block",
        "unblock",
    ]


async def test_sharing_by_direct_message_is_left_to_the_server(shown: dict[str, Reply], locale: str) -> None:
    finished = shown["finished"]
    if not any(action.posts for action in finished.actions):
        finished = replace(
            finished, actions=tuple(replace(one, posts=one.command == "share") for one in finished.actions)
        )
    share = WORDING.say(locale, Text("action-share"))
    (there,), (here,) = status(finished), status(finished, home="42")
    assert share in labels(there)
    assert share not in labels(here)
    assert "</queue:" in text(here)


async def test_what_is_too_large_is_a_sentence_and_the_buttons_stay(shown: dict[str, Reply], locale: str) -> None:
    for name in ("finished", "export"):
        (message,) = LAYOUT.status(shown[name], size_limit=100)
        components = check(message)
        assert message.files == []
        assert WORDING.say(locale, Text("discord-too-large")) in read(text(components))
        assert labels(components) == labels(status(shown[name])[0])


async def test_a_shared_picture_stands_alone(shown: dict[str, Reply], locale: str) -> None:
    share = shown["shared"].share
    assert share is not None
    (gallery_alone,) = check(LAYOUT.post(share, locale=locale))
    assert gallery_alone["type"] == 12
    named = check(LAYOUT.post(share, name="**Mina** <@1> @everyone", locale=locale))
    assert "**Mina** <@1> @everyone" in read(text(named))
    assert "<@1>" not in text(named).replace("\\<", "")


def test_the_note_in_public_says_nothing_about_anybody(locale: str) -> None:
    components = check(LAYOUT.note(12, locale=locale))
    (button,) = [part for part in walk(components) if part["type"] == 2]
    pressed = unpack(button["custom_id"])
    assert (pressed.command, pressed.arguments, pressed.home) == ("show", {"job": 12}, "")
    assert not re.search(r"\d", text(components))


# --- what comes from outside ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "**bold** _under_ ~~gone~~ ||spoiler|| `code`",
        "<@123456789012345678> <#1> <t:1> <:a:1> </avatar:1>",
        "[masked](https://example.com/_a_)",
        "back\\slash \\*",
        "\\[twice](https://example.com)",
        "two\nlines\n# three",
        "a-b #12 1. two - three",
    ],
)
def test_a_name_from_outside_is_shown_as_it_is(name: str) -> None:
    assert read(sentence(name)).split("Style: ")[1].removesuffix(".") == name
    assert not re.search(r"(?<!\\)[*`<\[_~|]", sentence(name).replace("/_a_", ""))


@pytest.mark.parametrize(
    "start", ["#12", "# heading", "> quote", "- item", "-# small", "* item", "```", ">>> all", "1. one"]
)
def test_a_sentence_that_begins_like_formatting_is_a_sentence(start: str) -> None:
    for lines in ((Text("verbatim", {"text": start}),), (Text("log-empty"), Text("verbatim", {"text": start}))):
        said = text(status(Reply(lines=lines, locale="en"))[0]).split("\n")[-1].removeprefix("### ")
        assert not re.match(r"#|>|-|\*|```", said)
        assert read(said) == start


def test_numbers_read_well_in_lists() -> None:
    line = Text("queue-done", {"number": "#12", "style": "Ink"})
    components = status(Reply(lines=(Text("log-headline"), line, line), locale="en"))[0]
    assert "- #12: finished" in text(components).replace("\\", "")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("use /avatar.", "use </avatar:1234567890>."),
        ("/queue에서", "</queue:1234567890>에서"),
        ("(/help)", "(</help:1234567890>)"),
        ("see /nothing", "see /nothing"),
        ("and/or /avatars", "and/or /avatars"),
        ("/avatar.png and ./avatar", "/avatar.png and ./avatar"),
        ("https://example.com/avatar?x=/queue", "https://example.com/avatar?x=/queue"),
    ],
)
def test_only_whole_names_of_commands_become_clickable(said: str, shown: str) -> None:
    assert text(status(Reply(lines=(Text("verbatim", {"text": said}),), locale="en"))[0]) == shown


def test_a_flood_of_text_is_cut_with_a_sentence() -> None:
    lines = (Text("log-headline"), *(Text("verbatim", {"text": f"{n} *" + "가" * 150}) for n in range(60)))
    (components,) = status(Reply(lines=lines, actions=(Action(Text("action-back"), "room"),), locale="ko"))
    *kept, last = text(components).split("\n")
    missing = WORDING.say("ko", Text("discord-cut", {"count": 61 - len(kept)}))
    assert len(kept) > 15
    assert read(last) == missing
    assert labels(components) == ["뒤로"]


def test_long_labels_are_cut_not_refused() -> None:
    long = Text("verbatim", {"text": "x" * 300})
    option = Option("a", long, hint=long, selected=True)
    tile = Tile(Picture(PNG, long), long, Action(long, "try-style", choice="ink"))
    acts = (Action(long, "again", 1), Action(long, "set-style", options=(option,)))
    assert status(Reply(lines=(long,), wall=(tile,), actions=acts, locale="en"))


def test_what_does_not_fit_goes_into_further_messages() -> None:
    acts = tuple(Action(Text("verbatim", {"text": f"S{n}"}), "try-style", choice=f"s{n}") for n in range(70))
    pages = status(Reply(lines=(Text("other-headline"),), actions=acts, locale="en"))
    assert len(pages) == 3
    assert [label for page in pages for label in labels(page)] == [f"S{n}" for n in range(70)]


def test_two_equal_buttons_have_different_ids() -> None:
    twice = (Action(Text("action-back"), "room"), Action(Text("action-back"), "room"))
    (components,) = status(Reply(lines=(Text("log-empty"),), actions=twice, locale="en"))
    assert labels(components) == ["Back", "Back"]


def test_any_reply_at_all_is_within_the_limits() -> None:
    chance = random.Random(3)

    def words() -> Text:
        letters = "ab #*_~|`>-\\<@:/[](){}가🙂\n"
        return Text("verbatim", {"text": "x" + "".join(chance.choices(letters, k=chance.randrange(1, 200)))})

    def action() -> Action:
        count = chance.choice((0, 0, 0, 1, 30, 60))
        options = tuple(Option(f"{n}", words(), words(), selected=n == 3) for n in range(count))
        choice = None if options else chance.choice((None, "ink"))
        tone = chance.choice(("normal", "primary", "danger"))
        return Action(words(), "again", chance.randrange(10**15), choice, options, tone, chance.random() < 0.5)

    for _ in range(40):
        reply = Reply(
            lines=tuple(words() for _ in range(chance.randrange(1, 40))),
            picture=Picture(PNG, words()) if chance.random() < 0.5 else None,
            wall=tuple(
                Tile(Picture(PNG, words()), words(), Action(words(), "try-style", choice=f"s{n}"))
                for n in range(chance.choice((0, 1, 8, 9, 40)))
            ),
            actions=tuple(action() for _ in range(chance.randrange(12))),
            file=File("about-me.json", b"{}") if chance.random() < 0.3 else None,
            progress=chance.choice((None, 0.5)),
            locale=chance.choice(LOCALES),
        )
        assert status(reply, home=chance.choice(("", TWENTY_DIGITS)))


# --- custom ids -----------------------------------------------------------------------------------------------------------


def test_an_id_of_the_longest_action_is_read_back() -> None:
    longest = Action(Text("x"), "a" * 20, 10**15, "c" * 26, wants_photo=True, posts=True)
    packed = pack(longest, home=TWENTY_DIGITS, part=99)
    assert len(packed) <= 100
    read_back = unpack(packed)
    assert (read_back.command, read_back.arguments) == ("a" * 20, {"job": 10**15, "choice": "c" * 26})
    assert (read_back.wants_photo, read_back.posts, read_back.home) == (True, True, TWENTY_DIGITS)


@pytest.mark.parametrize(
    "foreign",
    ["", "again:1:", "bpp", "bpp:b::", "bpp:x:::a:1:", "bpp:b:::A:1:", "bpp:b:::a:x:", "bpp:b:x::a:1:", "bpp:b:::a:1",
     "bpp:b:::a:1:" + "가" * 22, "bpp:bps:" + "9" * 21 + "::a:1:", "bpp:b:::a:１:"],
)  # fmt: skip
def test_an_id_that_is_not_ours_is_refused(foreign: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - this is all that it promises
        unpack(foreign)


def test_buttons_and_menus_are_told_apart() -> None:
    options = (Option("ink", Text("x")),)
    menu = pack(Action(Text("x"), "other", 3, options=options, wants_photo=True), home="7")
    assert MENU.fullmatch(menu)
    assert not BUTTON.fullmatch(menu)
    button = chosen(menu, "ink")
    assert button == pack(Action(Text("x"), "other", 3, "ink", wants_photo=True), home="7")
    assert BUTTON.fullmatch(button)
    assert not MENU.fullmatch(button)


class Inbound:
    """Remembers what was pressed."""

    def __init__(self) -> None:
        self.presses: list[str] = []

    async def pressed(self, _interaction: Any, custom_id: str, _choice: str | None = None) -> None:
        self.presses.append(custom_id)


async def test_buttons_and_menus_work_in_messages_from_before_a_restart() -> None:
    """discord.py finds our classes by custom id alone, as it does when it knows nothing of the message."""
    options = (Option("ink", Text("language-en")), Option("pop", Text("language-ko")))
    reply = Reply(
        lines=(Text("log-empty"),),
        actions=(Action(Text("action-set-style"), "set-style", options=options), Action(Text("action-back"), "room")),
        locale="en",
    )
    (components,) = status(reply)
    menu, button = (part["custom_id"] for part in walk(components) if "custom_id" in part)
    state: Any = SimpleNamespace()
    store = ViewStore(state)
    store.add_dynamic_items(ActionButton, ActionMenu)
    inbound = Inbound()
    message = SimpleNamespace(
        id=1,
        flags=SimpleNamespace(components_v2=True),
        components=[discord.components._component_factory(one, None) for one in components],
    )

    def interaction(data: Mapping[str, Any]) -> Any:
        return SimpleNamespace(message=message, data=data, client=SimpleNamespace(inbound=inbound))

    store.dispatch_view(2, button, interaction({"custom_id": button, "component_type": 2}))
    store.dispatch_view(3, menu, interaction({"custom_id": menu, "component_type": 3, "values": ["pop"]}))
    tasks: set[Any] = store._ViewStore__tasks  # type: ignore[attr-defined]
    for task in list(tasks):
        await task
    assert sorted(inbound.presses) == sorted([button, chosen(menu, "pop")])


# --- modals ---------------------------------------------------------------------------------------------------------------


async def test_modals_are_within_the_limits_and_nothing_keeps_them(locale: str) -> None:
    for modal in (
        photo_modal("bpp:bp:::again:1:", WORDING, locale, called=lambda name: f"my-{name}"),
        share_modal("bpp:bs:::share:1:", WORDING, locale),
    ):
        payload = json.loads(json.dumps(modal.to_dict()))
        assert TEMPLATE.fullmatch(payload["custom_id"])
        assert 0 < len(payload["title"]) <= 45
        _, label = payload["components"]
        assert 0 < len(label["label"]) <= 45
        assert modal.is_finished()  # discord.py stores only what is not
        if JUDGE is not None:
            body = json.dumps({"type": 9, "data": payload}).encode()
            assert JUDGE.request("POST", "/interactions/1/token/callback", "application/json", body) == []
    photo = photo_modal("bpp:bp:::again:1:", WORDING, locale, called=lambda name: f"my-{name}").to_dict()
    assert "/my-avatar" in photo["components"][0]["content"]
    assert photo["components"][1]["component"] == {
        "type": 19,
        "custom_id": "photo",
        "min_values": 1,
        "max_values": 1,
        "required": True,
    }
    assert share_modal("bpp:bs:::share:1:", WORDING, locale).to_dict()["components"][1]["component"]["default"] is False


def test_a_submitted_photo_is_read_from_the_raw_event() -> None:
    file = {"id": "5", "filename": "me.jpg", "size": 3, "url": "https://cdn.discordapp.com/x"}
    data = {
        "custom_id": "bpp:bp:::again:1:",
        "components": [
            {"type": 10, "id": 1},
            {"type": 18, "id": 2, "component": {"type": 19, "id": 3, "custom_id": "photo", "values": ["5", "6"]}},
        ],
        "resolved": {"attachments": {"5": file, "9": {"id": "9"}}},
    }
    read_back = submitted(data)
    assert (read_back.custom_id, read_back.attachments, read_back.ticked) == ("bpp:bp:::again:1:", (file,), False)


@pytest.mark.parametrize("ticked", [True, False])
def test_a_ticked_box_is_read_from_the_raw_event(ticked: bool) -> None:
    box = {"type": 23, "id": 3, "custom_id": "named", "value": ticked}
    data = {"custom_id": "bpp:bs:::share:1:", "components": [{"type": 18, "id": 2, "component": box}]}
    assert submitted(data).ticked is ticked
    assert submitted({"custom_id": "x", "components": None}).attachments == ()
