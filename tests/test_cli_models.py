"""`bpp models` as an admin uses it: weights from a hub on loopback, exit codes, one sentence when something is wrong."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot import cli, config
from tests.generator.sdxl.hub_peer import COMMIT, HUB, HubPeer, weights

WITHOUT_EXTRA = """
import asyncio, contextlib, io, json, sys

sys.modules.update(dict.fromkeys(("torch", "diffusers", "transformers", "huggingface_hub")))
from bot import cli, config, doctor

address = sys.argv[1]


def run(*arguments):
    sys.argv = ["bpp", "models", *arguments]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            cli.main()
        except SystemExit as end:
            return [end.code, out.getvalue(), err.getvalue()]


async def findings():
    return [finding.line() async for finding in doctor._sdxl(config.load())]


done = [run("list"), run("pull", "tiny", "--from", address), run("verify"), run("show")]
print(json.dumps([done, asyncio.run(findings())]))
"""
DATA = weights(300_000)
OWN = f"""
[tiny]
role = "style"
hub = "{HUB}"
revision = "{COMMIT}"
licence = "MIT"
hosting = true
optional = true
permits = "Everything."
files = [{{ name = "tiny.safetensors", size = {len(DATA)}, sha256 = "{hashlib.sha256(DATA).hexdigest()}" }}]

[private]
role = "style"
hub = "{HUB}"
revision = "main"
licence = "CC-BY-NC-4.0"
hosting = false
optional = true
permits = "Nothing that earns money."
files = [{{ name = "tiny.safetensors" }}]
"""


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    def sentence(self) -> str:
        """What it said, where that is one sentence of a mistake."""
        assert self.code == 2, self
        assert self.out == ""
        assert len(self.err.strip().splitlines()) == 1, self.err
        return self.err


Bpp = Callable[..., Done]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "data/models").mkdir(parents=True)
    (tmp_path / "data/models/models.toml").write_text(OWN)
    monkeypatch.setenv("BPP_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(config, "user_config_path", lambda _name: tmp_path)
    return tmp_path


@pytest.fixture
def bpp(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Bpp:
    def run(*arguments: str) -> Done:
        monkeypatch.setattr("sys.argv", ["bpp", "models", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return Done(int(ended.value.code or 0), *capsys.readouterr())

    return run


def test_weights_are_listed_pulled_and_verified(home: Path, bpp: Bpp) -> None:
    with HubPeer({"tiny.safetensors": DATA}) as hub:
        assert "10.6 GB to fetch" in bpp("list").out
        done = bpp("pull", "tiny", "--from", hub.address)
    assert done.code == 0, done.err
    assert "MIT: Everything." in done.out
    assert "fetch tiny/tiny.safetensors" in done.err
    file = home / "data/models/tiny/tiny.safetensors"
    assert file.read_bytes() == DATA
    assert "Every byte is right: tiny." in bpp("verify").out
    file.write_bytes(DATA[:-1] + b"?")
    found = bpp("verify")
    assert found.code == 1
    assert "tiny/tiny.safetensors has a wrong byte" in found.out
    assert "bpp models pull tiny" in found.out


def test_a_mistake_gives_one_sentence_and_exit_code_2(bpp: Bpp) -> None:
    with HubPeer({"tiny.safetensors": DATA}, status=503) as hub:
        assert "503" in bpp("pull", "tiny", "--from", hub.address).sentence()
        assert "--accept-noncommercial private" in bpp("pull", "private", "--from", hub.address).sentence()
        hub.status = 200
        accepted = ("--accept-noncommercial", "private")
        assert bpp("pull", "private", *accepted, "--from", hub.address).code == 0
    assert "cannot be reached" in bpp("pull", "tiny", "--from", hub.address).sentence()
    assert "nonsense" in bpp("pull", "nonsense").sentence()
    assert "bpp models pull canny" in bpp("verify", "canny").sentence()


def test_without_the_extra_weights_can_be_fetched_and_the_rest_says_how_to_get_it(home: Path) -> None:
    with HubPeer({"tiny.safetensors": DATA}) as hub:
        child = subprocess.run(
            [sys.executable, "-c", WITHOUT_EXTRA, hub.address],
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
            cwd=Path(__file__).parent.parent,
        )
    assert child.returncode == 0, child.stderr
    commands, (engine, models) = json.loads(child.stdout)
    listed, pulled, verified, shown = (Done(*one) for one in commands)
    assert (listed.code, pulled.code, verified.code) == (0, 0, 0), child.stdout
    assert (home / "data/models/tiny/tiny.safetensors").read_bytes() == DATA
    assert "bpp[sdxl]" in shown.sentence()
    assert "bpp[sdxl]" in engine
    assert "tiny" in models
