"""How the library is found, that the README is true, and that the package can be built."""

import importlib.util
import os
import pathlib
import re
import subprocess
import sys
import tarfile
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


def readme_samples():
    text = (PACKAGE / "README.md").read_text()
    return re.findall(r"^```python\n(.*?)^```$", text, re.S | re.M)


class Readme(unittest.TestCase):
    def check(self, sample, python, environment):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [python, "-c", sample],
                cwd=folder,
                env={**environment, "XDG_CACHE_HOME": folder},
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
        self.assertEqual(done.returncode, 0, done.stderr)
        printed = done.stdout.splitlines()
        for said in re.findall(r"print\(.*\)  # (.*)$", sample, re.M):
            self.assertIn(said, printed)

    def test_every_sample_runs_and_prints_what_it_says(self):
        self.assertEqual(len(readme_samples()), 7)
        for sample in readme_samples():
            self.check(sample, sys.executable, {**os.environ, "PYTHONPATH": str(PACKAGE)})

    def test_the_samples_run_on_the_built_packages_in_a_clean_environment(self):
        folder = tempfile.TemporaryDirectory(prefix="tapps-python-")
        self.addCleanup(folder.cleanup)
        place = pathlib.Path(folder.name)
        environment = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
        # Without an index the tools that turn the sdist into a wheel are those of this Python.
        tools = importlib.util.find_spec("setuptools")
        beside = str(pathlib.Path(tools.origin).parents[1]) if tools and tools.origin else ""
        for package in built(self, place):
            python = clean_environment(self, place / package.suffix)
            install = ["-m", "pip", "install", "--quiet", "--no-index", "--no-build-isolation"]
            done = subprocess.run(
                [python, *install, package],
                env={**environment, "PYTHONPATH": beside},
                capture_output=True,
                text=True,
                check=False,
            )
            self.assertEqual(done.returncode, 0, done.stderr)
            for sample in readme_samples():
                self.check(sample, python, environment)


def clean_environment(test, folder):
    """The Python of a new virtual environment."""
    made = subprocess.run([sys.executable, "-m", "venv", folder], capture_output=True, check=False)
    if made.returncode:
        missing(test, "python3 -m venv cannot make an environment (python3-venv)")
    return folder / "bin" / "python"


def missing(test, why):
    """A skip; in CI a failure."""
    if os.environ.get("CI") == "true" or os.environ.get("TAPPS_CI") == "1":
        test.fail(why)
    test.skipTest(why)


def built(test, folder):
    """(wheel, sdist) in a folder, made from the package's own files alone."""
    if importlib.util.find_spec("setuptools") is None:
        missing(test, "setuptools is not installed")
    copy = folder / "python"
    copy.mkdir()
    for item in ("tapps", "pyproject.toml", "README.md", "LICENSE"):
        subprocess.run(["cp", "-r", str(PACKAGE / item), str(copy)], check=True)
    (folder / "out").mkdir()
    code = (
        "import setuptools.build_meta as b;"
        "print(b.build_sdist('../out')); print(b.build_wheel('../out'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=copy, capture_output=True, text=True, check=False
    )
    test.assertEqual(done.returncode, 0, done.stderr)
    wheel, sdist = sorted((folder / "out").iterdir())
    return wheel, sdist


class Building(unittest.TestCase):
    def test_sdist_and_wheel_hold_the_package(self):
        with tempfile.TemporaryDirectory() as name:
            wheel, sdist = built(self, pathlib.Path(name))
            names = [wheel.name, sdist.name]
            self.assertEqual(names, ["tapps-0.1.0-py3-none-any.whl", "tapps-0.1.0.tar.gz"])
            with zipfile.ZipFile(wheel) as archive:
                every = archive.namelist()
                packed = {file for file in every if file.startswith("tapps/")}
            with tarfile.open(sdist) as archive:
                sources = {file.partition("/")[2] for file in archive.getnames()}
        modules = (file.name for file in (PACKAGE / "tapps").glob("*.py"))
        files = {f"tapps/{name}" for name in (*modules, "py.typed")}
        self.assertEqual(packed, files)
        self.assertLessEqual(files | {"LICENSE"}, sources)
        self.assertTrue([file for file in every if file.endswith("/LICENSE")])


if __name__ == "__main__":
    unittest.main()
