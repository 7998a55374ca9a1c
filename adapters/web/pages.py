"""The addresses of the room: the page, its pictures, and what a page may ask for."""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import Scope
from starlette.websockets import WebSocket, WebSocketDisconnect

from adapters.web.bubbles import Bubble
from adapters.web.conversation import MAX_MESSAGE, Message, message_id
from adapters.web.identicon import identicon
from adapters.web.intake import Rejected, read_call, read_json
from adapters.web.lines import TOO_MANY, UNKNOWN, Line
from adapters.web.nicknames import MAX_NICKNAME, objection, tidy
from adapters.web.pace import Pace
from adapters.web.people import Person
from adapters.web.views import Drawing, plain
from bot.chat import LOCALES, MAX_UPLOAD_BYTES, Action, Command, MemberRef, Text, Upload
from bot.wording import negotiate

if TYPE_CHECKING:
    from adapters.web.room import WebRoom

HERE = Path(__file__).parent
YEAR_SECONDS = 31_536_000
MAX_CALLS_AT_ONCE = 6
"""Calls of one member that may be on their way."""
MAX_UPLOADS_AT_ONCE = 12
"""Photos of all members that may be held in memory at once, from their first byte to the answer."""
MAX_UPLOADS_OF_ONE = 3
"""How many of these may be of one member: as many as may wait in line."""
LARGE_BODY = 64_000

_NOT_FOR_THE_PAGE = frozenset(
    {
        "web-nickname-adjectives",
        "web-nickname-animals",
        "web-port-taken",
        "web-error-nobody",
        "web-no-cookie",
        "web-about-member",
    }
)
_ID = re.compile(r"[0-9a-f]{32}")
_STYLE = re.compile(r"[0-9a-f]{64}")
# Control characters, and those that turn the direction of the text around them.
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_SLOT = re.compile(r"\{\{([a-z-]+)\}\}")
_PRIVATE = {"cache-control": "no-store"}
_SEALED = {"content-security-policy": "default-src 'none'; sandbox", "cache-control": "no-store"}


class _Static(StaticFiles):
    """Our own files, asked for anew each time: an update of the room must not meet yesterday's script."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = "no-cache"
        return response


def browser_locale(connection: HTTPConnection) -> str:
    """The first language of the browser that we speak; English when there is none."""
    wanted: list[tuple[float, str]] = []
    for part in connection.headers.get("accept-language", "")[:400].split(","):
        tag, _, quality = part.strip().partition(";q=")
        try:
            wanted.append((float(quality or 1), tag.split("-")[0].strip().lower()))
        except ValueError:
            continue
    spoken = [tag for quality, tag in sorted(wanted, key=lambda pair: -pair[0]) if tag in LOCALES and quality > 0]
    return negotiate(spoken[0] if spoken else None)


def _asked_from_here(request: Request) -> bool:
    """Whether the browser says that no other site led here, so that it sent our cookie if it has one.

    Browsers say so on localhost and over https only. The cookie is SameSite=Strict: it is kept back from a link on
    another site, and a new one would take its place for good.
    """
    return request.headers.get("sec-fetch-site") in {"none", "same-origin"}


class _Pages:
    def __init__(self, room: WebRoom, seconds: Callable[[], float]) -> None:
        self.room = room
        self.seconds = seconds
        self.template = (HERE / "room.html").read_text(encoding="utf-8")
        self.talking = Pace(burst=6, rate=0.7, seconds=seconds)
        self.calling = Pace(burst=30, rate=3, seconds=seconds)
        self.changing = Pace(burst=8, rate=0.3, seconds=seconds)
        self.under_way: dict[str, int] = {}
        self.uploads: Counter[str] = Counter()

    # --- who asks -----------------------------------------------------------------------------------------------

    @property
    def cookie(self) -> str:
        # Cookies do not know ports: two rooms on one machine would take each other's members.
        return f"bpp-room-{self.room.port}"

    def person(self, connection: HTTPConnection) -> Person | None:
        try:
            morsel = SimpleCookie(connection.headers.get("cookie", "")[:4_096]).get(self.cookie)
        except CookieError:
            return None
        return self.room.people.by_cookie(morsel.value if morsel else None)

    def locale(self, connection: HTTPConnection, person: Person | None) -> str:
        return (person and person.locale) or browser_locale(connection)

    def guarded(
        self, work: Callable[[Request, Person], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        """``work`` for a member of the room; whatever is rejected becomes a sentence."""

        async def endpoint(request: Request) -> Response:
            person = self.person(request)
            if person is None:
                return self.sentence(request, None, Rejected(401, "web-error-unknown"))
            try:
                return await work(request, person)
            except Rejected as error:
                return self.sentence(request, person, error)

        return endpoint

    def sentence(self, request: Request, person: Person | None, error: Rejected) -> Response:
        sentence = self.room.wording.say(self.locale(request, person), Text(error.key, error.parameters))
        return JSONResponse({"error": sentence, "key": error.key}, error.status, headers=_PRIVATE)

    # --- the page -----------------------------------------------------------------------------------------------

    async def page(self, request: Request) -> Response:
        person = self.person(request)
        cookie = None
        if person is None:
            if not _asked_from_here(request):
                return self.door(request)
            person, cookie = self._welcome(request)
        locale = self.locale(request, person)
        words = self.room.wording.table(locale, "web-")
        words = {key: sentence for key, sentence in words.items() if key not in _NOT_FOR_THE_PAGE}
        settings = {
            "words": words,
            "locale": locale,
            "maxMessage": MAX_MESSAGE,
            "maxNickname": MAX_NICKNAME,
            "maxUpload": MAX_UPLOAD_BYTES,
        }
        slots = {key: html.escape(sentence) for key, sentence in words.items()}
        slots |= {
            "locale": locale,
            # "</script>" must not end the element early, whatever a sentence says.
            "settings": json.dumps(settings, ensure_ascii=False).replace("<", "\\u003c"),
        }
        response = HTMLResponse(_SLOT.sub(lambda slot: slots.get(slot[1], slot[1]), self.template), headers=_PRIVATE)
        if cookie:
            self._hand_over(cookie, response)
        return response

    def _welcome(self, request: Request) -> tuple[Person, str]:
        return self.room.people.welcome(*self.room.nickname_words(browser_locale(request)))

    def _hand_over(self, cookie: str, response: Response) -> None:
        response.set_cookie(self.cookie, cookie, YEAR_SECONDS, path="/", httponly=True, samesite="strict")

    def door(self, request: Request) -> Response:
        """A page that knocks from here: its own request carries the cookie that a link on another site does not."""
        locale = browser_locale(request)
        closed, shut = (
            html.escape(self.room.wording.say(locale, Text(key))) for key in ("web-no-script", "web-no-cookie")
        )
        page = (
            f'<!doctype html><html lang="{locale}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
            f'<link rel="stylesheet" href="static/room.css"><noscript><p class="no-script">{closed}</p></noscript>'
            f'<p id="shut" class="no-script" role="alert" hidden>{shut}</p>'
            '<script type="module" src="static/again.js"></script></html>'
        )
        return HTMLResponse(page, headers=_PRIVATE)

    async def knock(self, request: Request) -> Response:
        """Make whoever asks from our own page a member, unless they are one. The guard refuses other sites."""
        known = self.person(request) is not None
        response = JSONResponse({"known": known}, headers=_PRIVATE)
        if not known:
            _, cookie = self._welcome(request)
            self._hand_over(cookie, response)
        return response

    async def health(self, _request: Request) -> Response:
        ready = await self.room.is_ready()
        return JSONResponse({"ready": ready}, 200 if ready else 503, headers=_PRIVATE)

    async def live(self, socket: WebSocket) -> None:
        person = self.person(socket)
        await socket.accept()
        if person is None:
            await socket.close(UNKNOWN)
            return
        member = person.id

        def heard(bubble: str, version: int) -> None:
            self.room.lines.heard(member, bubble, version)

        line = Line(socket, heard, self.seconds, browser_locale(socket))
        if not await self.room.connect(person, line):
            await socket.close(TOO_MANY)
            return
        try:
            await line.run()
        except WebSocketDisconnect:
            pass
        finally:
            self.room.disconnect(member, line)

    # --- pictures -----------------------------------------------------------------------------------------------

    async def private(self, request: Request, person: Person) -> Response:
        attachment = self.room.bubbles.attachment(person.id, request.path_params["name"])
        if attachment is None:
            raise Rejected(404, "web-error-gone")
        headers = dict(_SEALED)
        if attachment.name is not None:
            name = re.sub(r"[^A-Za-z0-9._-]", "_", attachment.name)
            headers["content-disposition"] = f'attachment; filename="{name}"'
        return Response(attachment.data, media_type=attachment.mime, headers=headers)

    async def face(self, request: Request, _person: Person) -> Response:
        name = request.path_params["name"]
        picture = await self.room.people.picture(name) if _ID.fullmatch(name) else None
        if picture is None:
            raise Rejected(404, "web-error-gone")
        return Response(picture, media_type="image/png", headers=_SEALED)

    async def figure(self, request: Request, _person: Person) -> Response:
        whose = self.room.people.known_as(request.path_params["member"])
        if whose is None:
            raise Rejected(404, "web-error-gone")
        return Response(identicon(whose.seed), media_type="image/svg+xml", headers=_SEALED)

    async def style(self, request: Request, _person: Person) -> Response:
        name = request.path_params["name"]
        picture = self.room.styles.get(name) if _STYLE.fullmatch(name) else None
        if picture is None:
            raise Rejected(404, "web-error-gone")
        headers = _SEALED | {"cache-control": f"private, max-age={YEAR_SECONDS}, immutable"}
        return Response(picture, media_type="image/png", headers=headers)

    # --- what a page asks for -----------------------------------------------------------------------------------

    async def options(self, request: Request, person: Person) -> Response:
        command, argument, typed = (
            request.query_params.get(name, "")[:100] for name in ("command", "argument", "typed")
        )
        locale = self.locale(request, person)
        call = self.room.call(person, browser_locale(request), "options", command, {})
        found = await self.room.handler.options(call, argument, typed)
        drawing = Drawing(self.room.wording, locale, self.room.publish)
        return JSONResponse({"options": [drawing.option(option) for option in found]}, headers=_PRIVATE)

    async def call(self, request: Request, person: Person) -> Response:
        if not self.calling.allows(person.id) or self.under_way.get(person.id, 0) >= MAX_CALLS_AT_ONCE:
            raise Rejected(429, "web-error-calls")
        self.under_way[person.id] = self.under_way.get(person.id, 0) + 1
        try:
            # Until the answer is there, not only until the photo is: it lies in memory while it waits for its turn.
            with self._seat(request, person):
                shown = await self._answer(request, person)
        finally:
            self.under_way[person.id] -= 1
            if not self.under_way[person.id]:
                del self.under_way[person.id]
        return JSONResponse({"bubble": shown.payload() if shown else None}, headers=_PRIVATE)

    async def _answer(self, request: Request, person: Person) -> Bubble | None:
        head, photo = await read_call(request)
        bubble = _id(head.get("id"))
        origin = _id(head["from"]) if head.get("from") else None
        command, arguments = self._asked(head, person)
        if photo is not None:
            arguments[str(head.get("photo") or "photo")] = Upload(photo)
        call = self.room.call(person, browser_locale(request), bubble, command, arguments)
        return await self.room.answer(person, call, bubble, origin)

    @contextmanager
    def _seat(self, request: Request, person: Person) -> Generator[None]:
        """Room in memory for what a call brings along, if it may be much. Raises ``Rejected`` when there is none."""
        length = request.headers.get("content-length", "")
        if length.isdecimal() and len(length) <= 12 and int(length) <= LARGE_BODY:
            yield
            return
        if self.uploads[person.id] >= MAX_UPLOADS_OF_ONE:
            raise Rejected(429, "web-error-calls")
        if self.uploads.total() >= MAX_UPLOADS_AT_ONCE:
            raise Rejected(503, "web-error-crowded")
        self.uploads[person.id] += 1
        try:
            yield
        finally:
            self.uploads[person.id] -= 1
            if not self.uploads[person.id]:
                del self.uploads[person.id]

    def _asked(self, head: dict[str, Any], person: Person) -> tuple[str, dict[str, Any]]:
        """The command and the arguments of a call as the page sent it. Raises ``Rejected``."""
        press: object = head.get("press")
        if press is not None:
            try:
                return Action.unpack(str(press)[:200])
            except ValueError:
                raise Rejected(400, "web-error-garbled") from None
        name: object = head.get("command")
        given: object = head.get("arguments", {})
        if not isinstance(name, str) or not isinstance(given, dict):
            raise Rejected(400, "web-error-garbled")
        arguments: dict[str, Any] = dict(plain(given))  # pyright: ignore[reportUnknownArgumentType]
        declared = next((command for command in self.room.handler.commands if command.name == name), None)
        for argument in declared.arguments if declared else ():
            value = arguments.get(argument.name)
            if argument.kind == "member" and value is not None and value != "":
                arguments[argument.name] = MemberRef(self._meant(str(value), person, declared))
            if argument.kind == "number" and isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,9}", value.strip()):
                arguments[argument.name] = int(value)
        return name, arguments

    def _meant(self, typed: str, person: Person, command: Command | None) -> str:
        """The id of the member who was chosen or typed. Raises ``Rejected`` when there is nobody of that name."""
        meant = self.room.people.known_as(typed) or self.room.people.named(typed)
        if meant is not None:
            return meant.id
        if command is not None and command.moderator and not person.moderator:
            return typed  # refused anyhow, and for that reason
        raise Rejected(404, "web-error-nobody", {"name": _UNSEEN.sub("", tidy(typed))[:MAX_NICKNAME]})

    async def say(self, request: Request, person: Person) -> Response:
        head = await read_json(request)
        text: object = head.get("text")
        if not isinstance(text, str):
            raise Rejected(400, "web-error-garbled")
        text = _UNSEEN.sub("", text).strip()
        if not text:
            raise Rejected(400, "web-error-empty")
        if len(text) > MAX_MESSAGE:
            raise Rejected(413, "web-error-long")
        if not self.talking.allows(person.id):
            raise Rejected(429, "web-error-talking")
        await self.room.post(Message(message_id(), person.id, self.room.clock(), text))
        return JSONResponse({}, headers=_PRIVATE)

    async def me(self, request: Request, person: Person) -> Response:
        head = await read_json(request)
        if not self.changing.allows(person.id):
            raise Rejected(429, "web-error-calls")
        changes: dict[str, Any] = {}
        if "nickname" in head:
            nickname = tidy(str(head["nickname"])[:400])
            wrong = objection(nickname, self.room.people.taken(but=person.id))
            if wrong:
                raise Rejected(400, wrong)
            changes["nickname"] = nickname
        if changes:
            person = await self.room.people.change(person.id, **changes)
            self.room.tell_person(person)
        return JSONResponse({"me": self.room.person_view(person)}, headers=_PRIVATE)

    async def moderator(self, request: Request, person: Person) -> Response:
        head = await read_json(request)
        if not self.changing.allows(person.id):
            raise Rejected(429, "web-error-calls")
        if not person.moderator:
            if not self.room.invited(str(head.get("token", ""))[:200]):
                raise Rejected(410, "web-moderator-used")
            person = await self.room.people.change(person.id, moderator=True)
            self.room.tell_person(person)
            self.room.lines.tell(person.id, {"type": "rights", **self.room.rights(person, browser_locale(request))})
        sentence = self.room.wording.say(self.locale(request, person), Text("web-moderator-now"))
        return JSONResponse({"sentence": sentence}, headers=_PRIVATE)


def _id(value: object) -> str:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise Rejected(400, "web-error-garbled")
    return value


def pages(room: WebRoom, seconds: Callable[[], float]) -> Starlette:
    """The routes of ``room``. ``seconds`` is a clock that never goes back, to measure how fast somebody is."""
    at = _Pages(room, seconds)
    return Starlette(
        routes=[
            Route("/", at.page, methods=["GET"]),
            Route("/knock", at.knock, methods=["POST"]),
            Route("/healthz", at.health, methods=["GET"]),
            WebSocketRoute("/live", at.live),
            Route("/private/{name}", at.guarded(at.private), methods=["GET"]),
            Route("/face/{name}", at.guarded(at.face), methods=["GET"]),
            Route("/figure/{member}", at.guarded(at.figure), methods=["GET"]),
            Route("/style/{name}", at.guarded(at.style), methods=["GET"]),
            Route("/options", at.guarded(at.options), methods=["GET"]),
            Route("/call", at.guarded(at.call), methods=["POST"]),
            Route("/say", at.guarded(at.say), methods=["POST"]),
            Route("/me", at.guarded(at.me), methods=["POST"]),
            Route("/moderator", at.guarded(at.moderator), methods=["POST"]),
            Mount("/static", _Static(directory=HERE / "static")),
        ],
    )
