"""JSON Schema of the three kinds of YAML files, for editors: schemas/*.schema.json, made from their models."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

import pydantic

from include.cli.yaml_reference import reached, sentence
from include.spec.columns import LINES, settable, skippable
from include.spec.coupling import Coupling, Webshop
from include.spec.load import ROOT, connector_names, load_manifest
from include.spec.manifest import Manifest, Setting
from include.spec.problems import ConfigError

FOLDER = ROOT / "schemas"
KINDS: Mapping[str, type[pydantic.BaseModel]] = {"manifest": Manifest, "coupling": Coupling, "webshop": Webshop}
Node = dict[str, Any]
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TYPES = {
    "string": "string", "integer": "integer", "number": "number", "boolean": "boolean", "list": "array",
    "mapping": "object",
}  # fmt: skip


def pages() -> dict[str, str]:
    """Return file name -> text of each schema."""
    made = {"manifest": manifest(), "coupling": coupling(), "webshop": _schema(Webshop)}
    return {f"{kind}.schema.json": json.dumps(made[kind], indent=1, ensure_ascii=False) + "\n" for kind in KINDS}


def _schema(model: type[pydantic.BaseModel]) -> Node:
    """Return the model's schema with the sentence of every key; other keys are refused, as the models refuse them."""
    made: Node = model.model_json_schema()
    for inside in {one.__name__: one for one in reached(model)}.values():
        node = made if inside is model else made["$defs"][inside.__name__]
        for name, field in inside.model_fields.items():
            node["properties"][name]["description"] = sentence(inside, name, field)
    _without_titles(made)
    return {"$schema": _DIALECT, **made}


def _without_titles(node: Any) -> None:
    """Take out pydantic's titles, which repeat the key, and its `discriminator`, which is no JSON Schema."""
    if isinstance(node, dict):
        if isinstance(node.get("title"), str):
            del node["title"]
        if isinstance(node.get("discriminator"), dict) and "oneOf" in node:
            del node["discriminator"]
        for inside in node.values():
            _without_titles(inside)
    elif isinstance(node, list):
        for inside in node:
            _without_titles(inside)


def manifest() -> Node:
    """Return the schema of a manifest: with `defaults`, a stream may leave out what stands there, or take it away."""
    made = _schema(Manifest)
    streams = made["properties"]["streams"]
    names, whole = streams.pop("patternProperties").popitem()
    streams |= {"propertyNames": {"pattern": names}}
    part = _part_of("Stream", made["$defs"])
    made["properties"]["defaults"] = {"description": "Laid under each stream; `key: null` takes a default away."}
    partial = {"defaults": {"$ref": part}, "streams": {"additionalProperties": {"$ref": part}}}
    made["if"] = {"required": ["defaults"]}
    made["then"] = {"properties": partial}
    made["else"] = {"properties": {"streams": {"additionalProperties": whole}}}
    return made


def _part_of(name: str, definitions: dict[str, Node]) -> str:
    """Define the part of a model that a stream may give beside the defaults: nothing required; return its address."""
    part = f"{name}Part"
    if part not in definitions:
        definitions[part] = {}
        node = copy.deepcopy(definitions[name])
        node.pop("required", None)
        node["properties"] = {
            key: _or_nothing(_parts_in(inside, definitions)) for key, inside in node["properties"].items()
        }
        definitions[part] = node
    return f"#/$defs/{part}"


def _parts_in(node: Any, definitions: dict[str, Node]) -> Any:
    if isinstance(node, list):
        return [_parts_in(inside, definitions) for inside in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        return {**node, "$ref": _part_of(name, definitions)} if "properties" in definitions[name] else node
    # Without its `type`, which a default may give, a part can fit several members of a union.
    node = {"anyOf" if key == "oneOf" else key: _parts_in(inside, definitions) for key, inside in node.items()}
    if isinstance(node.get("additionalProperties"), dict):
        node["additionalProperties"] = _or_nothing(node["additionalProperties"])
    return node


def _or_nothing(node: Node) -> Node:
    words: Node = {key: node.pop(key) for key in ("description", "default") if key in node}
    return {**words, "anyOf": [node, {"type": "null"}]}


def coupling() -> Node:
    """Return the schema of a coupling: which objects and settings there are follows from its connector."""
    made = _schema(Coupling)
    made["allOf"] = []
    for name in connector_names():
        try:
            found = load_manifest(name)
        except ConfigError:
            # `./run cli check` names what is wrong with it; its couplings are checked as if it had no settings.
            continue
        made["allOf"].append(
            {
                "if": {"properties": {"connector": {"const": name}}, "required": ["connector"]},
                "then": {"properties": {"objects": _objects(found), "settings": _settings(found)}, **_needs(found)},
            }
        )
    return made


def _objects(found: Manifest) -> Node:
    tables = {name: {"properties": _overrides(name)} for name in found.objects}
    return {"propertyNames": {"enum": list(found.objects)}, "properties": tables}


def _overrides(table: str) -> Node:
    """Return which columns of a table an override may name."""
    columns: Node = {"propertyNames": {"enum": settable(table)}}
    skips: Node = {"items": {"enum": skippable(table)}}
    lines: Node = {"lines": {"properties": _overrides(LINES[table])}} if table in LINES else {"lines": {"type": "null"}}
    return {"columns": columns, "skip_columns": skips, **lines}


def _settings(found: Manifest) -> Node:
    required = [key for key, setting in found.settings.items() if setting.required]
    return {
        "properties": {key: _setting(setting) for key, setting in found.settings.items()},
        "additionalProperties": False,
        **({"required": required} if required else {}),
    }


def _needs(found: Manifest) -> Node:
    return {"required": ["settings"]} if any(setting.required for setting in found.settings.values()) else {}


def _setting(setting: Setting) -> Node:
    node: Node = {"description": setting.help, "type": _TYPES[setting.type]}
    if setting.choices and setting.type != "mapping":
        node["enum"] = setting.choices
    if setting.type == "list":
        node["items"] = {"type": "string"}
    if setting.type == "mapping":
        above_zero = {"type": "number", "exclusiveMinimum": 0}
        words = {"type": "string", **({"enum": setting.choices} if setting.choices else {})}
        node["additionalProperties"] = words if setting.values == "string" else above_zero
    if setting.default is not None:
        node["default"] = setting.default
    elif not setting.required:
        node = {"description": node.pop("description"), "anyOf": [node, {"type": "null"}]}
    return node
