"""The embedded PostgreSQL on a real data folder: start, reuse, crash, taken port, last one out."""

import os
import shutil
import signal
import socket
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from include.local import ports, postgres
from include.local.accounts import database_account
from include.local.database_server import ensure_databases
from include.local.errors import LocalError
from include.local.postgres import Cluster


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    # Not pytest's own folder: root's is closed to the account that PostgreSQL runs as.
    state = Path(tempfile.mkdtemp(prefix="optiply-postgres-test-"))
    state.chmod(0o711)
    made = Cluster(state, "pg", 42100, durable=False)
    yield made
    if made.folder.exists():
        postgres.stop(made)
    shutil.rmtree(state)


def _one(server_dsn: str, query: str) -> object:
    with psycopg.connect(server_dsn) as connection:
        row = connection.execute(query).fetchone()
        assert row is not None
        return row[0]


def test_listens_on_loopback_only_and_asks_for_the_password(cluster: Cluster) -> None:
    with postgres.running(cluster) as server:
        assert _one(server.dsn("postgres"), "show listen_addresses") == "127.0.0.1"
        assert _one(server.dsn("postgres"), "show unix_socket_directories") == ""
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(server.dsn("postgres"), password="wrong")
    secret = cluster.state / "secrets" / "pg_password"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert server.password not in repr(server)
    assert not list(cluster.home.glob("*password*"))


def test_data_and_port_survive_a_restart(cluster: Cluster) -> None:
    with postgres.running(cluster) as server:
        ensure_databases(server, ["warehouse"])
        ensure_databases(server, ["warehouse"])
        first = server.port
    assert postgres.running_port(cluster) is None
    with postgres.running(cluster) as server:
        assert server.port == first
        assert _one(server.dsn("warehouse"), "select current_database()") == "warehouse"


def test_the_last_user_stops_the_server(cluster: Cluster) -> None:
    with postgres.running(cluster) as outer:
        with postgres.running(cluster) as inner:
            assert inner.port == outer.port
        assert _one(outer.dsn("postgres"), "select 1") == 1
    assert postgres.running_port(cluster) is None


def test_a_taken_port_moves_the_server(cluster: Cluster) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        before = ports.remembered(cluster.state)["pg"]
        taken.bind(("127.0.0.1", before))
        taken.listen()
        with postgres.running(cluster) as server:
            assert server.port != before


def test_recovers_from_a_killed_server(cluster: Cluster) -> None:
    with postgres.running(cluster) as server:
        with psycopg.connect(server.dsn("postgres")) as connection:
            # Without this, a cluster that is not durable may lose the last moments.
            connection.execute("set synchronous_commit = on")
            connection.execute("create table kept as select 42 as answer")
        pid = int((cluster.data / "postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while postgres.running_port(cluster) is not None and time.monotonic() < deadline:
            time.sleep(0.05)
        assert (cluster.data / "postmaster.pid").exists()
    with postgres.running(cluster) as server:
        assert _one(server.dsn("postgres"), "select answer from kept") == 42


def test_a_pid_that_now_belongs_to_a_stranger_is_no_server(cluster: Cluster) -> None:
    with postgres.running(cluster):
        lines = (cluster.data / "postmaster.pid").read_text().splitlines()
    stale = cluster.data / "postmaster.pid"
    stale.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    if account := database_account():
        os.chown(stale, account.uid, account.gid)
    assert postgres.running_port(cluster) is None
    with postgres.running(cluster) as server:
        assert _one(server.dsn("postgres"), "select 1") == 1


def test_a_replaced_password_file_is_explained(cluster: Cluster) -> None:
    secret = cluster.state / "secrets" / "pg_password"
    right = secret.read_text()
    secret.write_text("something else")
    with pytest.raises(LocalError, match="does not accept the password") as raised, postgres.running(cluster):
        pass
    assert "something else" not in str(raised.value)
    secret.write_text(right)
    postgres.stop(cluster)


def test_data_of_another_major_version_is_refused(cluster: Cluster) -> None:
    version = cluster.data / "PG_VERSION"
    right = version.read_text()
    version.write_text("12\n")
    with pytest.raises(LocalError, match="made by PostgreSQL 12"), postgres.running(cluster):
        pass
    version.write_text(right)


def test_a_server_that_does_not_start_shows_its_log(cluster: Cluster) -> None:
    configuration = cluster.data / "postgresql.auto.conf"
    right = configuration.read_text()
    configuration.write_text("work_mem = 'plenty'\n")
    with pytest.raises(LocalError, match="work_mem"), postgres.running(cluster):
        pass
    configuration.write_text(right)
