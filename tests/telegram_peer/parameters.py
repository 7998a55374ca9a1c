"""What a request says: parameters of a form, of JSON or of the address, read as Telegram reads them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.telegram_peer import entities
from tests.telegram_peer.world import bad

WORDS = {
    "text",
    "caption",
    "parse_mode",
    "callback_query_id",
    "url",
    "secret_token",
    "language_code",
    "description",
    "short_description",
    "name",
    "photo",
    "document",
    "file_id",
    "action",
}
"""Parameters that are text; any other may be JSON in a form."""


@dataclass(frozen=True)
class Upload:
    data: bytes = field(repr=False)
    name: str = ""
    type: str = ""


def spoken(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a form as JSON has them."""
    return {name: value if name in WORDS else _value(value) for name, value in raw.items()}


def _value(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


class Parameters:
    def __init__(self, said: Mapping[str, Any], files: Mapping[str, Upload]) -> None:
        self.said, self.files = said, files

    def __contains__(self, name: str) -> bool:
        return name in self.said

    def get(self, name: str) -> Any:
        return self.said.get(name)

    def text(self, name: str) -> str:
        value = self.said.get(name)
        return value if isinstance(value, str) else "" if value is None else str(value)

    def number(self, name: str) -> int | None:
        value = self.said.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            raise bad(f"field {name!r} must be of type Number", problem=f"{name} is {value!r}")
        return value

    def flag(self, name: str) -> bool:
        return self.said.get(name) in (True, 1, "true", "True", "1", "yes")

    def upload(self, name: str) -> Upload | str | None:
        """A file that came along, or the id of one. What names no file that came is a file id."""
        if name in self.files:
            return self.files[name]
        return self.attached(self.text(name))

    def attached(self, value: str) -> Upload | str | None:
        if value.startswith("attach://"):
            found = self.files.get(value.removeprefix("attach://"))
            if found is None:
                raise bad("wrong file identifier/HTTP URL specified", problem=f"{value} names no file")
            return found
        return value or None

    def formatted(self, name: str, said: Mapping[str, Any] | None = None) -> tuple[str, list[entities.Entity]]:
        """Text and entities of ``text`` or ``caption``, here or in an InputMedia."""
        place = self.said if said is None else said
        text = place.get(name) or ""
        if not isinstance(text, str):
            raise bad(f"field {name!r} must be of type String", problem=f"{name} is {text!r}")
        mode = str(place.get("parse_mode") or "").lower()
        if mode == "html":
            try:
                return entities.parse(text)
            except entities.Unparsable as error:
                raise bad(f"can't parse entities: {error}", problem=f"{name} that cannot be parsed: {error}") from None
        if mode:
            raise bad("unsupported parse_mode", problem=f"this fake reads no {mode}")
        given = place.get("entities" if name == "text" else "caption_entities") or []
        return entities.trimmed(text, [dict(one) for one in given])
