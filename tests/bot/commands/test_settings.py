"""/settings and its three menus."""

from __future__ import annotations

from tests.bot.conftest import Chat, button, read


async def test_the_panel_says_what_is_chosen_and_what_is_left(chat: Chat) -> None:
    await chat.say("avatar")
    said = read(await chat.say("settings"))
    assert "Usual style: automatic" in said
    assert "Usual likeness with a photo: somewhat" in said
    assert "Pictures left today: 19 of 20. Several at once count as one." in said


async def test_a_menu_marks_what_is_chosen_and_pressing_changes_it(chat: Chat) -> None:
    panel = await chat.say("settings")
    menu = button(panel, "set-style")
    assert [option.value for option in menu.options if option.selected] == ["auto"]
    panel = await chat.press(menu, "slate")
    assert panel.replaces
    assert "Usual style: Slate" in read(panel)
    assert [option.value for option in button(panel, "set-style").options if option.selected] == ["slate"]
    assert "Usual style: automatic" in read(await chat.press(menu, "auto"))


async def test_likeness_is_offered_within_the_ceiling(chat: Chat) -> None:
    await chat.say("room-ceiling", choice="hint", moderator=True, by="boss")
    menu = button(await chat.say("settings"), "set-likeness")
    assert [option.value for option in menu.options] == ["none", "hint"]
    assert [option.value for option in menu.options if option.selected] == ["hint"]


async def test_the_language_changes_at_once_and_stays(chat: Chat) -> None:
    menu = button(await chat.say("settings"), "set-language")
    panel = await chat.press(menu, "ko")
    assert panel.locale == "ko"
    assert "여기서 쓰는 내 설정" in read(panel)
    assert (await chat.say("help")).locale == "ko"
    back = await chat.press(button(panel, "set-language"), "en", locale="ko")
    assert back.locale == "en"
    assert (await chat.say("help", locale="ko")).locale == "en"


async def test_the_apps_language_can_be_chosen_again(chat: Chat) -> None:
    await chat.say("set-language", choice="ko")
    panel = await chat.say("set-language", choice="auto", locale="en-GB")
    assert panel.locale == "en"
    assert (await chat.say("settings", locale="fr")).locale == "en"


async def test_settings_are_per_room_and_per_member(chat: Chat) -> None:
    await chat.say("set-style", choice="slate")
    assert "Slate" not in read(await chat.say("settings", by="jun"))
    assert "Slate" not in read(await chat.say("settings", room="garden"))
