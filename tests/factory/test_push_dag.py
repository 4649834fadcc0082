"""The DAG that sends buy orders: which couplings have one, what its form takes, what it refuses to decide."""

import json
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG
from airflow.serialization.serialized_objects import DagSerialization

from include.contract.errors import Misconfigured
from include.factory.build import build_airflow_dags
from include.spec.load import coupling_files, load_coupling
from include.sync.push import Stuck
from include.tasks.push_operator import PushOperator, decide, left_to_a_person, numbers_of

PICQER = "houtrijk/picqer.yaml"
WEBSHOP = "webshop: acme\ntitle: Acme\ntime_zone: Europe/Amsterdam\nowners: {products: picqer, buy_orders: OWNER}\n"
COUPLING = "coupling: acme__picqer\nconnector: picqer\nrole: primary\nobjects: {products: {}, buy_orders: {}}\n"


def push_dag(file: str = PICQER) -> DAG:
    return build_airflow_dags(file)[f"{load_coupling(file).name}__push"]


@pytest.mark.requirement("F3", "R8")
def test_couplings_that_own_buy_orders_of_a_system_that_takes_them_have_one() -> None:
    made = {name for file in coupling_files() for name in build_airflow_dags(file) if name.endswith("__push")}
    assert {"houtrijk__picqer__push"} <= made
    assert "velodrome__woocommerce__push" not in made


@pytest.mark.requirement("F3")
@pytest.mark.parametrize(("owner", "count"), [("picqer", 2), ("woocommerce", 1)])
def test_who_does_not_own_buy_orders_sends_none(tmp_path: Path, owner: str, count: int) -> None:
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "webshop.yaml").write_text(WEBSHOP.replace("OWNER", owner), encoding="utf-8")
    (tmp_path / "acme" / "picqer.yaml").write_text(COUPLING, encoding="utf-8")
    assert len(build_airflow_dags("acme/picqer.yaml", tmp_path)) == count


@pytest.mark.requirement("R8", "R9")
def test_the_dag_is_readable_and_comes_back_from_its_serialised_form() -> None:
    dag = push_dag()
    assert dag.dag_display_name.endswith("\N{EN DASH} send buy orders")
    assert dag.tags == {"webshop:houtrijk", "integration:picqer", "role:primary", "push"}
    assert dag.is_paused_upon_creation is False, "its tasks look whether the coupling is activated"
    assert [type(task) for task in dag.tasks] == [PushOperator]
    assert "Picqer" in (dag.doc_md or "")
    serialised = DagSerialization.to_dict(dag)
    assert DagSerialization.from_dict(json.loads(json.dumps(serialised))).dag_id == dag.dag_id
    assert DagSerialization.to_dict(push_dag()) == serialised, "the same files make the same DAG"


@pytest.mark.requirement("R8")
@pytest.mark.parametrize(
    ("text", "right"), [("812345", True), ("812345, 812346\n7", True), (None, True), ("op-812345", False), ("", False)]
)
def test_the_form_takes_numbers(text: str | None, right: bool) -> None:
    param = push_dag().params.get_param("orders")
    if right:
        param.resolve(text)
        assert numbers_of({"orders": text}) == (text or "").replace(",", "").split()
    else:
        with pytest.raises(ValueError, match="does not match"):
            param.resolve(text)


@pytest.mark.requirement("R1")
@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"action": "send", "remote_id": "7"}, "a remote id goes with the action 'It is there'"),
        ({"action": "adopt", "orders": "1 2", "remote_id": "7"}, "a remote id goes with the action 'It is there'"),
        ({"action": "adopt", "orders": "1"}, "a remote id goes with the action 'It is there'"),
        ({"action": "drop"}, "no order is named"),
        ({"action": "retry", "orders": None}, "no order is named"),
    ],
)
def test_fields_that_contradict_are_refused_before_anything_is_done(form: dict[str, Any], said: str) -> None:
    with pytest.raises(Misconfigured, match=said):
        decide(None, load_coupling(PICQER), form, numbers_of(form), "me")  # type: ignore[arg-type]


@pytest.mark.requirement("R1")
def test_the_last_lines_of_a_log_name_the_orders_and_the_next_step() -> None:
    one = Stuck("OP 1", "rejected", "answered 400: Verplicht: Betalingsconditie", "Correct it.")
    error = left_to_a_person(load_coupling(PICQER), (one,))
    assert error.reason.lines() == [
        "FAILED (bad request): OP 1 is rejected: answered 400: Verplicht: Betalingsconditie",
        "Who acts: support. Next step: Correct it.",
    ]
    many = left_to_a_person(load_coupling(PICQER), (one,) * 7)
    assert many.what.endswith("; and 2 more")
    assert "./run cli push list houtrijk__picqer" in many.next_step
