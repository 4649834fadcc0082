"""`./run bench [--json FILE] [--only NAME]`."""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import psycopg
from psycopg import sql

from include.bench import deletions, extract, parse, status, transform, webhook_intake, webhook_row
from include.bench.result import Result
from include.local import machine, postgres
from include.local.database_server import DatabaseServer

DATABASE = "optiply_bench"
BENCHMARKS: dict[str, Callable[[str], Result]] = {
    "extract_land_page100": lambda dsn: extract.extract_land(dsn, 100),
    "extract_land_page1000": lambda dsn: extract.extract_land(dsn, 1000),
    "repull_unchanged": extract.repull_unchanged,
    "memory_200k": extract.memory,
    "transform_full": transform.full,
    "transform_no_news": transform.no_news,
    "transform_empty_batch": transform.empty_batch,
    "transform_1pct": transform.one_percent,
    "deletion_diff": deletions.deletion_diff,
    "dag_parse_1000": lambda _dsn: parse.dag_parse(1000),
    "webhook_intake": webhook_intake.webhook_intake,
    "webhook_to_row": lambda _dsn: webhook_row.webhook_to_row(),
    "couplings_page_1000": status.couplings_page_1000,
    "coupling_status": status.coupling_status,
    "task_parse": lambda _dsn: parse.task_parse(1000),
}


def main(arguments: list[str]) -> int:
    """Run the benchmarks on a PostgreSQL of their own, print a table, write {name: {value, unit, floor, ratio}}."""
    parser = argparse.ArgumentParser(prog="./run bench", description="Benchmarks, each beside a floor of the same run.")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    parser.add_argument(
        "--only", action="append", choices=sorted(BENCHMARKS), metavar="NAME", help=", ".join(BENCHMARKS)
    )
    chosen = parser.parse_args(arguments)
    results: dict[str, Result] = {}
    with postgres.running(machine.test_cluster(machine.state())) as server:
        for name, run in BENCHMARKS.items():
            if not chosen.only or name in chosen.only:
                results[name] = run(_fresh_database(server))
                print(_line(name, results[name]), flush=True)
    if chosen.json:
        written = {name: dataclasses.asdict(result) for name, result in results.items()}
        chosen.json.write_text(json.dumps(written, indent=2) + "\n")
    return 0


def _fresh_database(server: DatabaseServer) -> str:
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(DATABASE)))
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
    return server.dsn(DATABASE)


def _line(name: str, result: Result) -> str:
    floor = "" if result.floor is None else f"  floor {result.floor:>12,.2f}"
    ratio = "" if result.ratio is None else f"  ratio {result.ratio:.2f}"
    return f"{name:<24} {result.value:>12,.2f} {result.unit:<10}{floor}{ratio}"
