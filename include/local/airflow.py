"""The settings of every Airflow process, as one pure function. Nothing here imports Airflow."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from include.local import secret_files
from include.local.database_server import AIRFLOW_DATABASE, WAREHOUSE_DATABASE, DatabaseServer

PARALLELISM = 4
USERS = {"admin": "admin", "support": "user"}
LOCAL_BUNDLE = "airflow.dag_processing.bundles.local.LocalDagBundle"
COUPLING_BUNDLE = "include.factory.bundle.CouplingBundle"

Bundle = dict[str, object]


@dataclass(frozen=True)
class Keys:
    """What Airflow's processes share and nobody else may know; `platform` encrypts the platform's stored tokens."""

    jwt_secret: str = field(repr=False)
    api_secret: str = field(repr=False)
    fernet: str = field(repr=False)
    platform: str = field(repr=False)


@dataclass(frozen=True)
class AirflowSettings:
    """Where this Airflow lives: the checkout, its own folder, its database server, its port on loopback."""

    root: Path
    home: Path
    server: DatabaseServer
    port: int
    keys: Keys
    passwords_file: Path
    bundles: tuple[Bundle, ...]

    @property
    def address(self) -> str:
        """Where the UI and the API are."""
        return f"http://127.0.0.1:{self.port}"


def load_keys(folder: Path) -> Keys:
    """The keys of this machine, generated at the first call."""
    return Keys(
        jwt_secret=secret_files.keep(folder, "jwt_secret", secret_files.token),
        api_secret=secret_files.keep(folder, "api_secret", secret_files.token),
        fernet=secret_files.keep(folder, "airflow_fernet_key", secret_files.fernet_key),
        platform=secret_files.keep(folder, "platform_key", secret_files.fernet_key),
    )


def keep_passwords(folder: Path) -> Path:
    """The file with a password per user, in the form of Airflow's simple auth manager; made at the first call."""
    made = {user: secret_files.password() for user in USERS}
    secret_files.keep(folder, "airflow_users.json", lambda: json.dumps(made))
    return folder / "airflow_users.json"


def dag_bundles(root: Path, home: Path, with_couplings: bool = True, configs: Path | None = None) -> tuple[Bundle, ...]:
    """The platform's own DAGs, and the files that the factory writes from the YAML in `configs` (dag_configs)."""
    platform: Bundle = {
        "name": "platform",
        "classpath": LOCAL_BUNDLE,
        "kwargs": {"path": str(root / "dags"), "refresh_interval": 30},
    }
    couplings: Bundle = {
        "name": "couplings",
        "classpath": COUPLING_BUNDLE,
        "kwargs": {
            "configs": str(configs or root / "dag_configs"),
            "folder": str(home / "coupling_dags"),
            "refresh_interval": 10,
        },
    }
    return (platform, couplings) if with_couplings else (platform,)


def airflow_environment(settings: AirflowSettings) -> dict[str, str]:
    """Every variable that differs from Airflow's defaults, for all of its processes alike."""
    return _core(settings) | _servers(settings) | _data(settings) | QUIET


def _core(settings: AirflowSettings) -> dict[str, str]:
    return {
        "AIRFLOW_HOME": str(settings.home),
        "PYTHONPATH": str(settings.root),
        "PYTHONSAFEPATH": "1",
        "AIRFLOW__CORE__DAGS_FOLDER": str(settings.root / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(settings.root / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "True",
        # A person reads these: the sentence counts, not the way through our loader.
        "AIRFLOW__CORE__DAGBAG_IMPORT_ERROR_TRACEBACKS": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        # The scheduler keeps one process per slot: 340 MB at 4, 1 GB at the default 32.
        "AIRFLOW__CORE__PARALLELISM": str(PARALLELISM),
        "AIRFLOW__CORE__FERNET_KEY": settings.keys.fernet,
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{user}:{role}" for user, role in USERS.items()),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(settings.passwords_file),
        # With the default of a second a chain of five tasks takes 6.9 s instead of 2.1 s.
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps(settings.bundles),
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "10",
        # A coupling's file changes when its YAML does, and a changed file is read at once whatever stands here.
        # Reading a thousand anew costs 160 s of CPU (decision 0003).
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "3600",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(settings.home / "logs"),
    }


def _servers(settings: AirflowSettings) -> dict[str, str]:
    return {
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(settings.port),
        "AIRFLOW__API__BASE_URL": settings.address,
        # The next step at the end of a task's log must be readable without scrolling sideways.
        "AIRFLOW__API__DEFAULT_WRAP": "True",
        "AIRFLOW__API__SECRET_KEY": settings.keys.api_secret,
        "AIRFLOW__API_AUTH__JWT_SECRET": settings.keys.jwt_secret,
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{settings.address}/execution/",
    }


def _data(settings: AirflowSettings) -> dict[str, str]:
    return {
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": settings.server.sqlalchemy_address(AIRFLOW_DATABASE),
        "AIRFLOW_CONN_WAREHOUSE": settings.server.airflow_connection(WAREHOUSE_DATABASE),
        "OPTIPLY_SECRET_KEY": settings.keys.platform,
    } | warehouse_environment(settings.server, WAREHOUSE_DATABASE)


def warehouse_environment(server: DatabaseServer, database: str) -> dict[str, str]:
    """Where the warehouse is, for dbt's profile and for the platform's own code. libpq's options keep their names."""
    return {
        "WAREHOUSE_HOST": server.host,
        "WAREHOUSE_PORT": str(server.port),
        "WAREHOUSE_USER": server.user,
        "WAREHOUSE_PASSWORD": server.password,
        "WAREHOUSE_DATABASE": database,
    } | {f"PG{name.upper()}": value for name, value in server.parameters.items() if name in LIBPQ_VARIABLES}


# WAREHOUSE_* has no room for these; libpq reads them from the environment, in psycopg as in dbt.
LIBPQ_VARIABLES: Mapping[str, None] = dict.fromkeys(("sslmode", "sslrootcert", "sslcert", "sslkey", "channel_binding"))

QUIET = {
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "False",
    "DO_NOT_TRACK": "1",
    "SCARF_ANALYTICS": "false",
    "SCARF_NO_ANALYTICS": "true",
}
