"""Which revision of the schema a database has, and how it gets to the newest one."""

from __future__ import annotations

import sqlite3
from importlib import import_module, resources
from pathlib import Path
from typing import Any

from bot.errors import StorageTrouble


def scripts() -> Path:
    """The folder of the migrations, as installed."""
    return Path(str(resources.files("migrations")))


def revisions(folder: Path) -> list[str]:
    """Every revision in the order in which they apply: the first four characters of the files' names."""
    return sorted(path.name[:4] for path in (folder / "versions").glob("[0-9][0-9][0-9][0-9]_*.py"))


def revision_of(db: sqlite3.Connection) -> str | None:
    """The revision of a database; None for an empty one.

    Raises StorageTrouble (``storage-corrupt``) for a database that is not ours.
    """
    tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not tables - {"alembic_version"}:
        return None
    row = db.execute("SELECT version_num FROM alembic_version").fetchone() if "alembic_version" in tables else None
    if row is None:
        raise StorageTrouble("storage-corrupt")
    return row[0]


def check_known(revision: str | None, known: list[str]) -> None:
    """Raise StorageTrouble (``storage-newer``) for a revision that this version has never heard of."""
    if revision is not None and revision not in known:
        raise StorageTrouble("storage-newer", {"found": revision, "known": known[-1]})


def migrate(path: Path, folder: Path) -> None:
    """Run all missing revisions in one transaction: all of them or, after a crash, none."""
    # Alembic and SQLAlchemy cost half a second and 30 MB, and most starts do not need them.
    command: Any = import_module("alembic.command")
    config: Any = import_module("alembic.config").Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.attributes["path"] = str(path)
    command.upgrade(config, "head")
