#!/usr/bin/env python3
"""The league table: what is read from lines, which bars are held, what the page says."""

import pathlib
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))

import bars  # noqa: E402
import contenders  # noqa: E402
import league  # noqa: E402
import page  # noqa: E402
import plots  # noqa: E402
import results  # noqa: E402
import roster  # noqa: E402

HERE = {"date": "2026-01-02", "commit": "abc1234", "load": 0.5}
MACHINE = ["2026-01-02", "a machine", "tapps abc1234, SQLite 3", "moka 1"]


def line(row, who, metric, rounds, unit="ns", part="part", origin=HERE):
    return {"row": row, "who": who, "metric": metric, "unit": unit, "rounds": rounds, "part": part,
            "origin": origin}  # fmt: skip


def measured(*lines, machine=MACHINE):
    return results.Results([{"machine": machine}, *lines])


class Bars(unittest.TestCase):
    def verdict(self, bar, *lines):
        return bars.verdict(bar, measured(*lines))

    def test_a_limit_is_held_or_missed_by_so_much(self):
        bar = bars.Bar("F1", "hit", "p50", 60, "ns", metric="p50")
        self.assertEqual(self.verdict(bar, line("hit", "tapps", "p50", [50, 60, 70]))[0], "ok")
        word, sentence = self.verdict(bar, line("hit", "tapps", "p50", [90]))
        self.assertEqual(word, "MISS")
        self.assertIn("missed by 50 %", sentence)

    def test_a_ratio_is_of_the_same_rounds(self):
        bar = bars.Bar("F2", "hit", "over", 1.25, metric="p50", over="sqlite")
        lines = [
            line("hit", "tapps", "p50", [10, 200, 30]),
            line("hit", "sqlite", "p50", [10, 100, 30]),
        ]
        self.assertEqual(bar.measure(measured(*lines)), 1)

    def test_a_difference_is_of_the_same_rounds(self):
        bar = bars.Bar("F17", "hit", "over C", 10, "ns", who="tapps, Rust", minus="tapps")
        lines = [
            line("hit", "tapps", "mean", [50, 90]),
            line("hit", "tapps, Rust", "mean", [58, 98]),
        ]
        self.assertEqual(bar.measure(measured(*lines)), 8)
        self.assertEqual(self.verdict(bar, *lines)[0], "ok")

    def test_a_bar_on_every_round_takes_the_worst(self):
        most = bars.Bar("F8", "hits", "below", 0, metric="below", every=True)
        least = bars.Bar("F8", "hits", "", 83, "%", upper=False, metric="share", every=True)
        lines = [
            line("hits", "tapps", "below", [0, 0, 1]),
            line("hits", "tapps", "share", [84, 82, 85]),
        ]
        self.assertEqual(self.verdict(most, *lines)[0], "MISS")
        self.assertEqual(least.measure(measured(*lines)), 82)

    def test_what_stands_in_the_way_of_a_verdict_is_said(self):
        lines = [
            line("memory hit, 64 threads", "tapps", "over two threads", [3]),
            line("memory hit, 64 threads", "arithmetic", "over two threads", [2.6]),
        ]
        bar = next(bar for bar in bars.BARS if bar.row == "memory hit, 64 threads")
        word, sentence = self.verdict(bar, *lines)
        self.assertEqual(word, "?")
        self.assertIn("other programs", sentence)

    def test_every_bar_has_its_figure_in_words(self):
        self.assertEqual({bar.figure for bar in bars.BARS} - set(bars.FIGURES), set())

    def test_every_figure_of_the_table_has_a_bar(self):
        self.assertEqual(set(bars.FIGURES) - {bar.figure for bar in bars.BARS}, set())


class Merge(unittest.TestCase):
    OLD = [
        {"machine": MACHINE},
        line("a", "tapps", "mean", [1], part="p"),
        line("b", "tapps", "mean", [2], part="q"),
        line("c", "tapps", "mean", [3], part="r"),
    ]
    LATER = {"date": "2026-01-05", "commit": "def5678", "load": 1.5}

    def test_the_rows_of_a_part_are_replaced_in_their_place(self):
        new = [{"machine": ["2026-01-05", *MACHINE[1:]]},
               line("b2", "tapps", "mean", [7], part="q", origin=self.LATER)]  # fmt: skip
        merged = results.Results(results.merge(self.OLD, new))
        self.assertEqual(merged.rows(), ["a", "b2", "c"])
        self.assertEqual(merged.machine, MACHINE)

    def test_a_row_measured_later_says_so_on_the_page(self):
        new = [{"machine": MACHINE}, line("b", "tapps", "mean", [7], part="q", origin=self.LATER)]
        text = page.document(results.Results(results.merge(self.OLD, new)), [])
        self.assertIn("Measured on 2026-01-05 at def5678, load average 1.5.", text)
        self.assertEqual(text.count("Measured on 2"), 1)

    def test_rows_of_two_machines_are_not_mixed(self):
        new = [{"machine": ["2026-01-05", "another machine", "", ""]}]
        with self.assertRaisesRegex(ValueError, "another machine"):
            results.merge(self.OLD, new)

    def test_rows_without_an_origin_are_not_passed_on(self):
        old = [{"machine": MACHINE}, line("a", "tapps", "mean", [1])]
        del old[1]["origin"]
        with self.assertRaisesRegex(ValueError, "do not say when"):
            results.merge(old, [{"machine": MACHINE}])


class Page(unittest.TestCase):
    def test_the_summary_counts_held_missed_and_not_measured(self):
        held = bars.Bar("F1", "hit", "p50", 60, "ns", metric="p50")
        missed = bars.Bar("F1", "hit", "p99", 60, "ns", metric="p99")
        absent = bars.Bar("F2", "disk", "p50", 60, "ns", metric="p50")
        reason = {"row": "disk", "who": "tapps", "reason": "it is on strike"}
        hits = [line("hit", "tapps", "p50", [50]), line("hit", "tapps", "p99", [90])]
        found = measured(*hits, reason)
        text = page.summary(found, [held, missed, absent])
        self.assertIn("Of 3 bars: 1 held, 1 missed, 1 not measured.", text)
        self.assertIn("**missed**", text)
        self.assertIn("not measured: it is on strike", text)

    def test_links_go_to_the_headings(self):
        self.assertEqual(page.anchor("fetch miss, 8 in flight"), "#fetch-miss-8-in-flight")

    def test_a_row_has_its_chart_its_table_and_its_verdicts(self):
        found = measured(
            line("disk hit, stores", "tapps", "uniform", [5000]),
            line("disk hit, stores", "redb", "uniform", [10_000]),
            {"row": "disk hit, stores", "who": "foyer", "reason": "cargo is not installed"},
        )
        text = page.document(found, ["memory_hit"])
        self.assertIn("## Disk hit, stores", text)
        self.assertIn("benchmarks/disk-hit-stores.svg", text)
        self.assertIn("tapps 0.5 x", text)
        self.assertIn("cargo is not installed", text)
        self.assertTrue(all(drawn.startswith("<svg") for _, _, drawn in page.charts(found)))

    def test_charts_of_percents_begin_at_zero(self):
        drawn = plots.bars("a", "b", [("tapps", 50), ("lru", 0)], str, logarithmic=False)
        self.assertIn('width="220.0"', drawn)

    def test_units_grow_with_the_value(self):
        self.assertEqual(page.show(12_345, "ns"), "12.3 us")
        self.assertEqual(page.show(15.0, "us"), "15 us")
        self.assertEqual(page.show(-0.5, "points"), "-0.50 points")


class Roster(unittest.TestCase):
    def test_who_plays_can_be_built_and_started(self):
        players = {who for _, row in roster.ROWS.values() for who in row} - {"tapps", "sqlite"}
        self.assertEqual(players - set(roster.STARTS), set())
        builds = {name for name, _ in roster.STARTS.values()}
        self.assertEqual(builds - set(roster.BUILDS), set())

    def test_every_row_says_what_it_is(self):
        self.assertEqual(set(roster.ROWS) - set(roster.NOTES), set())

    def test_every_peer_has_a_version(self):
        self.assertEqual([who for who, version in contenders.versions().items() if not version], [])

    def test_peers_are_narrowed_by_name(self):
        game = contenders.League.__new__(contenders.League)
        game.peers = {"undici", "bindings"}
        for who in ("tapps", "sqlite", "undici request, memory", "tapps, Go"):
            self.assertTrue(game.takes_part(who), who)
        self.assertFalse(game.takes_part("hishel"))
        game.peers = {"none"}
        self.assertFalse(game.takes_part("tapps, Go"))

    def test_bars_are_on_contenders_that_play(self):
        for bar in bars.BARS:
            if bar.row in roster.ROWS:
                self.assertEqual(set(bar.sides()) - set(roster.ROWS[bar.row][1]), set(), bar.text)


class Programs(unittest.TestCase):
    def test_without_traces_the_row_says_why(self):
        there, league.TRACES = league.TRACES, pathlib.Path("/nonexistent")
        try:
            found = results.Results(league.measure(pathlib.Path(), league.HIT_RATIO, False))
        finally:
            league.TRACES = there
        bar = next(bar for bar in bars.BARS if bar.row == "hit ratio")
        self.assertFalse(bar.known(found))
        self.assertIn("request traces", bar.missing(found))


if __name__ == "__main__":
    unittest.main()
