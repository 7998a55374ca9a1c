"""What an admin does with a data folder while no bot uses it: upgrade, back up, restore, check."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Callable, Generator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bot.errors import StorageTrouble
from bot.secrets import Secret
from bot.storage import copies, retention, schema, trouble
from bot.storage.copies import SIDE_FILES, stamp
from bot.storage.spool import sync_folder
from bot.storage.writer import connect

Clock = Callable[[], int]

DATABASE = "bpp.db"
SPOOL = "spool"
BACKUPS = copies.FOLDER
LOCK = "lock"


@dataclass(frozen=True, slots=True)
class Upgraded:
    """From which revision to which; ``backup`` is the copy made before, None if none was needed."""

    before: str | None
    after: str
    backup: Path | None


@dataclass(frozen=True, slots=True)
class BackedUp:
    """A copy of the database. Pictures are never in it: they are not meant to outlive their hours."""

    path: Path
    size: int
    revision: str


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored, and where the database that stood there before is now (None if there was none)."""

    revision: str
    replaced: Path | None


@dataclass(frozen=True, slots=True)
class Checked:
    """The state of a data folder. ``problems`` is empty when all is well; lines come from SQLite or name files."""

    revision: str | None
    newest: str
    problems: tuple[str, ...]
    orphans: tuple[str, ...]
    """Spool files that no job names; the next start erases them."""
    missing: tuple[str, ...]
    """Spool files that a job names but that are not there."""
    secret_fits: bool
    counts: Mapping[str, int]


@contextmanager
def guarded(folder: Path) -> Generator[None]:
    """Turns what SQLite and the disk say into StorageTrouble."""
    try:
        yield
    except sqlite3.Error as error:
        raise trouble.of_sqlite(error, folder) from error
    except OSError as error:
        raise trouble.of_os(error) from error


def lock(folder: Path) -> int:
    """Make the data folder ours until the returned descriptor is closed.

    Raises StorageTrouble (``storage-in-use``) if another process has it, ``storage-read-only``, ``storage-full``.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise trouble.of_os(error) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise StorageTrouble("storage-in-use") from error
    return handle


def in_use(folder: Path) -> bool:
    """Whether a process has the data folder just now. Leaves nothing behind."""
    try:
        handle = os.open(folder / LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


@contextmanager
def locked(folder: Path) -> Generator[None]:
    """The data folder is ours inside."""
    handle = lock(folder)
    try:
        yield
    finally:
        os.close(handle)


def prepare(folder: Path, secret: Secret, clock: Clock, scripts: Path | None = None) -> Upgraded:
    """Bring the database of a locked folder to the newest revision, after every check that could say no.

    Raises StorageTrouble; then nothing was changed.
    """
    scripts = scripts or schema.scripts()
    known = schema.revisions(scripts)
    path = folder / DATABASE
    with guarded(folder):
        for name in (SPOOL, BACKUPS):
            (folder / name).mkdir(exist_ok=True, mode=0o700)
        _create(path)
        # Names are as easily lost in a power cut as what is behind them.
        sync_folder(folder)
        sync_folder(folder.parent)
        with closing(connect(path)) as db:
            _check_sound(db)
            before = schema.revision_of(db)
            schema.check_known(before, known)
            _check_secret(db, before, secret)
            # A write lock proves that the disk takes writes, before anything relies on it.
            db.execute("BEGIN IMMEDIATE")
            db.execute("ROLLBACK")
            db.execute("PRAGMA journal_mode=WAL").fetchall()
        if before == known[-1]:
            return Upgraded(before, known[-1], None)
        copy = None
        if before is not None:
            copy = _copy(path, folder / BACKUPS / f"bpp-{before}-{stamp(clock())}.db")
        _migrate(path, scripts, folder)
        with closing(connect(path)) as db:
            db.execute("BEGIN IMMEDIATE")
            db.execute("INSERT OR IGNORE INTO meta VALUES ('secret', ?)", (secret.fingerprint(),))
            db.execute("COMMIT")
    return Upgraded(before, known[-1], copy)


def upgrade(folder: Path, secret: Secret, clock: Clock) -> Upgraded:
    """``bpp db upgrade``: what every start does by itself. Raises StorageTrouble."""
    with locked(folder):
        return prepare(folder, secret, clock)


def backup(folder: Path, to: Path | None, clock: Clock) -> BackedUp:
    """``bpp db backup``: a sound copy, also while the bot runs. Into ``backups/`` (and rotated) unless told where.

    Raises StorageTrouble (``storage-none`` if there is no database, ``storage-exists`` if ``to`` is taken).
    """
    path = folder / DATABASE
    if not path.exists():
        raise StorageTrouble("storage-none")
    with guarded(folder):
        with closing(connect(path, readonly=True)) as db:
            revision = schema.revision_of(db)
        if revision is None:
            raise StorageTrouble("storage-none")
        target = to or folder / BACKUPS / f"bpp-{revision}-{stamp(clock())}.db"
        if target.exists():
            raise StorageTrouble("storage-exists", {"path": str(target)})
    with guarded(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _copy(path, target)
        if to is None:
            copies.expire(folder / BACKUPS, clock())
        return BackedUp(target, target.stat().st_size, revision)


def restore(folder: Path, source: Path, secret: Secret, clock: Clock, scripts: Path | None = None) -> Restored:
    """``bpp db restore``: put a checked copy in the database's place and keep the replaced one aside.

    Raises StorageTrouble before anything is changed; ``storage-none`` if there is no such copy.
    """
    if not source.is_file():
        raise StorageTrouble("storage-none")
    known = schema.revisions(scripts or schema.scripts())
    with locked(folder), guarded(folder):
        (folder / BACKUPS).mkdir(exist_ok=True, mode=0o700)
        path, new = folder / DATABASE, folder / (DATABASE + ".new")
        new.unlink(missing_ok=True)
        try:
            with closing(connect(source, readonly=True)) as db:
                _check_sound(db)
                revision = schema.revision_of(db)
                schema.check_known(revision, known)
                if revision is None:
                    raise StorageTrouble("storage-corrupt")
                _check_secret(db, revision, secret)
            _copy(source, new)
            replaced = _set_aside(path, folder / BACKUPS / f"replaced-{stamp(clock())}.db")
            new.rename(path)
            sync_folder(folder)
            copies.expire(folder / BACKUPS, clock())
        finally:
            new.unlink(missing_ok=True)
    return Restored(revision, replaced)


def check(folder: Path, secret: Secret, scripts: Path | None = None) -> Checked:
    """``bpp db check``: look at everything, change nothing; works beside a running bot.

    Raises StorageTrouble (``storage-none``, ``storage-corrupt`` when the file cannot be read at all).
    """
    path = folder / DATABASE
    if not path.exists():
        raise StorageTrouble("storage-none")
    known = schema.revisions(scripts or schema.scripts())
    spool = folder / SPOOL
    with guarded(folder), closing(connect(path, readonly=True)) as db:
        there = {entry.name for entry in spool.iterdir()} if spool.is_dir() else set[str]()
        problems = [row[0] for row in db.execute("PRAGMA integrity_check") if row[0] != "ok"]
        problems += [
            f"{row[0]}: row {row[1]} refers to nothing in {row[2]}" for row in db.execute("PRAGMA foreign_key_check")
        ]
        revision = schema.revision_of(db)
        if revision != known[-1]:
            return Checked(revision, known[-1], tuple(problems), (), (), secret_fits=True, counts={})
        named = retention.named_files(db)
        counts = {row["state"]: row["n"] for row in db.execute("SELECT state, count(*) AS n FROM job GROUP BY state")}
        counts["undelivered"] = db.execute("SELECT count(*) FROM outbox WHERE closed IS NULL").fetchone()[0]
        counts["rooms"] = db.execute("SELECT count(*) FROM room").fetchone()[0]
        counts["files"] = len(there)
        return Checked(
            revision,
            known[-1],
            tuple(problems),
            orphans=tuple(sorted(there - named)),
            missing=tuple(sorted(named - there)),
            secret_fits=_fingerprint(db) in (None, secret.fingerprint()),
            counts=counts,
        )


def _create(path: Path) -> None:
    if not path.exists():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _check_sound(db: sqlite3.Connection) -> None:
    if any(row[0] != "ok" for row in db.execute("PRAGMA quick_check(1)")):
        raise StorageTrouble("storage-corrupt")


def _fingerprint(db: sqlite3.Connection) -> str | None:
    row = db.execute("SELECT value FROM meta WHERE name = 'secret'").fetchone()
    return None if row is None else row[0]


def _check_secret(db: sqlite3.Connection, revision: str | None, secret: Secret) -> None:
    if revision is not None and _fingerprint(db) not in (None, secret.fingerprint()):
        raise StorageTrouble("storage-wrong-secret")


def _copy(path: Path, target: Path) -> Path:
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    try:
        # Created by us first, for SQLite would make it readable for all.
        os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        with closing(connect(path, readonly=True)) as db:
            db.execute("PRAGMA query_only=OFF")  # the file itself stays read-only; the copy is not
            db.execute("VACUUM INTO ?", (str(part),))
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.rename(target)
        sync_folder(target.parent)
    finally:
        part.unlink(missing_ok=True)
    return target


def _set_aside(path: Path, aside: Path) -> Path | None:
    if not path.exists():
        return None
    # If it is sound, its WAL goes into it; if it is not, the WAL is kept beside it. A WAL must never meet another file.
    with suppress(sqlite3.Error, StorageTrouble), closing(connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    os.link(path, aside)
    for suffix in SIDE_FILES:
        side = path.with_name(path.name + suffix)
        if side.exists():
            side.rename(aside.with_name(aside.name + suffix))
    sync_folder(aside.parent)
    return aside


def _migrate(path: Path, scripts: Path, folder: Path) -> None:
    try:
        schema.migrate(path, scripts)
    except Exception as error:
        cause = error.__cause__
        if isinstance(cause, sqlite3.Error):  # SQLAlchemy wraps what the driver raises
            raise trouble.of_sqlite(cause, folder) from error
        raise
