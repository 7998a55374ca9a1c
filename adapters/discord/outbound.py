"""What the bot says on Discord: into a member's private message while its token lives, and then where they will find it."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import secrets
from collections import OrderedDict
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast

import aiohttp
import discord

from adapters.discord import custom_ids
from adapters.discord.connection import Client, Offline, named
from adapters.discord.layout import Layout, Message, bare
from adapters.discord.targets import LAST_WORD_MS, Target, created
from adapters.posts import Posts
from adapters.publishing import Publishing, Removed, Shared, sweep, wanted
from bot.chat import Reply, Share, Text

log = logging.getLogger(__name__)

SPOTS = 4_096
"""Messages of which something is remembered; the longest untouched is forgotten first."""
PLAIN_LIMIT = 10 * 1024 * 1024
"""Bytes that a file may have where no server and no subscription raises it."""
KEPT_HOURS = 24
"""How long /queue has a picture, as sentences say it."""
CALL_SECONDS = 20.0
"""Beyond this a request counts as failed; the library has tried several times by then."""
HOUR_MS = 3_600_000
ERASED_MESSAGES = 200
ERASE_SECONDS = 600.0
COPY_SECONDS = 5.0
"""Somebody waits for the answer meanwhile."""

UNSEEN = "?"
"""Stands before the nonce of a message of which only that much is known."""

UNKNOWN_MESSAGE = 10008
ARCHIVED = 50083
TOO_MANY_FOLLOWUPS = 40094
OPENING_TOO_FAST = 40003
UNAUTHORIZED, FORBIDDEN, NOT_FOUND, TOO_LARGE, TOO_MANY = 401, 403, 404, 413, 429

NETWORK = (OSError, TimeoutError, aiohttp.ClientError)

Fate = Literal["later", "gone", "closed"]


def fate(error: discord.HTTPException) -> Fate:
    """What a refused change of a private message means: its member put it away, the way there is closed, or it may pass."""
    if error.code == UNKNOWN_MESSAGE:
        return "gone"
    # 401 with 50027, 404 with 10015 or 10062: the token is over; 403, 10003, an archived thread: the place is.
    over = error.status in (UNAUTHORIZED, FORBIDDEN, NOT_FOUND) or error.code == ARCHIVED
    return "closed" if over else "later"


def refused(error: discord.HTTPException) -> bool:
    """Whether Discord will go on saying no to a message into a channel, whatever the reason."""
    passing = (UNAUTHORIZED, TOO_MANY)
    return 400 <= error.status < 500 and error.status not in passing and error.code != OPENING_TOO_FAST


@dataclass(slots=True)
class _Spot:
    """What is known, in memory, about one private message."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    state: Literal["open", "put away", "final", "closed"] = "open"
    """Progress is shown while it is open. Put away: the member dismissed it, and only a result is worth another message.
    Final: it shows a result. Closed: Discord takes nothing by this token any more."""
    message: int | None = None
    """Stands in place of the message that was dismissed."""
    elsewhere: tuple[int, int] | None = None
    """Channel and message of the direct message that holds the result."""
    note: tuple[int, int] | None = None
    """Channel and message of the public note."""
    last: Reply | None = field(default=None, repr=False)
    timer: asyncio.TimerHandle | None = None


@dataclass(frozen=True, slots=True)
class _Copy:
    """A private message that shows a finished picture, and how it is reached while the token lives."""

    job: int
    target: Target
    where: int | None
    """None: what the token itself answers."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """An attachment that an edit leaves where it is. discord.py would send all that it knows of it, for which Discord's
    own description of an edit has no place."""

    attachment: discord.Attachment

    def to_dict(self) -> dict[str, str]:
        return {"id": str(self.attachment.id), "filename": self.attachment.filename}


class Outbound:
    """Shows replies at targets, posts what is shared and takes it back. ``client`` raises ``Offline``.

    ``posts`` remembers what was shared by its tag, ``notes`` the public notes by the job that they are about.
    """

    def __init__(
        self, layout: Layout, posts: Posts, notes: Posts, clock: Callable[[], int], client: Callable[[], Client]
    ) -> None:
        self._layout = layout
        self._posts = posts
        self._notes = notes
        self._clock = clock
        self._client = client
        self._spots: OrderedDict[str, _Spot] = OrderedDict()
        self._copies: OrderedDict[int, _Copy] = OrderedDict()
        """By message. They outlive their tokens: what cannot be taken away any more is to be said."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._shares = Publishing(posts, self._clear, self.spawn, kind="picture")
        self._shared: Shared | None = None
        self._noted = Publishing(notes, self._clear, self.spawn, kind="note")

    async def close(self) -> None:
        """Stop whatever goes on in the background."""
        for spot in self._spots.values():
            _disarm(spot)
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def spawn(self, work: Coroutine[Any, Any, object]) -> asyncio.Task[None]:
        """Do ``work`` in the background; ``close`` ends it."""
        task = asyncio.create_task(_quietly(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    # --- a private message -------------------------------------------------------------------------------------------

    async def show(self, target: Target, reply: Reply) -> None:
        """Show what became of a job. Raises whatever may pass; silent progress is lost, a result goes down the ladder."""
        spot = self._spot(target)
        async with spot.lock:
            lives = self._lives(target)
            if reply.busy:
                if lives:
                    await self._progress(target, spot, reply)
                return
            if not (lives and await self._by_token(target, spot, reply)):
                await self._ladder(target, spot, reply)
            self._finish(spot)

    async def answer(self, target: Target, reply: Reply) -> bool:
        """Show the answer to a call in its message. What the courier has shown there meanwhile is newer than "in line".

        Tried whatever the clock says: the call was acknowledged just now, and only Discord knows what it still takes.
        False if the member cannot see it.
        """
        spot = self._spot(target)
        async with spot.lock:
            if reply.busy:
                if spot.last is None:
                    await self._progress(target, spot, reply)
                return spot.state in ("open", "final")
            shown = await self._by_token(target, spot, reply, all_of_it=True)
            if shown:
                self._finish(spot)
            return shown

    async def tell(self, target: Target, reply: Reply, *, unless: Callable[[], bool] = lambda: False) -> bool:
        """Say something in a new message that only the member sees, ``unless`` that is not wanted once it is there. False
        if they cannot see it."""
        if self._spot(target).state == "closed":
            return False
        told = await self._follow_up(target, self._lay(target, reply))
        if told is not None and unless():
            async with asyncio.timeout(CALL_SECONDS):
                await self._webhook(target).delete_message(told)
        elif told is not None:
            self._stands(told, target, told, reply)
        return True

    async def bare(self, target: Target, message: discord.Message) -> None:
        """Leave nothing but the picture in the message whose button was pressed: what stood around it is not true any more."""
        laid = bare(message)
        if laid is None:
            return
        try:
            async with asyncio.timeout(CALL_SECONDS):
                await self._webhook(target).edit_message(
                    cast("int", "@original"),
                    view=_sent(laid),
                    attachments=cast("list[discord.Attachment]", [_Kept(one) for one in message.attachments]),
                    allowed_mentions=discord.AllowedMentions.none(),
                )
        except (discord.HTTPException, Offline, *NETWORK) as error:
            log.info("buttons that mean nothing any more could not be removed: %s", named(error))

    def pressed(self, target: Target, message: int) -> None:
        """A button in a private message was pressed: the press's own token reaches that message for longer."""
        if message in self._copies:
            self._copies[message] = replace(self._copies[message], target=target, where=None)
            self._copies.move_to_end(message)

    def _spot(self, target: Target) -> _Spot:
        key = hashlib.sha256(target.token.encode()).hexdigest()
        spot = self._spots.setdefault(key, _Spot())
        self._spots.move_to_end(key)
        while len(self._spots) > SPOTS:
            oldest = next(iter(self._spots))
            if self._spots[oldest].lock.locked():
                break
            _disarm(self._spots.pop(oldest))
        return spot

    def _lives(self, target: Target) -> bool:
        return self._clock() < target.until()

    def _stands(self, message: int, target: Target, where: int | None, reply: Reply) -> None:
        """Remember which picture stands in a private message now, if any."""
        self._copies.pop(message, None)
        job = next((action.job for action in reply.actions if action.command == "delete"), None)
        if reply.picture is not None and job is not None:
            self._copies[message] = _Copy(job, target, where)
        while self._copies:
            oldest = next(iter(self._copies.values())).target.created
            if len(self._copies) <= SPOTS and oldest + KEPT_HOURS * HOUR_MS >= self._clock():
                break
            self._copies.popitem(last=False)

    def _finish(self, spot: _Spot) -> None:
        if spot.state != "closed":
            spot.state = "final"
        spot.last = None
        _disarm(spot)

    async def _progress(self, target: Target, spot: _Spot, reply: Reply) -> None:
        if spot.state != "open":
            return
        late = self._clock() >= target.created + LAST_WORD_MS
        extra = (self._last_word(target),) if late else ()
        try:
            await self._edit(target, spot, self._lay(target, reply, extra)[0])
        except discord.HTTPException as error:
            match fate(error):
                case "later":
                    raise
                case "gone":
                    spot.state = "put away"
                case "closed":
                    spot.state = "closed"
            return
        # Without its picture: this is kept for as long as a job waits.
        spot.last = replace(reply, picture=None)
        _disarm(spot)
        if not late:
            seconds = (target.created + LAST_WORD_MS - self._clock()) / 1_000
            spot.timer = asyncio.get_running_loop().call_later(seconds, self._remind, target, spot)

    def _remind(self, target: Target, spot: _Spot) -> None:
        spot.timer = None
        self.spawn(self._say_last_word(target, spot))

    async def _say_last_word(self, target: Target, spot: _Spot) -> None:
        """Nothing moves while a job waits in a long line: so this goes out by itself."""
        async with spot.lock:
            if spot.last is None or spot.state != "open" or not self._lives(target):
                return
            try:
                await self._edit(target, spot, self._lay(target, spot.last, (self._last_word(target),))[0])
            except (discord.HTTPException, Offline, *NETWORK) as error:
                log.info("a last word could not be said: %s", named(error))

    def _last_word(self, target: Target) -> Text:
        if target.may_note:
            return Text("discord-arrives-note")
        way = "discord-arrives-queue" if target.place == "private" else "discord-arrives-dm"
        return Text(way, {"hours": KEPT_HOURS})

    async def _by_token(self, target: Target, spot: _Spot, reply: Reply, *, all_of_it: bool = False) -> bool:
        """Show a result in its private message. False if Discord does not let us any more."""
        if spot.state == "closed":
            return False
        first, *more = self._lay(target, reply)
        try:
            try:
                message = await self._edit(target, spot, first)
            except discord.HTTPException as error:
                if error.status == TOO_LARGE:
                    # It is less than Discord said it would take. A sentence stands for it; /queue shows it elsewhere.
                    first, *more = self._lay(replace(target, size_limit=0), reply)
                    message = await self._edit(target, spot, first)
                elif fate(error) == "gone":
                    # It was dismissed while it said "in line": the picture is worth a new message.
                    first, *more = self._lay(target, reply)
                    message = spot.message = await self._follow_up(target, [first])
                else:
                    raise
        except discord.HTTPException as error:
            if fate(error) == "later":
                raise
            spot.state = "closed"
            return False
        if message is not None:
            self._stands(message, target, spot.message, reply)
        if all_of_it and more:
            await self._follow_up(target, more)
        return True

    def _lay(self, target: Target, reply: Reply, extra: tuple[Text, ...] = ()) -> list[Message]:
        home = "" if target.place == "server" else target.home
        if target.place != "server" and not home:
            # There is no room here in which anything could be shared.
            reply = replace(reply, actions=tuple(action for action in reply.actions if not action.posts))
        return self._layout.status(reply, size_limit=target.size_limit, home=home, extra=extra)

    def _webhook(self, target: Target) -> discord.Webhook:
        client = self._client()
        # As Interaction.followup makes it. Webhook.partial would make one whose messages cannot be ephemeral.
        data: Any = {"id": client.application_id, "type": discord.WebhookType.application.value, "token": target.token}
        return discord.Webhook.from_state(data=data, state=client._connection)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]

    async def _edit(self, target: Target, spot: _Spot, message: Message) -> int:
        """Change a private message; its id."""
        where = cast("int", spot.message or "@original")
        async with asyncio.timeout(CALL_SECONDS):
            # All attachments each time: what is not named is removed.
            edited = await self._webhook(target).edit_message(
                where,
                view=_sent(message),
                attachments=message.files,
                allowed_mentions=discord.AllowedMentions.none(),
            )
        return edited.id

    async def _follow_up(self, target: Target, messages: Sequence[Message]) -> int | None:
        """Further messages to the member alone; the id of the first. Outside a bot's servers there are five of them."""
        first: int | None = None
        for message in messages:
            try:
                async with asyncio.timeout(CALL_SECONDS):
                    sent = await self._webhook(target).send(
                        view=_sent(message),
                        files=message.files,
                        ephemeral=True,
                        wait=True,
                        allowed_mentions=discord.AllowedMentions.none(),
                    )
            except discord.HTTPException as error:
                if error.code != TOO_MANY_FOLLOWUPS or first is None:
                    raise
                break
            first = first or sent.id
        return first

    # --- after the token ---------------------------------------------------------------------------------------------

    async def _ladder(self, target: Target, spot: _Spot, reply: Reply) -> None:
        """A note in the channel, else a direct message, else /queue. Raises whatever may pass."""
        job = next((action.job for action in reply.actions if action.job is not None), None)
        if spot.elsewhere is not None:
            await self._amend(spot.elsewhere, target, reply)
            return
        if reply.picture is None and job is None:
            if spot.note is not None:
                await self.remove(*spot.note)  # deleted while the note was under way
            return
        if spot.note is not None:
            return
        if reply.picture is not None and job is not None and target.may_note:
            tag = self._notes.tag(str(job))
            async with self._notes.turn(tag):  # whoever sees the picture elsewhere waits until it can be removed
                if await self._notes.place(tag) is not None:
                    return  # it went out before a restart
                note = self._layout.note(job, locale=target.locale)
                spot.note = await self._send(target.channel, note, _nonce(target, "n"))
                if spot.note is not None:
                    await self._notes.put(tag, _written(spot.note))
                    return
        if target.place != "private":
            spot.elsewhere = await self._direct(target, reply, job)

    async def _direct(self, target: Target, reply: Reply, job: int | None) -> tuple[int, int] | None:
        try:
            async with asyncio.timeout(CALL_SECONDS):
                channel = await self._direct_channel(target.user)
                if job is not None and (before := await self._written_in(channel, job)):
                    return channel, before[0]  # it went out before a restart
        except discord.HTTPException as error:
            if not refused(error):
                raise
            return None
        there = replace(target, place="dm", size_limit=PLAIN_LIMIT)
        return await self._send(channel, self._lay(there, reply)[0], _nonce(target, "d"))

    async def _send(self, channel: int, message: Message, nonce: str) -> tuple[int, int] | None:
        """Post a message of the bot's own; None if Discord says no for good. Said twice, it stands there once."""
        place = self._client().get_partial_messageable(channel)
        try:
            async with asyncio.timeout(CALL_SECONDS):
                sent = await place.send(
                    view=_sent(message),
                    files=message.files,
                    nonce=nonce,
                    allowed_mentions=discord.AllowedMentions.none(),
                )
        except discord.HTTPException as error:
            if not refused(error):
                raise
            log.info("a message was refused: %s", named(error))
            return None
        return channel, sent.id

    async def _amend(self, place: tuple[int, int], target: Target, reply: Reply) -> None:
        """What was deleted meanwhile must not stay in a direct message."""
        channel, message = place
        there = replace(target, place="dm", size_limit=PLAIN_LIMIT)
        laid = self._lay(there, reply)[0]
        partial = self._client().get_partial_messageable(channel).get_partial_message(message)
        try:
            async with asyncio.timeout(CALL_SECONDS):
                await partial.edit(view=_sent(laid), attachments=laid.files)
        except discord.HTTPException as error:
            if not refused(error):
                raise

    # --- what everybody sees ------------------------------------------------------------------------------------------

    async def share(self, share: Share, channel: int, *, name: str, locale: str) -> str | None:
        """Post a picture as the bot's own message. A wording key that says why not; None once it stands there.

        What stands in another channel moves here. A picture is only ever put into a message whose place is on the disk
        already: nothing that ends this process leaves one in public that nobody can take back.
        """

        async def again(place: str) -> bool:
            return place.startswith(f"{channel}/") and await self._fill(place, share, name, locale)

        async def anew() -> str | None:
            if not await wanted(self._shared, share.tag):
                return "discord-share-failed"
            return await self._post(share, channel, name, locale)

        return await self._shares.publish(share.tag, again, anew, unknown="discord-share-unknown")

    async def _post(self, share: Share, channel: int, name: str, locale: str) -> str | None:
        # One for this call, not for this picture: shared, taken back and shared again is a new message.
        nonce = secrets.token_hex(12)
        place = f"{channel}/{UNSEEN}{nonce}"
        await self._posts.prepare(share.tag, place)
        posted: tuple[int, int] | None = None
        refusal = "discord-share-failed"
        for _ in range(2):
            try:
                posted = await self._send(channel, _frame(), nonce)
            except (discord.HTTPException, Offline, *NETWORK) as error:
                # Perhaps it stands there and only the answer was lost: the nonce makes sure that it is one.
                log.warning("a picture could not be posted: %s", named(error))
            else:
                refusal = refusal if posted else "discord-share-bot"
                break
        if posted is not None:
            place = _written(posted)
            await self._posts.prepare(share.tag, place)
            if await self._fill(place, share, name, locale):
                await self._posts.put(share.tag, place)
                return None
        if await self._clear(place):
            await self._posts.drop(share.tag)
        elif posted is not None:
            return "discord-share-unknown"
        return refusal

    async def _fill(self, place: str, share: Share, name: str, locale: str) -> bool:
        """Put a picture into a message of ours. Whether it stands there for certain, and still should."""
        try:
            channel, message = _place(place)
        except ValueError:
            return False
        if not await wanted(self._shared, share.tag):
            return False
        for _ in range(2):
            laid = self._layout.post(share, name=name, locale=locale)
            try:
                async with asyncio.timeout(CALL_SECONDS):
                    partial = self._client().get_partial_messageable(channel).get_partial_message(message)
                    await partial.edit(view=_sent(laid), attachments=laid.files)
            except (discord.HTTPException, Offline, *NETWORK) as error:
                log.warning("a picture could not be posted: %s", named(error))
                if isinstance(error, discord.HTTPException) and refused(error):
                    return False
            else:
                return await wanted(self._shared, share.tag)
        return False

    async def stands(self, tag: str) -> bool:
        """Whether this picture is posted somewhere."""
        return await self._shares.stands(tag)

    async def unshare(self, tags: Sequence[str]) -> bool:
        """Take posts back. False if some of them could not be removed just now; ``sweep`` goes on with those."""
        return bool(await self._shares.withdraw(tags))

    async def picked_up(self, job: int) -> None:
        """The member has seen what became of a job: no note needs to say so any more."""
        tag = self._notes.tag(str(job))
        if await self._noted.doom(tag):
            await self._noted.take_back(tag)

    async def _clear(self, place: str) -> Removed:
        """Delete the message at a place as it is kept."""
        return Removed.GONE if await self._cleared(place) else Removed.LATER

    async def _cleared(self, place: str) -> bool:
        try:
            channel, unseen, nonce = place.partition(f"/{UNSEEN}")
            if not unseen:
                return await self.remove(*_place(place))
            # Whether it was posted is not known. Said once more, Discord tells where it stands: or, if it was long ago,
            # makes another one. There is no picture in either.
            posted = await self._send(int(channel), _frame(), nonce)
        except ValueError:
            log.error("the place of a post cannot be read")  # noqa: TRY400
            return False
        except (discord.HTTPException, Offline, *NETWORK) as error:
            log.info("a message could not be looked up yet: %s", named(error))
            return False
        return posted is None or await self.remove(*posted)

    async def remove(self, channel: int, message: int) -> bool:
        """Delete a message of the bot's own. True once it is gone, whoever removed it."""
        try:
            async with asyncio.timeout(CALL_SECONDS):
                await self._client().http.delete_message(channel, message)
        except discord.NotFound:
            return True
        except (discord.HTTPException, Offline, *NETWORK) as error:
            log.info("a message could not be removed yet: %s", named(error))
            return False
        return True

    async def sweep(self, shared: Shared | None = None) -> None:
        """Go on removing what is to go, until cancelled: notes go with the pictures that they are about.

        ``shared`` gives the tags of all that the application knows to be shared: nothing else may stand there.
        """
        self._shared = shared
        if shared is not None:
            await _quietly(self._shares.keep(shared))
        await sweep(self._shares, self._noted, before=lambda: _quietly(self._outdated()))

    async def _outdated(self) -> None:
        for tag in await self._notes.standing():
            try:
                place = await self._notes.place(tag)
                stays = place is None or created(_place(place)[1]) + KEPT_HOURS * HOUR_MS >= self._clock()
            except ValueError:
                stays = False
            if not stays:
                await self._noted.doom(tag)

    # --- forgetting ---------------------------------------------------------------------------------------------------

    async def erase_direct(self, user: int, but: int, job: int | None = None) -> bool:
        """Delete what the bot wrote to a member directly, or only the picture of ``job``; the message ``but`` stays.

        False if some of it may still be there.
        """
        try:
            async with asyncio.timeout(ERASE_SECONDS):
                channel = await self._direct_channel(user)
                found = [message for message in await self._written_in(channel, job) if message != but]
                gone = [await self.remove(channel, message) for message in found]
        except (discord.HTTPException, Offline, *NETWORK) as error:
            log.info("direct messages could not be erased: %s", named(error))
            # Where Discord opens no conversation, there was none.
            return isinstance(error, discord.HTTPException) and refused(error)
        return all(gone)

    async def erased(self, user: int, job: int, but: int = 0) -> tuple[Text, ...]:
        """The picture of ``job`` is erased: so are its copies, in direct and in private messages. The message ``but`` stays.

        What is to be said of those that may still be there for now; what takes long goes on in the background.
        """
        left = {"discord-delete-copy-left", "discord-erased-copy"}

        async def direct() -> None:
            if await self.erase_direct(user, but, job):
                left.remove("discord-delete-copy-left")

        async def private() -> None:
            copies = self._copies_of((job,), but)
            if all([await self._taken_away(message, copy) for message, copy in copies.items()]):
                left.remove("discord-erased-copy")

        await asyncio.wait({self.spawn(direct()), self.spawn(private())}, timeout=COPY_SECONDS)
        return tuple(Text(key) for key in sorted(left))

    def _copies_of(self, jobs: Collection[int], but: int = 0) -> dict[int, _Copy]:
        return {message: copy for message, copy in self._copies.items() if copy.job in jobs and message != but}

    async def _taken_away(self, message: int, copy: _Copy) -> bool:
        """Delete a private message. False if it may still be there."""
        if not self._lives(copy.target):
            return False
        try:
            async with asyncio.timeout(CALL_SECONDS):
                await self._webhook(copy.target).delete_message(cast("int", copy.where or "@original"))
        except (discord.HTTPException, Offline, *NETWORK) as error:
            if not isinstance(error, discord.HTTPException) or fate(error) != "gone":
                log.info("a private message could not be removed: %s", named(error))
                return False
        self._copies.pop(message, None)
        return True

    async def forgotten(self, jobs: Sequence[int]) -> None:
        """Nothing is left of these jobs: no note needs to say otherwise, and nothing is remembered of their messages."""
        for message in self._copies_of(frozenset(jobs)):
            del self._copies[message]
        for job in jobs:
            await self.picked_up(job)

    async def _direct_channel(self, user: int) -> int:
        return int((await self._client().http.start_private_message(user))["id"])

    async def _written_in(self, channel: int, job: int | None = None) -> list[int]:
        """Messages of the bot's own in a direct conversation, newest first; with ``job``, those that show its picture."""
        client = self._client()
        found: list[int] = []
        before: int | None = None
        for _ in range(ERASED_MESSAGES // 100):
            page = await client.http.logs_from(channel, 100, before=before)
            for message in page:
                own = client.user is not None and int(message["author"]["id"]) == client.user.id
                if own and (job is None or _shows(message, job)):
                    found.append(int(message["id"]))
            if len(page) < 100:
                break
            before = int(page[-1]["id"])
        return found


def _shows(part: Mapping[str, Any], job: int) -> bool:
    """Whether a message, or a part of one, offers to delete the picture of ``job``: no other message does."""
    with contextlib.suppress(ValueError):
        pressed = custom_ids.unpack(part.get("custom_id") or "")
        if pressed.command == "delete" and pressed.arguments.get("job") == job:
            return True
    return any(_shows(inner, job) for inner in part.get("components") or ())


def _sent(message: Message) -> Any:
    """The view of a message that is about to be sent. Stopped, or the library would keep it for its whole life."""
    message.view.stop()
    return message.view


def _frame() -> Message:
    """What stands where a picture will be, for the moment until it is there: in no language."""
    view = discord.ui.LayoutView(timeout=None)
    view.add_item(discord.ui.TextDisplay("\N{FRAME WITH PICTURE} …"))
    return Message(view)


def _written(place: tuple[int, int]) -> str:
    channel, message = place
    return f"{channel}/{message}"


def _place(text: str) -> tuple[int, int]:
    """Channel and message of a post, as they are kept."""
    channel, _, message = text.partition("/")
    return int(channel), int(message)


async def _quietly(work: Coroutine[Any, Any, object]) -> None:
    try:
        await work
    except Exception as error:  # noqa: BLE001 - nobody waits for it, and asyncio would print what it holds
        log.warning("something in the background went wrong: %s", named(error))


def _disarm(spot: _Spot) -> None:
    if spot.timer is not None:
        spot.timer.cancel()
        spot.timer = None


def _nonce(target: Target, kind: str) -> str:
    """The same for the same message on the same rung, in 25 characters."""
    return kind + hashlib.sha256(target.token.encode()).hexdigest()[:24]
