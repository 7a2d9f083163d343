#!/usr/bin/env python3
"""Checks that header, ledger and library agree on the exported symbols, and that the library
registers no exit handlers: its threads may still run while the process ends.

usage: tools/check_symbols.py [LIBRARY]   compares include/tapps.h, tools/abi_symbols.txt and,
                                          when given, what LIBRARY exports
       tools/check_symbols.py --update    adds what is new in the header to the ledger

The ledger has one line a symbol, with the version that added it. Lines are never removed: a symbol
that is gone from the header is an ABI break, and --update refuses it.
"""

import pathlib
import re
import subprocess
import sys

import abi_header

LEDGER = abi_header.ROOT / "tools" / "abi_symbols.txt"


def header_symbols():
    """{symbol: version since} of the header."""
    found = {}
    for declaration in abi_header.parse(abi_header.HEADER.read_text()):
        if declaration.kind == "function":
            match = re.search(r"Since: ?(\d+\.\d+)", declaration.comment)
            found[declaration.name] = match.group(1) if match else "?"
    return found


def ledger_symbols():
    lines = LEDGER.read_text().splitlines() if LEDGER.exists() else []
    return dict(line.split() for line in lines if line and not line.startswith("#"))


def library_symbols(path):
    """What the dynamic linker sees; the version script's own absolute symbols are left out."""
    listing = subprocess.run(
        ["nm", "-D", "--defined-only", path], capture_output=True, text=True, check=True
    ).stdout
    rows = [line.split() for line in listing.splitlines()]
    return {row[-1].split("@")[0] for row in rows if row[-2] != "A"}


def exit_handlers(path):
    """The functions by which `path` would have something called at the end of the process."""
    listing = subprocess.run(
        ["nm", "-D", "--undefined-only", path], capture_output=True, text=True, check=True
    ).stdout
    names = {line.split()[-1].split("@")[0] for line in listing.splitlines()}
    return sorted(names & {"__cxa_atexit", "atexit", "on_exit", "at_quick_exit"})


def differences(header, ledger, library):
    """Human-readable disagreements; library may be None."""
    found = []
    for name in sorted(header.keys() | ledger.keys() | (library or set())):
        if name in ledger and name not in header:
            found.append(f"{name}: in the ledger, gone from the header: an ABI break")
        elif name in header and name not in ledger:
            found.append(
                f"{name}: in the header, not in the ledger: run tools/check_symbols.py --update"
            )
        elif name in header and header[name] != ledger[name]:
            found.append(
                f"{name}: since {header[name]} in the header, {ledger[name]} in the ledger"
            )
        if library is not None and name in header and name not in library:
            found.append(f"{name}: declared in the header, not exported by the library")
        if library is not None and name not in header and name in library:
            found.append(f"{name}: exported by the library, not declared in the header")
    return found


def update(header, ledger):
    gone = sorted(ledger.keys() - header.keys())
    if gone:
        print(f"gone from the header, an ABI break: {' '.join(gone)}", file=sys.stderr)
        return 1
    merged = {**header, **ledger}
    lines = ["# Exported symbols and the version that added each; see tools/check_symbols.py."]
    lines += [f"{name} {since}" for name, since in sorted(merged.items())]
    LEDGER.write_text("\n".join(lines) + "\n")
    return 0


def main(arguments):
    header, ledger = header_symbols(), ledger_symbols()
    if arguments == ["--update"]:
        return update(header, ledger)
    library = library_symbols(pathlib.Path(arguments[0])) if arguments else None
    found = differences(header, ledger, library)
    if arguments:
        found += [f"the library calls {name}: it may not" for name in exit_handlers(arguments[0])]
    print("\n".join(found), end="\n" if found else "", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
