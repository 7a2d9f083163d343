"""How the library is found, that the README is true, and that the package can be built."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import zipfile

from helpers import PACKAGE, run

GOOD = os.environ["TAPPS_LIBRARY"]


def compiled(folder, name, source):
    file = folder / name
    command = ["cc", "-shared", "-fPIC", "-o", str(file), "-x", "c", "-"]
    subprocess.run(command, input=source, text=True, check=True)
    return str(file)


class Loading(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="tapps-python-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def fails(self, expected, code="import tapps; tapps.library_version()", **environment):
        done = run(code, **environment)
        self.assertEqual(done.returncode, 1)
        for text in expected:
            self.assertIn(text, done.stderr)

    def test_every_try_is_in_the_message(self):
        self.fails(
            ["beside the package", "search path: libtapps.so.0", "pkg-config", "TAPPS_LIBRARY"],
            TAPPS_LIBRARY="",
            LD_LIBRARY_PATH="",
            PKG_CONFIG_PATH=str(self.folder),
            PKG_CONFIG_LIBDIR=str(self.folder),
        )

    def test_what_the_user_names_is_the_only_try(self):
        self.fails(["TAPPS_LIBRARY: /nowhere/lib.so: not there"], TAPPS_LIBRARY="/nowhere/lib.so")
        self.fails(
            ["use_library(): /nowhere/lib.so: not there"],
            "import tapps; tapps.use_library('/nowhere/lib.so'); tapps.library_version()",
        )

    def test_another_abi_an_older_library_and_something_else(self):
        other = compiled(self.folder, "other.so", "int tapps_abi(void) { return 7; }")
        self.fails(["has ABI 7, this package needs ABI 0"], TAPPS_LIBRARY=other)
        old = "int tapps_abi(void) { return 0; }"
        old += 'const char* tapps_version(void) { return "0.0.9"; }'
        old = compiled(self.folder, "old.so", old)
        self.fails(["version 0.0.9 is too old, it lacks tapps_"], TAPPS_LIBRARY=old)
        strange = compiled(self.folder, "strange.so", "int x;")
        self.fails(["not a libtapps"], TAPPS_LIBRARY=strange)

    def test_pkg_config_finds_it(self):
        done = run(
            "import tapps; print(tapps.library_version())",
            TAPPS_LIBRARY="",
            LD_LIBRARY_PATH="",
        )
        self.assertEqual((done.returncode, done.stdout), (0, "0.1.0\n"), done.stderr)


class Readme(unittest.TestCase):
    def test_every_sample_runs_and_prints_what_it_says(self):
        text = (PACKAGE / "README.md").read_text()
        samples = re.findall(r"^```python\n(.*?)^```$", text, re.S | re.M)
        self.assertEqual(len(samples), 6)
        for sample in samples:
            with tempfile.TemporaryDirectory() as folder:
                done = subprocess.run(
                    [sys.executable, "-c", sample],
                    cwd=folder,
                    env={**os.environ, "PYTHONPATH": str(PACKAGE), "XDG_CACHE_HOME": folder},
                    capture_output=True,
                    text=True,
                    timeout=60,
                    check=False,
                )
            self.assertEqual(done.returncode, 0, done.stderr)
            printed = done.stdout.splitlines()
            for said in re.findall(r"print\(.*\)  # (.*)$", sample, re.M):
                self.assertIn(said, printed)


class Building(unittest.TestCase):
    def test_sdist_and_wheel_hold_the_package(self):
        try:
            import setuptools  # noqa: F401
        except ImportError:
            self.skipTest("setuptools is not installed")
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            copy = folder / "python"
            keep = {"tapps", "pyproject.toml", "README.md"}
            copy.mkdir()
            for item in keep:
                subprocess.run(["cp", "-r", str(PACKAGE / item), str(copy)], check=True)
            code = (
                "import setuptools.build_meta as b;"
                "print(b.build_sdist('../out')); print(b.build_wheel('../out'))"
            )
            (folder / "out").mkdir()
            done = subprocess.run(
                [sys.executable, "-c", code], cwd=copy, capture_output=True, text=True, check=False
            )
            self.assertEqual(done.returncode, 0, done.stderr)
            built = sorted(file.name for file in (folder / "out").iterdir())
            self.assertEqual(built, ["tapps-0.1.0-py3-none-any.whl", "tapps-0.1.0.tar.gz"])
            with zipfile.ZipFile(folder / "out" / built[0]) as wheel:
                names = wheel.namelist()
                wheel.extractall(folder / "site")
            self.assertIn("tapps/py.typed", names)
            self.assertIn("tapps/_declarations.py", names)
            done = run("import tapps; print(tapps.open(':memory:').state)",
                       PYTHONPATH=str(folder / "site"))  # fmt: skip
            self.assertEqual((done.returncode, done.stdout), (0, "memory\n"), done.stderr)


if __name__ == "__main__":
    unittest.main()
