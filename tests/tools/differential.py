#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Profiles and lists of devices, judged a second time: PyYAML reads them, the rules below say what they mean.

differential.py generate FOLDER       writes the same files each time
differential.py lay FOLDER FILE...    copies each under its own folder, lists of devices under the name by which they are known;
                                      prints where those lie that are not in a folder bad*
differential.py compare GPU REPORT FILE...
                                      REPORT is what "check --json FILE..." printed; FILE.plan, where there is one, what
                                      "plan --json -c FILE" did. Prints every difference, and in the end what was compared.

Scalars, structure and places come from PyYAML and nothing else. Where the program means to differ from it, a rule says so,
marked "differs".
"""

import json
import os
import random
import re
import shutil
import sys

import yaml

YAML = "tag:yaml.org,2002:"
U16, U32, U64 = 2**16 - 1, 2**32 - 1, 2**64 - 1


class Broken(Exception):
    """What no rule about profiles can be asked about: the file is refused for its YAML."""


# --- YAML, by PyYAML -----------------------------------------------------------------------------------------------------


class Loader(yaml.SafeLoader):
    def compose_node(self, parent, index):
        event = self.peek_event()
        # differs: an anchor may be given anew, as YAML 1.1 (3.2.2.2) has it
        if not isinstance(event, yaml.AliasEvent):
            self.anchors.pop(event.anchor, None)
        return super().compose_node(parent, index)

    def compose_scalar_node(self, anchor):
        tag = self.peek_event().tag
        node = super().compose_scalar_node(anchor)
        # differs: tags are those of texts, integers, truths and null
        if tag not in (None, "!", YAML + "str", YAML + "int", YAML + "bool", YAML + "null"):
            raise Broken("tag")
        node.is_plain = (node.style is None) if tag in (None, "!") else tag != YAML + "str"
        return node


def read(path):
    with open(path, "rb") as file:
        loader = Loader(file.read())
    try:
        root = loader.get_single_node()
        if root is not None:
            examine(root, [])
        return root
    except (yaml.YAMLError, UnicodeError) as error:
        raise Broken(str(error)) from error


def examine(node, above):
    """The bounds of a file, and mappings whose keys are words, each once; merge keys are resolved on the way up."""
    if node in above:
        raise Broken("recursive")
    if len(above) >= 32:
        raise Broken("deep")
    if isinstance(node, yaml.ScalarNode):
        if len(node.value.encode()) > 1024 or "\0" in node.value:
            raise Broken("long")
        return
    if getattr(node, "examined", False):
        return
    above = above + [node]
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            examine(item, above)
        return

    keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
    # differs: a key stands once, and is a word
    if len(keys) != len(node.value) or len(set(keys)) != len(keys) or len(keys) > 1024:
        raise Broken("keys")
    for pair in node.value:
        for item in pair:
            examine(item, above)
    yaml.constructor.SafeConstructor().flatten_mapping(node)
    node.examined = True


def items(mapping):
    """Of keys that stand twice after a merge, the last one counts: PyYAML puts what is merged first."""
    return list({key.value: (key, value) for key, value in mapping.value}.values())


def is_plain(node):
    return isinstance(node, yaml.ScalarNode) and node.is_plain


def resolved(text):
    """What a plain word is to YAML 1.1: int, bool, null, float, str, ..."""
    return Loader("").resolve(yaml.ScalarNode, text, (True, False)).replace(YAML, "")


def is_null(node):
    return is_plain(node) and resolved(node.value) == "null"


def integer(text):
    """The number that a word is, None where it is none; "?" where readers differ, so that it is none for sure."""
    # differs: 010 is 8 to YAML 1.1 and 10 to others
    if re.fullmatch("[-+]?0[0-9_]+", text):
        return "?"
    # differs: YAML 1.2's octal numbers are taken
    if re.fullmatch("[-+]?0o[0-7][0-7_]*", text):
        return int(text.replace("0o", "").replace("_", ""), 8)
    # differs: no base 60, and a digit comes before the first underscore
    if ":" in text or re.match("[-+]?0[xb]_", text) or resolved(text) != "int":
        return None
    return yaml.constructor.SafeConstructor().construct_yaml_int(yaml.ScalarNode(YAML + "int", text))


def truth(text):
    # differs: y and n are YAML 1.1's, but not PyYAML's
    if text in ("y", "Y", "n", "N"):
        return text in "yY"
    if resolved(text) == "bool":
        return yaml.constructor.SafeConstructor().construct_yaml_bool(yaml.ScalarNode(YAML + "bool", text))
    return None


# --- the format ----------------------------------------------------------------------------------------------------------

REQUIRED = object()
COMPUTED = object()

KEYS = {
    "num": ("integer", 1, U32, REQUIRED),
    "name": ("text", 1, 63, "Arc GPU"),
    "gpuClass": ("text", 1, 63, "Compute"),
    "maxInstances": ("integer", 1, U32, REQUIRED),
    "vDevId": ("integer", 0, U64, COMPUTED),
    "pDevId": ("integer", 0, U64, COMPUTED),
    "virtDisplay.numHeads": ("integer", 1, 32, 1),
    "virtDisplay.maxResX": ("integer", 1, U32, 1024),
    "virtDisplay.maxResY": ("integer", 1, U32, 1024),
    "virtDisplay.frlConfig": ("integer", 0, U32, 120),
    "virtDisplay.frlEnable": ("boolean", 0, 1, False),
    "ecc": ("boolean", 0, 1, False),
    "multiMdev": ("boolean", 0, 1, False),
    "fbLen": ("integer", 1, U32, REQUIRED),
    "fbRes": ("integer", 0, U32, REQUIRED),
    "mapVideoSize": ("integer", 0, U32, 24),
    "encCap": ("integer", 0, 100, 100),
    "bar1Len": ("integer", 0, U32, 0x100),
    "license": ("text", 0, 127, "NVIDIA-vComputeServer,9.0;Quadro-Virtual-DWS,5.0"),
    "signature": ("text", 256, 256, COMPUTED),
    "cuda": ("boolean", 0, 1, True),
    "maxPixels": ("integer", 1, U32, COMPUTED),
    "gspHeapSize": ("integer", 0, U32, 0),
}

AUTOMATIC = ("num", "maxInstances", "fbLen", "fbRes", "license")

# num: auto is the device ID times this, and the place of the type in its file
PLACES = 256

FILTERS = {
    "domain": U32, "bus": 0xff, "slot": 0x1f, "function": 7, "vendorId": U16, "deviceId": U16, "subvendorId": U16,
    "subdeviceId": U16, "identifier": U32,
}

MOST_FUNCTIONS = 256

# what an entry of vgpus may have
VGPU_KEYS = ("type", "count", "functions", "params")

# the vendors that a filter can name, and the drivers of their GPUs; the second takes no types
DRIVERS = {0x10de: "nvidia", 0x8086: "i915"}

LICENSES = {
    "Compute": "NVIDIA-vComputeServer,9.0;Quadro-Virtual-DWS,5.0",
    "Quadro": "Quadro-Virtual-DWS,5.0;GRID-Virtual-WS,2.0;GRID-Virtual-WS-Ext,2.0",
    "NVS": "GRID-Virtual-PC,2.0;Quadro-Virtual-DWS,5.0;GRID-Virtual-WS,2.0;GRID-Virtual-WS-Ext,2.0",
    "Geforce": "GRID-vGaming,8.0",
}

MOST_INSTANCES = 48

PATTERN = re.compile("([0-9a-f]{4}):(?:\\*|([0-9a-f]{4})(?:-([0-9a-f]{4})|:[0-9a-f]{4}:[0-9a-f]{4})?)", re.I)
TYPE_ID = re.compile("(?=.{3,63}$)[A-Za-z0-9_+][A-Za-z0-9_+.]*-[A-Za-z0-9_+.-]+")


class Judge:
    """Collects mistakes as (line, column, path)."""

    def __init__(self):
        self.mistakes = []
        self.missing = []  # those that are about keys that are not there, with the keys
        self.is_read = True  # every value is one

    def wrong(self, node, path):
        self.mistakes.append((node.start_mark.line + 1, node.start_mark.column + 1, path))

    def lacks(self, node, path, *keys):
        self.wrong(node, path)
        self.missing.append((self.mistakes[-1], keys))

    def is_a(self, kind, node, path):
        if isinstance(node, kind):
            return True
        self.wrong(node, path)
        return False

    def integer(self, node, path, low, high):
        if not self.is_a(yaml.ScalarNode, node, path):
            return None
        # differs: a number stands without quotes
        number = integer(node.value) if node.is_plain else None
        if isinstance(number, int) and low <= number <= high:
            return number
        self.wrong(node, path)
        return None

    def boolean(self, node, path):
        if not self.is_a(yaml.ScalarNode, node, path):
            return None
        # differs: 0 and 1 are truths, what is quoted is none
        value = {"0": False, "1": True}.get(node.value, truth(node.value)) if node.is_plain else None
        if value is None:
            self.wrong(node, path)
        return value

    def text(self, node, path, key, low, high):
        if not self.is_a(yaml.ScalarNode, node, path):
            return None
        text = node.value
        number = node.is_plain and (integer(text) is not None or truth(text) is not None)
        control = re.search("[\0-\x1f\x7f]", text)
        digits = key != "signature" or re.fullmatch("[0-9a-fA-F]*", text)
        # differs: a float, a date or a time is the text that it is written as; a number or truth is none
        if number or control or not digits or not low <= len(text.encode()) <= high:
            self.wrong(node, path)
            return None
        return text

    def value(self, node, path, key):
        kind, low, high, _ = KEYS[key]
        if key in AUTOMATIC and isinstance(node, yaml.ScalarNode) and node.value == "auto":
            return "auto"
        if kind == "integer":
            return self.integer(node, path, low, high)
        if kind == "boolean":
            return self.boolean(node, path)
        return self.text(node, path, key, low, high)

    def type_keys(self, mapping, path, prefix, found):
        for key, value in items(mapping):
            at = "%s.%s" % (path, key.value)
            if not prefix and key.value == "virtDisplay":
                if not is_null(value) and self.is_a(yaml.MappingNode, value, at):
                    self.type_keys(value, at, "virtDisplay.", found)
            elif prefix + key.value not in KEYS or "." in key.value:
                self.wrong(key, at)
            elif not is_null(value):
                found[prefix + key.value] = (self.value(value, at, prefix + key.value), value)
            elif KEYS[prefix + key.value][3] is REQUIRED:
                self.wrong(value, at)
                found[prefix + key.value] = (None, value)

    def type(self, node, path):
        found = {}
        if not self.is_a(yaml.MappingNode, node, path):
            return None
        self.type_keys(node, path, "", found)
        for key, row in KEYS.items():
            if row[3] is REQUIRED and key not in found:
                self.lacks(node, path, key)
        return {"node": node, "path": path, "found": found}

    def list(self, node, path, read_item):
        if not self.is_a(yaml.SequenceNode, node, path):
            return []
        return [read_item(item, "%s[%d]" % (path, i)) for i, item in enumerate(node.value)]

    def filter(self, node, path):
        found = {}
        if not self.is_a(yaml.MappingNode, node, path):
            return found
        for key, value in items(node):
            at = "%s.%s" % (path, key.value)
            if key.value not in FILTERS:
                self.wrong(key, at)
            elif not is_null(value):
                found[key.value] = self.integer(value, at, 0, FILTERS[key.value])
        return found

    def expected(self, node, path):
        if not self.is_a(yaml.ScalarNode, node, path):
            return None
        if not TYPE_ID.fullmatch(node.value):
            self.wrong(node, path)
        return node.value

    def number_of_functions(self, node, path):
        if isinstance(node, yaml.ScalarNode) and node.value == "all":
            return "all"
        return self.integer(node, path, 1, MOST_FUNCTIONS)

    def type_of_function(self, node, path):
        if not self.is_a(yaml.ScalarNode, node, path):
            return
        if node.is_plain and integer(node.value) is not None:
            self.integer(node, path, 1, U32)
        # a number in quotes, and the name of a type's folder, are neither a name nor a number
        elif re.fullmatch("[0-9]+|[a-z0-9]+-[0-9]+", node.value):
            self.wrong(node, path)
        else:
            self.text(node, path, "type", 1, 127)

    def functions(self, node, path):
        seen = []
        if not self.is_a(yaml.SequenceNode, node, path):
            return seen
        for i, item in enumerate(node.value):
            at = "%s[%d]" % (path, i)
            number = self.integer(item, at, 0, MOST_FUNCTIONS - 1)
            if number in seen:
                self.wrong(item, at)
            elif number is not None:
                seen.append(number)
        if not node.value:
            self.wrong(node, path)
        return seen

    def vgpu(self, node, path):
        functions, there = [], set()
        if not self.is_a(yaml.MappingNode, node, path):
            return node, path, functions
        for key, value in items(node):
            at = "%s.%s" % (path, key.value)
            if key.value not in VGPU_KEYS:
                self.wrong(key, at)
                continue
            if is_null(value):
                continue
            there.add(key.value)
            if key.value == "type":
                self.type_of_function(value, at)
            elif key.value == "count":
                self.integer(value, at, 1, MOST_FUNCTIONS)
            elif key.value == "functions":
                functions = self.functions(value, at)
            else:
                self.text(value, at, "params", 1, 1023)
        if "type" not in there or ("count" in there) == ("functions" in there):
            self.wrong(node, path)
        return node, path, functions

    def vgpus(self, node, path):
        before = set()
        for item, at, functions in self.list(node, path, self.vgpu):
            if before & set(functions):
                self.wrong(item, at)
            before |= set(functions)

    def section(self, node, path):
        named = None  # a value that is for GPUs that are named
        section = {"filters": [], "discard": True, "types": [], "expected": [], "expected_at": []}
        unclear = False
        if not self.is_a(yaml.MappingNode, node, path):
            return section
        for key, value in items(node):
            at = "%s.%s" % (path, key.value)
            if key.value == "filteredGpus":
                before = len(self.mistakes)
                section["filters"] = [] if is_null(value) else self.list(value, at, self.filter)
                unclear = len(self.mistakes) > before
            elif key.value == "discardPrevious":
                section["discard"] = True if is_null(value) else self.boolean(value, at)
            elif key.value == "mdevConfigs":
                section["types"] = self.list(value, at, self.type)
            elif key.value == "expectTypes":
                section["expected"] = [] if is_null(value) else self.list(value, at, self.expected)
                if section["expected"]:
                    section["expected_at"] = [(item.value, item, "%s[%d]" % (at, i)) for i, item in enumerate(value.value)
                                              if isinstance(item, yaml.ScalarNode) and TYPE_ID.fullmatch(item.value)]
            elif key.value == "virtualFunctions":
                if not is_null(value):
                    section["functions"] = self.number_of_functions(value, at)
                    section["functions_at"] = value
                    named = value, at
            elif key.value == "vgpus":
                if not is_null(value):
                    self.vgpus(value, at)
                    named = named or (value, at)
            else:
                self.wrong(key, at)
        keys = ("mdevConfigs", "expectTypes", "virtualFunctions", "vgpus")
        if not any(key.value in keys for key, _ in items(node)):
            self.lacks(node, path, *keys)
        if named and not unclear and not self.names(section["filters"]):
            self.wrong(*named)
        if not unclear:
            self.of_vendor(section)
        return section

    @staticmethod
    def names(filters):
        """Whether each of some filters names a GPU, or those of one kind."""
        return filters and all("deviceId" in filter_ or "identifier" in filter_ or {"bus", "slot"} <= set(filter_)
                               for filter_ in filters)

    def of_vendor(self, section):
        """A section whose filters all name one vendor is judged by that vendor's driver."""
        ids = {filter_.get("vendorId") for filter_ in section["filters"]}
        driver = DRIVERS.get(ids.pop()) if len(ids) == 1 else None
        if not driver:
            return
        # differs: the place is the value's, and told without its path
        if driver == "nvidia" and section.get("functions") not in (None, "all"):
            self.wrong(section["functions_at"], "")
        for id_, node, path in section["expected_at"]:
            if not id_.startswith(driver + "-"):
                self.wrong(node, path)
        if driver == "i915" and section["types"]:
            type_ = section["types"][0]
            if type_:
                self.wrong_value(type_, "num")
            section["types"] = []

    def profile(self, root):
        sections = []
        if root is None or not self.is_a(yaml.MappingNode, root, ""):
            return sections
        for key, value in items(root):
            if key.value == "gpus":
                sections = self.list(value, "gpus", self.section)
            else:
                self.wrong(key, key.value)
        if not any(key.value == "gpus" for key, _ in items(root)) and not self.mistakes:
            self.wrong(root, "")
        return sections

    def pattern(self, node, path):
        if not self.is_a(yaml.ScalarNode, node, path):
            return
        match = PATTERN.fullmatch(node.value)
        if not match or (match[3] and int(match[3], 16) < int(match[2], 16)):
            self.wrong(node, path)

    def patterns(self, root):
        if root is not None:
            self.list(root, "", self.pattern)

    # what one type or two say together, once every value is one

    def wrong_value(self, type_, key):
        at = type_["found"].get(key, (None, type_["node"]))[1]
        self.wrong(at, "%s.%s" % (type_["path"], key))

    def together(self, sections):
        seen = []
        place = 0
        for section in sections:
            for type_ in section["types"]:
                value = {key: pair[0] for key, pair in type_["found"].items()}
                place += 1
                type_["place"] = place
                if value.get("license") == "auto" and value.get("gpuClass", "Compute") not in LICENSES:
                    self.wrong_value(type_, "license")
                if value["maxInstances"] == "auto":
                    if "auto" in (value["fbLen"], value["fbRes"]):
                        self.wrong_value(type_, "maxInstances")
                elif value["maxInstances"] > MOST_INSTANCES:
                    self.wrong_value(type_, "maxInstances")
                if value.get("virtDisplay.maxResX", 1024) * value.get("virtDisplay.maxResY", 1024) > U32:
                    self.wrong_value(type_, "virtDisplay.maxResX")
                # of auto, only the place is known, which no other type of the file has
                if value["num"] == "auto":
                    if place >= PLACES:
                        self.wrong_value(type_, "num")
                    continue
                # without a GPU, two sections with filters may be for different ones
                if any(num == value["num"] and (other is section or not other["filters"] or not section["filters"])
                       for num, other in seen):
                    self.wrong_value(type_, "num")
                seen.append((value["num"], section))


def judge(path):
    """The judge of a file's mistakes, and its sections; None for these where it says nothing at all."""
    judge_ = Judge()
    root = read(path)
    # a file of nothing but an empty value has no content
    if is_plain(root) and root.value == "":
        root = None
    if os.path.basename(path) == "devices.yaml":
        judge_.patterns(root)
        return judge_, []
    sections = judge_.profile(root)
    judge_.is_read = not judge_.mistakes
    if judge_.is_read:
        judge_.together(sections)
    return judge_, sections if root is not None else None


# --- what it comes to for a GPU ------------------------------------------------------------------------------------------


def selects(section, gpu):
    return not section["filters"] or any(all(gpu[key] == value for key, value in filter_.items())
                                         for filter_ in section["filters"])


LEFT_OUT = object()


def size(value, framebuffer):
    """Chooses what is auto; False where nothing is left for the guest."""
    if value["maxInstances"] == "auto":
        value["maxInstances"] = min(framebuffer // (value["fbLen"] + value["fbRes"] + value["gspHeapSize"]), MOST_INSTANCES)
        return value["maxInstances"] > 0
    if "auto" not in (value["fbLen"], value["fbRes"]):
        return True
    share = framebuffer // value["maxInstances"]
    share -= share % (512 if share < 1024 else 1024)
    if value["fbRes"] == "auto" and value["fbLen"] == "auto":
        value["fbRes"] = 96 if share < 1024 else 64 * (share // 1024 + 1)
    elif value["fbRes"] == "auto":
        value["fbRes"] = max(share - value["fbLen"], 0)
    if value["fbLen"] == "auto":
        value["fbLen"] = share - value["fbRes"]
    return share > value["fbRes"]


def effective(type_, gpu):
    """Every value of a type; None where it does not fit the GPU, LEFT_OUT where it is one that need not."""
    value = {key: row[3] for key, row in KEYS.items()}
    value.update((key, pair[0]) for key, pair in type_["found"].items())
    is_counted = value["maxInstances"] == "auto"
    if not size(value, gpu["framebuffer"]):
        return LEFT_OUT if is_counted else None
    if value["num"] == "auto":
        value["num"] = gpu["deviceId"] * PLACES + type_["place"]
    if value["license"] == "auto":
        value["license"] = LICENSES[value["gpuClass"]]
    for key, number in (("vDevId", gpu["deviceId"] << 16 | gpu["subdeviceId"]), ("pDevId", gpu["deviceId"]),
                        ("maxPixels", value["virtDisplay.maxResX"] * value["virtDisplay.maxResY"])):
        if value[key] is COMPUTED:
            value[key] = number
    return value


def differences_of_plan(sections, gpu, plans):
    """Yields (what, ours, PyYAML's)."""
    selected = [section for section in sections or [] if selects(section, gpu)]
    types = [effective(type_, gpu) for section in selected for type_ in section["types"]]
    if any(type_ is not LEFT_OUT and type_ is not None for type_ in types):
        types = [type_ for type_ in types if type_ is not LEFT_OUT]
    # a file that somebody names has to say something; all of it has to fit; what is said of this GPU has to be possible
    foreign = any(section["filters"] and not id_.startswith("nvidia-") for section in selected for id_ in section["expected"])
    possible = sections is not None and not foreign and not any(type_ in (None, LEFT_OUT) for type_ in types)
    if possible != bool(plans):
        yield "possible", bool(plans), possible
    if not possible or not plans:
        return
    plan = plans[0]
    if len(plan["types"]) != len(types):
        yield "number of types", len(plan["types"]), len(types)
    discard = any(section["discard"] for section in selected if section["types"])
    if plan["discardPrevious"] != discard:
        yield "discardPrevious", plan["discardPrevious"], discard
    for i, (ours, theirs) in enumerate(zip(plan["types"], types)):
        for key, value in theirs.items():
            if key == "signature" and value is COMPUTED:
                continue
            if ours.get(key) != value or isinstance(ours[key], bool) != isinstance(value, bool):
                yield "type %d, %s" % (i, key), ours.get(key), value


# --- comparing -----------------------------------------------------------------------------------------------------------


def read_gpu(text):
    """ADDRESS=VENDOR:DEVICE:SUBVENDOR:SUBDEVICE,fb=MIB, as the simulated host takes it."""
    domain, bus, slot, function, *ids, framebuffer = re.split("[:.=,]", text.replace("fb=", ""))
    gpu = dict(zip(FILTERS, (int(part, 16) for part in (domain, bus, slot, function, *ids))))
    gpu["identifier"] = gpu["domain"] << 16 | gpu["bus"] << 8 | gpu["slot"]
    gpu["framebuffer"] = int(framebuffer)
    return gpu


# What is wrong with a type as a whole, or with one beside another; compared where every value could be read.
OF_A_PLAN = (" is taken, first at ", ", the most of ", " do not fit 32 bits", "auto knows no licence", " is one type more ",
             "auto follows from the type's size", "auto has numbers for the first ")


def of_reading(mistake):
    return not any(words in mistake["message"] for words in OF_A_PLAN)


def excused(missing, ours):
    """What is missing only since it is misspelt: told once, as that."""
    for mistake in ours:
        meant = re.search(r"\(did you mean (\w+)\?\)", mistake["message"])
        above = mistake["path"].rpartition(".")[0]
        yield from (place for place, keys in missing if meant and meant[1] in keys and place[2] == above)


def compare(gpu, report, files):
    counts = {"files": 0, "broken": 0, "mistakes": 0, "types": 0, "plans": 0}
    with open(report, encoding="utf-8") as file:
        ours = json.load(file)
    for path in files:
        counts["files"] += 1
        errors = [m for m in ours if m["file"] == path and m["severity"] == "error"]
        try:
            judged, sections = judge(path)
        except Broken as broken:
            counts["broken"] += 1
            if not errors:
                print("%s: taken, but refused by PyYAML or a rule: %s" % (path, broken))
            continue
        mistakes = judged.mistakes
        told = sorted((m["line"], m["column"], m["path"]) for m in errors if judged.is_read or of_reading(m))
        for place in excused(judged.missing, errors):
            mistakes.remove(place)
        counts["mistakes"] += len(mistakes)
        for mistake in sorted(set(told) ^ set(mistakes)):
            print("%s:%d:%d: %s: %s" % (path, *mistake, "refused, but PyYAML and the rules take it" if mistake in told
                                        else "taken, but refused by PyYAML and the rules"))
        if len(told) != len(mistakes):
            print("%s: %d mistakes, not %d" % (path, len(told), len(mistakes)))
        if mistakes or not os.path.exists(path + ".plan"):
            continue
        with open(path + ".plan", encoding="utf-8") as file:
            plans = json.load(file)
        counts["plans"] += 1
        counts["types"] += sum(len(plan["types"]) for plan in plans)
        for what, mine, theirs in differences_of_plan(sections, gpu, plans):
            print("%s: %s: %r, but %r by PyYAML and the rules" % (path, what, mine, theirs))
    print(*("%d %s" % (n, what) for what, n in counts.items()), sep=", ")


# --- generating ----------------------------------------------------------------------------------------------------------

BAD = {
    "integer": ["010", "+08", "00", "0_1", "1:30", "12:30:45", '"5"', "'7'", "0x", "0X10", "5.5", "1e3", ".5", "-5", "-0x5", "true",
                "abc", "0b12", "0o9", "_5", "0x_5", "0b_1", "+-5", "18446744073709551616", "0x1_0000_0000_0000_0000", "[1]",
                "{a: 1}", "!!str 5", "y", "2022-11-22", "=", "1 0", "[]"],
    "boolean": ['"true"', "'no'", "2", "ja", "tRUE", "[]", "00", "!!str yes", "0x1", "-1", "+1", "1.0", "oN"],
    "text": ["1080", "yes", "N", "010", "0x10", "-5", "0o17", "1_000", "[]", "{a: b}", '"a\\tb"', '"\\x7f"', '"\\a"', "!!int 5",
             "99999999999999999999", "off"],
}

TEXTS = ["Arc GPU", "'it''s'", '"\\u00e9t\\xe9 \\\\ \\"x\\""', "größe", '"1080"', "'yes'", "1:30", "1.5", "2022-11-22", ".inf",
         "a#b", "'a: b'", '"a b"', "-x", "<<", "y es", "0x", "_1", "!!str 1080", '"\\U0001F600"', "'\u00df \u4e2d'", "a'b", "x*y",
         "C:\\dir", '"lines\n    of \\\n    it"', "'? x'", "1e3", "0X10", "=", "nullify", "~x"]

TRUTHS = ["true", "True", "TRUE", "false", "False", "FALSE", "yes", "Yes", "YES", "no", "No", "NO", "on", "On", "ON", "off", "Off",
          "OFF", "y", "Y", "n", "N", "0", "1", '!!bool "yes"', "!!bool no"]

NULLS = ["", "~", "null", "Null", "NULL"]


class Generator:
    def __init__(self, seed, share_bad):
        self.random = random.Random(seed)
        self.share_bad = share_bad
        self.num = 5000
        self.anchors = {}  # name: kind of what it stands at

    def chance(self, share):
        return self.random.random() < share

    def underscored(self, digits):
        if len(digits) < 2 or self.chance(0.7):
            return digits
        at = self.random.randrange(1, len(digits))
        return digits[:at] + "_" * self.random.randint(1, 2) + digits[at:] + "_" * self.chance(0.1)

    def number(self, low, high):
        # small ones, large ones, and the bounds themselves
        top = min(high, low + 2 ** self.random.randint(0, 64))
        n = self.random.choice([low, high, *[self.random.randint(low, top)] * 6])
        prefix, digits = self.random.choice([("", "%d"), ("", "%d"), ("0x", "%x"), ("0x", "%X"), ("0o", "%o"), ("0b", "b")])
        digits = format(n, "b") if digits == "b" else digits % n
        word = self.random.choice(["", "", "", "+"]) + prefix + self.underscored(digits)
        return word if self.chance(0.95) else '!!int "%s"' % word

    def scalar(self, key):
        kind, low, high, default = KEYS[key]
        if self.chance(self.share_bad):
            return self.random.choice(BAD[kind])
        if default is not REQUIRED and self.chance(0.05):
            return self.random.choice(NULLS)
        if key in AUTOMATIC and self.chance(0.1):
            return "auto"
        if key == "signature":
            return "'%0256x'" % self.random.getrandbits(1024)
        if kind == "boolean":
            return self.random.choice(TRUTHS)
        if kind == "text":
            return self.random.choice(TEXTS)
        # a picture, a share and a count have to fit; what does not is for the files with mistakes
        if not self.share_bad:
            high = {"maxInstances": 6, "fbLen": 1024, "fbRes": 1024}.get(key, 65535 if "maxRes" in key else high)
        return self.number(low, high)

    def display(self):
        keys = [key.split(".")[1] for key in KEYS if "." in key]
        return {key: self.scalar("virtDisplay." + key) for key in self.random.sample(keys, self.random.randint(0, len(keys)))}

    def type(self):
        keys = [key for key in KEYS if "." not in key]
        optional = [key for key in keys if KEYS[key][3] is not REQUIRED]
        chosen = self.random.sample(optional, self.random.randint(0, 6))
        chosen += [key for key in keys if KEYS[key][3] is REQUIRED and not self.chance(self.share_bad)]
        self.random.shuffle(chosen)
        type_ = {key: self.scalar(key) for key in chosen}
        self.num += 1
        if type_.get("num", "auto") != "auto" and not self.chance(self.share_bad):
            type_["num"] = str(self.num)
        # one of the two has to be a number
        if not self.share_bad and type_["maxInstances"] == "auto":
            type_.update(fbLen=self.number(1, 1024), fbRes=self.number(0, 1024))
        if self.chance(0.4):
            type_["virtDisplay"] = self.display() if not self.chance(self.share_bad) else "[1]"
        if self.chance(self.share_bad):
            type_[self.random.choice(["fbLenn", "Name", "x y", "virtDisplay.numHeads"])] = "1"
        return type_

    def filter(self):
        mine = {"domain": "0", "bus": "0x65", "slot": "0o0", "function": "+0", "vendorId": "0x10DE", "deviceId": "0x1b38",
                "subvendorId": "4318", "subdeviceId": "0x11d_9", "identifier": "0x6500"}
        filter_ = {key: mine[key] for key in self.random.sample(list(mine), self.random.randint(0, 4))}
        if self.chance(0.3):
            key = self.random.choice(list(FILTERS))
            filter_[key] = self.random.choice(BAD["integer"]) if self.chance(self.share_bad) else self.number(0, FILTERS[key])
        return filter_

    def section(self):
        section = {"mdevConfigs": [self.type() for _ in range(self.random.randint(1, 8))]}
        if self.chance(0.4):
            section["filteredGpus"] = [self.filter() for _ in range(self.random.randint(0, 3))]
        if self.chance(0.5):
            section["discardPrevious"] = self.random.choice(BAD["boolean"] if self.chance(self.share_bad) else TRUTHS + NULLS)
        if self.chance(0.2):
            section["expectTypes"] = ["i915-GVTg_V5_4", "'a.b-c'"] + ["bad"] * self.chance(self.share_bad)
        keys = list(section)
        self.random.shuffle(keys)
        return {key: section[key] for key in keys}

    # one of the many ways to write it

    def properties(self, kind):
        if not self.chance(0.15):
            return ""
        # now and then a name that is taken already
        name = "a%d" % (len(self.anchors) if self.chance(0.8) else self.random.randrange(len(self.anchors) + 1))
        self.anchors.pop(name, None)
        self.opened.append((name, kind))
        return "&%s " % name

    def alias(self, kind):
        names = [name for name, its in self.anchors.items() if its == kind]
        return "*%s" % self.random.choice(names) if names and self.chance(0.5) else None

    def key(self, key):
        return self.random.choice([key] * 8 + ['"%s"' % key, "'%s'" % key]) if " " not in key else '"%s"' % key

    def merged(self, node):
        """A type or a display may take some of its keys from another one."""
        pairs = list(node.items())
        kind = "type" if "fbLen" in node else "display" if all("virtDisplay." + key in KEYS for key in node) else None
        alias = self.alias(kind)
        if alias and self.chance(0.6):
            again = self.alias(kind)
            value = "[%s, %s]" % (alias, again) if again else self.random.choice([alias, "[%s]" % alias])
            pairs.insert(self.random.randint(0, len(pairs)), ("<<", value))
            # what is merged need not be written
            pairs = [(key, value) for key, value in pairs if key in ("<<", "num") or not self.chance(0.3)]
        return pairs

    def flow(self, node, kind=None):
        self.opened = getattr(self, "opened", [])
        if isinstance(node, str):
            # in flow context these need quotes or are not there
            return node if not re.search("[,\\[\\]{}:?#\n]", node) or node[:1] in "\"'[{*" else '"%s"' % node.replace("\\", "/")
        gap = self.random.choice(["", " ", "\n      "])
        before = len(self.opened)
        properties = self.properties(kind) if kind else ""
        if isinstance(node, list):
            text = "[%s%s]" % (gap, ", ".join(
                self.flow(item, "type" if isinstance(item, dict) and "fbLen" in item else None) for item in node))
        else:
            text = "{%s%s}" % (gap, ", ".join("%s: %s" % (self.key(key) if key != "<<" else key, self.flow(
                value, "display" if key == "virtDisplay" else None)) for key, value in self.merged(node)))
        self.close(before)
        return properties + text

    def close(self, before):
        """An anchor can be used once what it stands at is complete."""
        for name, kind in self.opened[before:]:
            self.anchors[name] = kind
        del self.opened[before:]

    def block(self, node, indent, kind=None):
        """Lines; the first one continues the line of the key or dash before it."""
        self.opened = getattr(self, "opened", [])
        if isinstance(node, str):
            return [node]
        if not node or self.chance(0.25):
            return [self.flow(node, kind)]
        before = len(self.opened)
        lines = [self.properties(kind).rstrip() if kind else ""]
        for pair in node if isinstance(node, list) else self.merged(node):
            if self.chance(0.05):
                lines.append(" " * self.random.randint(0, 8) + "# " + self.random.choice(["note", "a: b", "[", '"']))
            if isinstance(node, list):
                item = "type" if isinstance(pair, dict) and "fbLen" in pair else None
                first, *rest = self.block(pair, indent + 2, item)
                lines.append(" " * indent + "-" + (" " + first if first else ""))
            else:
                key, value = pair
                head = self.key(key) if key != "<<" else key
                if self.chance(0.03) and key != "<<":
                    lines.append("%s? %s" % (" " * indent, head))
                    head = ""
                first, *rest = self.block(value, indent + self.random.randint(1, 4), "display" if key == "virtDisplay" else None)
                lines.append("%s%s:%s" % (" " * indent, head, " " + first if first else ""))
            lines.extend(rest)
        self.close(before)
        return lines

    def file(self):
        root = {"gpus": [self.section() for _ in range(self.random.randint(1, 4))]}
        text = "\n".join(line for line in self.block(root, 0) if line.strip()) + "\n"
        if self.chance(0.1):
            text = "%YAML 1.1\n--- " + ("\n" if not text.startswith("{") else "") + text
        elif self.chance(0.1):
            text = "\ufeff" + text
        elif self.chance(0.1):
            text = "# a comment\n---\n" + text + "...\n"
        return text.replace("\n", "\r\n") if self.chance(0.1) else text


def patterns(seed):
    chance = random.Random(seed)
    good = ["10de:1b38", "10DE:1b00-1B7f", "'10de:1b38:10de:11d9'", '"10de:*"', "!!str 10de:1eb8", "&a 8086:3e92", "1234:5678"]
    bad = ["10de", "10de:1b3", "10de:1b7f-1b00", "10de:1b38:10de", "10de:1b38-", "~", "", "12", "[10de:1b38]", "{a: b}", "'*'",
           "10de:1b38:*", "x10de:1b38", "10de:1b38 ", '"10de:1b38 "', "0x10de:0x1b38"]
    return "".join("- %s\n" % chance.choice(good if chance.random() < 0.8 else bad) for _ in range(40))


def generate(folder):
    for seed in range(60):
        with open("%s/good-%02d.yaml" % (folder, seed), "w", encoding="utf-8", newline="") as file:
            file.write(Generator(seed, 0).file())
    for seed in range(120):
        with open("%s/mixed-%03d.yaml" % (folder, seed), "w", encoding="utf-8", newline="") as file:
            file.write(Generator(1000 + seed, 0.08).file())
    for seed in range(5):
        os.mkdir("%s/devices-%d" % (folder, seed))
        with open("%s/devices-%d/devices.yaml" % (folder, seed), "w", encoding="utf-8") as file:
            file.write(patterns(seed))


def lay(folder, files):
    for i, path in enumerate(files):
        name = os.path.basename(path)
        to = "%s/%d/%s" % (folder, i, "devices.yaml" if name.startswith("devices") else name)
        os.makedirs(os.path.dirname(to))
        shutil.copyfile(path, to)
        if "/bad" not in path and not name.startswith("devices"):
            print(to)


def main(verb, *arguments):
    if verb == "generate":
        generate(*arguments)
    elif verb == "lay":
        lay(arguments[0], arguments[1:])
    elif verb == "compare":
        compare(read_gpu(arguments[0]), arguments[1], arguments[2:])
    else:
        sys.exit(__doc__)


main(*sys.argv[1:])
