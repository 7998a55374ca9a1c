"""The local room from a member's chair: what its page sends and gets, over real sockets."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from adapters.web import WebRoom
from bot.chat import Action, Call, Platform, Reply, Text
from tests.contract.seats import SECONDS, WORDING, Button, Machine, Menu, Place, Post, Seat, Seen, said

INVITE = "the-invitation-of-this-start"


class WebPlace(Place):
    kind = "web"
    has_parts = False
    platform: WebRoom
    seats: list[WebSeat]  # type: ignore[assignment]

    def __init__(self, machine: Machine, folder: Path) -> None:
        super().__init__(machine, folder)
        self._port = 0

    async def connect(self, stack: contextlib.AsyncExitStack) -> Platform:
        room = WebRoom(
            self.heard, WORDING, self.folder / "data" / "room", clock=self.clock, invite=INVITE, port=self._port
        )
        room.bind()
        self._port = room.port
        serving = asyncio.create_task(room.serve())

        async def close() -> None:
            await room.close()
            self.machine.ending.append(serving)

        stack.push_async_callback(close)
        async with asyncio.timeout(SECONDS):
            while not room.started:  # noqa: ASYNC110 - uvicorn has no event for it
                await asyncio.sleep(0.002)
        return room

    async def back(self) -> None:
        for seat in self.seats:
            await seat.enter()

    async def newcomer(self, name: str, locale: str = "en", *, moderator: bool = False) -> WebSeat:
        seat = WebSeat(self, name, locale, moderator=moderator)
        await seat.arrive()
        self.seats.append(seat)
        return seat

    async def demote(self, seat: Seat) -> None:
        assert isinstance(seat, WebSeat)
        await self.platform.people.change(seat.id, moderator=False)

    def room_sees(self) -> list[Post]:
        """What was shared, and the faces of members: these outlive a restart, what was said does not."""
        people, said = self.platform.people, self.platform.conversation
        words = {message.picture: message.text for message in said if message.picture}
        words |= {person.face: "" for person in people if person.face and person.face not in words}
        return [Post((people.faces / f"{name}.png").read_bytes(), text) for name, text in words.items()]

    def room_got(self) -> bytes:
        """What one who only looks on was sent, and the pictures that this names."""
        onlooker = self.seats[-1]
        return json.dumps(onlooker.events).encode() + b"".join(post.picture for post in self.room_sees())

    def lines(self, call: Call, reply: Reply) -> Sequence[Text]:
        # A moderator's answer names the member by a code; only the platform knows their name.
        names = [seat.name for seat in self.seats if seat.id in self.mentioned(call)] if call.is_moderator else []
        return [*(Text("web-about-member", {"name": name}) for name in names), *reply.lines]

    def problems(self) -> list[str]:
        return []


class WebSeat(Seat):
    """A browser profile with an open page."""

    place: WebPlace

    def __init__(self, place: WebPlace, name: str, locale: str, *, moderator: bool) -> None:
        self.place, self.name, self.locale, self.moderator = place, name, locale, moderator
        self.http = httpx.AsyncClient(
            base_url=place.platform.address,
            headers={"accept-language": locale, "origin": place.platform.address.rstrip("/")},
            timeout=20,
            verify=False,
            trust_env=False,
        )
        self.events: list[dict[str, Any]] = []
        self.bubbles: dict[str, dict[str, Any]] = {}
        self._news = asyncio.Condition()
        self._line: ClientConnection | None = None
        self._listening: asyncio.Task[None] | None = None
        self._last = b""

    # --- coming and going --------------------------------------------------------------------------------------------

    async def arrive(self) -> None:
        (await self.http.get("/", headers={"sec-fetch-site": "none"})).raise_for_status()
        await self.enter()
        await self._post("/me", {"nickname": self.name})
        if self.moderator:
            known = len(self.events)
            await self._post("/moderator", {"token": INVITE})
            await self._until(lambda: any(event["type"] == "rights" for event in self.events[known:]))

    async def enter(self) -> None:
        """Open the page, or let it come back after the line was lost."""
        await self._hang_up()
        address = self.place.platform.address
        headers = {"cookie": "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())}
        self._line = await connect(
            address.replace("http", "ws") + "live",
            origin=address.rstrip("/"),  # type: ignore[arg-type]
            additional_headers=headers | {"accept-language": self.locale},
            compression=None,
        )
        began = len(self.events)
        self._listening = asyncio.create_task(self._listen(self._line))
        await self._until(lambda: len(self.events) > began)

    async def leave(self) -> None:
        await self._hang_up()
        await self.http.aclose()

    async def _hang_up(self) -> None:
        if self._line is not None and self._listening is not None:
            await self._line.close()
            await self._listening

    async def _listen(self, line: ClientConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for text in line:
                event = json.loads(text)
                if event["type"] == "hello":
                    self.bubbles = {}
                for bubble in [*event.get("bubbles", ()), *([event["bubble"]] if "bubble" in event else ())]:
                    self._show(bubble)
                    if not bubble["busy"]:
                        await line.send(json.dumps({"seen": [bubble["id"], bubble["version"]]}))
                if event["type"] == "bubble-gone":
                    self.bubbles.pop(event["id"], None)
                async with self._news:
                    self.events.append(event)
                    self._news.notify_all()

    async def _until(self, such: Callable[[], bool]) -> None:
        async with asyncio.timeout(SECONDS), self._news:
            await self._news.wait_for(such)

    async def _post(self, path: str, body: Mapping[str, Any]) -> httpx.Response:
        answer = await self.http.post(path, json=body)
        assert answer.status_code == 200, answer.text
        return answer

    @property
    def id(self) -> str:
        return next(event for event in self.events if event["type"] == "hello")["me"]["id"]

    @property
    def secrets(self) -> list[bytes]:
        # The page names members by an id of its own; the cookie is what makes them somebody.
        return [value.encode() for value in self.http.cookies.values()]

    async def palette(self) -> list[str]:
        last = [event for event in self.events if "commands" in event][-1]
        return [command["name"] for command in last["commands"] if command["listed"]]

    async def offers(self, command: str, argument: str, typed: str = "") -> dict[str, str]:
        asked = {"command": command, "argument": argument, "typed": typed}
        options = (await self.http.get("/options", params=asked)).json()["options"]
        return {option["value"]: option["label"] for option in options}

    # --- doing -------------------------------------------------------------------------------------------------------

    async def say(self, command: str, /, *, photo: bytes | None = None, **arguments: str | Seat) -> Seen:
        self.photo = photo or self.photo
        given = {name: value.name if isinstance(value, WebSeat) else value for name, value in arguments.items()}
        return await self._call({"command": command, "arguments": given}, photo)

    async def press(self, seen: Seen, command: str, choice: str | None = None, *, job: int | None = None) -> Seen:
        own = seen.handle["id"] in self.bubbles
        first: dict[str, Any] = seen.handle
        bubble = self.bubbles.get(first["id"], first)
        pressed: list[tuple[str, bool]] = []
        for action in (*bubble["actions"], *(tile["action"] for tile in bubble["wall"] if tile["action"])):
            for press in (action["press"], *(option["press"] for option in action["options"])):
                if press is None:
                    continue
                name, given = Action.unpack(press)
                if name == command and choice in (None, given.get("choice")) and job in (None, given.get("job")):
                    pressed.append((press, action["wantsPhoto"]))
        assert len(pressed) == 1, f"{len(pressed)} ways to {command} {choice} in {seen!r}"
        press, wants_photo = pressed[0]
        # The page still holds the photo that belongs to this bubble.
        head = {"press": press} | ({"from": bubble["id"]} if own else {})
        return await self._call(head, self.photo if wants_photo else None)

    async def press_old(self, action: Action) -> Seen:
        return await self._call({"press": action.pack()}, None)

    async def _call(self, head: Mapping[str, Any], photo: bytes | None) -> Seen:
        packed = json.dumps({"id": uuid4().hex, **head} | ({"photo": "photo"} if photo else {})).encode()
        self._last = len(packed).to_bytes(4, "big") + packed + (photo or b"")
        answer = await self.http.post("/call", content=self._last)
        body = answer.json()
        if "error" in body:  # a notice of the page itself
            return Seen(lines=said(body["error"]), handle={"id": "", "actions": [], "wall": []})
        self._show(body["bubble"])
        return await self._seen(body["bubble"])

    def _show(self, bubble: dict[str, Any]) -> None:
        if bubble["version"] >= self.bubbles.get(bubble["id"], bubble)["version"]:
            self.bubbles[bubble["id"]] = bubble

    async def repeat(self) -> None:
        (await self.http.post("/call", content=self._last)).raise_for_status()

    # --- seeing ------------------------------------------------------------------------------------------------------

    async def look(self, seen: Seen, such: Callable[[Seen], bool]) -> Seen:
        bubble: dict[str, Any] = seen.handle
        async with asyncio.timeout(SECONDS):
            while True:
                count = len(self.events)
                now = await self._seen(self.bubbles.get(bubble["id"], bubble))
                if such(now):
                    return now
                await self._until(lambda: len(self.events) > count)  # noqa: B023

    def screen(self) -> list[Seen]:
        return [_read(bubble) for bubble in sorted(self.bubbles.values(), key=lambda one: one["at"])]

    async def _seen(self, bubble: dict[str, Any]) -> Seen:
        seen = _read(bubble)
        if bubble["picture"] is not None:
            seen = replace(seen, picture=await self._fetch(bubble["picture"]["src"]), alt=bubble["picture"]["alt"])
        if bubble["file"] is not None:
            seen = replace(seen, file=(bubble["file"]["name"], await self._fetch(bubble["file"]["href"])))
        return seen

    async def _fetch(self, source: str) -> bytes:
        if source.startswith("data:"):
            return base64.b64decode(source.partition(",")[2])
        answer = await self.http.get(f"/{source}")
        # A picture of a bubble that has changed meanwhile is gone: the page shows the next.
        return answer.content if answer.status_code == 200 else b""


def _read(bubble: Mapping[str, Any]) -> Seen:
    buttons: list[Button] = []
    menus: dict[str, Menu] = {}
    for action in bubble["actions"]:
        if not action["options"]:
            command, given = Action.unpack(action["press"])
            buttons.append(Button(action["label"], command, given.get("job"), given.get("choice")))
            continue
        options = {option["value"]: option["label"] for option in action["options"]}
        chosen = tuple(option["value"] for option in action["options"] if option["selected"])
        menus[action["command"]] = Menu(options, chosen)
    return Seen(
        lines=said("\n".join(bubble["lines"])),
        buttons=tuple(buttons),
        menus=menus,
        wall=tuple(tile["label"] for tile in bubble["wall"]),
        progress=bubble["progress"] is not None,
        handle=bubble,
    )
