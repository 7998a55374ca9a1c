"""`bpp`, but that it never rests between two messages on Telegram: `python hasty.py run`.

The fake Telegram has flood limits only where a test asks for them; those tests run `bpp` itself.
"""

from __future__ import annotations

from adapters.telegram import platform
from adapters.telegram.pace import Rates
from bot.cli import main

if __name__ == "__main__":
    platform.Rates = Rates.unlimited
    main()
