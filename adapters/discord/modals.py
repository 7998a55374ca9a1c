"""The two questions asked in a modal: the photo once more, and under which name a picture is shared.

What comes back is read from the raw event: a modal that was opened before a restart is answered like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from discord import ui

from adapters.sentences import cut
from bot.chat import Text
from bot.wording import Wording

PHOTO = "photo"
NAMED = "named"

MAX_DESCRIPTION = 100

_LABEL = 18
_FILE_UPLOAD = 19
_CHECKBOX = 23


@dataclass(frozen=True, slots=True)
class Submitted:
    """What a modal was sent back with. ``custom_id`` is that of the button that opened it."""

    custom_id: str
    attachments: tuple[dict[str, Any], ...]
    """Attachment objects as Discord resolved them; nothing that they say about a file may be believed."""
    ticked: bool


def photo_modal(
    custom_id: str, wording: Wording, locale: str, *, called: Callable[[str], str] = "{}".format
) -> ui.Modal:
    """Asks for the photo. ``called`` gives the name under which a command is registered."""
    upload = ui.FileUpload[Any](custom_id=PHOTO, min_values=1, max_values=1, required=True)
    text = wording.say(locale, Text("discord-photo-text", {"command": called("avatar")}))
    label = wording.say(locale, Text("avatar-photo"))
    return _modal(custom_id, wording.say(locale, Text("discord-photo-title")), text, label, upload)


def share_modal(custom_id: str, wording: Wording, locale: str, *, name: str = "") -> ui.Modal:
    """Says who will see the picture and asks whether ``name`` stands beside it: not unless they tick it."""
    box = ui.Checkbox[Any](custom_id=NAMED, default=False)
    text = wording.say(locale, Text("discord-share-text"))
    label = wording.say(locale, Text("discord-share-named"))
    said = cut(wording.say(locale, Text("discord-share-named-as", {"name": name})), MAX_DESCRIPTION) if name else None
    return _modal(custom_id, wording.say(locale, Text("discord-share-title")), text, label, box, said)


def submitted(data: Mapping[str, Any]) -> Submitted:
    """Read the raw data of a modal submit."""
    fields = {field.get("type"): field for field in _fields(data.get("components"))}
    resolved = cast("Mapping[str, Any]", data.get("resolved") or {})
    files = cast("Mapping[str, dict[str, Any]]", resolved.get("attachments") or {})
    values = fields.get(_FILE_UPLOAD, {}).get("values") or ()
    attachments = tuple(files[value] for value in values if value in files)
    return Submitted(str(data.get("custom_id", "")), attachments, fields.get(_CHECKBOX, {}).get("value") is True)


def _modal(
    custom_id: str, title: str, text: str, label: str, component: ui.Item[Any], description: str | None = None
) -> ui.Modal:
    modal = ui.Modal(title=title, custom_id=custom_id)
    modal.add_item(ui.TextDisplay(text))
    modal.add_item(ui.Label(text=label, component=component, description=description))
    # discord.py keeps every modal that is not over until it is answered; ours are read from the raw event instead.
    modal.stop()
    return modal


def _fields(components: Any) -> Iterator[dict[str, Any]]:
    for component in components or ():
        if component.get("type") == _LABEL and component.get("component"):
            yield component["component"]
