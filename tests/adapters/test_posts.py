"""Where shared pictures stand: remembered over restarts, removed for certain, and tied to nobody."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from adapters.posts import Posts

TAG, OTHER = "0123456789abcdef" * 2, "f" * 32


@pytest.fixture
def posts(tmp_path: Path) -> Posts:
    return Posts(tmp_path / "posts")


async def test_a_post_is_found_again_after_a_restart(posts: Posts, tmp_path: Path) -> None:
    await posts.put(TAG, "12/34")
    again = Posts(tmp_path / "posts")
    assert await again.place(TAG) == "12/34"
    assert await again.place(OTHER) is None
    assert await again.doomed() == []


async def test_what_is_to_go_is_known_until_it_is_gone(posts: Posts, tmp_path: Path) -> None:
    await posts.put(TAG, "12/34")
    assert await posts.doom(TAG)
    assert await posts.doom(TAG)
    assert await posts.place(TAG) is None
    again = Posts(tmp_path / "posts")
    assert await again.doomed() == [TAG]
    assert await again.leaving(TAG) == "12/34"
    await again.drop(TAG)
    await again.drop(TAG)
    assert await again.doomed() == []
    assert await again.leaving(TAG) is None


async def test_what_was_never_finished_is_to_go(posts: Posts, tmp_path: Path) -> None:
    await posts.prepare(TAG, "12/?nonce")
    await posts.prepare(OTHER, "12/?other")
    await posts.prepare(OTHER, "12/56")
    await posts.put(OTHER, "12/56")
    again = Posts(tmp_path / "posts")
    assert await again.doomed() == [TAG]
    assert await again.leaving(TAG) == "12/?nonce"
    assert await again.standing() == [OTHER]


async def test_what_nobody_posted_cannot_be_taken_back(posts: Posts) -> None:
    assert not await posts.doom(TAG)
    assert await posts.doomed() == []


async def test_posted_again_it_may_stay(posts: Posts) -> None:
    await posts.put(TAG, "12/34")
    await posts.doom(TAG)
    await posts.put(TAG, "12/34")
    assert await posts.doomed() == []
    assert await posts.place(TAG) == "12/34"


async def test_one_after_the_other_for_the_same_post(posts: Posts) -> None:
    order: list[int] = []

    async def take(number: int) -> None:
        async with posts.turn(TAG):
            order.append(number)
            await asyncio.sleep(0)
            order.append(number)

    await asyncio.gather(take(1), take(2))
    assert order == [1, 1, 2, 2]


async def test_only_the_owner_of_the_machine_reads_it(posts: Posts, tmp_path: Path) -> None:
    (tmp_path / "posts" / ".draft").write_bytes(b"of a write that was killed")
    Posts(tmp_path / "posts")
    await posts.put(TAG, "12/34")
    files = list((tmp_path / "posts").iterdir())
    assert [file.name for file in files] == [TAG]
    assert files[0].stat().st_mode & 0o077 == 0
    assert (tmp_path / "posts").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("tag", ["../secret", "", "12/34", "G" * 32])
async def test_a_tag_never_leads_out_of_the_folder(posts: Posts, tag: str) -> None:
    with pytest.raises(ValueError, match="tag"):
        await posts.put(tag, "12/34")


async def test_a_tag_of_our_own_stays_the_same_and_tells_nothing(posts: Posts, tmp_path: Path) -> None:
    tag = posts.tag("7")
    await posts.put(tag, "12/34")
    assert Posts(tmp_path / "posts").tag("7") == tag
    assert posts.tag("8") != tag != Posts(tmp_path / "other").tag("7")
    assert await posts.standing() == [tag]
    assert (tmp_path / "posts" / "key").stat().st_mode & 0o077 == 0
