"""From a photo to an avatar, the real `bpp run` against a Bot API server that others wrote.

telemelya knows fewer methods than Telegram, speaks no https and knows no secret of webhooks. What stands between it and
the bot, as a reverse proxy stands before a bot, gives that and nothing else: see `Between`.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import io
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse, ClientSession, ClientTimeout, FormData, web
from aiohttp.test_utils import TestServer, unused_port
from PIL import Image

from tests.journeys.pictures import CAMERA, portrait
from tests.journeys.room_server import BPP, START_SECONDS, UNEXPECTED, RoomServer

NEEDED = ("telemelya", "fakeredis", "moto")
MISSING = [name for name in NEEDED if importlib.util.find_spec(name) is None]
pytestmark = [
    pytest.mark.telemelya,
    pytest.mark.timeout(180),
    pytest.mark.skipif(bool(MISSING), reason=f"{', '.join(MISSING)} not installed: make telemelya"),
]

TOKEN = "123456789:a-token-for-telemelya"
MINA = 7001
PUBLIC = "https://bot.example.org/telegram"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
DRAW_SECONDS = 60


@dataclass
class Between:
    """Stands before telemelya and before the bot.

    * The bot's webhook is told to telemelya as an address of ours; what it posts there goes on to where the bot listens,
      with the secret that the bot had set.
    * Methods that telemelya lacks: commands are taken, and a text cannot be made a picture, which Telegram says of some
      messages too: the bot then sends it anew.
    """

    telemelya: str
    listen: int
    session: ClientSession
    here: str = ""
    secret: str = field(default="", repr=False)
    lacking: set[str] = field(default_factory=set)

    async def call(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        if method == "setWebhook":
            return await self._set_webhook(request)
        kind = {"Content-Type": request.headers.get("Content-Type", "")}
        address = f"{self.telemelya}{request.path}"
        async with self.session.post(address, data=await request.read(), headers=kind) as answer:
            if answer.status != 404:
                return await _passed_on(answer)
        self.lacking.add(method)
        if method.endswith("MyCommands"):
            return web.json_response({"ok": True, "result": [] if method == "getMyCommands" else True})
        status, why = (400, "message can't be edited") if method.startswith("editMessage") else (404, "Not Found")
        return web.json_response({"ok": False, "error_code": status, "description": why}, status=status)

    async def _set_webhook(self, request: web.Request) -> web.Response:
        form = await request.post()
        assert form["url"] == PUBLIC
        self.secret = str(form["secret_token"])
        async with self.session.post(f"{self.telemelya}{request.path}", data={"url": f"{self.here}/called"}) as answer:
            return await _passed_on(answer)

    async def file(self, request: web.Request) -> web.Response:
        async with self.session.get(f"{self.telemelya}{request.path}") as answer:
            return await _passed_on(answer)

    async def called(self, request: web.Request) -> web.Response:
        address = f"http://127.0.0.1:{self.listen}/telegram"
        headers = {"Content-Type": "application/json", SECRET_HEADER: self.secret}
        async with self.session.post(address, data=await request.read(), headers=headers) as answer:
            return await _passed_on(answer)


async def _passed_on(answer: ClientResponse) -> web.Response:
    return web.Response(body=await answer.read(), status=answer.status, content_type=answer.content_type)


class Telemelya:
    """What a member does and sees, by telemelya's interface for tests."""

    def __init__(self, address: str, session: ClientSession) -> None:
        self.address = address
        self._control = f"{address}/api/v1/test"
        self._session = session

    async def sends(self, photo: bytes | None = None, **update: Any) -> None:
        """Mina writes, presses or sends a photo in her private chat with the bot."""
        if photo is not None:
            form = FormData()
            form.add_field("file", photo, filename="holiday.jpg", content_type="image/jpeg")
            update["photo_file_id"] = (await self._post("upload_media", data=form))["file_id"]
        sent = {"chat_id": MINA, "from_user": {"id": MINA, "first_name": "Mina"}, **update}
        taken = await self._post("send_update", json=sent, params={"bot_token": TOKEN})
        assert taken["delivery"]["status_code"] == 200

    async def told(self, method: str, count: int = 1) -> list[dict[str, Any]]:
        """So many calls of this method, when the bot has made them."""
        async with asyncio.timeout(DRAW_SECONDS):
            while True:
                async with self._session.get(f"{self._control}/responses") as answer:
                    calls = [each for each in (await answer.json())["responses"] if each["method"] == method]
                if len(calls) >= count:
                    return calls
                await asyncio.sleep(0.1)

    async def picture(self, file_id: str) -> bytes:
        async with self._session.get(f"{self._control}/media/{file_id}") as answer:
            return await answer.read()

    async def _post(self, what: str, **more: Any) -> dict[str, Any]:
        async with self._session.post(f"{self._control}/{what}", **more) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with ClientSession(timeout=ClientTimeout(30), headers={"Authorization": "Bearer anybody"}) as session:
        yield session


@pytest.fixture
async def telemelya(tmp_path: Path, session: ClientSession) -> AsyncIterator[Telemelya]:
    program = Path(__file__).with_name("telemelya_server.py")
    log = tmp_path / "telemelya.log"
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable, program, cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=errors
        )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(START_SECONDS):
            port = int(await process.stdout.readline() or b"0")
        assert port, log.read_text()
        yield Telemelya(f"http://127.0.0.1:{port}", session)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@pytest.fixture
async def between(telemelya: Telemelya, session: ClientSession) -> AsyncIterator[Between]:
    between = Between(telemelya.address, unused_port(), session)
    application = web.Application(client_max_size=1 << 25)
    application.router.add_post("/bot{token}/{method}", between.call)
    application.router.add_get("/file/{path:.+}", between.file)
    application.router.add_post("/called", between.called)
    async with TestServer(application) as server:
        between.here = str(server.make_url("/")).rstrip("/")
        yield between


class Bot(RoomServer):
    """One `bpp run` that Telegram calls."""

    def __init__(self, folder: Path, between: Between) -> None:
        super().__init__(folder, engines="classic")
        self._between = between

    async def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "none.toml").touch()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("BPP_")} | {
            "BPP_DATA": str(self.data),
            "BPP_SECRET_FILE": str(self.folder / "secret"),
            "BPP_CONFIG": str(self.folder / "none.toml"),
            "BPP_ENGINES": "classic",
            "BPP_TELEGRAM_TOKEN": TOKEN,
            "BPP_TELEGRAM_API": self._between.here,
            "BPP_TELEGRAM_FILE_API": self._between.here,
            "BPP_TELEGRAM_WEBHOOK": PUBLIC,
            "BPP_TELEGRAM_LISTEN": f"127.0.0.1:{self._between.listen}",
        }
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                BPP,
                "run",
                env=environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        said = ""
        async with asyncio.timeout(START_SECONDS):
            while "ready as @telemelya_bot" not in said:
                line = await self._output.readline()
                assert line, f"bpp run ended: {said}{self.log.read_text()}"
                said += line.decode()


@pytest.fixture
async def bot(tmp_path: Path, between: Between) -> AsyncIterator[Bot]:
    bot = Bot(tmp_path / "bot", between)
    try:
        await bot.start()
        yield bot
        assert await bot.stop() == 0
    finally:
        if bot.runs:
            await bot.kill()
    log = bot.log.read_text()
    assert not UNEXPECTED.search(log), log
    assert TOKEN not in log
    assert " ERROR " not in log, log


@pytest.mark.usefixtures("bot")
async def test_a_photo_becomes_an_avatar(tmp_path: Path, telemelya: Telemelya, between: Between) -> None:
    photo = portrait(tmp_path / "holiday.jpg").read_bytes()

    await telemelya.sends(photo)

    [answer] = await telemelya.told("sendPhoto")
    avatar = await telemelya.picture(answer["file_id"])
    with Image.open(io.BytesIO(avatar)) as picture:
        assert picture.format == "PNG"
        assert picture.width == picture.height
    assert CAMERA.encode() not in avatar
    assert answer["chat_id"] == MINA
    buttons = [button for row in answer["reply_markup"]["inline_keyboard"] for button in row]

    # The message that said how far the picture was is gone: a text that could not become the picture.
    [waiting, *_] = await telemelya.told("sendMessage")
    assert (await telemelya.told("deleteMessage"))[0]["message_id"] == waiting["message_id"]

    # And a press on one of its buttons is acknowledged, and answered.
    save = next(each["callback_data"] for each in buttons if each["text"] == "Save as my default")
    await telemelya.sends(callback_data=save, callback_message_id=answer["message_id"])
    assert await telemelya.told("answerCallbackQuery")
    assert await telemelya.told("sendMessage", 2)

    assert "editMessageMedia" in between.lacking
