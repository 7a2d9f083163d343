"""What was measured: lines of JSON, and what is read from them."""

import json
import statistics


def median(values):
    return statistics.median(values)


class Results:
    """A list of rounds for each (row, who, metric), and where and when each row was measured."""

    def __init__(self, lines):
        self.rounds, self.units, self.clocks, self.machine = {}, {}, [], []
        self.reasons = {}  # why who is not in a row
        self.origins = {}  # row: {"date", "commit", "load"}
        for line in lines:
            if "clock" in line:
                self.clocks.append(line["clock"])
            elif "machine" in line:
                self.machine = line["machine"]
            elif "reason" in line:
                self.reasons[line["row"], line["who"]] = line["reason"]
            elif "row" in line:
                key = (line["row"], line["who"], line["metric"])
                self.rounds[key] = line["rounds"]
                self.units[key] = line["unit"]
            if "row" in line and "origin" in line:
                self.origins[line["row"]] = line["origin"]

    def rows(self):
        return list(dict.fromkeys(key[0] for key in [*self.rounds, *self.reasons]))

    def load(self):
        """The lowest and the highest load average that a row began with."""
        loads = [origin["load"] for origin in self.origins.values()]
        return min(loads, default=0), max(loads, default=0)

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

    def difference(self, row, who, other, metric):
        """The median of the rounds' own differences."""
        pairs = zip(self.rounds[row, who, metric], self.rounds[row, other, metric])
        return median([mine - theirs for mine, theirs in pairs])


def read(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def write(path, lines):
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def merge(old, new):
    """The lines of `old` with the rows of the parts that `new` measured again replaced by its own.

    The machine stays the old one's, on which the other rows were measured. ValueError: `new` is of
    another machine, or `old` does not say where its rows come from.
    """
    machines = [next(line["machine"] for line in lines if "machine" in line)
                for lines in (old, new)]  # fmt: skip
    if machines[0][1] != machines[1][1]:
        raise ValueError(f"the other rows were measured on another machine: {machines[0][1]}")
    if any("row" in line and "origin" not in line for line in old):
        raise ValueError("the other rows do not say when they were measured: run all of them once")
    parts = {line["part"] for line in new if "part" in line}
    rows = {line["row"] for line in new if "row" in line}
    kept, place = [], None
    for line in old:
        if line.get("part") in parts or line.get("row") in rows:
            place = len(kept) if place is None else place
        else:
            kept.append(line)
    place = len(kept) if place is None else place
    return kept[:place] + [line for line in new if "machine" not in line] + kept[place:]
