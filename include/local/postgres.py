"""The embedded PostgreSQL: made at the first start, on loopback only, with a generated password.

Whoever uses a cluster holds a shared lock on it; the last one to let go stops the server.
"""

import fcntl
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from include.local import ports, secret_files
from include.local.accounts import Account, database_account, switch_to
from include.local.database_server import DatabaseServer
from include.local.errors import LocalError
from include.local.postgres_binaries import usable_folder

MAX_CONNECTIONS = 200
PORT_ATTEMPTS = 5


@dataclass(frozen=True)
class Cluster:
    """One data folder below the state folder. `durable` False trades safety against a power cut for speed."""

    state: Path
    name: str
    preferred_port: int
    durable: bool = True

    @property
    def folder(self) -> Path:
        """Holds the locks, which are ours, and the folder of the account that PostgreSQL runs as."""
        return self.state / self.name

    @property
    def home(self) -> Path:
        """The one folder that belongs to PostgreSQL's account: data, log, a password while initdb runs."""
        return self.folder / "server"

    @property
    def data(self) -> Path:
        """PostgreSQL's data folder."""
        return self.home / "data"

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.home / "log"


@contextmanager
def running(cluster: Cluster) -> Iterator[DatabaseServer]:
    """The server of the cluster, started when it is not, stopped at the end when nobody else uses it."""
    cluster.folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    with (cluster.folder / "users.lock").open("w") as users:
        with _locked(cluster):
            server = start(cluster)
            fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield server
        finally:
            with _locked(cluster):
                if _nobody_else(users):
                    stop(cluster)


def start(cluster: Cluster) -> DatabaseServer:
    """Starts the cluster, or finds it running. Raises LocalError with the log's last lines when it does not come up."""
    account = database_account()
    programs = usable_folder(account, cluster.state)
    secret = secret_files.keep(cluster.state / "secrets", f"{cluster.name}_password", secret_files.token)
    _prepare_home(cluster, account)
    if not (cluster.data / "PG_VERSION").exists():
        _init(cluster, programs, account, secret)
    _check_version(cluster, programs)
    if running_port(cluster) is None:
        _remove_stale_pid(cluster)
        _launch(cluster, programs, account)
    port = running_port(cluster)
    if port is None:
        raise LocalError(f"PostgreSQL stopped right after its start. {_log_end(cluster)}")
    server = DatabaseServer("127.0.0.1", port, "postgres", secret)
    _check_login(server, cluster)
    return server


def stop(cluster: Cluster) -> bool:
    """Stops the server, ending what its clients do; False when it was not running."""
    if running_port(cluster) is None:
        return False
    account = database_account()
    programs = usable_folder(account, cluster.state)
    command = [str(programs / "pg_ctl"), "-D", str(cluster.data), "-m", "fast", "-w", "-t", "60", "stop"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, **switch_to(account))
    if done.returncode != 0 and running_port(cluster) is not None:
        raise LocalError(f"PostgreSQL did not stop within 60 s. {_log_end(cluster)}")
    return True


def running_port(cluster: Cluster) -> int | None:
    """The port of the running server; None when it does not run. A pid file left by a crash does not count."""
    lines = _pid_file(cluster)
    if len(lines) < 4 or not _is_ours(int(lines[0]), cluster.data):
        return None
    return int(lines[3])


@contextmanager
def _locked(cluster: Cluster) -> Iterator[None]:
    with (cluster.folder / "start.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _nobody_else(users: object) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)  # type: ignore[arg-type]
    except BlockingIOError:
        return False
    return True


def _prepare_home(cluster: Cluster, account: Account | None) -> None:
    cluster.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    owner = cluster.home.stat().st_uid
    if account is not None and owner != account.uid:
        os.chown(cluster.home, account.uid, account.gid)
    if account is None and owner != os.geteuid():
        raise LocalError(
            f"{cluster.home} was made by another user (probably by ./run as root). "
            "Call ./run as that user, or set OPTIPLY_STATE_DIR to a folder of your own."
        )


def _init(cluster: Cluster, programs: Path, account: Account | None, secret: str) -> None:
    """Makes the data folder under another name first, so that a half-made one is never taken for whole."""
    draft = cluster.home / "data.draft"
    subprocess.run(["/bin/rm", "-rf", str(draft)], check=True, **switch_to(account))
    password_file = cluster.home / "initial_password"
    secret_files.write_private(password_file, secret)
    if account is not None:
        os.chown(password_file, account.uid, account.gid)
    # The builtin locale sorts and folds the same on every machine, whatever locales are installed.
    command = [
        str(programs / "initdb"), "-D", str(draft), "-U", "postgres", "--auth=scram-sha-256",
        f"--pwfile={password_file}", "-E", "UTF8", "--locale=C", "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8", *([] if cluster.durable else ["--no-sync"]),
    ]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, **switch_to(account))
    finally:
        password_file.unlink()
    if done.returncode != 0:
        raise LocalError(f"PostgreSQL's data folder {cluster.data} could not be made: {done.stderr.strip()[-600:]}")
    draft.replace(cluster.data)


def _check_version(cluster: Cluster, programs: Path) -> None:
    major = (cluster.data / "PG_VERSION").read_text().strip()
    shown = subprocess.run([str(programs / "postgres"), "--version"], capture_output=True, text=True, check=True).stdout
    if shown.split()[-1].split(".")[0] != major:
        raise LocalError(
            f"The data in {cluster.data} was made by PostgreSQL {major}, and this is {shown.strip()}. "
            "docs/operations.md says how to move it; for data that may go, delete the folder."
        )


def _launch(cluster: Cluster, programs: Path, account: Account | None) -> None:
    """Starts the server; when another program takes the port in the meantime, on the next free one."""
    durability = "" if cluster.durable else " -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    refused: frozenset[int] = frozenset()
    for _ in range(PORT_ATTEMPTS):
        port = ports.choose(cluster.state, cluster.name, cluster.preferred_port, refused)
        options = (
            f"-h 127.0.0.1 -p {port} -k '' -c max_connections={MAX_CONNECTIONS} "
            f"-c timezone=UTC -c log_timezone=UTC{durability}"
        )
        began = cluster.log.stat().st_size if cluster.log.exists() else 0
        command = [
            str(programs / "pg_ctl"), "-D", str(cluster.data), "-w", "-t", "60", "-s",
            "-l", str(cluster.log), "-o", options, "start",
        ]  # fmt: skip
        # The server would keep a captured output open and never let this call end.
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True, check=False, **switch_to(account),
        )  # fmt: skip
        if done.returncode == 0:
            return
        if "Address already in use" not in cluster.log.read_text(errors="replace")[began:]:
            break
        refused |= {port}
    raise LocalError(f"PostgreSQL did not start. {_log_end(cluster)}")


def _check_login(server: DatabaseServer, cluster: Cluster) -> None:
    try:
        psycopg.connect(server.dsn("postgres"), connect_timeout=10).close()
    except psycopg.OperationalError as error:
        if "password" not in str(error):
            raise LocalError(f"PostgreSQL runs but takes no connection. {_log_end(cluster)}") from None
        raise LocalError(
            f"PostgreSQL does not accept the password in {cluster.state / 'secrets'}, which was changed or replaced: "
            f"put it back, or delete {cluster.folder} when its data may go."
        ) from None


def _pid_file(cluster: Cluster) -> list[str]:
    try:
        return (cluster.data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []
    except PermissionError:
        raise LocalError(f"{cluster.data} belongs to another user. Call ./run as that user.") from None


def _is_ours(pid: int, data: Path) -> bool:
    """Whether that process is a server on this data folder, and not a stranger who got the number after a crash."""
    command = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self").exists():
        try:
            return str(data).encode() in command.read_bytes()
        except OSError:
            return False
    shown = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return str(data) in shown.stdout


def _remove_stale_pid(cluster: Cluster) -> None:
    """PostgreSQL refuses to start while the number in its pid file is alive, even as another program."""
    if not _pid_file(cluster):
        return
    time.sleep(0.2)  # A server that is just starting may not have written its command line yet.
    if running_port(cluster) is None:
        (cluster.data / "postmaster.pid").unlink(missing_ok=True)


def _log_end(cluster: Cluster) -> str:
    try:
        lines = cluster.log.read_text(errors="replace").splitlines()[-8:]
    except OSError:
        return f"It left no log in {cluster.log}."
    return f"The last lines of {cluster.log}:\n  " + "\n  ".join(lines)
