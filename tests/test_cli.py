"""The command line as a person or a script uses it: exit codes, files, one sentence when something is wrong."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Protocol

import pytest

from generator.wire import CANNOT
from tests.forks import COMMANDS, Forks

pytestmark = pytest.mark.xdist_group("cli")  # all of them are forked from one process

PNG = b"\x89PNG\r\n\x1a\n"


class Bpp(Protocol):
    def __call__(self, *arguments: str, home: Path, **environment: str) -> subprocess.CompletedProcess[str]: ...


@pytest.fixture(scope="module")
def bpp() -> Iterator[Bpp]:
    with closing(Forks(*COMMANDS)) as forks:

        def run(*arguments: str, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
            return forks.run(arguments, {"PATH": "/usr/bin:/bin", "HOME": str(home), **environment})

        yield run


def begun(*arguments: str, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The same from the very beginning, as a shell starts it."""
    return subprocess.run(
        [sys.executable, "-m", "bot.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
        cwd=Path(__file__).parent.parent,
        env={"PATH": "/usr/bin:/bin", "HOME": str(home), **environment},
    )


def size_of(png: Path) -> tuple[int, int]:
    raw = png.read_bytes()
    assert raw.startswith(PNG)
    width, height = struct.unpack(">II", raw[16:24])
    return width, height


def test_a_figure_is_drawn_in_the_asked_size(bpp: Bpp, tmp_path: Path) -> None:
    out = tmp_path / "a.png"
    done = bpp(
        "draw", "--hair", "afro", "--skin", "dark", "--seed", "7", "--size", "200", "-o", str(out), home=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert size_of(out) == (200, 200)


def test_a_photo_is_drawn_in_a_style(bpp: Bpp, tmp_path: Path) -> None:
    figure, out = tmp_path / "figure.png", tmp_path / "ink.png"
    assert bpp("draw", "-o", str(figure), home=tmp_path).returncode == 0
    done = bpp(
        "draw", str(figure), "--style", "ink", "--likeness", "80", "--size", "256", "-o", str(out), home=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert size_of(out) == (256, 256)


def test_the_same_seed_gives_the_same_file(bpp: Bpp, tmp_path: Path) -> None:
    one, two = tmp_path / "1.png", tmp_path / "2.png"
    for out, run in ((one, bpp), (two, begun)):
        assert run("draw", "--seed", "42", "--size", "128", "-o", str(out), home=tmp_path).returncode == 0
    assert one.read_bytes() == two.read_bytes()


@pytest.mark.parametrize(
    "arguments",
    [
        ("draw", "--style", "nonsense"),
        ("draw", "--size", "9000"),
        ("draw", "--size", "abc"),
        ("draw", "--likeness", "101"),
        ("draw", "--hair", "blue"),
        ("draw", "--seed", "-1"),
        ("draw", "no-such-photo.jpg"),
        ("draw", "pyproject.toml"),
        ("draw", "-o", "/proc/nowhere/a.png"),
        ("nonsense",),
        ("room", "--port", "99999"),
    ],
)
def test_a_mistake_gives_one_sentence_and_exit_code_2(bpp: Bpp, arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = bpp(*arguments, home=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert len(done.stderr) > 15
    assert "Traceback" not in done.stderr


def test_a_drawing_that_cannot_be_saved_leaves_nothing_behind(bpp: Bpp, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.mkdir()
    assert bpp("draw", "--size", "64", "-o", str(taken), home=tmp_path).returncode == 2
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


@pytest.mark.parametrize("environment", [{}, {"BPP_ENGINE_TOKEN": "short"}])
def test_an_engine_server_needs_a_good_token(bpp: Bpp, environment: dict[str, str], tmp_path: Path) -> None:
    done = bpp("engine", "--port", "0", home=tmp_path, **environment)
    assert done.returncode == 2
    assert "token" in done.stderr.lower()
    assert "short" not in done.stderr.replace("too_short", "").replace("at least", "")


def test_an_engine_server_without_weights_says_what_it_lacks(bpp: Bpp, tmp_path: Path) -> None:
    done = bpp("engine", "--sdxl", "--port", "0", home=tmp_path, BPP_ENGINE_TOKEN="0123456789abcdef")
    assert done.returncode == CANNOT
    assert "error-model-missing" in done.stderr


@pytest.mark.parametrize("setting", ["BPP_CONFIG", "BPP_STYLES"])
def test_a_named_path_that_is_not_there_is_told(bpp: Bpp, setting: str, tmp_path: Path) -> None:
    done = bpp("styles", home=tmp_path, **{setting: str(tmp_path / "nowhere")})
    assert done.returncode == 2
    assert "nowhere" in done.stderr


NIGHT = """
engine = "classic"
recipe = "ink"
photo = true
[name]
en = "Night ink"
[description]
en = "White on black."
[palettes]
red = ["#101010", "#f0f0f0", "#cc2222"]
"""


def test_a_pack_of_styles_is_checked_file_by_file(bpp: Bpp, tmp_path: Path) -> None:
    (tmp_path / "night.toml").write_text(NIGHT, "utf-8")
    done = bpp("styles", "check", str(tmp_path), home=tmp_path)
    assert (done.returncode, done.stdout) == (0, "night: good\n"), done.stderr
    (tmp_path / "day.toml").write_text(NIGHT.replace("#f0f0f0", "white"), "utf-8")
    (tmp_path / "odd.toml").write_text(NIGHT + "[parameters]\ncolours = [1]", "utf-8")
    done = bpp("styles", "check", str(tmp_path), home=tmp_path)
    assert done.returncode == 1
    assert all(told in done.stdout for told in ("day.toml", "palettes.red", "odd.toml", "night: good"))


def test_a_style_of_ones_own_gets_a_picture_to_be_chosen_by(bpp: Bpp, tmp_path: Path) -> None:
    (tmp_path / "styles").mkdir()
    (tmp_path / "styles" / "night.toml").write_text(NIGHT, "utf-8")
    done = bpp("styles", "preview", "--data", str(tmp_path), home=tmp_path)
    assert (done.returncode, done.stdout) == (0, "night: drawn\n"), done.stderr
    assert size_of(tmp_path / "previews" / "night.png") == (256, 256)
    done = bpp("styles", "preview", "ink", "--data", str(tmp_path), home=tmp_path)
    assert done.returncode == 1
    assert "ink.png is shown for it" in done.stdout


def test_styles_as_json_name_every_style_in_both_languages(bpp: Bpp, tmp_path: Path) -> None:
    done = bpp("styles", "--json", home=tmp_path)
    rows = json.loads(done.stdout)
    assert {"ink", "papercut", "pixel"} <= {row["id"] for row in rows}
    for row in rows:
        assert row["engine"] == "classic"
        assert set(row["names"]) == {"en", "ko"}
        assert all(row["names"].values())


def test_the_database_is_made_checked_copied_and_put_back(bpp: Bpp, tmp_path: Path) -> None:
    data, copy = tmp_path / "data", tmp_path / "copy.db"
    for arguments in (("upgrade",), ("check",), ("backup",), ("backup", str(copy)), ("restore", str(copy)), ("check",)):
        done = bpp("db", *arguments, "--data", str(data), home=tmp_path)
        assert done.returncode == 0, (arguments, done.stderr, done.stdout)
    assert copy.stat().st_size > 0


def test_a_damaged_database_is_told_and_left_alone(bpp: Bpp, tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert bpp("db", "upgrade", "--data", str(data), home=tmp_path).returncode == 0
    database = next(data.glob("*.db"))
    database.write_bytes(b"no database at all" * 400)
    before = database.read_bytes()
    done = bpp("db", "check", "--data", str(data), home=tmp_path)
    assert done.returncode in (1, 2)
    assert done.stdout.strip() or done.stderr.strip()
    assert "Traceback" not in done.stderr
    assert database.read_bytes() == before


def test_an_unknown_setting_is_named(bpp: Bpp, tmp_path: Path) -> None:
    file = tmp_path / "bpp.toml"
    file.write_text("prot = 8123\n")
    done = bpp("styles", home=tmp_path, BPP_CONFIG=str(file))
    assert done.returncode == 2
    assert "prot" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_secret_that_others_can_read_is_refused(bpp: Bpp, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("00" * 32)
    secret.chmod(0o644)
    done = bpp("db", "upgrade", "--data", str(tmp_path / "data"), home=tmp_path, BPP_SECRET_FILE=str(secret))
    assert done.returncode == 2
    assert str(secret) in done.stderr


@pytest.mark.parametrize(
    ("arguments", "needed"),
    [
        (("run",), ("BPP_DISCORD_TOKEN", "BPP_TELEGRAM_TOKEN", "bpp room")),
        (("smoke", "discord"), ("BPP_DISCORD_TOKEN",)),
        (("smoke", "telegram"), ("BPP_TELEGRAM_TOKEN",)),
    ],
)
def test_without_a_token_the_setting_that_is_missing_is_named(
    bpp: Bpp, arguments: tuple[str, ...], needed: tuple[str, ...], tmp_path: Path
) -> None:
    done = bpp(*arguments, home=tmp_path)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert all(name in done.stderr for name in needed)


@pytest.mark.parametrize("command", [("run",), ("doctor",), ("smoke", "telegram")])
def test_a_token_that_is_none_gives_one_sentence_without_it(bpp: Bpp, command: tuple[str, ...], tmp_path: Path) -> None:
    secret = {"BPP_DATA": str(tmp_path / "data"), "BPP_SECRET_FILE": str(tmp_path / "secret"), "BPP_ENGINES": "classic"}
    called = begun if command == ("run",) else bpp
    done = called(*command, home=tmp_path, BPP_TELEGRAM_TOKEN="no token at all", **secret)
    assert done.returncode != 0
    said = done.stderr + done.stdout
    assert said.count("BotFather") == 1, said
    assert "no token at all" not in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("BPP_TELEGRAM_API", "127.0.0.1:8081"),
        ("BPP_TELEGRAM_WEBHOOK", "http://bot.example.org/telegram"),
        ("BPP_TELEGRAM_LISTEN", "8124"),
    ],
)
def test_an_address_that_is_none_is_told_before_anything_starts(
    bpp: Bpp, setting: str, value: str, tmp_path: Path
) -> None:
    done = bpp("styles", home=tmp_path, **{setting: value})
    assert done.returncode == 2
    assert setting.removeprefix("BPP_").lower() in done.stderr
    assert value in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
