"""Show again."""

from __future__ import annotations

import pytest

from generator.engine import Trace
from tests.bot.conftest import PHOTO, PNG, Chat, button, buttons, read


async def test_a_finished_photo_avatar_says_what_is_left_of_the_photo(chat: Chat) -> None:
    _, result = await chat.result(photo=PHOTO, style="slate")
    said = read(result)
    assert result.picture is not None
    assert result.picture.data == PNG
    for part in ("Slate", "Likeness: somewhat", "Photo trace: low", "never a guarantee", "already erased", "24 hours"):
        assert part in said
    assert buttons(result) == ["again", "four", "more", "less", "other", "share", "save", "delete"]


async def test_a_figure_has_the_buttons_that_make_sense(chat: Chat) -> None:
    _, result = await chat.result()
    assert buttons(result) == ["again", "four", "other", "share", "save", "delete"]
    assert "photo" not in read(result).lower()
    assert not any(action.wants_photo for action in result.actions)


async def test_a_shared_picture_says_that_everybody_sees_it(chat: Chat) -> None:
    job, result = await chat.result()
    await chat.press(button(result, "share"))
    shown = await chat.say("show", job=job)
    assert "This picture is shared: everybody there can see it" in read(shown)
    assert "unshare" in buttons(shown)


@pytest.mark.parametrize("trace", ["none", "low", "medium", "high"])
@pytest.mark.parametrize("locale", ["en", "ko"])
async def test_every_trace_has_its_sentence(chat: Chat, trace: Trace, locale: str) -> None:
    waiting = await chat.say("avatar", photo=PHOTO)
    await chat.draw(trace=trace)
    said = read(await chat.say("show", job=button(waiting, "cancel").job, locale=locale))
    assert {"none": ("none", "없음"), "low": ("low", "적음"), "medium": ("medium", "중간"), "high": ("high", "많음")}[
        trace
    ][locale == "ko"] in said


async def test_a_waiting_and_a_running_job_are_shown_as_they_stand(chat: Chat) -> None:
    job = button(await chat.say("avatar"), "cancel").job
    assert "next in line" in read(await chat.say("show", job=job))
    assert await chat.storage.jobs.claim("test", ("classic",))
    running = await chat.say("show", job=job)
    assert running.busy
    assert "Drawing" in read(running)


@pytest.mark.parametrize("locale", ["en", "ko"])
async def test_a_failed_job_says_why_and_that_it_was_free(chat: Chat, locale: str) -> None:
    job = button(await chat.say("avatar"), "cancel").job
    claim = await chat.storage.jobs.claim("test", ("classic",))
    assert claim is not None
    await chat.storage.jobs.fail(claim, "error-draw-failed", {})
    failed = await chat.say("show", job=job, locale=locale)
    assert not failed.busy
    assert ("does not count" if locale == "en" else "포함되지 않아요") in read(failed)


async def test_numbers_that_are_nobodys_job_are_gone(chat: Chat) -> None:
    assert "no longer here" in read(await chat.say("show", job=999))
