#!/usr/bin/env python3
"""Programs of all languages play the contract cases on one file at the same time, each in
namespaces of its own, and then read what the others wrote.

usage: together_test.py LANGUAGE:TOOL=COMMAND...    TOOL has to be there

A command that cannot be run here is left out and named; in CI that is a failure.
"""

import os
import pathlib
import shlex
import shutil
import sys
import tempfile
import threading

import contract

WRITTEN = 50  # entries of each language that the others read


def start(argument):
    """The peer for LANGUAGE:TOOL=COMMAND, or None and why not."""
    head, _, command = argument.partition("=")
    language, _, tool = head.partition(":")
    if shutil.which(tool) is None:
        return None, f"{language}: {tool} is not there"
    peer = contract.Peer(language, shlex.split(command))
    try:
        peer.ask([("do", "close")])
    except contract.Skip as why:
        return None, f"{language}: {why}"
    except AssertionError as why:
        return None, str(why)
    return peer, None


def play(peer, folder, origin, problems):
    for number, (file, case) in enumerate(contract.cases()):
        if case.get("alone"):
            continue
        own = folder / peer.name / str(number)
        contract.make_project(own / "project")
        (own / "folder").mkdir()
        places = {
            "$origin": origin.url,
            "$project": str(own / "project"),
            "$folder": str(own / "folder"),
            "$file": str(folder / "cache.db"),
        }
        try:
            contract.Player(peer, places, space=f"{peer.name}.{number}.").play(case)
        except (contract.Lacking, AssertionError) as problem:
            if not (isinstance(problem, contract.Lacking) and contract.may_lack(case)):
                problems.append(f"{peer.name}: {file}: {case['name']}: {problem}")
            if peer.process.poll() is not None:
                return


def at_once(peers, task):
    threads = [threading.Thread(target=task, args=(peer,)) for peer in peers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def value_of(name, number):
    return f"{name} {number} ".encode() + bytes(range(256)) * (number % 5)


def read_each_others(peers, folder, problems):
    def ask(peer, **fields):
        answer = peer.ask(list(fields.items()))
        if answer["code"] != ["OK"]:
            problems.append(f"{peer.name}: {fields['do']}: {answer}")
        return answer

    def write(peer):
        ask(peer, do="open", path=str(folder / "cache.db"))
        for number in range(WRITTEN):
            key = f"{peer.name}/{number}".encode().hex()
            value = value_of(peer.name, number).hex()
            ask(peer, do="put", key=key, value=value, space="shared", durability="sync")

    def read(peer):
        for other in peers:
            for number in range(WRITTEN):
                key = f"{other.name}/{number}".encode().hex()
                found = ask(peer, do="get", key=key, space="shared").get("value")
                if found != [value_of(other.name, number).hex()]:
                    problems.append(f"{peer.name}: {other.name}/{number} is {found}")
        ask(peer, do="close")

    at_once(peers, write)
    at_once(peers, read)


def main():
    started = [start(argument) for argument in sys.argv[1:]]
    peers = [peer for peer, _ in started if peer]
    missing = [why for _, why in started if why]
    for why in missing:
        print(f"SKIP: {why}")
    if len(peers) < 2 or (missing and os.environ.get("CI") == "true"):
        return 1 if os.environ.get("CI") == "true" else 77
    problems = []
    origin = contract.Origin()
    with tempfile.TemporaryDirectory(prefix="tapps-together-") as name:
        folder = pathlib.Path(name)
        at_once(peers, lambda peer: play(peer, folder, origin, problems))
        if not problems:
            read_each_others(peers, folder, problems)
        for peer in peers:
            if peer.process.poll() is None:
                peer.end()
    origin.close()
    print("\n".join(problems))
    print(f"{len(peers)} languages: {', '.join(peer.name for peer in peers)}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
