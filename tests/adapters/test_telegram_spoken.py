"""What members write after a command on Telegram: in any order, in both languages, and never answered by a crash."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.telegram.chooser import line
from adapters.telegram.spoken import Spoken, parse, reads
from bot.chat import Argument, Call, Command, Option, Reply, Text
from bot.secrets import Secret
from bot.wording import Wording
from generator.styles import load_catalog
from tests.bot.conftest import Chat, FixedClock, opened

WORDING = Wording()


@pytest.fixture
async def chat(tmp_path: Path) -> Any:
    async for chat in opened(tmp_path, FixedClock(), Secret(b"s" * 32), load_catalog([])):
        yield chat


def call(locale: str = "en", command: str = "avatar", **more: Any) -> Call:
    return Call("event", "telegram", "library", "mina", command, locale=locale, **more)


async def hear(chat: Chat, text: str, locale: str = "en", command: str = "avatar") -> Spoken:
    return await parse(chat.dispatcher, WORDING, call(locale, command), text)


def problem(spoken: Spoken, locale: str = "en") -> str:
    assert spoken.problem is not None, spoken
    return WORDING.say(locale, spoken.problem)


# --- what is understood -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("locale", ["en", "ko"])
@pytest.mark.parametrize(
    ("text", "understood"),
    [
        ("", {}),
        ("   ", {}),
        ("ink", {"style": "ink"}),
        ("INK", {"style": "ink"}),
        ("잉크", {"style": "ink"}),
        ("종이 오리기", {"style": "papercut"}),
        ("style=ink", {"style": "ink"}),
        ("style = ink", {"style": "ink"}),
        ("스타일=잉크", {"style": "ink"}),
        ("STYLE=Ink", {"style": "ink"}),
        ("style ink 3 스타일:잉크 pictures:3 3장", {"style": "ink", "pictures": "3"}),
        ("4 styles 그림 수=4가지 스타일", {"pictures": "4-styles"}),
        ("ink moving", {"style": "ink", "motion": "moving"}),
        ("움직이는 그림 motion:moving", {"motion": "moving"}),
        ("sty=ink", {"style": "ink"}),
        ("ink hair=long", {"style": "ink", "hair": "long"}),
        ("hair=long ink", {"style": "ink", "hair": "long"}),
        ("머리=긴 머리 잉크", {"style": "ink", "hair": "long"}),
        ("long hair, ink.", {"style": "ink", "hair": "long"}),
        ("hair long ink", {"style": "ink", "hair": "long"}),
        ("beard none", {"beard": "none"}),
        ("no glasses", {"glasses": "none"}),
        ("headscarf", {"hair": "covered"}),
        ("Headscarf or turban", {"hair": "covered"}),
        ("hair=headscarf or turban pop", {"hair": "covered", "style": "pop"}),
        ("clearly me", {"likeness": "clear"}),
        ("likeness=clearly me pixel", {"likeness": "clear", "style": "pixel"}),
        ('likeness="clearly me"', {"likeness": "clear"}),
        ("likeness=“clearly me”", {"likeness": "clear"}),
        ("“clearly me” ink", {"likeness": "clear", "style": "ink"}),
        ("분명히 나", {"likeness": "clear"}),
        ("닮은 정도=분명히 나 잉크", {"likeness": "clear", "style": "ink"}),
        ("닮은정도=분명히나", {"likeness": "clear"}),
        ("긴머리 종이오리기", {"hair": "long", "style": "papercut"}),
        ("Skin tone: dark", {"skin": "dark"}),
        ("dark skin tone", {"skin": "dark"}),
        ("skin tone = dark", {"skin": "dark"}),
        ("notion", {"style": "notionists"}),
        ("노셔", {"style": "notionists"}),
        ("shades", {"glasses": "shades"}),
        ("purple moustache sunglasses", {"colour": "purple", "beard": "moustache", "glasses": "shades"}),
        (
            "none hair=bun glasses=round beard=full",
            {"likeness": "none", "hair": "bun", "glasses": "round", "beard": "full"},
        ),
        ("ink ink", {"style": "ink"}),
        ("ＩＮＫ", {"style": "ink"}),
        ("\u110b\u1175\u11bc\u110f\u1173", {"style": "ink"}),
    ],
)
async def test_what_is_meant_is_understood(chat: Chat, text: str, understood: dict[str, str], locale: str) -> None:
    spoken = await hear(chat, text, locale)
    assert (spoken.arguments, spoken.problem) == (understood, None)


async def test_every_value_is_understood_by_its_name_in_both_languages(chat: Chat) -> None:
    command = chat.dispatcher.commands[0]
    tried = 0
    for argument in (one for one in command.arguments if one.kind == "choice"):
        for locale in ("en", "ko"):
            label = WORDING.say(locale, Text(f"avatar-{argument.name}"))
            for option in await chat.dispatcher.options(call(locale), argument.name):
                said = WORDING.say(locale, option.label)
                for text in (f'{label}="{said}"', f"{argument.name}={said}", f"{label}={option.value}"):
                    spoken = await hear(chat, text)
                    assert (spoken.arguments, spoken.problem) == ({argument.name: option.value}, None), text
                    tried += 1
    assert tried > 200


async def test_the_order_does_not_matter(chat: Chat) -> None:
    words = ["ink", "hair=long", "calm", "no glasses", "likeness=hint"]
    wanted = {"style": "ink", "hair": "long", "mood": "calm", "glasses": "none", "likeness": "hint"}
    for order in itertools.permutations(words):
        assert (await hear(chat, " ".join(order))).arguments == wanted


async def test_a_line_of_the_chooser_can_be_sent_as_it_stands(chat: Chat) -> None:
    given = {"style": "papercut", "hair": "covered", "likeness": "none", "glasses": "none", "skin": "dark"}
    spoken = await hear(chat, line("avatar", given).removeprefix("/avatar"))
    assert (spoken.arguments, spoken.problem) == (given, None)


async def test_what_was_understood_can_be_drawn(chat: Chat) -> None:
    spoken = await hear(chat, "잉크 긴 머리")
    assert (await chat.say(spoken.command, **spoken.arguments)).busy


async def test_styles_are_known_in_both_languages_whatever_a_member_has_set(chat: Chat) -> None:
    settings = await chat.say("settings")
    language = next(one for one in settings.actions if one.command == "set-language")
    await chat.press(language, "en")
    mine = replace(call("en"), platform="paper", room="library", member="mina")
    spoken = await parse(chat.dispatcher, WORDING, mine, "종이 오리기")
    assert spoken.arguments == {"style": "papercut"}


@pytest.mark.parametrize(("typed", "meant"), [("잉코", "ink"), ("픽샐", "pixel"), ("inkk", "ink")])
async def test_a_slip_of_one_key_is_recognised(chat: Chat, typed: str, meant: str) -> None:
    """A syllable is several keys: by syllables, half of a short Korean word would be wrong."""
    spoken = await hear(chat, typed)
    assert spoken.problem is not None
    assert spoken.matches[0].value == meant


async def test_a_style_that_is_forbidden_here_is_said_to_be(chat: Chat) -> None:
    staff = {"by": "boss", "moderator": True}
    room = await chat.say("room", **staff)
    await chat.press(next(one for one in room.actions if one.command == "room-style"), "-ink", **staff)
    spoken = await parse(chat.dispatcher, WORDING, replace(call(), platform="paper"), "ink")
    assert not spoken.arguments
    assert spoken.problem is not None
    assert spoken.problem.key == "telegram-style-forbidden"


async def test_thanks_after_a_command_without_arguments_are_no_mistake(chat: Chat) -> None:
    for command in ("queue", "help", "settings", "block"):
        assert await hear(chat, "please, and thank you = much", command=command) == Spoken(command)


# --- what is not --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said", "understood"),
    [
        ("inkk", "“inkk” is not something we know here. Did you mean: Style: Ink", {}),
        ("inkk hair=long", "“inkk”", {"hair": "long"}),
        ("hair=lnog", "“lnog” is not something we know here. Did you mean: Hair: Long", {}),
        ("please", "“please” is not something we know here. Choose with the buttons instead.", {}),
        ("shoes=red", "“shoes=red”", {}),
        ("none", "“none” can mean several things: Likeness: no photo, Glasses: No glasses, Beard: No beard.", {}),
        ("ink pixel", "more than one thing for “Style”", {"style": "ink"}),
        ("style=ink pixel", "more than one thing for “Style”", {"style": "ink"}),
        ("hair=", "“hair=”", {}),
        ("a", "“a” is not something", {}),
        ("x" * 400, "…”", {}),
    ],
)
async def test_what_is_not_understood_is_said_with_the_best_matches(
    chat: Chat, text: str, said: str, understood: dict[str, str]
) -> None:
    spoken = await hear(chat, text)
    assert said in problem(spoken)
    assert spoken.arguments == understood
    assert len(problem(spoken)) < 300


async def test_the_best_matches_come_with_what_they_mean(chat: Chat) -> None:
    spoken = await hear(chat, "none ink")
    assert [(one.argument, one.value) for one in spoken.matches] == [
        ("likeness", "none"),
        ("glasses", "none"),
        ("beard", "none"),
    ]
    assert [(one.argument, one.value) for one in (await hear(chat, "inkk")).matches][:1] == [("style", "ink")]


async def test_the_sentence_is_in_the_language_of_the_member(chat: Chat) -> None:
    spoken = await hear(chat, "none", "ko")
    assert "안경: 안경 없음" in problem(spoken, "ko")


@settings(deadline=None)  # the first one parses all sentences
@given(st.text(max_size=120) | st.text(alphabet="ink hairlog=\"“”'=,. \n종이오리기none", max_size=60))
def test_nothing_that_anybody_writes_raises(text: str) -> None:
    spoken = asyncio.run(parse(Numbered(), WORDING, call(), text))
    assert spoken.command == "avatar"
    assert spoken.problem is None or WORDING.say("en", spoken.problem) != spoken.problem.key


async def test_a_command_that_nobody_knows_says_nothing(chat: Chat) -> None:
    assert await hear(chat, "ink", command="nothing") == Spoken("nothing")


# --- numbers and texts --------------------------------------------------------------------------------------------------


@dataclass
class Numbered:
    """An application whose /avatar takes a style, a number and a text."""

    text: bool = False

    @property
    def commands(self) -> Sequence[Command]:
        arguments = [
            Argument("style", "choice", source="styles"),
            Argument("photo", "photo"),
            Argument("likeness", "number", least=1, most=9),
        ]
        if self.text:
            arguments.append(Argument("mood", "text"))
        return [Command("avatar", Reply, tuple(arguments))]

    async def handle(self, call: Call) -> Reply:
        return Reply((Text("error-command"),), locale=call.locale)

    async def options(self, call: Call, argument: str, typed: str = "") -> tuple[Option, ...]:
        if argument != "style":
            return ()
        return tuple(Option(one, Text("verbatim", {"text": one.title()})) for one in ("ink", "pixel", "pop"))


@pytest.mark.parametrize(
    ("text", "understood"),
    [
        ("3", {"likeness": 3}),
        ("likeness=3 ink", {"likeness": 3, "style": "ink"}),
        ("ink 9", {"likeness": 9, "style": "ink"}),
    ],
)
async def test_a_number_is_a_number(text: str, understood: dict[str, Any]) -> None:
    spoken = await parse(Numbered(), WORDING, call(), text)
    assert (spoken.arguments, spoken.problem) == (understood, None)


@pytest.mark.parametrize("text", ["0", "10", "-3", "likeness=ten", "9" * 40, "likeness=²"])
async def test_a_number_out_of_bounds_is_a_sentence_with_the_bounds(text: str) -> None:
    spoken = await parse(Numbered(), WORDING, call(), text)
    assert "from 1 to 9" in problem(spoken)
    assert spoken.arguments == {}


@pytest.mark.parametrize(
    ("text", "understood"),
    [
        ('ink "quite happy" 3', {"style": "ink", "likeness": 3, "mood": "quite happy"}),
        ("“quite happy” ink", {"style": "ink", "mood": "quite happy"}),
        ("ink mood=quite happy today", {"style": "ink", "mood": "quite happy today"}),
        ('mood="quite happy" ink', {"style": "ink", "mood": "quite happy"}),
        ('mood="ink and rain"', {"mood": "ink and rain"}),
    ],
)
async def test_a_text_has_its_name_or_stands_in_quotes(text: str, understood: dict[str, Any]) -> None:
    spoken = await parse(Numbered(text=True), WORDING, call(), text)
    assert (spoken.arguments, spoken.problem) == (understood, None)


@pytest.mark.parametrize("text", ["inkk", "me on holiday", "ink please"])
async def test_a_slip_of_the_pen_and_words_about_a_photo_are_no_text(text: str) -> None:
    spoken = await parse(Numbered(text=True), WORDING, call(), text)
    assert "mood" not in spoken.arguments
    assert problem(spoken)


async def test_where_nothing_else_can_be_said_all_words_are_the_text(tmp_path: Path) -> None:
    async for chat in opened(tmp_path, FixedClock(), Secret(b"s" * 32), load_catalog([], painted=True)):
        for text in ("red rose", '"red rose"', 'red "rose"', "block=red rose"):
            assert (await hear(chat, text, command="room-words")).arguments == {"block": "red rose"}
        spoken = await hear(chat, 'ink "a knight with long hair" best')
        assert spoken.arguments == {"style": "ink", "about": "a knight with long hair", "quality": "best"}


async def test_a_photo_is_not_said_in_words() -> None:
    spoken = await parse(Numbered(), WORDING, call(), "photo=x ink")
    assert spoken.arguments == {"style": "ink"}


async def test_the_language_of_a_member_is_the_one_that_they_chose(chat: Chat) -> None:
    mine = replace(call("ko"), platform="paper")
    assert await reads(chat.dispatcher, mine) == "ko"
    settings = await chat.say("settings")
    await chat.press(next(one for one in settings.actions if one.command == "set-language"), "en")
    assert await reads(chat.dispatcher, mine) == "en"
