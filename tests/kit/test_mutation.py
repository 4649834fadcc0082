"""The mutation run finds what a unit test misses: on a project of two models, with a planted survivor."""

import os
from datetime import date
from pathlib import Path

import pytest

from include.kit.mapping_project import project
from include.kit.mutation import mutants
from include.kit.mutation_report import document, lines
from include.kit.mutation_run import marked, mutated, run
from include.kit.scratch import scratch

FILES = {
    "dbt_project.yml": "name: tiny\nprofile: tiny\nmodels: {tiny: {intermediate: {+materialized: view}}}\n",
    "profiles.yml": """tiny: {target: t, outputs: {t: {type: postgres, schema: public, threads: 1,
        host: "{{ env_var('WAREHOUSE_HOST') }}", port: "{{ env_var('WAREHOUSE_PORT') | as_number }}",
        user: "{{ env_var('WAREHOUSE_USER') }}", password: "{{ env_var('WAREHOUSE_PASSWORD') }}",
        dbname: "{{ env_var('WAREHOUSE_DATABASE') }}"}}}\n""",
    "models/numbers.sql": "select 1 as id, 2 as amount, '' as names\n",
    "models/intermediate/doubled.sql": """-- min and max in a comment are no code
select id, {{ 'names' }} as names, amount * 2 as doubled
from {{ ref('numbers') }}
where amount > 0 and id is not null
""",
    "models/intermediate/doubled.yml": """unit_tests:
  - name: positive_amounts_are_doubled
    model: doubled
    given:
      - input: ref('numbers')
        rows: [{id: 1, amount: 1, names: a}, {id: 2, amount: 0}, {id: 3, amount: -1}]
    expect: {rows: [{id: 1, doubled: 2, names: a}]}
""",
}


def changes(text: str) -> list[str]:
    return [mutant.change for mutant in mutants(text)]


@pytest.mark.requirement("R17")
def test_a_planted_survivor_is_found_and_a_planted_catch_is_caught(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    with scratch(os.environ["TEST_DATABASE_URL"], "mutation") as dsn, project(dsn, tmp_path) as tiny:
        assert tiny.mappings() == ["doubled"]
        tiny.build()
        (score,) = run(tiny, dsn, ["doubled"], 1.0, 1)
        (sampled,) = run(tiny, dsn, ["doubled"], 0.2, 1)
    assert [(found.line, found.change) for found in score.survivors] == [(4, "where id is not null -> dropped")]
    assert (score.caught, score.stillborn, sampled.judged) == (10, 0, 2)
    assert list(lines([score]))[:2] == [
        "doubled: 10 of 11 caught (91%) by 1 unit tests",
        "    line   4  survived: where id is not null -> dropped",
    ]


def test_only_sql_is_changed() -> None:
    assert changes("-- a or b\n{# a or b #}{{ config(x='a or b') }}{% if a or b %}\nselect * from t") == []
    assert changes("""{{ config(hook="{{ told('a') }}", of=['a or b']) }}\nselect * from t""") == []
    assert changes("select a.x as y from t where b = 'a or b'") == [
        "a.x as y -> null",
        "where b = 'a or b' -> dropped",
        "= -> <>",
    ]


def test_a_condition_of_a_problem_is_sql_too() -> None:
    text = """select a.x, {{ problems([["a is null and b", "blocked|x|no and no"]]) }} as problems from t"""
    found = [change for change in changes(text) if not change.endswith("null") or change.startswith("is")]
    assert found == ["is null -> is not null", "and -> or"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("where a between 1 and 2 and b", {"where a between 1 and 2 -> dropped", "where b -> dropped", "and -> or"}),
        ("where (a and b) or c", {"and -> or", "or -> and"}),
        ("coalesce(a, f(b, c), d)", {
            "coalesce(a, f(b, c), d) -> its first", "coalesce(a, f(b, c), d) -> without its first"}),
        ("case when not a then 'enabled' else 'sold' end", {"not -> nothing", "'enabled' -> 'disabled'"}),
        ("cast(x as numeric(11, 2)) desc nulls last", {"desc -> asc", "nulls last -> nulls first"}),
        ("a -> 'b' ->> 'c' <= d - e", {"<= -> <", "- -> +"}),
        ("left join t on a <> b", {"left join -> inner join", "<> -> ="}),
    ],
)  # fmt: skip
def test_operators(text: str, expected: set[str]) -> None:
    found = {change for change in changes(text) if not change[0].isdigit()}
    assert found == expected


def test_every_mutant_is_one_change_of_the_rendered_text() -> None:
    text = "select coalesce(a, b) as c from t where a and not b"
    every = mutants(text)
    rendered, number, made = marked(text, every), 0, {}
    for mutant in every:
        made[mutant.change] = " ".join(mutated(rendered, number, mutant).split())
        number += len(mutant.edits)
    assert len(set(made.values())) == len(every)
    assert "coalesce" not in made["coalesce(a, b) -> its first"].split("from", maxsplit=1)[0].replace("/*", "")


def test_the_page_tells_when_and_how_much() -> None:
    text = document([], date(2026, 5, 20), 0.2, 7)
    assert "2026-05-20, 20% of all mutants, drawn with seed 7." in text
