"""The store: opened by many at once, kept together, and refused in words."""

from __future__ import annotations

import multiprocessing
import sqlite3
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import text

from worker.engine.store import Store, StoreError, instant, migrations, stamp

FORK = multiprocessing.get_context("fork")


def _open(url: str, barrier: object, failures: object) -> None:
    barrier.wait()
    try:
        Store(url).close()
    except StoreError as error:
        failures.put(repr(error))


def test_many_processes_may_open_a_new_store_at_once(url: str) -> None:
    """Six processes that start together on no database at all leave one with every migration applied once."""
    barrier, failures = FORK.Barrier(6), FORK.Queue()
    processes = [FORK.Process(target=_open, args=(url, barrier, failures)) for _ in range(6)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()

    assert [0] * 6 == [process.exitcode for process in processes]
    assert failures.empty()
    with Store(url) as store, store.read() as connection:
        numbers = list(connection.scalars(text("SELECT number FROM migrations ORDER BY number")))
    assert [number for number, _, _ in migrations()] == numbers


def test_a_store_may_be_opened_again(url: str) -> None:
    """What was written is there when the store is opened the next time."""
    with Store(url) as store, store.write() as connection:
        connection.execute(text("INSERT INTO leases VALUES ('a', 'b', 1)"))

    with Store(url) as store, store.read() as connection:
        assert 1 == connection.scalar(text("SELECT COUNT(*) FROM leases"))


def test_a_slower_process_leaves_a_migration_alone(store: Store) -> None:
    """A migration whose row stands already is not applied again."""
    number, name, _ = migrations()[0]

    store._apply(number, name, "this is no SQL")

    with store.read() as connection:
        assert 1 == connection.scalar(text("SELECT COUNT(*) FROM migrations WHERE number = :n"), {"n": number})


def test_a_migration_that_fails_leaves_nothing(store: Store) -> None:
    """The statements of a migration and its row stand or fall together."""
    with pytest.raises(Exception, match="no such table"):
        store._apply(99, "broken", "CREATE TABLE half (a TEXT);\nINSERT INTO nowhere VALUES (1);\n")

    with store.read() as connection:
        assert [] == list(connection.scalars(text("SELECT name FROM sqlite_master WHERE name = 'half'")))
        assert 99 not in list(connection.scalars(text("SELECT number FROM migrations")))


def test_a_failed_block_leaves_nothing(store: Store) -> None:
    """An exception inside `write` takes back what the block wrote."""

    def half() -> None:
        with store.write() as connection:
            connection.execute(text("INSERT INTO leases VALUES ('a', 'b', 1)"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()

    with store.read() as connection:
        assert 0 == connection.scalar(text("SELECT COUNT(*) FROM leases"))


def test_writers_wait_for_each_other(store: Store) -> None:
    """Two threads that read and then write lose no count: the write lock is taken before the read."""

    def add() -> None:
        for _ in range(50):
            with store.jot() as connection:
                n = connection.scalar(text("SELECT expires FROM leases WHERE name = 'n'"))
                connection.execute(text("UPDATE leases SET expires = :n WHERE name = 'n'"), {"n": n + 1})

    with store.write() as connection:
        connection.execute(text("INSERT INTO leases VALUES ('n', '', 0)"))
    threads = [threading.Thread(target=add) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with store.read() as connection:
        assert 100 == connection.scalar(text("SELECT expires FROM leases WHERE name = 'n'"))


def test_a_write_survives_a_power_cut(store: Store) -> None:
    """`write` syncs in full, and a connection that was used for `jot` before does so too."""
    with store.jot() as connection:
        assert 1 == connection.exec_driver_sql("PRAGMA synchronous").scalar()
    with store.write() as connection:
        assert 2 == connection.exec_driver_sql("PRAGMA synchronous").scalar()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("quarterday.db", "no database URL"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
        ("mysql://host/db", "cannot be kept in mysql"),
        ("sqlite:////nowhere/at/all/state.db", "cannot be opened"),
        ("postgresql+nodriver://host/db", "cannot be opened"),
        ("postgresql://127.0.0.1:9/db", "cannot be opened"),
    ],
)
def test_a_state_that_cannot_be_is_refused_in_words(url: str, words: str) -> None:
    """A URL that cannot hold the state is refused with the reason."""
    with pytest.raises(StoreError, match=words):
        Store(url)


def test_a_file_that_is_no_database_is_refused_in_words(tmp_path: Path) -> None:
    """A file with other contents is named, and left as it was."""
    file = tmp_path / "state.db"
    file.write_text("Lead,Partner\n" * 100)

    with pytest.raises(StoreError, match="not a database"):
        Store(f"sqlite:///{file}")
    assert "Lead,Partner\n" * 100 == file.read_text()


def test_a_password_is_not_shown() -> None:
    """The error of a store that cannot be opened hides the URL's password."""
    with pytest.raises(StoreError) as caught:
        Store("postgresql+nodriver://user:hunter2@host/db")

    assert "hunter2" not in str(caught.value)


def test_opening_waits_for_another_who_writes(tmp_path: Path) -> None:
    """A new store waits while another holds the file's write lock, and says so when that takes too long."""
    other = sqlite3.connect(tmp_path / "state.db", isolation_level=None, check_same_thread=False)
    other.execute("CREATE TABLE strange (a)")
    other.execute("BEGIN IMMEDIATE")
    url = f"sqlite:///{tmp_path / 'state.db'}"

    with pytest.raises(StoreError, match="locked"):
        Store(url, busy=0.1)

    release = threading.Timer(0.2, other.commit)
    release.start()
    Store(url).close()
    release.join()
    other.close()


def test_stamps_sort_as_time_does() -> None:
    """A stamp is in UTC with six digits, whatever zone and precision it came in."""
    late = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
    early = datetime(2026, 11, 21, 10, 59, 59, 5, tzinfo=timezone(timedelta(hours=1)))

    assert "2026-11-21T09:59:59.000005+00:00" == stamp(early)
    assert stamp(early) < stamp(late)
    assert early == instant(stamp(early))
    with pytest.raises(ValueError, match="zone"):
        stamp(late.replace(tzinfo=None))
