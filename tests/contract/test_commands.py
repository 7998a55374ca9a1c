"""Each command does and says the same on every platform, in every language; a command that nobody tries here fails."""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable

import pytest
from PIL import Image

from bot.chat import LOCALES, Action, Text
from generator.traits import TRAITS
from tests.contract.seats import WORDING, Place, Seat, Seen

Deed = Callable[[Place, Seat, bytes], Awaitable[object]]
DEEDS: dict[str, Deed] = {}
"""Command → how a member comes to use it, checking all that they read on the way."""


def deed(command: str) -> Callable[[Deed], Deed]:
    def remember(function: Deed) -> Deed:
        DEEDS[command] = function
        return function

    return remember


# --- pictures -------------------------------------------------------------------------------------------------------------


async def waiting(place: Place, seat: Seat, ask: Callable[[], Awaitable[Seen]], command: str) -> Seen:
    """Ask for a picture, read that it waits, and then have it."""
    async with place.held():
        seen = await seat.agrees(await ask(), command)
        assert (seen.commands, seen.progress) == (["cancel"], True)
    job = seen.button("cancel").job
    seen = await seat.result(seen)
    assert seen.picture
    return await seat.reads(seen, place.shown.final(job))


@deed("avatar")
async def avatar(place: Place, seat: Seat, photo: bytes) -> None:
    seen = await waiting(place, seat, lambda: seat.say("avatar", style="pixel", photo=photo), "avatar")
    assert seen.commands == ["again", "four", "more", "less", "other", "share", "save", "delete"]


@deed("again")
async def again(place: Place, seat: Seat, photo: bytes) -> None:
    first = await seat.picture(hair="bun", glasses="round")
    assert first.commands == ["again", "four", "other", "share", "save", "delete"]
    second = await waiting(place, seat, lambda: seat.press(first, "again"), "again")
    assert second.picture != first.picture


@deed("paint")
async def paint(place: Place, seat: Seat, photo: bytes) -> None:
    place.gate.engines |= {"sdxl"}
    simple = await seat.picture(photo=photo, style="oilportrait")
    assert simple.commands[:2] == ["again", "paint"]
    place.gate.engines, place.gate.brush = frozenset({"sdxl"}), "pixel"
    painted = await waiting(place, seat, lambda: seat.press(simple, "paint"), "paint")
    assert "paint" not in painted.commands


@deed("four")
async def four(place: Place, seat: Seat, photo: bytes) -> None:
    first = await seat.picture(style="lorelei")
    wall = await seat.agrees(await seat.press(first, "other"), "other")
    grid = await waiting(place, seat, lambda: seat.press(wall, "four"), "four")
    assert grid.commands == ["use"] * 4 + ["like"] * 4 + ["again", "other", "delete"]
    assert place.app.styles["lorelei"].called(seat.locale) in grid.text


@deed("use")
async def use(place: Place, seat: Seat, photo: bytes) -> None:
    grid = await seat.picture(pictures="3", style="lorelei")
    third, first = [await seat.agrees(await seat.press(grid, "use", choice), "use") for choice in ("3", "1")]
    assert third.commands == ["again", "four", "other", "share", "save", "delete"]
    assert len({grid.picture, third.picture, first.picture}) == 3
    await seat.look(grid, lambda now: now.picture == grid.picture and now.commands == grid.commands)
    await seat.press(third, "share")
    assert [post.picture for post in place.room_sees()] == [third.picture]


@deed("like")
async def like(place: Place, seat: Seat, photo: bytes) -> None:
    grid = await seat.picture(pictures="2", photo=photo, style="peeps")
    more = await waiting(place, seat, lambda: seat.press(grid, "like", "2"), "like")
    assert more.commands[:4] == ["use"] * 4
    assert more.picture != grid.picture


@deed("moving")
async def moving(place: Place, seat: Seat, photo: bytes) -> None:
    still = await seat.picture(photo=photo, style="pixel", motion="moving")
    assert still.commands == ["again", "four", "more", "less", "other", "moving", "share", "save", "delete"]
    seen = await seat.agrees(await seat.press(still, "moving"), "moving")
    assert seen.picture
    with Image.open(io.BytesIO(seen.picture)) as gif:
        assert (gif.format, getattr(gif, "is_animated", False)) == ("GIF", True)
    gone = await seat.agrees(await seat.press(seen, "delete"), "delete")
    assert (gone.picture, gone.commands) == (None, [])


@deed("more")
async def more(place: Place, seat: Seat, photo: bytes) -> None:
    first = await seat.picture(photo=photo, style="pixel")
    second = await waiting(place, seat, lambda: seat.press(first, "more"), "more")
    assert "more" not in second.commands
    assert first.picture != second.picture


@deed("less")
async def less(place: Place, seat: Seat, photo: bytes) -> None:
    seen = await seat.picture(photo=photo, style="pixel", likeness="hint")
    figure = await waiting(place, seat, lambda: seat.press(seen, "less"), "less")
    assert "less" not in figure.commands


def pictured(place: Place, seat: Seat) -> tuple[str, ...]:
    """The names of all styles that have a picture."""
    return tuple(style.called(seat.locale) for style in place.app.styles.values() if style.preview)


@deed("other")
async def other(place: Place, seat: Seat, photo: bytes) -> None:
    seen = await seat.picture()
    wall = await seat.agrees(await seat.press(seen, "other"), "other")
    assert wall.wall == pictured(place, seat)
    await waiting(place, seat, lambda: seat.press(wall, "other", "lorelei"), "other")


@deed("try-style")
async def try_style(place: Place, seat: Seat, photo: bytes) -> None:
    wall = await seat.agrees(await seat.say("styles"), "styles")
    await waiting(place, seat, lambda: seat.press(wall, "try-style", "lorelei"), "try-style")


@deed("cancel")
async def cancel(place: Place, seat: Seat, photo: bytes) -> None:
    async with place.held():
        seen = await seat.say("avatar", photo=photo)
        gone = await seat.agrees(await seat.press(seen, "cancel"), "cancel")
        assert (gone.commands, gone.progress) == ([], False)
        assert (await seat.agrees(await seat.say("queue"), "queue")).commands == []


@deed("share")
async def share(place: Place, seat: Seat, photo: bytes) -> None:
    seen = await seat.picture()
    shared = await seat.agrees(await seat.press(seen, "share"), "share")
    assert "unshare" in shared.commands
    assert [post.picture for post in place.room_sees()] == [shared.picture]


@deed("unshare")
async def unshare(place: Place, seat: Seat, photo: bytes) -> None:
    seen = await seat.press(await seat.picture(), "share")
    back = await seat.agrees(await seat.press(seen, "unshare"), "unshare")
    assert "share" in back.commands
    assert place.room_sees() == []


@deed("save")
async def save(place: Place, seat: Seat, photo: bytes) -> None:
    seen = await seat.picture(style="lorelei")
    await seat.agrees(await seat.press(seen, "save"), "save")
    settings = await seat.agrees(await seat.say("settings"), "settings")
    assert settings.menus["set-style"].chosen == ("lorelei",)


@deed("delete")
async def delete(place: Place, seat: Seat, photo: bytes) -> None:
    seen = await seat.press(await seat.picture(), "share")
    gone = await seat.agrees(await seat.press(seen, "delete"), "delete")
    assert (gone.picture, gone.commands) == (None, [])
    assert place.room_sees() == []


@deed("queue")
async def queue(place: Place, seat: Seat, photo: bytes) -> None:
    await seat.picture()
    async with place.held():
        await seat.say("avatar", style="ink")
        seen = await seat.agrees(await seat.say("queue"), "queue")
        assert seen.commands == ["cancel", "show"]


@deed("show")
async def show(place: Place, seat: Seat, photo: bytes) -> None:
    seen = await seat.picture()
    again = await seat.agrees(await seat.press(await seat.say("queue"), "show"), "show")
    assert again.picture == seen.picture


# --- what a member has for themselves ----------------------------------------------------------------------------------------


@deed("styles")
async def styles(place: Place, seat: Seat, photo: bytes) -> None:
    seen = await seat.agrees(await seat.say("styles"), "styles")
    assert seen.wall == pictured(place, seat)


@deed("help")
async def help_(place: Place, seat: Seat, photo: bytes) -> None:
    seen = await seat.agrees(await seat.say("help"), "help")
    assert "/avatar" in seen.text


@deed("settings")
async def settings(place: Place, seat: Seat, photo: bytes) -> None:
    seen = await seat.agrees(await seat.say("settings"), "settings")
    assert list(seen.menus) == ["set-style", "set-likeness", "set-language"]


@deed("set-style")
async def set_style(place: Place, seat: Seat, photo: bytes) -> None:
    seen = await seat.say("settings")
    seen = await seat.agrees(await seat.press(seen, "set-style", "riso"), "set-style")
    assert seen.menus["set-style"].chosen == ("riso",)


@deed("set-likeness")
async def set_likeness(place: Place, seat: Seat, photo: bytes) -> None:
    seen = await seat.say("settings")
    seen = await seat.agrees(await seat.press(seen, "set-likeness", "hint"), "set-likeness")
    assert seen.menus["set-likeness"].chosen == ("hint",)


@deed("set-language")
async def set_language(place: Place, seat: Seat, photo: bytes) -> None:
    spoken, wanted = seat.locale, next(one for one in LOCALES if one != seat.locale)
    seen = await seat.press(await seat.say("settings"), "set-language", wanted)
    assert place.heard.last("set-language")[1].locale == wanted
    seen = await seat.agrees(seen, "set-language")
    await seat.agrees(await seat.say("help"), "help")
    await seat.agrees(await seat.press(seen, "set-language", "auto"), "set-language")
    assert place.heard.last("set-language")[1].locale == spoken


@deed("privacy")
async def privacy(place: Place, seat: Seat, photo: bytes) -> None:
    seen = await seat.agrees(await seat.say("privacy"), "privacy")
    assert seen.commands == ["export", "forget"]


@deed("export")
async def export(place: Place, seat: Seat, photo: bytes) -> None:
    await seat.picture()
    seen = await seat.agrees(await seat.press(await seat.say("privacy"), "export"), "export")
    assert seen.file is not None
    assert seen.file[0] == "about-me.json"


@deed("forget")
async def forget(place: Place, seat: Seat, photo: bytes) -> None:
    await seat.press(await seat.picture(), "share")
    asked = await seat.agrees(await seat.press(await seat.say("privacy"), "forget"), "forget")
    assert asked.commands == ["forget", "privacy"]
    assert len(place.room_sees()) == 1
    await seat.agrees(await seat.press(asked, "forget", "yes"), "forget")
    assert place.room_sees() == []
    assert (await seat.agrees(await seat.say("queue"), "queue")).commands == []


# --- what moderators decide --------------------------------------------------------------------------------------------------


@deed("room")
async def room(place: Place, seat: Seat, photo: bytes) -> None:
    seen = await seat.agrees(await seat.say("room"), "room")
    assert list(seen.menus) == ["room-style", "room-quota", "room-ceiling"]
    assert [one for one in seen.commands if one != "room-channel"] == ["room-pause", "room-words", "room-log"]


@deed("room-style")
async def room_style(place: Place, seat: Seat, photo: bytes) -> None:
    seen = await seat.press(await seat.say("room"), "room-style", "-ink")
    seen = await seat.agrees(seen, "room-style")
    assert "+ink" in seen.menus["room-style"].options
    await seat.agrees(await seat.press(seen, "room-style", "+ink"), "room-style")


@deed("room-quota")
async def room_quota(place: Place, seat: Seat, photo: bytes) -> None:
    seen = await seat.agrees(await seat.press(await seat.say("room"), "room-quota", "3"), "room-quota")
    assert seen.menus["room-quota"].chosen == ("3",)


@deed("room-ceiling")
async def room_ceiling(place: Place, seat: Seat, photo: bytes) -> None:
    seen = await seat.agrees(await seat.press(await seat.say("room"), "room-ceiling", "hint"), "room-ceiling")
    assert seen.menus["room-ceiling"].chosen == ("hint",)


@deed("room-pause")
async def room_pause(place: Place, seat: Seat, photo: bytes) -> None:
    seen = await seat.agrees(await seat.press(await seat.say("room"), "room-pause"), "room-pause")
    assert seen.button("room-pause").choice == "off"
    seen = await seat.agrees(await seat.press(seen, "room-pause"), "room-pause")
    assert seen.button("room-pause").choice == "on"


@deed("room-channel")
async def room_channel(place: Place, seat: Seat, photo: bytes) -> None:
    seen = await seat.say("room")
    assert ("room-channel" in seen.commands) is place.has_parts
    if not place.has_parts:  # an older version may have offered it
        await seat.agrees(
            await seat.press_old(Action(Text("action-channel-own"), "room-channel", choice="own")), "room-channel"
        )
        return
    seen = await seat.agrees(await seat.press(seen, "room-channel", "own"), "room-channel")
    seen = await seat.agrees(await seat.press(seen, "room-channel", "follow"), "room-channel")
    assert seen.button("room-channel").choice == "own"


@deed("room-halt")
async def room_halt(place: Place, seat: Seat, photo: bytes) -> None:
    if place.has_parts:
        seen = await seat.press(await seat.say("room"), "room-channel", "own")
        seen = await seat.agrees(await seat.press(seen, "room-halt", "on"), "room-halt")
        assert "room-pause" not in seen.commands
        await seat.agrees(await seat.say("avatar"), "avatar")
    else:  # a part that is gone may have had rules of its own
        halt = Action(Text("action-halt"), "room-halt", choice="on")
        seen = await seat.agrees(await seat.press_old(halt), "room-halt")
    seen = await seat.agrees(await seat.press(seen, "room-halt", "off"), "room-halt")
    assert seen.button("room-pause").choice == "on"


@deed("room-log")
async def room_log(place: Place, seat: Seat, photo: bytes) -> None:
    seen = await seat.press(await seat.say("room"), "room-quota", "5")
    log = await seat.agrees(await seat.press(seen, "room-log"), "room-log")
    assert log.lines[-1].endswith(": 5")
    await seat.agrees(await seat.press(log, "room"), "room")


@deed("room-words")
async def room_words(place: Place, seat: Seat, photo: bytes) -> None:
    seen = await seat.agrees(await seat.say("room-words"), "room-words")
    assert seen.commands == ["room-about", "room"]
    seen = await seat.agrees(await seat.say("room-words", block="red rose"), "room-words")
    assert list(seen.menus) == ["room-word"]
    refused = await seat.agrees(await seat.say("avatar", about="a knight with a Red-Rose"), "avatar")
    assert refused.commands == []
    asked = await waiting(place, seat, lambda: seat.say("avatar", about="a knight with a lantern"), "avatar")
    assert asked.picture


@deed("room-word")
async def room_word(place: Place, seat: Seat, photo: bytes) -> None:
    seen = await seat.say("room-words", block="rose")
    (tag,) = seen.menus["room-word"].options
    seen = await seat.agrees(await seat.press(seen, "room-word", tag), "room-word")
    assert "room-word" not in seen.menus


@deed("room-about")
async def room_about(place: Place, seat: Seat, photo: bytes) -> None:
    seen = await seat.press(await seat.say("room"), "room-words")
    seen = await seat.agrees(await seat.press(seen, "room-about"), "room-about")
    assert seen.button("room-about").choice == "on"
    refused = await seat.agrees(await seat.say("avatar", about="a knight"), "avatar")
    assert refused.commands == []


@deed("room-checks")
async def room_checks(place: Place, seat: Seat, photo: bytes) -> None:
    place.gate.engines |= {"sdxl"}
    place.gate.checks = False
    seen = await seat.agrees(await seat.press(await seat.say("room"), "room-words"), "room-words")
    seen = await seat.agrees(await seat.press(seen, "room-checks"), "room-checks")
    assert seen.button("room-checks").choice == "on"


@deed("block")
async def block(place: Place, seat: Seat, photo: bytes) -> None:
    noah = await place.newcomer("noah", seat.locale)
    await noah.press(await noah.picture(), "share")
    await seat.agrees(await seat.say("block", member=noah), "block")
    assert place.room_sees() == []
    refused = await noah.agrees(await noah.say("avatar"), "avatar")
    assert refused.commands == []


@deed("unblock")
async def unblock(place: Place, seat: Seat, photo: bytes) -> None:
    noah = await place.newcomer("noah", seat.locale)
    await seat.say("block", member=noah)
    await seat.agrees(await seat.say("unblock", member=noah), "unblock")
    assert (await noah.picture()).picture


@deed("room-unblock")
async def room_unblock(place: Place, seat: Seat, photo: bytes) -> None:
    noah = await place.newcomer("noah", seat.locale)
    await seat.say("block", member=noah)
    seen = await seat.agrees(await seat.say("room"), "room")
    (tag,) = seen.menus["room-unblock"].options
    seen = await seat.agrees(await seat.press(seen, "room-unblock", tag), "room-unblock")
    assert "room-unblock" not in seen.menus


# --- before anything is said -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("moderator", [False, True], ids=["member", "moderator"])
async def test_everybody_is_offered_the_commands_that_are_for_them(place: Place, moderator: bool) -> None:
    mina = await place.newcomer("mina", moderator=moderator)
    listed = [command for command in place.heard.commands if command.listed]
    assert len([command for command in listed if command.moderator]) == 4
    expected = {command.name for command in listed if moderator or not command.moderator}
    assert set(await mina.palette()) == expected


@pytest.mark.parametrize("locale", LOCALES)
async def test_arguments_offer_the_same_choices_everywhere(place: Place, locale: str) -> None:
    mina = await place.newcomer("mina", locale)
    catalog = {style.id: style.called(locale) for style in place.app.styles.values()}
    offered = await mina.offers("avatar", "style")
    assert offered == dict(list(catalog.items())[: len(offered)])
    assert len(offered) >= min(len(catalog), 25)  # more than a chat shows at once are found by typing
    for style in set(catalog) - set(offered):
        assert style in await mina.offers("avatar", "style", catalog[style])
    likeness = await mina.offers("avatar", "likeness")
    assert list(likeness) == ["none", "hint", "somewhat", "clear"]
    for trait, values in TRAITS.items():
        offered = await mina.offers("avatar", trait)
        said = {value: WORDING.say(locale, Text(f"trait-{trait}-{value}")) for value in values}
        assert offered == said
    counts = {str(count): WORDING.say(locale, Text("pictures-count", {"count": count})) for count in range(1, 5)}
    styles = WORDING.say(locale, Text("pictures-styles"))
    assert await mina.offers("avatar", "pictures") == {**counts, "4-styles": styles}
    typed = next(iter(await mina.offers("avatar", "style", catalog["lorelei"][:3])))
    assert typed == "lorelei"


# --- all of them -------------------------------------------------------------------------------------------------------------


async def test_every_command_is_tried_here(place: Place) -> None:
    assert set(DEEDS) == {command.name for command in place.heard.commands}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("command", DEEDS)
async def test_a_command_says_and_does_the_same_everywhere(
    place: Place, command: str, locale: str, photo: bytes
) -> None:
    declared = next(one for one in place.heard.commands if one.name == command)
    seat = await place.newcomer("mina", locale, moderator=declared.moderator)
    await DEEDS[command](place, seat, photo)
    _, reply = place.heard.last(command)
    assert reply.locale == locale
    assert not reply.lines[0].key.startswith(("error-", "refused-"))
