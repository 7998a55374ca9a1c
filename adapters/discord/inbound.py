"""What members do on Discord: acknowledged at once, turned into a call, answered where only they see it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast
from weakref import WeakValueDictionary

import aiohttp
import discord

from adapters.discord import custom_ids, declarations, modals, rights
from adapters.discord.connection import Offline, named
from adapters.discord.layout import shows_avatar
from adapters.discord.outbound import CALL_SECONDS, Outbound
from adapters.discord.photos import Photos
from adapters.discord.targets import PLATFORM, Place, Target, created
from bot.chat import Call, Command, Handler, MemberRef, Reply, Text
from bot.errors import BadArgument, BotError, Refused
from bot.wording import Wording

log = logging.getLogger(__name__)

ACK_SECONDS = 3.0
REPEATED_SECONDS = 0.9
"""The library waits a second before it says something again by itself."""
COMPLETE_SECONDS = 2.5
HELD_PHOTOS = 6
"""Photos in memory at a time: 20 MB each."""
SEEN = 4_096
RETURNED = 4_096
RETURNED_SECONDS = 60.0
SHOW_AGAIN_SECONDS = 5.0
IN_TURN_SECONDS = 10.0
"""So long one press waits for the answer to another in the same message, and then no longer."""
SKEW_MS = 60_000
"""Clocks that are further apart than this are worth a word."""
SKEW_SECONDS = 3_600.0

TOO_LATE, ALREADY = 10062, 40060

_HERE = {"job-erased": "discord-erased-copy"}
"""Sentences that are not true beside a picture which is still there."""

Interaction = discord.Interaction[Any]
Returned = Callable[[str], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class _Scene:
    """Where and by whom something was done, as the application sees it."""

    place: Place
    room: str = field(repr=False)
    channel: str = field(repr=False)
    moderator: bool


@dataclass(frozen=True, slots=True)
class _Task:
    """One thing to do: a call without its photo, and where the answer goes."""

    interaction: Interaction = field(repr=False)
    call: Call
    target: Target
    fresh: bool
    """The acknowledgement made a new private message; else the answer may replace the message of the button."""
    photo: str | None = field(default=None, repr=False)
    """Address of the photo that belongs to the call."""
    stays: bool = False
    """The photo stands in a message of the member's own that others can see."""
    named: bool = False
    """The member ticked that their name is to stand beside what they share."""


@dataclass(slots=True, weakref_slot=True, eq=False)
class _Turn:
    """The presses in one message that are under way."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    stands: tuple[_Task, Reply] | None = field(default=None, repr=False)
    """What is to stand there, of all that they were answered so far: the answer to the latest of them."""

    def overtaken(self, task: _Task) -> bool:
        """Whether what stands there answers a later press."""
        return self.stands is not None and self.stands[0].interaction.id > task.interaction.id


class Inbound:
    """Answers interactions. ``roles`` moderate beside those who may manage a server."""

    def __init__(
        self,
        handler: Handler,
        wording: Wording,
        outbound: Outbound,
        photos: Photos,
        *,
        roles: Collection[int] = (),
        names: Mapping[str, str],
        clock: Callable[[], int],
        returned: Returned | None = None,
    ) -> None:
        self._handler = handler
        self._wording = wording
        self._outbound = outbound
        self._photos = photos
        self._roles = frozenset(roles)
        self._returned = returned
        self._clock = clock
        self._told_of_clocks = -SKEW_SECONDS
        self._commands: dict[str, Command] = {command.name: command for command in handler.commands}
        self._called = {names.get(name, name): command for name, command in self._commands.items() if command.listed}
        self._names = names
        self._here: OrderedDict[str, float] = OrderedDict()
        self._seen: OrderedDict[int, None] = OrderedDict()
        self._busy: set[asyncio.Task[Any]] = set()
        self._holding = asyncio.Semaphore(HELD_PHOTOS)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._answering: WeakValueDictionary[int, _Turn] = WeakValueDictionary()
        self._erased: OrderedDict[int, None] = OrderedDict()
        """Jobs whose pictures were deleted lately."""
        self._closing = asyncio.Event()

    # --- the ways in -------------------------------------------------------------------------------------------------

    async def interaction(self, interaction: Interaction) -> None:
        """Whatever Discord sends: commands, completion and modals are answered here, presses by way of their items."""
        match interaction.type:
            case discord.InteractionType.application_command:
                await self._guarded(interaction, self._command)
            case discord.InteractionType.autocomplete:
                await self._guarded(interaction, self._complete)
            case discord.InteractionType.modal_submit:
                await self._guarded(interaction, self._submitted)
            case discord.InteractionType.component if not custom_ids.TEMPLATE.fullmatch(interaction.custom_id or ""):
                await self._guarded(interaction, self._unknown)
            case _:
                pass

    async def pressed(self, interaction: Interaction, custom_id: str) -> None:
        """A button, or a menu whose choice is in ``custom_id`` already."""

        async def press(interaction: Interaction) -> None:
            await self._pressed(interaction, custom_id)

        await self._guarded(interaction, press)

    async def close(self, seconds: float) -> None:
        """Take nothing more, and give what was taken so many seconds to end."""
        self._closing.set()
        if self._busy:
            await asyncio.wait(self._busy, timeout=seconds)
        for task in tuple(self._busy):
            task.cancel()

    async def _guarded(self, interaction: Interaction, answer: Callable[[Interaction], Awaitable[None]]) -> None:
        """The one place where an error in here ends: the log gets its kind, the member a sentence if there is a way."""
        if self._closing.is_set() or interaction.id in self._seen:
            return  # Discord repeats what it is not sure that we got
        self._seen[interaction.id] = None
        if len(self._seen) > SEEN:
            self._seen.popitem(last=False)
        task = asyncio.current_task()
        if task is None:  # pragma: no cover - coroutines run in tasks
            raise RuntimeError
        self._busy.add(task)
        try:
            await answer(interaction)
        except Exception as error:  # noqa: BLE001 - whatever it was, the next member must be answered
            log.error("something that a member did could not be answered: %s", named(error))  # noqa: TRY400
            await self._apologise(interaction)
        finally:
            self._busy.discard(task)

    async def _apologise(self, interaction: Interaction) -> None:
        how = {
            discord.InteractionResponseType.deferred_channel_message: self._outbound.answer,
            discord.InteractionResponseType.deferred_message_update: self._outbound.tell,
        }.get(interaction.response.type or discord.InteractionResponseType.pong)
        if how is not None:
            sorry = Reply(lines=(Text("discord-unexpected"),), locale=str(interaction.locale))
            try:
                await how(self._target(interaction, self._scene(interaction)), sorry)
            except Exception as error:  # noqa: BLE001 - it was the last thing to try
                log.info("nor could that be said: %s", named(error))

    async def _command(self, interaction: Interaction) -> None:
        if not await self._acknowledge(lambda: interaction.response.defer(ephemeral=True, thinking=True)):
            return
        scene = self._scene(interaction)
        data = _data(interaction)
        pointed = data.get("type") == discord.AppCommandType.message.value
        try:
            if pointed:
                command, arguments, photo = "avatar", {}, _own_photo(interaction, data)
            else:
                command, arguments, photo = self._spoken(data)
        except BotError as error:
            await self._answer(self._task(interaction, scene, "", {}, fresh=True), _said(error, interaction))
            return
        task = self._task(interaction, scene, command, arguments, fresh=True, photo=photo)
        await self._do(replace(task, stays=pointed and scene.place != "dm"))

    async def _pressed(self, interaction: Interaction, custom_id: str) -> None:
        try:
            pressed = custom_ids.unpack(custom_id)
        except ValueError:
            await self._unknown(interaction)
            return
        locale = str(interaction.locale)
        if pressed.wants_photo:
            modal = modals.photo_modal(
                custom_id,
                self._wording,
                locale,
                called=lambda name: declarations.called(name, self._names, self._wording, locale),
            )
            await self._acknowledge(lambda: interaction.response.send_modal(modal))
            return
        if pressed.posts:
            modal = modals.share_modal(custom_id, self._wording, locale, name=interaction.user.display_name)
            await self._acknowledge(lambda: interaction.response.send_modal(modal))
            return
        command = self._commands.get(pressed.command)
        fresh = (command is not None and command.draws) or _is_public(interaction)
        if not await self._acknowledge(lambda: interaction.response.defer(ephemeral=True, thinking=fresh)):
            return
        scene = self._scene(interaction, pressed.home)
        await self._do(self._task(interaction, scene, pressed.command, pressed.arguments, fresh=fresh))

    async def _submitted(self, interaction: Interaction) -> None:
        submitted = modals.submitted(_data(interaction))
        try:
            pressed = custom_ids.unpack(submitted.custom_id)
        except ValueError:
            await self._unknown(interaction)
            return
        fresh = pressed.wants_photo or _is_public(interaction)
        if not await self._acknowledge(lambda: interaction.response.defer(ephemeral=True, thinking=fresh)):
            return
        photo = str(submitted.attachments[0].get("url", "")) if submitted.attachments else None
        scene = self._scene(interaction, pressed.home)
        task = self._task(interaction, scene, pressed.command, pressed.arguments, fresh=fresh, photo=photo)
        await self._do(replace(task, named=submitted.ticked))

    async def _unknown(self, interaction: Interaction) -> None:
        """A button that some other version of ours made."""
        if await self._acknowledge(lambda: interaction.response.defer(ephemeral=True, thinking=True)):
            task = self._task(interaction, self._scene(interaction), "", {}, fresh=True)
            await self._answer(task, _said(BadArgument("error-button"), interaction))

    async def _complete(self, interaction: Interaction) -> None:
        data = _data(interaction)
        command = self._called.get(str(data.get("name")))
        focused = next((option for option in data.get("options") or () if option.get("focused")), None)
        if command is None or focused is None:
            return
        locale = str(interaction.locale)
        call = self._task(interaction, self._scene(interaction), command.name, {}, fresh=True).call
        try:
            async with asyncio.timeout(COMPLETE_SECONDS):
                found = await self._handler.options(call, str(focused["name"]), str(focused.get("value") or ""))
                await interaction.response.autocomplete(declarations.choices(found, self._wording, locale))
        except (discord.HTTPException, OSError, TimeoutError, aiohttp.ClientError) as error:
            log.info("a completion came to nothing: %s", named(error))

    async def _acknowledge(self, respond: Callable[[], Awaitable[object]]) -> bool:
        """Answer within the three seconds that Discord waits. False if that is over: then nobody may do anything."""
        now = asyncio.get_running_loop().time
        began = now()
        for attempt in (1, 2):
            try:
                async with asyncio.timeout(ACK_SECONDS):
                    await respond()
            except discord.HTTPException as error:
                repeated = attempt > 1 or now() - began > REPEATED_SECONDS
                if error.code == ALREADY and repeated:
                    return True  # the first one had arrived, and its answer was lost
                if error.code in (TOO_LATE, ALREADY):
                    log.info("Discord no longer waits for an answer (%s)", error.code)
                    return False
                log.warning("an acknowledgement was refused: %s", named(error))
            except (OSError, TimeoutError, aiohttp.ClientError) as error:
                log.warning("an acknowledgement did not get through: %s", named(error))
            else:
                return True
        return False

    # --- from an event to a call -------------------------------------------------------------------------------------

    def _scene(self, interaction: Interaction, home: str = "") -> _Scene:
        user = interaction.user.id
        if interaction.guild_id is not None:
            channel = interaction.channel
            part = channel.parent_id if isinstance(channel, discord.Thread) else interaction.channel_id
            moderator = rights.moderates(interaction, self._roles)
            return _Scene("server", str(interaction.guild_id), str(part or ""), moderator)
        if interaction.context.private_channel:
            return _Scene("private", f"private-{interaction.channel_id}", "", moderator=False)
        return _Scene("dm", home or f"dm-{user}", "", moderator=False)

    def _target(self, interaction: Interaction, scene: _Scene) -> Target:
        return Target(
            token=interaction.token,
            # By our clock, for its age is told by ours: it came a moment ago, or Discord would not have let us answer.
            created=self._clock(),
            place=scene.place,
            user=interaction.user.id,
            channel=interaction.channel_id or 0,
            guild=int(scene.room) if scene.room.isdecimal() else 0,
            may_note=scene.place == "server" and rights.may_note(interaction),
            size_limit=interaction.filesize_limit,
            locale=str(interaction.guild_locale or ""),
        )

    def _task(
        self,
        interaction: Interaction,
        scene: _Scene,
        command: str,
        arguments: Mapping[str, Any],
        *,
        fresh: bool,
        photo: str | None = None,
    ) -> _Task:
        target = self._target(interaction, scene)
        call = Call(
            key=str(interaction.id),
            platform=PLATFORM,
            room=scene.room,
            channel=scene.channel,
            member=str(interaction.user.id),
            command=command,
            arguments=arguments,
            # What is said in a message that is there already does not stand for a job.
            address=target.address() if fresh else None,
            locale=str(interaction.locale),
            is_moderator=scene.moderator,
        )
        return _Task(interaction, call, target, fresh, photo)

    def _spoken(self, data: Mapping[str, Any]) -> tuple[str, dict[str, Any], str | None]:
        """Name, arguments and photo of a slash command. What is unknown is left to the application to refuse."""
        command = self._called.get(str(data.get("name")))
        if command is None:
            return "", {}, None
        kinds = {argument.name: argument.kind for argument in command.arguments}
        files = _inside(data, "resolved", "attachments")
        arguments: dict[str, Any] = {}
        photo: str | None = None
        for option in data.get("options") or ():
            name, value = str(option.get("name")), option.get("value")
            match kinds.get(name):
                case "photo":
                    photo = str(_inside(files, str(value)).get("url", ""))
                case "member":
                    arguments[name] = MemberRef(str(value))
                case _:
                    arguments[name] = value
        return command.name, arguments, photo

    # --- from a reply to what the member sees ------------------------------------------------------------------------

    async def _do(self, task: _Task) -> None:
        self._compare_clocks(task.interaction)
        self._greet(task.call.member)
        message = task.interaction.message
        if task.fresh or message is None:
            await self._carry_out(task)
            return
        self._outbound.pressed(task.target, message.id)
        # Each press has a token of its own, and Discord minds no order among them: an answer that is late must not
        # stand where a newer one stood.
        turn = self._answering.setdefault(message.id, _Turn())
        its = False
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(IN_TURN_SECONDS):
                its = await turn.lock.acquire()
        try:
            await self._carry_out(task)
        finally:
            if its:
                turn.lock.release()

    async def _carry_out(self, task: _Task) -> None:
        reply = await self._done(task)
        public = _is_public(task.interaction)
        if public and reply.lines and reply.lines[0].key == "error-gone":
            reply = replace(reply, lines=(Text("discord-note-stranger"),))
        # Whoever owns a job and has seen what became of it needs no note about it.
        seen = reply.picture is not None or reply.replaces
        kept, reply = _keeps(task, reply)
        shown = await self._answer(task, _with_discord(self._about(task, reply)))
        if shown and kept is not None:
            await self._outbound.bare(task.target, kept)
        if shown and seen:
            await self._picked_up(task, public=public)
        if shown and task.stays and reply.busy:
            # In a message of its own: the other one changes until the picture is there, and says that the photo is erased.
            stays = Reply(lines=(Text("discord-message-stays"),), locale=reply.locale)
            await self._answer(replace(task, fresh=False), stays)

    async def _done(self, task: _Task) -> Reply:
        """Do what was asked for, on Discord too, and say what became of it."""
        reply = await self._handled(task)
        if reply.share is not None:
            reply = await self._share(task, reply)
        if reply.unshare and not await self._outbound.unshare(reply.unshare):
            reply = replace(reply, lines=(*reply.lines, Text("discord-unshare-later")))
        if reply.unshare and task.call.command == "delete":
            message = task.interaction.message
            job = int(task.call.arguments["job"])
            self._erased[job] = None
            if len(self._erased) > SEEN:
                self._erased.popitem(last=False)
            left = await self._outbound.erased(task.interaction.user.id, job, message.id if message is not None else 0)
            reply = _beside(reply, left)
        if reply.forget:
            reply = await self._forget(task, reply)
        return reply

    async def _handled(self, task: _Task) -> Reply:
        if task.photo is None:
            return await self._handler.handle(task.call)
        # One's own photos come one at a time, or somebody who sends many would keep all others waiting.
        turn = self._turns.setdefault(task.call.member, asyncio.Lock())
        async with turn, self._holding:
            try:
                upload = await self._photos.fetch(task.photo)
            except BotError as error:
                return _said(error, task.interaction)
            arguments = {**task.call.arguments, "photo": upload}
            return await self._handler.handle(replace(task.call, arguments=arguments))

    async def _share(self, task: _Task, reply: Reply) -> Reply:
        """Post the picture; where that cannot be, undo what the application has noted, and say why."""
        interaction, share = task.interaction, reply.share
        if share is None:
            return reply
        refusal = "discord-share-here" if task.target.place != "server" else rights.share_refusal(interaction)
        if refusal is None:
            name = interaction.user.display_name if task.named else ""
            refusal = await self._outbound.share(share, task.target.channel, name=name, locale=task.target.locale)
        if refusal is None:
            return reply
        # Where it was shared before, it still stands, and the application is right to think so.
        command = "show" if await self._outbound.stands(share.tag) else "unshare"
        told = await self._handler.handle(replace(task.call, key=f"{task.call.key}/{command}", command=command))
        # Its picture stays where it is when only the application is in trouble.
        placed = told.replaces or told.picture is not None
        # What the attempt may have left is on its way out; to say more of it would frighten without need.
        await self._outbound.unshare(told.unshare)
        return replace(told, lines=(Text(refusal), *told.lines[1:]), replaces=placed, unshare=())

    async def _forget(self, task: _Task, reply: Reply) -> Reply:
        user = task.interaction.user.id
        self._here.pop(str(user), None)
        message = task.interaction.message
        self._outbound.spawn(self._outbound.erase_direct(user, message.id if message is not None else 0))
        with contextlib.suppress(OSError):  # a full disk: the sweep removes the notes when their time is over
            await self._outbound.forgotten(reply.forgotten)
        return replace(reply, lines=(*reply.lines, Text("discord-forget-screen")))

    async def _picked_up(self, task: _Task, *, public: bool) -> None:
        """Remove the note about a job that its owner has seen just now, and the one with the button that was pressed."""
        job, message = task.call.arguments.get("job"), task.interaction.message
        if not isinstance(job, int):
            return
        try:
            await self._outbound.picked_up(job)
        except OSError as error:
            log.error("a note cannot be put away: error %s", error.errno)  # noqa: TRY400
        if public and message is not None:
            await self._outbound.remove(task.target.channel, message.id)

    def _about(self, task: _Task, reply: Reply) -> Reply:
        """A moderator's reply with the names of those whom it is about: the application does not know any."""
        if not task.call.is_moderator or not reply.lines:
            return reply
        resolved = _inside(_data(task.interaction), "resolved")
        meant = [value.id for value in task.call.arguments.values() if isinstance(value, MemberRef)]
        names = [name for member in meant if (name := _display_name(resolved, member))]
        about = tuple(Text("discord-about-member", {"name": name}) for name in names)
        return replace(reply, lines=(reply.lines[0], *about, *reply.lines[1:]))

    async def _answer(self, task: _Task, reply: Reply) -> bool:
        """Show the answer to a call. False if the member does not see it."""
        # Whatever made Discord refuse the reply, this is short: nobody is left before "thinking…" for ever.
        sorry = Reply(lines=(Text("discord-unexpected"),), busy=reply.busy, locale=reply.locale)
        message = task.interaction.message
        turn = None
        if not task.fresh and reply.replaces and message is not None and (turn := self._answering.get(message.id)):
            if turn.overtaken(task):
                return False
            turn.stands = (task, reply)
        for said in (reply, reply, sorry):
            try:
                shown = await self._show(task, said, in_place=task.fresh or reply.replaces)
            except (discord.HTTPException, OSError, TimeoutError, aiohttp.ClientError, Offline) as error:
                log.warning("an answer did not get through: %s", named(error))
                shown = None
            if turn is not None and turn.stands is not None and turn.overtaken(task):
                # It may have arrived all the same, over what was newer.
                later, stands = turn.stands
                with contextlib.suppress(discord.HTTPException, OSError, aiohttp.ClientError, Offline):
                    await self._show(later, stands, in_place=True)
                return False
            if shown is not None:
                return shown and said is reply
            if said is not sorry:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._closing.wait(), SHOW_AGAIN_SECONDS)
        return False

    async def _show(self, task: _Task, reply: Reply, *, in_place: bool) -> bool:
        """Show a reply, unless it is a picture that its member has deleted: what arrives late must not bring that back."""

        def deleted() -> bool:
            return reply.picture is not None and any(action.job in self._erased for action in reply.actions)

        erased = Reply(lines=(Text("job-erased"),), replaces=reply.replaces, erases=True, locale=reply.locale)
        async with asyncio.timeout(2 * CALL_SECONDS):
            if not in_place:
                return await self._outbound.tell(task.target, erased if deleted() else reply, unless=deleted)
            shown = not deleted() and await self._outbound.answer(task.target, reply)
            return await self._outbound.answer(task.target, erased) if deleted() else shown

    def _compare_clocks(self, interaction: Interaction) -> None:
        """Say once in a while that this machine's clock is wrong: what was just acknowledged was just made."""
        now = asyncio.get_running_loop().time()
        ahead = self._clock() - created(interaction.id)
        if abs(ahead) > SKEW_MS and now - self._told_of_clocks >= SKEW_SECONDS:
            self._told_of_clocks = now
            how = "ahead of" if ahead > 0 else "behind"
            log.warning("this machine's clock is %d s %s Discord's: please set it", abs(ahead) // 1_000, how)

    def _greet(self, member: str) -> None:
        """Tell the application that a member is here, once in a while: what is owed to them can go out."""
        now = asyncio.get_running_loop().time()
        if self._returned is None or now - self._here.get(member, -RETURNED_SECONDS) < RETURNED_SECONDS:
            return
        self._here[member] = now
        self._here.move_to_end(member)
        if len(self._here) > RETURNED:
            self._here.popitem(last=False)
        self._outbound.spawn(self._returned(member))


def _with_discord(reply: Reply) -> Reply:
    """What is stored about somebody, and who else gets what goes through here."""
    at = next((number for number, line in enumerate(reply.lines) if line.key == "privacy-likeness"), None)
    if at is None:
        return reply
    return replace(reply, lines=(*reply.lines[:at], Text("discord-privacy"), *reply.lines[at:]))


def _said(error: BotError, interaction: Interaction) -> Reply:
    return Reply(lines=(Text(error.key, error.parameters),), locale=str(interaction.locale))


def _is_public(interaction: Interaction) -> bool:
    """Whether the message of a button is for all to see: no press may change it."""
    message = interaction.message
    return message is not None and not message.flags.ephemeral and interaction.guild_id is not None


def _keeps(task: _Task, reply: Reply) -> tuple[discord.Message | None, Reply]:
    """The message with a picture that is its member's to keep, if ``reply`` was to stand there; and what is said beside."""
    message = task.interaction.message
    if message is None or task.fresh or not reply.replaces or not shows_avatar(message):
        return None, reply
    if reply.erases or reply.forget or reply.picture or reply.file or reply.wall:
        return None, reply
    return message, replace(_here(reply), replaces=False)


def _here(reply: Reply) -> Reply:
    """As it is said beside a picture which is still there."""
    return replace(reply, lines=tuple(replace(line, key=_HERE.get(line.key, line.key)) for line in reply.lines))


def _beside(reply: Reply, left: Sequence[Text]) -> Reply:
    """What is said of an erased picture, with what is ``left`` of it elsewhere."""
    said = _here(reply) if any(text.key in _HERE.values() for text in left) else reply
    return replace(said, lines=(*said.lines, *(text for text in left if text not in said.lines)))


def _own_photo(interaction: Interaction, data: Mapping[str, Any]) -> str:
    """Address of the picture in the message that was pointed at. Raises ``Refused`` unless it is the member's own."""
    message = _inside(data, "resolved", "messages", str(data.get("target_id")))
    author = _inside(message, "author")
    if author.get("id") != str(interaction.user.id) or author.get("bot") or message.get("webhook_id"):
        raise Refused("discord-message-foreign")
    files = cast("list[Mapping[str, Any]]", message.get("attachments") or [])
    pictures = [file for file in files if str(file.get("content_type") or "").startswith("image/")]
    if not files:
        raise Refused("discord-message-empty")
    return str((pictures or files)[0].get("url", ""))


def _display_name(resolved: Mapping[str, Any], member: str) -> str:
    user = _inside(resolved, "users", member)
    nick = _inside(resolved, "members", member).get("nick")
    return str(nick or user.get("global_name") or user.get("username") or "")


def _data(interaction: Interaction) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", interaction.data or {})


def _inside(data: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    """The object at the end of a path of names; empty where there is none."""
    for name in path:
        data = cast("Mapping[str, Any]", data.get(name) or {})
    return data
