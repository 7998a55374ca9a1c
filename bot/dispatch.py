"""Call in, Reply out: the one place where a call becomes a command and an error becomes a sentence."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.arguments import Arguments, Source
from bot.caller import Caller
from bot.chat import Call, Command, Option, Reply, Text
from bot.errors import BadArgument, BotError, Refused, StorageTrouble
from bot.secrets import Secret
from bot.storage import Members
from bot.wording import Wording, negotiate
from generator.blame import blame
from generator.errors import GeneratorError

log = logging.getLogger(__name__)

CALL_SECONDS = 30.0
"""Longer than any healthy call takes, even with the slowest photo; then the member is told, not left waiting."""


class Dispatcher:
    """The application as adapters see it; implements ``bot.chat.Handler``."""

    def __init__(
        self,
        commands: Sequence[Command],
        sources: Mapping[str, Source],
        members: Members,
        secret: Secret,
        wording: Wording,
        seconds: float = CALL_SECONDS,
    ) -> None:
        self.commands: Sequence[Command] = tuple(commands)
        self._by_name = {command.name: command for command in commands}
        if len(self._by_name) != len(self.commands):
            raise ValueError("two commands share a name")
        wanted = {argument.source for command in commands for argument in command.arguments if argument.source}
        if missing := wanted - sources.keys():
            raise ValueError(f"no such source of options: {', '.join(sorted(missing))}")
        self._arguments = Arguments(sources, secret, wording)
        self._members = members
        self._secret = secret
        self._seconds = seconds

    async def handle(self, call: Call) -> Reply:
        """Answer a call. Never raises: every error is a sentence in the reply."""
        locale = negotiate(call.locale)
        try:
            async with asyncio.timeout(self._seconds):
                caller = await self._caller(call)
                locale = caller.locale
                reply = await self._run(call, caller)
        except StorageTrouble as error:
            # Its own sentence is for whoever runs the bot; the member cannot free a disk.
            log.error("%s failed: %s", self._named(call), error.key)  # noqa: TRY400 - a stack says no more than the key
            key = error.key if error.key == "storage-closed" else StorageTrouble.default_key
            return Reply(lines=(Text(key),), locale=locale)
        except (BotError, GeneratorError) as error:
            return Reply(lines=(Text(error.key, error.parameters),), locale=locale)
        except TimeoutError:
            log.warning("%s took longer than %s s", self._named(call), self._seconds)
            return Reply(lines=(Text("error-slow"),), locale=locale)
        except Exception as error:  # noqa: BLE001 - whatever happened, the member gets a sentence and the log a place
            return Reply(lines=(self._unexpected(call, error),), locale=locale)
        return self._unlinked(reply if reply.locale else replace(reply, locale=locale))

    def _unlinked(self, reply: Reply) -> Reply:
        """``reply`` with tags that only our secret ties to a job: platforms keep them, beside the member's own id (P4)."""
        if reply.share is None and not reply.unshare:
            return reply
        share = reply.share and replace(reply.share, tag=self.share_tag(reply.share.tag))
        return replace(reply, share=share, unshare=tuple(map(self.share_tag, reply.unshare)))

    async def options(self, call: Call, argument: str, typed: str = "") -> tuple[Option, ...]:
        """The options of an argument of ``call.command`` for this caller in this room, those matching ``typed`` first.

        Empty where there is nothing to offer; never raises.
        """
        try:
            command = self._permitted(call)
            declared = next(one for one in command.arguments if one.name == argument)
            async with asyncio.timeout(self._seconds):
                return await self._arguments.options(declared, await self._caller(call), typed)
        except (BotError, StopIteration, TimeoutError):
            return ()
        except Exception as error:  # noqa: BLE001 - completion is a courtesy: typing works without it
            self._unexpected(call, error)
            return ()

    def known_as(self, platform: str, member: str) -> str:
        """The pseudonym under which the member with this platform id is stored."""
        return self._secret.pseudonym("member", platform, member)

    def call_known_as(self, platform: str, key: str) -> str:
        """The pseudonym under which the call with this key is stored."""
        return self._secret.pseudonym("call", platform, key)

    def share_tag(self, job: str) -> str:
        """What platforms know the post of this job's picture by."""
        return self._secret.pseudonym("share", job)

    async def _caller(self, call: Call) -> Caller:
        room = self._secret.pseudonym("room", call.platform, call.room)
        member = self.known_as(call.platform, call.member)
        preferences = await self._members.preferences(room, member)
        return Caller(
            key=self.call_known_as(call.platform, call.key),
            room=room,
            member=member,
            seed=self._secret.seed(room, member),
            locale=negotiate(preferences.locale or call.locale),
            is_moderator=call.is_moderator,
            platform_locale=negotiate(call.locale),
            channel=self._secret.pseudonym("channel", call.platform, call.room, call.channel) if call.channel else "",
            preferences=preferences,
            address=call.address,
        )

    async def _run(self, call: Call, caller: Caller) -> Reply:
        command = self._permitted(call)
        try:
            arguments = await self._arguments.check(command, call, caller)
        except BadArgument as error:
            if command.listed:
                raise
            # Nobody types the arguments of a button: it is an old one.
            raise BadArgument("error-button") from error
        return await command.run(caller, command.args(**arguments))

    def _permitted(self, call: Call) -> Command:
        command = self._by_name.get(call.command)
        if command is None:
            raise BadArgument("error-command")
        if command.moderator and not call.is_moderator:
            raise Refused("refused-moderator")
        return command

    def _unexpected(self, call: Call, error: Exception) -> Text:
        reference = self._secret.pseudonym("reference", call.platform, call.key)[:6].upper()
        log.error("error %s in %s: %s", reference, self._named(call), blame(error))
        return Text("error-unexpected", {"reference": reference})

    def _named(self, call: Call) -> str:
        """The command's name for the log, unless somebody made it up."""
        return call.command if call.command in self._by_name else "an unknown command"
