from __future__ import annotations

from dataclasses import replace

import pytest

from bot.chat import Reply
from bot.storage import Limits, RoomPolicy, Ticket
from bot.storage.rows import Why, load_spec
from tests.bot.conftest import PHOTO, Chat, button, buttons, read

NOTE = "The painting engine is away, so this is a drawing in Moss."


async def simply(gallery: Chat, **arguments: object) -> tuple[int, Reply]:
    """A picture that another engine drew as moss."""
    waiting = await gallery.say("avatar", style="oilportrait", **arguments)
    await gallery.draw(drawn_as="moss")
    job = button(waiting, "cancel").job
    assert job is not None
    return job, await gallery.say("show", job=job)


async def test_a_picture_that_was_drawn_simply_says_so_in_both_languages(gallery: Chat) -> None:
    job, seen = await simply(gallery)
    assert NOTE in read(seen)
    assert "Style: Moss" in read(seen)
    assert "이끼 스타일" in read(await gallery.say("show", job=job, locale="ko"))


@pytest.mark.parametrize(
    ("why", "said", "korean"),
    [
        ("unchecked", "Nobody checks", "미리 검사"),
        ("lacking", "lacks what", "필요한 파일"),
        ("memory", "too little memory", "메모리가 부족"),
        ("died", "could not finish", "끝내지 못해서"),
    ],
)
async def test_it_says_why_and_may_yet_be_painted_unless_the_painter_died_of_it(
    gallery: Chat, why: Why, said: str, korean: str
) -> None:
    for pictures, drawing in (("1", "a drawing"), ("4", "drawings")):
        waiting = await gallery.say("avatar", style="oilportrait", pictures=pictures)
        claim = await gallery.storage.jobs.claim("sdxl-0", ["sdxl"])
        assert claim is not None
        assert await gallery.storage.jobs.release(claim, counted=True, engine="classic", why=why)
        await gallery.draw(drawn_as="moss")
        seen = await gallery.say("show", job=button(waiting, "cancel").job)
        assert said in read(seen)
        assert f"{drawing} in Moss." in read(seen)
        assert ("paint" in buttons(seen)) is (why != "died")
        assert korean in read(await gallery.say("show", job=claim.job, locale="ko"))
    used = await gallery.press(next(one for one in seen.actions if one.command == "use"))
    assert said in read(used)
    assert "paint" not in buttons(used)


@pytest.mark.parametrize(("also", "instead"), [("oilportrait", ""), ("moss", "moss")])
async def test_only_a_style_that_the_room_allows_takes_its_place(gallery: Chat, also: str, instead: str) -> None:
    policy = RoomPolicy(styles=frozenset({"oilportrait", "aquarelle", also}))
    asked = await gallery.say("avatar", style="oilportrait")
    who = gallery.rows("SELECT room FROM job")[0][0]
    await gallery.storage.rooms.change(who, "moderator", policy, "styles", "")
    await gallery.press(button(asked, "cancel"))
    await gallery.say("avatar", style="oilportrait")
    await gallery.draw()
    specs = [load_spec(row[0]) for row in gallery.rows("SELECT spec FROM job ORDER BY id")]
    assert [spec.instead for spec in specs] == [(), (instead,)]


async def test_it_offers_from_the_start_what_works_once_somebody_paints_again(gallery: Chat) -> None:
    _, seen = await simply(gallery)
    press = button(seen, "paint")
    assert "away right now" in read(await gallery.press(press))
    assert gallery.jobs() == 1
    gallery.painting.append(True)
    assert (await gallery.press(press)).busy


async def test_it_is_painted_as_it_was_asked_for_once_and_for_nothing(gallery: Chat) -> None:
    gallery.painting.append(True)
    await gallery.say("room-quota", moderator=True, choice="1")
    job, seen = await simply(gallery, hair="bun")
    press = button(seen, "paint")
    assert not press.wants_photo
    waiting = await gallery.press(press)
    assert waiting.busy
    assert "paint" not in buttons(await gallery.say("show", job=job))
    await gallery.draw()
    painted = await gallery.say("show", job=button(waiting, "cancel").job)
    assert "paint" not in buttons(painted)
    assert NOTE not in read(painted)
    first, second = (row[0] for row in gallery.rows("SELECT spec FROM job ORDER BY id"))
    assert first == second
    assert "painted in full already" in read(await gallery.press(press))
    assert gallery.jobs() == 2


async def test_a_photo_is_wanted_again(gallery: Chat) -> None:
    gallery.painting.append(True)
    _, seen = await simply(gallery, photo=PHOTO)
    press = button(seen, "paint")
    assert press.wants_photo
    asked = await gallery.press(press)
    assert button(asked, "paint").wants_photo
    assert gallery.jobs() == 1
    assert (await gallery.press(button(asked, "paint"), photo=PHOTO)).busy


async def test_what_came_to_nothing_can_be_painted_again(gallery: Chat) -> None:
    gallery.painting.append(True)
    job, seen = await simply(gallery)
    waiting = await gallery.press(button(seen, "paint"))
    await gallery.press(button(waiting, "cancel"))
    assert (await gallery.press(button(await gallery.say("show", job=job), "paint"))).busy


async def test_a_picture_in_full_is_not_painted(gallery: Chat) -> None:
    gallery.painting.append(True)
    job, seen = await gallery.result()
    assert "paint" not in buttons(seen)
    assert "painted in full already" in read(await gallery.say("paint", job=job))


async def test_what_was_drawn_simply_a_second_time_stays_as_it_is(gallery: Chat) -> None:
    gallery.painting.append(True)
    await gallery.say("room-quota", moderator=True, choice="1")
    job, seen = await simply(gallery)
    waiting = await gallery.press(button(seen, "paint"))
    await gallery.draw(drawn_as="moss")
    again = button(waiting, "cancel").job
    for each in (job, again):
        assert "paint" not in buttons(await gallery.say("show", job=each))
    assert "did not get it done" in read(await gallery.say("paint", job=again))
    assert gallery.jobs() == 2


async def test_what_the_painter_gave_up_is_not_offered_to_it_again(gallery: Chat) -> None:
    gallery.painting.append(True)
    waiting = await gallery.say("avatar", style="oilportrait")
    claim = await gallery.storage.jobs.claim("test", ["classic", "sdxl"])
    assert claim is not None
    assert await gallery.storage.jobs.release(claim, counted=True, engine="classic")
    await gallery.draw(drawn_as="moss")
    job = button(waiting, "cancel").job
    assert "paint" not in buttons(await gallery.say("show", job=job))
    assert "did not get it done" in read(await gallery.say("paint", job=job))
    assert gallery.jobs() == 1


async def test_what_is_no_painted_style_any_more_is_not_painted_and_keeps_its_chance(gallery: Chat) -> None:
    """As after an upgrade that gave the style another name, or to another engine."""
    gallery.painting.append(True)
    _, seen = await simply(gallery)
    room, member, spec = gallery.rows("SELECT room, member, spec FROM job")[0]
    for key, style in (("drawn", "ink"), ("gone", "velvet")):
        ticket = Ticket(key, room, member, replace(load_spec(spec), style=style), "en", None)
        old = (await gallery.storage.jobs.accept(ticket, Limits(daily=20))).job
        await gallery.draw(drawn_as="ink")
        assert "paint" not in buttons(await gallery.say("show", job=old))
        jobs = gallery.jobs()
        assert "not painted here any more" in read(await gallery.press(replace(button(seen, "paint"), job=old)))
        assert gallery.jobs() == jobs
