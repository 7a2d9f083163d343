#!/usr/bin/env python3
"""Checks that include/tapps.h keeps to the subset of C that every language's FFI can read.

usage: tools/check_header.py [HEADER]

Between the ffi markers: fixed-width integers, size_t, double and pointers; opaque and plain
structs, never by value; anonymous enums; no preprocessor. Every function says Threads: and Since:
and takes `tapps_error** err` last; options structs begin with struct_size. Without comments and
TAPPS_API the block must compile alone, and its structs have no implicit padding.
"""

import pathlib
import re
import subprocess
import sys

import abi_header
from abi_header import SCALARS, HeaderError


def check_type(type_, structs, where, line, problems, result=False):
    """The types a parameter, field or result may have."""
    if type_.base in SCALARS:
        return
    if type_.base == "void" and (type_.stars or result):
        return
    if type_.base == "char" and type_.const and type_.stars:
        return
    if type_.base in structs:
        if not type_.stars:
            problems.append((line, f"{where}: struct {type_.base} by value"))
        return
    problems.append((line, f"{where}: '{type_}' is outside the FFI-safe subset"))


def check_function(function, structs, problems):
    name, line = function.name, function.line
    if not re.fullmatch(r"tapps_[a-z]+(_[a-z]+)*", name):
        problems.append((line, f"{name}: functions are named tapps_<noun>_<verb>"))
    for promise in ("Threads:", "Since:"):
        if promise not in function.comment:
            problems.append((line, f"{name}: the comment before it does not say '{promise}'"))
    check_type(function.result, structs, f"{name}, result", line, problems, result=True)
    for position, param in enumerate(function.params):
        where = f"{name}, parameter {param.name}"
        check_type(param.type, structs, where, line, problems, result=param.callback is not None)
        for inner in param.callback or []:
            check_type(inner.type, structs, where, line, problems)
        if param.array:
            problems.append((line, f"{where}: array; use a pointer"))
        is_err = param.type.base == "tapps_error" and param.type.stars == 2
        if is_err != (param.name == "err") or (is_err and position != len(function.params) - 1):
            problems.append(
                (line, f"{where}: 'tapps_error** err' is the last parameter and nothing else")
            )


def check_struct(struct, structs, problems):
    for field in struct.fields:
        where = f"{struct.name}.{field.name}"
        check_type(field.type, structs, where, struct.line, problems)
        if field.callback is not None:
            problems.append(
                (struct.line, f"{where}: pointer to a function; pass it to a function instead")
            )
    first = struct.fields[0]
    has_size = any(field.name == "struct_size" for field in struct.fields)
    if struct.name.endswith("_options") or has_size:
        if first.name != "struct_size" or str(first.type) != "uint32_t":
            problems.append((struct.line, f"{struct.name}: begins with 'uint32_t struct_size'"))


def check_rest(text, problems):
    """What holds for the whole file."""
    code = abi_header.blank_comments(text)
    for number, line in enumerate(code.splitlines(), 1):
        if re.match(r"\s*#\s*define\s+\w+\(", line):
            problems.append((number, "function-like macro"))
        if match := re.match(r"\s*#\s*include\s*(\S+)", line):
            if match.group(1) not in ("<stddef.h>", "<stdint.h>"):
                problems.append(
                    (number, f"includes {match.group(1)}; only stddef.h and stdint.h are allowed")
                )


def version(text):
    """(major, minor, patch) as the header defines them."""
    return tuple(
        int(re.search(rf"#define TAPPS_VERSION_{part} (\d+)", text).group(1))
        for part in ("MAJOR", "MINOR", "PATCH")
    )


def check_version(text, declarations, problems):
    now = version(text)
    project = re.search(
        r"project\(tapps VERSION ([\d.]+)", (abi_header.ROOT / "CMakeLists.txt").read_text()
    )
    if project.group(1) != ".".join(map(str, now)):
        problems.append((1, f"version {now} here, {project.group(1)} in CMakeLists.txt"))
    for declaration in declarations:
        match = re.search(r"Since: ?(\d+)\.(\d+)", declaration.comment)
        if match and tuple(map(int, match.groups())) > now[:2]:
            problems.append(
                (declaration.line, f"Since: {match.group(1)}.{match.group(2)} is in the future")
            )


def compile_alone(text, problems):
    block, _ = abi_header.ffi_block(text)
    source = "#include <stddef.h>\n#include <stdint.h>\n" + abi_header.plain_c(block)
    flags = [
        "-std=c99",
        "-pedantic",
        "-Wall",
        "-Wextra",
        "-Wpadded",
        "-Werror",
        "-fsyntax-only",
        "-x",
        "c",
        "-",
    ]
    done = subprocess.run(["cc", *flags], input=source, capture_output=True, text=True)
    if done.returncode:
        problems.append((1, "the ffi block does not compile alone:\n" + done.stderr))


def check(text):
    """All problems of a header, as (line, message)."""
    problems = []
    try:
        declarations = abi_header.parse(text)
    except HeaderError as error:
        return [(error.line, str(error))]
    structs = {d.name for d in declarations if d.kind in ("struct", "opaque")}
    seen = set()
    for declaration in declarations:
        if declaration.kind == "function":
            check_function(declaration, structs, problems)
        if declaration.kind == "struct":
            check_struct(declaration, structs, problems)
        names = (
            [name for name, _ in declaration.constants]
            if declaration.kind == "enum"
            else [declaration.name]
        )
        for name in names:
            if name in seen:
                problems.append((declaration.line, f"{name} is declared twice"))
            seen.add(name)
    check_rest(text, problems)
    check_version(text, declarations, problems)
    compile_alone(text, problems)
    return problems


def main():
    path = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else abi_header.HEADER
    problems = check(path.read_text())
    for line, message in problems:
        print(f"{path}:{line}: {message}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
