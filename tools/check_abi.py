#!/usr/bin/env python3
"""Compares the ABI that include/tapps.h declares with the committed one, by libabigail's abidiff.

usage: tools/check_abi.py            compares
       tools/check_abi.py --update   commits the present one, unless it is an incompatible change

What is compared is an anchor: a small library whose functions are those of the header with nothing
in them, so that its debug information is the header's and nothing else. The symbols of the real
library are looked at by tools/check_symbols.py. The committed one is tools/abi_baseline.xml.
"""

import pathlib
import platform
import subprocess
import sys
import tempfile

import abi_header
import check_layout

BASELINE = abi_header.ROOT / "tools" / "abi_baseline.xml"
FAILED, CHANGED, INCOMPATIBLE = 3, 4, 8  # bits of abidiff's exit code


def declared(variable, name):
    """A parameter in C."""
    if variable.callback is not None:
        inner = ", ".join(declared(param, param.name) for param in variable.callback)
        return f"{variable.type} (*{name})({inner})"
    return f"{variable.type} {name}"


def anchor_source(header, bodies=None):
    """C with an empty function for each of the header; `bodies` has others by their names."""
    lines = ["#include <tapps.h>"]
    for declaration in abi_header.parse(header):
        if declaration.kind != "function":
            continue
        parameters = ", ".join(declared(p, p.name) for p in declaration.params) or "void"
        unused = " ".join(f"(void){p.name};" for p in declaration.params)
        result = declaration.result
        body = (bodies or {}).get(declaration.name)
        if body is None:
            body = "" if str(result) == "void" else "return 0;"
        lines.append(f"{result} {declaration.name}({parameters}) {{ {unused} {body} }}")
    return "\n".join(lines) + "\n"


def build(header, library, *flags, bodies=None, source=None):
    """Compiles the anchor of a header text, or another source, into a library."""
    folder = pathlib.Path(library).parent
    (folder / "tapps.h").write_text(header)
    (folder / "anchor.c").write_text(source or anchor_source(header, bodies))
    subprocess.run(
        ["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-g", "-O0", "-shared", "-fPIC",
         "-Wl,-soname,libtapps.so.0", *flags, "-I.", "-o", pathlib.Path(library).name, "anchor.c"],
        cwd=folder, check=True)  # fmt: skip


def compare(header, baseline=BASELINE):
    """(exit code, report) of abidiff from the baseline to the header."""
    with tempfile.TemporaryDirectory() as folder:
        library = pathlib.Path(folder) / "libanchor.so"
        build(header, library)
        done = subprocess.run(
            ["abidiff", "--no-show-locs", str(baseline), str(library)],
            capture_output=True,
            text=True,
        )
    if done.returncode & FAILED:
        raise SystemExit(f"abidiff failed: {done.stdout}{done.stderr}")
    return done.returncode, done.stdout


def update(header):
    """The layout ledger is asked first: to abidiff a moved field is a change like an added one."""
    broken = check_layout.problems(header, check_layout.ledger())
    if not broken and BASELINE.exists():
        code, report = compare(header)
        broken = [report, "an ABI break"] if code & INCOMPATIBLE else []
    if broken:
        print("\n".join(broken), "the baseline stays as it is", sep="\n", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        library = pathlib.Path(folder) / "libanchor.so"
        build(header, library)
        subprocess.run(
            ["abidw", "--no-show-locs", "--no-corpus-path", "--no-comp-dir-path",
             "--type-id-style", "hash", "--out-file", str(BASELINE), str(library)],
            check=True)  # fmt: skip
    return 0


def main(arguments):
    if platform.machine() != "x86_64":
        print("SKIP: the committed baseline is of x86_64, and libabigail compares those of a kind")
        return 77
    header = abi_header.HEADER.read_text()
    if arguments == ["--update"]:
        return update(header)
    code, report = compare(header)
    if code:
        print(report, file=sys.stderr)
        print("what is new may be: tools/check_abi.py --update (docs/abi.md)", file=sys.stderr)
    return 1 if code else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
