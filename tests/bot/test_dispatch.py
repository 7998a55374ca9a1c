"""One call in, one sentence out, whatever the call."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.caller import Caller
from bot.chat import Action, Argument, Call, Command, MemberRef, Option, Reply, Text, Upload
from bot.dispatch import Dispatcher
from bot.errors import StorageTrouble
from bot.storage import Preferences
from tests.bot.conftest import NO_PHOTO, PHOTO, WORDING, Chat, actions, opened, read

CALL = Call(key="e1", platform="paper", room="library", member="mina", command="avatar")


@dataclass
class Nobody:
    """Has no settings, or a data folder that cannot tell."""

    trouble: StorageTrouble | None = None

    async def preferences(self, room: str, member: str) -> Preferences:
        if self.trouble:
            raise self.trouble
        return Preferences()


def dispatcher(chat: Chat, run: Any, arguments: tuple[Argument, ...] = (), **more: Any) -> Dispatcher:
    """A dispatcher with one command of the test's own."""

    async def listed(_caller: Caller) -> tuple[Option, ...]:
        return (Option("a", Text("action-again")), Option("b", Text("action-delete")))

    members = more.pop("members", Nobody())
    commands = [
        Command("odd", run, arguments, **{key: more.pop(key) for key in ("listed", "moderator") if key in more})
    ]
    return Dispatcher(commands, {"letters": listed}, members, chat.secret, WORDING, **more)


async def hear(dispatcher: Dispatcher, **changes: Any) -> str:
    return read(await dispatcher.handle(replace(CALL, command="odd", **changes)))


# --- who and where --------------------------------------------------------------------------------------------------


async def test_a_command_sees_pseudonyms_only(chat: Chat) -> None:
    seen: list[Any] = []

    async def run(caller: Caller, args: Mapping[str, Any]) -> Reply:
        seen.append((caller, args))
        return Reply(lines=(Text("refused"),))

    bot = dispatcher(chat, run, (Argument("whom", "member"),))
    await bot.handle(replace(CALL, command="odd", arguments={"whom": MemberRef("jun")}))
    said = repr(seen)
    for platform_id in ("library", "mina", "jun", "e1"):
        assert f"'{platform_id}'" not in said
    caller = seen[0][0]
    assert len({caller.key, caller.room, caller.member, seen[0][1]["whom"]}) == 4
    assert all(len(one) == 32 for one in (caller.key, caller.room, caller.member))


async def test_equal_ids_on_two_platforms_are_two_people_and_two_rooms(chat: Chat) -> None:
    seen: list[Caller] = []

    async def run(caller: Caller, args: Mapping[str, Any]) -> Reply:
        seen.append(caller)
        return Reply(lines=(Text("refused"),))

    bot = dispatcher(chat, run)
    await bot.handle(replace(CALL, command="odd"))
    await bot.handle(replace(CALL, command="odd", platform="slate"))
    assert seen[0].room != seen[1].room
    assert seen[0].member != seen[1].member
    assert seen[0].key != seen[1].key


@pytest.mark.parametrize(
    ("tag", "locale"), [("ko", "ko"), ("ko-KR", "ko"), ("KO_kr", "ko"), ("pt-BR", "en"), ("", "en")]
)
async def test_the_platforms_language_is_used_as_far_as_we_speak_it(chat: Chat, tag: str, locale: str) -> None:
    assert (await chat.say("help", locale=tag)).locale == locale


async def test_errors_too_are_in_the_members_own_language(chat: Chat) -> None:
    await chat.say("set-language", choice="ko")
    assert "모르는 명령" in read(await chat.say("teleport", locale="en"))


# --- errors become sentences ----------------------------------------------------------------------------------------


async def test_an_unknown_command_and_a_button_of_another_age_are_answered(chat: Chat) -> None:
    assert "/help" in read(await chat.say("teleport"))
    assert "too old" in read(await chat.say("again"))
    assert "too old" in read(await chat.say("again", job="x"))
    assert "too old" in read(await chat.say("again", job=1, colour="red"))


async def test_something_unexpected_gets_a_number_that_is_in_the_log_too(
    chat: Chat, caplog: pytest.LogCaptureFixture
) -> None:
    async def run(caller: Caller, args: Mapping[str, Any]) -> Reply:
        raise RuntimeError(f"library mina {args['what']} {caller.member}")

    bot = dispatcher(chat, run, (Argument("what", "text"),))
    said = await hear(bot, arguments={"what": "my secret"})
    reference = said.rsplit(" ", 1)[1].rstrip(".")
    assert len(reference) == 6
    assert reference in caplog.text
    assert "RuntimeError" in caplog.text
    assert "test_dispatch.py" in caplog.text
    for private in ("library", "mina", "my secret", chat.secret.pseudonym("member", "paper", "mina"), "e1"):
        assert private not in caplog.text


async def test_a_made_up_command_name_is_not_logged(chat: Chat, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Nobody):
        async def preferences(self, room: str, member: str) -> Preferences:
            raise RuntimeError(room)

    bot = dispatcher(chat, None, members=Broken())
    await bot.handle(replace(CALL, command="my-phone-is-555-1234"))
    assert "RuntimeError" in caplog.text
    assert "555" not in caplog.text


async def test_a_call_that_takes_too_long_is_ended_and_says_where_to_look(chat: Chat) -> None:
    async def run(caller: Caller, args: Mapping[str, Any]) -> Reply:
        await asyncio.sleep(60)
        raise AssertionError

    assert "/queue" in await hear(dispatcher(chat, run, seconds=0.05))


async def test_a_full_disk_is_told_to_the_log_and_not_to_the_member(
    chat: Chat, caplog: pytest.LogCaptureFixture
) -> None:
    bot = dispatcher(chat, None, members=Nobody(StorageTrouble("storage-full")))
    said = await hear(bot)
    assert "disk" not in said
    assert "nothing was counted" in said
    assert "storage-full" in caplog.text


async def test_a_bot_that_is_stopping_says_so(chat: Chat) -> None:
    assert "shutting down" in await hear(dispatcher(chat, None, members=Nobody(StorageTrouble("storage-closed"))))


async def test_a_cancelled_call_stays_cancelled(chat: Chat) -> None:
    """Swallowing a cancellation would keep a stopping process alive."""
    started = asyncio.Event()

    async def run(caller: Caller, args: Mapping[str, Any]) -> Reply:
        started.set()
        await asyncio.sleep(60)
        raise AssertionError

    task = asyncio.create_task(dispatcher(chat, run).handle(replace(CALL, command="odd")))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


# --- rights ---------------------------------------------------------------------------------------------------------


async def test_every_moderator_command_is_refused_to_everybody_else(chat: Chat) -> None:
    tried = 0
    for command in chat.dispatcher.commands:
        if command.moderator:
            tried += 1
            assert "Only moderators" in read(await chat.say(command.name))
            assert "Only moderators" in read(await chat.say(command.name, choice="on", member=MemberRef("jun")))
    assert tried >= 9
    assert chat.rows("SELECT count(*) FROM decision") == [(0,)]


async def test_the_options_of_moderators_are_theirs_alone(chat: Chat) -> None:
    await chat.say("block", member=MemberRef("jun"), by="boss", moderator=True)
    call = replace(CALL, command="room-unblock")
    assert await chat.dispatcher.options(call, "choice") == ()
    assert len(await chat.dispatcher.options(replace(call, is_moderator=True), "choice")) == 1


# --- arguments ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argument", "value", "sentence"),
    [
        (Argument("x", "number", least=1, most=9), "ten", "from 1 to 9"),
        (Argument("x", "number", least=1, most=9), 10, "from 1 to 9"),
        (Argument("x", "number", least=1, most=9), "9" * 400, "from 1 to 9"),
        (Argument("x", "number"), True, "cannot be understood"),
        (Argument("x", "number"), 1.5, "cannot be understood"),
        (Argument("x", "choice", source="letters"), "c", "Possible: Try again, Delete"),
        (Argument("x", "choice", source="letters"), "a\x00", "cannot be understood"),
        (Argument("x", "text", most=5), "too long", "cannot be understood"),
        (Argument("x", "text"), "x" * 5000, "cannot be understood"),
        (Argument("x", "photo"), "a file name", "cannot be understood"),
        (Argument("x", "member"), "jun", "cannot be understood"),
        (Argument("x", "member"), MemberRef(""), "cannot be understood"),
        (Argument("x", "text"), Upload(b""), "cannot be understood"),
        (Argument("x", "text", required=True), None, "is missing"),
        (Argument("x", "text", required=True), "", "is missing"),
        (Argument("y", "text"), "x", "does not know"),
    ],
    ids=str,
)
async def test_a_wrong_argument_gets_a_sentence_that_names_it(
    chat: Chat, argument: Argument, value: object, sentence: str
) -> None:
    async def run(caller: Caller, args: Mapping[str, Any]) -> Reply:
        raise AssertionError

    # The label of the argument is one that exists: /avatar's own.
    bot = dispatcher(chat, run, (argument,))
    said = await hear(bot, arguments={"x": value})
    assert sentence in said


async def test_right_arguments_arrive_as_declared(chat: Chat) -> None:
    seen: list[Any] = []

    async def run(caller: Caller, args: Mapping[str, Any]) -> Reply:
        seen.append(dict(args))
        return Reply(lines=(Text("refused"),))

    arguments = (
        Argument("n", "number", least=-5, most=5),
        Argument("c", "choice", source="letters"),
        Argument("t", "text"),
        Argument("p", "photo"),
    )
    bot = dispatcher(chat, run, arguments)
    for given_, expected in [
        ({"n": "-3"}, {"n": -3}),
        ({"n": " ٣ "}, {"n": 3}),
        ({"c": "B"}, {"c": "b"}),
        ({"c": "try AGAIN"}, {"c": "a"}),
        ({"t": " 안녕 "}, {"t": "안녕"}),
        ({"p": PHOTO}, {"p": PHOTO}),
        ({"n": None, "t": ""}, {}),
    ]:
        await bot.handle(replace(CALL, command="odd", arguments=given_))
        assert seen[-1] == expected


async def test_what_is_typed_comes_first_among_the_options(chat: Chat) -> None:
    offered = await chat.dispatcher.options(CALL, "hair", "cu")
    assert offered[0].value == "curly"
    assert len(offered) == 8
    offered = await chat.dispatcher.options(replace(CALL, locale="ko"), "hair", "곱슬")
    assert offered[0].value == "curly"
    offered = await chat.dispatcher.options(CALL, "style", "SLA")
    assert offered[0].value == "slate"
    assert await chat.dispatcher.options(CALL, "photo") == ()
    assert await chat.dispatcher.options(CALL, "nonsense") == ()
    assert await chat.dispatcher.options(replace(CALL, command="nonsense"), "style") == ()


async def test_options_of_a_broken_source_are_none_at_all(chat: Chat, caplog: pytest.LogCaptureFixture) -> None:
    bot = dispatcher(chat, None, (Argument("c", "choice", source="letters"),), members=Nobody(StorageTrouble()))
    assert await bot.options(replace(CALL, command="odd"), "c") == ()


def test_a_declaration_that_cannot_work_is_found_at_the_start(chat_commands: tuple[Command, ...]) -> None:
    command = Command("odd", None, (Argument("c", "choice", source="nowhere"),))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="nowhere"):
        Dispatcher([command], {}, Nobody(), None, WORDING)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="share a name"):
        Dispatcher([chat_commands[0], chat_commands[0]], {}, Nobody(), None, WORDING)  # type: ignore[arg-type]


@pytest.fixture
def chat_commands(chat: Chat) -> tuple[Command, ...]:
    return tuple(chat.dispatcher.commands)


# --- declarations ---------------------------------------------------------------------------------------------------


async def test_every_declaration_says_what_its_arguments_object_takes(gallery: Chat) -> None:
    for command in gallery.dispatcher.commands:
        assert {argument.name for argument in command.arguments} == set(command.args.__annotations__), command.name
        required = {argument.name: _sample(argument) for argument in command.arguments if argument.required}
        command.args(**required)


async def test_every_listed_command_and_argument_has_label_and_help_in_both_languages(gallery: Chat) -> None:
    keys: list[str] = []
    for command in gallery.dispatcher.commands:
        if command.listed:
            keys += [f"command-{command.name}", f"command-{command.name}-hint"]
            for argument in command.arguments:
                keys += [f"{command.name}-{argument.name}", f"{command.name}-{argument.name}-hint"]
    assert len(keys) > 30
    for locale in ("en", "ko"):
        assert not set(keys) - set(WORDING.keys(locale))


async def test_names_fit_every_platform(chat: Chat) -> None:
    for command in chat.dispatcher.commands:
        assert re.fullmatch(r"[a-z][a-z0-9-]{0,31}", command.name)
        for argument in command.arguments:
            assert re.fullmatch(r"[a-z][a-z0-9_-]{0,31}", argument.name)


def _sample(argument: Argument) -> Any:
    return {"number": 1, "member": "m", "photo": PHOTO, "choice": "x", "text": "x"}[argument.kind]


# --- the whole surface ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("locale", ["en", "ko"])
async def test_every_command_answers_in_every_language_and_every_button_fits(chat: Chat, locale: str) -> None:
    """``read`` fails on a missing key, a hole in a sentence or a button beyond 64 bytes; all buttons are pressed too."""
    job, _ = await chat.result(photo=PHOTO, locale=locale)
    await chat.say("block", member=MemberRef("jun"), by="mina", moderator=True)
    told = 0
    for command in chat.dispatcher.commands:
        for moderator in (False, True):
            given_ = {argument.name: job for argument in command.arguments if argument.name == "job"}
            reply = await chat.say(command.name, moderator=moderator, locale=locale, **given_)
            assert reply.locale == locale
            told += 1
            for action in actions(reply):
                assert action.command in {one.name for one in chat.dispatcher.commands}
                for choice in [option.value for option in action.options][:2] or [None]:
                    if action.command not in ("forget", "delete", "set-language"):
                        await chat.press(action, choice, moderator=moderator, locale=locale)
                        told += 1
    assert told > 100


async def test_every_value_of_every_menu_is_accepted_back(chat: Chat) -> None:
    await chat.say("block", member=MemberRef("jun"), by="boss", moderator=True)
    pressed = 0
    for panel in ("settings", "room"):
        shown = await chat.say(panel, by="boss", moderator=True)
        for action in shown.actions:
            for option in action.options:
                said = read(await chat.press(action, option.value, by="boss", moderator=True), None)
                assert "too old" not in said
                assert "오래된" not in said
                pressed += 1
    assert pressed > 30


ids = st.text(max_size=12)
junk = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=True),
    st.text(max_size=300),
    st.binary(max_size=20).map(Upload),
    st.just(PHOTO),
    st.just(NO_PHOTO),
    st.text(max_size=20).map(MemberRef),
    st.lists(st.integers(), max_size=3),
    st.sampled_from(["yes", "on", "off", "auto", "+ink", "-ink", "ink", "clear", "20", "1", "ko", "-", "+"]),
)
calls = st.builds(
    Call,
    key=st.text(max_size=40),
    platform=ids,
    room=ids,
    member=ids,
    locale=st.text(max_size=8),
    is_moderator=st.booleans(),
)


@settings(
    max_examples=250,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data(), call=calls)
def test_whatever_comes_in_a_sentence_goes_out(fuzzed: Fuzzed, data: st.DataObject, call: Call) -> None:
    names = [command.name for command in fuzzed.chat.dispatcher.commands]
    command = data.draw(st.one_of(st.sampled_from(names), st.text(max_size=20)))
    known = [
        argument.name for one in fuzzed.chat.dispatcher.commands if one.name == command for argument in one.arguments
    ]
    wanted = st.sampled_from(known) if known else st.nothing()
    arguments = data.draw(st.dictionaries(st.one_of(wanted, wanted, st.text(max_size=8)), junk, max_size=4))
    call = replace(call, command=command, arguments=arguments)
    reply = fuzzed.run(call)
    read(reply)
    assert "went wrong" not in WORDING.say("en", reply.lines[0]), f"unexpected: {call.command} {arguments}"


@dataclass
class Fuzzed:
    chat: Chat
    loop: asyncio.AbstractEventLoop

    def run(self, call: Call) -> Reply:
        return self.loop.run_until_complete(self.chat.dispatcher.handle(call))


@pytest.fixture
def fuzzed(tmp_path: Any, clock: Any, secret: Any, catalog: Any) -> Any:
    """A chat on a loop of its own: Hypothesis calls its test from plain code."""
    loop = asyncio.new_event_loop()
    opening = opened(tmp_path, clock, secret, catalog)
    logging.getLogger("bot").setLevel(logging.ERROR)
    try:
        yield Fuzzed(loop.run_until_complete(anext(opening)), loop)
        loop.run_until_complete(opening.aclose())
    finally:
        logging.getLogger("bot").setLevel(logging.NOTSET)
        loop.close()


@given(job=st.one_of(st.none(), st.integers(1, 2**63 - 1)), choice=st.one_of(st.none(), st.text(max_size=20)))
def test_a_packed_action_is_read_back_as_it_was(job: int | None, choice: str | None) -> None:
    packed = Action(Text("action-again"), "room-unblock", job, choice)
    try:
        text = packed.pack()
    except ValueError:
        return
    command, arguments = Action.unpack(text)
    assert command == "room-unblock"
    assert arguments.get("job") == job
    assert arguments.get("choice") == (choice or None)
