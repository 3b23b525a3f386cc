#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What an independent validator makes of configuration files, and what the JSON Schemas say of each key.

usage: schema.py verdicts SCHEMAS FILE...          "good FILE" or "bad FILE" for each
       schema.py bounds SCHEMAS FOLDER             writes files at and beyond each bound
       schema.py compare SCHEMAS <KEYS             differences from the program's table (tables keys)
       schema.py output SCHEMAS NAME <JSON         what is wrong with what the program printed
       schema.py changes SCHEMAS NAME JSON <CHANGES  "CHANGE<tab>MISTAKE" for each line of Python that changes "it", the file
A file that is called devices.yaml is a list of devices, settings.yaml the host's settings, every other one a profile.
"""
import json
import os
import sys

import jsonschema
import yaml


class Loader(yaml.SafeLoader):
    """YAML as files of configuration mean it: a date is a text."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def load_schema(folder, name):
    with open(os.path.join(folder, name + ".schema.json"), encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft7Validator.check_schema(schema)
    return schema


def verdicts(folder, files):
    validators = {name: jsonschema.Draft7Validator(load_schema(folder, name)) for name in ("profile", "devices", "settings")}
    for path in files:
        validator = validators.get(os.path.basename(path).removesuffix(".yaml"), validators["profile"])
        try:
            with open(path, "rb") as file:
                good = validator.is_valid(yaml.load(file, Loader))
        except yaml.YAMLError:
            good = False
        print("good" if good else "bad", path)


def properties(definition, prefix=""):
    """Each key as the program's table calls it, with what the schema says of it."""
    for name, about in definition["properties"].items():
        if "properties" in about:
            yield from properties(about, prefix + name + ".")
        else:
            yield prefix + name, about


def number_of(about):
    """The part that is about numbers, where there is one: the bounds stand there."""
    return next((part for part in about.get("anyOf", [about]) if "integer" in part["type"]), None)


def type_with(name, value):
    config = {"num": 1, "maxInstances": 1, "fbLen": 1, "fbRes": 1}
    *above, last = name.split(".")
    for part in above:
        # small, so that the largest width and height are not too many pixels together
        config[part] = {"maxResX": 1, "maxResY": 1, last: value}
    if not above:
        config[last] = value
    return {"gpus": [{"mdevConfigs": [config]}]}


def filter_with(name, value):
    return {"gpus": [{"filteredGpus": [{name: value}], "mdevConfigs": []}]}


def bounds(folder, to):
    definitions = load_schema(folder, "profile")["definitions"]
    for kind, make in ("type", type_with), ("filter", filter_with):
        for name, about in properties(definitions[kind]):
            cases = []
            number = number_of(about) if about.get("type") != ["string", "null"] else None
            if number:
                low, high = number["minimum"], number["maximum"]
                cases += [("low", low), ("high", high), ("under", low - 1), ("over", high + 1)]
            elif "maxLength" in about:
                low, high = about["minLength"], about["maxLength"]
                cases += [("low", "a" * low), ("high", "a" * high), ("over", "a" * (high + 1))]
                cases += [("under", "a" * (low - 1))] if low else []
            cases += [("null", None), ("word", "auto"), ("list", [])]
            for case, value in cases:
                with open(os.path.join(to, "%s.%s.%s.yaml" % (kind, name, case)), "w", encoding="utf-8") as file:
                    json.dump(make(name, value), file)


def kind_of(about):
    parts = about.get("anyOf", [about])
    types = [kind for part in parts if "type" in part for kind in ([part["type"]] if isinstance(part["type"], str) else part["type"])]
    return next(kind for word, kind in (("boolean", "boolean"), ("string", "text"), ("integer", "integer")) if word in types)


def takes_auto(about):
    return {"const": "auto"} in about.get("anyOf", []) or "auto" in about.get("examples", [])


def described(key, about, required):
    """What the program's table says, and what the schema says in its place."""
    number = number_of(about) if key["kind"] == "integer" else about
    yield "kind", key["kind"], kind_of(about)
    yield "required", key["required"], required
    yield "automatic", key["automatic"], takes_auto(about)
    yield "default", key.get("default"), about.get("default")
    if key["kind"] == "integer":
        yield "min", key["min"], number["minimum"]
        # The most instances are the largest that a known driver takes; "check" knows it from the driver's layouts.
        yield "max", 48 if key["name"] == "maxInstances" else key["max"], number["maximum"]
    elif key["kind"] == "text":
        yield "min", key["min"], about["minLength"]
        yield "max", key["max"], about["maxLength"]
    yield "unit", True, key["unit"] in about["description"]


def compare(folder, keys):
    definition = load_schema(folder, "profile")["definitions"]["type"]
    known = dict(properties(definition))
    for key in keys:
        about = known.pop(key["name"], None)
        if about is None:
            print("%s: not in the schema" % key["name"])
            continue
        for what, wanted, found in described(key, about, key["name"] in definition["required"]):
            if wanted != found or isinstance(wanted, bool) != isinstance(found, bool):
                print("%s: %s is %r, not %r as in the schema" % (key["name"], what, wanted, found))
    for name in known:
        print("%s: only in the schema" % name)


def closed(about):
    """The same, with no room for keys that are not documented."""
    if isinstance(about, list):
        return [closed(part) for part in about]
    if not isinstance(about, dict):
        return about
    about = {key: closed(value) for key, value in about.items()}
    if isinstance(about.get("properties"), dict) and about.get("type") == "object":
        about["additionalProperties"] = False
    return about


def mistakes(folder, name, document):
    validator = jsonschema.Draft7Validator(closed(load_schema(folder, name)))
    for error in validator.iter_errors(document):
        yield "/".join(map(str, error.absolute_path)) + ": " + error.message


def output(folder, name):
    for mistake in mistakes(folder, name, json.load(sys.stdin)):
        print(mistake)


def changes(folder, name, path):
    for change in sys.stdin:
        with open(path, encoding="utf-8") as file:
            names = {"it": json.load(file)}
        exec(change.strip(), names)
        print(change.strip(), *[m.splitlines()[0] for m in mistakes(folder, name, names["it"])][:1], sep="\t")


def main(verb, folder, *arguments):
    if verb == "verdicts":
        verdicts(folder, arguments)
    elif verb == "bounds":
        bounds(folder, *arguments)
    elif verb == "compare":
        compare(folder, json.load(sys.stdin))
    elif verb == "output":
        output(folder, *arguments)
    elif verb == "changes":
        changes(folder, *arguments)
    else:
        sys.exit(__doc__)


main(*sys.argv[1:])
