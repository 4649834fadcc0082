"""What is asked of an HTTP interface: whatever its description allows and what it does not, the same in each run.

Schemathesis makes most of it. Its pytest plugin is off (pyproject.toml): it would slow each start of pytest.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import requests
import schemathesis
from hypothesis.configuration import set_hypothesis_home_dir
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.schemas import BaseSchema

# Hypothesis keeps tables of characters in a folder, which else would be one of the checkout.
_HOME = tempfile.TemporaryDirectory(prefix="hypothesis-", ignore_cleanup_errors=True)
set_hypothesis_home_dir(_HOME.name)

_CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "unsupported_method",
    "allow_header_conformance",
)
# As they stand in an address: NUL, half of a character, no UTF-8, control characters, digits that are not ours.
_TEXTS = (
    "%00", "a%00b", "%ED%A0%80", "%FF", "%0dX:%201", "%2e%2e", "..%2f..%2fetc", "%20", "%F0%9F%9A%B2", "%E2%80%AE",
    "%D9%A1", "-1", "0", "1e9", "9" * 30, "9" * 5000, "NaN", "'", "x" * 3000,
)  # fmt: skip
_BODIES = (
    b"", b"{", b"null", b"[]", b'""', b"NaN", b"\xff\xfe", b"\x00", b"[" * 100_000, b'{"a":' * 20_000,
    b'{"a": %s}' % (b"9" * 5000), b'{"a": 1e400}', b'{"\\ud800": "\\ud800"}', b'{"\\u0000": "\\u0000"}',
)  # fmt: skip
# Of members of a body that is right for the rest; times that PostgreSQL or Python do not know.
_VALUES: tuple[Any, ...] = (
    None, "", "\x00", "\ud800", "x" * 100_000, -1, 2**63, 10**400, 1e300, [], {}, [None], [2**63], ["\ud800"], True,
    "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59",
)  # fmt: skip
_TYPES = ("text/plain", "application/xml", "multipart/form-data", "application/json; charset=utf-16", "", ';;;"')


@dataclasses.dataclass(frozen=True)
class Asked:
    """How often each operation answered with each status, and what was wrong with the answers."""

    answers: Counter[tuple[str, int]] = dataclasses.field(default_factory=Counter)
    faults: list[str] = dataclasses.field(default_factory=list)

    def told(self) -> str:
        """Return what was wrong, as a text that pytest does not cut."""
        return "\n\n".join(self.faults)

    def statuses(self, operation: str = "") -> set[int]:
        """Return the statuses that an operation answered with, e.g. of `GET /health`; of all where none is named."""
        return {status for name, status in self.answers if operation in ("", name)}


def ask(
    described: Mapping[str, Any], address: str, headers: Mapping[str, str], *, random: int, systematic: bool
) -> Asked:
    """Ask each operation of a description, and find the answers that it does not describe.

    `systematic`: each boundary, each wrong type, what is left out, each method that there is not. `random`: so many
    requests more of each operation, right and wrong. Of a stream of events the first is read.
    """
    asked = Asked()
    for event in from_schema(_schema(described, address, headers, random, systematic)).execute():
        if isinstance(event, events.ScenarioFinished):
            _note(asked, event.recorder)
        elif isinstance(event, events.NonFatalError):
            asked.faults.append(f"{event.label}: {event.value!r}")
        elif isinstance(event, events.FatalError):
            raise event.exception
    return asked


def _schema(
    described: Mapping[str, Any], address: str, headers: Mapping[str, str], random: int, systematic: bool
) -> BaseSchema:
    config = {
        "base-url": address,
        "headers": dict(headers),
        "request-timeout": 20,
        "max-stream-events": 1,
        "seed": 6,
        "continue-on-failure": True,
        "generation": {
            "mode": "all",
            "deterministic": True,
            "max-examples": random,
            "no-shrink": True,
            "database": "none",
            "with-security-parameters": False,
        },
        "phases": {
            "coverage": {"enabled": systematic, "unexpected-methods": ["GET", "POST", "DELETE"]},
            "stateful": {"enabled": False},
        },
        "checks": {"enabled": False} | {name: {"enabled": True} for name in _CHECKS},
    }
    return schemathesis.openapi.from_dict(dict(described), config=schemathesis.Config.from_dict(config))


def _note(asked: Asked, recorder: ScenarioRecorder) -> None:
    for interaction in recorder.interactions.values():
        if interaction.response is not None:
            asked.answers[recorder.label, interaction.response.status_code] += 1
    for check in (check for checks in recorder.checks.values() for check in checks):
        if check.failure_info is not None:
            found = check.failure_info
            asked.faults.append(f"{recorder.label}: {check.name}: {found.failure}\n{found.code_sample}")


def ask_oddly(
    described: Mapping[str, Any], address: str, headers: Mapping[str, str], known: Mapping[str, str]
) -> Asked:
    """Ask each operation what a generator does not think of; `known` has the values of parameters that are right."""
    asked, schema = Asked(), schemathesis.openapi.from_dict(dict(described))
    with requests.Session() as session:
        session.trust_env = False
        for path, methods in described["paths"].items():
            for method, operation in methods.items():
                for address_of, body, kind in _odd(path, operation, known, _body(described, operation)):
                    sent: dict[str, Any] = {"data": body, "headers": {**headers, "Content-Type": kind}}
                    with session.request(method, address + address_of, stream=True, timeout=20, **sent) as answer:
                        hold(asked, schema, method, path, answer)
    return asked


def _body(described: Mapping[str, Any], operation: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the example of an operation's body, with each member that it may have; None where it has no JSON."""
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if schema is None:
        return None
    found: dict[str, Any] = described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    (example,) = found.get("examples", [{}])
    return {**dict.fromkeys(found.get("properties", {})), **example}


def _odd(
    path: str, operation: Mapping[str, Any], known: Mapping[str, str], given: dict[str, Any] | None
) -> Iterator[tuple[str, bytes, str]]:
    """Yield addresses with a body and its type; `given` is the body that is right."""
    body = json.dumps({name: value for name, value in (given or {}).items() if value is not None}).encode()
    right = _filled(path, known)
    for place, parameter in enumerate(operation.get("parameters", [])):
        # Those of a query are many and alike: neighbours share the texts.
        for text in _TEXTS[place % 2 :: 2] if parameter["in"] == "query" else _TEXTS:
            if parameter["in"] == "query":
                yield f"{right}?{parameter['name']}={text}", body, "application/json"
            elif parameter["in"] == "path":
                yield _filled(path, {**known, parameter["name"]: text}), body, "application/json"
    if "requestBody" in operation:
        yield from ((right, odd, "application/json") for odd in _BODIES)
        yield from ((right, body, kind) for kind in _TYPES)
    for name, value in itertools.product(given or {}, _VALUES):
        yield right, json.dumps({**json.loads(body), name: value}).encode(), "application/json"


def _filled(path: str, values: Mapping[str, str]) -> str:
    return re.sub(r"{(\w+)}", lambda match: values[match[1]], path)


def hold(asked: Asked, schema: BaseSchema, method: str, path: str, answer: requests.Response) -> None:
    """Hold one answer of an operation against the description, and count it."""
    operation = f"{method.upper()} {path}"
    asked.answers[operation, answer.status_code] += 1
    documented = schema.raw_schema["paths"][path][method.lower()]["responses"]
    what = f"{operation}: {answer.status_code} at {str(answer.request.url)[:200]}"
    if str(answer.status_code) not in documented and f"{answer.status_code // 100}XX" not in documented:
        asked.faults.append(f"{what} is not described")
        return
    if answer.headers.get("Content-Type", "").startswith("text/event-stream"):
        return
    try:
        schema[path][method.upper()].validate_response(answer)
    except (Failure, FailureGroup) as wrong:
        asked.faults.append(f"{what}: {wrong}")
