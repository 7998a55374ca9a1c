"""Which room a channel with rules of its own belongs to, and a pause that holds over such rules."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"

STATEMENTS = (
    # NULL for a whole room, and for a channel whose room nobody knows any more.
    "ALTER TABLE room ADD COLUMN parent TEXT",
    "ALTER TABLE room ADD COLUMN halted INTEGER NOT NULL DEFAULT 0 CHECK (halted IN (0, 1))",
    "CREATE INDEX room_parent ON room (parent) WHERE parent IS NOT NULL",
    # Rules from before are found again in the log, which names the channel behind the decision.
    "UPDATE room SET parent = (SELECT decision.room FROM decision WHERE instr(decision.what, '@') > 0"
    " AND substr(decision.what, instr(decision.what, '@') + 1) = room.room LIMIT 1)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP INDEX room_parent")
    for column in ("halted", "parent"):
        op.execute(f"ALTER TABLE room DROP COLUMN {column}")
