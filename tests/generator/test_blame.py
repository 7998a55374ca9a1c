"""What a log may know of an exception that nobody expected."""

from __future__ import annotations

from generator.blame import blame


def parse(secret: str) -> None:
    raise ValueError(secret)


def test_the_place_is_told_and_the_message_is_not() -> None:
    try:
        parse("bytes of a file")
    except ValueError as error:
        told = blame(error)
    assert told.startswith("ValueError at parse (test_blame.py:")
    assert " < test_the_place_is_told_and_the_message_is_not (" in told
    assert "bytes of a file" not in told


def test_an_exception_that_was_never_raised_has_no_place() -> None:
    assert blame(KeyError("secret")) == "KeyError at an unknown place"
