#!/usr/bin/env python3
"""What programs of the bindings that are linked to the library say when they meet another one.

usage: other_library_test.py NAME COMMAND...

COMMAND starts the binding's contract peer. It is run with libraries in front of the real one: one
with another ABI, and an older one that lacks a function. The programs have to say what is wrong; a
library that is not there at all is explained by the system's loader. Node says it when the addon
is loaded, with what to do.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import abi_header
import check_abi

NAME, COMMAND = sys.argv[1], sys.argv[2:]
del sys.argv[1:]
HEADER = abi_header.HEADER.read_text()
SAYS = {
    "tapps_version": 'return "9.9.9";',
    "tapps_code_name": 'return code == TAPPS_E_VERSION ? "VERSION" : "OTHER";',
    "tapps_code_meaning": 'return "another version";',
    "tapps_error_message": 'return "";',
}


class OtherLibrary(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def build(self, source):
        map_file = ROOT / "src" / "capi" / "tapps.map"
        check_abi.build(
            HEADER,
            self.folder / "libtapps.so.0",
            f"-Wl,--version-script={map_file}",
            source=source,
        )

    def played(self, line):
        path = f"{self.folder}:{os.environ.get('LD_LIBRARY_PATH', '')}"
        return subprocess.run(
            COMMAND,
            input=line + "\n",
            env={**os.environ, "LD_LIBRARY_PATH": path},
            capture_output=True,
            text=True,
            timeout=300,
        )

    def test_another_abi_is_refused_with_what_to_do(self):
        self.build(check_abi.anchor_source(HEADER, {**SAYS, "tapps_abi": "return 7;"}))
        done = self.played("do=open&path=%3Amemory%3A")
        if NAME == "node":
            self.assertNotEqual(done.returncode, 0)
            for part in ("9.9.9", "has ABI 7", "needs ABI 0", "LD_LIBRARY_PATH", "npm run build"):
                self.assertIn(part, done.stderr)
            return
        said = urllib.parse.unquote_plus(done.stdout)
        self.assertIn("code=VERSION", said, done.stderr)
        for part in ("9.9.9", "ABI 7", "LD_LIBRARY_PATH"):
            self.assertIn(part, said)

    def test_an_older_library_is_refused_at_the_start_by_what_it_lacks(self):
        source = check_abi.anchor_source(HEADER, SAYS)
        lines = [line for line in source.splitlines() if " tapps_breaker_limit(" not in line]
        self.assertEqual(len(lines), source.count("\n") - 1)
        self.build("\n".join(lines) + "\n")
        done = self.played("do=open&path=%3Amemory%3A")
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(done.stdout, "")
        self.assertIn("undefined symbol: tapps_breaker_limit", done.stderr)
        if NAME == "node":  # an error that a program can catch
            self.assertIn("Error: tapps: the native addon cannot be loaded. Tried:", done.stderr)
            self.assertIn("LD_LIBRARY_PATH", done.stderr)


if __name__ == "__main__":
    unittest.main()
