"""Text and its entities: Telegram's HTML is really parsed, with its complaints, and what clients find by themselves."""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import urlsplit

Entity = dict[str, Any]
"""``type``, ``offset`` and ``length`` in UTF-16 units, and ``url``, ``language`` or ``user`` where there is one."""

KINDS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}
TAGS = {
    "bold": "b",
    "italic": "i",
    "underline": "u",
    "strikethrough": "s",
    "spoiler": "tg-spoiler",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "expandable_blockquote": "blockquote",
}
TAG = re.compile(r"<(/?)([a-zA-Z-]*)((?:\s+[\w-]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s>\"']+))?)*)\s*>")
ATTRIBUTE = re.compile(r"([\w-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"']+)))?")
CHARACTER = re.compile(r"&(?:lt|gt|amp|quot|#\d{1,7}|#x[0-9a-fA-F]{1,6});")
FOUND = re.compile(
    r"(?P<bot_command>(?<![\w/@<>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/]))"
    r"|(?P<url>https?://[^\s<>\"]+[^\s<>\".,!?)])"
    r"|(?P<mention>(?<![\w@/])@[A-Za-z0-9_]{4,32}\b)"
)


class Unparsable(Exception):
    """Telegram's complaint about a markup."""


def units(text: str) -> int:
    """Length in UTF-16 units, in which entities are counted."""
    return len(text.encode("utf-16-le")) // 2


def part(text: str, entity: Entity) -> str:
    """The text that an entity covers."""
    said = text.encode("utf-16-le")
    return said[2 * entity["offset"] : 2 * (entity["offset"] + entity["length"])].decode("utf-16-le")


def parse(markup: str) -> tuple[str, list[Entity]]:
    """Plain text and entities of Telegram's HTML. Raises Unparsable with the server's words."""
    plain: list[str] = []
    at = place = 0
    found: list[Entity] = []
    opened: list[tuple[str, Entity, int]] = []

    def offset(index: int) -> int:
        return len(markup[:index].encode())

    while at < len(markup):
        sign = markup[at]
        if sign == "&" and (match := CHARACTER.match(markup, at)):
            said, at = html.unescape(match[0]), match.end()
        elif sign == "<":
            match = TAG.match(markup, at)
            if match is None:
                end = markup.find(">", at)
                name = re.split(r"[\s>]", markup[at + 1 : end if end >= 0 else None])[0]
                if end < 0:
                    raise Unparsable(f"Can't find end of the entity starting at byte offset {offset(at)}")
                raise Unparsable(f'Unsupported start tag "{name}" at byte offset {offset(at)}')
            closing, name, rest = match[1], match[2].lower(), match[3]
            if closing:
                _close(name, opened, found, place, offset(at))
            else:
                opened.append((name, _open(name, rest, place, offset(at), opened), offset(at)))
            at = match.end()
            continue
        else:
            said, at = sign, at + 1
        plain.append(said)
        place += units(said)
    if opened:
        raise Unparsable(f'Can\'t find end tag corresponding to start tag "{opened[-1][0]}"')
    return trimmed("".join(plain), found)


def _open(name: str, rest: str, place: int, offset: int, opened: list[tuple[str, Entity, int]]) -> Entity:
    given = {key.lower(): html.unescape(a or b or c) for key, a, b, c in ATTRIBUTE.findall(rest)}
    known = name in KINDS and (name != "span" or given.get("class") == "tg-spoiler")
    if name == "span" and not known:
        raise Unparsable(f'Tag "span" must have class "tg-spoiler" at byte offset {offset}')
    if not known:
        raise Unparsable(f'Unsupported start tag "{name}" at byte offset {offset}')
    entity: Entity = {"type": KINDS[name], "offset": place, "length": 0}
    if name == "a":
        entity["url"] = given.get("href", "")
    if name == "blockquote" and "expandable" in given:
        entity["type"] = "expandable_blockquote"
    if name == "code" and opened and opened[-1][0] == "pre" and opened[-1][1]["offset"] == place:
        language = given.get("class", "").removeprefix("language-")
        if language:
            opened[-1][1]["language"] = language
        entity["type"] = ""
    return entity


def _close(name: str, opened: list[tuple[str, Entity, int]], found: list[Entity], place: int, offset: int) -> None:
    if not opened:
        raise Unparsable(f"Unexpected end tag at byte offset {offset}")
    wanted, entity, _ = opened.pop()
    if name not in ("", wanted):
        raise Unparsable(f'Unmatched end tag at byte offset {offset}, expected "</{wanted}>", found "</{name}>"')
    entity["length"] = place - entity["offset"]
    link = entity.get("url")
    if link is not None and urlsplit(link).scheme not in ("http", "https", "tg", "mailto"):
        return  # a link that leads nowhere is dropped without a word
    if entity["length"] and entity["type"]:
        found.append(entity)


def trimmed(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """Without the blank ends that Telegram cuts off; entities in order."""
    cut = units(text) - units(text.lstrip())
    text = text.strip()
    size = units(text)
    kept: list[Entity] = []
    for entity in entities:
        start, end = max(0, entity["offset"] - cut), min(size, entity["offset"] + entity["length"] - cut)
        if end > start:
            kept.append(entity | {"offset": start, "length": end - start})
    return text, sorted(kept, key=lambda entity: (entity["offset"], -entity["length"]))


def detected(text: str, entities: list[Entity]) -> list[Entity]:
    """``entities`` and what Telegram finds by itself outside of code and links: commands, links, names."""
    closed = [one for one in entities if one["type"] in ("code", "pre", "text_link", "text_mention")]
    more: list[Entity] = []
    for match in FOUND.finditer(text):
        start, length = units(text[: match.start()]), units(match[0])
        if not any(one["offset"] < start + length and start < one["offset"] + one["length"] for one in closed):
            more.append({"type": match.lastgroup, "offset": start, "length": length})
    return sorted([*entities, *more], key=lambda entity: (entity["offset"], -entity["length"]))


def rendered(text: str, entities: list[Entity]) -> str:
    """As HTML again, as a test reads it; what Telegram found by itself is plain."""
    openings: dict[int, list[str]] = {}
    endings: dict[int, list[str]] = {}
    for entity in entities:
        if entity["type"] == "text_link":
            tag, start = "a", f'<a href="{html.escape(entity["url"])}">'
        elif entity["type"] in TAGS:
            tag = TAGS[entity["type"]]
            start = f"<{tag}>"
        else:
            continue
        openings.setdefault(entity["offset"], []).append(start)
        endings.setdefault(entity["offset"] + entity["length"], []).insert(0, f"</{tag}>")
    shown: list[str] = []
    place = 0
    for sign in text:
        shown += endings.pop(place, []) + openings.pop(place, [])
        shown.append(html.escape(sign, quote=False))
        place += units(sign)
    return "".join(shown + endings.pop(place, []))
