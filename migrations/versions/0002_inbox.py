"""Events on their way in, and the room in which a member was last at home."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"

STATEMENTS = (
    # An event is here, sealed, from the moment we confirm it to its platform until its call was accepted or answered.
    # Then only its key stays for a while (``event`` NULL): delivered again, it must do nothing twice.
    "CREATE TABLE inbox (id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, platform TEXT NOT NULL,"
    " event BLOB, at INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0)) STRICT",
    "CREATE INDEX inbox_open ON inbox (platform, id) WHERE event IS NOT NULL",
    "CREATE INDEX inbox_at ON inbox (at)",
    # Where a member who writes to the bot alone came from: sealed, for hours.
    "CREATE TABLE visit (member TEXT PRIMARY KEY, home BLOB NOT NULL, until INTEGER NOT NULL) STRICT, WITHOUT ROWID",
)

TABLES = ("visit", "inbox")


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"DROP TABLE {table}")
