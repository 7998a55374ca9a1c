"""/room-words: what moderators decide about painted pictures."""

from __future__ import annotations

import pytest

from bot.chat import Action, Reply
from bot.storage import RoomPolicy
from tests.bot.conftest import Chat, button, buttons, read

BOSS = {"by": "boss", "moderator": True}


async def opened(gallery: Chat) -> Reply:
    return await gallery.press(button(await gallery.say("room", **BOSS), "room-words"), **BOSS)


async def test_a_room_without_painted_styles_hears_nothing_of_it(chat: Chat) -> None:
    panel = await chat.say("room", **BOSS)
    assert "room-words" not in buttons(panel)
    assert "ainted" not in read(panel)
    assert {"room-words", "room-about", "room-word", "room-checks"}.isdisjoint(
        command.name for command in chat.dispatcher.commands
    )


async def test_the_panel_says_what_holds_and_leads_back(gallery: Chat) -> None:
    panel = await opened(gallery)
    said = read(panel)
    assert "may say in their own words" in said
    assert "blocks no words of its own" in said
    assert "A safety checker looks at each painted picture" in said
    assert buttons(panel) == ["room-about", "room"]
    assert panel.panel == "room-words"
    assert panel.replaces
    assert "Members can ask for pictures" in read(await gallery.press(button(panel, "room"), **BOSS))


async def test_it_is_for_moderators_only(gallery: Chat) -> None:
    gallery.unchecked.append(True)
    await gallery.say("room-words", block="rose", **BOSS)
    panel = await opened(gallery)
    assert buttons(panel) == ["room-about", "room-word", "room-checks", "room"]
    before = gallery.rows("SELECT * FROM room"), gallery.rows("SELECT * FROM decision")
    for action in panel.actions:
        choice = action.options[0].value if action.options else None
        assert "Only moderators" in read(await gallery.press(action, choice))
    assert "Only moderators" in read(await gallery.say("room-words", block="daisy"))
    assert before == (gallery.rows("SELECT * FROM room"), gallery.rows("SELECT * FROM decision"))


async def test_words_are_blocked_and_unblocked(gallery: Chat) -> None:
    await gallery.say("room-words", block="  Rose ", **BOSS)
    await gallery.say("room-words", block="ＲＯＳＥ", **BOSS)
    panel = await gallery.say("room-words", block="사장님", **BOSS)
    assert "Words blocked here (2): rose, 사장님" in read(panel)
    menu = button(panel, "room-word")
    (rose,) = [option.value for option in menu.options if option.label.parameters["text"] == "rose"]
    panel = await gallery.press(menu, rose, **BOSS)
    assert "(1): 사장님" in read(panel)
    assert "too old" in read(await gallery.press(menu, rose, **BOSS))
    log = read(await gallery.say("room-log", **BOSS))
    assert log.count("“rose”") == 2
    assert "unblocked the word “rose”" in log


@pytest.mark.parametrize("word", ["a", "*", "!!", "ro*se"])
async def test_what_nobody_could_find_is_not_blocked(gallery: Chat, word: str) -> None:
    assert "needs 2 letters or more" in read(await gallery.say("room-words", block=word, **BOSS))
    assert gallery.rows("SELECT * FROM room") == []


async def test_a_list_has_an_end(gallery: Chat) -> None:
    words = frozenset(f"w{number:02}x" for number in range(100))
    room = gallery.secret.pseudonym("room", "paper", "library")
    await gallery.storage.rooms.change(room, "boss", RoomPolicy(blocked_words=words), "test", "")
    assert "blocks 100 words already" in read(await gallery.say("room-words", block="rose", **BOSS))
    panel = read(await opened(gallery))
    assert "(100): w00x" in panel
    assert panel.count("x,") < 100


async def test_longest_words_still_fit_a_button(gallery: Chat) -> None:
    panel = await gallery.say("room-words", block="가" * 40, **BOSS)
    action = button(panel, "room-word")
    assert Action.unpack(action.pack(action.options[0].value))


async def test_own_words_can_be_forbidden_and_allowed_again(gallery: Chat) -> None:
    panel = await gallery.press(button(await opened(gallery), "room-about"), **BOSS)
    assert "may NOT use their own words" in read(panel)
    assert "do not allow pictures in members’ own words" in read(await gallery.say("avatar", about="a knight"))
    assert gallery.jobs() == 0
    assert (await gallery.say("avatar")).busy
    panel = await gallery.press(button(panel, "room-about"), **BOSS)
    assert "may say in their own words" in read(panel)
    assert (await gallery.say("avatar", about="a knight")).busy


async def test_without_a_checker_painted_styles_wait_for_a_decision(gallery: Chat) -> None:
    style = next(style for style in gallery.catalog.values() if style.engine == "sdxl")
    gallery.unchecked.append(True)
    assert "Painted styles are off" in read(await gallery.say("room", **BOSS))
    panel = await opened(gallery)
    assert "stay off here until you allow them" in read(panel)
    assert "cannot be that" in read(await gallery.say("avatar", style=style.id))
    offered = {action.choice for action in (await gallery.say("styles")).actions}
    assert style.id not in offered
    assert "none is allowed here" in read(await gallery.say("avatar", about="a knight"))
    assert gallery.jobs() == 0
    panel = await gallery.press(button(panel, "room-checks"), **BOSS)
    assert "You allowed them all the same" in read(panel)
    assert "NOT checked" in read(await gallery.say("room", **BOSS))
    assert (await gallery.say("avatar", style=style.id)).busy
    assert '"unchecked":true' in gallery.rows("SELECT spec FROM job")[0][0]
    panel = await gallery.press(button(panel, "room-checks"), **BOSS)
    assert "stay off here" in read(panel)
    (job,) = await gallery.draw()
    assert "Painted styles are off here" in read(await gallery.say("again", job=job))
    assert gallery.jobs() == 1
    log = read(await gallery.say("room-log", **BOSS))
    assert "allowed unchecked painted pictures" in log
    assert "allowed only checked painted pictures" in log


async def test_what_was_allowed_without_a_checker_can_be_taken_back_when_there_is_one(gallery: Chat) -> None:
    gallery.unchecked.append(True)
    await gallery.press(button(await opened(gallery), "room-checks"), **BOSS)
    gallery.unchecked.clear()
    panel = await gallery.press(button(await opened(gallery), "room-checks"), **BOSS)
    assert "room-checks" not in buttons(panel)


async def test_a_channel_has_rules_of_its_own_here_too(gallery: Chat) -> None:
    await gallery.say("room-words", block="rose", **BOSS)
    await gallery.say("room-channel", channel="art", choice="own", **BOSS)
    await gallery.say("room-about", channel="art", choice="off", **BOSS)
    assert "rose" in read(await gallery.say("room-words", channel="art", **BOSS))
    assert "may NOT" in read(await gallery.say("room-words", channel="art", **BOSS))
    assert "may NOT" not in read(await gallery.say("room-words", **BOSS))
