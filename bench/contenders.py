"""The peers in their own languages: builds them into build/bench-peers and plays their rows.

peers/README.md has the protocol, roster.py who there is. What cannot be built or started, or fails,
is left out of a row, which then says why.
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

from roster import BUILDS, FETCHES, HERE, OUT, OWN, PINS, ROOT, ROWS, SHARED, STARTS

ENTRIES, CALLS = 100_000, 100_000
WORKERS, WORK_SECONDS = 8, 5
BUILD_SECONDS, ROUND_SECONDS = 900, 300


class Failed(Exception):
    """Why a contender is not measured."""


def sources(folders):
    """The files of these folders that Git knows or would take: not what is built there."""
    if not folders:
        return []
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *folders]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    files = (ROOT / name for name in sorted(done.stdout.splitlines()))
    return [file for file in files if file.is_file()]


def environment(build):
    """What the bindings find the measured library by."""
    library = build / "src" / "capi"
    return os.environ | {
        "PKG_CONFIG_PATH": str(build / "pkgconfig"),
        "LD_LIBRARY_PATH": str(library),
        "TAPPS_LIBRARY": str(library / "libtapps.so.0"),
        "TAPPS_NODE_ADDON": str(OUT / "node-binding" / "tapps.node"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "GOFLAGS": "-mod=mod",
    }


def prepare(build, name):
    """Builds what is called `name`, unless it is there, built from the same sources."""
    folders, commands = BUILDS[name]
    todo = commands(build)
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in sources(folders))).hexdigest()
    stamp = OUT / f"{name.replace(' ', '-')}.built"
    if not todo or stamp.exists() and stamp.read_text() == digest:
        return
    OUT.mkdir(parents=True, exist_ok=True)
    print(f"building {name}", file=sys.stderr)
    log = OUT / f"{name.replace(' ', '-')}.log"
    with log.open("w") as out:
        for command in todo:
            if not shutil.which(command[0]):
                raise Failed(f"{command[0]} is not installed")
            try:
                done = subprocess.run(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL,
                                      timeout=BUILD_SECONDS, env=environment(build))  # fmt: skip
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

    def __init__(self, command, workload, scratch, who, env=None):
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [*command, workload, scratch, who], env=env,
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
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass  # it has ended
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.errors.close()


class Server:
    """The loopback server of the rows that fetch, its address in the workload."""

    def __init__(self, build, workload):
        self.process = subprocess.Popen(
            [build / "bench" / "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        (workload / "url").write_text(self.process.stdout.readline().strip())

    def close(self):
        self.process.stdin.close()
        self.process.wait(60)
        self.process.stdout.close()


class League:
    """Plays rows among those of `peers` (None: all) that can be had; tapps and sqlite always can."""

    def __init__(self, build, peers, entries=ENTRIES, calls=CALLS):
        self.build, self.peers, self.failed = build, peers, {}
        self.environment = environment(build)
        self.folder = tempfile.TemporaryDirectory(prefix="tapps-bench-")
        self.workload = pathlib.Path(self.folder.name) / "workload"
        self.workload.mkdir()
        writer = [build / "bench" / "write_workload", self.workload, str(entries), str(calls)]
        subprocess.run(writer, check=True)

    def command(self, who, row):
        if who == "sqlite":
            return [self.build / "bench" / "contender_sqlite"]
        if who == "tapps":
            return [self.build / "bench" / OWN.get(row, "contender_tapps")]
        name, command = STARTS[who]
        if name not in self.failed:
            try:
                prepare(self.build, name)
                self.failed[name] = ""
            except Failed as reason:
                self.failed[name] = str(reason)
        if self.failed[name]:
            raise Failed(self.failed[name])
        if not shutil.which(command[0]):
            raise Failed(f"{pathlib.Path(command[0]).name} is not installed")
        return command

    def takes_part(self, who):
        """By the name of the peer; the bindings are called so."""
        if who in ("tapps", "sqlite") or self.peers is None:
            return True
        own = who.startswith("tapps, ")
        return ("bindings" if own else re.split("[, ]", who)[0]) in self.peers

    def start(self, who, row, scratch):
        return Process(self.command(who, row), self.workload, scratch, who, self.environment)

    def scratch(self, who):
        return tempfile.mkdtemp(prefix=re.sub(r"\W+", "-", who) + "-", dir=self.folder.name)

    def prepare(self, rows):
        """Builds everything before the first row is measured."""
        for who, row in {who: row for row in rows for who in ROWS[row][1]}.items():
            if self.takes_part(who):
                try:
                    self.command(who, row)
                except Failed as reason:
                    print(f"without {who}: {reason}", file=sys.stderr)

    def play(self, row):
        """Yields the lines of a row."""
        rounds, players = ROWS[row]
        began, measured, reasons = time.monotonic(), {}, {}
        players = [who for who in players if self.takes_part(who)]
        play = self.shared if row == SHARED else self.alternating
        server = Server(self.build, self.workload) if row in FETCHES else None
        try:
            play(row, rounds, players, measured, reasons)
        finally:
            if server:
                server.close()
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
                processes[who] = self.start(who, row, scratches[-1])
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

        def ask(lines):
            processes = [self.start(who, SHARED, scratch) for _ in lines]
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
