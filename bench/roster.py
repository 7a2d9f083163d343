"""The contenders: which rows they play, how they are built and started, where they are pinned."""

import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
OUT = ROOT / "build" / "bench-peers"
BINDINGS = HERE / "peers" / "bindings"

STORES = ["tapps", "sqlite", "rocksdb", "redb", "foyer", "diskcache", "undici", "cacache"]
LASTING = [who for who in STORES if who != "foyer"]  # which drops what it cannot write in time
LANGUAGES = ["tapps, Rust", "tapps, LuaJIT", "tapps, Go", "tapps, Node", "tapps, Python"]
UNDICI = [f"undici {call}, {store}" for call in ("request", "fetch")
          for store in ("memory", "sqlite")]  # fmt: skip
CLIENTS = ["tapps", "tapps, Node", *UNDICI, "hishel", "requests-cache"]
BREAKERS = ["tapps", "gobreaker", "resilience4j"]
SHARED = "one file, eight processes"
FETCHES = ["fetch hit, clients", "fetch miss, clients"]  # which need a server
ROWS = {  # (rounds, who plays)
    "memory hit, caches": (7, ["tapps", "moka", "quick_cache", "otter", "caffeine"]),
    "memory hit, bindings": (7, ["tapps", *LANGUAGES]),
    "disk hit, stores": (5, STORES),
    "put, stores": (5, STORES),
    "persisted puts, stores": (5, LASTING),
    "fetch hit, clients": (5, CLIENTS),
    "fetch miss, clients": (5, CLIENTS),
    "breaker, permit and report": (9, BREAKERS),
    "breaker, refusal": (9, BREAKERS),
    SHARED: (3, ["tapps", "sqlite", "diskcache", "diskcache, fanout"]),
}
OWN = {  # the program that plays for tapps, if it is not the one for stores
    "fetch hit, clients": "contender_fetch",
    "fetch miss, clients": "contender_fetch",
    "breaker, permit and report": "breaker",
    "breaker, refusal": "breaker",
}
NOTES = {
    "memory hit, caches": "Mean of a get of 1 KiB, its first byte read, among 100,000 entries.",
    "memory hit, bindings": "Mean of the plainest get of 1 KiB that each language has, its first "
    "byte read, among 1,000 entries, which stay in the processor's caches: what is left is the way "
    "into the library and back. Go, Node, Python and LuaJIT copy the value.",
    "disk hit, stores": "Mean of a get from the file, its pages in the system's memory: memory "
    "tiers and page caches of the stores' own hold 8 MiB or less. cacache holds 5,000 entries, "
    "the others 100,000.",
    "put, stores": "What one put of 1 KiB costs its caller, 5,000 a second. tapps and foyer write "
    "later, tapps within 20 ms; redb only when a later commit syncs; the others have it written, "
    "not synced, on return.",
    "persisted puts, stores": "Puts of new entries a second until all of them survive the death "
    "of the process. sqlite, rocksdb and redb: transactions of 1,024, redb's last one synced. "
    "foyer is left out: it drops what it cannot write in time.",
    "fetch hit, clients": "Mean of a GET that is answered by a fresh answer of 2 KiB in the cache, "
    "its body read, one after the other. tapps and tapps, Node answer from memory and keep it in a "
    "file; hishel and requests-cache keep it in SQLite, as they do by default.",
    "fetch miss, clients": "Mean of a GET of what is not in the cache, from a server on the "
    "loopback, eight under way, the answer of 2 KiB stored.",
    "breaker, permit and report": "Mean of a permit and the report of success on a closed breaker, "
    "by one thread; gobreaker and resilience4j run a function that does nothing, as they are "
    "meant to be used. Two steps: their own permit and report; resilience4j is told a duration "
    "there and reads no clock.",
    "breaker, refusal": "Mean of the refusal by an open breaker.",
    SHARED: "Eight processes get and put in turn for 5 seconds, then wait until all is committed. "
    "A put is lost when the file does not have it afterwards. fanout: 8 files.",
}

PINS = {  # where the version of a peer is written down
    "moka": ("rust/Cargo.lock", r'name = "moka"\nversion = "(.+?)"'),
    "quick_cache": ("rust/Cargo.lock", r'name = "quick_cache"\nversion = "(.+?)"'),
    "redb": ("rust/Cargo.lock", r'name = "redb"\nversion = "(.+?)"'),
    "foyer": ("rust/Cargo.lock", r'name = "foyer"\nversion = "(.+?)"'),
    "otter": ("go/go.mod", r"otter/v2 v(\S+)"),
    "caffeine": ("java/pom.xml", r"caffeine</artifactId>\s*<version>(.+?)<"),
    "diskcache": ("python/requirements.txt", r"diskcache==(\S+)"),
    "hishel": ("python/requirements.txt", r"hishel\S*==(\S+)"),
    "requests-cache": ("python/requirements.txt", r"requests-cache==(\S+)"),
    "undici": ("node/package.json", r'"undici": "(.+?)"'),
    "cacache": ("node/package.json", r'"cacache": "(.+?)"'),
    "Node.js": ("node/package.json", r'"node": "(.+?)"'),
    "gobreaker": ("gobreaker/go.mod", r"gobreaker/v2 v(\S+)"),
    "resilience4j": ("resilience4j/pom.xml", r"circuitbreaker</artifactId>\s*<version>(.+?)<"),
}


def rust(build, features=()):
    cargo = ["cargo", "build", "--release", "--locked", "--target-dir", OUT / "rust"]
    return [[*cargo, "--manifest-path", HERE / "peers/rust/Cargo.toml", *features]]


def rocksdb(build):
    compiler = ["c++", "-std=c++20", "-O3", "-DNDEBUG", HERE / "peers/cpp/rocksdb.cc"]
    harness = build / "bench" / "libbench_harness.a"
    root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    apt = [*root, "apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]
    known = subprocess.run(["pkg-config", "--exists", "rocksdb"]).returncode == 0
    install = ["install", "-y", "--no-install-recommends", "librocksdb-dev"]
    missing = [] if known else [[*apt, "update"], [*apt, *install]]
    return [*missing, [*compiler, "-o", OUT / "rocksdb", harness, "-lrocksdb", "-lpthread"]]


def python(build):
    install = [OUT / "python/bin/pip", "install", "--quiet", "--disable-pip-version-check"]
    return [
        [sys.executable, "-m", "venv", OUT / "python"],
        [*install, "-r", HERE / "peers/python/requirements.txt"],
    ]


def node(build):
    return [
        ["cp", "-r", HERE / "peers/node", OUT],
        ["npm", "ci", "--no-fund", "--no-audit", "--loglevel=error", "--prefix", OUT / "node"],
    ]


def go(build, folder="go"):
    out = OUT / folder / "contender"
    return [["go", "-C", HERE / "peers" / folder, "build", "-o", out, "."]]


def java(build, folder="java"):
    pom = HERE / "peers" / folder / "pom.xml"
    return [["mvn", "-q", "-B", "-f", pom, f"-Dout={OUT}/{folder}", "compile"]]


# The bindings are built against the library that is measured, which pkg-config is told of.


def rust_binding(build):
    cargo = ["cargo", "build", "--release", "--offline", "--target-dir", OUT / "rust-binding"]
    return [[*cargo, "--manifest-path", BINDINGS / "rust/Cargo.toml"]]


def node_binding(build):
    made = OUT / "node-binding"
    kind = "-DCMAKE_BUILD_TYPE=Release"
    return [
        *node(build),
        ["cmake", "-S", ROOT / "bindings/node", "-B", made, kind],
        ["cmake", "--build", made],
    ]


def go_binding(build):
    return go(build, "bindings/go")


def nothing(build):
    return []


BUILDS = {  # (folders of sources, commands)
    "rocksdb": (["bench/peers/cpp"], rocksdb),
    "rust": (["bench/peers/rust"], rust),
    "foyer": (["bench/peers/rust"],
              lambda build: rust(build, ("--bin", "foyer", "--features", "foyer"))),
    "go": (["bench/peers/go"], go),
    "java": (["bench/peers/java"], java),
    "python": (["bench/peers/python"], python),
    "node": (["bench/peers/node"], node),
    "gobreaker": (["bench/peers/gobreaker"], lambda build: go(build, "gobreaker")),
    "resilience4j": (["bench/peers/resilience4j"], lambda build: java(build, "resilience4j")),
    "rust binding": (["bench/peers/bindings/rust", "bindings/rust"], rust_binding),
    "go binding": (["bench/peers/bindings/go", "bindings/go"], go_binding),
    "node binding": (["bench/peers/node", "bindings/node"], node_binding),
    "python binding": ([], nothing),
    "lua binding": ([], nothing),
}  # fmt: skip

NODE = OUT / "node/node_modules/node/bin/node"


def jar(folder, program):
    path = f"{OUT}/{folder}/classes:{OUT}/{folder}/dependency/*"
    return (folder, ["java", "-cp", path, program])


STARTS = {  # who: (build, command)
    "rocksdb": ("rocksdb", [OUT / "rocksdb"]),
    "foyer": ("foyer", [OUT / "rust/release/foyer"]),
    "otter": ("go", [OUT / "go/contender"]),
    "caffeine": jar("java", "Contender"),
    "gobreaker": ("gobreaker", [OUT / "gobreaker/contender"]),
    "resilience4j": jar("resilience4j", "BreakerBench"),
    "tapps, Rust": ("rust binding", [OUT / "rust-binding/release/contender"]),
    "tapps, LuaJIT": ("lua binding", ["luajit", BINDINGS / "lua/contender.lua"]),
    "tapps, Go": ("go binding", [OUT / "bindings/go/contender"]),
    "tapps, Node": ("node binding", [NODE, BINDINGS / "node/contender.mjs"]),
    "tapps, Python": ("python binding", [sys.executable, BINDINGS / "python/contender.py"]),
} | {
    who: ("rust", [OUT / "rust/release/contender"]) for who in ("moka", "quick_cache", "redb")
} | {
    who: ("python", [OUT / "python/bin/python", HERE / "peers/python/contender.py"])
    for who in ("diskcache", "diskcache, fanout")
} | {
    who: ("python", [OUT / "python/bin/python", HERE / "peers/python/clients.py"])
    for who in ("hishel", "requests-cache")
} | {
    who: ("node", [NODE, OUT / "node/contender.mjs"]) for who in ("undici", "cacache")
} | {
    who: ("node", [NODE, OUT / "node/clients.mjs"]) for who in UNDICI
}  # fmt: skip
