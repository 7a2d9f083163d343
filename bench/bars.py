"""The bars: what each row has to reach. A missed bar is reported, it fails nothing."""

# Whom tapps is compared with where they were measured, in the order of the table.
OTHERS = ["sqlite", "lmdb", "lmdb, nometasync", "arithmetic", "nothing", "a copy", "libcurl"]


class Bar:
    """One bar on a row. `upper`: what is measured may not be above the limit, else not below.

    `doubt` says why the results cannot decide it, or "".
    """

    def __init__(self, figure, row, text, limit, unit="", upper=True, who="tapps", metric="mean",
                 over=None, doubt=None):  # fmt: skip
        self.figure, self.row, self.text, self.limit = figure, row, text, limit
        self.unit, self.upper, self.who, self.metric, self.over = unit, upper, who, metric, over
        self.doubt = doubt

    def known(self, results):
        sides = [self.who] + ([self.over] if self.over else [])
        return all(results.has(self.row, side, self.metric) for side in sides)

    def measure(self, results):
        if self.over:
            return results.ratio(self.row, self.who, self.over, self.metric)
        return results.value(self.row, self.who, self.metric)

    def show(self, value):
        text = f"{value:.2f}" if value < 10 and value != int(value) else f"{value:,.0f}"
        return f"{text} x" if self.over else f"{text} {self.unit}".strip()


def no_second_core(results):
    gain = results.value("memory hit, two threads", "arithmetic", "gain")
    return "" if gain >= 1.7 else f"the machine gave arithmetic {gain:.2f} x with a second thread"


def left_in_wal(results):
    mine = results.value("persisted puts", "tapps", "WAL afterwards")
    theirs = results.value("persisted puts", "sqlite", "WAL afterwards")
    left = f"tapps has {mine:.0f} MiB in the WAL still to copy, raw SQLite {theirs:.0f}"
    return "" if mine <= 4 * theirs else left


PERSISTED = "persisted puts, stores"
SHARED = "one file, eight processes"
LOCKED = "async put, write lock held elsewhere"
FULL = "async put, at the size limit"

BARS = [
    Bar("F1", "memory hit", "p50 of a hit, release included", 60, "ns", metric="p50"),
    Bar("F1", "memory hit, two threads", "gain of a second thread over what arithmetic gains",
        0.92, upper=False, metric="gain", over="arithmetic",
        doubt=no_second_core),
    Bar("F2", "disk hit", "p50 over the bare SELECT's", 1.25, metric="p50", over="sqlite"),
    Bar("F3", "async put", "p50", 1000, "ns", metric="p50"),
    Bar("F3", "async put", "p99.9", 100_000, "ns", metric="p99.9"),
    Bar("F3", LOCKED, "p50", 1000, "ns", metric="p50"),
    Bar("F3", LOCKED, "p99.9", 100_000, "ns", metric="p99.9"),
    Bar("F3", LOCKED, "puts refused", 0, metric="refused"),
    Bar("F3", FULL, "p50", 1000, "ns", metric="p50"),
    Bar("F3", FULL, "p99.9", 100_000, "ns", metric="p99.9"),
    Bar("F4", "persisted puts", "rate over raw SQLite's", 0.9, upper=False, metric="rate",
        over="sqlite", doubt=left_in_wal),
    Bar("F4", PERSISTED, "rate over diskcache's", 8, upper=False, metric="rate",
        over="diskcache"),
    Bar("F4", PERSISTED, "rate over undici's", 8, upper=False, metric="rate", over="undici"),
    Bar("F5", "open and first hit", "time over the bare program's", 1.3, metric="median",
        over="sqlite"),
    Bar("F5", "open and first hit, first process on the file", "time over the bare program's", 1.3,
        metric="median", over="sqlite"),
    Bar("F5", "open and first hit", "libcurl mapped", 0, metric="libcurl mapped"),
    Bar("F6", "growth", "p50 of a disk hit over that among 10 thousand entries", 2,
        metric="disk hit, p50", over="tapps, 10 thousand"),
    Bar("F6", "growth", "time to open over that", 2, metric="open", over="tapps, 10 thousand"),
    Bar("F6", "growth", "time of the statistics over that", 2, metric="statistics",
        over="tapps, 10 thousand"),
    Bar("F7", "coherence check", "the check by itself", 5, "ns"),
    Bar("F7", "coherence check", "hit less hit without a file", 5, "ns",
        who="hit less hit without a file"),
    Bar("F10", "fetch hit, memory", "mean, release included", 1500, "ns"),
    Bar("F10", "fetch hit, disk", "mean, release included", 8000, "ns"),
    Bar("F11", "fetch miss, 8 in flight", "time over a bare libcurl multi loop's", 1.1,
        over="libcurl"),
    Bar("F12", "breaker, permit and report", "mean", 40, "ns"),
    Bar("F12", "breaker, refusal", "mean", 20, "ns"),
    Bar("F12", "allocations", "allocations of permit and report", 0,
        who="breaker, permit and report", metric="a call"),
    Bar("F12", "allocations", "allocations of a refusal", 0, who="breaker, refusal",
        metric="a call"),
    Bar("F16", SHARED, "operations over diskcache's", 10, upper=False, metric="operations",
        over="diskcache"),
    Bar("F16", SHARED, "errors", 0, metric="errors"),
    Bar("F16", SHARED, "lost writes", 0, metric="lost"),
]  # fmt: skip
