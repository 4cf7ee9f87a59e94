"""Checking the configuration against its schema, with one sentence for what is wrong.

Free of torch and of Snakemake: it runs whenever the workflow is parsed.
"""

import math
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from machinery.errors import InputError

SCHEMA = Path(__file__).parents[2] / "schemas" / "config.schema.yaml"


def check_schema(config: Any) -> None:
    """Raise InputError, one sentence that names the key, unless ``config`` fits the schema."""
    errors = list(validator().iter_errors(config))
    if errors:
        raise InputError(_sentence(min(errors, key=_position)))


def typed(value: Any, schema: Mapping[str, Any] | None = None) -> Any:
    """``value`` with the numbers, truth values and nulls that Snakemake left as text.

    It reads everything inside --config 'section={key: 3}' as text. What ``schema``, by default that
    of the whole config, wants as text stays text.
    """
    schema = validator().schema if schema is None else schema
    if isinstance(value, dict):
        parts = schema.get("properties", {})
        rest = schema.get("additionalProperties") or {}
        return {key: typed(item, parts.get(key, rest)) for key, item in value.items()}
    if isinstance(value, list):
        return [typed(item, schema.get("items", {})) for item in value]
    if isinstance(value, str) and value:
        try:
            read = yaml.safe_load(value)
        except yaml.YAMLError:
            return value
        text = "string" in schema.get("type", ())
        if isinstance(read, str) and "number" in schema.get("type", ()) and not text:
            with suppress(ValueError):
                return float(read)  # 1e-3, which is text in YAML 1.1
        if read is None and "null" in schema.get("type", ("null",)):
            return None
        return read if isinstance(read, int | float) and not text else value
    return value


def check_keys(path: str | Path) -> None:
    """Raise InputError if a mapping in the YAML file ``path`` has a key twice: YAML drops one."""
    with suppress(yaml.YAMLError):  # which Snakemake reports
        _check_keys(path, yaml.compose(Path(path).read_bytes()))


def _check_keys(path: str | Path, node: yaml.Node | None) -> None:
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _check_keys(path, item)
    elif isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            name, line = str(key.value)[:80], key.start_mark.line + 1
            if name in seen:
                raise InputError(f"{path}: line {line} has the key {name} again; remove one.")
            seen.add(name)
            _check_keys(path, value)


@cache
def validator() -> Draft202012Validator:
    """Of the schema: its integers are Python's, without 1.0, and its numbers are finite."""
    types = Draft202012Validator.TYPE_CHECKER.redefine_many(
        {
            "integer": lambda _, value: isinstance(value, int) and not isinstance(value, bool),
            "number": lambda _, value: (
                isinstance(value, int | float)
                and not isinstance(value, bool)
                and (isinstance(value, int) or math.isfinite(value))
            ),
        }
    )
    schema = yaml.safe_load(SCHEMA.read_text())
    schema = _resolved(schema, schema.pop("$defs"))
    return extend(Draft202012Validator, type_checker=types)(schema)


def _resolved(schema: Any, definitions: Mapping[str, Any]) -> Any:
    """``schema`` with its references replaced, which jsonschema would look up again each time."""
    if isinstance(schema, list):
        return [_resolved(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    own = {key: value for key, value in schema.items() if key != "$ref"}
    if "$ref" in schema:
        own = {**definitions[schema["$ref"].removeprefix("#/$defs/")], **own}
    return {key: _resolved(value, definitions) for key, value in own.items()}


def _position(error: ValidationError) -> tuple[bool, bool, str]:
    # Unknown keys first: they are typing mistakes, and explain a missing key beside them. An item
    # that is wrong in itself before one that repeats another: 1.0 beside 1.
    return (
        error.validator != "additionalProperties",
        error.validator == "uniqueItems",
        ".".join(map(str, error.absolute_path)),
    )


def _sentence(error: ValidationError) -> str:
    key = ".".join(str(part) for part in error.absolute_path)
    meaning = error.schema.get("description")
    about = f" ({meaning})" if meaning else ""
    value = f"{error.instance!r:.80}"
    match error.validator:
        case "additionalProperties":
            known = error.schema["properties"]
            unknown = sorted(str(name) for name in error.instance if name not in known)
            prefix = f"{key}." if key else ""
            wrong = f"{prefix}{unknown[0]:.80}"
            return f"config: {wrong} is not a setting; known here: {', '.join(known)}."
        case "required":
            prefix = f"{key}." if key else ""
            missing = [name for name in error.validator_value if name not in error.instance]
            return f"config: {prefix}{missing[0]} is missing; config.yaml shows its default."
        case "type":
            wanted = error.validator_value
            wanted = " or ".join(wanted) if isinstance(wanted, list) else wanted
            return f"config: {key or 'the file'} = {value}{about} must be of type {wanted}."
        case "enum":
            allowed = ", ".join(map(str, error.validator_value))
            return f"config: {key} = {value}{about} must be one of: {allowed}."
        case "not":
            return f"config: {key} = {value}{about} is reserved; choose another name."
        case "pattern":
            return f"config: {key} = {value}{about} may hold letters, digits, _ and - only."
    limits = {
        "minimum": "at least {}",
        "maximum": "at most {}",
        "exclusiveMinimum": "more than {}",
        "exclusiveMaximum": "less than {}",
        "multipleOf": "a multiple of {}",
        "minItems": "a list of at least {} item",
        "minLength": "a text of at least {} character",
        "maxLength": "a text of at most {} characters",
        "uniqueItems": "a list without repetition",
    }
    rule = limits.get(str(error.validator), f"valid ({error.message})")
    return f"config: {key} = {value}{about} must be {rule.format(error.validator_value)}."
