"""Two painted styles have other names: the plain ones are those of styles that any machine draws."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"

# Of the engine ``sdxl``, which alone had styles of these names.
NAMES = {"oil": "oilportrait", "watercolor": "aquarelle"}
STATEMENTS = (
    "UPDATE job SET spec = json_set(spec, '$.style', '{new}') WHERE CASE WHEN json_valid(spec)"
    " THEN json_extract(spec, '$.engine') = 'sdxl' AND json_extract(spec, '$.style') = '{old}' END",
    "UPDATE room SET styles = (SELECT json_group_array(CASE value WHEN '{old}' THEN '{new}' ELSE value END)"
    " FROM json_each(room.styles)) WHERE '{old}' IN (SELECT value FROM json_each(room.styles))",
    "UPDATE preference SET style = '{new}' WHERE style = '{old}'",
    "UPDATE OR IGNORE duration SET style = '{new}' WHERE engine = 'sdxl' AND style = '{old}'",
)


def upgrade() -> None:
    for old, new in NAMES.items():
        for statement in STATEMENTS:
            op.execute(statement.format(old=old, new=new))


def downgrade() -> None:
    for old, new in NAMES.items():
        for statement in STATEMENTS:
            op.execute(statement.format(old=new, new=old))
