"""A PostgreSQL server of the tests' own, where its programs are installed: on loopback, its folder goes with it."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from sqlalchemy import create_engine, text

_NOBODY = "postgres"  # the account that Debian's package makes; the server refuses to run as root


def programs() -> Path | None:
    """Return the folder of the server's programs; None where they are not installed."""
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return next((place for place in reversed(places) if (place / "pg_ctl").exists()), None)


@contextmanager
def server(programs: Path) -> Iterator[str]:
    """Run a server; give the address of its database `postgres`."""
    folder = Path(mkdtemp(prefix="postgresql"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    if os.geteuid() == 0:
        shutil.chown(folder, _NOBODY)
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c max_connections=200"
    cluster = ["-D", str(folder / "cluster")]
    try:
        _call([str(programs / "initdb"), *cluster, "-A", "trust", "-U", "quarterday", "-E", "UTF8", "--locale=C"])
        _call([str(programs / "pg_ctl"), *cluster, "-w", "-l", str(folder / "log"), "-o", options, "start"])
        yield f"postgresql+psycopg://quarterday@127.0.0.1:{port}/postgres"
    finally:
        _call([str(programs / "pg_ctl"), *cluster, "-m", "immediate", "stop"], check=False)
        shutil.rmtree(folder, ignore_errors=True)


def _call(command: Sequence[str], *, check: bool = True) -> None:
    def another() -> None:
        account = pwd.getpwnam(_NOBODY)
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)

    subprocess.run(
        command, check=check, cwd="/", capture_output=True, preexec_fn=another if os.geteuid() == 0 else None
    )


def new_database(url: str, name: str) -> str:
    """Make an empty database; return its address."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE template0'))
    engine.dispose()
    return url.removesuffix("postgres") + name
