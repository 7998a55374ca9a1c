"""The neutral vocabulary between adapters and the application.

One ``Call`` in, one ``Reply`` out. Adapters turn a native event into a ``Call``, await ``Handler.handle`` and show
the ``Reply``; later the courier shows more replies at the call's ``Address`` through ``Platform.show``. Nothing in
here knows a platform, a database or a picture library.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

LOCALES = ("en", "ko")
DEFAULT_LOCALE = "en"


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence to be: a wording key and its parameters. A parameter may itself be a ``Text``."""

    key: str
    parameters: Mapping[str, str | int | float | Text] = field(default_factory=dict[str, "str | int | float | Text"])


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that somebody handed to a command, exactly as it came: nothing about it may be believed.

    Adapters read at most ``MAX_UPLOAD_BYTES + 1`` bytes, so an oversized file arrives just long enough to be refused.
    """

    data: bytes = field(repr=False)


MAX_UPLOAD_BYTES = 20_000_000


@dataclass(frozen=True, slots=True)
class Address:
    """Where a reply is shown: opaque text that only the adapter named by ``platform`` can read.

    It holds platform ids. It is stored only inside an unfinished job, sealed, and never logged.
    """

    platform: str
    target: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """One thing that somebody did: a command, a button, a menu choice.

    ``key`` is the platform's own id of the event: the same event delivered twice has the same key.
    ``room``, ``channel`` and ``member`` are the platform's own ids; they become pseudonyms in ``bot.dispatch`` and go no
    further.
    ``arguments`` hold str, int, Upload, or ``MemberRef`` by argument name, unchecked.
    """

    key: str
    platform: str
    room: str = field(repr=False)
    member: str = field(repr=False)
    command: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)
    address: Address | None = None
    """Where the private status message of this call can be replaced later; None when there can be none."""
    locale: str = DEFAULT_LOCALE
    """What the platform says the member reads; the member's own setting wins."""
    is_moderator: bool = False
    channel: str = field(default="", repr=False)
    """The part of the room in which it was done, where rooms have parts: moderators may give each its own rules."""


@dataclass(frozen=True, slots=True)
class MemberRef:
    """A member of the room named in an argument, by the platform's own id."""

    id: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Picture:
    """An image to show: encoded bytes and a wording for those who cannot see it."""

    data: bytes = field(repr=False)
    alt: Text
    mime: str = "image/png"
    tiles: int = 1
    """How many pictures stand side by side in it: one is a portrait, which a room shows as a circle; several are not."""
    still: bytes = field(default=b"", repr=False)
    """Of one that moves: what to show to whoever does not want anything to move."""


@dataclass(frozen=True, slots=True)
class File:
    """A file to hand over, e.g. the JSON export of /privacy."""

    name: str
    data: bytes = field(repr=False)
    mime: str = "application/json"


MAX_ACTION_BYTES = 64


@dataclass(frozen=True, slots=True)
class Action:
    """A button or menu: itself a future call. ``command`` + ``job`` + one choice, at most 64 bytes when packed.

    With ``options`` it is a menu: the member picks one and its ``value`` becomes the choice.
    """

    label: Text
    command: str
    job: int | None = None
    choice: str | None = None
    options: tuple[Option, ...] = ()
    tone: Literal["normal", "primary", "danger"] = "normal"
    wants_photo: bool = False
    """The call needs the member's photo again, for ours was erased when its job ended. An adapter whose client still
    holds the photo sends it along as argument ``photo``; others ask for it."""
    posts: bool = False
    """The call puts a picture in front of the whole room: an adapter may ask first how it is to be posted."""

    def pack(self, choice: str | None = None) -> str:
        """``command:job:choice`` as it travels through a platform. Raises ValueError beyond 64 UTF-8 bytes."""
        packed = f"{self.command}:{'' if self.job is None else self.job}:{choice or self.choice or ''}"
        if len(packed.encode()) > MAX_ACTION_BYTES:
            raise ValueError(f"action too long for a button: {packed}")
        return packed

    @staticmethod
    def unpack(packed: str) -> tuple[str, dict[str, Any]]:
        """Command name and arguments (``job`` int, ``choice`` str, each only if there) of a packed action.

        Raises ValueError on anything that ``pack`` did not write.
        """
        command, job, choice = packed.split(":", 2)
        arguments: dict[str, Any] = {}
        if job:
            arguments["job"] = int(job)
        if choice:
            arguments["choice"] = choice
        return command, arguments


@dataclass(frozen=True, slots=True)
class Option:
    """One possible value of an argument or a menu. ``picture`` shows what a style looks like."""

    value: str
    label: Text
    hint: Text | None = None
    selected: bool = False
    picture: bytes | None = field(default=None, repr=False)
    hidden: bool = False
    """Understood when somebody says it, yet not offered. Never reaches an adapter."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One picture of a wall, with its name and what happens when it is pressed."""

    picture: Picture
    label: Text
    action: Action | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """Post ``picture`` into the room as the member's own, for all to see. Only an explicit *Share* makes one.

    ``tag`` names this post, so that it can be taken back; posting the same tag again changes nothing.
    """

    picture: Picture
    tag: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What to show to the caller alone (``share`` is the one part that the whole room sees).

    ``lines`` are paragraphs, the first one the headline. ``progress`` (0 … 1) draws a bar; ``busy`` says that this
    status will be replaced later. ``replaces`` = True: shown in place of the message whose button was pressed. ``erases``:
    and no picture may be left of that, which else stays where its member has it.
    """

    lines: tuple[Text, ...] = ()
    picture: Picture | None = None
    wall: tuple[Tile, ...] = ()
    sheet: Picture | None = None
    """All pictures of ``wall`` as one, with the numbers 1, 2, 3 …, for a platform on which many would fill the screen."""
    actions: tuple[Action, ...] = ()
    file: File | None = None
    progress: float | None = None
    busy: bool = False
    replaces: bool = False
    erases: bool = False
    share: Share | None = None
    unshare: tuple[str, ...] = ()
    """Tags of posts to take back from the room, whoever posted them: nobody but the application can name a tag."""
    forget: bool = False
    """The adapter erases whatever it holds about the caller itself (profile picture, private messages)."""
    forgotten: tuple[int, ...] = ()
    """With ``forget``: the numbers of all jobs that were erased."""
    panel: str = ""
    """The command that shows this panel anew, where the reply is one: calling it changes nothing."""
    locale: str = ""
    """Set by the dispatcher and the courier: the language in which the member reads. Empty only inside a command,
    where it means the caller's own."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a command, as every platform presents it.

    Wording keys: ``<command>-<name>`` is the label, ``<command>-<name>-hint`` the help.
    ``source`` names a list of options (see ``Handler.options``); ``fixed`` says that it is the same for everybody,
    everywhere, always. ``least`` and ``most`` bound a number or a length.
    """

    name: str
    kind: Literal["photo", "choice", "text", "number", "member"]
    source: str | None = None
    least: int | None = None
    most: int | None = None
    required: bool = False
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """A command, declared once. ``name`` is ASCII [a-z0-9-]; wording keys: ``command-<name>`` and ``…-hint``.

    ``listed`` commands stand in palettes and menus; the others are only reached by actions. ``draws`` says that a call
    may place a job: its reply never ``replaces`` the message of a button, and its address is where the job is shown.
    """

    name: str
    run: Callable[..., Awaitable[Reply]]
    arguments: tuple[Argument, ...] = ()
    moderator: bool = False
    listed: bool = True
    draws: bool = False
    args: Callable[..., Any] = dict
    """Builds what ``run`` takes as its second argument from the checked arguments, by name."""


class Handler(Protocol):
    """The application as an adapter sees it (``bot.dispatch.Dispatcher``)."""

    commands: Sequence[Command]

    async def handle(self, call: Call) -> Reply:
        """Answer a call. Never raises: every error is a sentence in the reply."""
        ...

    async def options(self, call: Call, argument: str, typed: str = "") -> tuple[Option, ...]:
        """The options of an argument of ``call.command`` for this caller in this room, those matching ``typed`` first."""
        ...


@dataclass(frozen=True, slots=True)
class Left:
    """An event of an earlier process that was neither accepted nor answered."""

    event: bytes = field(repr=False)
    at: int
    """When it was written down, in ms."""
    given_up: bool = False
    """The bot died with it so often that it may be the reason: nothing is to be done but to say that it failed."""


class Inbox(Protocol):
    """Where an adapter writes events down before it confirms them to its platform (``bot.storage.inbox``).

    ``key`` is the ``Call.key`` that the event will have. Methods raise ``bot.errors.StorageTrouble``.
    """

    async def take(self, events: Sequence[tuple[str, bytes]]) -> list[str]:
        """Write events down. The keys of those that were never here before; all may be confirmed when it returns."""
        ...

    async def left(self) -> list[Left]:
        """Events of an earlier process that were neither accepted nor answered, the oldest first. To be asked once."""
        ...

    async def done(self, key: str) -> None:
        """Let an event go that was answered. One that became a job is let go by the transaction that accepts it."""
        ...


class Visits(Protocol):
    """In which room a member is at home who writes to the bot alone (``bot.storage.visits``).

    ``member`` is the platform's own id, ``home`` text of the adapter's. Methods raise ``bot.errors.StorageTrouble``.
    """

    async def begin(self, member: str, home: str) -> None: ...

    async def home(self, member: str) -> str:
        """Empty if the member came from nowhere, or a day ago."""
        ...

    async def end(self, member: str) -> None: ...

    async def ran_out(self, member: str) -> bool:
        """Whether a visit of theirs ended lately, and only because it had lasted for a day. True once for each."""
        ...


class Platform(Protocol):
    """A chat platform as the application sees it (``adapters.*``)."""

    name: str
    throttle: float
    """Seconds that must pass between two progress updates of one message."""

    async def show(self, address: Address, reply: Reply) -> None:
        """Replace the status message at ``address`` by ``reply``. Safe to repeat with the same reply.

        Returns when the member sees it, or can be expected to come for it (/queue shows what is kept). Raises
        ``bot.errors.Unreachable`` when nobody is left to show it to; anything else means "try later".
        """
        ...
