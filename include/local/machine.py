"""One object for this machine: where state lies, which PostgreSQL, and the environment that all programs get."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from include.local import ports, postgres
from include.local.airflow import AirflowSettings, airflow_environment, dag_bundles, keep_passwords, load_keys
from include.local.database_server import (
    AIRFLOW_DATABASE,
    WAREHOUSE_DATABASE,
    DatabaseServer,
    ensure_databases,
    from_address,
)
from include.local.paths import ROOT, state_folder
from include.spec.load import CONFIGS, CONFIGS_VARIABLE

POSTGRES_PORT = 54329
TEST_POSTGRES_PORT = 54529
AIRFLOW_PORT = 8080
RECEIVER_PORT = 8090


@dataclass(frozen=True)
class Machine:
    """A checkout on this machine with its database server running; `environ` is what every program is started with."""

    root: Path
    state: Path
    settings: AirflowSettings
    environ: Mapping[str, str]
    receiver_port: int = RECEIVER_PORT

    @property
    def receiver(self) -> str:
        """Where the receiver of webhooks is."""
        return f"http://127.0.0.1:{self.receiver_port}"

    @property
    def server(self) -> DatabaseServer:
        """The database server, embedded or not."""
        return self.settings.server


def state() -> Path:
    """The state folder of this checkout."""
    return state_folder(ROOT, os.environ)


def platform_cluster(folder: Path, durable: bool = True) -> postgres.Cluster:
    """The data of `./run up`."""
    return postgres.Cluster(folder, "postgres", POSTGRES_PORT, durable)


def test_cluster(folder: Path) -> postgres.Cluster:
    """The data of `./run test`, apart from the platform's, and not safe against a power cut."""
    return postgres.Cluster(folder, "test_postgres", TEST_POSTGRES_PORT, durable=False)


@contextmanager
def ready(durable: bool = True, folder: Path | None = None, configs: Path = CONFIGS) -> Iterator[Machine]:
    """PostgreSQL is up and has both databases while inside: the embedded one, or the server that DATABASE_URL names.

    `folder` is the state folder when it is not this checkout's own, `configs` the folder of the couplings.
    """
    place = folder or state()
    place.mkdir(mode=0o711, parents=True, exist_ok=True)
    if address := os.environ.get("DATABASE_URL"):
        yield _machine(place, from_address(address), configs)
        return
    with postgres.running(platform_cluster(place, durable)) as server:
        yield _machine(place, server, configs)


def _machine(folder: Path, server: DatabaseServer, configs: Path) -> Machine:
    ensure_databases(server, (AIRFLOW_DATABASE, WAREHOUSE_DATABASE))
    home = folder / "airflow"
    home.mkdir(mode=0o700, exist_ok=True)
    secrets = folder / "secrets"
    settings = AirflowSettings(
        root=ROOT,
        home=home,
        server=server,
        port=ports.remembered(folder).get("airflow", AIRFLOW_PORT),
        keys=load_keys(secrets),
        passwords_file=keep_passwords(secrets),
        bundles=dag_bundles(ROOT, home, configs=configs),
    )
    return Machine(ROOT, folder, settings, {**program_environment(settings), CONFIGS_VARIABLE: str(configs)})


def program_environment(settings: AirflowSettings) -> dict[str, str]:
    """The caller's environment with ours over it: credentials of couplings come in as the caller's AIRFLOW_CONN_*."""
    state = settings.home.parent
    inherited = {
        name: value for name, value in os.environ.items()
        # Without compiled files every task process would compile the platform's code again.
        if name not in ("PYTHONDONTWRITEBYTECODE", "DATABASE_URL")
    }  # fmt: skip
    return {
        **inherited,
        **airflow_environment(settings),
        "OPTIPLY_STATE_DIR": str(state),
        "DBT_TARGET_FOLDER": str(state / "cache"),
    }
