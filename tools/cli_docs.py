#!/usr/bin/env python3
"""Writes the manual page of the program `tapps` and its completions for bash, zsh and fish, from
what its --help says.

usage: tools/cli_docs.py PROGRAM FOLDER
"""

import datetime
import os
import pathlib
import re
import subprocess
import sys
import textwrap

WORDS_OF = "How the cache is used: "  # the policies are listed in the help


class Option:
    def __init__(self, names, argument, text):
        self.names, self.argument, self.text = names, argument, text
        self.repeats = argument.endswith("...")

    @property
    def values(self):
        """The words the argument may be, where the help lists them."""
        return self.text[len(WORDS_OF) :].split(", ") if self.text.startswith(WORDS_OF) else []

    @property
    def kind(self):
        """"file", "folder", "word" or "": what the argument is."""
        first = self.argument.split(" ")[0].split(":")[0]
        kinds = {"PATH": "file", "FILE": "file", "DIR": "folder"}
        return "word" if self.values else kinds.get(first, "")


class Command:
    def __init__(self, name, text):
        self.name = name
        self.about = text.split("\n", 1)[0]
        self.usage = re.search(r"^Usage: (.*)$", text, re.M).group(1)
        self.options = [option(head, rest) for head, rest in rows(text, "Options")]
        self.positionals = rows(text, "Positionals")
        self.subcommands = [(head, rest) for head, rest in rows(text, "Subcommands")]
        self.codes = rows(text, "Exit codes")


def rows(text, title):
    """(head, description) of the rows under a title of the help."""
    section = re.search(rf"^{title}:\n((?:  .*\n?)*)", text, re.M)
    found = []
    for line in section.group(1).splitlines() if section else []:
        if re.match(r" {3,}\S", line) and found:  # the description of a long head
            found[-1][1] = (found[-1][1] + " " + line.strip()).strip()
        else:
            head, _, rest = line.strip().partition("  ")
            if " " not in line.strip().rstrip() or rest:
                found.append([head, rest.strip()])
            else:
                found.append([line.strip(), ""])
    return [tuple(row) for row in found]


def option(head, text):
    names, _, argument = head.partition(" ")
    argument = re.split(r" ?(?:Excludes:|Needs:|\(Env:|REQUIRED)", argument)[0].strip()
    return Option(names.split(","), argument, text)


def read(program):
    """The program itself and its commands."""

    def help_of(*words):
        return subprocess.run(
            [program, *words, "--help"], capture_output=True, text=True, check=True
        ).stdout

    top = Command("tapps", help_of())
    return top, [Command(name, help_of(name)) for name, _ in top.subcommands]


# ---- The manual page


def roff(text):
    """Text in lines of a page's width, none of which is taken for a request."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    lines = textwrap.wrap(text, 78, break_on_hyphens=False, break_long_words=False)
    return "\n".join("\\&" + line if line[0] in ".'" else line for line in lines)


def bold(text):
    return f"\\fB{roff(text)}\\fR"


def italic(text):
    return f"\\fI{roff(text)}\\fR"


def man_options(options):
    lines = []
    for one in options:
        head = ", ".join(bold(name) for name in one.names)
        shown = one.argument.replace("...", "").split(":POSITIVE")[0].split(":INT")[0].strip(" '")
        lines += [".TP", head + (" " + italic(shown) if shown else ""), roff(one.text) + "."]
    return lines


def man_page(top, commands, version):
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    now = datetime.datetime.fromtimestamp(int(epoch), datetime.timezone.utc) if epoch else (
        datetime.datetime.now(datetime.timezone.utc))  # fmt: skip
    lines = [
        f'.TH TAPPS 1 "{now:%Y-%m-%d}" "tapps {version}" "User commands"',
        ".SH NAME", "tapps \\- " + roff(top.about[3].lower() + top.about[4:].rstrip(".")),
        ".SH SYNOPSIS", bold("tapps") + " [" + italic("options") + "] " + italic("command") + " ...",
        ".SH DESCRIPTION", roff(top.about),
        "Everything is kept in one file, which all processes of a user share.",
        "Without an option for it, no command uses the network but \\fBfetch\\fR.",
        ".SH OPTIONS", "They stand before or behind the command.", *man_options(top.options),
        ".SH COMMANDS",
    ]  # fmt: skip
    for command in commands:
        title = roff(command.usage.replace(" [OPTIONS]", ""))
        lines += [f'.SS "{title}"', roff(command.about) + "."]
        for head, text in command.positionals:
            lines += [".TP", italic(head.split(" ")[0]), roff(text) + "."]
        lines += man_options(one for one in command.options if "--help" not in one.names)
    lines += [".SH EXIT STATUS"]
    for code, text in top.codes:
        lines += [".TP", bold(code), roff(text[0].upper() + text[1:]) + "."]
    lines += [
        ".SH ENVIRONMENT", ".TP", bold("TAPPS_CACHE"), "The cache file, unless an option names it.",
        ".TP", bold("XDG_CACHE_HOME"), "The folder of caches; without it \\fI~/.cache\\fR.",
        ".SH FILES", ".TP", italic("~/.cache/tapps/cache-1.db"), "The user's cache.",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


# ---- Completions


def names(options):
    return [name for one in options for name in one.names]


def bash(top, commands):
    """Options and commands by words, arguments by what they are."""
    cases, values = [], {}
    known = [name for name, _ in top.subcommands]
    for command in commands:
        cases.append(f"    {command.name}) words='{' '.join(names(command.options))}' ;;")
    for one in [*top.options, *(one for command in commands for one in command.options)]:
        for name in one.names if one.argument else []:
            values[name] = one
    lines = []
    by_action = {}
    for name, one in values.items():
        action = {"file": "COMPREPLY=($(compgen -f -- \"$current\"))",
                  "folder": "COMPREPLY=($(compgen -d -- \"$current\"))",
                  "word": f"COMPREPLY=($(compgen -W '{' '.join(one.values)}' -- \"$current\"))",
                  "": "COMPREPLY=()"}[one.kind]  # fmt: skip
        by_action.setdefault(action, []).append(name)
    for action, all_names in by_action.items():
        lines.append(f"    {'|'.join(all_names)}) {action}; return ;;")
    return "\n".join([
        "# bash completion for tapps; written by tools/cli_docs.py",
        "_tapps() {",
        '  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}',
        "  local command= word words i",
        '  case $before in', *lines, "  esac",
        "  for ((i = 1; i < COMP_CWORD; i++)); do",
        "    word=${COMP_WORDS[i]}",
        f"    case $word in {'|'.join(known)}) command=$word; break ;; esac",
        "  done",
        "  case $command in", *cases,
        f"    *) words='{' '.join(known)}' ;;",
        "  esac",
        f"  [[ $current == -* || -z $command ]] && words+=' {' '.join(names(top.options))}'",
        '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
        '  [[ ${#COMPREPLY[@]} -gt 0 || -z $command ]] || COMPREPLY=($(compgen -f -- "$current"))',
        "}",
        "complete -o filenames -F _tapps tapps",
    ]) + "\n"  # fmt: skip


def quoted(text):
    """In single quotes, without what zsh's _arguments reads."""
    return text.replace("'", "’").replace("[", "(").replace("]", ")").replace(":", "\\:")


def zsh_options(options):
    lines = []
    for one in options:
        action = {"file": ":file:_files", "folder": ":folder:_files -/",
                  "word": f":word:({' '.join(one.values)})",
                  "": ":value:" if one.argument else ""}[one.kind]  # fmt: skip
        for name in one.names:
            star = "*" if one.repeats else ""
            lines.append(f"    '{star}{name}[{quoted(one.text)}]{action}'")
    return lines


def zsh(top, commands):
    lines = ["#compdef tapps", "# zsh completion for tapps; written by tools/cli_docs.py", "_tapps() {",
             "  local state line; typeset -A opt_args", "  local -a commands options", "  options=(",
             *zsh_options(top.options), "  )", "  commands=("]  # fmt: skip
    lines += [f"    '{name}:{quoted(text)}'" for name, text in top.subcommands]
    lines += ["  )", "  _arguments -C \"${options[@]}\" '1: :->command' '*:: :->rest' && return",
              "  case $state in", "    command) _describe command commands ;;", "    rest)",
              "      case ${line[1]} in"]  # fmt: skip
    for command in commands:
        lines += [f"        {command.name}) _arguments \"${{options[@]}}\" \\"]
        own = zsh_options(one for one in command.options if "--help" not in one.names)
        lines += [f"      {line} \\" for line in own]
        lines += ["          '*:argument:_files' ;;"]
    return "\n".join([*lines, "      esac ;;", "  esac", "}", '_tapps "$@"']) + "\n"


def fish_option(one, condition):
    words = ["complete -c tapps", condition]
    for name in one.names:
        words.append(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}")
    if one.argument:
        words.append({"file": "-r -F", "folder": "-x -a '(__fish_complete_directories)'",
                      "word": f"-x -a '{' '.join(one.values)}'", "": "-x"}[one.kind])  # fmt: skip
    escaped = one.text.replace("\\", "\\\\").replace("'", "\\'")
    return " ".join([*filter(None, words), f"-d '{escaped}'"])


def fish(top, commands):
    lines = ["# fish completion for tapps; written by tools/cli_docs.py", "complete -c tapps -f"]
    lines += [fish_option(one, "") for one in top.options]
    for name, text in top.subcommands:
        escaped = text.replace("'", "\\'")
        lines.append(f"complete -c tapps -n __fish_use_subcommand -a {name} -d '{escaped}'")
    for command in commands:
        seen = f"-n '__fish_seen_subcommand_from {command.name}'"
        lines += [fish_option(one, seen) for one in command.options if "--help" not in one.names]
        if any(re.match(r"(FILE|DIR)\b", head) for head, _ in command.positionals):
            lines.append(f"complete -c tapps {seen} -F")
    return "\n".join(lines) + "\n"


def write(program, folder):
    top, commands = read(program)
    said = subprocess.run([program, "version"], capture_output=True, text=True, check=True).stdout
    version = re.search(r"\d+\.\d+\.\d+", said).group()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tapps.1").write_text(man_page(top, commands, version))
    (folder / "tapps.bash").write_text(bash(top, commands))
    (folder / "_tapps").write_text(zsh(top, commands))
    (folder / "tapps.fish").write_text(fish(top, commands))


if __name__ == "__main__":
    write(sys.argv[1], pathlib.Path(sys.argv[2]))
