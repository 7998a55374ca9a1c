"""Commands of `bpp` in processes of their own, forked from one that has read the modules already.

A process that begins with nothing spends half a second on modules before it looks at what it was told; a fork of one
that has them, a hundredth. Everything else is the same: arguments, environment, streams, exit status, memory of its own.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from bot.cli import main
from generator import confinement

ROOT = Path(__file__).parent.parent


class Forks:
    """The process that is forked, from ``with`` to its end."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.forks"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={"PATH": "/usr/bin:/bin", "OPENBLAS_NUM_THREADS": "1"},  # only the thread that forks is in the fork
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def bpp(self, arguments: Sequence[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """``bpp`` with ``arguments`` and nothing but ``environment``, run to its end."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with tempfile.TemporaryDirectory() as folder:
            streams = [str(Path(folder) / name) for name in ("stdout", "stderr")]
            print(json.dumps([arguments, dict(environment), streams]), file=self._process.stdin, flush=True)
            status = int(self._process.stdout.readline())
            said, complained = (Path(stream).read_text("utf-8") for stream in streams)
        return subprocess.CompletedProcess(arguments, status, said, complained)


def _become(arguments: Sequence[str], environment: Mapping[str, str], streams: Sequence[str]) -> None:
    """End this process as ``bpp`` with ``arguments`` would."""
    confinement.die_with(os.getppid())
    for number, name in enumerate((os.devnull, *streams)):
        os.dup2(os.open(name, os.O_RDWR | os.O_CREAT), number)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["bpp", *arguments]
    main()


def _serve() -> None:
    for module in ("adapters.telegram", "alembic.command", "bot.doctor", "bot.drawing", "bot.previews", "bot.smoke"):
        importlib.import_module(module)
    gc.freeze()  # a fork that looked through all of this for garbage would copy it
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _become(*json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    _serve()
