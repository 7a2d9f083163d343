#!/usr/bin/env python3
"""Plays all contract cases to the peer of one language.

usage: contract_test.py LANGUAGE RESULT COMMAND...

Writes {"language", "passed", "failed", "lacking"} to the file RESULT, for parity.py. Fails when a
case fails, or when the language lacks what it may not lack.
"""

import json
import os
import pathlib
import sys
import tempfile

import contract


def main():
    language, result, *command = sys.argv[1:]
    passed, failed, lacking = [], [], []
    origin = contract.Origin()
    try:
        peer = contract.Peer(language, command)
        peer.ask([("do", "close")])  # of nothing
    except contract.Skip as why:
        print(why)
        return 1 if os.environ.get("CI") == "true" else 77
    with tempfile.TemporaryDirectory(prefix="tapps-contract-") as name:
        for number, (file, case) in enumerate(contract.cases()):
            folder = pathlib.Path(name) / str(number)
            project = folder / "project"
            contract.make_project(project)
            empty = folder / "folder"
            empty.mkdir()
            places = {
                "$origin": origin.url,
                "$project": str(project),
                "$folder": str(empty),
                "$file": str(folder / "cache.db"),
            }
            title = f"{file}: {case['name']}"
            try:
                contract.Player(peer, places).play(case)
                passed.append(title)
            except (contract.Lacking, AssertionError) as problem:
                lacks = isinstance(problem, contract.Lacking) and contract.may_lack(case)
                (lacking if lacks else failed).append(title)
                print(f"{'lacking' if lacks else 'failed'}: {title}: {problem}")
                if peer.process.poll() is not None:
                    break
        if peer.process.poll() is None:
            peer.end()
    origin.close()
    pathlib.Path(result).parent.mkdir(parents=True, exist_ok=True)
    text = {"language": language, "passed": passed, "failed": failed, "lacking": lacking}
    pathlib.Path(result).write_text(json.dumps(text, indent=1) + "\n")
    print(f"{len(passed)} passed, {len(failed)} failed, {len(lacking)} lacking")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
