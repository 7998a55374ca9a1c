"""What an address says: where an answer stands, until when it can be changed there, and where to go after that."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Literal

from bot.chat import Address

PLATFORM = "discord"

TOKEN_MS = 15 * 60_000
"""An interaction's token is good for this long."""
MARGIN_MS = 20_000
"""Not begun so late: a picture takes a while to upload."""
LAST_WORD_MS = 13 * 60_000 + 30_000
"""By then the member is told where the picture will arrive."""

EPOCH_MS = 1_420_070_400_000

Place = Literal["server", "dm", "private"]
"""A server; a conversation with the bot; one between others, into which somebody brought the bot."""


def created(snowflake: int) -> int:
    """When Discord made this id, ms UTC."""
    return (snowflake >> 22) + EPOCH_MS


@dataclass(frozen=True, slots=True)
class Target:
    """The private status message of one call. It holds platform ids: never logged, stored only sealed."""

    token: str = field(repr=False)
    created: int
    """When the interaction arrived, ms UTC, by the clock that tells its age."""
    place: Place
    user: int = field(repr=False)
    channel: int = field(default=0, repr=False)
    guild: int = field(default=0, repr=False)
    """The server whose room it is, also when a button of that server's picture was pressed in a direct message."""
    may_note: bool = False
    """The bot may write into the channel."""
    size_limit: int = 10 * 1024 * 1024
    """Bytes that a file may have there."""
    locale: str = ""
    """The language of the server: what all may read must not tell the member's."""

    @property
    def home(self) -> str:
        """What buttons in a direct message must say, so that their calls belong to the same room."""
        return str(self.guild or "")

    def until(self) -> int:
        """The last moment, ms UTC, at which a change is begun."""
        return self.created + TOKEN_MS - MARGIN_MS

    def address(self) -> Address:
        """As the application keeps it."""
        return Address(PLATFORM, json.dumps(asdict(self), separators=(",", ":")))

    @classmethod
    def of(cls, address: Address) -> Target:
        """Read an address of ours. Raises ValueError on any other."""
        if address.platform != PLATFORM:
            raise ValueError("not an address on Discord")
        try:
            return cls(**json.loads(address.target))
        except TypeError as error:
            raise ValueError("not an address that we wrote") from error
