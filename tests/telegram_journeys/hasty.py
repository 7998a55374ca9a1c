"""`bpp`, but that it never rests between two messages on Telegram.

The fake Telegram has flood limits only where a test asks for them; those tests run `bpp` itself.
"""

from __future__ import annotations

from adapters.telegram import platform
from adapters.telegram.pace import Rates
from bot import cli


def main() -> None:
    """Run in a process of its own."""
    platform.Rates = Rates.unlimited
    cli.main()
