"""hishel (over httpx) and requests-cache as their first pages have them, each in SQLite, both told
to keep to HTTP's own rules (rfc, cache_control).

usage: clients.py WORKLOAD SCRATCH hishel|requests-cache; ../README.md has the protocol
"""

import concurrent.futures
import json
import pathlib
import statistics
import sys
import time

HITS, MISSES, IN_FLIGHT, CHUNK, BODY_BYTES = 2_000, 400, 8, 50, 2048


def hishel_client(scratch):
    from hishel import SqliteStorage
    from hishel.httpx import CacheClient

    client = CacheClient(storage=SqliteStorage(database_path=f"{scratch}/hishel.db"), rfc=True)
    return lambda url: client.get(url).content


def requests_client(scratch):
    import requests_cache

    session = requests_cache.CachedSession(f"{scratch}/requests.sqlite", cache_control=True)
    return lambda url: session.get(url).content


class Clients:
    def __init__(self, workload, scratch, who):
        self.url = (pathlib.Path(workload) / "url").read_text()
        self.client = {"hishel": hishel_client, "requests-cache": requests_client}[who](scratch)
        self.who, self.next = who, 0

    def get(self, url):
        if len(self.client(url)) != BODY_BYTES:
            raise ValueError("not the whole answer")

    def hit(self):
        url, means = self.url + "/hit", []
        self.get(url)
        for _ in range(0, HITS, CHUNK):
            began = time.perf_counter_ns()
            for _ in range(CHUNK):
                self.get(url)
            means.append((time.perf_counter_ns() - began) / CHUNK / 1000)
        return statistics.median(means)

    def miss(self):
        urls = [f"{self.url}/miss/{self.next + i}" for i in range(MISSES)]
        self.next += MISSES
        with concurrent.futures.ThreadPoolExecutor(IN_FLIGHT) as pool:
            began = time.perf_counter_ns()
            for done in pool.map(self.get, urls):
                assert done is None
            return (time.perf_counter_ns() - began) / MISSES / 1000

    def serve(self):
        rows = {"fetch hit, clients": self.hit, "fetch miss, clients": self.miss}
        for line in sys.stdin:
            row = line.strip()
            shown = {"row": row, "who": self.who, "metric": "mean", "unit": "us"}
            print(json.dumps(shown | {"value": rows[row]()}) + "\n", flush=True)


if __name__ == "__main__":
    Clients(*sys.argv[1:4]).serve()
