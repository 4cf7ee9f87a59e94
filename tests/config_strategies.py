"""Configs drawn from the schema itself: valid ones, and ones that break exactly one of its rules.

A key that is added to the schema is drawn, too.
"""

import copy
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from machinery.schema import validator

ROOT = Path(__file__).parents[1]
DEFAULT = yaml.safe_load((ROOT / "config.yaml").read_text())
SCHEMA = validator().schema
NEW = "a_new_name"  # of an entry in a mapping whose names are the user's
MISSING = object()  # for a key that is taken away
Place = tuple[str | int, ...]

OF_TYPE: dict[str, SearchStrategy] = {
    "integer": st.integers(),
    "number": st.floats().filter(lambda x: not math.isfinite(x) or x != int(x)),
    "boolean": st.booleans(),
    "null": st.none(),
    "string": st.text(),
    "array": st.lists(st.integers(), max_size=2),
    "object": st.dictionaries(st.text(max_size=5), st.integers(), min_size=1, max_size=2),
}


@dataclass(frozen=True)
class Break:
    """A way to break one ``rule`` at ``place``: ``values`` are put there."""

    place: Place
    rule: str
    values: SearchStrategy


def types(schema: dict) -> list[str]:
    wanted = schema.get("type", [])
    return [wanted] if isinstance(wanted, str) else wanted


def fits(schema: dict, value: Any) -> bool:
    return validator().evolve(schema=schema).is_valid(value)


def nodes(schema: dict = SCHEMA, place: Place = ()) -> Iterator[tuple[Place, dict]]:
    """Every place of a config and its schema; of a list, the place behind its last item."""
    yield place, schema
    for name, part in schema.get("properties", {}).items():
        yield from nodes(part, (*place, name))
    if isinstance(schema.get("additionalProperties"), dict):
        yield from nodes(schema["additionalProperties"], (*place, NEW))
    if "items" in schema:
        yield from nodes(schema["items"], (*place, len(at(DEFAULT, place) or [])))


def valid(schema: dict, own: dict[Place, SearchStrategy], place: Place = ()) -> SearchStrategy:
    """Values that fit ``schema``; at the places in ``own``, those of its strategies."""
    if place in own:
        return own[place]
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    return st.one_of([_valid(kind, schema, own, place) for kind in types(schema)]).filter(
        lambda value: fits(schema, value)
    )


def _valid(kind: str, schema: dict, own: dict, place: Place) -> SearchStrategy:
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    match kind:
        case "integer":
            step = schema.get("multipleOf", 1)
            return st.integers(-(-low // step), high // step).map(lambda number: number * step)
        case "number":
            return st.floats(low, high)
        case "string" if "pattern" in schema:
            return st.from_regex(schema["pattern"])
        case "array":
            items = valid(schema["items"], own, (*place, 0))
            unique = repr if schema.get("uniqueItems") else None
            least = schema.get("minItems", 0)
            return st.lists(items, min_size=least, max_size=least + 3, unique_by=unique)
        case "object" if isinstance(schema["additionalProperties"], dict):
            values = valid(schema["additionalProperties"], own, (*place, NEW))
            return st.dictionaries(valid(schema["propertyNames"], own), values, max_size=2)
        case "object":
            parts = schema["properties"].items()
            return st.fixed_dictionaries(
                {name: valid(part, own, (*place, name)) for name, part in parts}
            )
    return OF_TYPE[kind]


def breaks() -> Iterator[Break]:
    """Every rule of the schema at every place."""
    for place, schema in nodes():
        for rule, values in _broken(schema):
            yield Break(place, rule, values)
        for name in schema.get("required", []):
            if NEW not in place:
                yield Break((*place, name), "required", st.just(MISSING))
        if schema.get("additionalProperties") is False and NEW not in place:
            unknown = st.text().filter(lambda name, known=schema["properties"]: name not in known)
            yield Break(place, "additionalProperties", unknown.map(Unknown))
        if "propertyNames" in schema:
            names = st.text().filter(lambda n, rule=schema["propertyNames"]: not fits(rule, n))
            yield Break(place, "propertyNames", names.map(Unknown))


@dataclass(frozen=True)
class Unknown:
    """A key to be added to a mapping."""

    key: str


def _broken(schema: dict) -> Iterator[tuple[str, SearchStrategy]]:
    allowed = types(schema) or list({_type(value) for value in schema.get("enum", [])})
    for kind, values in OF_TYPE.items():
        if kind not in allowed and not (kind == "integer" and "number" in allowed):
            yield f"type {kind}", values
    if {"integer", "number"} & set(allowed) and "enum" not in schema:
        yield "finite", st.sampled_from([math.nan, math.inf, -math.inf])
    if "integer" in allowed:
        yield "1.0", st.integers(1, 9).map(float)
    if "enum" in schema:
        wrong = st.one_of([OF_TYPE[_type(value)] for value in schema["enum"][:1]])
        yield "enum", wrong.filter(lambda value: value not in schema["enum"])
    number = st.integers if "integer" in allowed else st.floats
    if "minimum" in schema:
        below = number(max_value=schema["minimum"])
        yield "minimum", below.filter(lambda x: x < schema["minimum"])
    if "exclusiveMinimum" in schema:
        yield "exclusiveMinimum", number(max_value=schema["exclusiveMinimum"])
    if "maximum" in schema:
        above = number(min_value=schema["maximum"])
        yield "maximum", above.filter(lambda x: x > schema["maximum"])
    if "exclusiveMaximum" in schema:
        yield "exclusiveMaximum", number(min_value=schema["exclusiveMaximum"])
    if "multipleOf" in schema:
        between = st.integers(schema["minimum"], schema["maximum"])
        yield "multipleOf", between.filter(lambda x: x % schema["multipleOf"])
    if "pattern" in schema:
        yield "pattern", st.text().filter(lambda text: not re.search(schema["pattern"], text))
        yield "pattern, last line", st.from_regex(schema["pattern"]).map(lambda name: name + "\n")
    if "const" in schema.get("not", {}):
        yield "not", st.just(schema["not"]["const"])
    if "minLength" in schema:
        yield "minLength", st.text(max_size=schema["minLength"] - 1)
    if "maxLength" in schema:
        length = schema["maxLength"]
        yield "maxLength", st.integers(length + 1, 40 * length).map(lambda count: count * "a")
    if "items" in schema:
        item = valid(schema["items"], {})
        if schema.get("minItems"):
            yield "minItems", st.lists(item, max_size=schema["minItems"] - 1)
        if schema.get("uniqueItems"):
            yield "uniqueItems", item.map(lambda value: [value, value])


def _type(value: Any) -> str:
    return {str: "string", int: "integer", bool: "boolean", float: "number"}[type(value)]


def at(config: Any, place: Place) -> Any:
    """What stands at ``place``; None where there is nothing."""
    for name in place:
        if isinstance(config, list) and name == len(config):
            return None
        config = config.get(name) if isinstance(config, dict) else config[name]
        if config is None:
            return None
    return config


def changed(config: dict, place: Place, value: Any) -> Any:
    """``config`` with ``value`` at ``place``: a key more, or less, or a list with an item more."""
    if not place and not isinstance(value, Unknown):
        return value
    config = copy.deepcopy(config)
    if isinstance(value, Unknown):
        at(config, place)[value.key] = 1
        return config
    *way, last = place
    there = config
    for name in way:
        if there[name] is None:
            there[name] = []
        there = there[name]
    if value is MISSING:
        del there[last]
    elif isinstance(there, list):
        there.append(value)
    else:
        there[last] = value
    return config
