"""A batch runs the models that its news can change: what the selection leaves out reads none of it."""

import fnmatch
import re
from typing import Any

import pytest

from include.spec.tables import TABLES
from include.sync.selection import models_of
from include.warehouse.batch import FOLLOWING
from tests.dbt.warehouse import compiled

pytestmark = pytest.mark.requirement("R10")
READS = re.compile(r"batch\.object\s*=\s*'(\w+)'")
# Reads of every object: they run with each batch.
ALWAYS = {"quarantine", "winners"}


@pytest.fixture(scope="module")
def models(project: str) -> dict[str, Any]:
    """Every model with its compiled SQL, by dbt's name of it."""
    return compiled()


def chosen(models: dict[str, Any], *objects: str) -> set[str]:
    patterns = [pattern.partition(",")[0] for pattern in models_of(objects)]
    return {
        model.name
        for model in models.values()
        if model.config.materialized == "incremental"
        and any(fnmatch.fnmatchcase(model.name, pattern) for pattern in patterns)
    }


def news_of(models: dict[str, Any], name: str) -> set[str]:
    """The objects whose news a model reads: itself, its hooks, and the views that it is made of."""
    model = models[name]
    found = set(READS.findall(model.compiled_code))
    for hook in (*model.config.pre_hook, *model.config.post_hook):
        found |= set(re.findall(r"batch\.object = '(\w+)'", hook.sql))
    for above in model.depends_on.nodes:
        if above in models and models[above].config.materialized != "incremental":
            found |= news_of(models, above)
    return found


def test_whoever_reads_news_of_an_object_is_run_for_it(models: dict[str, Any]) -> None:
    read = {
        model.name: news_of(models, key) for key, model in models.items() if model.config.materialized == "incremental"
    }
    assert all(objects for objects in read.values()), "each model reads some news"
    assert {news for objects in read.values() for news in objects} == set(TABLES)
    for name in TABLES:
        readers = {model for model, objects in read.items() if name in objects}
        assert readers <= chosen(models, name), name
        assert chosen(models, name) - ALWAYS < set(read) - ALWAYS, "and not all of them"


def test_a_batch_of_everything_runs_everything(models: dict[str, Any]) -> None:
    every = {model.name for model in models.values() if model.config.materialized == "incremental"}
    assert chosen(models, *TABLES) == every
    assert chosen(models) == ALWAYS


def test_what_follows_a_record_into_another_row_is_known(models: dict[str, Any]) -> None:
    told = {
        model.config.meta["object"]: {child for _, child, _ in model.config.meta["children"]}
        for model in models.values()
        if model.config.get("incremental_strategy") == "regroup"
    }
    assert told == {name: set(children) for name, children in FOLLOWING.items()}
