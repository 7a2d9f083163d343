#!/usr/bin/env python3
"""Checks what holds for every file under version control.

usage: tools/check_tree.py [ROOT]

Lines of Python, shell and CMake end at column 100; files of code have at most 600 lines (a
warning) unless one of their first lines says that a tool wrote them; include guards are named after
their path; no absolute path of somebody's machine; links inside the Markdown lead to files and
headings that exist, and the tests it names are there; copies of LICENSE are equal to it.
"""

import pathlib
import re
import subprocess
import sys

CODE = {".cc", ".h", ".hpp", ".c", ".py", ".sh", ".js", ".mjs", ".ts", ".cmake"}
MAX_COLUMNS = 100
MAX_LINES = 600
LONG_FILES = {"include/tapps.h"}  # the manual of the library
GENERATED = re.compile(r"\b[Gg]enerated (from \S+ )?by tools/generate_bindings\.py\b")
MACHINE_PATHS = r"(?<![\w.~])(?:/home/\w+|/Users/\w+|/root/|C:\\Users)"


def tracked(root):
    listing = subprocess.run(
        ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        text=True,
        check=True,
    )
    names = sorted(name for name in listing.stdout.split("\0") if name)
    return [name for name in names if (root / name).is_file()]


def generated(text):
    """Whether one of the first lines of a file names the tool that wrote it."""
    return any(GENERATED.search(line) for line in text.splitlines()[:3])


def check_code(name, text):
    counted = name.endswith((".py", ".sh", ".cmake"))  # C and C++ are clang-format's
    for number, line in enumerate(text.splitlines(), 1):
        unbreakable = line.endswith(('"', '",'))  # a string; clang-format lets them be, too
        if len(line) > MAX_COLUMNS and counted and not unbreakable:
            yield number, f"{len(line)} columns, {MAX_COLUMNS} are allowed"
    if re.match(r"src/.*\.h$", name):
        guard = "TAPPS_" + re.sub(r"\W", "_", name[len("src/") :]).upper() + "_"
        if f"#ifndef {guard}\n#define {guard}\n" not in text:
            yield 1, f"the include guard is not {guard}"


def check_machine_paths(root, text):
    pattern = re.compile(f"{MACHINE_PATHS}|{re.escape(str(root))}(?![\\w-])")
    for number, line in enumerate(text.splitlines(), 1):
        match = pattern.search(line)
        if match:
            yield number, f"a path of somebody's machine: {match.group()}"


def anchors(text):
    """The fragments that headings of a Markdown text can be reached by."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)
    titles = re.findall(r"^#+ +(.*?) *#*$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def check_links(root, name, text):
    fenced = False
    for number, line in enumerate(text.splitlines(), 1):
        fenced ^= line.lstrip().startswith("```")
        if fenced:
            continue
        for link in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", line)):
            if re.match(r"[a-z]+:", link):
                continue
            path, _, fragment = link.partition("#")
            target = (root / name).parent / path if path else root / name
            if not target.exists():
                yield number, f"link to {path}, which does not exist"
            elif fragment and target.suffix == ".md":
                if fragment not in anchors(target.read_text()):
                    yield number, f"link to #{fragment}, which is no heading of {target.name}"


def check_promises(root, text):
    """Tests that a text names, as `FixtureTest.Behaviour`, exist."""
    sources = "".join(file.read_text() for file in sorted((root / "tests").rglob("*_test.cc")))
    for number, line in enumerate(text.splitlines(), 1):
        for fixture, behaviour in re.findall(r"`(\w+(?:Test|Stress))\.(\w+)`", line):
            if not re.search(rf"\({fixture}, ?{behaviour}\)", sources):
                yield number, f"no test {fixture}.{behaviour}"


def check(root):
    """Returns (problems, warnings), each a list of "file:line: message"."""
    problems, warnings = [], []
    for name in tracked(root):
        try:
            text = (root / name).read_text()
        except UnicodeDecodeError:
            continue
        found = list(check_machine_paths(root, text)) if name != "tools/check_tree.py" else []
        if pathlib.Path(name).suffix in CODE:
            found += check_code(name, text)
            lines = text.count("\n")
            if lines > MAX_LINES and name not in LONG_FILES and not generated(text):
                limit = f"past {MAX_LINES} it is two files"
                warnings.append(f"{name}:1: warning: {lines} lines; {limit}")
        if name.endswith("/LICENSE") and text != (root / "LICENSE").read_text():
            found.append((1, "not equal to the LICENSE of the project"))
        if name.endswith(".md"):
            found += check_links(root, name, text)
            found += check_promises(root, text)
        problems += [f"{name}:{number}: {message}" for number, message in found]
    return problems, warnings


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__).resolve()
    root = root if root.is_dir() else root.parent.parent
    problems, warnings = check(root)
    for line in warnings + problems:
        print(line, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
