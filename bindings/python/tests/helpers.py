"""What the tests share."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import tapps

PACKAGE = pathlib.Path(__file__).resolve().parent.parent


class CacheTest(unittest.TestCase):
    """Each test has a folder and a cache in it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="tapps-python-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.cache = tapps.open(self.folder / "cache.db")
        self.addCleanup(self.cache.close)


def run(code, *arguments, **environment):
    """Runs Python in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, "PYTHONPATH": str(PACKAGE), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
