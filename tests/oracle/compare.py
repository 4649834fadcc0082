"""What differs between the tables as they are and as an oracle expects them, as sentences."""

from __future__ import annotations

from collections.abc import Mapping

from tests.oracle.tables import DEFAULTS, Attributes, Key, Optiply

Tables = Mapping[str, Mapping[Key, Attributes]]
Keys = Mapping[str, set[Key]]
Problems = set[tuple[str, str, str, str, str]]


def of_coupling(coupling: str, tables: Tables, deleted: Keys) -> tuple[Tables, Keys]:
    """Return the rows that one coupling brought."""
    mine = {table: {key: row for key, row in rows.items() if key[0] == coupling} for table, rows in tables.items()}
    return mine, {table: {key for key in keys if key[0] == coupling} for table, keys in deleted.items()}


def differences(optiply: Optiply, tables: Tables, deleted: Keys) -> list[str]:
    """Return every field of every row that is not as expected."""
    found = []
    for table, columns in DEFAULTS.items():
        expected, held = optiply.tables[table], tables[table]
        found += [f"{table} {key}: missing, expected {expected[key]}" for key in sorted(set(expected) - set(held))]
        found += [f"{table} {key}: not expected, holds {held[key]}" for key in sorted(set(held) - set(expected))]
        for key in sorted(set(expected) & set(held)):
            found += [
                f"{table} {key}.{name}: {held[key][name]!r}, expected {expected[key][name]!r}"
                for name in columns
                if held[key][name] != expected[key][name]
            ]
        found += [f"{table} {key}: deleted or not?" for key in sorted(deleted[table] ^ optiply.deleted[table])]
    return found


def problem_differences(optiply: Optiply, held: Problems) -> list[str]:
    """Return every open problem that is not expected, and every expected one that is not open."""
    missing = [f"not in quarantine: {problem}" for problem in sorted(optiply.problems - held)]
    return missing + [f"in quarantine: {problem}" for problem in sorted(held - optiply.problems)]
