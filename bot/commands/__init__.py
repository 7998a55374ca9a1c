"""The commands of the bot: each declared once, one use-case a file, none importing another."""

from __future__ import annotations

from collections.abc import Callable

from bot.chat import Command
from bot.choices import Choices
from bot.commands.again import Again
from bot.commands.avatar import Avatar
from bot.commands.block import Block
from bot.commands.cancel import Cancel
from bot.commands.delete import Delete
from bot.commands.export import Export
from bot.commands.forget import Forget
from bot.commands.four import Four
from bot.commands.help import Help
from bot.commands.less import Less
from bot.commands.like import Like
from bot.commands.more import More
from bot.commands.moving import Moving
from bot.commands.other import Other
from bot.commands.paint import Paint
from bot.commands.privacy import Privacy
from bot.commands.queue import Queue
from bot.commands.room import Room
from bot.commands.room_about import RoomAbout
from bot.commands.room_ceiling import RoomCeiling
from bot.commands.room_channel import RoomChannel
from bot.commands.room_checks import RoomChecks
from bot.commands.room_halt import RoomHalt
from bot.commands.room_log import RoomLog
from bot.commands.room_pause import RoomPause
from bot.commands.room_quota import RoomQuota
from bot.commands.room_style import RoomStyle
from bot.commands.room_unblock import RoomUnblock
from bot.commands.room_word import RoomWord
from bot.commands.room_words import RoomWords
from bot.commands.save import Save
from bot.commands.set_language import SetLanguage
from bot.commands.set_likeness import SetLikeness
from bot.commands.set_style import SetStyle
from bot.commands.settings import Settings
from bot.commands.share import ShareAvatar
from bot.commands.show import Show
from bot.commands.styles import Styles
from bot.commands.try_style import TryStyle
from bot.commands.unblock import Unblock
from bot.commands.unshare import Unshare
from bot.commands.use import Use
from bot.live import Live
from bot.orders import Decode, Orders
from bot.panels import MemberPanel, PaintingPanel, RoomPanel
from bot.replies import Replies
from bot.storage import Storage
from bot.walls import Sheet, Walls
from generator.styles import Catalog


def declare(
    storage: Storage,
    catalog: Catalog,
    live: Live,
    decode: Decode,
    sheet: Sheet | None = None,
    painting: Callable[[], bool] = lambda: False,
    unchecked: Callable[[], bool] = lambda: False,
) -> tuple[Command, ...]:
    """All commands, in the order in which /help lists them. ``painting``: whether an engine that paints is there now.

    ``unchecked``: whether one is known that shows its pictures without having looked at them.
    """
    replies = Replies(catalog)
    orders = Orders(storage, catalog, decode, replies, unchecked)
    walls = Walls(storage, catalog, replies, sheet, unchecked)
    choices = Choices(storage, catalog, unchecked)
    own = MemberPanel(storage, choices, replies)
    room = RoomPanel(storage, choices, replies)
    commands = [
        Avatar(orders, painted=choices.painted).command(),
        Styles(walls).command(),
        TryStyle(orders).command(),
        Queue(storage, replies).command(),
        Settings(own).command(),
        SetStyle(storage, own).command(),
        SetLikeness(storage, own).command(),
        SetLanguage(storage, own).command(),
        Privacy(storage).command(),
        Export(storage).command(),
        Forget(storage, live).command(),
        Again(storage, orders).command(),
        Paint(storage, replies, orders, painting).command(),
        More(storage, orders).command(),
        Less(storage, orders).command(),
        Four(storage, orders).command(),
        Use(storage, catalog, orders).command(),
        Like(storage, orders).command(),
        Other(storage, orders, walls).command(),
        Moving(storage, replies).command(),
        ShareAvatar(storage, catalog, orders).command(),
        Unshare(storage, orders).command(),
        Save(storage, replies).command(),
        Delete(storage, replies).command(),
        Cancel(storage, live, orders, replies).command(),
        Show(storage, orders).command(),
        Room(room).command(),
        RoomStyle(room, catalog).command(),
        RoomQuota(room).command(),
        RoomCeiling(room).command(),
        RoomPause(room).command(),
        RoomHalt(room).command(),
        RoomChannel(room).command(),
        RoomUnblock(storage, room).command(),
        RoomLog(room).command(),
        *(_about_painting(storage, PaintingPanel(storage, choices, room)) if choices.painted else ()),
        Block(storage).command(),
        Unblock(storage).command(),
    ]
    return (*commands, Help(commands).command())


def _about_painting(storage: Storage, panel: PaintingPanel) -> tuple[Command, ...]:
    """What there is only where there are painted styles."""
    return (
        RoomWords(panel).command(),
        RoomAbout(panel).command(),
        RoomWord(storage, panel).command(),
        RoomChecks(panel).command(),
    )
