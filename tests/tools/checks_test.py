#!/usr/bin/env python3
"""Each check of tools/ finds what it is there to find."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import abi_header
import check_docs
import check_header
import check_layers
import check_symbols
import check_tree
import check_wrappers
import generate_bindings


def header_with(declaration):
    """tapps.h with one more declaration at the end of its ffi block."""
    text = abi_header.HEADER.read_text()
    return text.replace("/* ffi: end */", declaration + "\n/* ffi: end */")


class Header(unittest.TestCase):
    def finds(self, expected, declaration):
        messages = [message for _, message in check_header.check(header_with(declaration))]
        self.assertTrue(any(expected in message for message in messages), messages)

    def test_the_header_itself_passes(self):
        self.assertEqual(check_header.check(abi_header.HEADER.read_text()), [])

    def test_types_outside_the_subset(self):
        said = "/* Threads: any. Since: 0.1. */ TAPPS_API"
        self.finds("'long'", f"{said} long tapps_x(void);")
        self.finds("'bool'", f"{said} int32_t tapps_x(bool on);")
        self.finds("'...'", f"{said} int32_t tapps_x(const char* format, ...);")
        self.finds("'union'", "typedef union tapps_u { int32_t a; } tapps_u;")
        self.finds("'int'", f"{said} int tapps_x(void);")
        self.finds("'char *'", f"{said} char* tapps_x(void);")
        self.finds("by value", f"{said} int32_t tapps_x(tapps_info info);")
        self.finds("by value", f"{said} tapps_info tapps_x(void);")
        self.finds("bit-field", "typedef struct tapps_b { uint32_t a : 1; } tapps_b;")

    def test_an_added_function_constant_and_struct_reach_every_binding(self):
        before = generate_bindings.generate(abi_header.HEADER.read_text())
        said = "/* Adds. Threads: any. Since: 0.1. */ TAPPS_API int32_t"
        added = f"{said} tapps_x_add(tapps_cache* cache, size_t n, tapps_error** err);\n"
        added += "enum { TAPPS_E_X = -99 /* a note */ };\n"
        added += "typedef struct tapps_x_options { uint32_t struct_size; } tapps_x_options;"
        after = generate_bindings.generate(header_with(added))
        differing = {name for name, text in after.items() if before[name] != text}
        self.assertEqual(differing, set(before))
        self.assertIn("tapps_x_add", after["docs/api.md"])
        self.assertIn("a note", after["docs/api.md"])

    def test_enums_with_names_and_macros(self):
        self.finds("anonymous", "enum tapps_kind { TAPPS_KIND_A = 1 };")
        self.finds("preprocessor", "#define TAPPS_X 1\ntypedef struct tapps_q tapps_q;")
        text = abi_header.HEADER.read_text() + "#define TAPPS_MIN(a, b) a\n#include <stdio.h>\n"
        messages = " ".join(message for _, message in check_header.check(text))
        self.assertIn("function-like macro", messages)
        self.assertIn("<stdio.h>", messages)

    def test_missing_promises_and_order(self):
        self.finds("'Threads:'", "/* Since: 0.1. */ TAPPS_API void tapps_x(void);")
        self.finds("'Since:'", "/* Threads: any. */ TAPPS_API void tapps_x(void);")
        said = "/* Threads: any. Since: 0.1. */ TAPPS_API int32_t"
        self.finds("last parameter", f"{said} tapps_x(tapps_error** err, int32_t a);")
        self.finds("last parameter", f"{said} tapps_x(int32_t a, tapps_error** error);")
        self.finds("future", "/* Threads: any. Since: 99.0. */ TAPPS_API void tapps_x(void);")

    def test_options_begin_with_their_size(self):
        self.finds("struct_size", "typedef struct tapps_x_options { uint32_t a; } tapps_x_options;")

    def test_implicit_padding(self):
        self.finds("does not compile", "typedef struct tapps_p { int32_t a; int64_t b; } tapps_p;")


class Symbols(unittest.TestCase):
    def test_every_disagreement_is_named(self):
        found = check_symbols.differences(
            {"same": "0.1", "new": "0.1", "older": "0.1"},
            {"same": "0.1", "gone": "0.1", "older": "0.2"},
            {"same", "older", "leaked"},
        )
        self.assertEqual(
            [line.split(":")[0] for line in found], ["gone", "leaked", "new", "new", "older"]
        )


class Wrappers(unittest.TestCase):
    def test_a_binding_that_lacks_a_function(self):
        functions = ["tapps_cache_get", "tapps_new_function", "tapps_error_code"]
        said = check_wrappers.check(functions, "C++", "tapps_cache_get(tapps_error_code)")
        self.assertEqual(
            said, ["C++ lacks tapps_new_function", "C++ uses tapps_error_code after all"]
        )

    def test_one_form_of_an_operation_will_do_where_calls_wait_anyway(self):
        functions = ["tapps_docs_lookup", "tapps_queue_docs", "tapps_cache_new", "tapps_queue_new"]
        said = check_wrappers.check(functions, "C++", "tapps_queue_docs(")
        self.assertIn("C++ lacks tapps_docs_lookup", said)
        said = check_wrappers.check(functions, "Node", "tapps_queue_docs(tapps_queue_new(")
        self.assertEqual([line for line in said if "lacks" in line], [])
        said = check_wrappers.check(functions, "Node", "tapps_queue_docs(")
        self.assertIn("Node lacks tapps_cache_new", said)


class Layers(unittest.TestCase):
    def problems(self, path, line):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / path
            file.parent.mkdir(parents=True)
            file.write_text(line + "\n")
            return [message for _, _, message in check_layers.check(pathlib.Path(folder))]

    def test_downwards_is_allowed(self):
        self.assertEqual(self.problems("cache/a.h", '#include "memory/value.h"'), [])
        self.assertEqual(self.problems("cache/a.h", '#include "cache/b.h"'), [])
        self.assertEqual(self.problems("storage/a.cc", "#include <sqlite3.h>"), [])
        self.assertEqual(self.problems("cli/a.cc", '#include "tapps.hpp"'), [])

    def test_upwards_and_sideways_are_not(self):
        self.assertTrue(self.problems("memory/a.h", '#include "cache/cache.h"'))
        self.assertTrue(self.problems("memory/a.h", '#include "value.h"'))
        self.assertTrue(self.problems("cli/a.cc", '#include "base/json.h"'))
        self.assertTrue(self.problems("elsewhere/a.cc", "int x;"))

    def test_third_party_headers_stay_in_their_room(self):
        self.assertTrue(self.problems("cache/a.cc", "#include <sqlite3.h>"))
        self.assertTrue(self.problems("docs/a.cc", "#include <curl/curl.h>"))
        self.assertTrue(self.problems("base/a.cc", "#include <nlohmann/json.hpp>"))
        self.assertTrue(self.problems("base/a.cc", "#include <boost/any.hpp>"))


class Tree(unittest.TestCase):
    def problems(self, name, text):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            subprocess.run(["git", "init", "-q", folder], check=True)
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
            problems, warnings = check_tree.check(root)
            return problems + warnings

    def test_a_good_file(self):
        guarded = "#ifndef TAPPS_BASE_A_H_\n#define TAPPS_BASE_A_H_\n#endif\n"
        self.assertEqual(self.problems("src/base/a.h", guarded), [])
        self.assertEqual(self.problems("a.md", "# A b\n[to it](#a-b), [file](a.md)\n"), [])

    def test_what_is_not_in_order(self):
        self.assertIn("guard", self.problems("src/base/a.h", "#ifndef X\n")[0])
        self.assertIn("columns", self.problems("a.py", "x" * 101)[0])
        self.assertIn("lines", self.problems("a.py", "x\n" * 601)[0])
        self.assertIn("machine", self.problems("a.txt", "see /home/" + "ada/src\n")[0])
        self.assertIn("does not exist", self.problems("a.md", "[no](b.md)\n")[0])
        self.assertIn("no heading", self.problems("a.md", "# A\n[no](#b)\n")[0])
        self.assertIn("no test", self.problems("a.md", "shown by `ATest.IsNotThere`\n")[0])

    def test_a_copy_of_the_license_is_equal_to_it(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            subprocess.run(["git", "init", "-q", root], check=True)
            for name, text in (("LICENSE", "yes\n"), ("a/LICENSE", "yes\n"), ("b/LICENSE", "no\n")):
                (root / name).parent.mkdir(exist_ok=True)
                (root / name).write_text(text)
            subprocess.run(["git", "-C", root, "add", "."], check=True)
            problems, _ = check_tree.check(root)
            self.assertEqual(problems, ["b/LICENSE:1: not equal to the LICENSE of the project"])

    def test_what_a_tool_wrote_may_be_long(self):
        head = "# Generated from include/tapps.h by tools/generate_bindings.py; do not edit.\n"
        self.assertEqual(self.problems("a.py", head + "x\n" * 601), [])
        self.assertIn("lines", self.problems("a.py", "x\n" * 601 + head)[0])


class Samples(unittest.TestCase):
    def test_only_marked_blocks_are_samples(self):
        text = "```c\nint a;\n```\ntext\n```sh run\necho hi\n```\n```output\nhi\n```\n"
        (sample,) = check_docs.samples("a.md", text)
        self.assertEqual(
            (sample.language, sample.code, sample.line, sample.output),
            ("sh", "echo hi\n", 5, "hi\n"),
        )


if __name__ == "__main__":
    unittest.main()
