"""A PostgreSQL server and the forms in which libpq, SQLAlchemy, Airflow and dbt want to be told about it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from include.local.errors import LocalError

AIRFLOW_DATABASE = "airflow"
WAREHOUSE_DATABASE = "warehouse"
CONNECT_SECONDS = 10


@dataclass(frozen=True)
class DatabaseServer:
    """Where the server is and who we are there; `parameters` are libpq's others, such as sslmode."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    parameters: Mapping[str, str] = field(default_factory=dict)
    maintenance_database: str = "postgres"

    def dsn(self, database: str) -> str:
        """A libpq address, as psycopg and psql take it."""
        return self._address("postgresql", database)

    def sqlalchemy_address(self, database: str) -> str:
        """The address that Airflow's metadata database is configured with; the driver is psycopg2."""
        return self._address("postgresql+psycopg2", database)

    def airflow_connection(self, database: str) -> str:
        """The JSON form of an Airflow connection, for AIRFLOW_CONN_WAREHOUSE."""
        connection = {
            "conn_type": "postgres",
            "host": self.host,
            "port": self.port,
            "login": self.user,
            "password": self.password,
            "schema": database,
            "extra": dict(self.parameters),
        }
        return json.dumps(connection, sort_keys=True)

    def _address(self, scheme: str, database: str) -> str:
        query = f"?{urlencode(sorted(self.parameters.items()))}" if self.parameters else ""
        login = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}"
        host = f"[{self.host}]" if ":" in self.host else quote(self.host, safe="")
        return f"{scheme}://{login}@{host}:{self.port}/{quote(database, safe='')}{query}"


def from_address(address: str) -> DatabaseServer:
    """The server that DATABASE_URL names. Raises LocalError, without the address: it holds a password."""
    normal = address.replace("postgresql+psycopg2://", "postgresql://", 1).replace("postgres://", "postgresql://", 1)
    try:
        parts = {key: str(value) for key, value in conninfo_to_dict(normal).items() if value is not None}
        port = int(parts.pop("port", "5432"))
    except (psycopg.ProgrammingError, ValueError):
        raise LocalError("DATABASE_URL is no address of the form postgresql://user:password@host:port/name.") from None
    return DatabaseServer(
        host=parts.pop("host", "localhost"),
        port=port,
        user=parts.pop("user", "postgres"),
        password=parts.pop("password", ""),
        maintenance_database=parts.pop("dbname", "postgres"),
        parameters=parts,
    )


def ensure_databases(server: DatabaseServer, names: Iterable[str]) -> None:
    """Creates the databases that are missing. Raises LocalError when the server says no."""
    try:
        with psycopg.connect(
            server.dsn(server.maintenance_database), autocommit=True, connect_timeout=CONNECT_SECONDS
        ) as connection:
            rows = connection.execute("select datname from pg_database").fetchall()
            for name in sorted(set(names) - {row[0] for row in rows}):
                _create(connection, name)
    except psycopg.OperationalError as error:
        raise LocalError(f"PostgreSQL at {server.host}:{server.port} cannot be used: {_first_line(error)}") from None


def _create(connection: psycopg.Connection[tuple[object, ...]], name: str) -> None:
    try:
        connection.execute(
            sql.SQL("create database {} encoding 'UTF8' template template0").format(sql.Identifier(name))
        )
    except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
        pass  # Another process of ours made it between the look and the deed.
    except psycopg.errors.InsufficientPrivilege:
        raise LocalError(
            f"The server has no database '{name}', and this user may not create it. "
            f"Let its administrator run: create database {name} owner <user>."
        ) from None


def _first_line(error: psycopg.Error) -> str:
    return (str(error).strip().splitlines() or ["no reason given"])[0]
