"""What the shape of a manifest's `webhooks` cannot say: streams, objects, settings and fields that must agree."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from include.spec.call import Single
from include.spec.coupling_check import wrong_value
from include.spec.marked_yaml import Path_
from include.spec.problems import nearest
from include.spec.webhooks import OURS, EventRule, RsaSha256, Webhooks

if TYPE_CHECKING:
    from include.spec.manifest import Manifest

Add = Callable[[Path_, str], None]
_FIELD = re.compile(r"\{([^{}|]+)(?:\|[^{}]*)?\}")
_OF_A_CALL = ("topic", "topic.0", "topic.1", "address", "secret", "remote_id")


def check_webhooks(manifest: Manifest, add: Add) -> None:
    """Tell `add` everything wrong with the webhooks of a manifest beyond their shape."""
    webhooks = manifest.webhooks
    if webhooks is None:
        return
    _check_proof(webhooks, manifest, add)
    _check_when(webhooks, manifest, add)
    if (webhooks.topic.header is None) == (webhooks.topic.field is None):
        add(("webhooks", "topic"), "needs either header or field")
    for topic, rules in webhooks.events.items():
        for place, rule in enumerate(rules):
            _check_rule(("webhooks", "events", topic, place), rule, manifest, add)
    _check_calls(webhooks, manifest, add)


def _check_proof(webhooks: Webhooks, manifest: Manifest, add: Add) -> None:
    path: Path_ = ("webhooks", "secret")
    has_keys = isinstance(webhooks.signature, RsaSha256)
    if has_keys != (webhooks.secret is None):
        add(path, "must be empty with rsa_sha256, and only there")
    elif webhooks.secret is not None and webhooks.secret != OURS:
        known = ["connection.login", "connection.password", *(f"connection.{key}" for key in manifest.connection.extra)]
        match = _FIELD.fullmatch(webhooks.secret)
        if match is None or match[1] not in known:
            add(path, f"must be '{OURS}' or one field of the connection.{nearest(webhooks.secret.strip('{}'), known)}")
    if webhooks.ping is not None:
        try:
            re.compile(webhooks.ping)
        except re.error as error:
            add(("webhooks", "ping"), f"is no regular expression: {error}")


def _check_when(webhooks: Webhooks, manifest: Manifest, add: Add) -> None:
    for key, values in webhooks.when.items():
        setting = manifest.settings.get(key)
        if setting is None:
            add(("webhooks", "when", key), f"is not among the settings.{nearest(key, manifest.settings)}")
            continue
        for message in filter(None, (wrong_value(value, setting) for value in values)):
            add(("webhooks", "when", key), message)


def _check_rule(path: Path_, rule: EventRule, manifest: Manifest, add: Add) -> None:
    made = manifest.objects.get(rule.object)
    if made is None:
        add((*path, "object"), f"{manifest.title} has no {rule.object}.{nearest(rule.object, manifest.objects)}")
        return
    if (rule.stream is None) == (rule.record is not None or rule.gone) or (rule.gone and rule.record is not None):
        add(path, "needs stream with record, stream with gone, or none of them")
    elif rule.stream is not None and rule.stream not in made.streams:
        add((*path, "stream"), f"'{rule.stream}' is not pulled with {rule.object}.{nearest(rule.stream, made.streams)}")
    elif rule.stream is not None and rule.gone:
        if rule.id is None and rule.id_header is None:
            add(path, "needs id or id_header: which record is gone")
    elif rule.stream is not None:
        _check_landed(path, rule.stream, manifest, add)
    elif rule.pull == "single" and rule.id is None and rule.id_header is None:
        add(path, "needs id or id_header: the record has to be asked for")
    elif rule.pull == "single" and not any(
        isinstance(manifest.streams[name].single, Single) for name in made.streams if name in manifest.streams
    ):
        add((*path, "pull"), f"no stream of {rule.object} has a call for a single record: write 'changed'")


def _check_landed(path: Path_, name: str, manifest: Manifest, add: Add) -> None:
    """An event brings a record only where it can be put in order, and where nothing but itself says what it is."""
    stream = manifest.streams.get(name)
    if stream is None:
        return
    if getattr(stream.changed, "field", None) is None:
        message = f"'{name}' names no change time of a record (changed.field): an old event could overwrite news"
        add((*path, "stream"), message)
    elif stream.parent is not None or stream.is_keyed_by_each:
        add((*path, "stream"), f"a record of '{name}' needs its parent or marketplace: let it be asked for")


def _check_calls(webhooks: Webhooks, manifest: Manifest, add: Add) -> None:
    registration = webhooks.registration
    if (registration.remove is None) == (registration.cannot_remove is None):
        add(("webhooks", "registration"), "needs either remove or cannot_remove")
    known = [*_OF_A_CALL, "connection.host", *(f"settings.{key}" for key in manifest.settings)]
    for name in ("create", "listed", "revive", "remove"):
        call = getattr(registration, name)
        for part in ("path", "params", "body", "headers"):
            for field in _fields(getattr(call, part, None)):
                if field not in known:
                    path = ("webhooks", "registration", name, part)
                    add(path, f"'{{{field}}}' is not known here.{nearest(field, known)}")


def _fields(template: Any) -> Iterator[str]:
    if isinstance(template, dict):
        for inside in template.values():
            yield from _fields(inside)
    elif isinstance(template, list):
        for inside in template:
            yield from _fields(inside)
    elif isinstance(template, str):
        yield from (name.removeprefix("int:") for name in _FIELD.findall(template))
