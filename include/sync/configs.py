"""Bring the warehouse in line with the YAML files; a coupling whose settings changed is mapped again from raw."""

from __future__ import annotations

import hashlib
from pathlib import Path

import psycopg
from psycopg.types.json import Jsonb

from include.spec import canonical
from include.spec.coupling import Webshop
from include.spec.load import (
    CONFIGS,
    CONNECTORS,
    CouplingConfig,
    connector_names,
    coupling_files,
    load_all,
    load_manifest,
)
from include.spec.manifest import Manifest
from include.spec.problems import Problem
from include.sync.replay import replay
from include.warehouse import registry
from include.warehouse.registry import CouplingRow, FieldRank, Scheduled, Share


def deploy_configs(
    connection: psycopg.Connection, configs: Path = CONFIGS, connectors: Path = CONNECTORS
) -> list[Problem]:
    """Make the landing tables of every connector, register every readable coupling; return the problems of the others.

    A coupling whose file is broken stays as it was registered; one without a file becomes inactive.
    """
    for name in connector_names(connectors):
        _create_streams(connection, load_manifest(name, connectors))
    found, problems = load_all(configs, connectors)
    _register(connection, found)
    broken = {file.rpartition(".")[0].replace("/", "__") for file in coupling_files(configs)}
    registry.forget_missing(connection, sorted(broken))
    _remember(connection, fingerprint(configs, connectors))
    return problems


def deploy_if_changed(connection: psycopg.Connection, configs: Path = CONFIGS, connectors: Path = CONNECTORS) -> bool:
    """Register the couplings when a file changed since the last time; return whether one did."""
    row = connection.execute("select value from platform.facts where name = 'configs'").fetchone()
    if row is not None and row[0] == fingerprint(configs, connectors):
        return False
    deploy_configs(connection, configs, connectors)
    return True


def ensure_registered(connection: psycopg.Connection, config: CouplingConfig) -> None:
    """Register one coupling where the warehouse does not know it, or knows it with other settings."""
    row = connection.execute("select config_hash from platform.couplings where name = %s", [config.name]).fetchone()
    if row is None or row[0] != config.config_hash:
        _create_streams(connection, config.manifest)
        _register(connection, [config])


def _register(connection: psycopg.Connection, configs: list[CouplingConfig]) -> None:
    """Register couplings and replay those that changed: both or nothing, or a crash would leave old rows in place."""
    with connection.transaction():
        changed = registry.register(connection, [row_of(config) for config in configs])
        for config in configs:
            if config.name in changed:
                replay(connection, config.name, config.manifest)


def _create_streams(connection: psycopg.Connection, manifest: Manifest) -> None:
    rooted = {name: stream.root is not None for name, stream in manifest.streams.items()}
    registry.create_streams(connection, manifest.connector, rooted)


def fingerprint(configs: Path, connectors: Path) -> str:
    """Return a hash over the text of all YAML files; reading them is far cheaper than checking them."""
    digest = hashlib.sha256()
    for path in [canonical.FILE, *sorted([*configs.glob("*/*.y*ml"), *connectors.glob("*/manifest.yaml")])]:
        digest.update(f"{path.parent.name}/{path.name}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def _remember(connection: psycopg.Connection, value: str) -> None:
    connection.execute(
        "insert into platform.facts (name, value) values ('configs', %s)"
        " on conflict (name) do update set value = excluded.value",
        [Jsonb(value)],
    )


def row_of(config: CouplingConfig) -> CouplingRow:
    """Return a coupling as the warehouse keeps it."""
    return CouplingRow(
        webshop=config.webshop.webshop,
        webshop_title=config.webshop.title,
        time_zone=config.webshop.time_zone,
        name=config.name,
        connector=config.connector,
        title=config.title,
        role=config.role,
        match_key=config.match_key,
        settings=config.settings,
        config_hash=config.config_hash,
        active=config.enabled,
        shares=_shares(config.webshop, config),
        field_ranks=_field_ranks(config.webshop, config),
        overrides=config.overrides,
        match_keys=tuple((str(name), rule.match_key) for name, rule in config.webshop.consolidation.items()),
        connection=config.connection,
        schedules=tuple(Scheduled(plan.cron, plan.mode, plan.objects) for plan in config.plans if config.enabled),
    )


def _shares(webshop: Webshop, config: CouplingConfig) -> tuple[Share, ...]:
    """Return what the coupling brings; contributors come after all owners."""
    shares = []
    for name in config.objects:
        owners, contributors = webshop.owners_of(name), webshop.contributors_of(name)
        if config.leaf in owners:
            shares.append(Share(name, owners.index(config.leaf) + 1, makes_rows=True))
        elif config.leaf in contributors:
            shares.append(Share(name, len(owners) + contributors.index(config.leaf) + 1, makes_rows=False))
    return tuple(shares)


def _field_ranks(webshop: Webshop, config: CouplingConfig) -> tuple[FieldRank, ...]:
    return tuple(
        FieldRank(str(name), field, couplings.index(config.leaf) + 1)
        for name, rule in webshop.consolidation.items()
        for field, couplings in rule.fields.items()
        if config.leaf in couplings
    )
