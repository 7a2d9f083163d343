#!/usr/bin/env python3
"""Builds and runs the program of one language in examples/, offline.

usage: examples_test.py BUILD_DIR c|cpp|go|rust
"""

import concurrent.futures
import http.server
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile
import threading
import unittest

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"
BUILD, LANGUAGE = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]
del sys.argv[1:]


def run(*command, fails=False, **options):
    """(output, errors) of a command, which fails only if it is to."""
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, timeout=300, **options)
    if (done.returncode != 0) != fails:
        raise AssertionError(f"{words} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout, done.stderr


def compiled(compiler, source):
    BUILD.mkdir(parents=True, exist_ok=True)
    flags = shlex.split(run("pkg-config", "--cflags", "--libs", "tapps")[0])
    strict = ["-Wall", "-Wextra", "-Werror"]
    program = BUILD / source.stem
    run(*compiler, *strict, "-o", program, source, *flags)
    return program


class Example(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.environment = {**os.environ, "TAPPS_CACHE": str(self.folder / "cache.db")}

    def run_it(self, *command, **options):
        return run(*command, env=self.environment, cwd=self.folder, **options)


class C(Example):
    def test_hover_shows_documentation_and_says_what_it_does_not_know(self):
        program = compiled(["cc", "-std=gnu11"], EXAMPLES / "c" / "hover.c")
        package = self.folder / "node_modules" / "left-pad"
        package.mkdir(parents=True)
        (self.folder / "package.json").write_text('{"dependencies":{"left-pad":"1.3.0"}}')
        (package / "package.json").write_text('{"name":"left-pad","version":"1.3.0"}')
        text = "# left-pad\n\nPads on the left.\n\n## Usage\n\npad(17)\n"
        (package / "README.md").write_text(text)
        lines = "left-pad\nleft-pad usage\nno-such-library-here\n"
        shown, _ = self.run_it(program, self.folder, input=lines)
        parts = dict(part.split("\n", 1) for part in shown.split("==== ")[1:])
        self.assertEqual(sorted(parts), sorted(lines.splitlines()))
        self.assertIn("version 1.3.0", parts["left-pad"])
        self.assertIn("Pads on the left.", parts["left-pad"])
        self.assertIn("pad(17)", parts["left-pad usage"])
        self.assertIn("no-such-library-here", parts["no-such-library-here"])


class Cpp(Example):
    def test_every_ticket_is_handed_out_once(self):
        program = compiled(["c++", "-std=c++17"], EXAMPLES / "cpp" / "ticket.cc")
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            taken = list(pool.map(lambda _: self.run_it(program, "builds")[0], range(24)))
        self.assertEqual(sorted(map(int, taken)), list(range(1, 25)))
        self.assertEqual(self.run_it(program, "others")[0], "1\n")


class Rust(Example):
    def test_a_command_runs_once_for_the_same_inputs(self):
        target = {**os.environ, "CARGO_TARGET_DIR": str(BUILD / "rust")}
        run("cargo", "build", "--offline", "--quiet", env=target, cwd=EXAMPLES / "rust")
        program = BUILD / "rust" / "debug" / "once"
        log, source = self.folder / "log", self.folder / "input"
        command = [program, "input", "--", "sh", "-c", "echo ran >>log; sleep 0.1; cat input"]
        for content in ("one", "two"):
            source.write_text(content)
            log.write_text("")
            for _ in range(2):
                self.assertEqual(self.run_it(*command)[0], content)
            self.assertEqual(log.read_text(), "ran\n")

        # At the same time. On a machine so busy that the file is not written within 50 ms nobody
        # waits for another: so not at the first try.
        for attempt in range(20):
            source.write_text(f"{attempt}")
            log.write_text("")
            with concurrent.futures.ThreadPoolExecutor(4) as pool:
                outputs = list(pool.map(lambda _: self.run_it(*command)[0], range(4)))
            self.assertEqual(outputs, [f"{attempt}"] * 4)
            if log.read_text() == "ran\n":
                break
        self.assertEqual(log.read_text(), "ran\n")

        failing = [program, "--", "sh", "-c", "echo ran >>log; exit 3"]
        log.write_text("")
        for _ in range(2):
            self.assertIn("exit status: 3", self.run_it(*failing, fails=True)[1])
        self.assertEqual(log.read_text(), "ran\n" * 2)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        body = f"<html><title> The\n page &amp; {self.path[1:]}</title></html>".encode()
        self.send_response(200)
        self.send_header("Cache-Control", "max-age=600")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Go(Example):
    def test_pages_are_read_once(self):
        program = BUILD / "pages"
        offline = {**os.environ, "GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOTOOLCHAIN": "local"}
        run("go", "vet", ".", env=offline, cwd=EXAMPLES / "go")
        run("go", "build", "-o", program, ".", env=offline, cwd=EXAMPLES / "go")
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.asked = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        urls = [f"http://127.0.0.1:{server.server_port}/{name}" for name in ("a", "b")]
        first, _ = self.run_it(program, *urls)
        self.assertIn(f"{urls[0]}: 200, 46 bytes from the network: The page & a\n", first)
        again, _ = self.run_it(program, *urls)
        self.assertIn(f"{urls[1]}: 200, 46 bytes from the disk: The page & b\n", again)
        self.assertEqual(sorted(server.asked), ["/a", "/b"])
        shown, said = self.run_it(program, urls[0], "http://127.0.0.1:1/", fails=True)
        self.assertIn("The page & a", shown)
        self.assertIn("1 of 2 pages could not be read", said)


if __name__ == "__main__":
    unittest.main(argv=["examples", LANGUAGE.capitalize()])
