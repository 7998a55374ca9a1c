"""Message components as Discord sends them back: ids given, defaults filled in, media resolved to signed links."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.discord_peer.world import Attachment

Part = dict[str, Any]
Attached = Callable[[str], "Attachment | None"]
"""The attachment behind an ``attachment://`` reference, if it is one."""

MENUS = (3, 5, 6, 7, 8)
DEFAULTS: dict[int, Part] = {
    **{menu: {"min_values": 1, "max_values": 1} for menu in MENUS},
    11: {"description": None, "spoiler": False},
    13: {"spoiler": False},
    14: {"spacing": 1, "divider": True},
    17: {"accent_color": None, "spoiler": False},
}


def flat(components: Iterable[Mapping[str, Any]]) -> Iterator[Part]:
    """Every component, those inside others too, in reading order."""
    for part in components:
        yield dict(part)
        yield from flat(part.get("components") or ())
        for key in ("accessory", "component"):
            if part.get(key):
                yield from flat([part[key]])


def pruned(value: Any) -> Any:
    """Without what is null: to Discord the same as not said."""
    if isinstance(value, Mapping):
        return {key: pruned(inner) for key, inner in value.items() if inner is not None}
    return [pruned(inner) for inner in value] if isinstance(value, list) else value


def rendered(components: list[Part], message: int, attached: Attached) -> list[Part]:
    used = {part["id"] for part in flat(components) if part.get("id")}
    numbers = iter(number for number in range(1, 200) if number not in used)
    return [_render(part, numbers, message, attached) for part in components]


def _render(part: Mapping[str, Any], numbers: Iterator[int], message: int, attached: Attached) -> Part:
    said = DEFAULTS.get(part["type"], {}) | dict(part)
    said["id"] = part.get("id") or next(numbers)
    if "components" in said:
        said["components"] = [_render(child, numbers, message, attached) for child in said["components"]]
    if "accessory" in said:
        said["accessory"] = _render(said["accessory"], numbers, message, attached)
    if "media" in said:
        said["media"] = _medium(said["media"]["url"], message, attached)
    if "file" in said:
        found = attached(said["file"]["url"])
        said |= {"name": found.name if found else None, "size": len(found.data) if found else None}
        said["file"] = _medium(said["file"]["url"], message, attached)
    if "items" in said:
        blank: Part = {"description": None, "spoiler": False}
        said["items"] = [
            blank | item | {"media": _medium(item["media"]["url"], message, attached)} for item in said["items"]
        ]
    if said["type"] in MENUS:
        said.pop("required", None)
    return said


def _medium(url: str, message: int, attached: Attached) -> Part:
    found = attached(url)
    if found is None:
        return {"id": str(message), "url": url, "proxy_url": url}
    width, height = found.size_in_pixels or (None, None)
    return {
        "id": str(found.id),
        "attachment_id": str(found.id),
        "url": found.url,
        "proxy_url": found.url,
        "width": width,
        "height": height,
        "content_type": found.type,
    }
