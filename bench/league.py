#!/usr/bin/env python3
"""Runs the benchmarks and makes the league table.

usage: bench/league.py BUILD_DIR [--only PROGRAM|ROW]... [--peers WHO,...|none] [--long]
                       [--out FILE] [--from FILE]

Prints the table and writes it, with the machine, the versions, the commands and the charts, to
docs/benchmarks.md (--out; nothing is written with --only). ROW is a row that is played with
contenders in other languages, which --peers can narrow; --long adds what takes long, and 12 GiB
of disk. What was measured is kept in BUILD_DIR/bench/lines.jsonl; --from reads such a file
instead of measuring.
"""

import argparse
import ctypes
import datetime
import json
import pathlib
import platform
import re
import statistics
import subprocess
import sys
import textwrap
import time

import contenders
import plots
from bars import BARS, OTHERS

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAMS = ["memory_hit", "memory_scaling", "disk_hit", "put_cost", "flush_throughput",
            "open_first_hit", "coherence", "fetch", "breaker", "allocations"]  # fmt: skip

HEAD = """\
# Benchmarks

Written by `./dev bench`, as measured. Figures of one machine at one hour: what carries over are the
ratios to the peers, which were measured in the same run, in rounds that alternate.

{machine}
- Load average while measuring: {low:.1f} to {high:.1f}. Above 1, other programs took part of the
  processors: ratios of medians stand that; tails, throughput and a second thread's gain do not.
- Values are medians of the rounds, the spread is their lowest and highest. A ratio is the median of
  the rounds' own ratios; in a peer's line it says what tapps measures over what the peer does.
- A mean is the median of the means of short runs of calls, so that few contain the work of other
  programs.
- Single calls are timed with a clock whose cost, {overhead_ns:.1f} ns here, is subtracted; its step
  is {step_ns:.1f} ns, and quantiles are interpolated within it.
- Keys have 40 bytes and come in no sorted order, values have 1 KiB.

```
./dev bench                        everything here
./dev bench --only 'put, stores'   a row, or one of the programs
./dev bench --peers none           without what has to be installed
./dev bench --long                 with growth, which takes long, and 12 GiB of disk
{programs}
```"""

LONG = ["growth"]
ROWS = list(contenders.ROWS)
# (row, metric) as charts, under the row's heading.
CHARTS = [("memory hit, caches", "zipf"), ("disk hit, stores", "uniform"), ("put, stores", "p50"),
          ("persisted puts, stores", "rate"), (contenders.SHARED, "operations")]  # fmt: skip


def median(values):
    return statistics.median(values)


class Results:
    """What the programs measured: a list of rounds for each (row, who, metric)."""

    def __init__(self, lines):
        self.rounds, self.units, self.clocks, self.load, self.machine = {}, {}, [], [], []
        self.reasons = {}  # why who is not in a row
        for line in lines:
            if "clock" in line:
                self.clocks.append(line["clock"])
            elif "load" in line:
                self.load.append(line["load"])
            elif "machine" in line:
                self.machine = line["machine"]
            elif "reason" in line:
                self.reasons[line["row"], line["who"]] = line["reason"]
            else:
                key = (line["row"], line["who"], line["metric"])
                self.rounds[key] = line["rounds"]
                self.units[key] = line["unit"]

    def has(self, *key):
        return key in self.rounds

    def value(self, *key):
        return median(self.rounds[key])

    def spread(self, *key):
        rounds = self.rounds[key]
        return min(rounds), max(rounds)

    def ratio(self, row, who, other, metric):
        """The median of the rounds' own ratios: both sides of each saw the same machine."""
        pairs = zip(self.rounds[row, who, metric], self.rounds[row, other, metric])
        return median([mine / theirs for mine, theirs in pairs])


def show(value, unit):
    if unit == "ns" and value >= 10_000:
        value, unit = value / 1000, "us"
    if unit == "us" and value >= 10_000:
        value, unit = value / 1000, "ms"
    digits = 0 if abs(value) >= 100 or value == int(value) else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f} {unit}".strip()


def load():
    return {"load": float(pathlib.Path("/proc/loadavg").read_text().split()[0])}


def run(build, parts, peers):
    """Runs programs and rows one after the other; returns their lines."""
    programs = [part for part in parts if part not in ROWS]
    played = [part for part in parts if part in ROWS]
    league = contenders.League(build, peers) if played else None
    if league:
        league.prepare(played)
    lines = [{"machine": machine(build)}]
    for program in programs:
        began = time.monotonic()
        lines.append(load())
        done = subprocess.run([build / "bench" / program], stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            sys.exit(f"league: {program} failed with {done.returncode}")
        lines += [json.loads(line) for line in done.stdout.splitlines()]
        print(f"{program}: {time.monotonic() - began:.0f} s", file=sys.stderr)
    for row in played:
        lines.append(load())
        lines += league.play(row)
    return lines


def verdict(bar, results):
    """(word, sentence): held; missed, and by how much; or undecided."""
    got = bar.measure(results)
    sign = "at most" if bar.upper else "at least"
    text = f"{bar.text}: {sign} {bar.show(bar.limit)}, measured {bar.show(got)}"
    doubt = bar.doubt(results) if bar.doubt else ""
    if doubt:
        return "?", f"{bar.figure} not decided, as {doubt}: {text}."
    if got <= bar.limit if bar.upper else got >= bar.limit:
        return "ok", f"{bar.figure} held: {text}."
    if bar.limit == 0 or got == 0:
        return "MISS", f"{bar.figure} missed: {text}."
    far = got / bar.limit if bar.upper else bar.limit / got
    by = f"{far:.1f} times" if far >= 2 else f"{(far - 1) * 100:.0f} %"
    return "MISS", f"{bar.figure} missed by {by}: {text}."


def ratio_text(results, row, who, metric):
    """How tapps compares: among contenders in the line of each of them, else in its own."""
    if row in ROWS:
        if who == "tapps" or not results.has(row, "tapps", metric):
            return ""
        if 0 in results.rounds[row, who, metric]:
            return ""
        return f"tapps {results.ratio(row, 'tapps', who, metric):.3g} x"
    return ", ".join(
        f"{results.ratio(row, 'tapps', other, metric):.3g} x {other}"
        for other in OTHERS
        if who == "tapps" and results.has(row, other, metric)
    )


def rows(results):
    """Yields (row, table lines, sentences)."""
    for row in dict.fromkeys(key[0] for key in [*results.rounds, *results.reasons]):
        table = []
        for key in (key for key in results.rounds if key[0] == row):
            _, who, metric = key
            low, high = results.spread(*key)
            unit = results.units[key]
            spread = f"{show(low, unit)} to {show(high, unit)}" if low != high else ""
            ratio = ratio_text(results, row, who, metric)
            table.append((who, metric, show(results.value(*key), unit), spread, ratio))
        for (_, who), reason in ((k, r) for k, r in results.reasons.items() if k[0] == row):
            table.append((who, "not measured", "", reason, ""))
        sentences = [verdict(bar, results) for bar in BARS if bar.row == row and bar.known(results)]
        yield row, table, sentences


def table_text(head, table):
    cells = [head, *table]
    widths = [max(len(line[i]) for line in cells) for i in range(len(head))]
    lines = ["| " + " | ".join(c.ljust(w) for c, w in zip(line, widths)) + " |" for line in cells]
    lines.insert(1, "|" + "|".join("-" * (w + 2) for w in widths) + "|")
    return "\n".join(line.rstrip() for line in lines)


def output_of(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    except OSError:
        return ""
    return (done.stdout or done.stderr).strip()


def library_version(name, call):
    try:
        return call(ctypes.CDLL(name))
    except OSError:
        return "?"


def sqlite_version(library):
    library.sqlite3_libversion.restype = ctypes.c_char_p
    return library.sqlite3_libversion().decode()


def lmdb_version(library):
    parts = [ctypes.c_int() for _ in range(3)]
    library.mdb_version(*map(ctypes.byref, parts))
    return ".".join(str(part.value) for part in parts)


def machine(build):
    """When and on what the figures are made: kept with the lines, for --from."""
    cpuinfo = pathlib.Path("/proc/cpuinfo").read_text()
    names = re.findall(r"^model name\s*: (.*)$", cpuinfo, re.M)
    memory = re.search(r"MemTotal:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text())
    virtual = ", virtual" if "hypervisor" in cpuinfo else ""
    cache = (build / "CMakeCache.txt").read_text()
    compiler = re.search(r"^CMAKE_CXX_COMPILER:\w+=(.*)$", cache, re.M)
    kind = re.search(r"^CMAKE_BUILD_TYPE:\w+=(.*)$", cache, re.M)
    folder = output_of("df", "--output=fstype", "/tmp").split("\n")[-1]
    versions = {
        "tapps": output_of("git", "describe", "--always", "--dirty"),
        "SQLite": library_version("libsqlite3.so.0", sqlite_version),
        "LMDB": library_version("liblmdb.so.0", lmdb_version),
        "compiler": output_of(compiler[1], "--version").split("\n")[0] if compiler else "?",
    }
    peers = contenders.versions() | {"RocksDB": output_of("pkg-config", "--modversion", "rocksdb")}
    return [
        datetime.date.today().isoformat(),
        f"{names[0] if names else platform.machine()}{virtual}, {len(names)} cores, "
        f"{int(memory[1]) / 2**20:.1f} GiB of memory, files on {folder}, "
        f"Linux {platform.release()}",
        ", ".join(f"{name} {version}" for name, version in versions.items())
        + f", {kind[1] if kind else '?'} build",
        ", ".join(f"{name} {version}" for name, version in peers.items() if version),
    ]


def charts(results):
    """Yields (row, name of the file, its text)."""
    for row, metric in CHARTS:
        keys = [key for key in results.rounds if key[0] == row and key[2] == metric]
        if len(keys) < 2:
            continue
        unit = results.units[keys[0]]
        values = sorted((results.value(*key), key[1]) for key in keys)
        more = unit == "/s"  # then more is better
        values = [(who, value) for value, who in (reversed(values) if more else values)]
        note = f"{metric}, {'more' if more else 'less'} is better, logarithmic"
        name = re.sub(r"\W+", "-", row) + ".svg"
        title = row[0].upper() + row[1:]
        yield row, name, plots.bars(title, note, values, lambda value: show(value, unit))


def document(results):
    """The text of docs/benchmarks.md."""
    clock = results.clocks[0] if results.clocks else {"overhead_ns": 0, "step_ns": 0}
    low, high = min(results.load, default=0), max(results.load, default=0)
    head = HEAD.format(
        machine="\n".join(f"- {item}" for item in results.machine),
        low=min(results.load, default=0),
        high=max(results.load, default=0),
        programs="\n".join(f"build/release/bench/{program}" for program in PROGRAMS),
        **clock,
    )
    text = [head]
    files = {row: name for row, name, _ in charts(results)}
    for row, table, sentences in rows(results):
        text += ["", f"## {row[0].upper()}{row[1:]}", ""]
        if row in ROWS:
            text += [*textwrap.wrap(contenders.NOTES[row], 100), ""]
        if row in files:
            text += [f"![{row}, the table below as a chart](benchmarks/{files[row]})", ""]
        text += [table_text(("who", "what", "median", "spread", "ratio"), table)]
        for _, sentence in sentences:
            text += ["", sentence]
    return "\n".join(text) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--only", action="append", choices=[*PROGRAMS, *LONG, *ROWS],
                        metavar="PROGRAM|ROW")  # fmt: skip
    parser.add_argument("--peers", metavar="WHO,...|none", type=lambda text: set(text.split(",")))
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "docs" / "benchmarks.md")
    parser.add_argument("--from", dest="source", type=pathlib.Path)
    options = parser.parse_args()
    build = options.build.resolve()
    if options.source:
        lines = [json.loads(line) for line in options.source.read_text().splitlines()]
    else:
        parts = options.only or [*PROGRAMS, *(LONG if options.long else []), *ROWS]
        lines = run(build, parts, options.peers)
        if not options.only:
            kept = "".join(json.dumps(line) + "\n" for line in lines)
            (build / "bench" / "lines.jsonl").write_text(kept)
    results = Results(lines)
    for row, table, sentences in rows(results):
        print(f"\n{row}")
        for who, metric, value, spread, ratios in table:
            why = spread if metric == "not measured" else ""
            print(f"  {who:28} {metric:18} {value:>12}  {ratios}{why}")
        for word, sentence in sentences:
            print(f"  {word:4} {sentence}")
    if not options.only:
        options.out.parent.mkdir(exist_ok=True)
        options.out.write_text(document(results))
        for _, name, text in charts(results):
            (options.out.parent / "benchmarks").mkdir(exist_ok=True)
            (options.out.parent / "benchmarks" / name).write_text(text)
        print(f"\nwritten to {options.out}")


if __name__ == "__main__":
    main()
