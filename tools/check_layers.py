#!/usr/bin/env python3
"""Checks that includes in src/ point downwards, and that third-party headers stay in their rooms.

usage: tools/check_layers.py [SRC]

A file includes its own room and the rooms below it, named as "room/file.h". The command line
includes tapps.h, tapps.hpp and its own files only: it is a user of the library like any other.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Lowest first.
ROOMS = ["base", "storage", "memory", "cache", "resilience", "http", "project", "docs", "warm",
         "workflow", "capi", "cli"]  # fmt: skip

# Third-party headers (by their first path component or name) and where they may be included.
THIRD_PARTY = {
    "sqlite3.h": ["storage/"],
    "zstd.h": ["storage/"],
    "curl": ["http/"],
    "toml++": ["project/"],
    "CLI": ["cli/"],
    "nlohmann": ["base/json.h", "cli/json.h"],
    "xxhash.h": ["base/"],
}

# Headers of C and POSIX that come without a folder; C++ ones have no suffix.
SYSTEM_FOLDERS = {"sys", "linux", "netinet", "arpa", "net"}
SYSTEM_HEADERS = set("""
    assert.h ctype.h dirent.h dlfcn.h elf.h endian.h errno.h fcntl.h fnmatch.h glob.h grp.h
    inttypes.h limits.h link.h locale.h math.h netdb.h poll.h pthread.h pwd.h sched.h signal.h
    spawn.h stdarg.h stddef.h stdint.h stdio.h stdlib.h string.h strings.h termios.h time.h
    unistd.h wchar.h
""".split())


def allowed_room(room, include):
    """Why a file of `room` may not include "include" (a quoted include), or None when it may."""
    if include == "tapps.h":
        return None
    if include == "tapps.hpp":
        return None if room == "cli" else "tapps.hpp is for users of the library"
    target = include.split("/")[0]
    if "/" not in include or target not in ROOMS:
        return 'write it as "room/file.h"'
    if room == "cli" and target != "cli":
        return "the command line uses tapps.h only"
    if ROOMS.index(target) > ROOMS.index(room):
        return f"{target}/ is above {room}/"
    return None


def allowed_system(path, include):
    """Why the file `path` (relative to src/) may not include <include>, or None when it may."""
    top = include.split("/")[0]
    if top in THIRD_PARTY:
        places = THIRD_PARTY[top]
        if any(path.startswith(place) for place in places):
            return None
        return f"only in {' and '.join(places)}"
    if "/" in include:
        known = top in SYSTEM_FOLDERS
    else:
        known = "." not in include or include in SYSTEM_HEADERS
    return None if known else "a header this check does not know"


def check(src):
    """All problems below the folder `src`, as (path, line, message)."""
    found = []
    for file in sorted(src.rglob("*")):
        path = file.relative_to(src).as_posix()
        room = path.split("/")[0]
        if file.suffix not in (".h", ".cc") or room not in ROOMS:
            if file.suffix in (".h", ".hpp", ".cc", ".cpp", ".c"):
                found.append((path, 1, "sources are *.h and *.cc in the folder of a room"))
            continue
        for number, line in enumerate(file.read_text().splitlines(), 1):
            match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
            if not match:
                continue
            quoted, include = match.group(1) == '"', match.group(2)
            why = allowed_room(room, include) if quoted else allowed_system(path, include)
            if why:
                found.append((path, number, f"includes {include}: {why}"))
    return found


def main():
    src = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "src"
    found = check(src)
    for path, number, message in found:
        print(f"{src.name}/{path}:{number}: {message}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
