"""Previews as one picture."""

from __future__ import annotations

import io
import logging

import pytest
from PIL import Image

from generator.sheets import Sheets
from generator.styles import load_catalog


async def test_a_sheet_has_every_preview_in_its_order_and_is_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    previews = [style.preview for style in load_catalog().values()][:9]
    sheets = Sheets()
    drawn = await sheets.draw(previews)
    assert b"digitalsourcetype/compositeSynthetic" in drawn
    with Image.open(io.BytesIO(drawn)) as sheet:
        assert sheet.size == (816, 816)
        for number, data in enumerate(previews):
            row, column = divmod(number, 3)
            left, top = 12 + 268 * column, 12 + 268 * row
            with Image.open(io.BytesIO(data)) as preview:
                # Below the number nothing is hidden.
                want = preview.convert("RGB").crop((0, 80, 256, 256)).tobytes()
            assert sheet.crop((left, top + 80, left + 256, top + 256)).tobytes() == want
    monkeypatch.setattr("sys.executable", "/nowhere")
    assert await sheets.draw(previews) is drawn


async def test_no_sheet_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert await Sheets().draw([b"no picture"]) == b""
        assert await Sheets(seconds=0.0).draw([b"late"]) == b""
    assert len(caplog.records) == 2
