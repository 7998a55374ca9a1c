"""What a job looks like, in the corners that no command reaches easily."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.replies import Replies, duration
from bot.storage import JobSpec
from bot.storage.spool import Pictures
from generator.engine import Progress
from generator.styles import Catalog
from tests.bot.conftest import PNG, WORDING, buttons, read

SPEC = JobSpec(style="slate", engine="classic", likeness=55, traits={}, seed=1, size=640, has_photo=True)


@pytest.mark.parametrize(
    ("seconds", "english", "korean"),
    [
        (0, "1 second", "약 1초"),
        (4.4, "4 seconds", "약 4초"),
        (89, "89 seconds", "약 89초"),
        (95, "2 minutes", "약 2분"),
        (3600, "60 minutes", "약 60분"),
        (6000, "2 hours", "약 2시간"),
    ],
)
def test_a_wait_is_told_as_people_say_it(seconds: float, english: str, korean: str) -> None:
    assert WORDING.say("en", duration(seconds)) == english
    assert WORDING.say("ko", duration(seconds)) == korean


@pytest.mark.parametrize(("fraction", "percent"), [(-1.0, "0%"), (0.999, "99%"), (7.0, "100%")])
def test_an_engine_that_counts_badly_shows_no_nonsense(catalog: Catalog, fraction: float, percent: str) -> None:
    reply = Replies(catalog).drawing(1, SPEC, "en", Progress(fraction))
    assert percent in read(reply)
    assert reply.progress is not None
    assert 0 <= reply.progress <= 1


def test_a_style_that_is_no_longer_installed_still_has_its_id(catalog: Catalog) -> None:
    gone = replace(SPEC, style="velvet")
    assert "velvet" in read(Replies(catalog).waiting(1, gone, "en", 1, 2.0))


def test_an_unknown_trace_is_told_as_the_highest(catalog: Catalog) -> None:
    reply = Replies(catalog).result(1, SPEC, "en", Pictures(b"png"), trace=None)
    assert "Photo trace: high" in read(reply)


def test_likeness_is_not_offered_where_it_would_change_nothing(catalog: Catalog) -> None:
    """A figure takes colours from a photo, and no shapes: neither more nor less of it can be drawn."""
    replies = Replies(catalog)
    for style, bends in (("slate", True), ("peeps", False)):
        reply = replies.result(1, replace(SPEC, style=style), "en", Pictures(PNG), trace="low")
        assert ({"more", "less"} <= set(buttons(reply))) is bends
        assert ("Likeness:" in read(reply)) is bends
        assert "Photo trace: low" in read(reply)
