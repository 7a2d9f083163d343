"""Paths, wrong types and unknown names; what a response says; permits."""

import gc
import http.server
import pathlib
import threading
import time
import unittest

import tapps
from helpers import CacheTest
from tapps import _declarations as declarations
from tapps import types


class Arguments(CacheTest):
    def test_a_path_may_be_an_object(self):
        package = self.folder / "node_modules" / "left-pad"
        package.mkdir(parents=True)
        package.joinpath("package.json").write_text('{"name":"left-pad","version":"1.3.0"}')
        package.joinpath("README.md").write_text("# left-pad\n\nPads a string.\n")
        found = self.cache.docs("left-pad", project_root=self.folder)
        self.assertEqual(found.version, "1.3.0")
        modules = [self.folder / "node_modules", str(self.folder)]
        self.assertIn("Pads", self.cache.docs("left-pad", paths=modules).text)
        self.assertEqual(len(self.cache.plan(self.folder, paths=modules)), 0)
        self.cache.backup(self.folder / "copy.db")
        with tapps.open(self.folder / "copy.db", ca_file=pathlib.Path("/none.pem")):
            pass
        with self.assertRaisesRegex(TypeError, "paths: expected several paths, not one"):
            self.cache.docs("left-pad", paths=self.folder)

    def test_a_wrong_type_is_told_with_its_name(self):
        wrong = [
            (lambda: self.cache.get("k", namespace=5), "namespace: expected str, not int"),
            (lambda: self.cache.put("k", "v", ttl="5"), "ttl: expected seconds or a timedelta"),
            (lambda: self.cache.put("k", "v", tags=[5]), "tags: expected texts, not int"),
            (lambda: self.cache.docs("x", max_tokens="5"), "max_tokens: expected a number"),
            (lambda: self.cache.docs("x", project_root=5), "project_root: expected str, not int"),
            (lambda: tapps.open(5), "path: expected str, not int"),
            (lambda: tapps.open(memory_byte=5), "open: unknown option: memory_byte"),
            (lambda: self.cache.put("k", "v", tll=5), "put: unknown option: tll"),
            (lambda: self.cache.fetch("x", tll=5), "fetch: unknown option: tll"),
        ]
        for call, said in wrong:
            with self.assertRaisesRegex(TypeError, said):
                call()
        with self.assertRaisesRegex(tapps.InvalidError, "durability: expected one of"):
            self.cache.put("k", "v", durability=["sync"])


class Origin(http.server.BaseHTTPRequestHandler):
    """Answers with the charset in the path."""

    def do_GET(self):
        charset, status = self.path[1:].split(".")
        body = "Gr\xfc\xdfe".encode("latin-1" if charset == "latin-1" else "utf-8")
        self.send_response(int(status))
        kind = f'text/plain; charset="{charset}"' if charset else "text/x"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Responses(CacheTest):
    def setUp(self):
        super().setUp()
        server = http.server.HTTPServer(("127.0.0.1", 0), Origin)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.url = f"http://127.0.0.1:{server.server_port}/"

    def test_a_text_is_in_the_charset_of_its_type(self):
        for charset in ("latin-1", "utf-8", "", "no-such", "hex"):
            found = self.cache.fetch(f"{self.url}{charset}.200")
            self.assertEqual(found.text, "Gr\xfc\xdfe", charset)

    def test_a_status_can_be_raised(self):
        found = self.cache.fetch(f"{self.url}.200")
        self.assertIs(found.raise_for_status(), found)
        with self.assertRaisesRegex(tapps.ProtocolError, "answered with status 404") as caught:
            self.cache.fetch(f"{self.url}.404").raise_for_status()
        self.assertEqual(caught.exception.http_status, 404)


class Permits(CacheTest):
    def test_a_permit_is_a_context_manager(self):
        breaker = self.cache.breaker("b", failures=5)
        with breaker.acquire():
            self.assertEqual(breaker.read().in_flight, 1)
        with self.assertRaises(OSError), breaker.acquire():
            raise OSError("down")
        with self.assertRaises(KeyboardInterrupt), breaker.acquire():
            raise KeyboardInterrupt
        with breaker.acquire() as permit:
            permit.failure()  # what is reported first counts
        read = breaker.read()
        counts = read.in_flight, read.successes, read.failures, read.ignored
        self.assertEqual(counts, (0, 1, 2, 1))

    def test_a_forgotten_permit_is_given_back(self):
        breaker = self.cache.breaker("b", max_concurrency=1)
        breaker.acquire()
        gc.collect()
        read = breaker.read()
        self.assertEqual((read.in_flight, read.ignored), (0, 1))


class Events(CacheTest):
    def test_an_event_has_typed_members(self):
        with self.cache.events() as events:
            self.cache.breaker("hand").force("open")
            found = events.get(timeout=10)
        self.assertIsInstance(found, tapps.BreakerEvent)
        self.assertEqual((found.kind, found.name), ("breaker", "hand"))
        self.assertEqual((found.from_state, found.to_state), ("closed", "open"))
        self.assertTrue(found.forced)
        self.assertEqual(found.data["name"], "hand")
        self.assertLess(abs(found.at - time.time()), 60)

    def test_a_state_is_told_by_its_name(self):
        data = b'{"state":4,"why":"no room"}'
        found = types.event(declarations.EVENT_STATE, data)
        self.assertEqual((found.kind, found.state, found.why), ("state", "full", "no room"))


if __name__ == "__main__":
    unittest.main()
