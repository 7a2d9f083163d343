#include "project/names.h"

#include <algorithm>
#include <array>

#include "project/text.h"

namespace tapps {
namespace {

constexpr size_t kMaxNpmName = 214;   // the registry's limit
constexpr size_t kMaxPypiName = 256;  // no limit is written down; longer ones are not names

// Top-level modules of CPython 3.6 to 3.14, normalised and sorted. Backports under these names
// (dataclasses, typing, ...) are the standard library for who looks up documentation.
constexpr auto kPythonModules = std::to_array<std::string_view>({
    "abc",
    "aifc",
    "annotationlib",
    "antigravity",
    "argparse",
    "array",
    "ast",
    "asynchat",
    "asyncio",
    "asyncore",
    "atexit",
    "audioop",
    "base64",
    "bdb",
    "binascii",
    "binhex",
    "bisect",
    "builtins",
    "bz2",
    "calendar",
    "cgi",
    "cgitb",
    "chunk",
    "cmath",
    "cmd",
    "code",
    "codecs",
    "codeop",
    "collections",
    "colorsys",
    "compileall",
    "compression",
    "concurrent",
    "configparser",
    "contextlib",
    "contextvars",
    "copy",
    "copyreg",
    "cprofile",
    "crypt",
    "csv",
    "ctypes",
    "curses",
    "dataclasses",
    "datetime",
    "dbm",
    "decimal",
    "difflib",
    "dis",
    "distutils",
    "doctest",
    "dummy-threading",
    "email",
    "encodings",
    "ensurepip",
    "enum",
    "errno",
    "faulthandler",
    "fcntl",
    "filecmp",
    "fileinput",
    "fnmatch",
    "formatter",
    "fractions",
    "ftplib",
    "functools",
    "gc",
    "genericpath",
    "getopt",
    "getpass",
    "gettext",
    "glob",
    "graphlib",
    "grp",
    "gzip",
    "hashlib",
    "heapq",
    "hmac",
    "html",
    "http",
    "idlelib",
    "imaplib",
    "imghdr",
    "imp",
    "importlib",
    "inspect",
    "io",
    "ipaddress",
    "itertools",
    "json",
    "keyword",
    "lib2to3",
    "linecache",
    "locale",
    "logging",
    "lzma",
    "macpath",
    "mailbox",
    "mailcap",
    "marshal",
    "math",
    "mimetypes",
    "mmap",
    "modulefinder",
    "msilib",
    "msvcrt",
    "multiprocessing",
    "netrc",
    "nis",
    "nntplib",
    "nt",
    "ntpath",
    "nturl2path",
    "numbers",
    "opcode",
    "operator",
    "optparse",
    "os",
    "ossaudiodev",
    "parser",
    "pathlib",
    "pdb",
    "pickle",
    "pickletools",
    "pipes",
    "pkgutil",
    "platform",
    "plistlib",
    "poplib",
    "posix",
    "posixpath",
    "pprint",
    "profile",
    "pstats",
    "pty",
    "pwd",
    "py-compile",
    "pyclbr",
    "pydoc",
    "pydoc-data",
    "pyexpat",
    "queue",
    "quopri",
    "random",
    "re",
    "readline",
    "reprlib",
    "resource",
    "rlcompleter",
    "runpy",
    "sched",
    "secrets",
    "select",
    "selectors",
    "shelve",
    "shlex",
    "shutil",
    "signal",
    "site",
    "smtpd",
    "smtplib",
    "sndhdr",
    "socket",
    "socketserver",
    "spwd",
    "sqlite3",
    "sre-compile",
    "sre-constants",
    "sre-parse",
    "ssl",
    "stat",
    "statistics",
    "string",
    "stringprep",
    "struct",
    "subprocess",
    "sunau",
    "symbol",
    "symtable",
    "sys",
    "sysconfig",
    "syslog",
    "tabnanny",
    "tarfile",
    "telnetlib",
    "tempfile",
    "termios",
    "textwrap",
    "this",
    "threading",
    "time",
    "timeit",
    "tkinter",
    "token",
    "tokenize",
    "tomllib",
    "trace",
    "traceback",
    "tracemalloc",
    "tty",
    "turtle",
    "turtledemo",
    "types",
    "typing",
    "unicodedata",
    "unittest",
    "urllib",
    "uu",
    "uuid",
    "venv",
    "warnings",
    "wave",
    "weakref",
    "webbrowser",
    "winreg",
    "winsound",
    "wsgiref",
    "xdrlib",
    "xml",
    "xmlrpc",
    "zipapp",
    "zipfile",
    "zipimport",
    "zlib",
    "zoneinfo",
});

// Names in requirement files that stand for no library: pip freeze of Debian's Python writes the
// first; the others are a manifest's name after a forgotten "-r", and the language itself.
constexpr auto kPypiNonPackages = std::to_array<std::string_view>(
    {"pkg-resources", "python", "requirements", "requirements-txt"});

// Modules of Node itself, sorted. Left out: assert, buffer, events, process, punycode, querystring,
// string_decoder, url and util, whose names are real packages too, made for browsers; who asks for
// those in a manifest gets the package.
constexpr auto kNodeModules = std::to_array<std::string_view>({
    "async_hooks",  "child_process",
    "cluster",      "console",
    "constants",    "crypto",
    "dgram",        "diagnostics_channel",
    "dns",          "domain",
    "fs",           "http",
    "http2",        "https",
    "inspector",    "module",
    "net",          "os",
    "path",         "perf_hooks",
    "readline",     "repl",
    "stream",       "sys",
    "timers",       "tls",
    "trace_events", "tty",
    "v8",           "vm",
    "wasi",         "worker_threads",
    "zlib",
});

template <typename Names>
bool Contains(const Names& names, std::string_view name) {
  return std::binary_search(names.begin(), names.end(), name);
}

// Characters that need no escape in a URL, among them four that only old packages may use.
bool IsNpmPart(std::string_view part) {
  if (part.empty() || part[0] == '.' || part[0] == '_') return false;
  return std::all_of(part.begin(), part.end(), [](char c) {
    return IsAlnum(c) || std::string_view("-_.!~*'()").find(c) != std::string_view::npos;
  });
}

}  // namespace

bool IsPypiName(std::string_view name) {
  if (name.empty() || name.size() > kMaxPypiName) return false;
  if (!IsAlnum(name.front()) || !IsAlnum(name.back())) return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return IsAlnum(c) || c == '-' || c == '_' || c == '.'; });
}

std::string NormalizePypiName(std::string_view name) {
  std::string out;
  for (const char c : Lower(name)) {
    const bool separator = c == '-' || c == '_' || c == '.';
    if (!separator) {
      out += c;
    } else if (out.empty() || out.back() != '-') {
      out += '-';
    }
  }
  return out;
}

bool IsPythonModule(std::string_view normalized) { return Contains(kPythonModules, normalized); }

bool IsPypiNonPackage(std::string_view normalized) {
  return Contains(kPypiNonPackages, normalized);
}

bool IsNpmName(std::string_view name) {
  if (name.empty() || name.size() > kMaxNpmName) return false;
  if (name[0] == '@') {
    const size_t slash = name.find('/');
    if (slash == std::string_view::npos || slash < 2) return false;
    return IsNpmPart(name.substr(1, slash - 1)) && IsNpmPart(name.substr(slash + 1));
  }
  const std::string lower = Lower(name);
  return IsNpmPart(name) && lower != "node_modules" && lower != "favicon.ico";
}

bool IsNodeModule(std::string_view name) {
  return name.substr(0, 5) == "node:" || Contains(kNodeModules, name);
}

}  // namespace tapps
