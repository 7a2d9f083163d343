"""Plays contract cases to a peer; README.md beside this file has the format of both."""

import base64
import http.server
import json
import os
import pathlib
import subprocess
import threading
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
BYTES = {"key", "value", "prefix", "body", "item"}
PATIENCE = 10  # seconds, for steps marked eventually
NOT_SENT = {"do", "as", "code", "expect", "contains", "keep", "eventually", "keep_space"}
WITH_SPACE = {"get", "entry", "get_many", "put", "put_many", "delete", "touch", "entries",
              "delete_all", "contains", "swap", "count", "set_space", "load"}  # fmt: skip

# Operations that a language may lack; all others are a must.
OPTIONAL_OPERATIONS = {"fetch, cancelled"}  # where every call waits


def cases():
    """(file name, case) of all cases."""
    for file in sorted(HERE.glob("*.json")):
        for case in json.loads(file.read_text())["cases"]:
            yield file.stem, case


def operation(step):
    """What a step asks of a language; several arguments of one verb may be several operations."""
    return step.get("as") or step["do"] + (", cancelled" if step.get("cancel") else "")


def may_lack(case):
    """Whether a language may answer that it lacks what the case asks for."""
    return any(operation(step) in OPTIONAL_OPERATIONS for step in case["steps"])


def raw(value):
    """The bytes of a value in a case: a text, {"base64"} or {"text", "times"}."""
    if isinstance(value, str):
        return value.encode()
    if "base64" in value:
        return base64.b64decode(value["base64"])
    return value["text"].encode() * value["times"]


class Origin(http.server.ThreadingHTTPServer):
    """The loopback server that cases know as $origin."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), OriginHandler)
        self.ended = threading.Event()
        self.asked = set()
        threading.Thread(target=self.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server_port}"

    def close(self):
        self.ended.set()
        self.shutdown()
        self.server_close()


class OriginHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, text, headers = 200, b"", {}
        if self.path == "/fresh":
            text, headers = b"fresh", {"Cache-Control": "max-age=60"}
        elif self.path == "/echo":
            text = f"{self.command} {self.headers.get('X-Word')} ".encode() + body
        elif self.path.startswith("/status/"):
            status = int(self.path.rsplit("/", 1)[1])
        elif self.path.startswith("/word/"):
            text = self.path.rsplit("/", 1)[1].encode()
        elif self.path.startswith("/flaky/"):
            status = 200 if self.path in self.server.asked else 503
            text = b"at last" if status == 200 else b"not yet"
            self.server.asked.add(self.path)
        elif self.path == "/slow":
            self.server.ended.wait(60)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = _answer

    def log_message(self, *_):
        pass

    def handle(self):
        try:
            super().handle()
        except OSError:
            pass  # the peer cancelled


def make_project(folder):
    """A project with one installed library."""
    package = folder / "node_modules" / "left-pad"
    package.mkdir(parents=True)
    (folder / "package.json").write_text('{"dependencies":{"left-pad":"1.3.0"}}')
    (package / "package.json").write_text('{"name":"left-pad","version":"1.3.0"}')
    (package / "README.md").write_text(
        "# left-pad\n\nPads a string on the left.\n\n## Usage\n\n    leftPad(17, 5)\n"
    )


class Skip(Exception):
    """The peer cannot run here, and says why."""


class Peer:
    """A running peer; ask() may be called by one thread at a time."""

    def __init__(self, name, argv, env=None):
        self.name = name
        self.process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **(env or {})},
        )

    def ask(self, fields):
        """Sends a list of (name, value) and returns {name: [values]}, all as bytes or text."""
        line = urllib.parse.urlencode(fields, quote_via=urllib.parse.quote)
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().decode().strip()
        if answer.startswith("SKIP"):
            raise Skip(answer)
        if not answer:
            raise AssertionError(f"{self.name} ended at: {line[:200]}")
        found = {}
        for name, value in urllib.parse.parse_qsl(answer, keep_blank_values=True):
            found.setdefault(name, []).append(value)
        return found

    def end(self):
        self.process.stdin.close()
        code = self.process.wait(timeout=30)
        self.process.stdout.close()
        assert code == 0, f"{self.name} ended with {code}"


class Lacking(Exception):
    """The language does not have the operation."""


class Player:
    """Plays cases to one peer. `space` is put before every namespace, so that several peers can
    play the same cases on one file."""

    def __init__(self, peer, places, space=""):
        self.peer, self.places, self.space = peer, places, space
        self.kept = {}  # members of answers, by the names that later steps know them by

    def play(self, case):
        """Raises AssertionError with what differs, or Lacking."""
        self.kept = {}
        steps = case["steps"]
        if steps[0]["do"] != "open":
            self._ask({"do": "open", "path": "$file"})
        try:
            for number, step in enumerate(steps, 1):
                problem = self._step(step)
                if problem:
                    raise AssertionError(f"step {number}, {step['do']}: {problem}")
        finally:
            if self.peer.process.poll() is None:
                self._ask({"do": "close"})

    def _step(self, step):
        end = time.monotonic() + PATIENCE
        while True:
            answer = self._ask(step)
            if "lack" in answer:
                raise Lacking(step["do"])
            problem = differs(step, answer, self._filled)
            if not problem or not step.get("eventually") or time.monotonic() > end:
                break
            time.sleep(0.005)  # expected to pass soon: between two looks
        for member_name, name in step.get("keep", {}).items():
            self.kept[name] = answer.get(member_name, [""])[0]
        return problem

    def _filled(self, text):
        for name, place in {**self.places, **self.kept}.items():
            text = text.replace(name, place)
        return text

    def _ask(self, step):
        fields = [("do", step["do"])]
        step = dict(step)
        if self.space and step["do"] in WITH_SPACE and not step.get("keep_space"):
            step["space"] = f"{self.space}{step.get('space', '')}"
        for name, value in step.items():
            if name == "entries":
                for key, content in value:
                    fields += [("key", raw(key).hex()), ("value", raw(content).hex())]
            elif name == "keys":
                fields += [("key", raw(key).hex()) for key in value]
            elif name in BYTES:
                fields.append((name, raw(value).hex()))
            elif name == "json" and isinstance(value, dict):
                continue  # an expectation
            elif name not in NOT_SENT:
                for one in value if isinstance(value, list) else [value]:
                    plain = raw(one).decode() if isinstance(one, dict) else str(one)
                    text = "1" if one is True else self._filled(plain)
                    fields.append((name, text))
        return self.peer.ask(fields)


def differs(step, answer, filled):
    """What is not as expected, or None."""
    code = answer.get("code", ["none"])[0]
    if code != step.get("code", "OK"):
        return f"code {code} {answer.get('message', [''])[0]}"
    for name, wanted in step.get("expect", {}).items():
        several = isinstance(wanted, list)
        wanted = [expected(name, one, filled) for one in (wanted if several else [wanted])]
        got = answer.get(name, [])
        if name in ("key", "tag"):
            got, wanted = sorted(got), sorted(wanted)
        if got != wanted:
            return f"{name} is {shown(got)}, expected {shown(wanted)}"
    for name, part in step.get("contains", {}).items():
        text = answer.get(name, [""])[0]
        text = bytes.fromhex(text).decode(errors="replace") if name in BYTES else text
        if part not in text:
            return f"{name} without {part!r}: {text[:200]!r}"
    if isinstance(step.get("json"), dict):
        found = json.loads(answer.get("json", ["null"])[0])
        for path, wanted in step["json"].items():
            got = member(found, path)
            if got != wanted:
                return f"{path} is {got!r}, expected {wanted!r}"
    return None


def expected(name, value, filled):
    if name == "item":
        return "-" if value is None else "=" + raw(value).hex()
    return raw(value).hex() if name in BYTES else filled(str(value))


def shown(values):
    text = repr(values)
    return text if len(text) < 200 else text[:200] + "..."


def member(found, path):
    for part in path.split("."):
        try:
            found = found[int(part)] if isinstance(found, list) else found[part]
        except (KeyError, IndexError, TypeError):
            return None
    return found
