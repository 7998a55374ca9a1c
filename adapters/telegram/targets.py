"""What an address says: the chat in which a call is answered, and by what its status message is found again."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

from bot.chat import Address

PLATFORM = "telegram"


@dataclass(frozen=True, slots=True)
class Target:
    """The status message of one call, which need not be there yet: ``tag`` leads to it once it is (``Shown``).

    It holds platform ids: never logged, stored only sealed.
    """

    chat: int = field(repr=False)
    thread: int = field(default=0, repr=False)
    reply_to: int = field(default=0, repr=False)
    """The member's message with the photo: what answers it finds the photo again."""
    home: int = 0
    """The number of the home to which the call belongs."""
    tag: str = field(default="", repr=False)
    """The key of the call."""
    locale: str = ""

    def address(self) -> Address:
        """As the application keeps it."""
        return Address(PLATFORM, json.dumps(asdict(self), separators=(",", ":")))

    @classmethod
    def of(cls, address: Address) -> Target:
        """Read an address of ours. Raises ValueError on any other."""
        if address.platform != PLATFORM:
            raise ValueError("not an address on Telegram")
        try:
            return cls(**json.loads(address.target))
        except TypeError as error:
            raise ValueError("not an address that we wrote") from error
