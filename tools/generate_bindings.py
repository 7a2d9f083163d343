#!/usr/bin/env python3
"""Writes the declarations of every binding, and docs/api.md, from include/tapps.h.

usage: tools/generate_bindings.py [--check]

--check writes nothing and fails, with a list, when a file is not what the header makes it. To add a
language, add a module to tools/emit with a function `files(model)` that returns {path: text}.
"""

import pathlib
import sys

import abi_header
from emit import golang, javascript, lua, markdown, python, rust
from emit.model import Model

EMITTERS = (python, lua, rust, golang, javascript, markdown)


def generate(header_text):
    """{path relative to the root: text} of all generated files."""
    model = Model(header_text)
    found = {}
    for emitter in EMITTERS:
        found.update(emitter.files(model))
    return found


def main(arguments):
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    root = pathlib.Path(abi_header.ROOT)
    differing = []
    for name, text in generate(abi_header.HEADER.read_text()).items():
        path = root / name
        if path.exists() and path.read_text() == text:
            continue
        differing.append(name)
        if not arguments:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    if arguments and differing:
        print("run tools/generate_bindings.py: tapps.h has changed since these were written:")
        print("\n".join(f"  {name}" for name in differing))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
