#!/usr/bin/env python3
"""Programs of several languages use one cache file at the same time.

usage: many_programs_test.py PEER TAPPS [NODE ADDON BINDING]

Each writes its keys while the others write theirs, and each reads what the others wrote. Then one
writes a key that all have in memory, and once that is acknowledged the others read it: only the
new value is right.
"""

import os
import random
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
SEED = 20240312


class Peer:
    """A program that stays and answers lines."""

    def __init__(self, name, argv, env=None):
        self.name = name
        self.keys = 150
        self.process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **(env or {})},
        )

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().rstrip("\n")

    def put(self, key, value):
        answer = self.ask(f"put {key} {value}")
        assert answer == "ok", f"{self.name}: put {key}: {answer}"

    def get(self, key):
        answer = self.ask(f"get {key}")
        assert answer[:1] in ("=", "-"), f"{self.name}: get {key}: {answer}"
        return answer[2:] if answer.startswith("=") else None

    def end(self):
        self.process.stdin.close()
        assert (
            self.process.wait(timeout=20) == 0
        ), f"{self.name} ended with {self.process.returncode}"


class CommandLine:
    """A process for each question."""

    def __init__(self, name, program, file):
        self.name = name
        self.keys = 12
        self.argv = [program, "--cache", file]

    def run(self, *arguments):
        return subprocess.run([*self.argv, *arguments], capture_output=True, text=True, timeout=60)

    def put(self, key, value):
        done = self.run("put", key, value)
        assert done.returncode == 0, f"{self.name}: put {key}: {done.stderr}"

    def get(self, key):
        done = self.run("get", key)
        assert done.returncode in (0, 1), f"{self.name}: get {key}: {done.stderr}"
        return done.stdout if done.returncode == 0 else None

    def end(self):
        pass


def value_of(peer, number):
    return f"{peer.name}-{number}-" + "v" * (number * 37 % 3000)


def all_at_once(peers, task):
    problems = []

    def run(peer):
        try:
            task(peer)
        except Exception as problem:  # pylint: disable=broad-except
            problems.append(f"{peer.name}: {problem}")

    threads = [threading.Thread(target=run, args=(peer,)) for peer in peers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems, problems


def each_reads_what_the_others_wrote(peers):
    def write(peer):
        for number in range(peer.keys):
            peer.put(f"{peer.name}/{number}", value_of(peer, number))

    def read(peer):
        for other in peers:
            for number in range(0, other.keys, max(1, other.keys // peer.keys)):
                found = peer.get(f"{other.name}/{number}")
                assert found == value_of(other, number), f"{other.name}/{number} is {found}"

    all_at_once(peers, write)
    all_at_once(peers, read)


def nobody_reads_a_replaced_value(peers, rounds, choice):
    newest = {}
    for number in range(rounds):
        key = f"hot/{choice.randrange(6)}"
        writer = choice.choice(peers)
        newest[key] = f"{writer.name}:{number}"
        writer.put(key, newest[key])
        for reader in peers:
            found = reader.get(key)
            assert (
                found == newest[key]
            ), f"round {number}: {writer.name} wrote {newest[key]}, {reader.name} read {found}"


def main():
    peer, program = sys.argv[1:3]
    node, addon, binding = (sys.argv[3:] + [""] * 3)[:3]
    if len(sys.argv) > 3 and not (node and os.path.exists(addon)):
        print("SKIP: the Node addon is not built (-DTAPPS_NODE=ON)")
        return 1 if os.environ.get("CI") == "true" else 77
    with tempfile.TemporaryDirectory(prefix="tapps-test-") as folder:
        file = os.path.join(folder, "cache.db")
        peers = [CommandLine("cli", program, file), Peer("c", [peer, file])]
        if node:
            peers.append(
                Peer(
                    "node",
                    [node, os.path.join(HERE, "peer.mjs"), binding, file],
                    {"TAPPS_NODE_ADDON": addon},
                )
            )
        else:
            peers.append(Peer("c2", [peer, file]))
        each_reads_what_the_others_wrote(peers)
        nobody_reads_a_replaced_value(peers, 60, random.Random(SEED))
        nobody_reads_a_replaced_value(peers[1:], 1500, random.Random(SEED + 1))
        for one in peers:
            one.end()
    return 0


if __name__ == "__main__":
    sys.exit(main())
