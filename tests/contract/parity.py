#!/usr/bin/env python3
"""The table of operations and languages in bindings/README.md, from results of contract_test.py.

usage: parity.py RESULTS            writes the table
       parity.py RESULTS --check    fails when a language that has results is told wrongly there, or
                                    the numbers of cases are

A mark means that every contract case with the operation passes in that language.
"""

import json
import pathlib
import sys

import contract

README = contract.HERE.parents[1] / "bindings" / "README.md"
BEGIN, END = "<!-- parity: begin -->\n", "<!-- parity: end -->\n"
LANGUAGES = ["cpp", "rust", "rust-async", "go", "node", "python", "python-asyncio", "lua"]
TITLES = {"cpp": "C++", "rust": "Rust", "rust-async": "Rust futures", "go": "Go", "node": "Node",
          "python": "Python", "python-asyncio": "Python asyncio", "lua": "Lua"}  # fmt: skip


def operations():
    """{operation: the titles of the cases that use it}, in order of first use."""
    found = {}
    for file, case in contract.cases():
        for step in case["steps"]:
            cases = found.setdefault(contract.operation(step), [])
            title = f"{file}: {case['name']}"
            if title not in cases:
                cases.append(title)
    return found


def columns(folder):
    """{language: {operation: mark}} of what has results."""
    found = {}
    for language in LANGUAGES:
        file = folder / f"{language}.json"
        if not file.exists():
            continue
        passed = set(json.loads(file.read_text())["passed"])
        marks = {}
        for name, cases in operations().items():
            good = sum(title in passed for title in cases)
            marks[name] = "✓" if good == len(cases) else f"{good} of {len(cases)}" if good else "–"
        found[language] = marks
    return found


def table(marks):
    languages = [language for language in LANGUAGES if language in marks]
    head = ["Operation", "Cases", *(TITLES[language] for language in languages)]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for name, cases in operations().items():
        row = [f"`{name}`", str(len(cases)), *(marks[language][name] for language in languages)]
        lines.append("| " + " | ".join(row) + " |")
    return "\n".join(lines) + "\n"


def read(text):
    """The columns of a table that table() wrote, that of the cases as "Cases"."""
    rows = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in text.splitlines()]
    if not rows:
        return {}
    names = {title: language for language, title in TITLES.items()} | {"Cases": "Cases"}
    return {
        names[title]: {row[0].strip("`"): row[at] for row in rows[2:]}
        for at, title in enumerate(rows[0])
        if title in names
    }


def main(arguments):
    folder = pathlib.Path(arguments[0])
    text = README.read_text()
    before, rest = text.split(BEGIN)
    old, after = rest.split(END)
    now = columns(folder)
    if "--check" in arguments:
        written = read(old)
        now["Cases"] = {name: str(len(cases)) for name, cases in operations().items()}
        wrong = [column for column, marks in now.items() if written.get(column) != marks]
        if wrong:
            print(f"{README}: run tests/contract/parity.py {folder}: {', '.join(wrong)}")
            return 1
        return 0
    README.write_text(before + BEGIN + table({**read(old), **now}) + END + after)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
