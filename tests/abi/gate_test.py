#!/usr/bin/env python3
"""The ABI gate catches what it is there for: breaks made on purpose in copies of the header."""

import pathlib
import platform
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import abi_header
import check_abi
import check_layout

HEADER = abi_header.HEADER.read_text()


def changed(old, new):
    assert HEADER.count(old) == 1, f"{HEADER.count(old)} times in the header: {old}"
    return HEADER.replace(old, new)


BREAKS = {
    "a field becomes shorter": changed(
        "  int64_t version;        /* differs", "  int32_t version; int32_t rest; /* differs"
    ),
    "two fields change places": changed(
        "  const void* key;\n  size_t key_size;\n  const char* space;",
        "  const void* key;\n  const char* space;\n  size_t key_size;",
    ),
    "a field is put in the middle": changed(
        "  int64_t memory_bytes; ", "  int64_t new_bytes;\n  int64_t memory_bytes; "
    ),
    "a filled struct grows": changed("  int64_t reserved[6];", "  int64_t reserved[7];"),
}


class Gate(unittest.TestCase):
    def test_the_header_itself_passes(self):
        self.assertEqual(check_layout.problems(HEADER, check_layout.ledger()), [])
        self.assertEqual(check_abi.compare(HEADER), (0, ""))

    def test_a_broken_struct_is_caught_by_both(self):
        for name, header in BREAKS.items():
            with self.subTest(name):
                self.assertNotEqual(check_layout.problems(header, check_layout.ledger()), [])
                self.assertNotEqual(
                    check_layout.refusals(check_layout.ledger(), check_layout.measured(header)), []
                )
                code, report = check_abi.compare(header)
                self.assertTrue(code & check_abi.CHANGED, report)

    def test_a_broken_function_is_caught(self):
        shorter = changed("tapps_cache_flush(tapps_cache* cache, int64_t timeout_us,",
                          "tapps_cache_flush(tapps_cache* cache, int32_t timeout_us,")  # fmt: skip
        self.assertTrue(check_abi.compare(shorter)[0] & check_abi.CHANGED)
        gone = changed("TAPPS_API int32_t tapps_abi(void);", "")
        code, report = check_abi.compare(gone)
        self.assertTrue(code & check_abi.INCOMPATIBLE, report)
        self.assertIn("tapps_abi", report)

    def test_a_constant_with_another_number_is_caught(self):
        header = changed("TAPPS_E_EXISTS = -2,", "TAPPS_E_EXISTS = -3,")
        said = check_layout.problems(header, check_layout.ledger())
        self.assertTrue(any("TAPPS_E_EXISTS" in problem for problem in said), said)

    def test_what_may_be_added_is_accepted_by_an_update(self):
        old = check_layout.ledger()
        for header in (
            changed("} tapps_get_options;", "  int64_t more_us;\n} tapps_get_options;"),
            changed("  int64_t reserved[6];", "  int64_t more;\n  int64_t reserved[5];"),
            changed("  TAPPS_STATE_CLOSED = 7", "  TAPPS_STATE_CLOSED = 7,\n  TAPPS_STATE_NEW = 8"),
        ):
            self.assertNotEqual(check_layout.problems(header, old), [])
            self.assertEqual(check_layout.refusals(old, check_layout.measured(header)), [])
        new_one = "TAPPS_API int32_t tapps_new_thing(void);\n/* ffi: end */"
        added = HEADER.replace("/* ffi: end */", new_one)
        code, _ = check_abi.compare(added)
        self.assertEqual(code, check_abi.CHANGED)


if __name__ == "__main__":
    if platform.machine() != "x86_64":
        print("SKIP: the committed baseline is of x86_64, and libabigail compares those of a kind")
        sys.exit(77)
    unittest.main()
