"""What a picture was drawn as where it is not what was asked for, and which job paints it in full."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"

STATEMENTS = (
    # The style of the engine that stood in for the one that was away.
    "ALTER TABLE job ADD COLUMN drawn_as TEXT",
    # The job whose picture this one paints in full, free of charge: once, unless it came to nothing.
    "ALTER TABLE job ADD COLUMN paints INTEGER",
    "CREATE UNIQUE INDEX job_paints ON job (paints) WHERE paints IS NOT NULL AND state NOT IN ('failed', 'cancelled')",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP INDEX job_paints")
    for column in ("paints", "drawn_as"):
        op.execute(f"ALTER TABLE job DROP COLUMN {column}")
