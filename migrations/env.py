"""Runs revisions so that a crash in the middle leaves the database as it was before."""

from __future__ import annotations

import sqlite3
from typing import Any

from alembic import context
from sqlalchemy import create_engine, event
from sqlalchemy.pool import NullPool

from bot.faults import fault


def _connect() -> sqlite3.Connection:
    # isolation_level=None: otherwise the sqlite3 module commits before each CREATE, and half an upgrade survives a crash.
    db = sqlite3.connect(context.config.attributes["path"], isolation_level=None, timeout=5)
    db.execute("PRAGMA synchronous=FULL")
    db.execute("PRAGMA secure_delete=ON")
    return db


def _upgrade() -> None:
    engine = create_engine("sqlite://", creator=_connect, poolclass=NullPool)

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    @event.listens_for(engine, "after_cursor_execute")
    def executed(*_: Any) -> None:
        fault("mid-migration")

    with engine.connect() as connection:
        context.configure(connection=connection, transactional_ddl=True, transaction_per_migration=False)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


_upgrade()
