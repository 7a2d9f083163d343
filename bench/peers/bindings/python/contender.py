"""Hits of the Python binding: a get, which copies the value, and a view, which does not.

usage: contender.py WORKLOAD SCRATCH WHO; ../../README.md has the protocol
"""

import array
import json
import pathlib
import statistics
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[4]
sys.path.insert(0, str(ROOT / "bindings" / "python"))

import tapps  # noqa: E402

KEY_BYTES, VALUE_BYTES, HOT_KEYS, CHUNK, CALLS = 40, 1024, 1000, 500, 50_000


def timed(order, step):
    """The median of the means of chunks."""
    means = []
    for at in range(0, len(order) - CHUNK + 1, CHUNK):
        part = order[at : at + CHUNK]
        began = time.perf_counter_ns()
        for key in part:
            step(key)
        means.append((time.perf_counter_ns() - began) / CHUNK)
    return statistics.median(means)


def main():
    workload, scratch, who = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    raw, pool = (workload / "keys.bin").read_bytes(), (workload / "pool.bin").read_bytes()
    keys = [raw[i * KEY_BYTES : (i + 1) * KEY_BYTES].decode() for i in range(HOT_KEYS)]
    numbers = array.array("I", (workload / "zipf.u32").read_bytes())
    if sys.byteorder == "big":
        numbers.byteswap()
    order = [keys[i % HOT_KEYS] for i in numbers[:CALLS]]
    with tapps.open(scratch + "/cache.db") as cache:
        for i, key in enumerate(keys):
            at = i * 61 % (len(pool) - VALUE_BYTES)
            cache.put(key, pool[at : at + VALUE_BYTES])

        def view(key):
            with cache.view(key) as value:
                return value[0]

        get = cache.get
        for line in sys.stdin:
            loop = timed(order, lambda key: key[0])
            for metric, step in (("mean", lambda key: get(key)[0]), ("mean, view", view)):
                ns = timed(order, step) - loop
                shown = {"row": line.strip(), "who": who, "metric": metric, "unit": "ns"}
                print(json.dumps(shown | {"value": ns}))
            print(flush=True)


if __name__ == "__main__":
    main()
