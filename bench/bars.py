"""The bars: what each row has to reach. A missed bar is reported, it fails nothing."""

# Whom tapps is compared with where they were measured, in the order of the table.
OTHERS = ["sqlite", "lmdb", "lmdb, nometasync", "arithmetic", "nothing", "a copy", "libcurl",
          "pointer chase"]  # fmt: skip

FIGURES = {  # in words, for the summary
    "F1": "A hit in memory",
    "F2": "A hit on disk",
    "F3": "What a put costs its caller",
    "F4": "Puts until they are persisted",
    "F5": "From the start of a program to its first hit",
    "F6": "10 million entries against 10 thousand",
    "F7": "Knowing that no other process changed the entry",
    "F8": "Hit ratio over public request traces",
    "F9": "Memory an entry takes",
    "F10": "An HTTP answer from the cache",
    "F11": "An HTTP answer from the network",
    "F12": "The circuit breaker",
    "F16": "Eight processes on one file",
    "F17": "A hit in memory from other languages",
    "F18": "What counting adds to a hit",
}


class Bar:
    """One bar on a row. `upper`: what is measured may not be above the limit, else not below.

    `over`: the ratio to another one in the row; `minus`: the difference. `every`: each round has to
    reach it, not their median. `doubt` says why the results cannot decide it, or "".
    """

    def __init__(self, figure, row, text, limit, unit="", upper=True, who="tapps", metric="mean",
                 over=None, minus=None, every=False, doubt=None):  # fmt: skip
        self.figure, self.row, self.text, self.limit = figure, row, text, limit
        self.unit, self.upper, self.who, self.metric, self.over = unit, upper, who, metric, over
        self.minus, self.every, self.doubt = minus, every, doubt

    def sides(self):
        return [who for who in (self.who, self.over, self.minus) if who]

    def known(self, results):
        return all(results.has(self.row, side, self.metric) for side in self.sides())

    def missing(self, results):
        """Why it is not known."""
        for side in self.sides():
            if (self.row, side) in results.reasons:
                return results.reasons[self.row, side]
        return "not part of this run"

    def measure(self, results):
        if self.over:
            return results.ratio(self.row, self.who, self.over, self.metric)
        if self.minus:
            return results.difference(self.row, self.who, self.minus, self.metric)
        if self.every:
            return results.spread(self.row, self.who, self.metric)[1 if self.upper else 0]
        return results.value(self.row, self.who, self.metric)

    def show(self, value):
        text = f"{value:.2f}" if abs(value) < 10 and value != int(value) else f"{value:,.0f}"
        return f"{text} x" if self.over else f"{text} {self.unit}".strip()


def no_second_core(results):
    gain = results.value("memory hit, two threads", "arithmetic", "gain")
    return "" if gain >= 1.7 else f"the machine gave arithmetic {gain:.2f} x with a second thread"


def shared_machine(results):
    gain = results.value("memory hit, 64 threads", "arithmetic", "over two threads")
    return "" if gain <= 1.2 else (
        f"64 threads did {gain:.2f} x the arithmetic of two: other programs took part of the cores"
    )


def left_in_wal(results):
    mine = results.value("persisted puts", "tapps", "WAL afterwards")
    theirs = results.value("persisted puts", "sqlite", "WAL afterwards")
    left = f"tapps has {mine:.0f} MiB in the WAL still to copy, raw SQLite {theirs:.0f}"
    return "" if mine <= 4 * theirs else left


PERSISTED = "persisted puts, stores"
SHARED = "one file, eight processes"
LOCKED = "async put, write lock held elsewhere"
LIMIT = "async put, at the size limit"
FULL = "async put, disk full"
FIRST = "open and first hit, first process on the file"
PERMIT, REFUSAL = "breaker, permit and report", "breaker, refusal"
BINDINGS = "memory hit, bindings"
CLIENTS = "fetch hit, clients"
CROWD = "tapps, many threads"


def puts(row):
    return [
        Bar("F3", row, "p50", 1000, "ns", metric="p50"),
        Bar("F3", row, "p99.9", 100_000, "ns", metric="p99.9"),
    ]


def hit_ratio(who, text):
    row, every = "hit ratio", {"who": who, "every": True}
    return [
        Bar("F8", row, f"cells more than 0.5 point below LRU, {text}", 0, metric="below LRU",
            **every),
        Bar("F8", row, f"mean loss to the best policy of each cell, {text}", 0.6, "points",
            metric="mean loss", **every),
        Bar("F8", row, f"worst cell, {text}", 8, "points", metric="worst cell", **every),
        Bar("F8", row, f"share of optimal, {text}", 83, "%", upper=False,
            metric="share of optimal", **every),
    ]  # fmt: skip


BARS = [
    Bar("F1", "memory hit", "p50 of a hit, release included", 60, "ns", metric="p50"),
    Bar("F1", "memory hit, 1 M zipf", "p50 of a hit among 1 M entries", 100, "ns", metric="p50"),
    Bar("F1", "memory hit, 1 M uniform", "p50 over an access to DRAM", 1.5, metric="p50",
        over="pointer chase"),
    Bar("F1", "memory hit, two threads", "gain of a second thread over what arithmetic gains",
        0.92, upper=False, metric="gain", over="arithmetic",
        doubt=no_second_core),
    Bar("F1", "memory hit, 64 threads", "rate of 64 threads over that of two", 0.9, "x",
        upper=False, metric="over two threads", doubt=shared_machine),
    Bar("F2", "disk hit", "p50 over the bare SELECT's", 1.25, metric="p50", over="sqlite"),
    *puts("async put"),
    *puts(LOCKED),
    Bar("F3", LOCKED, "puts refused", 0, metric="refused"),
    *puts(LIMIT),
    *puts(FULL),
    Bar("F4", "persisted puts", "rate over raw SQLite's", 0.9, upper=False, metric="rate",
        over="sqlite", doubt=left_in_wal),
    Bar("F4", PERSISTED, "rate over diskcache's", 8, upper=False, metric="rate",
        over="diskcache"),
    Bar("F4", PERSISTED, "rate over undici's", 8, upper=False, metric="rate", over="undici"),
    Bar("F5", "open and first hit", "time over the bare program's", 1.3, metric="median",
        over="sqlite"),
    Bar("F5", FIRST, "time over the bare program's", 1.3, metric="median", over="sqlite"),
    Bar("F5", "open and first hit", "libcurl mapped", 0, metric="libcurl mapped"),
    Bar("F6", "growth", "p50 of a disk hit over that among 10 thousand entries", 2,
        metric="disk hit, p50", over="tapps, 10 thousand"),
    Bar("F6", "growth", "time to open over that", 2, metric="open", over="tapps, 10 thousand"),
    Bar("F6", "growth", "time of the statistics over that", 2, metric="statistics",
        over="tapps, 10 thousand"),
    Bar("F7", "coherence check", "the check by itself", 5, "ns"),
    Bar("F7", "coherence check", "hit less hit without a file", 5, "ns",
        who="hit less hit without a file"),
    *hit_ratio("tapps", "one thread"),
    *hit_ratio(CROWD, "eight threads"),
    Bar("F9", "bytes an entry", "besides key and value, history included", 160, "B",
        metric="resident, all but key and value"),
    Bar("F10", "fetch hit, memory", "mean, release included", 1500, "ns"),
    Bar("F10", "fetch hit, disk", "mean, release included", 8000, "ns"),
    Bar("F10", CLIENTS, "fetch of the Node binding over undici's request with its SQLite store",
        0.5, who="tapps, Node", over="undici request, sqlite"),
    Bar("F11", "fetch miss, 8 in flight", "time over a bare libcurl multi loop's", 1.1,
        over="libcurl"),
    Bar("F12", PERMIT, "mean of permit and report", 40, "ns"),
    Bar("F12", PERMIT, "permit and report over resilience4j's", 0.5, over="resilience4j"),
    Bar("F12", REFUSAL, "mean of a refusal", 20, "ns"),
    Bar("F12", "allocations", "allocations of permit and report", 0, who=PERMIT,
        metric="a call"),
    Bar("F12", "allocations", "allocations of a refusal", 0, who=REFUSAL, metric="a call"),
    Bar("F16", SHARED, "operations over diskcache's", 10, upper=False, metric="operations",
        over="diskcache"),
    Bar("F16", SHARED, "errors", 0, metric="errors", every=True),
    Bar("F16", SHARED, "lost writes", 0, metric="lost", every=True),
    *(Bar("F17", BINDINGS, f"{who} over C", limit, "ns", who=f"tapps, {who}", minus="tapps")
      for who, limit in [("Rust", 10), ("LuaJIT", 20), ("Go", 150), ("Node", 500),
                         ("Python", 1500)]),
    Bar("F18", "counting", "a hit less one that counts nothing", 5, "ns",
        minus="without counting"),
]  # fmt: skip


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
    if bar.limit == 0 or got <= 0:
        return "MISS", f"{bar.figure} missed: {text}."
    far = got / bar.limit if bar.upper else bar.limit / got
    by = f"{far:.1f} times" if far >= 2 else f"{(far - 1) * 100:.0f} %"
    return "MISS", f"{bar.figure} missed by {by}: {text}."
