#!/usr/bin/env python3
"""Checks that the bindings use every function of include/tapps.h.

usage: tools/check_wrappers.py

A function that a binding does without is named below, with the reason. A name below that is used
after all, or that is no function, is a mistake, too. For Lua, Node and Python, whose calls wait one
way or the other, one of the two forms of an operation will do.
"""

import re
import sys

import abi_header

PLACES = {"C++": ("include/tapps", "*.hpp"), "Go": ("bindings/go", "*.go"),
          "Rust": ("bindings/rust/tapps/src", "*.rs"),
          "Lua": ("bindings/lua/lua/tapps", "*.lua"), "Node": ("bindings/node/native", "*.[ch]"),
          "Python": ("bindings/python/tapps", "*.py")}  # fmt: skip
DECLARATIONS = {"cdef.lua", "_declarations.py"}  # name every function, and use none
ONE_FORM = {"Lua", "Node", "Python"}
OTHER = {"cache": "queue", "queue": "cache"}

QUEUED = "the form for queues is used, which a context can end"
CODES = "the binding has its own table of codes"
MANY = "the call itself is quick, or its queued form adds nothing"
WAITS = "one thread or poller takes the records"
WITHOUT = {
    "C++": {"tapps_error_code": "Error keeps the code of the call"},
    "Go": {
        **dict.fromkeys(
            ["tapps_breaker_wait", "tapps_cache_backup", "tapps_cache_check", "tapps_cache_compact",
             "tapps_cache_contains", "tapps_cache_count", "tapps_cache_delete_all",
             "tapps_cache_fetch", "tapps_cache_flush", "tapps_cache_survey", "tapps_cache_swap",
             "tapps_docs_lookup"], QUEUED),
        **dict.fromkeys(["tapps_code_name", "tapps_error_code"], CODES),
        **dict.fromkeys(["tapps_queue_delete", "tapps_queue_get_many", "tapps_queue_put_many",
                         "tapps_queue_touch"], MANY),
        **dict.fromkeys(["tapps_queue_notify", "tapps_queue_wait"], WAITS),
        "tapps_value_data": "the lookup returns the bytes as well",
        "tapps_value_retain": "the collector shares a View",
    },
    "Rust": {
        **dict.fromkeys(["tapps_code_name", "tapps_error_code"], CODES),
        **dict.fromkeys(["tapps_queue_delete", "tapps_queue_get_many", "tapps_queue_put_many",
                         "tapps_queue_touch"], MANY),
        **dict.fromkeys(["tapps_queue_drain", "tapps_queue_fd", "tapps_queue_notify"], WAITS),
        "tapps_value_data": "the lookup returns the bytes as well",
    },
    "Lua": {
        **dict.fromkeys(["tapps_code_name", "tapps_error_code"], CODES),
        **dict.fromkeys(["tapps_queue_notify", "tapps_queue_wait"], WAITS),
        "tapps_value_retain": "values are copied",
    },
    "Node": {
        "tapps_error_code": "the call returns it",
        "tapps_plan_count": "the description has it",
        **dict.fromkeys(["tapps_queue_fd", "tapps_queue_wait"], WAITS),
        **dict.fromkeys(["tapps_value_data", "tapps_value_retain"], "values are copied"),
    },
    "Python": {
        **dict.fromkeys(["tapps_code_meaning", "tapps_code_name", "tapps_error_code"], CODES),
        "tapps_queue_notify": WAITS,
        "tapps_value_data": "the lookup returns the bytes as well",
    },
}  # fmt: skip


def other_form(name):
    """The function that does the same by a queue, or without one."""
    pairs = {"tapps_docs_lookup": "tapps_queue_docs", "tapps_breaker_wait": "tapps_queue_acquire"}
    pairs |= {queued: waiting for waiting, queued in pairs.items()}
    swapped = re.sub("^tapps_(cache|queue)_", lambda room: f"tapps_{OTHER[room[1]]}_", name)
    return pairs.get(name, swapped)


def check(functions, language, text):
    """What is wrong with a binding, as messages."""
    used = set(re.findall(r"\btapps_[a-z_]+\b", text))
    without = WITHOUT[language]
    problems = [f"{language} lacks {name}" for name in functions
                if name not in used and name not in without
                and not (language in ONE_FORM and other_form(name) in used)]  # fmt: skip
    problems += [f"{language} uses {name} after all" for name in sorted(used & set(without))]
    problems += [f"{language}: {name} is no function" for name in without if name not in functions]
    return problems


def main():
    declarations = abi_header.parse(abi_header.HEADER.read_text())
    functions = [d.name for d in declarations if d.kind == "function"]
    problems = []
    for language, (folder, pattern) in PLACES.items():
        files = sorted((abi_header.ROOT / folder).glob(pattern))
        files = [file for file in files if file.name not in DECLARATIONS]
        text = "\n".join(file.read_text() for file in files if not file.stem.endswith("_test"))
        problems += check(functions, language, text)
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
