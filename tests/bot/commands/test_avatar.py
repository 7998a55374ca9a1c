"""/avatar, from a wish to a place in line."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bot.caller import Caller
from bot.chat import Call
from bot.errors import Refused
from bot.orders import Orders, Wish
from bot.replies import Replies
from generator.engine import Photo
from generator.traits import TRAITS
from tests.bot.conftest import NO_PHOTO, PHOTO, Chat, button, buttons, decode, read


def spec(chat: Chat, job: int | None = None) -> dict[str, object]:
    rows = chat.rows("SELECT spec FROM job WHERE ? IN (id, -1) ORDER BY id DESC", -1 if job is None else job)
    return json.loads(rows[0][0])


async def test_nothing_is_required_and_the_answer_says_place_and_time(chat: Chat) -> None:
    reply = await chat.say("avatar")
    assert reply.busy
    assert "You are next in line: about" in read(reply)
    assert buttons(reply) == ["cancel"]
    assert spec(chat) | {"seed": 0} == {
        "style": "moss",
        "engine": "classic",
        "likeness": 0,
        "traits": {},
        "seed": 0,
        "size": 640,
        "attempt": 0,
        "has_photo": False,
        "remark": "",
    }


async def test_the_second_in_line_is_told_so(chat: Chat) -> None:
    await chat.say("avatar", by="mina")
    assert "number 2" in read(await chat.say("avatar", by="jun"))


async def test_a_member_keeps_one_seed_in_a_room_and_has_another_in_the_next(chat: Chat) -> None:
    seeds: list[object] = []
    for by, room in (("mina", "library"), ("mina", "library"), ("mina", "garden"), ("jun", "library")):
        await chat.say("avatar", by=by, room=room)
        seeds.append(spec(chat)["seed"])
    assert seeds[0] == seeds[1]
    assert len(set(seeds)) == 3


async def test_a_photo_gets_a_photo_style_and_the_usual_likeness(chat: Chat) -> None:
    await chat.say("avatar", photo=PHOTO)
    found = spec(chat)
    assert (found["style"], found["likeness"], found["has_photo"]) == ("slate", 55, True)


async def test_traits_are_kept_as_the_member_chose_them(chat: Chat) -> None:
    await chat.say("avatar", hair="curly", glasses="none", colour="teal")
    assert spec(chat)["traits"] == {"hair": "curly", "glasses": "none", "colour": "teal"}


async def test_names_are_understood_in_the_members_language(chat: Chat) -> None:
    await chat.say("avatar", locale="ko-KR", style="석판", hair="곱슬머리", likeness=" 아주  조금 ", photo=PHOTO)
    found = spec(chat)
    assert (found["style"], found["traits"], found["likeness"]) == ("slate", {"hair": "curly"}, 25)


async def test_own_defaults_are_used_until_the_member_says_otherwise(chat: Chat) -> None:
    await chat.say("set-style", choice="ink")
    await chat.say("set-likeness", choice="hint")
    await chat.say("avatar", photo=PHOTO)
    assert (spec(chat)["style"], spec(chat)["likeness"]) == ("ink", 25)
    await chat.say("avatar", photo=PHOTO, style="slate", likeness="clear")
    assert (spec(chat)["style"], spec(chat)["likeness"]) == ("slate", 85)


async def test_likeness_stops_at_the_rooms_ceiling_and_the_member_is_told(chat: Chat) -> None:
    await chat.say("room-ceiling", choice="hint", moderator=True, by="boss")
    reply = await chat.say("avatar", photo=PHOTO, likeness="clear")
    assert reply.busy
    assert "allow at most “a hint”" in read(reply)
    assert spec(chat)["likeness"] == 25
    assert "allow at most" not in read(await chat.say("avatar", photo=PHOTO, likeness="hint"))


async def test_a_default_above_the_ceiling_is_lowered(chat: Chat) -> None:
    await chat.say("set-likeness", choice="clear")
    await chat.say("room-ceiling", choice="hint", moderator=True, by="boss")
    await chat.say("avatar", photo=PHOTO)
    assert spec(chat)["likeness"] == 25


@pytest.mark.parametrize("way", ["asked", "default", "ceiling"])
async def test_with_likeness_none_the_photo_is_not_even_decoded(chat: Chat, way: str) -> None:
    if way == "default":
        await chat.say("set-likeness", choice="none")
    if way == "ceiling":
        await chat.say("room-ceiling", choice="none", moderator=True, by="boss")
    reply = await chat.say("avatar", photo=NO_PHOTO, **({"likeness": "none"} if way == "asked" else {}))
    assert "not used and not kept" in read(reply)
    assert not spec(chat)["has_photo"]
    assert chat.rows("SELECT photo FROM job") == [(None,)]


async def test_a_refused_photo_costs_nothing(chat: Chat) -> None:
    reply = await chat.say("avatar", photo=NO_PHOTO)
    assert not reply.busy
    assert chat.jobs() == 0
    assert chat.rows("SELECT count(*) FROM charge") == [(0,)]
    assert "20 of 20" in read(await chat.say("settings"))


async def test_a_repeated_event_gives_the_same_answer_and_no_second_job(chat: Chat) -> None:
    first = await chat.say("avatar", key="e1", photo=PHOTO)
    second = await chat.say("avatar", key="e1", photo=PHOTO)
    assert read(first) == read(second)
    assert chat.jobs() == 1
    assert chat.rows("SELECT count(*) FROM charge") == [(1,)]
    await chat.draw()
    third = await chat.say("avatar", key="e1", photo=PHOTO)
    assert third.picture is not None
    assert chat.jobs() == 1


async def test_a_repeated_event_is_answered_even_when_the_quota_is_used_up(chat: Chat) -> None:
    await chat.say("room-quota", choice="1", moderator=True, by="boss")
    first = await chat.say("avatar", key="e1")
    assert read(await chat.say("avatar", key="e1")) == read(first)
    refused = await chat.say("avatar", key="e2")
    assert not refused.busy
    assert chat.jobs() == 1


async def test_the_same_event_id_of_two_platforms_is_two_events(chat: Chat) -> None:
    call = Call(key="e1", platform="paper", room="library", member="mina", command="avatar")
    await chat.dispatcher.handle(call)
    await chat.dispatcher.handle(replace(call, platform="slate"))
    assert chat.jobs() == 2


async def test_an_eager_member_is_told_to_wait(chat: Chat) -> None:
    for _ in range(3):
        assert (await chat.say("avatar")).busy
    reply = await chat.say("avatar")
    assert not reply.busy
    assert "3" in read(reply)
    assert chat.jobs() == 3
    assert (await chat.say("avatar", by="jun")).busy


async def test_a_paused_room_takes_nothing_new(chat: Chat) -> None:
    await chat.say("room-pause", choice="on", moderator=True, by="boss")
    assert not (await chat.say("avatar")).busy
    await chat.say("room-pause", choice="off", moderator=True, by="boss")
    assert (await chat.say("avatar")).busy


async def test_a_forbidden_style_is_not_drawn_and_the_allowed_ones_are_named(chat: Chat) -> None:
    await chat.say("room-style", choice="-slate", moderator=True, by="boss")
    reply = await chat.say("avatar", style="slate")
    assert "Moss" in read(reply)
    assert chat.jobs() == 0


async def test_a_style_forbidden_in_mid_flight_is_refused_by_the_transaction(chat: Chat) -> None:
    """The moderator's decision lands while the photo is being decoded."""

    async def slow(data: bytes) -> Photo:
        await chat.say("room-style", choice="-slate", moderator=True, by="boss")
        return await decode(data)

    orders = Orders(chat.storage, chat.catalog, slow, Replies(chat.catalog))
    caller = Caller("k", chat.secret.pseudonym("room", "paper", "library"), "m", 1, "en")
    with pytest.raises(Refused) as refused:
        await orders.place(caller, Wish("slate", photo=PHOTO))
    assert refused.value.key == "refused-style"
    assert chat.jobs() == 0
    assert chat.rows("SELECT count(*) FROM charge") == [(0,)]


async def test_every_trait_can_be_given(chat: Chat) -> None:
    for trait, values in TRAITS.items():
        assert (await chat.say("avatar", by=trait, **{trait: values[-1]})).busy
        assert spec(chat)["traits"] == {trait: values[-1]}


async def test_who_asks_for_a_figure_alone_gets_it_plain_or_in_their_usual_style(chat: Chat) -> None:
    for usual, style in ((None, "critters"), ("peeps", "critters"), ("ink", "ink")):
        if usual:
            await chat.say("set-style", choice=usual, by="mina")
        await chat.say("avatar", by="mina", figure="creature")
        assert (spec(chat)["style"], spec(chat)["traits"]) == (style, {"figure": "creature"})
    await chat.say("avatar", by="jun", figure="creature", style="peeps")
    assert spec(chat)["style"] == "peeps"
    await chat.say("avatar", by="jun", figure="creature", photo=PHOTO)
    assert chat.catalog[spec(chat)["style"]].photo
    await chat.say("room-style", choice="-critters", moderator=True, by="boss")
    await chat.say("avatar", by="lea", figure="creature")
    assert not chat.catalog[spec(chat)["style"]].figure
    await chat.say("avatar", by="lea", figure="creature", pictures="4-styles")
    assert not any(chat.catalog[style].figure for style in spec(chat)["styles"])


async def test_the_reply_can_be_cancelled(chat: Chat) -> None:
    reply = await chat.say("avatar", photo=PHOTO)
    assert "your photo is erased" in read(await chat.press(button(reply, "cancel")))
    assert chat.rows("SELECT state, photo FROM job") == [("cancelled", None)]
