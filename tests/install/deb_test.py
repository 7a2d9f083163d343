#!/usr/bin/env python3
"""Makes the Debian packages, installs them into an empty root, uses them there, and removes them.

usage: deb_test.py BUILD_DIR
"""

import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
CONSUMER = pathlib.Path(__file__).resolve().parent / "consumer"
PACKAGES = ("libtapps0", "libtapps-dev", "tapps")


def run(*command, **environment):
    """The output of a command; a failure shows what it printed."""
    words = [str(word) for word in command]
    done = subprocess.run(
        words, env={**os.environ, **environment}, capture_output=True, text=True
    )
    if done.returncode:
        raise AssertionError(f"{words} failed ({done.returncode}):\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


class Packages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.work = pathlib.Path(cls.folder.name)
        run("cpack", "-G", "DEB", "--config", BUILD / "CPackConfig.cmake", "-B", cls.work / "made")
        made = list((cls.work / "made").glob("*.deb"))
        cls.files = {file.name.split("_")[0]: file for file in made}

    def field(self, package, name):
        return run("dpkg-deb", "-f", self.files[package], name)

    def contents(self, package):
        rows = run("dpkg-deb", "-c", self.files[package]).splitlines()
        return [row.split()[5] for row in rows if not row.startswith("d")]

    def dpkg(self, root, *arguments):
        """dpkg on a root of its own, in which what the packages need is not installed."""
        command = ["dpkg", f"--root={root}", "--force-depends", "--force-script-chrootless",
                   "--force-not-root", "--log=/dev/null", *arguments]  # fmt: skip
        if os.geteuid() != 0:
            command.insert(0, "fakeroot")
        return run(*command, PATH=os.environ["PATH"] + ":/usr/sbin:/sbin")

    def test_there_are_three_and_they_need_each_other(self):
        self.assertEqual(sorted(self.files), sorted(PACKAGES))
        version = self.field("libtapps0", "Version")
        self.assertIn(f"libtapps0 (= {version})", self.field("libtapps-dev", "Depends"))
        self.assertIn(f"libtapps0 (>= {version})", self.field("tapps", "Depends"))
        needs = self.field("libtapps0", "Depends")
        for library in ("libc6", "libsqlite3-0 (>= 3.35)", "libzstd1"):
            self.assertIn(library, needs)
        self.assertIn("libcurl4", self.field("libtapps0", "Recommends"))

    def test_other_packages_learn_what_they_need(self):
        control = self.work / "control"
        run("dpkg-deb", "-e", self.files["libtapps0"], control)
        version = self.field("libtapps0", "Version")
        self.assertEqual((control / "shlibs").read_text(), f"libtapps 0 libtapps0 (>= {version})\n")
        for package in PACKAGES:
            lines = self.field(package, "Description").splitlines()[1:]
            self.assertFalse([line for line in lines if line.startswith("  ")], lines)
            self.assertIn(" .", lines)

    def test_each_has_what_is_its_own(self):
        endings = {
            "libtapps0": ("/libtapps.so.0", "/copyright"),
            "libtapps-dev": ("/tapps.h", "/tapps.hpp", "/tapps/cache.hpp", "/libtapps.so",
                             "/libtapps.a", "/tapps.pc", "/tapps-config.cmake", "/copyright"),
            "tapps": ("/usr/bin/tapps", "/tapps.1", "/completions/tapps", "/_tapps", "/tapps.fish",
                      "/copyright"),
        }  # fmt: skip
        for package, wanted in endings.items():
            found = self.contents(package)
            for ending in wanted:
                self.assertTrue(any(name.endswith(ending) for name in found), (package, ending))
        everything = [name for package in PACKAGES for name in self.contents(package)]
        self.assertEqual(len(everything), len(set(everything)))
        self.assertFalse([name for name in everything if not name.startswith("./usr/")])

    def test_installed_they_work_and_removed_they_leave_nothing(self):
        root = self.work / "root"
        for folder in ("info", "updates", "triggers"):
            (root / "var/lib/dpkg" / folder).mkdir(parents=True)
        for file in ("status", "available"):
            (root / "var/lib/dpkg" / file).touch()
        self.dpkg(root, "-i", *(str(self.files[name]) for name in PACKAGES))
        database = f"--admindir={root}/var/lib/dpkg"
        listed = run("dpkg-query", database, "-W", "-f=${Package} ${Status}\n")
        self.assertEqual(listed.count("install ok installed"), 3, listed)

        version = self.field("tapps", "Version")
        self.assertIn(version, run(root / "usr/bin/tapps", "version"))
        path = str(next(root.rglob("tapps.pc")).parent)
        flags = shlex.split(run("pkg-config", "--cflags", "--libs", "tapps", PKG_CONFIG_PATH=path))
        program = self.work / "program"
        run("cc", "-o", program, CONSUMER / "main.c", *flags)
        library = str(next(root.rglob("libtapps.so.0")).parent)
        self.assertEqual(run(program, LD_LIBRARY_PATH=library), f"{version} ok")

        self.dpkg(root, "--purge", *reversed(PACKAGES))
        left = [str(file) for file in (root / "usr").rglob("*")] if (root / "usr").exists() else []
        self.assertEqual(left, [])


if __name__ == "__main__":
    if os.geteuid() != 0 and not shutil.which("fakeroot"):
        print("SKIP: fakeroot is not installed, which packages are installed with by a plain user")
        sys.exit(1 if os.environ.get("CI") else 77)
    unittest.main()
