"""Rules of this code base that no tool has; each with a floor, so that it cannot go blind."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bot.chat import Command, Text
from bot.clock import clock
from bot.commands import declare
from bot.config import Settings
from bot.live import Live
from bot.secrets import Secret
from bot.storage import Storage
from bot.wording import Wording
from generator.intake import Intake
from generator.styles import load_catalog

ROOT = Path(__file__).parent.parent
PACKAGES = ("bot", "generator", "adapters")
README = (ROOT / "README.md").read_text("utf-8")


@pytest.fixture
async def commands(tmp_path: Path) -> AsyncGenerator[tuple[Command, ...]]:
    storage = await Storage.open(tmp_path, Secret(bytes(32)), clock)
    try:
        yield declare(storage, load_catalog(), Live(), Intake().decode)
    finally:
        await storage.close()


def sources() -> list[Path]:
    found = [file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py"))]
    assert len(found) > 40
    return found


def test_every_module_says_in_its_first_line_what_it_is_for() -> None:
    for file in sources():
        docstring = ast.get_docstring(ast.parse(file.read_text("utf-8"))) or ""
        assert docstring.split("\n")[0].rstrip().endswith((".", ":")), f"{file} starts without a sentence"


def test_the_command_line_answers_help_without_heavy_libraries() -> None:
    heavy = ("torch", "cv2", "numpy", "PIL", "discord", "telegram", "sqlalchemy", "alembic", "starlette", "httpx")
    script = f"import sys, json, bot.cli; print(json.dumps([m for m in {heavy!r} if m in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert json.loads(done.stdout) == []


def test_the_chat_side_never_loads_picture_libraries() -> None:
    """Importing everything that runs in the chat process leaves cv2, torch and Pillow out."""
    script = (
        "import sys, json, bot.wiring, bot.dispatch, bot.worker, bot.courier, bot.storage, adapters.web, generator.styles;"
        "print(json.dumps([m for m in ('torch', 'cv2', 'PIL', 'dicebear', 'resvg_py', 'sqlalchemy') if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert json.loads(done.stdout) == []


def test_no_async_function_blocks_the_loop_with_sleep_or_files() -> None:
    """What ruff's ASYNC rules cannot see: pixel and hash libraries called inside a coroutine of the chat side."""
    seen = 0
    for file in [*(ROOT / "bot").rglob("*.py"), *(ROOT / "adapters").rglob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(node, ast.AsyncFunctionDef):
                continue
            seen += 1
            for inner in ast.walk(node):
                if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute):
                    owner = inner.func.value
                    name = owner.id if isinstance(owner, ast.Name) else ""
                    assert name not in {"zlib", "subprocess", "shutil"}, f"{file}:{inner.lineno} blocks the loop"
    assert seen > 60


def test_readme_lists_every_setting_with_its_meaning() -> None:
    for name, field in Settings.model_fields.items():
        row = re.search(rf"^\| `BPP_{name.upper()}` \|(.*)\|$", README, re.MULTILINE)
        assert row, f"BPP_{name.upper()} is missing in README.md"
        assert (field.description or "").strip() in row.group(1), f"README says something else about BPP_{name.upper()}"
    assert (
        len(re.findall(r"^\| `BPP_", README, re.MULTILINE)) == len(Settings.model_fields) + 1
    )  # BPP_CONFIG names the file


def test_readme_lists_every_command_as_it_is_declared(commands: tuple[Command, ...]) -> None:
    say = Wording().say
    listed = [command for command in commands if command.listed]
    assert len(listed) >= 7
    for command in listed:
        usage = " ".join(argument.name if argument.required else f"[{argument.name}]" for argument in command.arguments)
        hint = Text(f"command-{command.name}-hint")
        who = "moderators" if command.moderator else ""
        row = f"| `/{command.name} {usage}".rstrip() + f"` | {say('en', hint)} | {say('ko', hint)} | {who} |"
        assert row in README, f"README.md lacks the row:\n{row}"
    assert len(re.findall(r"^\| `/", README, re.MULTILINE)) == len(listed)


@pytest.mark.parametrize("target", ["room", "test", "check", "bench"])
def test_the_makefile_has_what_the_readme_promises(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert f"make {target}" in README


def test_the_image_runs_without_root_and_keeps_data_in_volumes() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    for stage in ("chat", "gpu"):
        body = dockerfile.split(f"FROM code AS {stage}\n")[1].split("\nFROM ")[0]
        assert "\nUSER bpp" in f"\n{body}"
        assert "bpp" in body.split("CMD")[1]
    assert "make install" in dockerfile
    assert 'VOLUME ["/data", "/secret"]' in dockerfile
    assert "/healthz" in dockerfile.split("HEALTHCHECK")[1]


def test_tracked_files_quote_no_machine_and_no_unfinished_business() -> None:
    tracked = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True, cwd=ROOT).stdout.split()
    assert len(tracked) > 60
    machine = re.compile(r"/(work|root|farm)/")
    for name in tracked:
        file = ROOT / name
        if file.suffix in {".png", ".jpg", ".webp"} or name == "tests/test_house.py" or not file.exists():
            continue
        text = file.read_text("utf-8", errors="replace")
        assert not machine.search(text), f"{name} quotes a path of one machine"
        assert "NotImplementedError" not in text, name
