"""Every kind of reply as a Discord client draws it, on one page for people to look at.

``python -m tests.journeys.discord_page FOLDER`` writes ``discord-en.png`` and ``discord-ko.png``, and the few of them that
the README shows as ``discord.png``.
"""

from __future__ import annotations

import asyncio
import base64
import html
import io
import json
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import discord
import numpy as np
from PIL import Image

from adapters.discord.layout import Layout, Message
from adapters.discord.modals import photo_modal, share_modal
from bot.chat import LOCALES, Option, Reply, Text
from bot.replies import Replies
from bot.secrets import Secret
from bot.storage.outbox import AVATAR_KEPT_MS
from bot.wording import Wording
from generator.engine import Progress
from generator.grid import grid
from generator.styles import Catalog, load_catalog
from tests.bot.conftest import NO_PHOTO, PHOTO, Chat, FixedClock, button, opened, tile
from tests.journeys.room_page import chromium

SIZE_LIMIT = 10 * 1024 * 1024
NAMES = ("avatar", "styles", "queue", "settings", "privacy", "help", "room", "block", "unblock")


def mention(name: str) -> str:
    """A clickable command, as if Discord had registered ours."""
    return f"</{name}:1234567890>" if name in NAMES else f"/{name}"


async def gallery(chat: Chat, locale: str) -> dict[str, Reply]:
    """Replies of every kind, made by the application itself, by a name for each."""
    previews = [style.preview for style in chat.catalog.values() if style.preview]
    png, four = previews[0], arranged(previews[:4])
    who: dict[str, Any] = {"by": f"mina-{locale}", "room": f"library-{locale}", "locale": locale}
    staff = who | {"by": f"boss-{locale}", "moderator": True, "channel": "pictures"}
    shown: dict[str, Reply] = {}

    shown["help"] = await chat.say("help", **who)
    shown["nothing in line"] = await chat.say("queue", **who)
    shown["styles"] = await chat.say("styles", **who)
    shown["waiting"] = waiting = await chat.say("avatar", style="ink", likeness="somewhat", photo=PHOTO, **who)
    second = await chat.say("avatar", style="pop", **who)
    shown["line"] = await chat.say("queue", **who)
    job = button(waiting, "cancel").job
    assert job is not None
    spec = (await chat.storage.jobs.view(job, *_pseudonyms(chat, who))).spec
    replies = Replies(chat.catalog)
    shown["drawing"] = replies.drawing(job, spec, locale, Progress(0.42, png))
    shown["failed"] = replies.failed(job, spec, locale, "error-engine-memory", {})
    shown["cancelled"] = await chat.press(button(second, "cancel"), **who)
    await chat.draw(png=png, notes=("note-several-faces",))
    shown["finished"] = finished = await chat.say("show", job=job, **who)
    shown["photo again"] = await chat.press(button(finished, "again"), **who)
    shown["other style"] = await chat.press(button(finished, "other"), **who)
    shown["shared"] = await chat.press(button(finished, "share"), **who)
    shown["saved"] = await chat.press(button(finished, "save"), **who)
    shown["finished kept"] = await chat.say("queue", **who)
    figure = await chat.press(tile(shown["styles"], "pixel"), **who)
    await chat.draw(png=png)
    shown["figure"] = await chat.say("show", job=button(figure, "cancel").job, **who)
    shown["erased"] = await chat.press(button(shown["figure"], "delete"), **who)
    shown["several in line"] = await chat.say("avatar", style="ink", pictures="4", photo=PHOTO, **who)
    several = button(shown["several in line"], "cancel").job
    assert several is not None
    await chat.draw(png=four)
    shown["several"] = await chat.say("show", job=several, **who)
    spec = (await chat.storage.jobs.view(several, *_pseudonyms(chat, who))).spec
    shown["several drawn"] = replies.drawing(several, spec, locale, Progress(0.42, four))
    shown["settings"] = await chat.say("settings", **who)
    shown["privacy"] = privacy = await chat.say("privacy", **who)
    shown["export"] = await chat.press(button(privacy, "export"), **who)
    shown["refused"] = await chat.say("room", **who)
    shown["no photo"] = await chat.say("avatar", photo=NO_PHOTO, **who)

    shown["help for moderators"] = await chat.say("help", **staff)
    shown["room"] = room = await chat.say("room", **staff)
    for quota in ("1", "3", "5", "20", "50", "100") * 3:
        await chat.press(button(room, "room-quota"), quota, **staff)
    await chat.press(button(room, "room-style"), "-ink", **staff)
    await chat.press(button(room, "room-ceiling"), "hint", **staff)
    await chat.storage.rooms.block(*_pseudonyms(chat, staff), _pseudonyms(chat, who | {"by": "somebody"})[1])
    shown["paused"] = await chat.press(button(room, "room-pause"), **staff)
    shown["refused while paused"] = await chat.say("avatar", **who)
    shown["room for a channel"] = channel = await chat.press(button(shown["paused"], "room-channel"), **staff)
    shown["channel open"] = await chat.press(button(channel, "room-pause"), **staff)
    shown["channel paused"] = await chat.press(button(shown["channel open"], "room-pause"), **staff)
    shown["a channel of its own, elsewhere"] = await chat.say("room", **staff | {"channel": "talk"})
    shown["paused everywhere"] = halted = await chat.press(button(shown["channel paused"], "room-halt"), **staff)
    await chat.press(button(halted, "room-halt"), **staff)
    shown["log"] = await chat.press(button(room, "room-log"), **staff)
    elsewhere: dict[str, Any] = staff | {"channel": "talk"}
    shown["log elsewhere"] = await chat.press(button(room, "room-log"), **elsewhere)

    shown["forget"] = forget = await chat.press(button(privacy, "forget"), **who)
    shown["forgotten"] = await chat.press(button(forget, "forget"), **who)
    shown["erased and shared"] = await _long_ago(
        chat, {"by": f"jun-{locale}", "room": f"garden-{locale}", "locale": locale}
    )
    one = shown["styles"].wall[0]
    assert one.action is not None
    many = tuple(
        replace(one, label=Text("verbatim", {"text": f"Style {n}"}), action=replace(one.action, choice=f"style-{n}"))
        for n in range(27)
    )
    shown["many styles"] = replace(shown["styles"], wall=many, sheet=None)
    menu = button(shown["settings"], "set-style")
    options = tuple(Option(f"style-{n}", Text("verbatim", {"text": f"Style {n}"}), selected=n == 30) for n in range(40))
    shown["a long menu"] = replace(shown["settings"], actions=(replace(menu, options=options),))
    return shown


def arranged(pictures: Sequence[bytes]) -> bytes:
    """PNGs as an engine arranges them for somebody to choose from."""
    file = io.BytesIO()
    Image.fromarray(grid([np.asarray(Image.open(io.BytesIO(one)).convert("RGB")) for one in pictures])).save(
        file, "PNG"
    )
    return file.getvalue()


async def _long_ago(chat: Chat, who: Mapping[str, Any]) -> Reply:
    """/queue once our copy is gone: what is shared is still there to be taken back."""
    _, result = await chat.result(**who)
    await chat.press(button(result, "share"), **who)
    for delivery in await chat.storage.jobs.due(10):
        await chat.storage.jobs.delivered(delivery)
    chat.clock.now += AVATAR_KEPT_MS + 1
    await chat.storage.jobs.sweep()
    return await chat.say("queue", **who)


def _pseudonyms(chat: Chat, who: Mapping[str, Any]) -> tuple[str, str]:
    secret: Secret = chat.secret
    return secret.pseudonym("room", "paper", who["room"]), chat.dispatcher.known_as("paper", who["by"])


# --- one message as its client has it -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Payload:
    """Components as they travel, and the attachments as data URLs by name."""

    title: str
    components: Sequence[Mapping[str, Any]]
    attachments: Mapping[str, str] = field(default_factory=dict[str, str])
    private: bool = True


def payload(title: str, message: Message, *, private: bool = True) -> Payload:
    """What Discord would be sent, and nothing else."""
    attachments = {file.filename: _data_url(file) for file in message.files}
    return Payload(title, json.loads(json.dumps(message.view.to_components())), attachments, private)


def _data_url(file: discord.File) -> str:
    data = file.fp.read()
    file.fp.seek(0)
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


# --- the page -----------------------------------------------------------------------------------------------------------

STYLE = """
* { box-sizing: border-box; margin: 0 }
body { background: #1a1a1e; color: #dfe0e2; padding: 24px; width: 1800px;
       font: 16px/1.375 "Noto Sans", "Noto Sans CJK KR", sans-serif; columns: 3; column-gap: 24px }
.message { break-inside: avoid; margin-bottom: 28px; padding: 8px 12px; border-radius: 8px }
.message.tall { break-inside: auto }
.title { font-size: 12px; color: #949ba4; margin-bottom: 4px }
.who { font-weight: 600; color: #f2f3f5; margin-bottom: 2px }
.who small { background: #5865f2; border-radius: 4px; padding: 0 4px; font-size: 11px; margin-left: 4px }
.only { color: #949ba4; font-size: 12px; margin-top: 6px }
.container { background: #242429; border: 1px solid #303035; border-left: 4px solid var(--accent, #303035);
             border-radius: 8px; padding: 16px; max-width: 520px; display: flex; flex-direction: column; gap: 8px }
.text h3 { font-size: 16px; font-weight: 700; color: #f2f3f5 }
.text ul { padding-left: 20px } .text p { min-height: 1em; overflow-wrap: anywhere }
.text small { color: #949ba4; font-size: 13px }
.mention { background: #3c4270; color: #c9cdfb; border-radius: 3px; padding: 0 2px; font-weight: 500 }
.gallery img { width: 100%; max-width: 350px; border-radius: 8px; display: block }
.alt { color: #6d7178; font-size: 11px }
.section { display: flex; justify-content: space-between; gap: 12px } .section > img { width: 85px; border-radius: 8px }
.row { display: flex; flex-wrap: wrap; gap: 8px } .message > .row { margin-top: 8px }
.button { background: #3b3b41; border-radius: 8px; padding: 5px 12px; font-size: 14px; font-weight: 500; color: #fff }
.button.s1 { background: #5865f2 } .button.s4 { background: #d22d39 }
.menu { background: #1f1f23; border: 1px solid #3b3b41; border-radius: 8px; padding: 8px 12px; width: 100% }
.menu summary { list-style: none; display: flex; justify-content: space-between; color: #949ba4 }
.menu summary.set { color: #dfe0e2 }
.menu div { border-top: 1px solid #303035; padding: 4px 0; font-size: 13px } .menu div small { color: #949ba4 }
.file { border: 1px solid #3b3b41; border-radius: 8px; padding: 12px; color: #79b0f7 }
.modal { background: #28282d; border-radius: 12px; padding: 20px; max-width: 440px; display: flex; flex-direction: column;
         gap: 12px } .modal h2 { font-size: 20px; color: #f2f3f5 }
.brief .title, .brief .alt, .brief .menu div { display: none }
.drop { border: 1px dashed #5c5c66; border-radius: 8px; padding: 18px; text-align: center; color: #949ba4 }
"""


README = ("finished", "shared with everybody", "room", "note for everybody", "Share this picture")
"""What the README shows, by title."""


def render(payloads: Sequence[Payload], locale: str, kind: str = "") -> str:
    """All messages, one below the other, in the colours of a dark client. ``brief``: without what explains the page."""
    body = "".join(_message(one) for one in payloads)
    head = f'<meta charset="utf-8"><style>{STYLE}</style>'
    return f'<!doctype html><html lang="{locale}">{head}<body class="{kind}">{body}</body></html>'


def _message(one: Payload) -> str:
    inner = "".join(_component(component, one.attachments) for component in one.components)
    title = f'<div class="title">{html.escape(one.title)}</div>'
    if any(component["type"] == 18 for component in one.components):
        return f'<div class="message">{title}<div class="modal"><h2>{html.escape(one.title)}</h2>{inner}</div></div>'
    only = '<div class="only">Only you can see this · Dismiss message</div>' if one.private else ""
    tall = " tall" if len(one.attachments) > 4 else ""
    return f'<div class="message{tall}">{title}<div class="who">Avatars <small>APP</small></div>{inner}{only}</div>'


def _component(component: Mapping[str, Any], files: Mapping[str, str]) -> str:
    inner = "".join(_component(child, files) for child in component.get("components", ()))
    match component["type"]:
        case 1:
            return f'<div class="row">{inner}</div>'
        case 9:
            return f'<div class="section"><div>{inner}</div>{_component(component["accessory"], files)}</div>'
        case 17:
            colour = component.get("accent_color")
            accent = f' style="--accent: #{colour:06x}"' if colour is not None else ""
            return f'<div class="container"{accent}>{inner}</div>'
        case 18:
            label, field = html.escape(component["label"]), _leaf(component["component"], files)
            box = component["component"]["type"] == 23  # stands before its label, everything else below
            return f"<div>{field} <b>{label}</b></div>" if box else f"<div><b>{label}</b>{field}</div>"
        case _:
            return _leaf(component, files)


def _leaf(component: Mapping[str, Any], files: Mapping[str, str]) -> str:
    match component["type"]:
        case 2:
            return f'<span class="button s{component["style"]}">{html.escape(component["label"])}</span>'
        case 3:
            return _menu(component)
        case 10:
            return f'<div class="text">{markdown(component["content"])}</div>'
        case 11:
            return _image(component, files)
        case 12:
            return f'<div class="gallery">{"".join(_picture(item, files) for item in component["items"])}</div>'
        case 13:
            return f'<div class="file">{html.escape(_name(component["file"]["url"]))}</div>'
        case 19:
            return '<div class="drop">Drop file here or browse to upload</div>'
        case 23:
            return "☑" if component["default"] else "☐"
        case kind:
            raise ValueError(f"no client draws component {kind}")


def _menu(component: Mapping[str, Any]) -> str:
    chosen = next((option["label"] for option in component["options"] if option.get("default")), None)
    options = "".join(
        f"<div>{'● ' if option.get('default') else ''}{html.escape(option['label'])} "
        f"<small>{html.escape(option.get('description') or '')}</small></div>"
        for option in component["options"][:3]
    )
    more = f"<div><small>… {len(component['options'])} in all</small></div>"
    face = html.escape(chosen or component["placeholder"])
    return (
        f'<details class="menu" open><summary class="{"set" if chosen else ""}"><span>{face}</span>▾</summary>'
        f"{options}{more}</details>"
    )


def _picture(item: Mapping[str, Any], files: Mapping[str, str]) -> str:
    return f'{_image(item, files)}<div class="alt">ALT: {html.escape(item["description"])}</div>'


def _image(item: Mapping[str, Any], files: Mapping[str, str]) -> str:
    return f'<img src="{files[_name(item["media"]["url"])]}" alt="{html.escape(item["description"])}">'


def _name(url: str) -> str:
    assert url.startswith("attachment://"), url
    return url.removeprefix("attachment://")


def markdown(text: str) -> str:
    """The part of Discord's markdown that matters: headings, lists, bold, commands, escapes."""
    lines: list[str] = []
    for line in text.split("\n"):
        if line.startswith("- "):
            lines.append(f"<ul><li>{_inline(line[2:])}</li></ul>")
        elif heading := re.fullmatch(r"#{1,3} (.+)", line):
            lines.append(f"<h3>{_inline(heading[1])}</h3>")
        elif line.startswith("-# "):
            lines.append(f"<p><small>{_inline(line[3:])}</small></p>")
        else:
            lines.append(f"<p>{_inline(line)}</p>")
    return "".join(lines)


def _inline(text: str) -> str:
    pieces = re.split(r"(\\[^A-Za-z0-9\s]|</[^:>]+:\d+>|\*\*)", text)
    said: list[str] = []
    bold = False
    for piece in pieces:
        if re.fullmatch(r"</[^:>]+:\d+>", piece):
            said.append(f'<span class="mention">/{html.escape(piece[2:].split(":")[0])}</span>')
        elif piece == "**":
            bold = not bold
            said.append("<b>" if bold else "</b>")
        else:
            said.append(html.escape(piece.removeprefix("\\") if len(piece) == 2 else piece))
    return "".join(said)


async def payloads(chat: Chat, locale: str) -> list[Payload]:
    """Everything there is to look at in one language."""
    wording = Wording()
    layout = Layout(wording, mention)
    found: list[Payload] = []
    shown = await gallery(chat, locale)
    for name, reply in shown.items():
        messages = layout.status(reply, size_limit=SIZE_LIMIT)
        found += [payload(f"{name} {n}" if n > 1 else name, message) for n, message in enumerate(messages, 1)]
    extra = (Text("discord-arrives-note"),)
    found += [payload("late", one) for one in layout.status(shown["waiting"], size_limit=SIZE_LIMIT, extra=extra)]
    home = layout.status(shown["finished"], size_limit=SIZE_LIMIT, home="123456789012345678")
    found += [payload("by direct message", one, private=False) for one in home]
    found += [payload("too large", one) for one in layout.status(shown["figure"], size_limit=100)]
    share = shown["shared"].share
    assert share is not None
    found.append(payload("shared with everybody", layout.post(share, locale=locale), private=False))
    named = layout.post(share, name="*Mina* <@1>", locale=locale)
    found.append(payload("shared under a name", named, private=False))
    found.append(payload("note for everybody", layout.note(12, locale=locale), private=False))
    for modal in (photo_modal("bpp:bp:::again:1:", wording, locale), share_modal("bpp:bs:::share:1:", wording, locale)):
        found.append(Payload(modal.title, modal.to_dict()["components"]))
    return found


async def draw(folder: Path) -> None:
    """Write a picture of the page in each language."""
    catalog: Catalog = load_catalog([])
    async with chromium() as browser:
        for locale in LOCALES:
            with tempfile.TemporaryDirectory() as data:
                async for chat in opened(Path(data), FixedClock(), Secret(b"s" * 32), catalog):
                    page = await browser.new_page(viewport={"width": 1800, "height": 1000})
                    everything = await payloads(chat, locale)
                    await page.set_content(render(everything, locale))
                    await page.screenshot(path=folder / f"discord-{locale}.png", full_page=True)
                    if locale == "en":
                        await page.set_viewport_size({"width": 1800, "height": 100})
                        await page.set_content(
                            render([one for one in everything if one.title in README], locale, "brief")
                        )
                        await page.screenshot(path=folder / "discord.png", full_page=True)


if __name__ == "__main__":
    asyncio.run(draw(Path(sys.argv[1])))
