"""One's own pictures on Discord: made, made anew, shared, taken back, deleted. Nobody else sees any of it unasked."""

from __future__ import annotations

import asyncio
import io

import pytest
from PIL import Image

from tests.busy import slowdown
from tests.discord_journeys.what_people_do import (
    avatar,
    chosen,
    drawn,
    finished,
    original,
    pressed,
    settled,
    share,
)
from tests.discord_journeys.what_people_read import over_quota, says, traced
from tests.discord_peer.actors import Actor, ClientRefuses
from tests.discord_peer.peer import DiscordPeer
from tests.discord_peer.servers import Channel, Guild
from tests.discord_peer.world import Message


def is_picture(data: bytes) -> bool:
    with Image.open(io.BytesIO(data)) as image:
        return image.format == "PNG" and image.size >= (512, 512)


def offers(message: Message, style: str) -> bool:
    return any(option["value"] == style for part in message.parts for option in part.get("options", ()))


async def test_a_photo_becomes_an_avatar_that_only_its_member_sees_and_is_asked_for_again_for_another(
    channel: Channel, mina: Actor, tomo: Actor, photo: bytes
) -> None:
    done = await mina.slash(channel, "avatar", photo=photo, style="papercut", likeness="somewhat")
    first = await drawn(done)
    assert done.ack_seconds is not None
    assert done.ack_seconds < 1 * slowdown()
    assert says(first, "result-ready", style="Papercut")
    assert says(first, "result-likeness", level="somewhat")
    assert traced(first)
    assert first.alts == ["Your new avatar. Style: Papercut"]
    assert is_picture(first.pictures[0])
    assert {"Try again", "More like me", "Less like me", "Other style", "Delete"} <= set(first.buttons)
    assert mina.sees(channel) == [first], "one message, from the first word to the picture"
    assert channel.posts == []
    assert tomo.sees(channel) == []

    asked = await mina.press(first, "Try again")
    assert asked.modal is not None
    assert asked.modal.title == "Your photo, once more"
    with pytest.raises(ClientRefuses):
        await mina.submit(asked.modal)
    again = await drawn(await mina.submit(asked.modal, photo=photo))
    assert again is not first
    assert says(again, "result-ready", style="Papercut")
    assert says(again, "result-likeness", level="somewhat")

    asked = await mina.press(first, "More like me")
    more = await drawn(await mina.submit(asked.modal, photo=photo))
    assert says(more, "result-likeness", level="clearly me")
    assert "More like me" not in more.buttons, "it cannot get any more like them"
    asked = await mina.press(first, "Less like me")
    less = await drawn(await mina.submit(asked.modal, photo=photo))
    assert says(less, "result-likeness", level="a hint")
    assert mina.sees(channel) == [first, again, more, less]


async def test_without_a_photo_a_figure_is_drawn_and_try_again_draws_another_at_once(
    channel: Channel, mina: Actor
) -> None:
    first = await avatar(mina, channel, style="pixel", hair="curly")
    assert not traced(first)
    assert "More like me" not in first.buttons
    before = first.pictures
    again = await mina.press(first, "Try again")
    assert again.modal is None, "nothing is needed from the member"
    second = await drawn(again)
    assert second is not first
    assert (first.pictures, second.pictures != before) == (before, True)
    assert mina.sees(channel) == [first, second]


async def test_another_style_is_chosen_from_a_wall_of_examples(
    peer: DiscordPeer, channel: Channel, mina: Actor
) -> None:
    first = await avatar(mina, channel, style="pixel")
    wall = await settled(await mina.press(first, "Other style"))
    assert wall is not first
    assert finished(first), "the picture stays where it is"
    assert len(wall.pictures) > 1
    assert wall.ephemeral
    # A wall of many styles goes on in further messages.
    page = await peer.until(
        lambda: next((one for one in mina.sees(channel) if offers(one, "peeps")), None), what="a menu with this style"
    )
    second = await drawn(await mina.choose(page or wall, ":other:", "peeps"))
    assert says(second, "result-ready", style="Peeps")


async def test_of_four_pictures_one_is_used_and_shared_and_another_leads_on(
    channel: Channel, mina: Actor, photo: bytes
) -> None:
    four = await avatar(mina, channel, style="notionists", pictures="4", photo=photo)
    assert says(four, "grid-ready", count=4, style="Notionist")
    used = await drawn(await mina.press(four, "Use 2"))
    assert says(used, "result-ready", style="Notionist")
    assert says(await share(mina, used), "share-done")
    assert [post.pictures for post in channel.posts] == [used.pictures]
    asked = await mina.press(four, "More like 3")
    more = await drawn(await mina.submit(asked.modal, photo=photo))
    assert says(more, "grid-ready", count=4)
    assert more.pictures != four.pictures
    assert finished(four), "others of them can be used as well"
    assert mina.sees(channel) == [four, used, *channel.posts, more]


async def test_a_picture_from_one_of_ones_own_messages(
    channel: Channel, mina: Actor, tomo: Actor, photo: bytes
) -> None:
    written = mina.says(channel, "me on holiday", photo=photo)
    message = await drawn(await mina.message_command(channel, written))
    assert traced(message)
    refused = await settled(await tomo.message_command(channel, written))
    assert says(refused, "discord-message-foreign")
    assert refused.ephemeral
    assert refused.pictures == []


@pytest.mark.parametrize("tick", [False, True], ids=["without a name", "with the name"])
async def test_share_posts_the_picture_alone_and_take_it_back_removes_it(
    channel: Channel, mina: Actor, tomo: Actor, *, tick: bool
) -> None:
    message = await avatar(mina, channel, style="pixel")
    asked = await mina.press(message, ":share:")
    assert asked.modal is not None
    assert channel.posts == [], "nothing is posted before it is confirmed"
    shared = await mina.submit(asked.modal, tick=tick)
    await original(shared).until(lambda one: says(one, "share-done"))
    (post,) = channel.posts
    assert tomo.sees(channel) == [post]
    assert post.asker is None, "Discord itself would name who pressed"
    assert post.metadata is None
    assert [one.name for one in post.attachments] == ["avatar.png"]
    assert post.pictures == message.pictures
    assert post.alts == ["Avatar of a member"]
    assert post.buttons == []
    assert ("Mina-Who-Draws" in post.text) == tick
    assert not post.pings
    assert says(await pressed(mina, message, ":unshare:"), "unshare-done")
    assert post.deleted
    assert channel.posts == []
    assert says(await share(mina, message), "share-done")
    assert len(channel.posts) == 1, "shared once more, it stands there once"


async def test_sent_twice_a_form_posts_one_picture_and_what_a_moderator_removed_is_taken_back_all_the_same(
    peer: DiscordPeer, channel: Channel, mina: Actor
) -> None:
    message = await avatar(mina, channel, style="pixel")
    forms = [await mina.press(message, ":share:") for _ in range(2)]
    sent = await asyncio.gather(*(mina.submit(form.modal) for form in forms))

    def answered() -> bool:
        # Both have one message: only the requests tell that the second, too, has said its word there.
        asked = [peer.asked("PATCH", f"/webhooks/*/{one.token}/messages/*") for one in sent]
        return all(any(request.status for request in requests) for requests in asked)

    await peer.until(answered, what="an answer to either form")
    assert says(message, "share-done")
    (post,) = channel.posts
    post.deleted = True
    assert says(await pressed(mina, message, ":unshare:"), "unshare-done")
    assert says(await share(mina, message), "share-done")
    assert len(channel.posts) == 1


async def test_delete_takes_the_picture_out_of_the_message(channel: Channel, mina: Actor) -> None:
    message = await avatar(mina, channel, style="pixel")
    assert await pressed(mina, message, "Delete") is message
    assert says(message, "job-erased")
    assert message.pictures == []
    assert message.attachments == [], "the attachment itself is gone, not only out of sight"
    assert not finished(message)
    queue = await settled(await mina.slash(channel, "queue"))
    assert says(queue, "queue-headline", open=0, kept=0)


async def test_delete_takes_back_what_was_shared_too(channel: Channel, mina: Actor) -> None:
    message = await avatar(mina, channel, style="pixel")
    await share(mina, message)
    (post,) = channel.posts
    await pressed(mina, message, "Delete")
    assert message.attachments == []
    assert post.deleted


async def test_what_is_kept_is_shown_again_by_queue(channel: Channel, mina: Actor, tomo: Actor) -> None:
    message = await avatar(mina, channel, style="pixel")
    mina.dismiss(message)
    queue = await settled(await mina.slash(channel, "queue"))
    again = await pressed(mina, queue, ":show:")
    assert again.ephemeral
    assert again.pictures == message.pictures
    assert says(await settled(await tomo.slash(channel, "queue")), "queue-headline", open=0, kept=0)


async def test_in_korean_every_sentence_and_button_is_korean(peer: DiscordPeer, guild: Guild, channel: Channel) -> None:
    somi = peer.user("somi", locale="ko")
    guild.join(somi)
    names = dict(await somi.autocomplete(channel, "avatar", "style", ""))
    assert any("가" <= letter <= "힣" for name in names for letter in name)
    message = await avatar(somi, channel, style="pixel")
    assert says(message, "result-ready", locale="ko")
    assert message.buttons[0] == "다시 그리기"
    shared = await share(somi, message)
    assert says(shared, "share-done", locale="ko")
    assert channel.posts[0].alts != shared.alts, "the room reads its own language, not the member's"


async def test_a_result_is_private_for_its_member_to_press(
    peer: DiscordPeer, channel: Channel, mina: Actor, tomo: Actor
) -> None:
    message = await avatar(mina, channel, style="pixel")
    with pytest.raises(ClientRefuses):
        await tomo.press(message, "Delete")
    assert message.pictures


async def test_nobody_gets_more_pictures_than_the_room_allows_in_a_day(
    guild: Guild, channel: Channel, mina: Actor, tomo: Actor, boss: Actor
) -> None:
    room = await settled(await boss.slash(channel, "room"))
    assert says(await chosen(boss, room, "room-quota", "1"), "room-quota", daily=1)
    message = await avatar(mina, channel, style="pixel")
    refused = await settled(await mina.slash(channel, "avatar"))
    assert over_quota(refused, daily=1)
    refused = await pressed(mina, message, "Try again")
    assert over_quota(refused, daily=1)
    assert finished(await avatar(tomo, channel, style="pixel"))
    other = guild.channel("another")
    refused = await settled(await mina.slash(other, "avatar"))
    assert over_quota(refused, daily=1)


async def test_forget_me_erases_pictures_and_posts(channel: Channel, mina: Actor) -> None:
    message = await avatar(mina, channel, style="pixel")
    await share(mina, message)
    (post,) = channel.posts
    privacy = await settled(await mina.slash(channel, "privacy"))
    export = await pressed(mina, privacy, ":export:")
    ((name, data),) = export.files.items()
    assert name == "about-me.json"
    assert str(mina.id).encode() not in data
    assert says(await pressed(mina, privacy, ":forget:"), "forget-confirm")
    done = await pressed(mina, privacy, "Yes, erase everything")
    assert says(done, "forget-done")
    assert says(done, "discord-forget-screen")
    assert post.deleted
    assert says(await pressed(mina, message, ":unshare:"), "error-gone")
    assert says(await settled(await mina.slash(channel, "queue")), "queue-headline", open=0, kept=0)
