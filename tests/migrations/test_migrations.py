"""A schema changes as a whole or not at all, with live jobs in it and a copy of it made before."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from bot import faults
from bot.storage import Limits, Preferences, RoomPolicy, Storage, schema, upkeep
from tests.bot.storage import child
from tests.bot.storage.conftest import HandClock
from tests.bot.storage.traffic import SECRET, drawn, photo, ticket

SECOND = '''"""A later revision."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute("CREATE TABLE later (x INTEGER) STRICT")
    op.execute("ALTER TABLE job ADD COLUMN note TEXT")
    op.execute("UPDATE job SET note = state")
    op.execute("CREATE INDEX job_note ON job (note)")


def downgrade() -> None:
    op.execute("DROP INDEX job_note")
    op.execute("ALTER TABLE job DROP COLUMN note")
    op.execute("DROP TABLE later")
'''


def config(folder: Path, scripts: Path) -> Config:
    found = Config()
    found.set_main_option("script_location", str(scripts))
    found.attributes["path"] = str(folder / "bpp.db")
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def later(tmp_path: Path) -> Path:
    """The migrations of a version that has one revision more."""
    copy = tmp_path / "later"
    shutil.copytree(schema.scripts(), copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "versions" / "0008_later.py").write_text(SECOND)
    return copy


def look(folder: Path) -> tuple[str | None, set[str]]:
    with closing(sqlite3.connect(folder / "bpp.db")) as db:
        tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        row = db.execute("SELECT version_num FROM alembic_version").fetchone() if "alembic_version" in tables else None
        return row and row[0], tables


def test_the_newest_revision_is_known_without_alembic() -> None:
    script = ScriptDirectory(str(schema.scripts()))
    assert schema.revisions(schema.scripts()) == [r.revision for r in reversed(list(script.walk_revisions()))]


@pytest.mark.parametrize("nth", range(1, 32, 2))
def test_a_kill_in_the_middle_of_the_first_migration_leaves_nothing_half_made(nth: int, folder: Path) -> None:
    def work() -> None:
        faults.arm("mid-migration", nth)
        upkeep.upgrade(folder, SECRET, HandClock())

    assert child.run(work) == -signal.SIGKILL
    assert look(folder)[1] - {"alembic_version"} == set()
    assert child.run(lambda: void(upkeep.upgrade(folder, SECRET, HandClock()))) == 0
    assert look(folder)[0] == "0007"


def void(_: object) -> None:
    return None


async def test_an_upgrade_with_live_jobs_keeps_them_and_makes_a_copy_before(folder: Path, later: Path) -> None:
    storage = await Storage.open(folder, SECRET, HandClock())
    for n in range(3):
        await storage.jobs.accept(ticket(f"k{n}", member=f"m{n}", with_photo=True), Limits(5))
    await storage.jobs.claim("slot", ["classic"])
    await storage.close()
    kills = 0
    for nth in range(1, 30):

        def work(nth: int = nth) -> None:
            faults.arm("mid-migration", nth)
            upkeep.prepare(folder, SECRET, HandClock(), later)

        if child.run(work) == 0:
            break
        kills += 1
        assert look(folder)[0] == "0007"
        assert "later" not in look(folder)[1]
    assert kills >= 4, "one for each statement of the revision"
    assert look(folder)[0] == "0008"
    copies = list((folder / "backups").glob("bpp-0007-*.db"))
    with closing(sqlite3.connect(copies[0])) as db:
        assert db.execute("SELECT count(*) FROM job").fetchone()[0] == 3
    command.downgrade(config(folder, later), "0007")
    assert look(folder)[0] == "0007"
    storage = await Storage.open(folder, SECRET, HandClock())
    done = 0
    while claim := await storage.jobs.claim("slot", ["classic"]):
        assert await storage.jobs.photo(claim) == photo()
        assert await storage.jobs.finish(claim, drawn(claim), 1)
        done += 1
    assert done == 3
    await storage.close()


def test_an_older_version_refuses_a_newer_database_and_changes_nothing(folder: Path, later: Path) -> None:
    upkeep.upgrade(folder, SECRET, HandClock())
    upkeep.prepare(folder, SECRET, HandClock(), later)
    before = (folder / "bpp.db").read_bytes()
    with pytest.raises(upkeep.StorageTrouble, match="storage-newer"):
        upkeep.upgrade(folder, SECRET, HandClock())
    assert (folder / "bpp.db").read_bytes() == before


def test_down_to_nothing_and_up_again(folder: Path) -> None:
    upkeep.upgrade(folder, SECRET, HandClock())
    first = look(folder)
    command.downgrade(config(folder, schema.scripts()), "base")
    assert look(folder)[1] <= {"alembic_version", "sqlite_sequence"}
    command.upgrade(config(folder, schema.scripts()), "head")
    assert look(folder) == first


def test_the_room_of_old_rules_of_a_channel_is_found_in_the_log(folder: Path) -> None:
    upkeep.upgrade(folder, SECRET, HandClock())
    command.downgrade(config(folder, schema.scripts()), "0002")
    with closing(sqlite3.connect(folder / "bpp.db")) as db, db:
        rooms = [(name, None, 20, 100, 0) for name in ("room", "art", "lost")]
        db.executemany("INSERT INTO room VALUES (?, ?, ?, ?, ?)", rooms)
        log = [("cellar", "quota", "5"), ("room", "parted@art", ""), ("room", "quota@art", "3")]
        decide = "INSERT INTO decision (room, at, moderator, what, detail) VALUES (?, 0, 'mod', ?, ?)"
        db.executemany(decide, log)
    upkeep.upgrade(folder, SECRET, HandClock())
    with closing(sqlite3.connect(folder / "bpp.db")) as db:
        found = dict(db.execute("SELECT room, parent FROM room WHERE halted = 0"))
    assert found == {"room": None, "art": "room", "lost": None}


def test_starting_on_a_current_database_imports_no_alembic(folder: Path) -> None:
    upkeep.upgrade(folder, SECRET, HandClock())
    code = (
        "import asyncio, sys; from pathlib import Path; from bot.storage import Storage; from bot.secrets import Secret\n"
        f"s = asyncio.run(Storage.open(Path({str(folder)!r}), Secret(bytes(range(32))), lambda: 0))\n"
        "assert not {'alembic', 'sqlalchemy', 'numpy'} & set(sys.modules), sorted(sys.modules)\n"
        "sys.stdout.flush(); import os; os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=True)


def test_every_table_is_strict_and_the_journal_is_a_wal(folder: Path) -> None:
    upkeep.upgrade(folder, SECRET, HandClock())
    with closing(sqlite3.connect(folder / "bpp.db")) as db:
        loose = [row[1] for row in db.execute("PRAGMA table_list") if row[2] == "table" and not row[5]]
        assert set(loose) <= {"alembic_version", "sqlite_sequence", "sqlite_schema", "sqlite_temp_schema"}
        assert db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


async def test_painted_styles_keep_their_meaning_under_other_names(folder: Path) -> None:
    storage = await Storage.open(folder, SECRET, HandClock())
    for key, engine in (("painted", "sdxl"), ("drawn", "classic")):
        wanted = ticket(key, member=key)
        spec = replace(wanted.spec, style="watercolor", engine=engine, about="a red hat")
        await storage.jobs.accept(replace(wanted, spec=spec), Limits(5))
    await storage.rooms.change("room", "moderator", RoomPolicy(styles=frozenset({"oil", "ink"})), "styles", "")
    await storage.members.save("room", "mina", Preferences(style="oil"))
    await storage.close()

    def names() -> list[object]:
        columns = ("json_extract(spec, '$.style') FROM job ORDER BY id", "styles FROM room", "style FROM preference")
        with closing(sqlite3.connect(folder / "bpp.db")) as db:
            return [row[0] for column in columns for row in db.execute(f"SELECT {column}")]

    old, new = (
        ["watercolor", "watercolor", '["ink","oil"]', "oil"],
        ["aquarelle", "watercolor", '["ink","oilportrait"]', "oilportrait"],
    )
    with closing(sqlite3.connect(folder / "bpp.db")) as db, db:
        db.execute("UPDATE alembic_version SET version_num = '0006'")
    assert names() == old
    upkeep.upgrade(folder, SECRET, HandClock())
    assert names() == new
    command.downgrade(config(folder, schema.scripts()), "0006")
    assert names() == old
