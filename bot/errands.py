"""What the command line does with styles and databases by itself, without a running bot."""

from __future__ import annotations

from pathlib import Path

from bot import storage
from bot.clock import clock
from bot.config import Settings, load_secret
from generator.styles import Catalog, load_catalog


def catalog(settings: Settings) -> Catalog:
    """The styles of this installation: ours, then the admin's own."""
    return load_catalog(
        settings.style_folders,
        painted=settings.painted,
        models=settings.models_folder,
        previews=settings.previews_folder,
    )


def db_upgrade(settings: Settings) -> str:
    """What ``bpp db upgrade`` says. Raises ``StorageTrouble``."""
    done = storage.upgrade(settings.data, load_secret(settings.secret_file), clock)
    if done.before == done.after:
        return f"The database is up to date (revision {done.after})."
    kept = "" if done.backup is None else f" The copy made before is {done.backup}."
    return f"The database is now at revision {done.after}.{kept}"


def db_backup(settings: Settings, target: Path | None) -> str:
    """What ``bpp db backup`` says. Raises ``StorageTrouble``."""
    done = storage.backup(settings.data, target, clock)
    return (
        f"Copied to {done.path} ({done.size:,} bytes, revision {done.revision}). Pictures and the secret are not in it."
    )


def db_restore(settings: Settings, source: Path) -> str:
    """What ``bpp db restore`` says. Raises ``StorageTrouble``."""
    done = storage.restore(settings.data, source, load_secret(settings.secret_file), clock)
    kept = "" if done.replaced is None else f" What stood there before is {done.replaced}."
    return f"Restored (revision {done.revision}).{kept}"


def db_check(settings: Settings) -> tuple[bool, str]:
    """Whether all is well, and what ``bpp db check`` says. Raises ``StorageTrouble``."""
    found = storage.check(settings.data, load_secret(settings.secret_file))
    lines = [f"Revision {found.revision}, newest is {found.newest}."]
    lines += [f"Problem: {problem}" for problem in found.problems]
    lines += [f"Missing file: {name}" for name in found.missing]
    if found.orphans:
        lines.append(f"{len(found.orphans)} file(s) that no job names; the next start erases them.")
    if not found.secret_fits:
        lines.append("The secret is not the one that this database was made with.")
    lines += [f"{name}: {count}" for name, count in found.counts.items()]
    healthy = not found.problems and not found.missing and found.secret_fits
    lines.append("All is well." if healthy else "Something is wrong: restore a backup, or put the right secret back.")
    return healthy, "\n".join(lines)
