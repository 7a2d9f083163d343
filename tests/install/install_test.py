#!/usr/bin/env python3
"""Installs into a prefix, moves the prefix elsewhere, and uses tapps from there.

usage: install_test.py BUILD_DIR
"""

import os
import pathlib
import shlex
import subprocess
import sys
import tempfile
import unittest

BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
CONSUMER = pathlib.Path(__file__).resolve().parent / "consumer"


def run(*command, **environment):
    """The output of a command; a failure shows what it printed."""
    done = subprocess.run(
        [str(word) for word in command],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        raise AssertionError(f"{command} failed ({done.returncode}):\n{done.stdout}")
    return done.stdout.strip()


class MovedPrefix(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        root = pathlib.Path(cls.folder.name)
        run("cmake", "--install", BUILD, "--prefix", root / "first")
        cls.prefix = (root / "first").rename(root / "moved here")
        cls.work = root / "work"
        cls.work.mkdir()
        cls.pc_dir = next(cls.prefix.rglob("tapps.pc")).parent
        cls.lib_dir = next(cls.prefix.rglob("libtapps.so")).parent

    def pkg_config(self, *arguments, path=None):
        return run("pkg-config", *arguments, PKG_CONFIG_PATH=str(path or self.pc_dir))

    def build_with_pkg_config(self, name, path=None):
        flags = shlex.split(self.pkg_config("--cflags", "--libs", "tapps", path=path))
        program = self.work / name
        run("cc", "-o", program, CONSUMER / "main.c", *flags)
        return program

    def test_a_c_program_builds_through_pkg_config(self):
        program = self.build_with_pkg_config("with_pkg_config")
        self.assertRegex(run(program, LD_LIBRARY_PATH=str(self.lib_dir)), r"^\d+\.\d+\.\d+ ok$")

    def test_a_c_program_builds_against_the_build_folder(self):
        program = self.build_with_pkg_config("uninstalled", path=BUILD / "pkgconfig")
        library_folder = self.pkg_config("--variable=libdir", "tapps", path=BUILD / "pkgconfig")
        self.assertRegex(run(program, LD_LIBRARY_PATH=library_folder), r" ok$")

    def test_a_c_program_builds_through_find_package(self):
        build = self.work / "cmake"
        prefix = f"-DCMAKE_PREFIX_PATH={self.prefix}"
        run("cmake", "-S", CONSUMER, "-B", build, "-G", "Ninja", prefix)
        run("cmake", "--build", build)
        self.assertRegex(run(build / "consumer"), r" ok$")

    def test_a_cpp_program_builds_through_both(self):
        flags = shlex.split(self.pkg_config("--cflags", "--libs", "tapps"))
        program = self.work / "cpp"
        run("c++", "-std=c++17", "-o", program, CONSUMER / "main.cc", *flags)
        self.assertRegex(run(program, LD_LIBRARY_PATH=str(self.lib_dir)), r" ok$")
        build = self.work / "cmake_cpp"
        prefix = f"-DCMAKE_PREFIX_PATH={self.prefix}"
        run("cmake", "-S", CONSUMER, "-B", build, "-G", "Ninja", prefix, "-DCONSUMER_CXX=ON")
        commands = run("ninja", "-C", build, "-t", "commands", "consumer_cpp")
        self.assertNotIn("c++20", commands)  # what the library is compiled as is its own affair
        run("cmake", "--build", build)
        self.assertRegex(run(build / "consumer_cpp"), r" ok$")

    def test_a_c_program_is_linked_statically(self):
        alone = self.work / "static"
        alone.mkdir()
        archive = next(self.prefix.rglob("libtapps.a"))
        (alone / "libtapps.a").write_bytes(archive.read_bytes())
        flags = shlex.split(self.pkg_config("--static", "--cflags", "--libs", "tapps"))
        program = self.work / "linked_statically"
        run("cc", "-o", program, CONSUMER / "main.c", f"-L{alone}", *flags)
        self.assertNotIn("libtapps", run("readelf", "-d", program))
        self.assertRegex(run(program), r" ok$")

    def test_the_manual_and_the_completions_are_there(self):
        for file in ("man/man1/tapps.1", "bash-completion/completions/tapps",
                     "zsh/vendor-completions/_tapps", "fish/vendor_completions.d/tapps.fish"):
            self.assertTrue((self.prefix / "share" / file).exists(), file)  # fmt: skip

    def test_loaders_learn_the_file_name_from_pkg_config(self):
        soname = self.pkg_config("--variable=soname", "tapps")
        self.assertTrue((self.lib_dir / soname).exists(), soname)
        dynamic = run("readelf", "-d", self.lib_dir / "libtapps.so")
        self.assertIn(f"Library soname: [{soname}]", dynamic)
        self.assertEqual(soname.rpartition(".")[2], self.pkg_config("--variable=abi", "tapps"))

    def test_everything_the_library_needs_is_in_requires_private(self):
        dynamic = run("readelf", "-d", self.lib_dir / "libtapps.so")
        static = shlex.split(self.pkg_config("--static", "--libs", "tapps"))
        for needed in ("sqlite3", "xxhash", "zstd"):
            if f"[lib{needed}.so" in dynamic:
                self.assertIn(f"-l{needed}", static)
        self.assertNotIn("[libcurl", dynamic)  # loaded at the first fetch

    def test_the_command_line_finds_its_library(self):
        self.assertRegex(run(self.prefix / "bin" / "tapps", "version"), r"\d+\.\d+\.\d+")


if __name__ == "__main__":
    unittest.main()
