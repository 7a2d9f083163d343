"""tapps.h as the emitters see it."""

import re

import abi_header

GENERATED = "Generated from include/tapps.h by tools/generate_bindings.py; do not edit."


class Group:
    """The constants of one enum. `name` is their common prefix without TAPPS_ ("E", "GET"), `bits`
    whether they are combined, and `items` holds (short name, value, note)."""

    def __init__(self, declaration):
        names = [name for name, _ in declaration.constants]
        self.comment, self.lines = declaration.comment, declaration.lines
        self.section = declaration.section
        self.bits = declaration.comment.startswith("Bits ")
        self.items = [
            (name.removeprefix("TAPPS_"), value, declaration.notes.get(name, ""))
            for name, value in declaration.constants
        ]
        shorts = [short.split("_")[0] for short, _, _ in self.items if short != "OK"]
        self.name = shorts[0] if len(set(shorts)) == 1 else ""


class Model:
    def __init__(self, header_text):
        self.declarations = abi_header.parse(header_text)
        self.groups = [Group(d) for d in self.declarations if d.kind == "enum"]
        self.structs = [d for d in self.declarations if d.kind == "struct"]
        self.opaques = [d for d in self.declarations if d.kind == "opaque"]
        self.functions = [d for d in self.declarations if d.kind == "function"]
        block, _ = abi_header.ffi_block(header_text)
        plain = abi_header.plain_c(block)
        self.cdef = re.sub(r"\n{2,}", "\n", plain).strip()
        self.abi = int(re.search(r"#define TAPPS_ABI (\d+)", header_text).group(1))
        parts = ("MAJOR", "MINOR", "PATCH")
        self.version = ".".join(
            re.search(rf"#define TAPPS_VERSION_{part} (\d+)", header_text).group(1)
            for part in parts
        )

    def group(self, name):
        """All constants whose names begin with `name` and "_", as (rest of the name, value)."""
        return [
            (short.removeprefix(name + "_"), value)
            for group in self.groups
            for short, value, _ in group.items
            if short.startswith(name + "_")
        ]

    def codes(self):
        """(name, value, note) of the errors: "NOT_FOUND", -1, ..."""
        return [
            (short.removeprefix("E_"), value, note)
            for group in self.groups
            for short, value, note in group.items
            if short.startswith("E_")
        ]
