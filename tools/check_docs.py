#!/usr/bin/env python3
"""Runs the code samples of README.md and docs/*.md against a build.

usage: tools/check_docs.py BUILD_DIR [FILE.md...]

A sample is a fenced block whose info string is a language and the word `run`: c, cpp, sh, js or
python. It is run as a program of its own, in an empty folder with an empty cache, and has to end
with exit code 0. When a block marked `output` follows it directly, what it prints must be that
text, where "..." stands for anything on the line. JavaScript runs when the Node binding was built.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
FENCE = re.compile(
    r"^```(?P<language>c|cpp|sh|js|python) run\n(?P<code>.*?)^```\n"
    r"(?:\n?```output\n(?P<output>.*?)^```$)?",
    re.S | re.M,
)


class Sample:
    def __init__(self, file, line, language, code, output):
        self.file, self.line, self.language = file, line, language
        self.code, self.output = code, output


def samples(file, text):
    """The samples of a Markdown text, in order; `line` is the one of the fence."""
    return [
        Sample(file, text.count("\n", 0, m.start()) + 1, m["language"], m["code"], m["output"])
        for m in FENCE.finditer(text)
    ]


class Runner:
    """Runs samples against one build folder."""

    def __init__(self, build):
        self.build = build.resolve()
        pc_path = str(self.build / "pkgconfig")
        self.environment = {**os.environ, "PKG_CONFIG_PATH": pc_path}
        self.library = self._pkg_config("--variable=libdir")
        program = next(self.build.rglob("tapps"), None)
        for candidate in self.build.rglob("tapps"):
            if candidate.is_file() and os.access(candidate, os.X_OK):
                program = candidate
        self.program_folder = str(program.parent) if program else ""
        self.node = next(self.build.rglob("*.node"), None)

    def _pkg_config(self, *arguments):
        command = ["pkg-config", *arguments, "tapps"]
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def command(self, sample, folder):
        """The shell command that builds and runs the sample in `folder`; None: cannot here."""
        file = folder / f"sample.{'mjs' if sample.language == 'js' else sample.language}"
        file.write_text(sample.code)
        flags = self._pkg_config("--cflags", "--libs")
        if sample.language == "c":
            return f"cc -std=c99 -Wall -Wextra -Werror -o sample sample.c {flags} && ./sample"
        if sample.language == "cpp":
            return f"c++ -std=c++17 -Wall -Wextra -Werror -o sample sample.cpp {flags} && ./sample"
        if sample.language == "sh":
            return "bash -euo pipefail sample.sh"
        if sample.language == "python":
            return f"{sys.executable} sample.python"
        if self.node is None or shutil.which("node") is None:
            return None
        modules = folder / "node_modules"
        modules.mkdir()
        (modules / "tapps").symlink_to(ROOT / "bindings" / "node")
        return "node sample.mjs"

    def run(self, sample):
        """Returns None when the sample works, else why not; "SKIP" first when it cannot run."""
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            command = self.command(sample, folder)
            if command is None:
                return "SKIP: the Node binding was not built"
            environment = {
                **self.environment,
                "HOME": name,
                "XDG_CACHE_HOME": f"{name}/cache",
                "PATH": self.program_folder + os.pathsep + os.environ["PATH"],
                "LD_LIBRARY_PATH": self.library,
                "TAPPS_NODE_ADDON": str(self.node or ""),
                "PYTHONPATH": str(ROOT / "bindings" / "python"),
            }
            done = subprocess.run(
                command,
                shell=True,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=120,
            )
        if done.returncode:
            return f"exit code {done.returncode}\n{done.stdout}{done.stderr}"
        if sample.output is not None and not same(sample.output, done.stdout):
            return f"printed\n{done.stdout}instead of\n{sample.output}"
        return None


def same(expected, printed):
    pattern = re.escape(expected.strip()).replace(re.escape("..."), ".*")
    return re.fullmatch(pattern, printed.strip()) is not None


def main():
    runner = Runner(pathlib.Path(sys.argv[1]))
    named = [pathlib.Path(name) for name in sys.argv[2:]]
    files = named or [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    failed = count = 0
    for file in files:
        for sample in samples(file, file.read_text()):
            count += 1
            why = runner.run(sample)
            if why and (not why.startswith("SKIP") or os.environ.get("CI") == "true"):
                failed += 1
            if why:
                print(f"{file}:{sample.line}: {sample.language} sample: {why}")
    print(f"{count} samples, {failed} failed")
    return 1 if failed or not count else 0


if __name__ == "__main__":
    sys.exit(main())
