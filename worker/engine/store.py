"""The state store: one database that every process of the worker shares, brought up to date when it is opened.

It is a cache, a journal and a calendar, never the truth: delete it and the next run doubles nothing. It knows no table;
the modules beside it own theirs. SQL here and there is what SQLite and PostgreSQL both read.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import resources
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

# Statements sent before a transaction's first one. SQLite takes its write lock at once, or two readers who both want to
# write would fail instead of waiting; a full sync survives a power cut, a normal one a crash of the process. PostgreSQL
# needs a lock of its own where two processes make the same table.
_BEGIN = {
    "sqlite": {
        "read": ("BEGIN",),
        "write": ("PRAGMA synchronous = FULL", "BEGIN IMMEDIATE"),
        "jot": ("PRAGMA synchronous = NORMAL", "BEGIN IMMEDIATE"),
        "migrate": ("PRAGMA synchronous = FULL", "BEGIN IMMEDIATE"),
    },
    "postgresql": {
        "read": (),
        "write": (),
        "jot": ("SET LOCAL synchronous_commit TO off",),
        "migrate": ("SELECT pg_advisory_xact_lock(20261121)",),
    },
}

_ADD_MIGRATION = text("INSERT INTO migrations (number, name) VALUES (:number, :name) ON CONFLICT (number) DO NOTHING")


class StoreError(Exception):
    """The state cannot be opened; the words say why and what to do."""


class Store:
    """The database at `url`; use it as a context manager, or close it."""

    def __init__(self, url: str, *, busy: float = 30.0) -> None:
        """Open the database and apply the migrations it lacks; wait up to `busy` seconds for another's write."""
        backend = _backend(url)
        try:
            self._engine = _sqlite(url, busy) if backend == "sqlite" else create_engine(url)
            event.listen(self._engine, "begin", _begin)
            self._read, self._write, self._jot, migrating = (
                self._engine.execution_options(before=_BEGIN[backend][purpose])
                for purpose in ("read", "write", "jot", "migrate")
            )
            self._migrate(migrating)
        except (SQLAlchemyError, ImportError) as error:
            reason = error.orig if isinstance(error, DBAPIError) else error
            raise StoreError(f"the state {make_url(url)!r} cannot be opened: {reason}") from error

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection that sees one state of the database throughout."""
        with self._read.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a connection whose changes are kept together when the block ends, and survive a power cut."""
        with self._write.begin() as connection:
            yield connection

    @contextmanager
    def jot(self) -> Iterator[Connection]:
        """Like `write`, cheaper: a crash of the process loses nothing, a power cut perhaps the last of it."""
        with self._jot.begin() as connection:
            yield connection

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _migrate(self, engine: Engine) -> None:
        with engine.begin() as connection:
            connection.execute(
                text("CREATE TABLE IF NOT EXISTS migrations (number BIGINT PRIMARY KEY, name TEXT NOT NULL)")
            )
        with self.read() as connection:
            applied = set(connection.scalars(text("SELECT number FROM migrations")))
        for number, name, script in migrations():
            if number not in applied:
                self._apply(number, name, script)

    def _apply(self, number: int, name: str, script: str) -> None:
        with self.write() as connection:
            if connection.execute(_ADD_MIGRATION, {"number": number, "name": name}).rowcount == 0:
                return  # another process was quicker; its row was the lock that we waited for
            for statement in filter(None, (part.strip() for part in script.split(";\n"))):
                connection.exec_driver_sql(statement)


def migrations() -> list[tuple[int, str, str]]:
    """Return every migration in order: number, name, SQL."""
    files = [file for file in (resources.files("worker.engine") / "migrations").iterdir() if file.name.endswith(".sql")]
    return sorted((int(file.name[:4]), file.name, file.read_text(encoding="utf-8")) for file in files)


def stamp(instant: datetime) -> str:
    """Return an aware instant as text that sorts as time does: RFC 3339 in UTC, with microseconds."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs a zone")
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


def instant(stamped: str) -> datetime:
    """Return the instant that `stamp` wrote."""
    return datetime.fromisoformat(stamped)


def _backend(url: str) -> str:
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except SQLAlchemyError as error:
        raise StoreError("the state is no database URL; write sqlite:///quarterday.db") from error
    if backend not in _BEGIN:
        raise StoreError(f"the state cannot be kept in {backend}: use sqlite:///FILE or postgresql://…")
    if backend == "sqlite" and parsed.database in {None, "", ":memory:"}:
        raise StoreError("the state needs a file, like sqlite:///quarterday.db")
    return backend


def _sqlite(url: str, busy: float) -> Engine:
    engine = create_engine(url, pool_size=5, max_overflow=20, connect_args={"timeout": busy})
    event.listen(engine, "connect", _leave_transactions_to_us)
    _write_ahead(engine, busy)
    return engine


def _leave_transactions_to_us(connection: Any, _record: object) -> None:
    # Python's own sqlite3 opens transactions late and deferred; SQLAlchemy's page on SQLite says to switch that off.
    connection.isolation_level = None


def _begin(connection: Connection) -> None:
    for statement in connection.get_execution_options().get("before", ()):
        connection.exec_driver_sql(statement)


def _write_ahead(engine: Engine, busy: float) -> None:
    # Readers and one writer side by side. SQLite does not wait for its busy timeout on this switch, so we do.
    deadline = time.monotonic() + busy
    while True:
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA journal_mode = WAL")
            return
        except OperationalError as error:
            busy_now = getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY
            if not busy_now or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
