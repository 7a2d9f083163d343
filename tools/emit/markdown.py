"""The reference docs/api.md."""

import re

from .model import GENERATED


def prose(lines):
    """A comment as Markdown: its text in paragraphs, its samples as code."""
    out, in_code = [], False
    for line in lines:
        code = line.startswith("    ")
        if code != in_code and (line or code):
            out.append("```c" if code else "```")
            in_code = code
        out.append(line[4:] if in_code else escaped(line))
    return out + ["```"] * in_code


def escaped(text):
    return re.sub(r"([<>|*_{}\[\]])", r"\\\1", text)


def c_type(type_, name):
    stars = "*" * type_.stars
    return f"{'const ' if type_.const else ''}{type_.base}{stars} {name}".rstrip()


def parameter(variable):
    if variable.callback is None:
        return c_type(variable.type, variable.name)
    inner = ", ".join(c_type(v.type, v.name) for v in variable.callback)
    return f"{c_type(variable.type, '')} (*{variable.name})({inner})"


def function(declaration):
    head = f"{c_type(declaration.result, declaration.name)}("
    params = [parameter(param) for param in declaration.params] or ["void"]
    text = head + ", ".join(params) + ");"
    if len(text) > 90:
        text = head + "\n    " + ",\n    ".join(params) + ");"
    return [f"### {declaration.name}", "", "```c", text, "```", "", *prose(declaration.lines), ""]


def struct(declaration):
    out = [f"### {declaration.name}", "", *prose(declaration.lines), "", "| Field | Type | |",
           "|---|---|---|"]  # fmt: skip
    for field in declaration.fields:
        kind = c_type(field.type, "") + (f"[{field.array}]" if field.array else "")
        out.append(f"| `{field.name}` | `{kind}` | {escaped(field.note)} |")
    return out + [""]


def enum(group):
    out = [*prose(group.lines), "", "| Constant | Value | |", "|---|---|---|"]
    return out + [f"| `TAPPS_{s}` | {v} | {escaped(n)} |" for s, v, n in group.items] + [""]


def files(model):
    out = [f"<!-- {GENERATED} -->", "# The C API", "",
           "Every declaration of [tapps.h](../include/tapps.h), which opens with the conventions",
           f"that hold everywhere. Version {model.version}, ABI {model.abi}.", ""]  # fmt: skip
    section, groups = None, iter(model.groups)
    for declaration in model.declarations:
        if declaration.section != section:
            section = declaration.section
            out += [f"## {section}", ""]
        if declaration.kind == "function":
            out += function(declaration)
        elif declaration.kind == "struct":
            out += struct(declaration)
        elif declaration.kind == "opaque":
            out += [f"### {declaration.name}", "", *prose(declaration.lines), ""]
        else:
            out += enum(next(groups))
    return {"docs/api.md": "\n".join(out).rstrip() + "\n"}
