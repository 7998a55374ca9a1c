"""Delete."""

from __future__ import annotations

from tests.bot.conftest import Chat, button, buttons, read


async def test_the_picture_is_erased_from_disk_at_once(chat: Chat) -> None:
    _, result = await chat.result()
    spool = [path for path in chat.folder.rglob("*") if path.is_file() and "bpp.db" not in path.name]
    name = chat.rows("SELECT avatar FROM job")[0][0]
    assert name in {path.name for path in spool}
    reply = await chat.press(button(result, "delete"))
    assert "is erased" in read(reply)
    assert reply.replaces
    assert chat.rows("SELECT avatar, avatar_key FROM job") == [(None, None)]
    assert name not in {path.name for path in chat.folder.rglob("*")}


async def test_pressing_it_twice_gives_the_same_answer(chat: Chat) -> None:
    _, result = await chat.result()
    delete = button(result, "delete")
    assert await chat.press(delete, key="e1") == await chat.press(delete, key="e1")


async def test_a_shared_picture_leaves_the_room_too(chat: Chat) -> None:
    job, result = await chat.result()
    shared = await chat.press(button(result, "share"))
    assert (await chat.press(button(shared, "delete"))).unshare == (chat.secret.pseudonym("share", str(job)),)
    assert chat.rows("SELECT shared FROM job") == [(0,)]


async def test_a_picture_that_is_still_on_its_way_is_not_called_erased(chat: Chat) -> None:
    waiting = await chat.say("avatar")
    job = button(waiting, "cancel").job
    for state in ("queued", "running"):
        assert chat.rows("SELECT state FROM job") == [(state,)]
        reply = await chat.say("delete", job=job)
        assert "not finished yet" in read(reply)
        assert "/queue" in read(reply)
        assert reply.unshare == ()
        await chat.storage.jobs.claim("test", ("classic",))
    assert chat.rows("SELECT finished FROM job") == [(None,)]


async def test_another_members_picture_stays(chat: Chat) -> None:
    _, result = await chat.result()
    reply = await chat.press(button(result, "delete"), by="jun")
    assert "not yours" in read(reply)
    assert reply.unshare == ()
    assert chat.rows("SELECT count(*) FROM job WHERE avatar IS NOT NULL") == [(1,)]


async def test_afterwards_it_is_shown_no_more(chat: Chat) -> None:
    job, result = await chat.result()
    await chat.press(button(result, "delete"))
    gone = await chat.say("show", job=job)
    assert gone.picture is None
    assert buttons(gone) == []
    assert "no pictures here yet" in read(await chat.say("queue"))
