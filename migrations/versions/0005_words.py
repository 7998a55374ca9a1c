"""Whether members may describe painted pictures in their own words, and whether anybody looks at these first."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"

COLUMNS = {
    "words": "INTEGER NOT NULL DEFAULT 1",
    # A list in JSON of what the moderators block beside the list that holds everywhere.
    "blocked_words": "TEXT",
    "unchecked": "INTEGER NOT NULL DEFAULT 0",
}


def upgrade() -> None:
    for column, kind in COLUMNS.items():
        op.execute(f"ALTER TABLE room ADD COLUMN {column} {kind}")


def downgrade() -> None:
    for column in reversed(COLUMNS):
        op.execute(f"ALTER TABLE room DROP COLUMN {column}")
