"""diskcache as its tutorial has it: Cache with its defaults (WAL, synchronous=NORMAL, 64 MiB
mapped, a statement a call), with a limit that is never reached; FanoutCache, which it recommends
where many write, with its 8 files and a timeout of a minute, as its default drops writes after
10 ms.

usage: contender.py WORKLOAD SCRATCH diskcache|"diskcache, fanout"; ../README.md has the protocol
"""

import array
import json
import os
import shutil
import statistics
import struct
import sys
import time

import diskcache

KEY_BYTES, VALUE_BYTES = 40, 1024
BUDGET_NS, PUTS_BUDGET_NS, BEAT_NS, CHUNK = 10**9, 2 * 10**9, 200_000, 50
PACED_PUTS, PERSISTED_PUTS, SHARED_KEYS, WORKERS = 2_000, 20_000, 10_000, 8
now = time.perf_counter_ns


def read(path):
    with open(path, "rb") as file:
        return file.read()


def order(path):
    numbers = array.array("I", read(path))
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


class Contender:
    def __init__(self, workload, scratch, who):
        keys = read(f"{workload}/keys.bin")
        self.keys = [keys[i : i + KEY_BYTES].decode() for i in range(0, len(keys), KEY_BYTES)]
        self.pool = read(f"{workload}/pool.bin")
        self.uniform = order(f"{workload}/uniform.u32")
        self.scratch, self.who = scratch, who
        self.row, self.filled, self.paced, self.put = "", None, None, 0

    def value(self, i):
        at = i * 61 % (len(self.pool) - VALUE_BYTES)
        return self.pool[at : at + VALUE_BYTES]

    def open(self, name):
        path = os.path.join(self.scratch, name)
        if self.who == "diskcache, fanout":
            return diskcache.FanoutCache(path, timeout=60, size_limit=2**34)
        return diskcache.Cache(path, size_limit=2**34)

    def show(self, metric, unit, value):
        line = {"row": self.row, "who": self.who, "metric": metric, "unit": unit, "value": value}
        print(json.dumps(line))

    def loop(self, step):
        means, start = [], now()
        for i in range(0, len(self.uniform) - CHUNK + 1, CHUNK):
            began = now()
            for number in self.uniform[i : i + CHUNK]:
                step(self.keys[number])
            after = now()
            means.append((after - began) / CHUNK)
            if after - start > BUDGET_NS:
                break
        return statistics.median(means)

    def disk(self):
        if not self.filled:
            self.filled = self.open("disk")
            for i, key in enumerate(self.keys):
                self.filled.set(key, self.value(i))
        get = self.filled.get
        hit = self.loop(lambda key: get(key)[0])
        self.show("uniform", "ns", hit - self.loop(lambda key: key[0]))

    def puts(self):
        self.paced = self.paced or self.open("put")
        start = following = now()
        samples = []
        while len(samples) < PACED_PUTS and now() - start < PUTS_BUDGET_NS:
            i = self.put % len(self.keys)
            self.put += 1
            key, value = self.keys[i], self.value(i)
            while now() < following:
                pass
            following = max(following, now() - BEAT_NS) + BEAT_NS
            began = now()
            self.paced.set(key, value)
            samples.append(now() - began)
        samples.sort()
        self.show("p50", "ns", samples[len(samples) // 2])
        self.show("p99", "ns", samples[len(samples) * 99 // 100])

    def persist(self):
        count = min(PERSISTED_PUTS, len(self.keys))
        cache, began = self.open("persist"), now()
        for i in range(count):
            cache.set(self.keys[i], self.value(i))
        self.show("rate", "/s", count / (now() - began) * 1e9)
        cache.close()
        shutil.rmtree(os.path.join(self.scratch, "persist"))

    def shared_keys(self):
        return min(SHARED_KEYS, len(self.keys))

    def numbered(self, i, count):
        return struct.pack("<Q", count) + self.value(i)[8:]

    def fill(self):
        cache = self.open("shared")
        for i in range(self.shared_keys()):
            cache.set(self.keys[i], self.numbered(i, 0))
        cache.close()

    def work(self, worker, seconds):
        count = self.shared_keys()
        last = array.array("Q", [0]) * count
        operations = errors = worst = 0
        random = 88172645463325252 + worker
        cache = self.open("shared")
        before = began = now()
        end = began + seconds * 10**9
        while before < end:
            random ^= random << 13 & 2**64 - 1
            random ^= random >> 7
            random ^= random << 17 & 2**64 - 1
            i = random % count
            try:
                if operations % 2 == 0:
                    ok = cache.get(self.keys[i]) is not None
                else:
                    i = min(i // WORKERS, count // WORKERS - 1) * WORKERS + worker
                    ok = cache.set(self.keys[i], self.numbered(i, operations))
                    if ok:
                        last[i] = operations
            except Exception:  # whatever it is, it is counted
                ok = False
            operations += 1
            errors += not ok
            after = now()
            worst = max(worst, after - before)
            before = after
        took = now() - began
        cache.close()
        with open(os.path.join(self.scratch, f"worker-{worker}.u64"), "wb") as file:
            last.tofile(file)
        self.show("operations", "", operations)
        self.show("seconds", "s", took / 1e9)
        self.show("errors", "", errors)
        self.show("worst", "ms", worst / 1e6)

    def verify(self):
        cache, lost = self.open("shared"), 0
        last = [read(os.path.join(self.scratch, f"worker-{n}.u64")) for n in range(WORKERS)]
        for i in range(self.shared_keys()):
            found = cache.get(self.keys[i])
            lost += found is None or found[:8] != last[i % WORKERS][i * 8 : i * 8 + 8]
        self.show("lost", "", lost)

    def serve(self):
        rows = {
            "disk hit, stores": self.disk,
            "put, stores": self.puts,
            "persisted puts, stores": self.persist,
            "fill": self.fill,
            "verify": self.verify,
        }
        for line in sys.stdin:
            self.row = line.rstrip("\n")
            if self.row.startswith("work "):
                _, worker, seconds = self.row.split()
                self.work(int(worker), float(seconds))
            else:
                rows[self.row]()
            print(flush=True)


if __name__ == "__main__":
    Contender(*sys.argv[1:4]).serve()
