"""What a button or a link on Telegram says, and that nobody but us can have said it."""

from __future__ import annotations

import asyncio
import base64
import string
from contextlib import aclosing
from typing import Any, get_args

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from adapters.telegram.callbacks import Callbacks, Kind, Pressed
from adapters.telegram.links import GOOD_MINUTES, Expired, Links, base36
from bot.chat import LOCALES, Action, Reply, Text
from bot.secrets import Secret
from generator.styles import load_catalog
from tests.bot.conftest import FixedClock, actions, opened
from tests.journeys.discord_page import gallery

CALLBACKS = Callbacks(b"k" * 32)
CHAT = 2**52 - 1
HOME = 2**40 - 1
"""The longest number that a group has."""

NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,11}", fullmatch=True)
CHOICES = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
NUMBERS = st.integers(0, 2**40 - 1)
CALLS = st.builds(
    Pressed,
    st.sampled_from(["call", "share", "named", "file", "keys"]),
    NAMES,
    NUMBERS,
    job=st.none() | st.integers(0, 10**8),
    choice=CHOICES,
    wants_photo=st.booleans(),
)
MENUS = st.builds(Pressed, st.just("menu"), NAMES, NUMBERS, panel=NAMES, page=st.integers(0, 99))
PANELS = st.builds(Pressed, st.just("choose"), NAMES, NUMBERS, argument=st.just("") | NAMES, page=st.integers(0, 99))
PICKS = st.builds(Pressed, st.just("pick"), NAMES, NUMBERS, argument=NAMES, choice=CHOICES)
RUNS = st.builds(Pressed, st.just("run"), NAMES, NUMBERS)
PRESSED = CALLS | MENUS | PANELS | PICKS | RUNS
CHATS = st.integers(1, 2**52)


def packed(pressed: Pressed, chat: int) -> str:
    try:
        return CALLBACKS.press(pressed, chat=chat)
    except ValueError:
        assume(False)
        raise


@pytest.fixture(scope="module", params=LOCALES)
def shown(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Reply]:
    """A reply of every kind, made by the application."""

    async def collect() -> dict[str, Reply]:
        folder = tmp_path_factory.mktemp(request.param)
        async with aclosing(opened(folder, FixedClock(), Secret(b"s" * 32), load_catalog([]))) as chats:
            return await gallery(await anext(chats), request.param)

    return asyncio.run(collect())


# --- buttons ------------------------------------------------------------------------------------------------------------


def test_every_kind_of_button_is_tried_here() -> None:
    kinds = {"call", "share", "named", "file", "keys", "menu", "choose", "pick", "run"}
    assert kinds == set(get_args(Kind))


@settings(deadline=None)
@given(PRESSED, CHATS)
def test_a_press_says_what_its_button_was_told(pressed: Pressed, chat: int) -> None:
    data = packed(pressed, chat)
    assert 0 < len(data.encode()) <= 64
    assert CALLBACKS.unpack(data, chat=chat) == pressed


@settings(deadline=None)
@given(PRESSED, CHATS, CHATS)
def test_a_button_of_another_chat_is_refused(pressed: Pressed, chat: int, other: int) -> None:
    assume(chat != other)
    data = packed(pressed, chat)
    with pytest.raises(ValueError, match="not one of our buttons"):
        CALLBACKS.unpack(data, chat=other)


@settings(deadline=None)
@given(PRESSED, CHATS, st.data())
def test_a_button_with_one_letter_changed_is_refused(pressed: Pressed, chat: int, data: st.DataObject) -> None:
    sent = packed(pressed, chat)
    at = data.draw(st.integers(0, len(sent) - 1))
    letter = data.draw(st.sampled_from(string.ascii_letters + string.digits + ":-_"))
    assume(sent[at] != letter)
    with pytest.raises(ValueError, match="not one of our buttons"):
        CALLBACKS.unpack(sent[:at] + letter + sent[at + 1 :], chat=chat)


@settings(deadline=None)
@given(PRESSED, CHATS, st.integers(0, 63))
def test_a_button_that_was_cut_off_is_refused(pressed: Pressed, chat: int, kept: int) -> None:
    sent = packed(pressed, chat)
    assume(kept < len(sent))
    with pytest.raises(ValueError, match="not one of our buttons"):
        CALLBACKS.unpack(sent[:kept], chat=chat)


@settings(deadline=None)
@given(st.text(max_size=80), CHATS)
def test_whatever_else_arrives_is_refused(data: str, chat: int) -> None:
    with pytest.raises(ValueError, match="not one of our buttons"):
        CALLBACKS.unpack(data, chat=chat)


@settings(deadline=None)
@given(PRESSED, CHATS)
def test_another_bot_cannot_press_our_buttons(pressed: Pressed, chat: int) -> None:
    with pytest.raises(ValueError, match="not one of our buttons"):
        Callbacks(b"another" * 5).unpack(packed(pressed, chat), chat=chat)


def test_every_action_of_the_application_fits_into_its_button(shown: dict[str, Reply]) -> None:
    tried = 0
    for reply in shown.values():
        for action in actions(reply):
            for choice in [option.value for option in action.options] or [None]:
                data = CALLBACKS.pack(action, choice, chat=CHAT, home=HOME)
                assert len(data.encode()) <= 64
                pressed = CALLBACKS.unpack(data, chat=CHAT)
                assert (pressed.command, pressed.arguments) == Action.unpack(action.pack(choice))
                assert pressed.kind == ("share" if action.posts else "call")
                assert (pressed.wants_photo, pressed.home) == (action.wants_photo, HOME)
                tried += 1
    assert tried > 100


@pytest.mark.parametrize(
    ("command", "job", "choice"),
    [
        ("room-unblock", None, "f" * 32),
        ("room-style", None, "+" + "s" * 32),
        ("try-style", None, "s" * 32),
        ("other", 10**8, "s" * 28),
        ("unshare", 10**12, None),
    ],
)
def test_the_longest_actions_fit_too(command: str, job: int | None, choice: str | None) -> None:
    action = Action(Text("action-again"), command, job, choice)
    assert CALLBACKS.unpack(CALLBACKS.pack(action, chat=CHAT, home=HOME), chat=CHAT).choice == (choice or "")


def test_what_does_not_fit_raises_when_it_is_made_not_when_it_is_pressed() -> None:
    with pytest.raises(ValueError, match="not fit"):
        CALLBACKS.press(Pressed("call", "other", HOME, 1, "x" * 50), chat=CHAT)
    with pytest.raises(ValueError, match="not one of our buttons"):
        CALLBACKS.press(Pressed("call", "Other"), chat=CHAT)


def test_a_button_names_neither_its_chat_nor_a_person() -> None:
    assert str(CHAT) not in CALLBACKS.press(Pressed("call", "again", HOME, 12), chat=CHAT)
    assert "kkkk" not in repr(CALLBACKS)


# --- links --------------------------------------------------------------------------------------------------------------

HOMES = st.integers(0, 2**40 - 1)


def links(clock: Any = None, key: bytes = b"l" * 32) -> Links:
    return Links(key, clock or FixedClock())


@settings(deadline=None)
@given(HOMES, NAMES)
def test_a_link_leads_back_to_its_group_and_its_command(home: int, command: str) -> None:
    payload = links().pack(home, command)
    assert len(payload) <= 64
    assert set(payload) <= set(string.ascii_letters + string.digits + "_-")
    assert links().unpack(payload) == (home, command)


@settings(deadline=None)
@given(HOMES, NAMES, st.integers(0, GOOD_MINUTES * 60_000 * 2))
def test_a_link_is_good_for_an_hour(home: int, command: str, later: int) -> None:
    clock = FixedClock()
    opened_then = links(clock)
    payload = opened_then.pack(home, command)
    began = clock.now // 60_000
    clock.now += later
    if clock.now // 60_000 - began < GOOD_MINUTES:
        assert opened_then.unpack(payload) == (home, command)
    else:
        with pytest.raises(Expired):
            opened_then.unpack(payload)


@settings(deadline=None)
@given(HOMES, NAMES, st.data())
def test_a_forged_link_is_refused(home: int, command: str, data: st.DataObject) -> None:
    payload = links().pack(home, command)
    at = data.draw(st.integers(0, len(payload) - 1))
    letter = data.draw(st.sampled_from(string.ascii_letters + string.digits + "_-"))
    assume(payload[at] != letter)
    with pytest.raises(ValueError, match="not one of our links") as refused:
        links().unpack(payload[:at] + letter + payload[at + 1 :])
    assert not isinstance(refused.value, Expired)


@settings(deadline=None)
@given(HOMES, NAMES, st.integers(0, 63))
def test_a_link_that_was_cut_off_is_refused(home: int, command: str, kept: int) -> None:
    payload = links().pack(home, command)
    assume(kept < len(payload))
    with pytest.raises(ValueError, match="not one of our links"):
        links().unpack(payload[:kept])


@settings(deadline=None)
@given(st.text(max_size=80) | st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True))
def test_whatever_else_follows_start_is_refused(payload: str) -> None:
    with pytest.raises(ValueError, match="not one of our links"):
        links().unpack(payload)


def test_a_link_of_another_bot_or_with_the_signature_of_a_button_is_refused() -> None:
    payload = links().pack(7, "avatar")
    with pytest.raises(ValueError, match="not one of our links"):
        links(key=b"m" * 32).unpack(payload)
    same_key = links(key=CALLBACKS.key)
    signed = same_key.pack(7, "avatar")[:-12]
    button = base64.urlsafe_b64encode(CALLBACKS._signature(signed, 0).encode()).decode()[:12]
    with pytest.raises(ValueError, match="not one of our links"):
        same_key.unpack(signed + button)


@pytest.mark.parametrize(
    ("home", "command"), [(-1, "avatar"), (1, "Avatar"), (1, ""), (1, "a" * 33), (36**13, "avatar")]
)
def test_what_cannot_be_linked_to_raises(home: int, command: str) -> None:
    with pytest.raises(ValueError, match=r"not fit|negative"):
        links().pack(home, command)


@settings(deadline=None)
@given(st.integers(0, 10**15))
def test_numbers_are_written_short(number: int) -> None:
    assert int(base36(number), 36) == number
