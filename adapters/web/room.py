"""The local room as a chat platform: who is there, what each of them sees, and where the bot's answers go."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import json
import logging
import secrets
import socket
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Coroutine, Generator, Mapping
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from adapters.web.bubbles import Bubble, Bubbles
from adapters.web.conversation import Conversation, Message, message_id
from adapters.web.guard import Guard, host_rule
from adapters.web.lines import Line, Lines
from adapters.web.pages import pages
from adapters.web.people import Clock, People, Person
from adapters.web.views import Drawing, command_view, is_empty, offered
from bot.chat import LOCALES, Address, Call, Handler, MemberRef, Reply, Share, Text
from bot.errors import BotError, Unreachable
from bot.wording import Wording, negotiate

log = logging.getLogger(__name__)

ROOM = "local"
"""There is one room."""

EXPORT, SET_LANGUAGE, DELETE = "export", "set-language", "delete"
"""Commands in which the room has a part: it holds something about its members, and its pages have words."""

_HERE = {"job-erased": "web-erased-copy"}
"""Sentences that are not true beside a picture which is still there."""

SEEN_SECONDS = 5.0
"""A page that does not say within this time that it shows a result is taken for asleep."""
REQUEST_SECONDS = 15.0
"""A browser asks for something at once after it has connected."""
RELOAD_SECONDS = 4.0
"""Somebody who left this recently is probably reloading the page: worth waiting for."""
AWAY_SECONDS = 3_600.0
"""Private pictures of somebody who left stay in memory this long."""
STRANGER_SECONDS = 60.0
"""What was answered to somebody who never opened a page stays this long: until the page is there."""
FIGURE_ATTEMPTS = 6
PUBLIC_PICTURES = 256
"""Pictures of styles that are kept for the pages."""


class Absent(Exception):
    """The member is not in the room just now: keep the answer safe and try later."""


class PortTaken(BotError):
    """The address on which the room should listen cannot be used."""

    default_key = "web-port-taken"


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        # Ctrl-C belongs to the whole application, which lets pictures be finished before it closes the room.
        yield


class _Prompt(H11Protocol):
    """Hangs up on whoever connects and does not ask for anything: connections are counted, and there is an end to them."""

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self.loop.call_later(REQUEST_SECONDS, self._expect_request)

    def _expect_request(self) -> None:
        # An open page has another protocol by now.
        if not self.cycle and self.transport.get_protocol() is self:
            self.transport.close()


class WebRoom:
    """The ``Platform`` named "web": a page on this machine, one member per browser profile.

    ``invite`` is the secret of the moderator link, good for one use. ``starter`` draws the figure (PNG) that a newcomer
    starts with from a seed. ``ready`` says whether calls can be taken. ``returned`` is told the id of a member who was away
    and is here again. ``clock`` gives ms UTC. ``names`` are further
    host names under which browsers may reach the room. ``folder`` keeps what the room may know: nicknames, shared
    pictures, moderators, hashes of cookies.
    """

    name = "web"
    throttle = 0.25

    def __init__(
        self,
        handler: Handler,
        wording: Wording,
        folder: Path,
        *,
        clock: Clock,
        invite: str,
        host: str = "127.0.0.1",
        port: int = 8123,
        names: Collection[str] = (),
        starter: Callable[[int], Awaitable[bytes]] | None = None,
        ready: Callable[[], Awaitable[bool]] | None = None,
        returned: Callable[[str], Coroutine[Any, Any, None]] | None = None,
    ) -> None:
        self.handler = handler
        self.wording = wording
        self.clock = clock
        self.host = host
        self.port = port
        self.people = People(folder, clock, lambda member: bool(self.lines.of(member)), self._made_room)
        self.conversation = Conversation()
        self.bubbles = Bubbles()
        self.lines = Lines()
        self.styles: OrderedDict[str, bytes] = OrderedDict()
        self._invite: str | None = invite
        self._link_token = invite
        self._starter = starter
        self._ready = ready
        self._back = returned
        self._version = 0
        self._changing = asyncio.Lock()
        self._drawing = asyncio.Semaphore(1)
        self._tasks: set[asyncio.Task[None]] = set()
        self._figures: set[str] = set()
        self._left: dict[str, int] = {}
        self._fading: dict[str, object] = {}
        self._returned = asyncio.Condition()
        self._listener: socket.socket | None = None
        self._server: _Server | None = None
        self.app: ASGIApp = Guard(pages(self, time.monotonic), host_rule(host, frozenset(names)))

    # --- the server ---------------------------------------------------------------------------------------------

    def bind(self) -> None:
        """Take the port, so that ``address`` is true before anything is served. Raises ``PortTaken``."""
        if self._listener is not None:
            return
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        try:
            self._listener = socket.create_server((self.host, self.port), family=family, backlog=256)
        except OSError as error:
            raise PortTaken(parameters={"host": self.host, "port": str(self.port)}) from error
        # Small answers at once: asyncio would set this on accepted connections only if we had named the protocol.
        self._listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port = self._listener.getsockname()[1]

    @property
    def address(self) -> str:
        """The address of the room for a browser on this machine."""
        try:
            unspecified = ip_address(self.host).is_unspecified
        except ValueError:
            unspecified = False
        host = "127.0.0.1" if unspecified else self.host
        return f"http://[{host}]:{self.port}/" if ":" in host else f"http://{host}:{self.port}/"

    @property
    def moderator_link(self) -> str:
        """Whoever opens this first is moderator. A fragment: it is never sent, so no log or proxy ever sees it."""
        return f"{self.address}#moderator={self._link_token}"

    async def serve(self) -> None:
        """Serve until ``close``."""
        self.bind()
        config = uvicorn.Config(
            self.app,
            http=_Prompt,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            proxy_headers=False,
            ws="websockets-sansio",
            ws_max_size=4_096,
            ws_ping_interval=20,
            ws_ping_timeout=20,
            ws_per_message_deflate=False,
            timeout_keep_alive=15,
            timeout_graceful_shutdown=3,
            limit_concurrency=2_000,
            h11_max_incomplete_event_size=32_768,
        )
        self._server = _Server(config)
        listener = self._listener
        if listener is None:
            raise RuntimeError("bound above")
        try:
            await self._server.serve(sockets=[listener])
        finally:
            listener.close()
            self._listener = None
            await self.people.close()

    @property
    def started(self) -> bool:
        return self._server is not None and self._server.started

    async def close(self) -> None:
        """Say goodbye to all pages (they come back by themselves) and end ``serve``."""
        self.lines.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._server is not None:
            self._server.should_exit = True

    async def is_ready(self) -> bool:
        return self._ready is None or await self._ready()

    # --- the platform -------------------------------------------------------------------------------------------

    async def show(self, address: Address, reply: Reply) -> None:
        """Replace the bubble at ``address``. Raises ``Unreachable`` when its member is gone for good.

        A status is kept in memory and shown whenever the member is there. A final answer counts as shown only when a
        page of the member says that it shows it; ``Absent`` otherwise, and nothing of it is kept.
        """
        member, _, bubble = address.target.partition("/")
        person = self.people.get(member)
        if address.platform != self.name or person is None or not bubble:
            raise Unreachable
        if reply.busy:
            self.put(person, bubble, reply)
            return
        if not await self._is_here(member):
            raise Absent
        before = self.bubbles.get(member, bubble)
        await self.apply(person, reply)
        after = self.put(person, bubble, reply)
        if after is None or await self.lines.shown(member, after.id, after.version, SEEN_SECONDS):
            return
        if self.bubbles.get(member, bubble) is after:
            self.bubbles.drop(member, after.id)
            if before is not None:
                self.bubbles.put(member, before)
        raise Absent

    async def _is_here(self, member: str) -> bool:
        if self.lines.of(member):
            return True
        if self.clock() - self._left.get(member, 0) > RELOAD_SECONDS * 1_000:
            return False
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(RELOAD_SECONDS), self._returned:
                await self._returned.wait_for(lambda: bool(self.lines.of(member)))
        return bool(self.lines.of(member))

    def put(self, person: Person, bubble: str, reply: Reply) -> Bubble | None:
        """Show a reply in the bubble of this id and remember it; None when there was nothing to show."""
        place = self.bubbles.place(person.id, bubble)
        if is_empty(reply):
            self.drop(person, place)
            return None
        drawing = Drawing(self.wording, negotiate(reply.locale or person.locale), self.publish)
        drawn = drawing.reply(reply)
        return self._put(person, place, drawn.body, reply.busy, drawn.attachments)

    def _put(self, person: Person, place: str, body: Mapping[str, Any], busy: bool, attachments: Any) -> Bubble:  # noqa: FBT001
        old = self.bubbles.get(person.id, place)
        now = self.clock()
        self._version = max(self._version + 1, now)
        shown = Bubble(place, old.at if old else now, self._version, busy, body, attachments)
        self.bubbles.put(person.id, shown)
        if not self.lines.of(person.id) and person.id not in self._fading:
            self.spawn(self._fade(person.id, AWAY_SECONDS if self.people.knows(person.id) else STRANGER_SECONDS))
        self.lines.tell(person.id, {"type": "bubble", "bubble": shown.payload()})
        return shown

    def drop(self, person: Person, bubble: str) -> None:
        self.bubbles.drop(person.id, bubble)
        self.lines.tell(person.id, {"type": "bubble-gone", "id": bubble})

    def publish(self, picture: bytes) -> str:
        """The address of a style's picture; the same bytes have the same address, so that browsers may keep it."""
        name = hashlib.sha256(picture).hexdigest()
        self.styles[name] = picture
        self.styles.move_to_end(name)
        while len(self.styles) > PUBLIC_PICTURES:
            self.styles.popitem(last=False)
        return f"style/{name}"

    # --- calls --------------------------------------------------------------------------------------------------

    def call(self, person: Person, locale: str, key: str, command: str, arguments: Mapping[str, Any]) -> Call:
        """A call of ``person``. ``key`` is the id that the page gave to the event and to the bubble of its answer."""
        return Call(
            key=f"{person.id}/{key}",
            platform=self.name,
            room=ROOM,
            member=person.id,
            command=command,
            arguments=arguments,
            address=Address(self.name, f"{person.id}/{key}"),
            locale=locale,
            is_moderator=person.moderator,
        )

    async def answer(self, person: Person, call: Call, bubble: str, origin: str | None) -> Bubble | None:
        """Let the application handle a call and show its reply, in place of the bubble ``origin`` if it says so."""
        reply = await self.handler.handle(call)
        if call.command == EXPORT and reply.file:
            reply = replace(reply, file=replace(reply.file, data=await self._with_own_part(person, reply.file.data)))
        reply = self._naming(call, reply)
        await self.apply(person, reply)
        if call.command == DELETE and reply.erases:
            self._erase_copies(person, call, origin, reply)
        if call.command == SET_LANGUAGE:
            await self._follow(person.id, call, reply)
        person = self.people.get(person.id) or person
        early = self.bubbles.get(person.id, bubble)
        kept = self._kept(person, origin, reply) if reply.replaces and origin else None
        if kept is not None:
            # What stood around it is not true any more; what deletes it is.
            actions = [action for action in kept.body["actions"] if action["command"] == DELETE]
            self._put(person, kept.id, {**kept.body, "lines": [], "actions": actions}, kept.busy, kept.attachments)
            lines = tuple(replace(line, key=_HERE.get(line.key, line.key)) for line in reply.lines)
            reply = replace(reply, lines=lines)
        elif reply.replaces and origin and origin != bubble:
            self.bubbles.put_in_place(person.id, bubble, origin)
            if early:
                self.drop(person, early.id)
        if early and reply.busy:
            # The picture was quicker than the answer "queued": what the courier showed is newer.
            place = self.bubbles.place(person.id, bubble)
            return early if place == early.id else self._put(person, place, early.body, early.busy, early.attachments)
        return self.put(person, bubble, reply)

    def _kept(self, person: Person, origin: str, reply: Reply) -> Bubble | None:
        """The bubble in place of which a reply should be shown, if it has a picture that is its member's to keep."""
        bubble = self.bubbles.get(person.id, origin)
        if bubble is None or bubble.busy or not bubble.body["picture"]:
            return None
        ends = reply.erases or reply.forget or reply.picture or reply.file or reply.wall
        return None if ends else bubble

    def _erase_copies(self, person: Person, call: Call, origin: str | None, reply: Reply) -> None:
        """A picture is deleted: no other bubble shows it, neither as it is nor moving."""
        job = call.arguments.get("job")
        for bubble in self.bubbles.of(person.id):
            deletes = any((one["command"], one["job"]) == (DELETE, job) for one in bubble.body["actions"])
            if deletes and bubble.body["picture"] and bubble.id != origin:
                self.put(person, bubble.id, reply)

    def _naming(self, call: Call, reply: Reply) -> Reply:
        """A moderator's reply with the nicknames of those whom it is about: the application does not know any."""
        if not call.is_moderator:
            return reply
        meant = [self.people.get(value.id) for value in call.arguments.values() if isinstance(value, MemberRef)]
        names = [Text("web-about-member", {"name": person.nickname}) for person in meant if person is not None]
        return replace(reply, lines=(*names, *reply.lines)) if names and reply.lines else reply

    async def _with_own_part(self, person: Person, data: bytes) -> bytes:
        """The application's file about ``person`` and what the room itself holds about them. JSON."""
        pictures = {"figure": person.figure, "shared": person.face}
        kept = {what: await self.people.picture(name) for what, name in pictures.items() if name}
        own = {
            "nickname": person.nickname,
            "moderator": person.moderator,
            "language": person.locale,
            "last_seen": person.seen,
            "messages": [
                {"at": message.at, "text": message.text} for message in self.conversation if message.author == person.id
            ],
            "pictures_png_base64": {what: base64.b64encode(png).decode() for what, png in kept.items() if png},
        }
        return json.dumps(json.loads(data) | {"local_room": own}, ensure_ascii=False, indent=2).encode()

    async def _follow(self, member: str, call: Call, reply: Reply) -> None:
        """Let the member's pages speak the language that they chose for the bot."""
        choice = call.arguments.get("choice")
        locale = choice if choice in LOCALES else None
        person = self.people.get(member)
        # A choice that was not saved is answered in the language of before.
        if person is not None and person.locale != locale and reply.locale == (locale or call.locale):
            self.tell_rights(await self.people.change(member, locale=locale))

    async def apply(self, person: Person, reply: Reply) -> None:
        """Do what a reply asks of the room beside its bubble."""
        if not (reply.share or reply.unshare or reply.forget):
            return
        async with self._changing:
            if reply.share:
                await self._share(person.id, reply.share)
            if reply.unshare:
                await self._unshare(reply.unshare)
            if reply.forget:
                await self._forget(person.id)

    async def _share(self, member: str, share: Share) -> None:
        posted = self.conversation.shared(member, share.tag)
        name = posted.picture if posted else None
        person = self.people.get(member)
        if person is None or (posted and person.tag == share.tag):
            return
        if name is None:
            name = await self.people.keep_picture(share.picture.data)
        old = person.face
        self.tell_person(await self.people.change(member, face=name, tag=share.tag))
        if posted is None:
            await self.post(Message(message_id(), member, self.clock(), tag=share.tag, picture=name))
        await self._drop_unused(old)

    async def _unshare(self, tags: tuple[str, ...]) -> None:
        # Whoever posted them: a moderator's block takes back what another member shared.
        unused: list[str | None] = []
        for person in [person for person in self.people if person.tag in tags]:
            unused.append(person.face)
            self.tell_person(await self.people.change(person.id, face=None, tag=None))
        for before, after in self.conversation.take_back(tags):
            unused.append(before.picture)
            self.lines.tell_all({"type": "message", "message": self.message_view(after)})
        for name in unused:
            await self._drop_unused(name)

    async def _forget(self, member: str) -> None:
        person = self.people.get(member)
        if person is None:
            return
        erased = self.conversation.erase(member)
        for bubble in self.bubbles.forget(member):
            self.lines.tell(member, {"type": "bubble-gone", "id": bubble})
        self.lines.tell(member, {"type": "forgotten"})
        self.lines.tell_all({"type": "erased", "ids": [message.id for message in erased]})
        changed = await self.people.change(
            member,
            nickname=self.people.another_nickname(*self.nickname_words(person.locale or "en")),
            seed=secrets.randbits(63),
            figure=None,
            face=None,
            tag=None,
            locale=None,
            # To the others somebody left and somebody came. The application goes on knowing them: limits hold.
            alias=secrets.token_hex(16),
        )
        self.lines.tell_all({"type": "away", "id": person.known_as})
        self.tell_rights(changed)
        self.tell_person(changed)
        for name in (person.face, person.figure, *(message.picture for message in erased)):
            await self._drop_unused(name)
        self.draw_figure(changed)

    async def post(self, message: Message) -> None:
        """Add a message for all to see."""
        fallen = self.conversation.post(message)
        self.lines.tell_all({"type": "message", "message": self.message_view(message)})
        for old in fallen:
            await self._drop_unused(old.picture)

    async def _drop_unused(self, name: str | None) -> None:
        used = {message.picture for message in self.conversation}
        if name and name not in used and all(name not in (person.face, person.figure) for person in self.people):
            await self.people.drop_picture(name)

    # --- people -------------------------------------------------------------------------------------------------

    def nickname_words(self, locale: str) -> tuple[list[str], list[str]]:
        """The adjectives and animals of which nicknames are made."""
        adjectives, animals = (
            [word.strip() for word in self.wording.say(locale, Text(key)).split(",") if word.strip()]
            for key in ("web-nickname-adjectives", "web-nickname-animals")
        )
        return adjectives, animals

    def person_view(self, person: Person) -> dict[str, Any]:
        """What everybody may know of a person."""
        face = person.face or person.figure
        return {
            "id": person.known_as,
            "nickname": person.nickname,
            "face": f"face/{face}" if face else f"figure/{person.known_as}?{person.seed % 1_000_000}",
            "moderator": person.moderator,
            "here": bool(self.lines.of(person.id)) or person.id in self._left,
        }

    def message_view(self, message: Message) -> dict[str, Any]:
        """A message as the page shows it."""
        author = self.people.get(message.author)
        return {
            "id": message.id,
            "author": author.known_as if author else message.author,
            "at": message.at,
            "text": message.text,
            "shared": message.tag is not None,
            "picture": f"face/{message.picture}" if message.picture else None,
        }

    def tell_person(self, person: Person) -> None:
        self.lines.tell_all({"type": "person", "person": self.person_view(person)})

    def invited(self, token: str) -> bool:
        """Use up the moderator link; False when it is wrong or was used before."""
        if self._invite is None or not secrets.compare_digest(
            self._invite.encode(), token.encode("utf-8", "surrogatepass")
        ):
            return False
        self._invite = None
        return True

    def greeting(self, person: Person, locale: str) -> dict[str, Any]:
        """All that a page needs to show the room to ``person``."""
        authors = {message.author for message in self.conversation} | set(self.lines.members()) | {person.id}
        known = [self.people.get(member) for member in authors | set(self._left)]
        return {
            "type": "hello",
            **self.rights(person, locale),
            "people": [self.person_view(one) for one in known if one is not None],
            "messages": [self.message_view(message) for message in self.conversation],
            "bubbles": [bubble.payload() for bubble in self.bubbles.of(person.id)],
        }

    def rights(self, person: Person, locale: str) -> dict[str, Any]:
        """Who somebody is and which commands they are offered."""
        commands = offered(self.handler.commands, moderator=person.moderator)
        spoken = person.locale or locale
        return {
            "me": self.person_view(person),
            "locale": spoken,
            "commands": [command_view(command, lambda text: self.wording.say(spoken, text)) for command in commands],
        }

    def tell_rights(self, person: Person) -> None:
        """Tell each page of ``person`` who they are now, and which language they see."""
        for line in self.lines.of(person.id):
            line.send_event({"type": "rights", **self.rights(person, line.locale)})

    async def connect(self, person: Person, line: Line) -> bool:
        """Somebody opened a page. False when too many of theirs are open."""
        if not self.lines.add(person.id, line):
            return False
        self._fading.pop(person.id, None)
        was_here = self._left.pop(person.id, None) is not None or len(self.lines.of(person.id)) > 1
        with contextlib.suppress(KeyError):
            person = await self.people.change(person.id, seen=self.clock())
        line.send_event(self.greeting(person, line.locale))
        self.tell_person(person)
        self.draw_figure(person)
        async with self._returned:
            self._returned.notify_all()
        if self._back is not None and not was_here:
            self.spawn(self._back(person.id))
        return True

    def disconnect(self, member: str, line: Line) -> None:
        """A page was closed; its member is said to be away only when they do not come back soon."""
        self.lines.remove(member, line)
        if not self.lines.of(member):
            self._left[member] = self.clock()
            self.spawn(self._see_off(member, self._left[member]))

    async def _see_off(self, member: str, left: int) -> None:
        await asyncio.sleep(RELOAD_SECONDS)
        if self._left.get(member) != left or self.lines.of(member):
            return
        del self._left[member]
        with contextlib.suppress(KeyError):
            person = await self.people.change(member, seen=left)
            if not self.lines.of(member):
                self.lines.tell_all({"type": "away", "id": person.known_as})
        await self._fade(member, AWAY_SECONDS)

    async def _fade(self, member: str, seconds: float) -> None:
        """Forget what was answered to somebody who is not here, unless they come in time."""
        if member in self._fading:
            return
        self._fading[member] = mark = object()
        await asyncio.sleep(seconds)
        if self._fading.get(member) is mark:
            del self._fading[member]
            self.bubbles.forget(member)

    def _made_room(self, person: Person) -> None:
        """Erase what the room held about somebody who was forgotten to make room for others."""
        self.bubbles.forget(person.id)
        for name in (person.face, person.figure):
            if name is not None:
                self.spawn(self._drop_unused(name))

    def draw_figure(self, person: Person) -> None:
        """Have the figure drawn with which a person starts, unless that was done or is being done."""
        if self._starter is not None and person.figure is None and person.id not in self._figures:
            self._figures.add(person.id)
            self.spawn(self._draw_figure(person, self._starter))

    async def _draw_figure(self, person: Person, starter: Callable[[int], Awaitable[bytes]]) -> None:
        try:
            for attempt in range(FIGURE_ATTEMPTS):
                try:
                    async with self._drawing:
                        figure = await starter(person.seed)
                    break
                except Exception as error:  # noqa: BLE001 - the engine may still be starting; a pattern stands in for it
                    log.debug("no figure for a newcomer yet: %s", type(error).__name__)
                    await asyncio.sleep(2.0**attempt / 2)
            else:
                return
            name = await self.people.keep_picture(figure)
            async with self._changing:
                now = self.people.get(person.id)
                if now is not None and now.seed == person.seed:
                    self.tell_person(await self.people.change(person.id, figure=name))
                else:
                    await self.people.drop_picture(name)
        finally:
            self._figures.discard(person.id)
        if now is not None and now.seed != person.seed:
            self.draw_figure(now)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
