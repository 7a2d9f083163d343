#!/usr/bin/env python3
"""The manual page and the completions have every command and option of the program's --help.

usage: cli_docs_test.py PROGRAM FOLDER

Shells and mandoc that are not installed are not asked; in CI all have to be.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

PROGRAM, FOLDER = sys.argv[1], pathlib.Path(sys.argv[2])
del sys.argv[1:]


def said(*words):
    return subprocess.run([PROGRAM, *words, "--help"], capture_output=True, text=True).stdout


def options(text):
    return re.findall(r"(?<![\w-])--?[a-zA-Z][\w-]*", "\n".join(
        re.match(r"  (\S*)", line).group(1).replace(",", " ")
        for line in text.splitlines() if line.startswith("  -")))  # fmt: skip


COMMANDS = re.findall(r"^  (\w+) ", said().split("Subcommands:")[1].split("Exit codes")[0], re.M)
OPTIONS = {name: options(said(name)) for name in COMMANDS}
GLOBAL = options(said())


def asked(tool, script, *files):
    """What a shell prints for a script; None when it is not installed."""
    if not shutil.which(tool):
        if os.environ.get("CI"):
            raise AssertionError(f"in CI {tool} has to be there")
        return None
    flag = ["-f"] if tool == "zsh" else ["--norc"] if tool == "bash" else ["--no-config"]
    done = subprocess.run([tool, *flag, "-c", script, *files], capture_output=True, text=True)
    if done.returncode or done.stderr:
        raise AssertionError(f"{tool}: {done.stdout}{done.stderr}")
    return done.stdout.split("\n")


class CliDocs(unittest.TestCase):
    def test_there_is_something_to_look_for(self):
        self.assertIn("fetch", COMMANDS)
        self.assertIn("--policy", OPTIONS["fetch"])
        self.assertIn("--cache", GLOBAL)

    def test_the_manual_has_everything(self):
        text = (FOLDER / "tapps.1").read_text().replace("\\-", "-")
        for name in COMMANDS:
            part = text.split(f'.SS "tapps {name}')[1].split("\n.S")[0]
            for option in OPTIONS[name]:
                if option not in ("-h", "--help"):
                    self.assertIn(f"\\fB{option}\\fR", part, name)
        for option in GLOBAL:
            self.assertIn(f"\\fB{option}\\fR", text.split(".SH COMMANDS")[0])
        if shutil.which("mandoc"):
            done = subprocess.run(
                ["mandoc", "-T", "lint", "-W", "warning", FOLDER / "tapps.1"],
                capture_output=True,
                text=True,
            )
            self.assertEqual(done.stdout + done.stderr, "")

    def test_bash_completes_everything(self):
        script = (
            f"source {FOLDER}/tapps.bash; COMP_WORDS=(tapps %s); COMP_CWORD=%d; _tapps; "
            'printf "%%s\\n" "${COMPREPLY[@]}"'
        )
        found = asked("bash", script % ('""', 1))
        if found is None:
            self.skipTest("bash is not installed")
        self.assertLessEqual({*COMMANDS, *GLOBAL}, {*found})
        self.assertIn("fetch", asked("bash", script % ("fe", 1)))
        self.assertIn("no-store", asked("bash", script % ("fetch --policy no", 3)))
        for name in COMMANDS:
            found = asked("bash", script % (f"{name} -", 2))
            self.assertLessEqual({*OPTIONS[name], *GLOBAL}, {*found})

    def test_fish_completes_everything(self):
        script = f"source {FOLDER}/tapps.fish; complete -C 'tapps %s'"
        found = asked("fish", script % "")
        if found is None:
            self.skipTest("fish is not installed")
        self.assertLessEqual({*COMMANDS}, {line.split("\t")[0] for line in found})
        for name in COMMANDS:
            long = {line.split("\t")[0] for line in asked("fish", script % f"{name} --")}
            self.assertLessEqual({one for one in OPTIONS[name] + GLOBAL if one[:2] == "--"}, long)

    def test_zsh_reads_its_file_and_finds_everything_there(self):
        text = (FOLDER / "_tapps").read_text()
        for name in COMMANDS:
            self.assertIn(f"    '{name}:", text)
            part = text.split(f"        {name}) ")[1].split(";;")[0]
            for option in OPTIONS[name]:
                if option not in ("-h", "--help"):
                    self.assertRegex(part, rf"'\*?{option}\[")
        asked("zsh", f"autoload -U compinit; source <(sed '$d' {FOLDER}/_tapps); whence -w _tapps")


if __name__ == "__main__":
    unittest.main()
