#!/usr/bin/env python3
"""Checks the layout of the structs of include/tapps.h and the numbers of its constants.

usage: tools/check_layout.py            compiles static asserts of the ledger against the header
       tools/check_layout.py --update   adds what is new in the header to the ledger

The ledger, tools/abi_layout.txt, has one line a struct (its size), a field (offset and size) and a
constant (its number), for 64-bit machines. What stands there stays: --update refuses anything but
an options struct that grew at its end and reserved words of which the first were put to use.
"""

import pathlib
import subprocess
import sys
import tempfile

import abi_header

LEDGER = abi_header.ROOT / "tools" / "abi_layout.txt"


def names(text):
    """(structs as {name: [fields]}, constants) of a header, in their order."""
    structs, constants = {}, []
    for declaration in abi_header.parse(text):
        if declaration.kind == "struct":
            structs[declaration.name] = [field.name for field in declaration.fields]
        elif declaration.kind == "enum":
            constants += [name for name, _ in declaration.constants]
    return structs, constants


def compiled(header, source, *flags):
    """Runs the C compiler on a source that includes the header text; (exit code, its words)."""
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "tapps.h").write_text(header)
        done = subprocess.run(
            ["cc", "-std=c11", "-Wall", "-Werror", f"-I{folder}", "-x", "c", "-", *flags],
            input=source,
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stderr


def measured(header):
    """The ledger lines of a header, as {name: numbers}."""
    structs, constants = names(header)
    lines = []
    for struct, fields in structs.items():
        lines.append(f'printf("{struct} %zu\\n", sizeof({struct}));')
        lines += [
            f'printf("{struct}.{field} %zu %zu\\n", offsetof({struct}, {field}), '
            f"sizeof((({struct}*)0)->{field}));"
            for field in fields
        ]
    lines += [f'printf("{name} %d\\n", {name});' for name in constants]
    source = "#include <stdio.h>\n#include <tapps.h>\nint main(void) {\n" + "\n".join(lines) + "\n}\n"
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder) / "probe"
        code, said = compiled(header, source, "-o", str(program))
        if code:
            raise SystemExit(said)
        printed = subprocess.run([program], capture_output=True, text=True, check=True).stdout
    return {line.split()[0]: line.split()[1:] for line in printed.splitlines()}


def ledger():
    lines = LEDGER.read_text().splitlines() if LEDGER.exists() else []
    return {line.split()[0]: line.split()[1:] for line in lines if not line.startswith("#")}


def asserts(entries):
    """C in which every line of the ledger is a static assert."""
    lines = ["#include <tapps.h>", '_Static_assert(sizeof(void*) == 8, "a 64-bit machine");']
    for name, numbers in entries.items():
        struct, _, field = name.partition(".")
        if field:
            lines.append(
                f"_Static_assert(offsetof({struct}, {field}) == {numbers[0]} && "
                f'sizeof((({struct}*)0)->{field}) == {numbers[1]}, "{name}");'
            )
        else:
            value = f"sizeof({name})" if name.startswith("tapps_") else name
            lines.append(f'_Static_assert({value} == {numbers[0]}, "{name}");')
    return "\n".join(lines) + "\n"


def problems(header, entries):
    """What is wrong with a header, by the ledger."""
    structs, constants = names(header)
    wanted = set(structs) | set(constants)
    wanted |= {f"{struct}.{field}" for struct, fields in structs.items() for field in fields}
    found = [f"{name}: not in the ledger: run tools/check_layout.py --update"
             for name in sorted(wanted - entries.keys())]  # fmt: skip
    code, said = compiled(header, asserts(entries), "-fsyntax-only")
    if code:
        errors = [line for line in said.splitlines() if "error:" in line]
        found += [f"an ABI break: {line.split('error:')[1].strip()}" for line in errors]
    return found


def refusals(old, new):
    """Why the ledger may not become the new one."""
    found = [f"{name} is gone" for name in old if name not in new]
    for name in old.keys() & new.keys():
        if old[name] == new[name]:
            continue
        struct, _, field = name.partition(".")
        grows = not field and f"{name}.struct_size" in old and int(new[name][0]) > int(old[name][0])
        used = field == "reserved" and sum(map(int, old[name])) == sum(map(int, new[name]))
        if not grows and not used:
            found.append(f"{name} was {' '.join(old[name])} and is {' '.join(new[name])}")
    # A new field lies behind the old ones, or where reserved words were.
    for name in new.keys() - old.keys():
        struct, _, field = name.partition(".")
        if not field or struct not in old:
            continue
        reserved = old.get(f"{struct}.reserved")
        start = int(reserved[0]) if reserved else int(old[struct][0])
        if int(new[name][0]) < start:
            found.append(f"{name} is not behind the fields that were there")
    return sorted(found)


def main(arguments):
    header = abi_header.HEADER.read_text()
    if arguments == ["--update"]:
        new = measured(header)
        found = refusals(ledger(), new)
        if not found:
            lines = ["# Structs (size), fields (offset, size), constants; tools/check_layout.py."]
            lines += [f"{name} {' '.join(numbers)}" for name, numbers in new.items()]
            LEDGER.write_text("\n".join(lines) + "\n")
    else:
        found = problems(header, ledger())
    for problem in found:
        print(problem, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
