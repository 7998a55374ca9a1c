"""The room talks to nobody but its own page, and its page to nobody but the room.

That no page ever asks a stranger is checked after each journey by the fixture ``enter``; here is what would try.
"""

from __future__ import annotations

from tests.journeys.conftest import Enter
from tests.journeys.room_page import expect
from tests.journeys.room_server import RoomServer


async def test_the_page_may_not_reach_strangers_even_if_it_wanted_to(enter: Enter) -> None:
    member = await enter()
    tried = await member.page.evaluate(
        """async () => {
            const violated = [];
            addEventListener("securitypolicyviolation", (event) => violated.push(event.effectiveDirective));
            const image = new Image();
            await new Promise((done) => { image.onload = image.onerror = done; image.src = "http://127.0.0.2:9/x.png"; });
            const fetched = await fetch("http://127.0.0.2:9/").then(() => "reached", () => "refused");
            const script = document.createElement("script");
            let parsed = "set";
            try { script.text = "document.body.id = 'foreign'"; document.body.append(script); } catch { parsed = "refused"; }
            try { document.body.insertAdjacentHTML("beforeend", "<b id=foreign>"); } catch { parsed += ", refused"; }
            for (let round = 0; violated.length < 4 && round < 300; round += 1) await new Promise(requestAnimationFrame);
            return {violated, fetched, parsed, foreign: document.querySelector("#foreign") !== null};
        }"""
    )
    assert {"img-src", "connect-src", "require-trusted-types-for"} <= set(tried["violated"])
    assert tried["fetched"] == "refused"
    assert not tried["foreign"]
    assert member.complaints  # the browser complained as it should
    member.forgive("Content Security Policy", "TrustedHTML", "TrustedScript", "Trusted")
    member.requests = [url for url in member.requests if "127.0.0.2" not in url]


async def test_another_site_can_neither_call_nor_read_nor_frame_the_room(enter: Enter, room: RoomServer) -> None:
    member = await enter()
    await member.avatar()
    away = room.address.replace("127.0.0.1", "localhost")  # another origin on the same machine
    foreign = {"Origin": away.rstrip("/"), "Sec-Fetch-Site": "cross-site"}
    for path in ("say", "call", "me", "moderator"):
        answer = await member.page.request.post(room.address + path, data={"text": "from elsewhere"}, headers=foreign)
        assert answer.status == 403, path
    rebound = await member.page.request.get(room.address, headers={"Host": "rebound.example"})
    assert rebound.status == 403
    page = await member.page.request.get(room.address)
    assert page.headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"
    await expect(member.messages("from elsewhere")).to_have_count(0)


async def test_the_page_works_without_the_network_around_it(enter: Enter) -> None:
    """All that a member's page asks for in a whole visit, by address: the room's own, and nothing else."""
    member = await enter()
    await member.say("/styles")
    await member.press(await member.avatar(), "share")
    await expect(member.shared(await member.member())).to_be_visible()
    paths = {
        url.removeprefix(member.address).removeprefix(member.address.replace("http", "ws")) for url in member.requests
    }
    known = {"", "live", "call", "options", "static", "face", "figure", "private", "style"}
    assert {path.split("/")[0].split("?")[0] for path in paths if not path.startswith("data:")} <= known
