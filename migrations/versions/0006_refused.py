"""Why a painter did not paint a picture; and how long a picture takes at each quality."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"

_DURATIONS = (
    "CREATE TABLE {name} (engine TEXT NOT NULL, style TEXT NOT NULL, size INTEGER NOT NULL,{column}"
    " ms REAL NOT NULL CHECK (ms > 0), PRIMARY KEY (engine, style, size{key})) STRICT, WITHOUT ROWID"
)


def upgrade() -> None:
    # An object in JSON: the slots that did not paint it, in this order, and why not.
    op.execute("ALTER TABLE job ADD COLUMN refused TEXT")
    op.execute(_DURATIONS.format(name="measured", column=" quality TEXT NOT NULL,", key=", quality"))
    op.execute("INSERT INTO measured SELECT engine, style, size, '', ms FROM duration")
    op.execute("DROP TABLE duration")
    op.execute("ALTER TABLE measured RENAME TO duration")


def downgrade() -> None:
    op.execute(_DURATIONS.format(name="measured", column="", key=""))
    op.execute("INSERT INTO measured SELECT engine, style, size, ms FROM duration WHERE quality = ''")
    op.execute("DROP TABLE duration")
    op.execute("ALTER TABLE measured RENAME TO duration")
    op.execute("ALTER TABLE job DROP COLUMN refused")
