"""Integrity of every DAG: what the UI shows, what starts it, what a failure leads to."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG, CronTriggerTimetable, MultipleCronTriggerTimetable
from airflow.serialization.serialized_objects import DagSerialization
from jsonschema import validate

from dags.platform import build_platform_dags
from include.factory.build import build_airflow_dags
from include.spec.load import coupling_files, load_coupling
from include.tasks.failure import RETRIES, RetryByKind
from include.tasks.pull_operator import PullOperator
from tests.spec.folders import COUPLING, write

FILE = "acme/woocommerce.yaml"
TAG = re.compile(r"(webshop|integration):[a-z0-9_]+|role:(primary|secondary)|pull|platform")
OFF = COUPLING.replace("role: primary", "role: primary\nenabled: false")
NO_CRONS = COUPLING[: COUPLING.index("schedules:")]


def extract_dag(file: str, configs: Path | None = None) -> DAG:
    made = (build_airflow_dags(file, configs) if configs else build_airflow_dags(file)).items()
    (dag,) = (dag for name, dag in made if name.endswith("__extract"))
    return dag


@pytest.fixture(params=coupling_files())
def dag(request: pytest.FixtureRequest) -> DAG:
    return extract_dag(request.param)


@pytest.mark.requirement("R8")
def test_every_dag_is_readable_in_the_ui(dag: DAG) -> None:
    config = load_coupling(next(file for file in coupling_files() if dag.dag_id.startswith(_name(file))))
    assert dag.dag_id == f"{config.name}__extract"
    assert dag.dag_display_name == f"{config.title} \N{EN DASH} pull"
    assert dag.tags == {
        f"webshop:{config.webshop.webshop}",
        f"integration:{config.connector}",
        f"role:{config.role}",
        "pull",
    }
    assert all(TAG.fullmatch(tag) for tag in dag.tags)
    assert dag.is_paused_upon_creation is False, "its tasks look whether the coupling is activated"
    assert not dag.catchup
    assert len(dag.dag_id) <= 250
    assert {task.owner for task in dag.tasks} == {"tech-support"}
    assert all(task.task_display_name != task.task_id for task in dag.tasks)


def test_no_two_tasks_share_an_alias() -> None:
    """Airflow marks one of two tasks failed that tie a shared alias to its asset at the same time."""
    tasks = [task for file in coupling_files() for task in extract_dag(file).tasks if isinstance(task, PullOperator)]
    assert len({task.outlets[0].name for task in tasks}) == len(tasks) > 5


def _name(file: str) -> str:
    return file.removesuffix(".yaml").replace("/", "__")


@pytest.mark.requirement("R8")
def test_the_docs_say_what_support_needs(dag: DAG) -> None:
    config = load_coupling(next(file for file in coupling_files() if dag.dag_id.startswith(_name(file))))
    docs = dag.doc_md or ""
    assert f"Airflow connection `{config.name}`" in docs
    assert config.webshop.title in docs
    assert config.file in docs
    for plan in config.plans:
        assert f"`{plan.cron}` ({plan.mode})" in docs
    for name in config.objects:
        assert f"| {name.replace('_', ' ')} |" in docs
    for key in config.settings:
        assert f"| `{key}` |" in docs
    assert "When a task is red" in docs


@pytest.mark.requirement("R7")
def test_pull_tasks_are_tried_again_by_kind_of_error(dag: DAG) -> None:
    pulls = [task for task in dag.tasks if isinstance(task, PullOperator)]
    assert len(pulls) == len(dag.tasks) - 1
    for task in pulls:
        assert task.retries == RETRIES > 0
        assert isinstance(task.retry_policy, RetryByKind)
        assert task.on_failure_callback
        assert task.on_retry_callback


@pytest.mark.requirement("R1")
def test_a_failed_task_in_the_middle_makes_the_run_fail(dag: DAG) -> None:
    """A run takes its outcome from its leaves, so there is one, it hears of every task, and it minds a failure."""
    (leaf,) = [task for task in dag.tasks if not task.downstream_task_ids]
    assert leaf.task_id == "done"
    assert leaf.trigger_rule == "none_failed"
    assert leaf.upstream_task_ids == {task.task_id for task in dag.tasks} - {"done"}


@pytest.mark.requirement("R3")
@pytest.mark.rule("B13")
def test_parents_come_first_and_a_failure_holds_nothing_back() -> None:
    dag = extract_dag("bralex/exact_online.yaml")
    upstream = {task.task_id: task.upstream_task_ids for task in dag.tasks}
    assert upstream["pull_suppliers"] == upstream["pull_products"] == set()
    assert upstream["pull_supplier_products"] == {"pull_suppliers", "pull_products"}
    assert upstream["pull_sell_orders"] == {"pull_products"}
    assert {task.trigger_rule for task in dag.tasks if task.task_id != "done"} == {"all_done"}


@pytest.mark.requirement("R8")
def test_the_form_is_typed(dag: DAG) -> None:
    form = {name: param.schema for name, param in dag.params.items()}
    defaults = dag.params.dump()
    names = [task.pulled_object for task in dag.tasks if isinstance(task, PullOperator)]
    assert list(form) == ["objects", "mode", "since", "remote_id"]
    assert form["objects"]["items"]["enum"] == form["objects"]["examples"] == names
    assert form["mode"]["enum"] == ["changed", "all", "single"] == list(form["mode"]["values_display"])
    assert form["since"]["format"] == "date-time"
    others = {"mode": "changed", "since": None, "remote_id": None}
    assert defaults == {"objects": names} | others
    for name, schema in form.items():
        assert schema["title"]
        assert dag.params.get_param(name).description
        validate(defaults[name], schema)


@pytest.mark.requirement("R9")
def test_one_timetable_for_all_crons_in_the_webshops_zone(configs: Path) -> None:
    for file, zone in ((FILE, "Europe/Amsterdam"), ("best/woocommerce.yaml", "America/New_York")):
        dag = extract_dag(file, configs)
        timetable = dag.timetable
        assert isinstance(timetable, MultipleCronTriggerTimetable)
        config = load_coupling(file, configs)
        assert {one.expression for one in timetable.timetables} == {plan.cron for plan in config.plans}
        assert {str(one.timezone) for one in timetable.timetables} == {zone}


@pytest.mark.requirement("R9")
def test_the_same_cron_twice_starts_one_run(configs: Path) -> None:
    same = COUPLING.replace('"H/10 * * * *"', '"30 2 * * *"')
    write(configs, acme__woocommerce=same)
    timetable = extract_dag(FILE, configs).timetable
    assert isinstance(timetable, CronTriggerTimetable)
    assert timetable.expression == "30 2 * * *"


@pytest.mark.requirement("R9", "R3")
@pytest.mark.parametrize("text", [OFF, NO_CRONS], ids=["switched off", "no schedules"])
def test_no_schedule_but_the_button_stays(configs: Path, text: str) -> None:
    write(configs, acme__woocommerce=text)
    dag = extract_dag(FILE, configs)
    assert dag.schedule is None
    assert {task.task_id for task in dag.tasks} == {"pull_products", "pull_sell_orders", "done"}


@pytest.mark.requirement("R3")
def test_an_object_that_is_switched_off_has_no_task(configs: Path) -> None:
    write(configs, acme__woocommerce=COUPLING.replace("sell_orders: {}", "sell_orders: {enabled: false}"))
    assert {task.task_id for task in extract_dag(FILE, configs).tasks} == {"pull_products", "done"}


@pytest.mark.parametrize("objects", ["objects: {}", "objects: {products: {enabled: false}}"])
def test_a_coupling_of_nothing_is_still_a_dag(configs: Path, objects: str) -> None:
    text = COUPLING[: COUPLING.index("objects:")] + objects + "\n"
    write(configs, acme__woocommerce=text)
    dag = extract_dag(FILE, configs)
    assert [task.task_id for task in dag.tasks] == ["done"]
    DagSerialization.to_dict(dag)
    dag.params.validate()


def as_text(dag: DAG) -> str:
    return json.dumps(DagSerialization.to_dict(dag), sort_keys=True, default=str)


@pytest.mark.parametrize("file", coupling_files())
def test_the_same_files_make_the_same_dag(file: str) -> None:
    """Airflow keeps a new version of a DAG whenever its serialised form changes."""
    first, second = as_text(extract_dag(file)), as_text(extract_dag(file))
    assert first == second
    assert re.search(r"0x[0-9a-f]{6,}", first) is None, "an address in memory would make each parse a new version"


def test_another_cron_makes_another_dag(configs: Path) -> None:
    before = as_text(extract_dag(FILE, configs))
    write(configs, acme__woocommerce=COUPLING.replace("30 2", "31 2"))
    assert as_text(extract_dag(FILE, configs)) != before


def test_dags_come_back_from_their_serialised_form(dag: DAG) -> None:
    back: Any = DagSerialization.from_dict(json.loads(json.dumps(DagSerialization.to_dict(dag))))
    assert set(back.task_dict) == set(dag.task_dict)
    assert back.dag_display_name == dag.dag_display_name


@pytest.mark.requirement("R8")
def test_the_platforms_own_dags() -> None:
    found = build_platform_dags()
    assert set(found) == {
        "activate",
        "change_coupling",
        "transform",
        "drain_webhooks",
        "approve_deletions",
        "check_webhooks",
        "monitor",
        "maintain",
    }
    assert found["transform"].max_active_runs == 1
    assert found["approve_deletions"].max_active_runs > 1000, "a question that waits holds back no other"
    for name, dag in found.items():
        assert (dag.dag_id, dag.tags) == (name, {"platform"})
        assert dag.dag_display_name != name
        assert (dag.doc_md or "").strip()
        assert not dag.catchup
        for task in dag.tasks:
            assert task.owner != "airflow"
            assert isinstance(task.retry_policy, RetryByKind)
