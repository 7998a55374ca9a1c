"""The first schema: queue, quota ledger, outbox, rooms, members."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None

# All times are integer milliseconds UTC. ``room`` and ``member`` are pseudonyms (HMAC); no platform id is stored
# anywhere but in the sealed ``address`` of a job whose final message has not been delivered.
STATEMENTS = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
    # Virtual time of the fair queue: the tag of the job that was claimed last. And how many jobs are unfinished, kept by
    # triggers, for counting thousands at every accept would make a burst slow.
    "CREATE TABLE turn (id INTEGER PRIMARY KEY CHECK (id = 1), vnow INTEGER NOT NULL,"
    " unfinished INTEGER NOT NULL CHECK (unfinished >= 0)) STRICT",
    "INSERT INTO turn VALUES (1, 0, 0)",
    # Virtual finish time of each flow: 'm' + member, or 'r' + room.
    "CREATE TABLE flow (key TEXT PRIMARY KEY, vfinish INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE room (room TEXT PRIMARY KEY, styles TEXT CHECK (styles IS NULL OR json_valid(styles)),"
    " daily INTEGER NOT NULL, ceiling INTEGER NOT NULL, paused INTEGER NOT NULL CHECK (paused IN (0, 1)))"
    " STRICT, WITHOUT ROWID",
    "CREATE TABLE block (room TEXT NOT NULL, member TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (room, member))"
    " STRICT, WITHOUT ROWID",
    "CREATE INDEX block_member ON block (member)",
    "CREATE TABLE decision (id INTEGER PRIMARY KEY, room TEXT NOT NULL, at INTEGER NOT NULL, moderator TEXT NOT NULL,"
    " what TEXT NOT NULL, detail TEXT NOT NULL) STRICT",
    "CREATE INDEX decision_room ON decision (room, id)",
    "CREATE TABLE preference (room TEXT NOT NULL, member TEXT NOT NULL, style TEXT, likeness INTEGER, locale TEXT,"
    " PRIMARY KEY (room, member)) STRICT, WITHOUT ROWID",
    "CREATE INDEX preference_member ON preference (member)",
    """CREATE TABLE job (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        uid TEXT NOT NULL,
        key TEXT NOT NULL UNIQUE,
        room TEXT NOT NULL,
        member TEXT NOT NULL,
        engine TEXT NOT NULL,
        spec TEXT NOT NULL CHECK (json_valid(spec)),
        locale TEXT NOT NULL,
        band INTEGER NOT NULL DEFAULT 1,
        cost INTEGER NOT NULL CHECK (cost > 0),
        vtag INTEGER NOT NULL,
        member_tag INTEGER NOT NULL,
        room_tag INTEGER NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
        attempt INTEGER NOT NULL DEFAULT 0 CHECK (attempt >= 0),
        token TEXT,
        slot TEXT,
        address BLOB,
        photo TEXT,
        photo_key BLOB,
        avatar TEXT,
        avatar_key BLOB,
        avatar_until INTEGER,
        trace TEXT,
        notes TEXT CHECK (notes IS NULL OR json_valid(notes)),
        shared INTEGER NOT NULL DEFAULT 0 CHECK (shared IN (0, 1)),
        error_key TEXT,
        error_parameters TEXT CHECK (error_parameters IS NULL OR json_valid(error_parameters)),
        created INTEGER NOT NULL,
        started INTEGER,
        finished INTEGER,
        CHECK ((state = 'running') = (token IS NOT NULL)),
        CHECK ((state IN ('queued', 'running')) = (finished IS NULL)),
        CHECK (state IN ('queued', 'running') OR (photo IS NULL AND photo_key IS NULL)),
        CHECK ((photo IS NULL) = (photo_key IS NULL)),
        CHECK ((avatar IS NULL) = (avatar_key IS NULL)),
        CHECK (avatar IS NULL OR state = 'done')
    ) STRICT""",
    "CREATE TRIGGER job_added AFTER INSERT ON job WHEN NEW.finished IS NULL"
    " BEGIN UPDATE turn SET unfinished = unfinished + 1; END",
    "CREATE TRIGGER job_ended AFTER UPDATE OF finished ON job WHEN OLD.finished IS NULL AND NEW.finished IS NOT NULL"
    " BEGIN UPDATE turn SET unfinished = unfinished - 1; END",
    "CREATE TRIGGER job_erased AFTER DELETE ON job WHEN OLD.finished IS NULL"
    " BEGIN UPDATE turn SET unfinished = unfinished - 1; END",
    # Covers the pick of the next job, and the count and cost of the jobs ahead of one.
    "CREATE INDEX job_line ON job (state, engine, band, vtag, id, cost) WHERE state = 'queued'",
    # Few indexes, for every one that is ordered by a pseudonym costs each accept one more page on the disk.
    "CREATE INDEX job_running ON job (state, engine, cost, started) WHERE state = 'running'",
    "CREATE INDEX job_room ON job (room, vtag) WHERE state = 'queued'",
    "CREATE INDEX job_member ON job (member, finished)",
    "CREATE INDEX job_finished ON job (finished) WHERE finished IS NOT NULL",
    "CREATE INDEX job_kept ON job (avatar_until) WHERE avatar IS NOT NULL",
    # One row a job, for ever one: what cannot be inserted twice cannot be charged twice. Outlives its job (no foreign
    # key), so that forgetting everything does not give a new quota.
    "CREATE TABLE charge (job INTEGER PRIMARY KEY, room TEXT NOT NULL, member TEXT NOT NULL, day INTEGER NOT NULL,"
    " state TEXT NOT NULL CHECK (state IN ('held', 'spent', 'returned'))) STRICT",
    "CREATE INDEX charge_day ON charge (member, room, day) WHERE state <> 'returned'",
    # UNIQUE job: one final message.
    "CREATE TABLE outbox (id INTEGER PRIMARY KEY, job INTEGER NOT NULL UNIQUE REFERENCES job ON DELETE CASCADE,"
    " created INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, next_at INTEGER NOT NULL, closed INTEGER) STRICT",
    "CREATE INDEX outbox_due ON outbox (next_at, id) WHERE closed IS NULL",
    # Calls whose job row was forgotten: a repeated event must not draw again. Linked to nobody.
    "CREATE TABLE spent_key (key TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    # Measured milliseconds (moving average) by engine, style and size.
    "CREATE TABLE duration (engine TEXT NOT NULL, style TEXT NOT NULL, size INTEGER NOT NULL,"
    " ms REAL NOT NULL CHECK (ms > 0), PRIMARY KEY (engine, style, size)) STRICT, WITHOUT ROWID",
)

TABLES = (
    "outbox",
    "job",
    "charge",
    "spent_key",
    "duration",
    "preference",
    "decision",
    "block",
    "room",
    "flow",
    "turn",
    "meta",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"DROP TABLE {table}")
