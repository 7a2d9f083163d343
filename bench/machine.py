"""What the figures are made on."""

import ctypes
import datetime
import pathlib
import platform
import re
import subprocess

import contenders

ROOT = pathlib.Path(__file__).resolve().parent.parent


def output_of(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    except OSError:
        return ""
    return (done.stdout or done.stderr).strip()


def library_version(name, call):
    try:
        return call(ctypes.CDLL(name))
    except OSError:
        return "?"


def sqlite_version(library):
    library.sqlite3_libversion.restype = ctypes.c_char_p
    return library.sqlite3_libversion().decode()


def lmdb_version(library):
    parts = [ctypes.c_int() for _ in range(3)]
    library.mdb_version(*map(ctypes.byref, parts))
    return ".".join(str(part.value) for part in parts)


def commit():
    return output_of("git", "describe", "--always", "--dirty")


def today():
    return datetime.date.today().isoformat()


def load():
    return float(pathlib.Path("/proc/loadavg").read_text().split()[0])


def origin():
    """Kept with each row: when, of which commit and how loaded the machine was."""
    return {"date": today(), "commit": commit(), "load": load()}


def machine(build):
    """When and on what the figures are made: kept with the lines, for --from."""
    cpuinfo = pathlib.Path("/proc/cpuinfo").read_text()
    names = re.findall(r"^model name\s*: (.*)$", cpuinfo, re.M)
    memory = re.search(r"MemTotal:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text())
    virtual = ", virtual" if "hypervisor" in cpuinfo else ""
    cache = (build / "CMakeCache.txt").read_text()
    compiler = re.search(r"^CMAKE_CXX_COMPILER:\w+=(.*)$", cache, re.M)
    kind = re.search(r"^CMAKE_BUILD_TYPE:\w+=(.*)$", cache, re.M)
    folder = output_of("df", "--output=fstype", "/tmp").split("\n")[-1]
    versions = {
        "tapps": commit(),
        "SQLite": library_version("libsqlite3.so.0", sqlite_version),
        "LMDB": library_version("liblmdb.so.0", lmdb_version),
        "compiler": output_of(compiler[1], "--version").split("\n")[0] if compiler else "?",
    }
    peers = contenders.versions() | {"RocksDB": output_of("pkg-config", "--modversion", "rocksdb")}
    return [
        today(),
        f"{names[0] if names else platform.machine()}{virtual}, {len(names)} cores, "
        f"{int(memory[1]) / 2**20:.1f} GiB of memory, files on {folder}, "
        f"Linux {platform.release()}",
        ", ".join(f"{name} {version}" for name, version in versions.items())
        + f", {kind[1] if kind else '?'} build",
        ", ".join(f"{name} {version}" for name, version in peers.items() if version),
    ]
