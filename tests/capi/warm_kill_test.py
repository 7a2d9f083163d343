#!/usr/bin/env python3
"""Kills warm runs with SIGKILL at random moments; what they leave is whole, the next goes on.

usage: warm_kill_test.py PEER TAPPS

After each kill the file opens and every entry in it is one that an undisturbed run makes, byte for
byte. In the end a run does what is left and nothing else. Ten kills; fifty with TAPPS_STRESS=1.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time

SEED = 20240405
PACKAGES = 60


def make_project(root, choice):
    dependencies = {}
    for number in range(PACKAGES):
        name = f"package-{number}"
        dependencies[name] = "^1.0.0"
        folder = os.path.join(root, "node_modules", name)
        os.makedirs(folder)
        with open(os.path.join(folder, "package.json"), "w", encoding="utf-8") as out:
            json.dump({"name": name, "version": f"1.0.{number}"}, out)
        with open(os.path.join(folder, "README.md"), "w", encoding="utf-8") as out:
            out.write(f"# {name}\n")
            for section in range(choice.randrange(5, 120)):
                words = " ".join(str(choice.random()) for _ in range(60))
                out.write(f"\n## Section {section}\n\n{words}\n")
    with open(os.path.join(root, "package.json"), "w", encoding="utf-8") as out:
        json.dump({"name": "project", "dependencies": dependencies}, out)
    # Answers from files written a moment ago are not kept.
    past = time.time() - 86400
    for folder, _, files in os.walk(root):
        for name in [".", *files]:
            os.utime(os.path.join(folder, name), (past, past))


class Warmer:
    def __init__(self, peer, program, folder):
        self.peer = peer
        self.program = program
        self.folder = folder
        self.project = os.path.join(folder, "project")

    def start(self, file):
        return subprocess.Popen([self.program, "--cache", file, "--json", "warm", self.project],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, file):
        process = self.start(file)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, f"exit code {process.returncode}: {err}"
        return json.loads(out)

    def entries(self, file):
        """What the file holds: (namespace, key) -> (size, hash)."""
        done = subprocess.run([self.peer, file], input="walk\n", capture_output=True, text=True,
                              timeout=60)
        assert done.returncode == 0, f"the file does not open: {done.stdout}{done.stderr}"
        lines = done.stdout.splitlines()
        assert lines[-1:] == ["end"], lines[-1:]
        found = {}
        for line in lines[:-1]:
            assert not line.startswith("!"), f"an entry that is listed cannot be read: {line}"
            space, key, listed, size, digest = line.split(" ")
            assert listed == size, f"listed with {listed} bytes, read {size}: {line}"
            found[space, key] = (size, digest)
        return found


def main():
    peer, program = sys.argv[1:3]
    kills = 50 if os.environ.get("TAPPS_STRESS") == "1" else 10
    choice = random.Random(SEED)
    with tempfile.TemporaryDirectory(prefix="tapps-test-") as folder:
        warmer = Warmer(peer, program, folder)
        make_project(warmer.project, choice)
        took = time.monotonic()
        result = warmer.run(os.path.join(folder, "first.db"))
        took = time.monotonic() - took
        assert (result["fetched"], result["failed"]) == (PACKAGES, 0), result
        warmer.run(os.path.join(folder, "second.db"))
        first = warmer.entries(os.path.join(folder, "first.db"))
        second = warmer.entries(os.path.join(folder, "second.db"))
        assert first.keys() == second.keys() and len(first) >= PACKAGES
        # Some entries hold the time of the lookup; the documents do not.
        same = {key for key in first if first[key] == second[key]}
        assert len(same) >= PACKAGES, len(same)

        file = os.path.join(folder, "cache.db")
        complete = partial = 0
        left = {}
        for number in range(kills):
            process = warmer.start(file)
            time.sleep(choice.random() * took * 0.9)
            process.kill()
            process.communicate()
            left = warmer.entries(file)
            for key, value in left.items():
                assert key in first, f"after kill {number}: no run makes {key}"
                assert key not in same or value == first[key], f"after kill {number}: {key}"
            if len(left) == len(first) and number + 1 < kills:
                complete += 1
                file = os.path.join(folder, f"cache-{number}.db")
            elif left:
                partial += 1
        result = warmer.run(file)
        assert result["failed"] == 0 and result["fetched"] + result["skipped"] == PACKAGES, result
        assert warmer.run(file)["skipped"] == PACKAGES
        last = warmer.entries(file)
        assert last.keys() == first.keys(), sorted(last.keys() ^ first.keys())
        for key in same:
            assert last[key] == first[key], key
        print(f"{kills} kills, {partial} left a part, {complete} came too late; the last run did "
              f"{result['fetched']} of {PACKAGES}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
