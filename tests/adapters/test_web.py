"""The local room over real sockets: its pages, its members, its promises, and those who test its patience."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io
import json
import os
import random
import re
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import uvicorn.server
from PIL import Image
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

import adapters.web.intake
import adapters.web.lines
import adapters.web.pages
import adapters.web.people
import adapters.web.room
from adapters.web import WebRoom
from adapters.web.bubbles import Bubble, Bubbles
from adapters.web.nicknames import objection, skeleton, tidy
from adapters.web.room import Absent, PortTaken
from bot.arguments import Source
from bot.caller import Caller
from bot.chat import (
    MAX_UPLOAD_BYTES,
    Action,
    Address,
    Argument,
    Command,
    File,
    Option,
    Picture,
    Reply,
    Share,
    Text,
    Tile,
    Upload,
)
from bot.dispatch import Dispatcher
from bot.errors import Unreachable
from bot.secrets import Secret
from bot.storage.members import Preferences
from bot.wording import Wording

WORDING = Wording()
INVITE = "the-invitation-of-this-start"
STATIC = Path(adapters.web.room.__file__).parent / "static"
TYPED = {"sec-fetch-site": "none"}
"""What a browser says about an address that somebody typed."""


def says(text: str) -> Text:
    return Text("verbatim", {"text": text})


def picture(data: bytes = b"\x89PNG picture") -> Picture:
    return Picture(data, says("a picture"))


class Application:
    """A small application behind the real dispatcher: each command shows one thing that a room must be able to do."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Caller, dict[str, Any]]] = []
        self.temporary: list[str] = []
        self.locale: str | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        names = {
            "echo": (Argument("text", "text"), Argument("style", "choice", source="styles")),
            "photo": (Argument("photo", "photo"),),
            "draw": (),
            "wait": (),
            "wall": (),
            "file": (),
            "post": (Argument("job", "number"),),
            "take-back": (Argument("job", "number"),),
            "forget": (),
            "swap": (Argument("job", "number"), Argument("choice", "text")),
            "expire": (Argument("job", "number"),),
            "delete": (Argument("job", "number"),),
            "set-language": (Argument("choice", "text"),),
            "export": (),
        }
        self.commands = [self._declare(name, arguments) for name, arguments in names.items()]
        self.commands.append(
            self._declare("ban", (Argument("member", "member", required=True),), moderator=True, listed=False)
        )
        self.commands.append(self._declare("panel", (), moderator=True))
        sources: dict[str, Source] = {"styles": self.styles}
        self.dispatcher = Dispatcher(self.commands, sources, self, Secret(bytes(32)), WORDING)

    async def preferences(self, room: str, member: str) -> Preferences:
        return Preferences(locale=self.locale)

    async def styles(self, caller: Caller) -> tuple[Option, ...]:
        return (Option("ink", says("Ink"), picture=b"\x89PNG of ink"), Option("plain", says("Plain")))

    def _declare(self, name: str, arguments: tuple[Argument, ...], **more: bool) -> Command:
        async def run(caller: Caller, given: dict[str, Any]) -> Reply:
            self.calls.append((name, caller, given))
            if name == "set-language":  # as the real one does
                self.locale = None if given["choice"] == "auto" else given["choice"]
                return Reply(lines=(says("remembered"),), locale=self.locale or caller.platform_locale)
            return await self._answer(name, given)

        return Command(name, run, arguments, **more)

    async def _answer(self, name: str, given: dict[str, Any]) -> Reply:
        job = given.get("job", 1)
        match name:
            case "photo":
                self.temporary = await asyncio.to_thread(os.listdir, tempfile.gettempdir())
                photo: Upload | None = given.get("photo")
                await self.gate.wait()
                return Reply(lines=(says(str(len(photo.data)) if photo else "no photo"),))
            case "draw":
                again = Action(says("Again"), "swap", 7, "again", wants_photo=True, tone="primary")
                return Reply(lines=(says("drawn"),), picture=picture(), actions=(again,))
            case "wait":
                await self.gate.wait()
                return Reply(lines=(says("queued"),), busy=True, progress=0.0)
            case "wall":
                return Reply(wall=(Tile(picture(b"\x89PNG tile"), says("Ink"), Action(says("Ink"), "draw")),))
            case "file" | "export":
                data = b"{}" if name == "file" else b'{"jobs": []}'
                return Reply(lines=(says("yours"),), file=File('a "name"\r\n.json', data))
            case "post":
                return Reply(lines=(says("posted"),), share=Share(picture(f"\x89 {job}".encode()), str(job)))
            case "take-back":
                return Reply(lines=(says("taken back"),), unshare=(str(job),))
            case "forget":
                return Reply(lines=(says("forgotten"),), forget=True, replaces=True)
            case "swap" | "expire" | "delete":
                said = says("drawing") if name == "swap" else Text("job-erased")
                return Reply(lines=(said,), busy=name == "swap", replaces=True, erases=name != "expire")
            case _:
                return Reply(lines=(says(given.get("text", "done")),))


@dataclass
class Clock:
    now: int = 1_790_000_000_000

    def __call__(self) -> int:
        self.now += 1
        return self.now


async def until(happened: Callable[[], bool]) -> None:
    """Look again and again."""
    async with asyncio.timeout(20):
        while not happened():  # noqa: ASYNC110 - what is awaited here has no event
            await asyncio.sleep(0.002)


class Prompt:
    """``asyncio`` for uvicorn alone, whose server looks ten times a second whether it is to end: here, far more often."""

    sleep = staticmethod(lambda seconds: asyncio.sleep(min(seconds, 0.005)))

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)


@pytest.fixture(autouse=True)
def prompt_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uvicorn.server, "asyncio", Prompt())


@asynccontextmanager
async def served(folder: Path, application: Application, **more: Any) -> AsyncIterator[WebRoom]:
    """A room on a free port of this machine."""
    room = WebRoom(application.dispatcher, WORDING, folder, **({"clock": Clock(), "invite": INVITE, "port": 0} | more))
    room.bind()
    serving = asyncio.create_task(room.serve())
    await until(lambda: room.started)
    try:
        yield room
    finally:
        await room.close()
        await serving


@dataclass
class Browser:
    """One browser profile: a cookie jar, and perhaps an open page."""

    room: WebRoom
    http: httpx.AsyncClient
    events: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    line: ClientConnection | None = None
    listening: asyncio.Task[None] | None = None
    news: asyncio.Condition = field(default_factory=asyncio.Condition)
    polite: bool = True
    """Whether the page tells which bubbles it shows."""

    @property
    def origin(self) -> str:
        return self.room.address.rstrip("/")

    @property
    def cookie(self) -> str:
        return next(iter(self.http.cookies.values()))

    @property
    def id(self) -> str:
        return next(event for event in self.events if event["type"] == "hello")["me"]["id"]

    async def open(self) -> None:
        """Open the page's live channel and wait for its greeting."""
        headers = {"cookie": "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())}
        headers["accept-language"] = self.http.headers["accept-language"]
        self.events.clear()
        self.line = await connect(
            self.origin.replace("http", "ws") + "/live", origin=self.origin, additional_headers=headers
        )
        self.listening = asyncio.create_task(self._listen(self.line))
        await self.next("hello")

    async def _listen(self, line: ClientConnection) -> None:
        try:
            async for text in line:
                event = json.loads(text)
                bubbles = event.get("bubbles", []) + [event[key] for key in ("bubble",) if key in event]
                for bubble in bubbles:
                    if self.polite and not bubble["busy"]:
                        await line.send(json.dumps({"seen": [bubble["id"], bubble["version"]]}))
                async with self.news:
                    self.events.append(event)
                    self.news.notify_all()
        except ConnectionClosed:
            pass

    async def next(self, kind: str, such: Callable[[dict[str, Any]], bool] = lambda _: True) -> dict[str, Any]:
        """The first event of this kind since the page was opened, now or soon."""
        found = lambda: next((e for e in self.events if e["type"] == kind and such(e)), None)  # noqa: E731
        async with asyncio.timeout(20), self.news:
            await self.news.wait_for(lambda: found() is not None)
        event = found()
        assert event is not None
        return event

    async def bubble(self, line: str) -> dict[str, Any]:
        """The bubble that says ``line``."""
        return (await self.next("bubble", lambda event: line in event["bubble"]["lines"]))["bubble"]

    async def close(self) -> None:
        if self.line and self.listening:
            await self.line.close()
            await self.listening
            self.line = None

    async def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        headers = {"origin": self.origin, "content-type": "application/json"} | headers
        return await self.http.post(path, content=json.dumps(body), headers=headers)

    async def call(self, command: str = "", photo: bytes = b"", **head: Any) -> httpx.Response:
        """Send a call as the page does."""
        given = {"id": uuid4().hex, "command": command, "arguments": {}} | head
        packed = json.dumps(given).encode()
        body = len(packed).to_bytes(4, "big") + packed + photo
        return await self.http.post("/call", content=body, headers={"origin": self.origin})

    async def run(self, command: str, **head: Any) -> dict[str, Any]:
        """The bubble that answers a call."""
        answer = await self.call(command, **head)
        assert answer.status_code == 200, answer.text
        return answer.json()["bubble"]


@asynccontextmanager
async def visiting(room: WebRoom, *, opened: bool = True, language: str = "en") -> AsyncIterator[Browser]:
    """A newcomer in the room."""
    headers = {"accept-language": language}
    # Without the certificates of the world, whose reading costs more than most of what a visitor does.
    async with httpx.AsyncClient(base_url=room.address, headers=headers, timeout=20, verify=False) as http:
        (await http.get("/", headers=TYPED)).raise_for_status()
        browser = Browser(room, http)
        if opened:
            await browser.open()
        try:
            yield browser
        finally:
            await browser.close()


@pytest.fixture
def application() -> Application:
    return Application()


@pytest.fixture
async def room(tmp_path: Path, application: Application) -> AsyncIterator[WebRoom]:
    async with served(tmp_path / "room", application) as room:
        yield room


@pytest.fixture
async def ann(room: WebRoom) -> AsyncIterator[Browser]:
    async with visiting(room) as browser:
        yield browser


@pytest.fixture
async def bob(room: WebRoom) -> AsyncIterator[Browser]:
    async with visiting(room) as browser:
        yield browser


def address(browser: Browser, bubble: str) -> Address:
    return Address("web", f"{browser.id}/{bubble}")


# --- the page and its members -------------------------------------------------------------------------------------


async def test_a_newcomer_gets_a_cookie_that_no_script_and_no_other_site_can_use(room: WebRoom) -> None:
    async with httpx.AsyncClient(base_url=room.address) as http:
        cookie = (await http.get("/", headers=TYPED)).headers["set-cookie"]
        assert re.match(r"bpp-room-\d+=[0-9a-f]{32};", cookie)
        assert {"HttpOnly", "SameSite=strict", "Path=/"} <= {part.strip() for part in cookie.split(";")}
        assert "set-cookie" not in (await http.get("/")).headers


async def test_only_the_hash_of_a_cookie_is_stored(room: WebRoom, ann: Browser) -> None:
    stored = b"".join(file.read_bytes() for file in room.people.folder.rglob("*") if file.is_file())
    assert ann.id.encode() in stored
    assert ann.cookie.encode() not in stored


async def test_members_get_a_friendly_nickname_in_their_language(room: WebRoom) -> None:
    async with visiting(room) as english, visiting(room, language="de, ko-KR;q=0.9, en;q=0.5") as korean:
        names = [(await browser.next("hello"))["me"]["nickname"] for browser in (english, korean)]
    assert re.fullmatch(r"[A-Z][a-z]+ [A-Z][a-z]+", names[0])
    assert re.fullmatch(r"[가-힣 ]+", names[1])


async def test_the_page_speaks_the_browsers_language_until_its_member_chooses(room: WebRoom) -> None:
    async with visiting(room, language="ko-KR,en;q=0.8") as browser:
        assert '<html lang="ko">' in (await browser.http.get("/")).text
        board = await browser.run("set-language", arguments={"choice": "en"})
        assert board["locale"] == "en"
        assert (await browser.next("rights"))["locale"] == "en"
        assert '<html lang="en">' in (await browser.http.get("/")).text
        board = await browser.run("set-language", arguments={"choice": "auto"})
        assert board["locale"] == "ko"
        await browser.next("rights", lambda event: event["locale"] == "ko")
        assert '<html lang="ko">' in (await browser.http.get("/")).text


async def test_every_answer_carries_the_strict_policy(ann: Browser) -> None:
    for path in ("/", "/healthz", "/static/room.js", "/nothing", "/face/x", f"/figure/{ann.id}"):
        headers = (await ann.http.get(path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy, path
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-frame-options"] == "DENY"


async def test_the_page_has_nothing_that_its_policy_would_block(ann: Browser) -> None:
    page = (await ann.http.get("/")).text
    assert not re.search(r"\sstyle=|\son[a-z]+=|<style|javascript:", page)
    for script in re.findall(r"<script[^>]*>", page):
        assert "src=" in script or 'type="application/json"' in script
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", page)


@pytest.mark.parametrize("script", sorted(STATIC.glob("*.js")), ids=lambda path: path.name)
def test_no_script_ever_parses_html(script: Path) -> None:
    code = script.read_text()
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser", code
    )


def test_every_sentence_of_the_page_exists_in_both_languages() -> None:
    code = "".join(path.read_text() for path in STATIC.glob("*.js"))
    template = (STATIC.parent / "room.html").read_text()
    python = "".join(path.read_text() for path in STATIC.parent.glob("*.py"))
    keys = {f"web-{key}" for key in re.findall(r'\bsay\(\s*"([a-z-]+)"', code)}
    keys |= set(re.findall(r"\{\{(web-[a-z-]+)\}\}", template)) | set(re.findall(r'"(web-[a-z-]+[a-z])"', python))
    assert len(keys) > 60
    for locale in ("en", "ko"):
        assert keys - set(WORDING.keys(locale)) == set()


async def test_what_one_says_all_read_and_markup_stays_text(ann: Browser, bob: Browser) -> None:
    text = "hello <script>alert(1)</script> & \u202egood\u202c bye"
    assert (await ann.post("/say", {"text": text})).status_code == 200
    for browser in (ann, bob):
        message = (await browser.next("message"))["message"]
        assert message["text"] == "hello <script>alert(1)</script> & good bye"
        assert message["author"] == ann.id


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "web-error-empty"),
        (" \n\u200e", "web-error-empty"),
        ("x" * 2001, "web-error-long"),
        (7, "web-error-garbled"),
    ],
)
async def test_a_message_that_cannot_be_posted_gets_a_sentence(ann: Browser, text: Any, key: str) -> None:
    answer = await ann.post("/say", {"text": text})
    assert answer.status_code in {400, 413}
    assert answer.json() == {"error": WORDING.say("en", Text(key)), "key": key}


async def test_an_eager_member_is_told_to_wait_and_others_are_not(ann: Browser, bob: Browser) -> None:
    answers = [await ann.post("/say", {"text": str(at)}) for at in range(10)]
    assert [answer.status_code for answer in answers[:6]] == [200] * 6
    assert answers[-1].status_code == 429
    assert answers[-1].json()["key"] == "web-error-talking"
    assert (await bob.post("/say", {"text": "and me"})).status_code == 200


async def test_a_newcomer_sees_what_was_said_before(room: WebRoom, ann: Browser) -> None:
    await ann.post("/say", {"text": "early"})
    async with visiting(room) as late:
        hello = await late.next("hello")
        assert [message["text"] for message in hello["messages"]] == ["early"]
        assert ann.id in {person["id"] for person in hello["people"]}


@pytest.mark.parametrize(
    ("nickname", "key"),
    [
        ("", "web-nickname-empty"),
        ("  ", "web-nickname-empty"),
        ("x" * 25, "web-nickname-long"),
        ("quiet\u202eotter", "web-nickname-letters"),
        ("zero\u200bwidth", "web-nickname-letters"),
        ("bell\x07", "web-nickname-letters"),
        ("\u3164", "web-nickname-letters"),
        ("a\u0301\u0302\u0303\u0304", "web-nickname-letters"),
        ("BPP", "web-nickname-reserved"),
        ("B o t", "web-nickname-reserved"),
        ("B0T", "web-nickname-reserved"),
        ("ВРР", "web-nickname-reserved"),  # Cyrillic
        ("Ｂｏｔ", "web-nickname-reserved"),
        ("The Moderator", "web-nickname-reserved"),
        ("우리 관리자", "web-nickname-reserved"),
        ("Brave  Fox", "web-nickname-taken"),
        ("brave f0x!", "web-nickname-taken"),
    ],
)
def test_nicknames_that_deceive_or_cannot_be_read_are_refused(nickname: str, key: str) -> None:
    assert objection(tidy(nickname), {skeleton("Brave Fox")}) == key


@pytest.mark.parametrize("nickname", ["Zoë", "용감한 여우", "<b>bold</b>", "x" * 24, "🦊 fox", "Robotnik", "नमस्ते"])
def test_other_nicknames_are_fine(nickname: str) -> None:
    assert objection(tidy(nickname), {skeleton("Brave Fox")}) is None


async def test_a_new_nickname_is_told_to_everybody_and_kept(room: WebRoom, ann: Browser, bob: Browser) -> None:
    answer = await ann.post("/me", {"nickname": "  <i>Zoë</i>  "})
    assert answer.json()["me"]["nickname"] == "<i>Zoë</i>"
    await bob.next("person", lambda event: event["person"]["nickname"] == "<i>Zoë</i>")
    taken = await bob.post("/me", {"nickname": "<I>ZOË</I>"})
    assert (taken.status_code, taken.json()["key"]) == (400, "web-nickname-taken")
    assert "<i>Zoë</i>" in (room.people.folder / "people.json").read_text()


# --- calls and private bubbles ------------------------------------------------------------------------------------


async def test_a_command_is_answered_in_a_bubble_for_its_member_alone(ann: Browser, bob: Browser) -> None:
    answer = await ann.run("echo", arguments={"text": "hello"})
    assert answer["lines"] == ["hello"]
    assert (await ann.bubble("hello"))["version"] == answer["version"]
    await bob.post("/say", {"text": "sentinel"})
    await bob.next("message")
    assert not [event for event in bob.events if event["type"] == "bubble"]


async def test_an_event_that_is_sent_twice_has_the_same_key(
    ann: Browser, bob: Browser, application: Application
) -> None:
    event = uuid4().hex
    first, second = await ann.run("echo", id=event), await ann.run("echo", id=event)
    await bob.run("echo", id=event)
    assert first["id"] == second["id"] == event
    keys = [caller.key for _, caller, _ in application.calls]
    assert keys[0] == keys[1] != keys[2]


async def test_a_photo_arrives_whole_and_never_lies_in_the_temp_folder(
    ann: Browser, application: Application, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temp"))
    answer = await ann.run("photo", photo=b"p" * MAX_UPLOAD_BYTES)
    assert answer["lines"] == [str(MAX_UPLOAD_BYTES)]
    assert application.temporary == []


async def test_a_photo_that_is_too_large_gets_a_sentence_before_it_is_read(
    ann: Browser, application: Application
) -> None:
    head = json.dumps({"id": uuid4().hex, "command": "photo", "arguments": {}}).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", ann.room.port)
    writer.write(
        f"POST /call HTTP/1.1\r\nHost: 127.0.0.1:{ann.room.port}\r\nOrigin: {ann.origin}\r\n"
        f"Cookie: bpp-room-{ann.room.port}={ann.cookie}\r\nContent-Length: 900000000\r\n\r\n".encode()
        + len(head).to_bytes(4, "big")
        + head
    )
    answer = await asyncio.wait_for(reader.readuntil(b"}"), 20)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 413")
    assert WORDING.say("en", Text("web-error-large")).encode() in answer
    assert not application.calls


async def test_a_photo_that_hides_its_size_is_cut_off(ann: Browser, application: Application) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(30):
            yield b"\0" * 1_000_000

    try:
        answer = await ann.http.post("/call", content=endless(), headers={"origin": ann.origin})
        assert (answer.status_code, answer.json()["key"]) == (413, "web-error-large")
    except httpx.TransportError:
        pass  # the server hung up while we were still sending
    assert not application.calls


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"abc",
        b"\0\0\0\x02[]",
        b"\0\0\0\x02{}",
        b"\xff\xff\xff\xff{}",
        b'\0\0\0\x09{"id":1}}',
        b"\0\0\x10\0" + b"[" * 4096,
    ],
)
async def test_a_garbled_call_gets_a_sentence(ann: Browser, body: bytes) -> None:
    answer = await ann.http.post("/call", content=body, headers={"origin": ann.origin})
    assert (answer.status_code, answer.json()["key"]) == (400, "web-error-garbled")


@pytest.mark.parametrize(
    "head",
    [
        {"id": "../../etc"},
        {"id": "0" * 32, "from": 5},
        {"id": "0" * 32, "command": ["echo"]},
        {"id": "0" * 32, "arguments": "text"},
        {"id": "0" * 32, "press": "no colons"},
        {"id": "0" * 32, "press": "swap:seven:"},
    ],
)
async def test_a_call_with_odd_parts_gets_a_sentence(ann: Browser, head: dict[str, Any]) -> None:
    answer = await ann.call(**({"command": "echo"} | head))
    assert (answer.status_code, answer.json()["key"]) == (400, "web-error-garbled")


async def test_a_button_answers_in_the_place_of_its_bubble_and_so_does_what_follows(
    ann: Browser, room: WebRoom
) -> None:
    drawn = await ann.run("draw")
    (button,) = drawn["actions"]
    assert (button["press"], button["job"], button["wantsPhoto"]) == ("swap:7:again", 7, True)
    event = uuid4().hex
    swapped = await ann.run("", id=event, press=button["press"], **{"from": drawn["id"]})
    assert (swapped["id"], swapped["lines"]) == (drawn["id"], ["drawing"])
    await room.show(address(ann, event), Reply(lines=(says("swapped"),)))
    assert (await ann.bubble("swapped"))["id"] == drawn["id"]
    await ann.close()
    await ann.open()
    assert [bubble["lines"] for bubble in (await ann.next("hello"))["bubbles"]] == [["swapped"]]


async def test_a_picture_stays_in_its_bubble_until_its_member_deletes_it(ann: Browser, room: WebRoom) -> None:
    buttons = tuple(Action(says(command), command, 7) for command in ("expire", "delete"))
    await room.show(address(ann, uuid4().hex), Reply(lines=(says("for a day"),), picture=picture(), actions=buttons))
    drawn = await ann.bubble("for a day")
    said = await ann.run("", press=drawn["actions"][0]["press"], **{"from": drawn["id"]})
    assert said["id"] != drawn["id"]
    assert said["lines"] == [WORDING.say("en", Text("web-erased-copy"))]
    left = (await ann.next("bubble", lambda event: event["bubble"]["version"] > drawn["version"]))["bubble"]
    assert (left["id"], left["picture"], left["lines"]) == (drawn["id"], drawn["picture"], [])
    assert (await ann.http.get(f"/{left['picture']['src']}")).content == picture().data
    (delete,) = left["actions"]
    moving = Picture(b"GIF89a picture", says("moving"), "image/gif", still=picture().data)
    for name, job in (("moving", 7), ("other", 8)):
        actions = (Action(says("delete"), "delete", job),)
        await room.show(address(ann, uuid4().hex), Reply(lines=(says(name),), picture=moving, actions=actions))
    copy, other = await ann.bubble("moving"), await ann.bubble("other")
    for source, mime, data in (("src", "image/gif", moving.data), ("still", "image/png", moving.still)):
        fetched = await ann.http.get(f"/{copy['picture'][source]}")
        assert (fetched.headers["content-type"], fetched.content) == (mime, data)
    gone = await ann.run("", press=delete["press"], **{"from": drawn["id"]})
    assert (gone["id"], gone["picture"], gone["actions"]) == (drawn["id"], None, [])
    # Nothing is left of it anywhere else on the page, and nothing else is touched.
    after = await ann.next(
        "bubble", lambda event: event["bubble"]["id"] == copy["id"] and not event["bubble"]["picture"]
    )
    assert after["bubble"]["actions"] == []
    assert (await ann.http.get(f"/{copy['picture']['src']}")).status_code == 404
    assert (await ann.http.get(f"/{other['picture']['src']}")).content == moving.data


async def test_a_picture_that_is_quicker_than_the_answer_is_not_overwritten(
    ann: Browser, room: WebRoom, application: Application
) -> None:
    application.gate.clear()
    event = uuid4().hex
    calling = asyncio.create_task(ann.run("wait", id=event))
    await until(lambda: bool(application.calls))
    await room.show(address(ann, event), Reply(lines=(says("finished"),), picture=picture()))
    application.gate.set()
    assert (await calling)["lines"] == ["finished"]


async def test_a_preview_travels_inside_the_status_and_a_result_does_not(ann: Browser, room: WebRoom) -> None:
    noise = io.BytesIO()
    Image.frombytes("RGB", (256, 256), random.Random(7).randbytes(3 * 256**2)).save(noise, "PNG")
    worst = picture(noise.getvalue())
    await room.show(address(ann, "a" * 32), Reply(lines=(says("drawing"),), picture=worst, busy=True, progress=0.4))
    preview = await ann.bubble("drawing")
    assert preview["picture"]["src"].startswith("data:image/png;base64,")
    assert preview["progress"] == 0.4
    await room.show(address(ann, "a" * 32), Reply(lines=(says("done"),), picture=picture()))
    assert (await ann.bubble("done"))["picture"]["src"].startswith("private/")


async def test_a_reloaded_page_shows_its_bubbles_again(ann: Browser, room: WebRoom) -> None:
    await room.show(address(ann, "a" * 32), Reply(lines=(says("half"),), busy=True, progress=0.5))
    await room.show(address(ann, "b" * 32), Reply(lines=(says("done"),), picture=picture()))
    await ann.close()
    await ann.open()
    bubbles = (await ann.next("hello"))["bubbles"]
    assert [bubble["lines"] for bubble in bubbles] == [["half"], ["done"]]
    assert (await ann.http.get(bubbles[1]["picture"]["src"])).content == picture().data


async def test_a_status_for_somebody_who_left_waits_for_them(ann: Browser, room: WebRoom) -> None:
    await ann.close()
    await room.show(address(ann, "a" * 32), Reply(lines=(says("drawing"),), busy=True))
    await ann.open()
    assert (await ann.next("hello"))["bubbles"][0]["lines"] == ["drawing"]


async def test_a_result_for_somebody_who_left_is_refused_and_nothing_of_it_is_kept(
    ann: Browser, room: WebRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapters.web.room, "RELOAD_SECONDS", 0.1)
    member = ann.id
    await ann.close()
    await asyncio.sleep(0.3)
    with pytest.raises(Absent):
        await room.show(Address("web", f"{member}/{'a' * 32}"), Reply(lines=(says("done"),), picture=picture()))
    assert room.bubbles.of(member) == []


async def test_the_application_is_told_who_comes_back_after_an_absence(
    tmp_path: Path, application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapters.web.room, "RELOAD_SECONDS", 0.1)
    back: list[str] = []

    async def returned(member: str) -> None:
        back.append(member)

    async with served(tmp_path, application, returned=returned) as room, visiting(room) as ann:
        await until(lambda: back == [ann.id])
        await ann.close()
        await until(lambda: not room.lines.of(ann.id) and ann.id not in room._left)
        await ann.open()
        await until(lambda: back == [ann.id, ann.id])


async def test_a_result_waits_for_a_page_that_is_being_reloaded(ann: Browser, room: WebRoom) -> None:
    target = address(ann, "a" * 32)
    await ann.close()
    await asyncio.sleep(0.05)
    showing = asyncio.create_task(room.show(target, Reply(lines=(says("done"),))))
    await asyncio.sleep(0.1)
    assert not showing.done()
    await ann.open()
    await showing
    await ann.bubble("done")


async def test_a_result_counts_only_when_a_page_says_that_it_shows_it(
    ann: Browser, room: WebRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    await room.show(address(ann, "a" * 32), Reply(lines=(says("drawing"),), busy=True))
    ann.polite = False
    with monkeypatch.context() as patch:
        patch.setattr(adapters.web.room, "SEEN_SECONDS", 0.2)
        with pytest.raises(Absent):
            await room.show(address(ann, "a" * 32), Reply(lines=(says("done"),), picture=picture()))
    assert [bubble.body["lines"] for bubble in room.bubbles.of(ann.id)] == [["drawing"]]
    ann.polite = True
    await room.show(address(ann, "a" * 32), Reply(lines=(says("done"),), picture=picture()))


@pytest.mark.parametrize(
    ("platform", "target"), [("web", "f" * 32 + "/" + "a" * 32), ("web", "nonsense"), ("web", ""), ("discord", "1/2")]
)
async def test_an_address_of_nobody_is_unreachable(room: WebRoom, platform: str, target: str) -> None:
    for busy in (True, False):
        with pytest.raises(Unreachable):
            await room.show(Address(platform, target), Reply(lines=(says("done"),), busy=busy))


async def test_a_private_picture_is_given_to_its_owner_only(ann: Browser, bob: Browser, room: WebRoom) -> None:
    source = (await ann.run("draw"))["picture"]["src"]
    own = await ann.http.get(source)
    assert (own.status_code, own.content, own.headers["cache-control"]) == (200, picture().data, "no-store")
    assert (await bob.http.get(source)).status_code == 404
    async with httpx.AsyncClient(base_url=room.address) as stranger:
        assert (await stranger.get(source)).status_code == 401


async def test_a_tile_a_file_and_the_picture_of_a_style_can_be_fetched(ann: Browser) -> None:
    (tile,) = (await ann.run("wall"))["wall"]
    assert (await ann.http.get(tile["picture"]["src"])).content == b"\x89PNG tile"
    assert tile["action"]["press"] == "draw::"
    file = (await ann.run("file"))["file"]
    export = await ann.http.get(file["href"])
    assert export.json() == {}
    assert export.headers["content-disposition"] == 'attachment; filename="a__name___.json"'
    options = (await ann.http.get("/options", params={"command": "echo", "argument": "style"})).json()["options"]
    assert [option["label"] for option in options] == ["Ink", "Plain"]
    style = await ann.http.get(options[0]["picture"])
    assert style.content == b"\x89PNG of ink"
    assert "immutable" in style.headers["cache-control"]


@pytest.mark.parametrize(
    "path",
    [
        "face/..%2Fpeople.json",
        "face/../people.json",
        "private/x",
        "style/" + "0" * 64,
        "static/../room.py",
        "static/..%2froom.py",
        "figure/x",
    ],
)
async def test_paths_that_lead_elsewhere_lead_nowhere(ann: Browser, path: str) -> None:
    assert (await ann.http.get(f"{ann.origin}/{path}")).status_code == 404


async def test_an_eager_caller_is_told_to_wait(ann: Browser, application: Application) -> None:
    application.gate.clear()
    waiting = [asyncio.create_task(ann.call("wait")) for _ in range(8)]
    done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    assert {(task.result().status_code, task.result().json()["key"]) for task in done} == {(429, "web-error-calls")}
    application.gate.set()
    assert sorted(answer.status_code for answer in await asyncio.gather(*waiting)) == [200] * 6 + [429] * 2


async def test_photos_wait_in_memory_only_as_many_as_there_is_room_for(
    room: WebRoom, ann: Browser, application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapters.web.pages, "MAX_UPLOADS_AT_ONCE", 4)
    photo = bytes(100_000)
    application.gate.clear()
    async with visiting(room) as bob:
        waiting = [asyncio.create_task(ann.call("photo", photo)) for _ in range(3)]
        await until(lambda: len(application.calls) == 3)
        greedy = await ann.call("photo", photo)
        assert (greedy.status_code, greedy.json()["key"]) == (429, "web-error-calls")
        assert (await ann.call("echo")).status_code == 200, "what is small needs no room"
        waiting.append(asyncio.create_task(bob.call("photo", photo)))
        await until(lambda: len(application.calls) == 5)
        late = await bob.call("photo", photo)
        assert (late.status_code, late.json()["key"]) == (503, "web-error-crowded")
        application.gate.set()
        assert [answer.status_code for answer in await asyncio.gather(*waiting)] == [200] * 4
        assert (await bob.call("photo", photo)).status_code == 200


async def test_a_photo_that_hardly_moves_gives_its_place_to_others_and_a_slow_one_arrives(
    ann: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapters.web.intake, "PACE_SECONDS", 0.5)
    head = json.dumps({"id": uuid4().hex, "command": "photo", "arguments": {}}).encode()

    async def slowly() -> AsyncIterator[bytes]:
        yield len(head).to_bytes(4, "big") + head
        for _ in range(16):
            await asyncio.sleep(0.1)
            yield bytes(40_000)

    reader, writer = await asyncio.open_connection("127.0.0.1", ann.room.port)
    writer.write(
        f"POST /call HTTP/1.1\r\nHost: 127.0.0.1:{ann.room.port}\r\nOrigin: {ann.origin}\r\n"
        f"Cookie: bpp-room-{ann.room.port}={ann.cookie}\r\nContent-Length: 9000000\r\n\r\nfive!".encode()
    )
    answer = await asyncio.wait_for(reader.readuntil(b"}"), 20)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 408")
    slow = await ann.http.post("/call", content=slowly(), headers={"origin": ann.origin})
    assert slow.json()["bubble"]["lines"] == ["640000"]


# --- sharing and forgetting ---------------------------------------------------------------------------------------


async def test_a_shared_avatar_is_seen_by_all_and_becomes_the_members_face(ann: Browser, bob: Browser) -> None:
    await ann.run("post", arguments={"job": 5})
    message = (await bob.next("message"))["message"]
    assert (message["author"], message["shared"]) == (ann.id, True)
    shared = await bob.http.get(message["picture"])
    assert shared.content == "\x89 5".encode()
    person = await bob.next("person", lambda event: event["person"]["face"] == message["picture"])
    assert person["person"]["id"] == ann.id


async def test_sharing_twice_posts_once(ann: Browser, room: WebRoom) -> None:
    await ann.run("post", arguments={"job": 5})
    await ann.run("post", arguments={"job": 5})
    assert len(list(room.conversation)) == 1
    assert len(list(room.people.faces.iterdir())) == 1


async def test_what_is_taken_back_is_gone_for_everybody(ann: Browser, bob: Browser, room: WebRoom) -> None:
    await ann.run("post", arguments={"job": 5})
    shared = (await bob.next("message"))["message"]["picture"]
    await ann.run("take-back", arguments={"job": 5})
    await bob.next("message", lambda event: event["message"]["shared"] and event["message"]["picture"] is None)
    await bob.next(
        "person", lambda event: event["person"]["face"].startswith("figure/") and event["person"]["id"] == ann.id
    )
    assert (await bob.http.get(shared)).status_code == 404
    assert list(room.people.faces.iterdir()) == []


async def test_a_moderators_reply_takes_back_what_another_shared(ann: Browser, bob: Browser, room: WebRoom) -> None:
    await ann.run("post", arguments={"job": 5})
    await bob.run("take-back", arguments={"job": 5})  # whether bob may is the application's matter: it made the tag
    (message,) = room.conversation
    assert message.picture is None
    await bob.next("person", lambda event: event["person"]["face"].startswith("figure/"))


async def test_nobody_sees_that_a_newcomer_is_somebody_who_was_forgotten(
    ann: Browser, bob: Browser, room: WebRoom, application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapters.web.room, "RELOAD_SECONDS", 0.1)
    before = (await ann.next("hello"))["me"]
    await ann.run("forget")
    await bob.next("away", lambda event: event["id"] == before["id"])
    me = (await ann.next("rights"))["me"]
    assert me["id"] != before["id"]
    assert me["nickname"] != before["nickname"]
    told = await bob.next("person", lambda event: event["person"]["nickname"] == me["nickname"])
    assert told["person"]["id"] == me["id"]
    await ann.post("/say", {"text": "I am new here"})
    assert (await bob.next("message"))["message"]["author"] == me["id"]
    assert (await bob.http.get(told["person"]["face"])).status_code == 200
    assert (await bob.http.get(f"figure/{before['id']}")).status_code == 404
    async with visiting(room) as late:
        assert before["id"] not in json.dumps(await late.next("hello"))
    await bob.post("/moderator", {"token": INVITE})
    assert (await bob.call("ban", arguments={"member": before["id"]})).status_code == 404
    assert (await bob.run("ban", arguments={"member": me["id"]}))["lines"][1] == "done"
    await ann.run("echo")
    members = {caller.member for name, caller, _ in application.calls if name in {"forget", "echo"}}
    assert members == {application.calls[-2][2]["member"]}, "to the application they stay one, or limits would not hold"
    await ann.close()
    await bob.next("away", lambda event: event["id"] == me["id"])


async def test_the_export_holds_what_the_room_itself_knows(ann: Browser, room: WebRoom) -> None:
    await ann.post("/me", {"nickname": "Zoë"})
    await ann.post("/say", {"text": "my words"})
    await ann.run("post", arguments={"job": 5})
    file = (await ann.run("export"))["file"]
    stored = (await ann.http.get(file["href"])).json()
    own = stored["local_room"]
    assert stored["jobs"] == []
    assert (own["nickname"], own["moderator"], own["language"]) == ("Zoë", False, None)
    assert own["last_seen"] > 0
    assert [message["text"] for message in own["messages"]] == ["my words", ""]
    assert base64.b64decode(own["pictures_png_base64"]["shared"]) == "\x89 5".encode()


async def test_forgetting_erases_everything_that_the_room_held(ann: Browser, bob: Browser, room: WebRoom) -> None:
    before = (await ann.next("hello"))["me"]
    await ann.post("/say", {"text": "my words"})
    await ann.run("post", arguments={"job": 5})
    private = (await ann.run("draw"))["picture"]["src"]
    await ann.run("forget")
    erased = await bob.next("erased")
    assert len(erased["ids"]) == 2
    assert list(room.conversation) == []
    assert list(room.people.faces.iterdir()) == []
    assert (await ann.http.get(private)).status_code == 404
    person = room.people.get(before["id"])
    assert person is not None
    assert person.nickname != before["nickname"]
    assert [bubble.body["lines"] for bubble in room.bubbles.of(ann.id)] == [["forgotten"]]
    assert before["nickname"] not in (room.people.folder / "people.json").read_text()


async def test_faces_and_nicknames_survive_a_restart_and_messages_do_not(
    tmp_path: Path, application: Application
) -> None:
    async with served(tmp_path, application) as room, visiting(room) as ann:
        await ann.run("post", arguments={"job": 5})
        await ann.post("/me", {"nickname": "Zoë"})
        port, cookies = room.port, ann.http.cookies
    async with served(tmp_path, application, port=port) as room, visiting(room, opened=False) as ann:
        ann.http.cookies = cookies
        await ann.open()
        hello = await ann.next("hello")
        assert hello["me"]["nickname"] == "Zoë"
        assert hello["messages"] == []
        assert (await ann.http.get(hello["me"]["face"])).content == "\x89 5".encode()


async def test_a_figure_takes_the_place_of_the_pattern_as_soon_as_it_is_drawn(
    tmp_path: Path, application: Application
) -> None:
    tries: list[int] = []

    async def starter(seed: int) -> bytes:
        tries.append(seed)
        if len(tries) == 1:
            raise RuntimeError("the engine is still starting")
        return b"\x89PNG figure"

    async with served(tmp_path, application, starter=starter) as room, visiting(room) as ann:
        me = (await ann.next("hello"))["me"]
        pattern = await ann.http.get(me["face"])
        assert pattern.headers["content-type"] == "image/svg+xml"
        face = (await ann.next("person", lambda event: event["person"]["face"].startswith("face/")))["person"]["face"]
        assert (await ann.http.get(face)).content == b"\x89PNG figure"
        assert len(set(tries)) == 1


# --- moderators ---------------------------------------------------------------------------------------------------


async def test_whoever_opens_the_moderator_link_first_is_moderator_and_nobody_after(
    ann: Browser, bob: Browser, room: WebRoom
) -> None:
    assert room.moderator_link == f"{room.address}#moderator={INVITE}"
    wrong = await bob.post("/moderator", {"token": INVITE[:-1]})
    assert (wrong.status_code, wrong.json()["key"]) == (410, "web-moderator-used")
    assert (await ann.post("/moderator", {"token": INVITE})).status_code == 200
    late = await bob.post("/moderator", {"token": INVITE})
    assert (late.status_code, late.json()["error"]) == (410, WORDING.say("en", Text("web-moderator-used")))
    await bob.next("person", lambda event: event["person"]["id"] == ann.id and event["person"]["moderator"])
    assert not room.people.get(bob.id).moderator  # type: ignore[union-attr]


async def test_moderator_commands_are_offered_to_moderators_and_refused_to_others(
    ann: Browser, bob: Browser, application: Application
) -> None:
    offered = {command["name"] for command in (await ann.next("hello"))["commands"]}
    assert "echo" in offered
    assert not {"panel", "ban"} & offered
    assert (await ann.run("panel"))["lines"] == [WORDING.say("en", Text("refused-moderator"))]
    await ann.post("/moderator", {"token": INVITE})
    rights = await ann.next("rights")
    assert {"panel", "ban", "echo"} <= {command["name"] for command in rights["commands"]}
    nickname = (await bob.next("hello"))["me"]["nickname"]
    banned = await ann.run("ban", arguments={"member": bob.id})
    assert banned["lines"] == [WORDING.say("en", Text("web-about-member", {"name": nickname})), "done"]
    assert nickname in banned["lines"][0]
    name, caller, given = application.calls[-1]
    assert (name, caller.is_moderator) == ("ban", True)
    await bob.run("echo")
    assert given["member"] == application.calls[-1][1].member


async def test_a_typed_nickname_means_its_member(ann: Browser, bob: Browser, application: Application) -> None:
    await ann.post("/moderator", {"token": INVITE})
    await bob.post("/me", {"nickname": "Quiet Otter"})
    for typed in (bob.id, "Quiet Otter", "@quiet  otter"):
        assert (await ann.run("ban", arguments={"member": typed}))["lines"] == ["About Quiet Otter:", "done"]
    meant = {given["member"] for name, _, given in application.calls if name == "ban"}
    await bob.run("echo")
    assert meant == {application.calls[-1][1].member}


@pytest.mark.parametrize("typed", ["Quiet Oter", "@", "0" * 32, "x" * 5_000, "\ud800", 7])
async def test_a_name_that_nobody_has_blocks_nobody(ann: Browser, application: Application, typed: str | int) -> None:
    await ann.post("/moderator", {"token": INVITE})
    answer = await ann.call("ban", arguments={"member": typed})
    assert (answer.status_code, answer.json()["key"]) == (404, "web-error-nobody")
    assert "Nobody in this room is called" in answer.json()["error"]
    assert len(answer.json()["error"]) < 200
    assert not application.calls


async def test_a_nickname_is_no_way_around_the_right_of_moderators(ann: Browser, application: Application) -> None:
    assert (await ann.run("ban", arguments={"member": "Nobody"}))["lines"] == [
        WORDING.say("en", Text("refused-moderator"))
    ]
    assert not application.calls


async def test_a_moderator_stays_one_after_a_restart_in_which_the_old_link_is_void(
    tmp_path: Path, application: Application
) -> None:
    async with served(tmp_path, application) as room, visiting(room) as ann:
        await ann.post("/moderator", {"token": INVITE})
        port, cookies = room.port, ann.http.cookies
    async with served(tmp_path, application, port=port, invite="another") as room, visiting(room) as bob:
        assert (await bob.post("/moderator", {"token": INVITE})).status_code == 410
        bob.http.cookies = cookies
        await bob.close()
        await bob.open()
        assert (await bob.next("hello"))["me"]["moderator"]


async def test_a_broken_character_anywhere_is_answered_like_any_other_mistake(
    room: WebRoom, ann: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    """Half of a surrogate pair: JSON can say it, UTF-8 cannot."""
    broken = "\ud800"
    answers = [
        await ann.post("/moderator", {"token": broken}),
        await ann.post("/say", {"text": f"well {broken}"}),
        await ann.post("/me", {"nickname": broken}),
        await ann.post("/me", {"locale": broken}),
        await ann.call(broken),
        await ann.call("echo", arguments={"text": broken}),
        await ann.call("echo", arguments={"style": broken}),
        await ann.call("echo", arguments={broken: broken}),
        await ann.call("photo", b"photo", arguments={"photo": broken}),
        await ann.call(press=f"swap:{broken}"),
        await ann.call("echo", id=broken),
        await ann.call("echo", **{"from": broken}),
        await ann.http.get("/options?command=echo&argument=style&typed=%ED%A0%80"),
    ]
    assert [answer.status_code for answer in answers if answer.status_code >= 500] == []
    assert answers[0].status_code == 410
    assert not caplog.records
    await ann.post("/moderator", {"token": INVITE})
    assert room.people.get(ann.id).moderator  # type: ignore[union-attr]


# --- those who should not get in ----------------------------------------------------------------------------------

POSTS = ["/say", "/me", "/moderator", "/call"]


async def test_another_origin_changes_nothing(ann: Browser, application: Application) -> None:
    body = {"text": "x", "nickname": "x", "token": INVITE}
    for path in POSTS:
        for origin in ("https://evil.example", "null", "http://127.0.0.1:1", "", None):
            headers = {} if origin is None else {"origin": origin}
            assert (await ann.http.post(path, json=body, headers=headers)).status_code == 403, (path, origin)
    assert not application.calls
    assert not list(ann.room.conversation)
    assert (await ann.post("/moderator", {"token": INVITE})).status_code == 200, "the link was not used up"


async def test_a_request_that_the_browser_calls_cross_site_changes_nothing(ann: Browser) -> None:
    assert (await ann.post("/say", {"text": "x"}, **{"sec-fetch-site": "same-site"})).status_code == 403


async def test_without_a_cookie_nothing_happens(room: WebRoom) -> None:
    async with httpx.AsyncClient(base_url=room.address, headers={"origin": room.address.rstrip("/")}) as http:
        for path in POSTS:
            answer = await http.post(path, json={"text": "x"})
            assert (answer.status_code, answer.json()["key"]) == (401, "web-error-unknown")


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "10.0.0.7", "", "[", "localhost@evil.example"]
)
async def test_another_host_name_is_not_answered(ann: Browser, host: str) -> None:
    for path in ("/", "/healthz", "/static/room.js"):
        assert (await ann.http.get(path, headers={"host": host})).status_code in {400, 403}


@pytest.mark.parametrize("host", ["localhost:{}", "127.0.0.1:{}", "[::1]:{}", "LOCALHOST"])
async def test_the_names_of_this_machine_are_answered(ann: Browser, host: str) -> None:
    answer = await ann.http.get("/healthz", headers={"host": host.format(ann.room.port)})
    assert answer.status_code == 200


async def test_a_room_for_others_answers_addresses_and_the_names_it_was_given(
    tmp_path: Path, application: Application
) -> None:
    async with served(tmp_path, application, host="0.0.0.0", names=["chat.example"]) as room:  # noqa: SIM117
        async with httpx.AsyncClient(base_url=room.address) as http:
            for host, status in (("chat.example", 200), ("192.168.0.7:8123", 200), ("evil.example", 403)):
                answer = await http.get("/", headers={"host": host})
                assert answer.status_code == status
            assert "BPP_PUBLIC_HOSTS" in answer.text


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1:1", None])
async def test_another_origin_cannot_listen(ann: Browser, origin: Any) -> None:
    headers = {"cookie": f"bpp-room-{ann.room.port}={ann.cookie}"}
    with pytest.raises(InvalidStatus) as refused:
        await connect(ann.origin.replace("http", "ws") + "/live", origin=origin, additional_headers=headers)
    assert refused.value.response.status_code == 403


async def test_a_listener_without_a_cookie_is_sent_away(room: WebRoom) -> None:
    async with connect(room.address.replace("http", "ws") + "live", origin=room.address.rstrip("/")) as line:  # type: ignore[arg-type]
        with pytest.raises(ConnectionClosed):
            await line.recv()
        assert line.close_code == adapters.web.lines.UNKNOWN


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        "nonsense",
        "[" * 3000,
        '{"seen":[1,2]}',
        '{"seen":["x"]}',
        '{"seen":["' + "x" * 100 + '",1]}',
        b"\xff\xfe",
        "x" * 5000,
    ],
)
async def test_a_page_that_talks_nonsense_is_closed_and_nobody_else_notices(
    ann: Browser, bob: Browser, garbage: str | bytes
) -> None:
    assert ann.line is not None
    await ann.line.send(garbage)
    await asyncio.wait_for(ann.line.wait_closed(), 20)
    assert ann.line.close_code in {adapters.web.lines.GARBLED, 1009, 1007}
    await bob.post("/say", {"text": "still here"})
    await bob.next("message")


async def test_a_page_that_never_stops_talking_is_closed_and_one_with_many_bubbles_is_not(ann: Browser) -> None:
    assert ann.line is not None
    seen = json.dumps({"seen": ["a" * 32, 1]})
    for _ in range(40):
        await ann.line.send(seen)
    await ann.run("echo")
    assert ann.line.close_code is None
    with contextlib.suppress(ConnectionClosed):
        for _ in range(5_000):
            await ann.line.send(seen)
    await asyncio.wait_for(ann.line.wait_closed(), 20)
    assert ann.line.close_code == adapters.web.lines.GARBLED


async def test_only_so_many_pages_of_one_member_listen(ann: Browser) -> None:
    headers = {"cookie": f"bpp-room-{ann.room.port}={ann.cookie}"}
    live = ann.origin.replace("http", "ws") + "/live"
    lines = [await connect(live, origin=ann.origin, additional_headers=headers) for _ in range(8)]  # type: ignore[arg-type]
    await asyncio.wait_for(lines[-1].wait_closed(), 20)
    assert lines[-1].close_code == adapters.web.lines.TOO_MANY
    for line in lines:
        await line.close()


@pytest.mark.parametrize(
    "headers", [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"accept": "text/html"}, {}]
)
@pytest.mark.parametrize("path", ["/", "/?again"])
async def test_no_link_on_another_site_makes_a_new_member(room: WebRoom, headers: dict[str, str], path: str) -> None:
    async with httpx.AsyncClient(base_url=room.address, headers=headers) as http:
        door = await http.get(path)
        assert "set-cookie" not in door.headers
        assert "again.js" in door.text
        assert (await http.post("/knock", headers={"origin": "https://evil.example"})).status_code == 403
        assert not http.cookies


async def test_whoever_knocks_from_our_own_page_becomes_a_member_once(room: WebRoom) -> None:
    async with httpx.AsyncClient(base_url=room.address, headers={"origin": room.address.rstrip("/")}) as http:
        first = await http.post("/knock")
        assert (first.json(), "set-cookie" in first.headers) == ({"known": False}, True)
        again = await http.post("/knock")
        assert (again.json(), "set-cookie" in again.headers) == ({"known": True}, False)
        assert "room.js" in (await http.get("/", headers={"sec-fetch-site": "cross-site"})).text


async def test_strangers_who_only_load_the_page_leave_no_trace(room: WebRoom) -> None:
    async with httpx.AsyncClient(base_url=room.address) as http:
        for _ in range(5):
            await http.get("/", headers=TYPED)
            http.cookies.clear()
    assert not (room.people.folder / "people.json").exists()


def bubble_of(words: int) -> Bubble:
    return Bubble(uuid4().hex, 1, 1, False, {"lines": ["x" * words], "picture": {"src": "y" * words}}, {})


def test_the_words_and_previews_of_bubbles_count_as_their_pictures_do() -> None:
    bubbles = Bubbles()
    for _ in range(30):
        bubbles.put("ann", bubble_of(500_000))
    assert 1 < len(bubbles.of("ann")) <= 12
    for member in range(60):
        bubbles.put(str(member), bubble_of(500_000))
    assert len(bubbles.members()) <= 48
    assert "59" in bubbles.members()


class Minute:
    """``asyncio`` for the room alone, where the time that strangers get is ``over`` when a test says so."""

    def __init__(self, over: asyncio.Event) -> None:
        self._over = over

    async def sleep(self, seconds: float) -> None:
        await (self._over.wait() if seconds == adapters.web.room.STRANGER_SECONDS else asyncio.sleep(seconds))

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)


async def test_what_is_answered_to_somebody_who_never_comes_does_not_stay(
    room: WebRoom, ann: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = asyncio.Event()
    monkeypatch.setattr(adapters.web.room, "asyncio", Minute(over))
    await ann.run("echo")
    async with visiting(room, opened=False) as stranger, visiting(room, opened=False) as late:
        await stranger.run("echo")
        await late.run("echo")
        assert len(room.bubbles.members()) == 3
        await late.open()
        over.set()
        await until(lambda: len(room.bubbles.members()) == 2)
        assert set(room.bubbles.members()) == {ann.id, late.id}


async def test_a_stranger_who_makes_room_for_others_leaves_no_answers_behind(
    room: WebRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapters.web.people, "MAX_STRANGERS", 3)
    async with httpx.AsyncClient(base_url=room.address, headers={"origin": room.address.rstrip("/")}) as http:
        for _ in range(8):
            http.cookies.clear()
            await http.post("/knock")
            await Browser(room, http).run("echo")
    assert len(room.bubbles.members()) == 3


async def test_a_full_room_forgets_those_who_are_away_and_never_those_who_are_here_or_moderate(
    room: WebRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapters.web.people, "MAX_PEOPLE", 4)
    async with visiting(room) as here, visiting(room) as shield, visiting(room) as sharer, visiting(room) as plain:
        await shield.post("/moderator", {"token": INVITE})
        await sharer.run("post", arguments={"job": 5})
        gone = [browser.id for browser in (here, shield, sharer, plain)]
        for browser in (shield, sharer, plain):
            await browser.close()
        await until(lambda: room.lines.members() == [here.id])
        async with visiting(room) as first:
            assert {person.id for person in room.people} == {*gone[:3], first.id}
            async with visiting(room) as second:
                assert {person.id for person in room.people} == {*gone[:2], first.id, second.id}
                async with visiting(room) as third:
                    assert {person.id for person in room.people} == {*gone[:2], first.id, second.id, third.id}
        (message,) = room.conversation
        assert message.picture is not None
        assert [file.stem for file in room.people.faces.iterdir()] == [message.picture], "it is still to be seen"


# --- the server ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ready", "status"), [(True, 200), (False, 503)])
async def test_health_says_whether_calls_are_taken(
    tmp_path: Path, application: Application, ready: bool, status: int
) -> None:
    async def is_ready() -> bool:
        return ready

    async with served(tmp_path, application, ready=is_ready) as room, httpx.AsyncClient(base_url=room.address) as http:
        assert (await http.get("/healthz")).status_code == status


async def test_a_connection_that_asks_for_nothing_is_closed_and_an_open_page_is_not(
    room: WebRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapters.web.room, "REQUEST_SECONDS", 0.3)
    async with visiting(room) as ann:
        for begun in (b"", b"GET / HTTP/1.1\r\nHost: "):
            reader, writer = await asyncio.open_connection("127.0.0.1", room.port)
            writer.write(begun)
            assert await asyncio.wait_for(reader.read(), 20) == b""
            writer.close()
        await ann.post("/say", {"text": "still here"})
        await ann.next("message")


async def test_a_port_in_use_is_one_clear_error(room: WebRoom, tmp_path: Path, application: Application) -> None:
    second = WebRoom(application.dispatcher, WORDING, tmp_path / "b", clock=Clock(), invite="x", port=room.port)
    with pytest.raises(PortTaken) as taken:
        second.bind()
    assert str(room.port) in WORDING.say("en", Text(taken.value.key, taken.value.parameters))


@pytest.mark.parametrize("broken", ["", "{", "[]", '{"people": [{"id": 1}]}', '{"people": 7}'])
async def test_a_broken_list_of_people_is_put_aside(tmp_path: Path, application: Application, broken: str) -> None:
    (tmp_path / "people.json").write_text(broken)
    async with served(tmp_path, application) as room, visiting(room) as ann:
        assert (await ann.run("echo"))["lines"] == ["done"]
    assert (tmp_path / "people.broken").read_text() == broken


async def test_pages_are_told_of_a_restart(tmp_path: Path, application: Application) -> None:
    async with served(tmp_path, application) as room, visiting(room) as ann:
        line = ann.line
        assert line is not None
        await room.close()
        await asyncio.wait_for(line.wait_closed(), 20)
        assert line.close_code == adapters.web.lines.RESTART
