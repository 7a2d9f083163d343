#!/usr/bin/env python3
"""Runs the benchmarks and makes the league table.

usage: bench/league.py BUILD_DIR [--only PROGRAM|ROW]... [--update] [--peers WHO,...|none] [--long]
                       [--out FILE] [--from FILE]

Prints the table and writes it, with the machine, the versions, the commands and the charts, to
docs/benchmarks.md (--out). With --only nothing is written, or with --update what was measured takes
the place of the same rows on the page. ROW is a row that is played with contenders in other
languages, which --peers can narrow ("bindings" are our own in other languages); --long adds what
takes long, and 12 GiB of disk. What was measured is kept in BUILD_DIR/bench/lines.jsonl; --from
reads such a file instead of measuring.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import time

import contenders
import machine
import page
import results
from roster import ROWS

ROOT = pathlib.Path(__file__).resolve().parent.parent
TRACES = ROOT.parent / "shared" / "traces"
HIT_RATIO = "trace_simulator"
PROGRAMS = ["memory_hit", "memory_tier", "memory_scaling", "counting", "disk_hit", "put_cost",
            "flush_throughput", "open_first_hit", "coherence", HIT_RATIO, "fetch",
            "allocations"]  # fmt: skip
LONG = ["growth"]


def command(build, program, long):
    """(command, why it cannot run) of a program."""
    arguments = []
    if program == HIT_RATIO:
        if not (TRACES / "reference.json").exists():
            return [], "the request traces are not beside the project, in ../shared/traces"
        arguments = [TRACES, "--lines", *([] if long else ["--sample"])]
    return [build / "bench" / program, *arguments], ""


def measure(build, program, long):
    """The lines of a program."""
    began = time.monotonic()
    started, reason = command(build, program, long)
    if reason:
        print(f"{program}: skipped: {reason}", file=sys.stderr)
        return [{"row": "hit ratio", "who": who, "reason": reason}
                for who in ("tapps", "tapps, many threads")]  # fmt: skip
    done = subprocess.run(started, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"league: {program} failed with {done.returncode}")
    print(f"{program}: {time.monotonic() - began:.0f} s", file=sys.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


def run(build, parts, peers, long):
    """Runs programs and rows one after the other; returns their lines."""
    played = [part for part in parts if part in ROWS]
    league = contenders.League(build, peers) if played else None
    if league:
        league.prepare(played)
    lines = [{"machine": machine.machine(build)}]
    for part in [*(part for part in parts if part not in ROWS), *played]:
        origin = machine.origin()
        found = league.play(part) if part in ROWS else measure(build, part, long)
        lines += [line | {"part": part, "origin": origin} for line in found]
    return lines


def show(measured):
    for row, table, sentences in page.rows(measured):
        print(f"\n{row}")
        for who, metric, value, _, ratios in table:
            why = measured.reasons[row, who] if metric == "not measured" else ""
            print(f"  {who:28} {metric:18} {value:>12}  {ratios}{why}")
        for word, sentence in sentences:
            print(f"  {word:4} {sentence}")


def write(out, measured):
    out.parent.mkdir(exist_ok=True)
    traces = " ../shared/traces --lines --sample"
    programs = [name + (traces if name == HIT_RATIO else "") for name in PROGRAMS]
    out.write_text(page.document(measured, programs))
    for _, name, text in page.charts(measured):
        (out.parent / "benchmarks").mkdir(exist_ok=True)
        (out.parent / "benchmarks" / name).write_text(text)
    print(f"\nwritten to {out}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--only", action="append", choices=[*PROGRAMS, *LONG, *ROWS],
                        metavar="PROGRAM|ROW")  # fmt: skip
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--peers", metavar="WHO,...|none", type=lambda text: set(text.split(",")))
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "docs" / "benchmarks.md")
    parser.add_argument("--from", dest="source", type=pathlib.Path)
    options = parser.parse_args()
    build = options.build.resolve()
    kept = build / "bench" / "lines.jsonl"
    if options.update and not (options.only and kept.exists()):
        parser.error(f"--update wants --only, and {kept} of a run of all")
    if options.source:
        lines = results.read(options.source)
    else:
        parts = options.only or [*PROGRAMS, *(LONG if options.long else []), *ROWS]
        lines = run(build, parts, options.peers, options.long)
    show(results.Results(lines))
    if options.update:
        try:
            lines = results.merge(results.read(kept), lines)
        except ValueError as error:
            sys.exit(f"league: not written: {error}")
    if options.update or not options.only:
        if not options.source:
            results.write(kept, lines)
        write(options.out, results.Results(lines))


if __name__ == "__main__":
    main()
