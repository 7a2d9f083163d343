#!/usr/bin/env python3
"""Builds and runs the program of one language in examples/, offline.

usage: examples_test.py BUILD_DIR c|cpp|go|neovim|node|python|rust
"""

import concurrent.futures
import http.server
import json
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile
import threading
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
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

    def install_left_pad(self):
        """In the folder, which becomes a project."""
        package = self.folder / "node_modules" / "left-pad"
        package.mkdir(parents=True)
        (self.folder / "package.json").write_text('{"dependencies":{"left-pad":"1.3.0"}}')
        (package / "package.json").write_text('{"name":"left-pad","version":"1.3.0"}')
        text = "# left-pad\n\nPads on the left.\n\n## Usage\n\npad(17)\n"
        (package / "README.md").write_text(text)

    def serve(self):
        """A server for this test, which keeps the paths it was asked for."""
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.asked, server.gone = [], threading.Event()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.addCleanup(server.gone.set)
        server.url = f"http://127.0.0.1:{server.server_port}"
        return server


class C(Example):
    def test_hover_shows_documentation_and_says_what_it_does_not_know(self):
        program = compiled(["cc", "-std=gnu11"], EXAMPLES / "c" / "hover.c")
        self.install_left_pad()
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
        if self.path == "/never":
            self.server.gone.wait(60)
            return
        body = f"<html><title> The\n page &amp; {self.path[1:]}</title></html>".encode()
        self.send_response(200)
        self.send_header("Cache-Control", "max-age=0" if self.path == "/old" else "max-age=600")
        self.send_header("Content-Type", "image/png" if self.path == "/image" else "text/html")
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
        server = self.serve()
        urls = [f"{server.url}/{name}" for name in ("a", "b")]
        first, _ = self.run_it(program, *urls)
        self.assertIn(f"{urls[0]}: 200, 46 bytes from the network: The page & a\n", first)
        again, _ = self.run_it(program, *urls)
        self.assertIn(f"{urls[1]}: 200, 46 bytes from the disk: The page & b\n", again)
        self.assertEqual(sorted(server.asked), ["/a", "/b"])
        shown, said = self.run_it(program, urls[0], "http://127.0.0.1:1/", fails=True)
        self.assertIn("The page & a", shown)
        self.assertIn("1 of 2 pages could not be read", said)


class Python(Example):
    def setUp(self):
        super().setUp()
        self.environment["PYTHONPATH"] = str(ROOT / "bindings" / "python")

    def brief(self, *arguments, **options):
        return self.run_it("python3", "-B", EXAMPLES / "python" / "brief.py", *arguments, **options)

    def test_a_line_for_each_also_without_the_network(self):
        self.install_left_pad()
        server = self.serve()
        urls = [f"{server.url}/new", f"{server.url}/old"]
        said, _ = self.brief("left-pad", *urls)
        lines = ["left-pad 1.3.0: Pads on the left."]
        lines += [f"{url}: The page & {url.rpartition('/')[2]}" for url in urls]
        self.assertEqual(said.splitlines(), lines)
        self.assertEqual(self.brief()[0].splitlines(), lines[:1])  # what the project uses
        self.assertEqual(sorted(server.asked), ["/new", "/old"])
        server.shutdown()
        server.server_close()
        said, _ = self.brief(*urls)
        self.assertEqual(said.splitlines()[0], lines[1])
        self.assertEqual(said.splitlines()[1], lines[2] + " (as of 0.0 hours ago)")
        self.assertIn("The page & old", self.brief("--offline", urls[1])[0])

    def test_what_cannot_be_said_is_told_beside_the_rest(self):
        self.install_left_pad()
        names = ["no-such-library-here", "left-pad", "http://127.0.0.1:1/"]
        said, told = self.brief(*names, fails=True)
        self.assertEqual(said, "left-pad 1.3.0: Pads on the left.\n")
        self.assertIn("no-such-library-here: no documentation", told)
        self.assertIn("http://127.0.0.1:1/: ", told)
        self.environment["TAPPS_CACHE"] = "/proc/none/cache.db"
        self.assertRegex(self.brief("left-pad", fails=True)[1], "^brief: .*/proc/none.*\n$")


class Node(Example):
    def setUp(self):
        super().setUp()
        self.install_left_pad()
        # As `npm install` would, beside the program.
        program = self.folder / "agent"
        (program / "node_modules").mkdir(parents=True)
        (program / "node_modules" / "tapps").symlink_to(ROOT / "bindings" / "node")
        for name in ("agent-tool.js", "package.json"):
            (program / name).write_bytes((EXAMPLES / "node" / name).read_bytes())
        self.program = ["node", str(program / "agent-tool.js")]

    def start(self, *arguments):
        process = subprocess.Popen(
            [*self.program, str(self.folder), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=self.environment,
        )
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        return process

    @staticmethod
    def send(process, **message):
        process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        process.stdin.flush()

    def ask(self, process, **message):
        self.send(process, id=1, **message)
        answer = json.loads(process.stdout.readline())
        self.assertEqual(answer["id"], 1)
        return answer

    def call(self, process, name, **arguments):
        params = {"name": name, "arguments": arguments}
        return self.ask(process, method="tools/call", params=params)

    def text_of(self, process, name, **arguments):
        result = self.call(process, name, **arguments)["result"]
        return result.get("isError", False), result["content"][0]["text"]

    def end(self, process):
        process.stdin.close()
        self.assertEqual(process.wait(60), 0)

    def test_an_agent_reads_documentation_and_pages(self):
        server, tool = self.serve(), self.start("--allow-private")
        begun = self.ask(tool, method="initialize", params={"protocolVersion": "2025-06-18"})
        self.assertEqual(begun["result"]["protocolVersion"], "2025-06-18")
        self.send(tool, method="notifications/initialized")
        listed = self.ask(tool, method="tools/list")["result"]["tools"]
        self.assertEqual([one["name"] for one in listed], ["docs", "read_url"])
        failed, text = self.text_of(tool, "docs", library="left-pad", topic="usage")
        self.assertFalse(failed)
        self.assertIn("left-pad, 1.3.0", text)
        self.assertIn("pad(17)", text)
        for origin in ("network", "memory"):
            failed, text = self.text_of(tool, "read_url", url=f"{server.url}/a")
            self.assertFalse(failed)
            self.assertIn(f"(from the {origin}", text)
            self.assertIn("page &amp; a", text)
        self.assertEqual(server.asked, ["/a"])
        self.end(tool)

    def test_failures_are_told_in_words(self):
        server, tool = self.serve(), self.start("--allow-private")
        for name, arguments, words in (
            ("docs", {"library": "no-such-library-here"}, "TAPPS_NOT_FOUND: "),
            ("read_url", {"url": "http://127.0.0.1:1/"}, "TAPPS_NETWORK: "),
            ("read_url", {"url": "elsewhere"}, "TAPPS_INVALID: "),
            ("read_url", {"url": f"{server.url}/image"}, "is no text but image/png"),
        ):
            failed, text = self.text_of(tool, name, **arguments)
            self.assertTrue(failed)
            self.assertIn(words, text)
        for name, arguments, words in (
            ("docs", {}, '"library" is missing'),
            ("docs", {"library": 5}, '"library": expected a text'),
            ("docs", {"library": "a", "version": "1"}, '"version" is not known'),
            ("write", {}, 'no tool "write"'),
        ):
            self.assertIn(words, self.call(tool, name, **arguments)["error"]["message"])
        self.assertEqual(self.ask(tool, method="none")["error"]["code"], -32601)
        tool.stdin.write("{nonsense\n")
        tool.stdin.flush()
        self.assertEqual(json.loads(tool.stdout.readline())["error"]["code"], -32700)
        self.end(tool)
        careful = self.start()
        failed, text = self.text_of(careful, "read_url", url=f"{server.url}/a")
        self.assertTrue(failed)
        self.assertNotIn("/a", server.asked)
        self.end(careful)

    def test_a_call_is_cancelled_and_has_no_answer(self):
        server, tool = self.serve(), self.start("--allow-private")
        params = {"name": "read_url", "arguments": {"url": f"{server.url}/never"}}
        self.send(tool, id="slow", method="tools/call", params=params)
        self.assertEqual(self.ask(tool, method="ping")["result"], {})  # is not held up
        self.send(tool, method="notifications/cancelled", params={"requestId": "slow"})
        tool.stdin.close()
        self.assertEqual(tool.stdout.read(), "")
        self.assertEqual(tool.wait(15), 0)


NEOVIM_TEST = """
local told
vim.notify = function(message)
  told = message
end

-- What is shown, in a float or as a message, after K on a word.
local function shown(word)
  told = nil
  vim.fn.cursor(1, 1)
  assert(vim.fn.search(word, "cW") > 0, word)
  vim.api.nvim_feedkeys("K", "x", false)
  local function float()
    for _, window in ipairs(vim.api.nvim_list_wins()) do
      if vim.api.nvim_win_get_config(window).relative ~= "" then
        return window
      end
    end
  end
  assert(vim.wait(15000, function()
    return told or float()
  end, 5), "nothing was shown for " .. word)
  if told then
    return told
  end
  local buffer = vim.api.nvim_win_get_buf(float())
  local text = table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), "\\n")
  vim.api.nvim_win_close(float(), true)
  return text
end

local function check()
  vim.opt.runtimepath:append(vim.env.PLUGIN)
  package.path = vim.env.EXAMPLE .. "/?.lua;" .. package.path
  vim.g.tapps = { path = vim.env.TAPPS_CACHE }
  vim.o.columns, vim.o.lines = 100, 40
  require("hover").setup()

  assert(shown("leftPad"):find("left-pad 1.3.0", 1, true))
  assert(shown("left-pad"):find("Pads on the left", 1, true))
  assert(shown("leftPad('a'"):find("Pads on the left", 1, true))
  local usage = shown("usage(")
  assert(usage:find("pad(17)", 1, true) and not usage:find("Pads on", 1, true), usage)
  assert(shown("nowhere"):find("no-such-library-here", 1, true))
  for _, word in ipairs({ "^const here", "here =", "3" }) do
    assert(vim.fn.search(word) > 0)
    assert(not require("hover").hover(), "a word that is no library's: " .. word)
  end

  vim.fn.cursor(1, 8)
  assert(require("hover").hover())
  vim.fn.cursor(3, 1)
  vim.wait(300, function()
    return #vim.api.nvim_list_wins() > 1
  end, 5)
  assert(#vim.api.nvim_list_wins() == 1, "shown where nobody asked")
end
local good, why = xpcall(check, debug.traceback)
io.stdout:write(good and "passed" or tostring(why))
vim.cmd(good and "qall!" or "cquit 1")
"""


class Neovim(Example):
    def test_hover_shows_what_is_under_the_cursor(self):
        self.install_left_pad()
        (self.folder / "index.js").write_text(
            "import leftPad, { usage } from 'left-pad';\n"
            "const nowhere = require('no-such-library-here');\n"
            "const here = 1;\n"
            "leftPad('a', usage(3));\n"
        )
        script = self.folder / "test.lua"
        script.write_text(NEOVIM_TEST)
        self.environment.update(
            PLUGIN=str(ROOT / "bindings" / "lua"), EXAMPLE=str(EXAMPLES / "neovim")
        )
        command = ["nvim", "--headless", "-u", "NONE", "-n", "index.js", "-c", "set ft=javascript"]
        self.assertEqual(self.run_it(*command, "-c", f"luafile {script}")[0], "passed")


if __name__ == "__main__":
    unittest.main(argv=["examples", LANGUAGE.capitalize()])
