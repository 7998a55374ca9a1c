"""What members are promised, shown on every platform: who sees what, who may do what, and what outlives a restart."""

from __future__ import annotations

import time

import pytest

from bot.chat import MAX_UPLOAD_BYTES, Action, Text
from bot.errors import StorageTrouble
from generator.mark import chunks
from tests.busy import slowdown
from tests.contract.conftest import CAMERA
from tests.contract.seats import Place, Seat, Seen, sentences

OWN = ("again", "four", "more", "less", "other", "share", "save", "delete")


def act(command: str, job: int | None = None, choice: str | None = None) -> Action:
    """A button as an older version of the bot may have made it."""
    return Action(Text("action-back"), command, job, choice)


def key(place: Place, command: str) -> str:
    """Which sentence began the last answer to ``command``."""
    return place.heard.last(command)[1].lines[0].key


async def refused(place: Place, seat: Seat, seen: Seen, command: str, why: str) -> None:
    """That a call got a sentence, this one, and that only its member reads it."""
    await seat.agrees(seen, command)
    assert key(place, command) == why


async def in_line(seat: Seat) -> list[str]:
    return (await seat.agrees(await seat.say("queue"), "queue")).commands


# --- who sees what -----------------------------------------------------------------------------------------------------------


async def test_a_picture_is_private_until_it_is_shared_and_then_it_stands_alone(place: Place, photo: bytes) -> None:
    zelda = await place.newcomer("zelda")  # a name that is no part of any word
    await place.newcomer("onlooker")
    seen = await zelda.picture(photo=photo, style="peeps")
    assert seen.picture
    assert seen.private
    assert place.room_sees() == []
    assert seen.picture not in place.room_got()
    assert seen.lines[0].encode() not in place.room_got()

    shared = await zelda.press(seen, "share")
    (post,) = place.room_sees()
    assert (post.picture, post.words) == (shared.picture, "")
    assert [kind for kind, _ in chunks(post.picture) if kind != b"IDAT"] == [b"IHDR", b"iTXt", b"IEND"]
    assert b"DigitalSourceType" in dict(chunks(post.picture))[b"iTXt"]

    got = place.room_got()
    assert CAMERA.encode() in photo
    assert not [secret for secret in (CAMERA.encode(), *zelda.secrets) if secret in got]
    assert not [at for at in range(0, len(photo) - 64, 64) if photo[at : at + 64] in got]

    await zelda.agrees(await zelda.press(shared, "unshare"), "unshare")
    assert place.room_sees() == []


async def test_nothing_that_is_kept_says_who_somebody_is(place: Place, photo: bytes) -> None:
    zelda = await place.newcomer("zelda")
    await zelda.press(await zelda.picture(photo=photo, style="peeps"), "share")
    await zelda.press(await zelda.say("settings"), "set-likeness", "hint")
    async with place.held():
        await zelda.say("avatar", photo=photo)
        files = [file for file in place.folder.rglob("*") if file.is_file()]
        assert len(files) > 2
        names = [str(file.relative_to(place.folder)).encode() for file in files]
        kept = [*names, *(file.read_bytes() for file in files)]
        assert not [secret for secret in (CAMERA.encode(), *zelda.secrets) if any(secret in one for one in kept)]


async def test_members_do_not_see_each_others_answers(place: Place) -> None:
    mina, noah = await place.newcomer("mina"), await place.newcomer("noah", "ko")
    await mina.picture()
    await mina.say("privacy")
    assert noah.screen() == []
    await noah.say("settings")
    assert len(noah.screen()) == 1
    texts = [seen.text for seen in mina.screen()]
    assert len(texts) == 2
    assert noah.screen()[0].text not in texts


async def test_pressing_somebody_elses_button_gets_a_private_sentence_and_changes_nothing(
    place: Place, photo: bytes
) -> None:
    mina, noah = await place.newcomer("mina"), await place.newcomer("noah", "ko")
    noah.photo = photo
    seen = await mina.picture(photo=photo, style="pixel")
    screen = [one.text for one in mina.screen()]
    for command in OWN:
        await refused(place, noah, await noah.press(seen, command), command, "error-gone")
    assert [one.text for one in mina.screen()] == screen
    assert await in_line(mina) == ["show"]
    assert await in_line(noah) == []
    assert place.room_sees() == []
    listed = await mina.say("queue")
    await refused(place, noah, await noah.press(listed, "show"), "show", "error-gone")
    shared = await mina.press(seen, "share")
    await refused(place, noah, await noah.press(shared, "unshare"), "unshare", "error-gone")
    assert len(place.room_sees()) == 1
    async with place.held():
        waiting = await mina.say("avatar")
        await refused(place, noah, await noah.press(waiting, "cancel"), "cancel", "error-gone")
    assert (await mina.result(waiting)).picture


# --- who may do what ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("locale", ["en", "ko"])
async def test_only_moderators_moderate(place: Place, locale: str) -> None:
    boss = await place.newcomer("boss", moderator=True)
    mina = await place.newcomer("mina", locale)
    before = await boss.say("room")
    await refused(place, mina, await mina.say("room"), "room", "refused-moderator")
    await refused(place, mina, await mina.say("block", member=boss), "block", "refused-moderator")
    await refused(place, mina, await mina.say("unblock", member=boss), "unblock", "refused-moderator")
    for command, choice in [
        ("room-pause", "on"),
        ("room-quota", "1"),
        ("room-ceiling", "none"),
        ("room-style", "-ink"),
        ("room-channel", "own"),
        ("room-halt", "on"),
        ("room-log", None),
        ("room-unblock", "nobody"),
    ]:
        await refused(place, mina, await mina.press_old(act(command, choice=choice)), command, "refused-moderator")
    assert (await boss.say("room")).lines == before.lines


async def test_rights_are_looked_up_at_each_press(place: Place) -> None:
    boss = await place.newcomer("boss", moderator=True)
    panel = await boss.say("room")
    await place.demote(boss)
    await refused(place, boss, await boss.press(panel, "room-pause"), "room-pause", "refused-moderator")
    assert (await boss.picture()).picture


async def test_nobody_blocks_themselves(place: Place) -> None:
    boss = await place.newcomer("boss", moderator=True)
    await refused(place, boss, await boss.say("block", member=boss), "block", "refused-block-self")


@pytest.mark.parametrize("locale", ["en", "ko"])
async def test_a_daily_limit_holds_for_commands_and_buttons(place: Place, locale: str) -> None:
    boss, mina = await place.newcomer("boss", moderator=True), await place.newcomer("mina", locale)
    await boss.press(await boss.say("room"), "room-quota", "1")
    seen = await mina.picture()
    await refused(place, mina, await mina.say("avatar"), "avatar", "refused-quota")
    await refused(place, mina, await mina.press(seen, "again"), "again", "refused-quota")
    assert await in_line(mina) == ["show"]


async def test_a_pause_stops_new_pictures_and_lets_those_in_line_come(place: Place) -> None:
    boss, mina = await place.newcomer("boss", moderator=True), await place.newcomer("mina")
    async with place.held():
        seen = await mina.say("avatar")
        await boss.press(await boss.say("room"), "room-pause")
        await refused(place, mina, await mina.say("avatar"), "avatar", "refused-paused")
    assert (await mina.result(seen)).picture


async def test_a_blocked_member_can_neither_draw_nor_share(place: Place) -> None:
    boss, mina = await place.newcomer("boss", moderator=True), await place.newcomer("mina")
    seen = await mina.picture()
    await boss.say("block", member=mina)
    await refused(place, mina, await mina.press(seen, "share"), "share", "refused-blocked")
    await refused(place, mina, await mina.press(seen, "again"), "again", "refused-blocked")
    assert place.room_sees() == []


async def test_a_style_forbidden_meanwhile_is_drawn_for_oneself_and_not_shared(place: Place) -> None:
    boss, mina = await place.newcomer("boss", moderator=True), await place.newcomer("mina")
    async with place.held():
        seen = await mina.say("avatar", style="lorelei")
        await boss.press(await boss.say("room"), "room-style", "-lorelei")
    seen = await mina.result(seen)
    await refused(place, mina, await mina.press(seen, "share"), "share", "refused-share-style")
    assert place.room_sees() == []
    await mina.agrees(await mina.say("avatar", style="lorelei"), "avatar")
    assert await in_line(mina) == ["show"]
    assert "Lorelei" not in (await mina.say("styles")).wall


async def test_so_many_pictures_wait_and_no_more(place: Place) -> None:
    mina = await place.newcomer("mina")
    async with place.held():
        for _ in range(3):
            await mina.say("avatar")
        await refused(place, mina, await mina.say("avatar"), "avatar", "refused-busy")
        listed = await mina.agrees(await mina.say("queue"), "queue")
        assert listed.commands == ["cancel"] * 3
        for button in listed.buttons:
            listed = await mina.say("queue")
            await mina.agrees(await mina.press(listed, "cancel", job=button.job), "cancel")
        assert await in_line(mina) == []


# --- what cannot be done -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("locale", ["en", "ko"])
@pytest.mark.parametrize(
    ("file", "why"),
    [(b"\x00\x01 nobody's photo", "photo-unreadable"), (b"%PDF-1.7", "photo-document"), (b"GIF89a", "photo-gif")],
    ids=["garbage", "document", "animation"],
)
async def test_a_file_that_is_no_photo_gets_a_sentence(place: Place, locale: str, file: bytes, why: str) -> None:
    mina = await place.newcomer("mina", locale)
    await refused(place, mina, await mina.say("avatar", photo=file), "avatar", why)
    assert await in_line(mina) == []


async def test_a_file_that_is_too_large_gets_a_sentence(place: Place, photo: bytes) -> None:
    mina = await place.newcomer("mina")
    seen = await mina.say("avatar", photo=photo + bytes(MAX_UPLOAD_BYTES))
    assert seen.private
    assert "20 MB" in seen.text
    assert await in_line(mina) == []


@pytest.mark.parametrize("locale", ["en", "ko"])
async def test_a_button_from_long_ago_gets_a_sentence(place: Place, locale: str) -> None:
    mina = await place.newcomer("mina", locale)
    for command in (*OWN, "unshare", "cancel", "show"):
        await refused(place, mina, await mina.press_old(act(command, 999)), command, "error-gone")
    await refused(place, mina, await mina.press_old(act("set-style", choice="sepia")), "set-style", "error-button")
    await refused(place, mina, await mina.press_old(act("try-style", choice="sepia")), "try-style", "error-button")
    await refused(place, mina, await mina.press_old(act("save")), "save", "error-button")
    await refused(place, mina, await mina.press_old(act("sing")), "sing", "error-command")
    assert await in_line(mina) == []


# --- what a member has stays theirs --------------------------------------------------------------------------------------------


async def test_a_picture_stays_with_its_member_whatever_becomes_of_our_copy(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    mina = await place.newcomer("mina")
    shared, other = await mina.press(await mina.picture(), "share"), await mina.picture()
    await place.delivered()

    async def press(seen: Seen, command: str, why: str) -> None:
        said = await mina.press(seen, command)
        assert key(place, command) == why
        assert sentences([Text("job-erased")], "en")[0] not in said.text
        assert (await mina.look(seen, lambda now: now.picture is not None)).picture == seen.picture

    async def broken(*_: object) -> None:
        raise StorageTrouble("storage-full")

    with monkeypatch.context() as patch:
        patch.setattr(place.app.storage.jobs, "view", broken)
        for command in ("again", "other", "save", "unshare", "delete"):
            await press(shared, command, StorageTrouble.default_key)
    assert [post.picture for post in place.room_sees()] == [shared.picture]
    await place.days_pass(2)
    for seen, command, why in [
        (shared, "save", "save-done"),
        (shared, "unshare", "unshare-done"),
        (other, "share", "error-no-picture"),
    ]:
        await press(seen, command, why)
    assert place.room_sees() == []
    await mina.look(shared, lambda now: "unshare" not in now.commands)


# --- nothing twice, nothing late, nothing lost -------------------------------------------------------------------------------


async def test_what_is_delivered_twice_is_done_once(place: Place) -> None:
    mina = await place.newcomer("mina")
    async with place.held():
        seen = await mina.say("avatar")
        await mina.repeat()
        assert await in_line(mina) == ["cancel"]
    seen = await mina.result(seen)
    async with place.held():
        again = await mina.press(seen, "again")
        await mina.repeat()
        assert await in_line(mina) == ["cancel", "show"]
        await mina.press(again, "cancel")
    await mina.press(seen, "share")
    await mina.repeat()
    assert len(place.room_sees()) == 1
    grid = await mina.picture(pictures="2")
    await mina.press(grid, "use", "1")
    await mina.repeat()
    assert await in_line(mina) == ["show"] * 3


async def test_a_call_is_answered_at_once_whatever_the_engine_does(place: Place, photo: bytes) -> None:
    mina, noah = await place.newcomer("mina"), await place.newcomer("noah")
    with place.machine.suspended():
        began = time.perf_counter()
        seen = await mina.say("avatar", photo=photo, style="peeps")
        others = await noah.say("avatar")
        assert time.perf_counter() - began < 3 * slowdown()
        assert seen.progress
        assert others.progress
        await noah.agrees(await noah.press(others, "cancel"), "cancel")
    assert (await mina.result(seen)).picture


async def test_a_restart_loses_nothing_and_every_button_goes_on_working(place: Place, photo: bytes) -> None:
    mina = await place.newcomer("mina", "ko")
    finished = await mina.press(await mina.picture(), "share")
    async with place.held():
        seen = await mina.say("avatar", photo=photo, style="peeps")
        job = seen.button("cancel").job
        await place.restart()
    seen = await mina.result(seen)
    await mina.reads(seen, place.shown.final(job))
    again = await mina.result(await mina.press(seen, "again"))
    assert again.picture
    await mina.agrees(await mina.press(seen, "save"), "save")
    assert [post.picture for post in place.room_sees()] == [finished.picture]
    # A page that came back has lost what was said before; /queue has it.
    shown = await mina.press(await mina.say("queue"), "show", job=finished.button("again").job)
    await mina.agrees(await mina.press(shown, "unshare"), "unshare")
    assert place.room_sees() == []
    await mina.press(seen, "share")
    assert [post.picture for post in place.room_sees()] == [seen.picture]


async def test_a_picture_that_was_being_drawn_at_a_restart_is_drawn_after_it(place: Place) -> None:
    mina = await place.newcomer("mina")
    with place.machine.suspended():
        seen = await mina.say("avatar")
        await place.restart()
    assert (await mina.result(seen)).picture
    assert await in_line(mina) == ["show"]
