"""Airflow's environment: complete, private, known to the installed Airflow, and on loopback."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from include.local import airflow, machine, secret_files
from include.local.airflow import AirflowSettings, Keys, airflow_environment, dag_bundles
from include.local.airflow_processes import PROCESSES, unhealthy
from include.local.database_server import DatabaseServer, from_address

SERVER = DatabaseServer("127.0.0.1", 5432, "postgres", "p@ss/w:rd", {"sslmode": "require"})
KEYS = Keys("jwt", "api", "fernet", "platform")
HOME = Path("/srv/state/airflow")
SETTINGS = AirflowSettings(
    Path("/srv/app"), HOME, SERVER, 8090, KEYS, Path("/srv/users.json"), dag_bundles(Path("/srv/app"), HOME)
)


def known_options() -> set[str]:
    from importlib.util import find_spec  # noqa: PLC0415

    spec = find_spec("airflow")
    assert spec is not None
    assert spec.submodule_search_locations
    described = yaml.safe_load(
        (Path(spec.submodule_search_locations[0]) / "config_templates" / "config.yml").read_text()
    )
    return {
        f"AIRFLOW__{section}__{option}".upper()
        for section, content in described.items()
        for option in content["options"] or {}
    }


def test_airflow_knows_every_option_that_we_set() -> None:
    ours = {name for name in airflow_environment(SETTINGS) if name.startswith("AIRFLOW__")}
    assert ours
    assert ours - known_options() == set()


def test_everything_listens_on_loopback() -> None:
    environ = airflow_environment(SETTINGS)
    assert environ["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert environ["AIRFLOW__API__BASE_URL"] == "http://127.0.0.1:8090"
    assert environ["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:8090/execution/"
    # These two serve logs on every interface unless told not to.
    assert "-s" in PROCESSES["scheduler"]
    assert "-s" in PROCESSES["triggerer"]


def test_addresses_survive_special_characters() -> None:
    environ = airflow_environment(SETTINGS)
    assert environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == (
        "postgresql+psycopg2://postgres:p%40ss%2Fw%3Ard@127.0.0.1:5432/airflow?sslmode=require"
    )
    connection = json.loads(environ["AIRFLOW_CONN_WAREHOUSE"])
    assert (connection["password"], connection["schema"]) == ("p@ss/w:rd", "warehouse")
    assert connection["extra"] == {"sslmode": "require"}
    assert environ["WAREHOUSE_PASSWORD"] == "p@ss/w:rd"
    assert environ["PGSSLMODE"] == "require"
    assert from_address(SERVER.dsn("postgres")) == SERVER


def test_another_port_changes_every_address() -> None:
    changed = airflow_environment(replace(SETTINGS, port=8099))
    assert not [name for name, value in changed.items() if "8090" in value]


def test_bundles_are_the_platforms_and_the_couplings() -> None:
    bundles = json.loads(airflow_environment(SETTINGS)["AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"])
    assert [bundle["name"] for bundle in bundles] == ["platform", "couplings"]
    assert bundles[1]["kwargs"] == {
        "configs": "/srv/app/dag_configs",
        "folder": "/srv/state/airflow/coupling_dags",
        "refresh_interval": 10,
    }


def test_secrets_show_in_no_repr() -> None:
    assert not [
        word
        for word in ("p@ss", "jwt'", "fernet'", "'platform'")
        if word in repr(SETTINGS).replace('"', "'").split("bundles")[0]
    ]


def test_passwords_are_private_kept_and_for_every_user(tmp_path: Path) -> None:
    path = airflow.keep_passwords(tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert set(json.loads(path.read_text())) == {"admin", "support"}
    assert airflow.keep_passwords(tmp_path).read_text() == path.read_text()


def test_fernet_keys_are_accepted() -> None:
    from cryptography.fernet import Fernet  # noqa: PLC0415

    key = Fernet(secret_files.fernet_key())
    assert key.decrypt(key.encrypt(b"token")) == b"token"


def test_credentials_of_couplings_pass_and_ours_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_ACME__PICQER", "http://x")
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "postgresql://production")
    environ = machine.program_environment(SETTINGS)
    assert environ["AIRFLOW_CONN_ACME__PICQER"] == "http://x"
    assert "production" not in environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]


def _health(beat: str) -> dict[str, dict[str, str | None]]:
    return {
        name: {"status": "healthy", f"latest_{name}_heartbeat": beat}
        for name in ("scheduler", "dag_processor", "triggerer")
    }


def test_a_heartbeat_of_the_last_run_does_not_count() -> None:
    began = datetime(2026, 5, 1, 12, 0, tzinfo=UTC).timestamp()
    assert unhealthy(None, began) == list(PROCESSES)
    assert unhealthy(_health("2026-05-01T11:59:55+00:00"), began) == ["scheduler", "dag-processor", "triggerer"]
    assert unhealthy(_health("2026-05-01T12:00:05+00:00"), began) == []
    sick = _health("2026-05-01T12:00:05+00:00")
    sick["triggerer"]["status"] = "unhealthy"
    assert unhealthy(sick, began) == ["triggerer"]


@pytest.mark.parametrize("address", ["mysql://x", "postgresql://u:secret@h:notaport/d", "gibberish secret"])
def test_a_wrong_database_address_is_refused_without_showing_it(address: str) -> None:
    from include.local.errors import LocalError  # noqa: PLC0415

    with pytest.raises(LocalError) as raised:
        from_address(address)
    assert "secret" not in str(raised.value)


def test_airflow_metadata_database_is_migrated(airflow_database: str) -> None:
    import psycopg  # noqa: PLC0415

    with psycopg.connect(airflow_database.replace("+psycopg2", "")) as connection:
        assert connection.execute("select count(*) from alembic_version").fetchone() == (1,)
