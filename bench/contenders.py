"""The peers in their own languages: builds them into build/bench-peers and plays their rows.

peers/README.md has the protocol. What cannot be built or started, or fails, is left out of a row,
which then says why.
"""

import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
OUT = ROOT / "build" / "bench-peers"
ENTRIES, CALLS = 100_000, 100_000
WORKERS, WORK_SECONDS = 8, 5
BUILD_SECONDS, ROUND_SECONDS = 900, 300

STORES = ["tapps", "sqlite", "rocksdb", "redb", "foyer", "diskcache", "undici", "cacache"]
LASTING = [who for who in STORES if who != "foyer"]  # which drops what it cannot write in time
SHARED = "one file, eight processes"
ROWS = {  # (rounds, who plays)
    "memory hit, caches": (7, ["tapps", "moka", "quick_cache", "otter", "caffeine"]),
    "disk hit, stores": (5, STORES),
    "put, stores": (5, STORES),
    "persisted puts, stores": (5, LASTING),
    SHARED: (3, ["tapps", "sqlite", "diskcache", "diskcache, fanout"]),
}
NOTES = {
    "memory hit, caches": "Mean of a get of 1 KiB, its first byte read, among 100,000 entries.",
    "disk hit, stores": "Mean of a get from the file, its pages in the system's memory: memory "
    "tiers and page caches of the stores' own hold 8 MiB or less. cacache holds 5,000 entries, "
    "the others 100,000.",
    "put, stores": "What one put of 1 KiB costs its caller, 5,000 a second. tapps and foyer write "
    "later, tapps within 20 ms; redb only when a later commit syncs; the others have it written, "
    "not synced, on return.",
    "persisted puts, stores": "Puts of new entries a second until all of them survive the death "
    "of the process. sqlite, rocksdb and redb: transactions of 1,024, redb's last one synced. "
    "foyer is left out: it drops what it cannot write in time.",
    SHARED: "Eight processes get and put in turn for 5 seconds, then wait until all is committed. "
    "A put is lost when the file does not have it afterwards. fanout: 8 files.",
}

PINS = {  # where the version of a peer is written down
    "moka": ("rust/Cargo.lock", r'name = "moka"\nversion = "(.+?)"'),
    "quick_cache": ("rust/Cargo.lock", r'name = "quick_cache"\nversion = "(.+?)"'),
    "redb": ("rust/Cargo.lock", r'name = "redb"\nversion = "(.+?)"'),
    "foyer": ("rust/Cargo.lock", r'name = "foyer"\nversion = "(.+?)"'),
    "otter": ("go/go.mod", r"otter/v2 v(\S+)"),
    "caffeine": ("java/pom.xml", r"caffeine</artifactId>\s*<version>(.+?)<"),
    "diskcache": ("python/requirements.txt", r"diskcache==(\S+)"),
    "undici": ("node/package.json", r'"undici": "(.+?)"'),
    "cacache": ("node/package.json", r'"cacache": "(.+?)"'),
    "Node.js": ("node/package.json", r'"node": "(.+?)"'),
}


class Failed(Exception):
    """Why a contender is not measured."""


def rust(build, features=()):
    cargo = ["cargo", "build", "--release", "--locked", "--target-dir", OUT / "rust"]
    return [[*cargo, "--manifest-path", HERE / "peers/rust/Cargo.toml", *features]]


def rocksdb(build):
    compiler = ["c++", "-std=c++20", "-O3", "-DNDEBUG", HERE / "peers/cpp/rocksdb.cc"]
    harness = build / "bench" / "libbench_harness.a"
    root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    apt = [*root, "apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]
    known = subprocess.run(["pkg-config", "--exists", "rocksdb"]).returncode == 0
    install = ["install", "-y", "--no-install-recommends", "librocksdb-dev"]
    missing = [] if known else [[*apt, "update"], [*apt, *install]]
    return [*missing, [*compiler, "-o", OUT / "rocksdb", harness, "-lrocksdb", "-lpthread"]]


def python(build):
    install = [OUT / "python/bin/pip", "install", "--quiet", "--disable-pip-version-check"]
    return [
        [sys.executable, "-m", "venv", OUT / "python"],
        [*install, "-r", HERE / "peers/python/requirements.txt"],
    ]


def node(build):
    return [
        ["cp", "-r", HERE / "peers/node", OUT],
        ["npm", "ci", "--no-fund", "--no-audit", "--loglevel=error", "--prefix", OUT / "node"],
    ]


def go(build):
    return [["go", "-C", HERE / "peers/go", "build", "-o", OUT / "go/contender", "."]]


def java(build):
    return [["mvn", "-q", "-B", "-f", HERE / "peers/java/pom.xml", f"-Dout={OUT}/java", "compile"]]


BUILDS = {  # (sources, commands)
    "rocksdb": ("cpp", rocksdb),
    "rust": ("rust", rust),
    "foyer": ("rust", lambda build: rust(build, ("--bin", "foyer", "--features", "foyer"))),
    "go": ("go", go),
    "java": ("java", java),
    "python": ("python", python),
    "node": ("node", node),
}
STARTS = {  # who: (build, command)
    "rocksdb": ("rocksdb", [OUT / "rocksdb"]),
    "foyer": ("foyer", [OUT / "rust/release/foyer"]),
    "otter": ("go", [OUT / "go/contender"]),
    "caffeine": ("java", ["java", "-cp", f"{OUT}/java/classes:{OUT}/java/dependency/*",
                          "Contender"]),
} | {
    who: ("rust", [OUT / "rust/release/contender"]) for who in ("moka", "quick_cache", "redb")
} | {
    who: ("python", [OUT / "python/bin/python", HERE / "peers/python/contender.py"])
    for who in ("diskcache", "diskcache, fanout")
} | {
    who: ("node", [OUT / "node/node_modules/node/bin/node", OUT / "node/contender.mjs"])
    for who in ("undici", "cacache")
}  # fmt: skip


def prepare(build, name):
    """Builds what is called `name`, unless it is there, built from the same sources."""
    folder, commands = BUILDS[name]
    sources = [file for file in sorted((HERE / "peers" / folder).rglob("*")) if file.is_file()]
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in sources)).hexdigest()
    stamp = OUT / f"{name}.built"
    if stamp.exists() and stamp.read_text() == digest:
        return
    OUT.mkdir(parents=True, exist_ok=True)
    print(f"building {name}", file=sys.stderr)
    log = OUT / f"{name}.log"
    with log.open("w") as out:
        for command in commands(build):
            if not shutil.which(command[0]):
                raise Failed(f"{command[0]} is not installed")
            try:
                done = subprocess.run(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL,
                                      timeout=BUILD_SECONDS)  # fmt: skip
            except subprocess.TimeoutExpired:
                raise Failed(f"it did not build within {BUILD_SECONDS} s") from None
            if done.returncode != 0:
                raise Failed(f"it did not build: {why(log)}")
    stamp.write_text(digest)


def why(log):
    """The line of a build's output that most likely says what went wrong."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    wrong = [line for line in lines if re.search(r"\berr(or)?\b|cannot|failed", line, re.I)]
    text = (wrong or lines or ["no reason given"])[0]
    return re.sub(r"(?<!\w)/\S*/", "", text)[:120].replace("|", "/")


class Process:
    """A contender that waits for rows."""

    def __init__(self, command, workload, scratch, who):
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [*command, workload, scratch, who],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True,
        )  # fmt: skip

    def send(self, line):
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # receive() tells

    def receive(self):
        """The metrics of the line sent last: {metric: (unit, value)}."""
        metrics = {}
        alarm = threading.Timer(ROUND_SECONDS, self.process.kill)
        alarm.start()
        try:
            for line in self.process.stdout:
                if line == "\n":
                    return metrics
                try:
                    one = json.loads(line)
                    metrics[one["metric"]] = (one["unit"], one["value"])
                except (ValueError, KeyError):
                    raise Failed(f"it printed {line[:60]!r}") from None
        finally:
            alarm.cancel()
        code = self.process.wait()
        self.errors.seek(0)
        words = [line.strip() for line in self.errors if line.strip()]
        raise Failed(f"it ended with {code}: {words[-1][:120] if words else 'no reason given'}")

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.errors.close()


class League:
    """Plays rows among those of `peers` (None: all) that can be had; tapps and sqlite always can."""

    def __init__(self, build, peers, entries=ENTRIES, calls=CALLS):
        self.build, self.peers, self.failed = build, peers, {}
        self.folder = tempfile.TemporaryDirectory(prefix="tapps-bench-")
        self.workload = pathlib.Path(self.folder.name) / "workload"
        self.workload.mkdir()
        writer = [build / "bench" / "write_workload", self.workload, str(entries), str(calls)]
        subprocess.run(writer, check=True)

    def command(self, who):
        if who in ("tapps", "sqlite"):
            return [self.build / "bench" / f"contender_{who}"]
        name, command = STARTS[who]
        if name not in self.failed:
            try:
                prepare(self.build, name)
                self.failed[name] = ""
            except Failed as reason:
                self.failed[name] = str(reason)
        if self.failed[name]:
            raise Failed(self.failed[name])
        return command

    def takes_part(self, who):
        return who in ("tapps", "sqlite") or self.peers is None or who.split(",")[0] in self.peers

    def scratch(self, who):
        return tempfile.mkdtemp(prefix=re.sub(r"\W+", "-", who) + "-", dir=self.folder.name)

    def prepare(self, rows):
        """Builds everything before the first row is measured."""
        for who in {who: 0 for row in rows for who in ROWS[row][1]}:
            if self.takes_part(who):
                try:
                    self.command(who)
                except Failed as reason:
                    print(f"without {who}: {reason}", file=sys.stderr)

    def play(self, row):
        """Yields the lines of a row."""
        rounds, players = ROWS[row]
        began, measured, reasons = time.monotonic(), {}, {}
        players = [who for who in players if self.takes_part(who)]
        play = self.shared if row == SHARED else self.alternating
        play(row, rounds, players, measured, reasons)
        for who in players:
            if who in reasons:
                yield {"row": row, "who": who, "reason": reasons[who]}
                continue
            for metric, (unit, values) in measured[who].items():
                yield {"row": row, "who": who, "metric": metric, "unit": unit, "rounds": values}
        print(f"{row}: {time.monotonic() - began:.0f} s", file=sys.stderr)

    def alternating(self, row, rounds, players, measured, reasons):
        """One process each, a round each in turn; each round begins with another one."""
        processes, scratches = {}, []
        for who in players:
            try:
                scratches.append(self.scratch(who))
                processes[who] = Process(self.command(who), self.workload, scratches[-1], who)
            except (Failed, OSError) as reason:
                reasons[who] = str(reason)
        for turn in range(rounds):
            for place in range(len(players)):
                who = players[(place + turn) % len(players)]
                if who in reasons:
                    continue
                try:
                    processes[who].send(row)
                    add(measured.setdefault(who, {}), processes[who].receive())
                except Failed as reason:
                    reasons[who] = str(reason)
        for process in processes.values():
            process.close()
        for scratch in scratches:
            shutil.rmtree(scratch, ignore_errors=True)

    def shared(self, row, rounds, players, measured, reasons):
        for turn in range(rounds):
            for place in range(len(players)):
                who = players[(place + turn) % len(players)]
                if who in reasons:
                    continue
                scratch = self.scratch(who)
                try:
                    add(measured.setdefault(who, {}), self.one_file(who, scratch))
                except (Failed, OSError) as reason:
                    reasons[who] = str(reason)
                shutil.rmtree(scratch, ignore_errors=True)

    def one_file(self, who, scratch):
        """Eight processes at once; returns the metrics of the round."""
        command = self.command(who)

        def ask(lines):
            processes = [Process(command, self.workload, scratch, who) for _ in lines]
            try:
                for process, line in zip(processes, lines):
                    process.send(line)
                return [process.receive() for process in processes]
            finally:
                for process in processes:
                    process.close()

        ask(["fill"])
        work = ask([f"work {number} {WORK_SECONDS}" for number in range(WORKERS)])
        lost = ask(["verify"])[0]["lost"][1]
        total = {key: [one[key][1] for one in work] for key in work[0]}
        return {
            "operations": ("/s", sum(total["operations"]) / max(total["seconds"])),
            "worst": ("ms", max(total["worst"])),
            "errors": ("", sum(total["errors"])),
            "lost": ("", lost),
        }


def add(measured, metrics):
    for metric, (unit, value) in metrics.items():
        measured.setdefault(metric, (unit, []))[1].append(value)


def versions():
    found = {}
    for who, (file, pattern) in PINS.items():
        match = re.search(pattern, (HERE / "peers" / file).read_text())
        found[who] = match[1] if match else ""
    return found
