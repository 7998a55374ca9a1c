"""Export."""

from __future__ import annotations

import json

from tests.bot.conftest import PHOTO, Chat, button


async def test_the_file_holds_my_rows_and_nobody_elses(chat: Chat) -> None:
    await chat.result(photo=PHOTO, style="slate")
    await chat.result(by="jun", style="ink")
    reply = await chat.press(button(await chat.say("privacy"), "export"))
    assert reply.file is not None
    assert reply.file.mime == "application/json"
    data = json.loads(reply.file.data)
    assert [job["request"]["style"] for job in data["jobs"]] == ["slate"]
    assert b"jun" not in reply.file.data
    assert b"mina" not in reply.file.data


async def test_somebody_unknown_gets_an_empty_export(chat: Chat) -> None:
    reply = await chat.say("export", by="nobody")
    assert reply.file is not None
    assert json.loads(reply.file.data)["jobs"] == []
