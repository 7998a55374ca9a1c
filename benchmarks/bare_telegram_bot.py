"""The floor for ``benchmarks.on_telegram``: as little as a python-telegram-bot application can do. It stores nothing.

Run by that benchmark in a process of its own: ``python -m benchmarks.bare_telegram_bot TOKEN API FILE_API PICTURE``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import ApplicationBuilder, CallbackQueryHandler, CommandHandler, ContextTypes, MessageHandler, filters

Context = ContextTypes.DEFAULT_TYPE
CHOOSE = InlineKeyboardMarkup([[InlineKeyboardButton("Choose", callback_data="choose")]])
AT_ONCE = 256
"""Updates that it answers at the same time; by default the library takes one after the other."""


class Bare:
    """``/avatar`` and a photo are always the same picture, ``/menu`` a button that changes its message."""

    def __init__(self, picture: bytes) -> None:
        self._picture = picture

    async def avatar(self, update: Update, _: Context) -> None:
        assert update.message is not None
        await update.message.reply_photo(self._picture, filename="avatar.png")

    async def photo(self, update: Update, _: Context) -> None:
        assert update.message is not None
        file = await update.message.photo[-1].get_file()
        await file.download_as_bytearray()
        await update.message.reply_photo(self._picture, filename="avatar.png")

    async def menu(self, update: Update, _: Context) -> None:
        assert update.message is not None
        await update.message.reply_text("Choose.", reply_markup=CHOOSE)

    async def chosen(self, update: Update, _: Context) -> None:
        assert update.callback_query is not None
        await update.callback_query.answer()
        await update.callback_query.edit_message_text("Chosen.")


def application(token: str, api: str, file_api: str, picture: bytes) -> Any:
    """All of it."""
    bare = Bare(picture)
    builder = ApplicationBuilder().token(token).concurrent_updates(AT_ONCE)
    built = builder.base_url(f"{api}/bot").base_file_url(f"{file_api}/file/bot").build()
    built.add_handler(CommandHandler("avatar", bare.avatar))
    built.add_handler(CommandHandler("menu", bare.menu))
    built.add_handler(MessageHandler(filters.PHOTO, bare.photo))
    built.add_handler(CallbackQueryHandler(bare.chosen))
    return built


if __name__ == "__main__":
    *addresses, picture_file = sys.argv[1:]
    application(*addresses, Path(picture_file).read_bytes()).run_polling()
