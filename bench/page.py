"""docs/benchmarks.md: a summary of the bars, then every row with its chart and its table."""

import re
import textwrap

import plots
import roster
from bars import BARS, FIGURES, OTHERS, verdict

HEAD = """\
# Benchmarks

How fast tapps is, beside what else a program could use, and whether it reaches the bars it has set
itself. Written by `./dev bench`, as measured: a missed bar stays in the table.

{summary}

How to read it:

- A bar is mostly a ratio to another program that ran in the same minutes, in rounds that alternate:
  ratios carry over to other machines, nanoseconds do not.
- Values are medians of the rounds, the spread is their lowest and highest. A ratio is the median of
  the rounds' own ratios; in a peer's line it says what tapps measures over what the peer does.
- p50 is the call in the middle, p99.9 the slowest of a thousand. A mean is the median of the means
  of short runs of calls, so that few contain the work of other programs.
- Single calls are timed with a clock whose cost, {overhead_ns:.1f} ns here, is subtracted; its step
  is {step_ns:.1f} ns, and quantiles are interpolated within it.
- Keys have 40 bytes and come in no sorted order, values have 1 KiB.

Measured on:

{machine}
- Load average while measuring: {low:.1f} to {high:.1f}. Above 1, other programs took part of the
  processors: ratios of medians stand that; tails, throughput and a second thread's gain do not.

```
./dev bench                                 everything here
./dev bench --only 'put, stores' --update   a row, or one of the programs, anew on this page
./dev bench --peers none                    without what has to be installed
./dev bench --long                          with growth, which takes long, and 12 GiB of disk
{programs}
```"""

NOTES = roster.NOTES | {
    "hit ratio": "Public request traces through the memory tier, 56 cells: a trace at one size of "
    "the cache. A round is another seed of the hash; a bar on it is for each of them. Loss is "
    "against the best of eleven policies in that cell, optimal is Belady's. The peers are computed "
    "by a cache simulator. Eight threads play only traces of up to a million requests, with --long "
    "all of them.",
    "hit ratio, by bytes": "Traces with sizes, at a share of all bytes.",
    "counting": "The library in turns with one whose hits count and time nothing.",
    "memory hit, 64 threads": "64 threads on the cores there are, over two of them.",
    "bytes an entry": "Of a full tier, after twice as many entries went through it: what the "
    "process has grown by, less key and value, and its known parts.",
}
# (row, metric) as charts, under the row's heading.
CHARTS = [("memory hit, caches", "zipf"), ("memory hit, bindings", "mean"),
          ("disk hit, stores", "uniform"), ("put, stores", "p50"),
          ("persisted puts, stores", "rate"), ("fetch hit, clients", "mean"),
          ("fetch miss, clients", "mean"), ("breaker, permit and report", "mean"),
          ("breaker, refusal", "mean"), (roster.SHARED, "operations"),
          ("hit ratio", "share of optimal")]  # fmt: skip


def show(value, unit):
    if unit == "ns" and abs(value) >= 10_000:
        value, unit = value / 1000, "us"
    if unit == "us" and abs(value) >= 10_000:
        value, unit = value / 1000, "ms"
    digits = 0 if abs(value) >= 100 or value == int(value) else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f} {unit}".strip()


def ratio_text(results, row, who, metric):
    """How tapps compares: among contenders in the line of each of them, else in its own."""
    if row in roster.ROWS:
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
    for row in results.rows():
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


def anchor(row):
    """What the heading of a row is called in a link."""
    return "#" + re.sub(r"[^\w -]", "", row.lower()).replace(" ", "-")


def summary(results, bars=None):
    """A line for each bar, and how many are held."""
    words = {"ok": "held", "MISS": "**missed**", "?": "not decided"}
    found, counts = [], {"held": 0, "**missed**": 0, "not decided": 0, "not measured": 0}
    named = ""
    for bar in BARS if bars is None else bars:
        sign = "at most" if bar.upper else "at least"
        limit = f"{sign} {bar.show(bar.limit)}"
        where = f"[{bar.row}]({anchor(bar.row)})" if bar.row in results.rows() else bar.row
        if bar.known(results):
            word = words[verdict(bar, results)[0]]
            told = (bar.show(bar.measure(results)), word)
        else:
            word = "not measured"
            told = ("", f"not measured: {bar.missing(results)}")
        counts[word] += 1
        figure = "" if bar.figure == named else f"{bar.figure} {FIGURES[bar.figure]}"
        named = bar.figure
        found.append((figure, f"{where}: {bar.text}", limit, *told))
    total = sum(counts.values())
    parts = [f"{count} {word.strip('*')}" for word, count in counts.items() if count]
    sentence = f"Of {total} bars: {', '.join(parts)}."
    return sentence + "\n\n" + table_text(("figure", "what", "bar", "measured", ""), found)


def origin_text(results, row):
    """Where a row's figures come from, when the head of the page does not say it."""
    origin = results.origins.get(row)
    if not origin:
        return ""
    head = results.machine
    known = origin["date"] == head[0] and f"tapps {origin['commit']}," in head[2]
    when = "" if known else f"Measured on {origin['date']} at {origin['commit']}, load average "
    if not known:
        return f"{when}{origin['load']:.1f}."
    return f"Load average {origin['load']:.1f}." if origin["load"] > 1 else ""


def charts(results):
    """Yields (row, name of the file, its text)."""
    for row, metric in CHARTS:
        keys = [key for key in results.rounds if key[0] == row and key[2] == metric]
        if len(keys) < 2:
            continue
        unit = results.units[keys[0]]
        values = sorted((results.value(*key), key[1]) for key in keys)
        if values[0][0] <= 0:
            continue
        more = unit in ("/s", "%")  # then more is better
        values = [(who, value) for value, who in (reversed(values) if more else values)]
        scale = "" if unit == "%" else ", logarithmic"
        note = f"{metric}, {'more' if more else 'less'} is better{scale}"
        name = re.sub(r"\W+", "-", row) + ".svg"
        title = row[0].upper() + row[1:]
        drawn = plots.bars(title, note, values, lambda value: show(value, unit), unit != "%")
        yield row, name, drawn


def document(results, programs):
    """The text of docs/benchmarks.md."""
    clock = results.clocks[0] if results.clocks else {"overhead_ns": 0, "step_ns": 0}
    low, high = results.load()
    head = HEAD.format(
        summary=summary(results),
        machine="\n".join(f"- {item}" for item in results.machine),
        low=low,
        high=high,
        programs="\n".join(f"build/release/bench/{program}" for program in programs),
        **clock,
    )
    text = [head]
    files = {row: name for row, name, _ in charts(results)}
    for row, table, sentences in rows(results):
        text += ["", f"## {row[0].upper()}{row[1:]}", ""]
        if row in NOTES:
            text += [*textwrap.wrap(NOTES[row], 100), ""]
        if row in files:
            text += [f"![{row}, the table below as a chart](benchmarks/{files[row]})", ""]
        text += [table_text(("who", "what", "median", "spread", "ratio"), table)]
        for sentence in [*(sentence for _, sentence in sentences), origin_text(results, row)]:
            if sentence:
                text += ["", sentence]
    return "\n".join(text) + "\n"
