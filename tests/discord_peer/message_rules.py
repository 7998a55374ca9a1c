"""The rules by which Discord takes or refuses a message or a modal: lengths, counts, and what may stand in what."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from tests.discord_peer.components import pruned
from tests.discord_peer.servers import Channel
from tests.discord_peer.world import LOADING, V2, Attachment, File, Message, Refusal, User, pings

MAX_FILES, MAX_COMPONENTS, MAX_TEXT = 10, 40, 4000
IN_ROW, IN_CONTAINER = (2, 3, 5, 6, 7, 8), (1, 9, 10, 12, 13, 14)
TOP_V1, TOP_V2 = (1,), (1, 9, 10, 12, 13, 14, 17)
IN_LABEL = (3, 4, 5, 6, 7, 8, 19, 21, 22, 23)

SUPPRESS_EMBEDS, SUPPRESS_NOTIFICATIONS = 1 << 2, 1 << 12
EDIT_FLAGS = V2 | SUPPRESS_EMBEDS

Mistake = tuple[str, str]
"""Where (a dotted path) and what."""


def form_error(mistakes: list[Mistake]) -> Refusal:
    """Discord's "Invalid Form Body", which only a faulty bot ever sees."""
    errors: dict[str, Any] = {}
    for path, message in mistakes:
        here = errors
        for step in path.split("."):
            here = here.setdefault(step, {})
        here.setdefault("_errors", []).append({"code": "BASE_TYPE_BAD_VALUE", "message": message})
    said = "; ".join(f"{path}: {message}" for path, message in mistakes)
    return Refusal(400, 50035, "Invalid Form Body", errors=errors, problem=f"invalid form body: {said}")


def _length(path: str, value: Any, least: int, most: int) -> Iterator[Mistake]:
    if not isinstance(value, str) or not least <= len(value) <= most:
        yield path, f"Must be between {least} and {most} in length."


def _button(part: Mapping[str, Any], path: str, files: Collection[str]) -> Iterator[Mistake]:
    if part.get("style") in (1, 2, 3, 4):
        if part.get("url") or not part.get("custom_id"):
            yield path, "A custom id and no url required"
    elif part.get("style") == 5:
        if part.get("custom_id") or not part.get("url"):
            yield path, "A url and no custom id required"
    else:
        yield f"{path}.style", "Not a style that a bot may use here."
    if part.get("label"):
        yield from _length(f"{path}.label", part["label"], 1, 80)
    elif not part.get("emoji"):
        yield path, "A label or an emoji is required"


def _menu(part: Mapping[str, Any], path: str, files: Collection[str] = ()) -> Iterator[Mistake]:
    options = part.get("options", ())
    if not 1 <= len(options) <= 25:
        yield f"{path}.options", "Must be between 1 and 25 in length."
    values = [option["value"] for option in options]
    if len(set(values)) != len(values):
        yield f"{path}.options", "The specified option value is already used"
    for index, option in enumerate(options):
        here = f"{path}.options.{index}"
        yield from _length(f"{here}.label", option["label"], 1, 100)
        yield from _length(f"{here}.value", option["value"], 1, 100)
        if option.get("description") is not None:
            yield from _length(f"{here}.description", option["description"], 1, 100)
    least, most = part.get("min_values", 1), part.get("max_values", 1)
    if not (0 <= least <= most <= 25) or most > max(len(options), 1):
        yield path, f"min_values {least} and max_values {most} do not fit {len(options)} options."
    if sum(bool(option.get("default")) for option in options) > most:
        yield f"{path}.options", "More defaults than max_values."
    if part.get("placeholder") is not None:
        yield from _length(f"{path}.placeholder", part["placeholder"], 0, 150)


def _medium(item: Mapping[str, Any], path: str, files: Collection[str]) -> Iterator[Mistake]:
    url = str((item.get("media") or {}).get("url", ""))
    name = url.removeprefix("attachment://")
    if name == url:
        if not re.match(r"https?://", url):
            yield f"{path}.media.url", "Not a well formed URL."
    elif name not in files:
        yield f"{path}.media.url", f"The referenced attachment was not found: {name}; there are {sorted(files)}."
    if item.get("description") is not None:
        yield from _length(f"{path}.description", item["description"], 1, 1024)


def _row(part: Mapping[str, Any], path: str, files: Collection[str]) -> Iterator[Mistake]:
    inside = [child["type"] for child in part["components"]]
    if not (1 <= len(inside) <= 5 and set(inside) == {2}) and not (len(inside) == 1 and inside[0] in IN_ROW):
        yield path, "An action row holds 1-5 buttons or one select menu."


def _section(part: Mapping[str, Any], path: str, files: Collection[str]) -> Iterator[Mistake]:
    if not 1 <= len(part["components"]) <= 3 or any(child["type"] != 10 for child in part["components"]):
        yield f"{path}.components", "A section holds 1-3 text displays."
    if (part.get("accessory") or {}).get("type") not in (2, 11):
        yield f"{path}.accessory", "This field is required: a button or a thumbnail."


def _text(part: Mapping[str, Any], path: str, files: Collection[str]) -> Iterator[Mistake]:
    yield from _length(f"{path}.content", part.get("content"), 1, MAX_TEXT)


def _gallery(part: Mapping[str, Any], path: str, files: Collection[str]) -> Iterator[Mistake]:
    if not 1 <= len(part.get("items", ())) <= 10:
        yield f"{path}.items", "Must be between 1 and 10 in length."
    for index, item in enumerate(part.get("items", ())):
        yield from _medium(item, f"{path}.items.{index}", files)


def _file(part: Mapping[str, Any], path: str, files: Collection[str]) -> Iterator[Mistake]:
    if not str(part["file"]["url"]).startswith("attachment://"):
        yield f"{path}.file.url", "Only attachment:// is supported."
    yield from _medium({"media": part["file"]}, path, files)


def _container(part: Mapping[str, Any], path: str, files: Collection[str]) -> Iterator[Mistake]:
    if not part["components"] or any(child["type"] not in IN_CONTAINER for child in part["components"]):
        yield f"{path}.components", f"A container holds one or more of the types {IN_CONTAINER}."


RULES = {
    1: _row,
    2: _button,
    3: _menu,
    9: _section,
    10: _text,
    11: _medium,
    12: _gallery,
    13: _file,
    17: _container,
}


def _walk(components: list[dict[str, Any]], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for index, part in enumerate(components):
        here = f"{path}.{index}"
        yield here, part
        yield from _walk(part.get("components") or [], f"{here}.components")
        if part.get("accessory"):
            yield from _walk([part["accessory"]], f"{here}.accessory")
        if part.get("component"):
            yield from _walk([part["component"]], f"{here}.component")


def _ids(components: list[dict[str, Any]], path: str) -> Iterator[Mistake]:
    """Custom ids and component ids are there once, and short enough."""
    customs: set[str] = set()
    numbers: set[int] = set()
    for here, part in _walk(components, path):
        if (custom := part.get("custom_id")) is not None:
            yield from _length(f"{here}.custom_id", custom, 1, 100)
            if custom in customs:
                yield f"{here}.custom_id", "Component custom id cannot be duplicated"
            customs.add(custom)
        if number := part.get("id"):
            if number in numbers:
                yield f"{here}.id", "Component id cannot be duplicated"
            numbers.add(number)


def component_mistakes(components: list[dict[str, Any]], *, v2: bool, files: Collection[str]) -> Iterator[Mistake]:
    top, most = (TOP_V2, MAX_COMPONENTS) if v2 else (TOP_V1, 5)
    if len(components) > most:
        yield "components", f"Must be {most} or fewer in length."
    for index, part in enumerate(components):
        if part["type"] not in top:
            yield f"components.{index}.type", f"Type {part['type']} may not stand here{'' if v2 else ' without V2'}."
    everything = list(_walk(components, "components"))
    if len(everything) > MAX_COMPONENTS:
        yield "components", f"{len(everything)} components; at most {MAX_COMPONENTS}."
    if sum(len(part.get("content") or "") for _, part in everything) > MAX_TEXT:
        yield "components", f"The displayable text exceeds {MAX_TEXT} characters."
    for here, part in everything:
        if rule := RULES.get(part["type"]):
            yield from rule(part, here, files)
    yield from _ids(components, "components")


def modal_mistakes(modal: Mapping[str, Any]) -> Iterator[Mistake]:
    yield from _length("data.title", modal.get("title"), 1, 45)
    yield from _length("data.custom_id", modal.get("custom_id"), 1, 100)
    components = modal.get("components") or []
    if not 1 <= len(components) <= 40 or len([part for part in components if part["type"] != 10]) > 5:
        yield "data.components", "Must be between 1 and 5 in length."
    for index, part in enumerate(components):
        here = f"data.components.{index}"
        if part["type"] == 18:
            yield from _label(part, here)
        elif part["type"] == 1:
            if [child["type"] for child in part["components"]] != [4]:
                yield here, "An action row of a modal holds one text input."
        elif part["type"] == 10:
            yield from _length(f"{here}.content", part.get("content"), 1, MAX_TEXT)
        else:
            yield f"{here}.type", f"Type {part['type']} may not stand in a modal."
    yield from _ids(components, "data.components")


def _label(part: Mapping[str, Any], here: str) -> Iterator[Mistake]:
    yield from _length(f"{here}.label", part.get("label"), 1, 45)
    if part.get("description") is not None:
        yield from _length(f"{here}.description", part["description"], 1, 100)
    field = part.get("component") or {}
    if field.get("type") not in IN_LABEL or not field.get("custom_id"):
        yield f"{here}.component", "Not a component that a label may hold."
    elif field["type"] == 19:
        least, most = field.get("min_values", 1), field.get("max_values", 1)
        if not (0 <= least <= most <= 10 and most >= 1):
            yield f"{here}.component", "File upload: min_values 0-10, max_values 1-10."
        if field.get("required", True) and least == 0:
            yield f"{here}.component", "A required file upload needs min_values of at least 1."
    elif field["type"] == 3:
        yield from _menu(field, f"{here}.component")


def write(
    message: Message,
    payload: Mapping[str, Any],
    files: Mapping[int, File],
    *,
    allowed_flags: int,
    place: str,
    size_limit: int,
) -> None:
    """Make ``message`` what ``payload`` and its ``files`` say, by Discord's rules of create and edit alike.

    Everything is checked before anything is changed.
    """
    if any(len(file.data) > size_limit for file in files.values()):
        raise Refusal(413, 40005, "Request entity too large")
    fresh = not message.history
    flags = payload.get("flags") or 0
    content = payload["content"] or "" if "content" in payload else message.content
    embeds = payload["embeds"] or [] if "embeds" in payload else message.embeds
    components = pruned(payload["components"] or []) if "components" in payload else message.components
    attachments, mistakes = _attachments(message, payload, files)
    mistakes += _flag_mistakes(message, payload, allowed_flags)
    v2 = bool((flags | message.flags) & V2)
    if v2 and (content or embeds or payload.get("poll") or payload.get("sticker_ids")):
        mistakes.append(("content", "content, embeds, stickers and polls cannot be used with IS_COMPONENTS_V2."))
    if len(content) > 2000 or len(embeds) > 10:
        mistakes.append(("content", "Must be 2000 or fewer in length; at most 10 embeds."))
    mistakes += component_mistakes(components, v2=v2, files=[name for name, *_ in attachments])
    if mistakes:
        raise form_error(mistakes)
    if not (content or embeds or components or attachments):
        raise Refusal(400, 50006, "Cannot send an empty message", problem="an empty message")
    message.flags = (message.flags | (flags & V2)) & ~LOADING
    message.content, message.embeds, message.components = content, embeds, components
    message.attachments = [
        kept or message.world.attach(file, place, description=alt, ephemeral=message.ephemeral)
        for _, kept, file, alt in attachments
    ]
    message.history.append((message.world.clock.now(), message.text))
    if fresh:
        message.pings = pings(message.text, payload.get("allowed_mentions"))
    else:
        message.edited = message.world.clock.now()
        message.edits += 1


def _flag_mistakes(message: Message, payload: Mapping[str, Any], allowed: int) -> Iterator[Mistake]:
    flags = payload.get("flags") or 0
    if flags & ~allowed:
        yield "flags", f"Flags {flags & ~allowed} cannot be set here."
    if message.is_v2 and payload.get("flags") is not None and not flags & V2:
        yield "flags", "IS_COMPONENTS_V2 cannot be removed."


def _attachments(
    message: Message, payload: Mapping[str, Any], files: Mapping[int, File]
) -> tuple[list[tuple[str, Attachment | None, File, str | None]], list[Mistake]]:
    """What the message holds afterwards: those of its own that are listed, and the uploads that are named."""
    nothing = File(b"")
    own = {found.id: found for found in message.attachments}
    if payload.get("attachments") is None:
        mistakes = [(f"files.{n}", "Uploaded, but not named in attachments.") for n in files]
        return [(found.name, found, nothing, None) for found in own.values()], mistakes
    result: list[tuple[str, Attachment | None, File, str | None]] = []
    mistakes: list[Mistake] = []
    named: set[int] = set()
    for index, entry in enumerate(payload["attachments"]):
        number = int(entry["id"])
        if number in own:
            result.append((own[number].name, own[number], nothing, None))
        elif number in files and number not in named:
            named.add(number)
            file = files[number]
            name = entry.get("filename") or file.name
            if name != file.name:
                mistakes.append((f"attachments.{index}.filename", f"{name} is not the name of the file, {file.name}."))
            alt = entry.get("description")
            if alt is not None and len(alt) > 1024:
                mistakes.append((f"attachments.{index}.description", "Must be 1024 or fewer in length."))
            result.append((file.name, None, _typed(file), alt))
        else:
            mistakes.append((f"attachments.{index}.id", f"No file and no attachment of the message: {number}."))
    mistakes += [(f"files.{n}", "Uploaded, but not named in attachments.") for n in files if n not in named]
    return result, mistakes


def _typed(file: File) -> File:
    """Discord tells the type of a bot's upload by its content, whatever the part's header claims."""
    sniffed = File.of(file.data).type if file.data[:4] in (b"\x89PNG", b"GIF8", b"RIFF") else ""
    if file.data[:3] == b"\xff\xd8\xff":
        sniffed = "image/jpeg"
    ending = file.name.rsplit(".", 1)[-1]
    by_name = {"json": "application/json", "png": "image/png", "txt": "text/plain"}.get(ending)
    return File(file.data, file.name, sniffed or by_name or "application/octet-stream")


def may_write(channel: Channel, bot: User, *, files: bool) -> None:
    """Whether the bot may post here: raises what Discord answers if not."""
    if channel.guild is not None:
        if not channel.guild.has_bot or not channel.may(bot, "view_channel"):
            raise Refusal(403, 50001, "Missing Access")
        send = "send_messages" if channel.parent is None else "send_messages_in_threads"
        if not channel.may(bot, send) or (files and not channel.may(bot, "attach_files")):
            raise Refusal(403, 50013, "Missing Permissions")
    if channel.type == 15:
        raise Refusal(400, 50008, "Cannot send messages in a non-text channel", problem="a message into a forum")
    if channel.archived and channel.locked:
        raise Refusal(400, 50083, "Thread is archived")
    channel.archived = False
