"""Reads include/tapps.h: the declarations between `/* ffi: begin */` and `/* ffi: end */`.

The one parser of the header: the checks, the symbol ledger and generators of bindings use it. It
knows the small subset of C that the header is allowed to use and raises HeaderError for anything
else.
"""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEADER = ROOT / "include" / "tapps.h"

SCALARS = {"int32_t", "uint32_t", "int64_t", "uint64_t", "size_t", "double", "uint8_t"}


class HeaderError(Exception):
    """Something the header may not contain; `line` counts from 1."""

    def __init__(self, line, message):
        super().__init__(message)
        self.line = line


class Type:
    """A parsed type: base name, whether the innermost is const, and the number of `*`."""

    def __init__(self, base, const, stars):
        self.base, self.const, self.stars = base, const, stars

    def __str__(self):
        return (
            ("const " if self.const else "")
            + self.base
            + " *" * bool(self.stars)
            + "*" * (self.stars - 1)
        )


class Variable:
    """A parameter or field. For a pointer to a function `callback` holds the parameters and `type`
    is the result; else `callback` is None. `array` is the length of an array, or 0. `note` is the
    comment behind a field."""

    def __init__(self, name, type_, array=0, callback=None):
        self.name, self.type, self.array, self.callback = name, type_, array, callback
        self.note = ""


class Declaration:
    """kind: "function", "opaque", "struct" or "enum".

    function: name, result (Type), params; struct: name, fields; opaque: name; enum: constants as
    (name, value), and notes, {name: the comment behind it}. comment is the text of the comment that
    stands directly before it, lines is the same text line by line, and section is the heading (a
    comment between dashes) it stands under.
    """

    section = ""
    lines = ()

    def __init__(self, kind, line, comment, **parts):
        self.kind, self.line, self.comment = kind, line, comment
        self.__dict__.update(parts)


def ffi_block(text):
    """The text between the markers and the number of its first line."""
    begin, end = "/* ffi: begin */", "/* ffi: end */"
    if text.count(begin) != 1 or text.count(end) != 1:
        raise HeaderError(1, f"needs exactly one '{begin}' and one '{end}'")
    start = text.index(begin) + len(begin)
    return text[start : text.index(end)], text.count("\n", 0, start) + 1


def blank_comments(text):
    """`text` with comments replaced by blanks, so that offsets and lines stay."""
    return re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.S)


def plain_c(block):
    """The block as an FFI parser receives it: no comments, no TAPPS_API."""
    return re.sub(r"[ \t]+$", "", re.sub(r"\bTAPPS_API\b", "", blank_comments(block)), flags=re.M)


def parse(text):
    """All declarations of the ffi block, in order."""
    block, first_line = ffi_block(text)
    code = blank_comments(block)
    found, start, section = [], 0, ""
    for end in _ends(code):
        # Skip blanks before the declaration, so that its line and comment are found.
        begin = start + len(code[start:end]) - len(code[start:end].lstrip())
        line = first_line + code.count("\n", 0, begin)
        section = _section(block[start:begin]) or section
        try:
            declaration = _declaration(code[begin:end], line, _comment(block[start:begin]))
        except HeaderError as error:
            raise HeaderError(error.line or line, str(error)) from None
        declaration.section, declaration.lines = section, _lines(block[start:begin])
        _add_notes(declaration, block[begin : end + 1])
        found.append(declaration)
        start = end + 1
    if code[start:].strip():
        raise HeaderError(first_line + code.count("\n", 0, start), "declaration without an end")
    return found


def _ends(code):
    """Offsets of the `;` outside of braces."""
    depth = 0
    for offset, char in enumerate(code):
        depth += (char == "{") - (char == "}")
        if char == ";" and depth == 0:
            yield offset


def _comment(gap):
    """The last comment in `gap` when no empty line follows it, else ""."""
    comments = list(re.finditer(r"/\*(.*?)\*/", gap, re.S))
    if not comments or gap[comments[-1].end() :].count("\n") > 1:
        return ""
    return re.sub(r"\s*\n\s*\*?\s*", " ", comments[-1].group(1)).strip()


def _lines(gap):
    """The comment of `_comment` as it is laid out: its lines without the stars."""
    if not _comment(gap):
        return []
    text = re.findall(r"/\*(.*?)\*/", gap, re.S)[-1]
    return [re.sub(r"^\s*\* ?", "", line).rstrip() for line in text.strip().split("\n")]


def _section(gap):
    """The last heading in `gap`, a comment such as "---- Values -----"; or ""."""
    titles = re.findall(r"/\* -{2,} (.*?) -{2,} \*/", gap)
    return titles[-1] if titles else ""


def _add_notes(declaration, text):
    """Gives constants and fields the comment that begins on their own line, behind them."""
    if declaration.kind == "enum":
        declaration.notes = _notes(r"(TAPPS_\w+) = -?\d+,?", text)
    if declaration.kind == "struct":
        notes = _notes(r"(\w+)(?:\[\d+\])?;", text)
        for field in declaration.fields:
            field.note = notes.get(field.name, "")


def _notes(pattern, text):
    return {
        match.group(1): re.sub(r"\s*\n\s*\*?\s*", " ", match.group(2)).strip()
        for match in re.finditer(pattern + r"[ \t]*/\*(.*?)\*/", text, re.S)
    }


def _declaration(code, line, comment):
    if re.search(r"^\s*#", code, re.M):
        raise HeaderError(line, "preprocessor line inside the ffi block")
    words = " ".join(code.split())
    for word in (
        "union",
        "long",
        "short",
        "unsigned",
        "bool",
        "_Bool",
        "float",
        "time_t",
        "FILE",
        "...",
    ):
        if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", words):
            raise HeaderError(line, f"'{word}' is outside the FFI-safe subset")

    if match := re.fullmatch(r"enum \{ ?(.*?),? ?\}", words):
        return Declaration("enum", line, comment, constants=_constants(match.group(1), line))
    if re.match(r"(typedef )?enum\b", words):
        raise HeaderError(line, "enums are anonymous: constants only, never types")
    if match := re.fullmatch(r"typedef struct (\w+) (\w+)", words):
        _same_names(match.group(1), match.group(2), line)
        return Declaration("opaque", line, comment, name=match.group(1))
    if match := re.fullmatch(r"typedef struct (\w+) \{(.*)\} (\w+)", words):
        _same_names(match.group(1), match.group(3), line)
        fields = [_variable(part, line) for part in match.group(2).split(";") if part.strip()]
        return Declaration("struct", line, comment, name=match.group(1), fields=fields)
    if match := re.fullmatch(r"TAPPS_API ([\w *]+?)(\w+) ?\((.*)\)", words):
        result = _type(match.group(1), line)
        params = (
            []
            if match.group(3) == "void"
            else [_variable(part, line) for part in _split(match.group(3))]
        )
        return Declaration(
            "function", line, comment, name=match.group(2), result=result, params=params
        )
    raise HeaderError(line, f"cannot read this declaration: {words[:60]}")


def _same_names(tag, name, line):
    if tag != name:
        raise HeaderError(line, f"struct {tag} and its typedef {name} differ")


def _constants(text, line):
    found = []
    for part in text.split(","):
        match = re.fullmatch(r" ?(TAPPS_[A-Z0-9_]+) = (-?\d+) ?", part)
        if not match:
            raise HeaderError(line, f"a constant is 'TAPPS_NAME = number', not '{part.strip()}'")
        found.append((match.group(1), int(match.group(2))))
    return found


def _split(text):
    """Splits parameters at the commas outside of parentheses."""
    parts, depth = [""], 0
    for char in text:
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return parts


def _variable(text, line):
    text = text.strip()
    if match := re.fullmatch(r"([\w *]+?)\( ?\* ?(\w+) ?\) ?\((.*)\)", text):
        params = (
            [] if match.group(3) == "void" else [_variable(p, line) for p in _split(match.group(3))]
        )
        return Variable(match.group(2), _type(match.group(1), line), callback=params)
    if ":" in text:
        raise HeaderError(line, f"bit-field: {text}")
    match = re.fullmatch(r"([\w *]+?[ *])(\w+)(?: ?\[(\d+)\])?", text)
    if not match:
        raise HeaderError(line, f"cannot read '{text}'")
    return Variable(match.group(2), _type(match.group(1), line), array=int(match.group(3) or 0))


def _type(text, line):
    match = re.fullmatch(r"(const )?(\w+)((?: ?\*)*)", text.strip())
    if not match:
        raise HeaderError(line, f"type outside the FFI-safe subset: '{text.strip()}'")
    return Type(match.group(2), bool(match.group(1)), match.group(3).count("*"))
