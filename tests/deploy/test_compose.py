"""docker-compose.yaml, without an engine: the specification's schema, and that everything it names exists."""

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from include.local.airflow import AirflowSettings, Keys, airflow_environment, dag_bundles
from include.local.database_server import DatabaseServer

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docker-compose.yaml").read_text()
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "optiply-platform" in service["image"]}
ENVIRONMENT: dict[str, str] = OURS["init"]["environment"]
EXAMPLE = (ROOT / ".env.example").read_text()
SCHEMA = json.loads((files("check_jsonschema") / "builtin_schemas/vendor/compose-spec.json").read_text())


def resolved(value: str) -> str:
    """The value as compose puts it in with defaults and, for what must be set, the word `set`."""
    value = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value)
    return re.sub(r"\$\{\w+(:\?[^}]*)?\}", "set", value)


def test_valid_by_the_compose_specification() -> None:
    jsonschema.validate(COMPOSE, SCHEMA)


def test_the_schema_refuses_what_is_wrong() -> None:
    wrong = {"services": {"worker": {"image": "x", "healthcheck": {"test": 5}, "replicas": 2}}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, SCHEMA)


def test_every_secret_must_be_set_and_is_in_the_example() -> None:
    required = set(re.findall(r"\$\{(\w+):\?must be set", TEXT))
    assert len(required) == 8
    assert required <= set(re.findall(r"^(\w+)=", EXAMPLE, re.MULTILINE))
    used = set(re.findall(r"\$\{(\w+)", TEXT)) - required
    assert used - set(re.findall(r"^#? ?(\w+)=", EXAMPLE, re.MULTILINE)) == {"PLATFORM_VERSION"}
    for name in required:
        assert re.search(rf"^{name}=$", EXAMPLE, re.MULTILINE), f"{name} has a value in the example"


def test_every_process_has_the_same_environment() -> None:
    for service in OURS.values():
        assert ENVIRONMENT.items() >= service["environment"].items()
        assert service["volumes"] == OURS["init"]["volumes"]


def test_the_settings_are_those_of_run_up() -> None:
    root, home = Path("/opt/platform"), Path("/opt/airflow")
    server = DatabaseServer("postgres", 5432, "postgres", "set")
    keys = Keys("set", "set", "set", "set")
    settings = AirflowSettings(root, home, server, 8080, keys, home / "state/users.json", dag_bundles(root, home))
    local = airflow_environment(settings)
    compose = {name: resolved(str(value)) for name, value in ENVIRONMENT.items()}
    from_image = set(re.findall(r"^(?:ENV)?\s+(\w+)=", DOCKERFILE, re.MULTILINE))
    # Said otherwise in containers, each for its reason.
    different = {
        "AIRFLOW__CORE__EXECUTOR", "AIRFLOW__API__HOST", "AIRFLOW__CORE__EXECUTION_API_SERVER_URL",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME",
    }  # fmt: skip
    only_local = {"AIRFLOW__CORE__PARALLELISM", "SCARF_ANALYTICS", "SCARF_NO_ANALYTICS"}
    assert set(local) - set(compose) - from_image == only_local
    for name in set(local) & set(compose) - different:
        ours, theirs = local[name], compose[name]
        if ours.startswith(("{", "[")):
            same = json.loads(theirs)
            assert (
                {**json.loads(ours), "extra": None} == {**same, "extra": None}
                if ours[0] == "{"
                else json.loads(ours) == same
            )
        else:
            assert ours == theirs, name


def test_airflow_knows_every_option() -> None:
    from tests.local.test_airflow import known_options  # noqa: PLC0415

    provider = {
        "AIRFLOW__CELERY__BROKER_URL", "AIRFLOW__CELERY__RESULT_BACKEND", "AIRFLOW__CELERY__WORKER_CONCURRENCY",
        "AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__VISIBILITY_TIMEOUT",
    }  # fmt: skip
    from airflow.providers.celery.get_provider_info import get_provider_info  # noqa: PLC0415

    described = get_provider_info()["config"]
    celery = {
        f"AIRFLOW__{part}__{option}".upper() for part, content in described.items() for option in content["options"]
    }
    assert provider <= celery
    assert {name for name in ENVIRONMENT if name.startswith("AIRFLOW__")} <= known_options() | celery


def test_every_other_variable_is_read_by_the_code() -> None:
    code = "".join(
        path.read_text() for folder in ("include", "dbt_project") for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".yml", ".sql"} and "target" not in path.parts
    )  # fmt: skip
    for name in ENVIRONMENT:
        if not name.startswith(("AIRFLOW__", "AIRFLOW_CONN_", "AIRFLOW_PASSWORD_")):
            assert name in code, name


@pytest.mark.parametrize("name", sorted(OURS))
def test_every_command_exists(name: str) -> None:
    program, *arguments = OURS[name]["command"]
    if program == "python":
        from importlib.util import find_spec  # noqa: PLC0415

        from include.local.__main__ import COMMANDS  # noqa: PLC0415

        assert arguments[0] == "-m"
        if arguments[1] == "include.local":
            assert arguments[2] in COMMANDS
        else:
            assert arguments[1:] == ["include.receiver"]
            assert find_spec("include.receiver.__main__")
        return
    from airflow.cli.cli_parser import get_parser  # noqa: PLC0415

    assert program == "airflow"
    parsed = get_parser().parse_args(arguments)
    expected = [word for word in arguments if not word.startswith("-")]
    assert parsed.subcommand == expected[-1]


def test_health_checks_name_jobs_that_exist() -> None:
    from airflow.cli.cli_parser import get_parser  # noqa: PLC0415

    for name, job in {"scheduler": "Scheduler", "dag-processor": "DagProcessor", "triggerer": "Triggerer"}.items():
        (kind, line) = OURS[name]["healthcheck"]["test"]
        assert kind == "CMD-SHELL"
        arguments = line.split()
        # Airflow's own idea of the host's name, which need not be what `hostname` prints.
        assert "--local" in arguments
        assert get_parser().parse_args(arguments[1:]).job_type == f"{job}Job"


def test_every_service_that_stays_is_watched() -> None:
    assert {name for name, service in SERVICES.items() if "healthcheck" not in service} == {"init"}


def test_only_ui_and_receiver_are_published_and_on_loopback() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(published) == {"api-server", "receiver"}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)
    taken = resolved(published["receiver"][0]).rsplit(":", 1)[1]
    assert ENVIRONMENT["OPTIPLY_RECEIVER_PORT"] == taken
    assert f":{taken}/health" in OURS["receiver"]["healthcheck"]["test"][3]
    inner = resolved(published["api-server"][0]).rsplit(":", 1)[1]
    assert ENVIRONMENT["AIRFLOW__API__PORT"] == inner
    assert f":{inner}/" in ENVIRONMENT["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"]
    assert f":{inner}/" in OURS["api-server"]["healthcheck"]["test"][3]


def test_folders_of_the_image_exist() -> None:
    copied = re.findall(r"^COPY (\S+) (\S+)$", DOCKERFILE, re.MULTILINE)
    assert copied
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    for source, target in copied:
        assert (ROOT / source).exists(), source
        assert f"!{source}" in ignored
        assert target in {source, "./"}
    in_image = {f"/opt/platform/{source}" for source, _ in copied} | {"/opt/airflow"}
    for name in re.findall(r"/opt/platform/\w+", TEXT):
        assert name in in_image
    assert "USER airflow" in DOCKERFILE


def test_the_image_installs_uv_out_of_the_lock() -> None:
    import subprocess  # noqa: PLC0415

    (program,) = re.findall(r"awk '([^']+)'", DOCKERFILE)
    cut = subprocess.run(["awk", program, str(ROOT / "requirements.lock")], capture_output=True, text=True, check=True)
    lines = cut.stdout.splitlines()
    assert lines[0].startswith("uv==")
    assert all("--hash=sha256:" in line for line in lines[1:])
    assert not lines[-1].endswith("\\")


def test_the_lock_names_no_host_and_every_package_has_hashes() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    assert "://" not in lock
    packages = re.findall(r"^[a-z0-9][\w.\-\[\]]*==[^\n]*\n(    --hash=sha256:)?", lock, re.MULTILINE)
    assert len(packages) > 200
    assert all(packages)
    assert re.search(r"^dbt-core-experimental-parser==\S+ ; sys_platform == 'never'", lock, re.MULTILINE)
    assert re.search(r"^celery==5\.[0-6]\.", lock, re.MULTILINE)
