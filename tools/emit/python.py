"""For Python, in bindings/python/tapps: ctypes declarations, _declarations.py, and the exceptions,
_error_classes.py."""

from .model import GENERATED

SCALARS = {
    "int32_t": "c_int32",
    "uint32_t": "c_uint32",
    "int64_t": "c_int64",
    "uint64_t": "c_uint64",
    "size_t": "c_size_t",
    "double": "c_double",
    "uint8_t": "c_uint8",
}

# Exceptions with another name than their code's, and what else of Python's they are.
ERROR_NAMES = {"TIMEOUT": "DeadlineError", "NOMEM": "NoMemoryError"}
ERROR_BASES = {
    "NOT_FOUND": "KeyError",
    "INVALID": "ValueError",
    "TIMEOUT": "TimeoutError",
    "NOMEM": "MemoryError",
    "NETWORK": "ConnectionError",
}


def class_name(c_name):
    return "".join(part.capitalize() for part in c_name.removeprefix("tapps_").split("_"))


def ctype(model, type_):
    """The ctypes type. Pointers to opaque types, to bytes and to outputs are c_void_p; const char*
    is c_char_p, which takes bytes and None."""
    if not type_.stars:
        return SCALARS.get(type_.base, "None")
    if type_.base == "char" and type_.stars == 1:
        return "c_char_p"
    structs = {struct.name for struct in model.structs}
    if type_.base in structs and type_.stars == 1:
        return f"POINTER({class_name(type_.base)})"
    return "c_void_p"


def python_type(model, type_):
    """What reading a field gives."""
    if not type_.stars:
        return "float" if type_.base == "double" else "int"
    if type_.base == "char":
        return "bytes | None"
    return "Any" if type_.base in {s.name for s in model.structs} else "int | None"


def struct(model, declaration):
    lines = ["", "", f"class {class_name(declaration.name)}(Structure):"]
    if declaration.comment:
        lines.append('    """' + declaration.comment.split(". ")[0].rstrip(".") + '."""')
        lines.append("")
    fields = []
    for field in declaration.fields:
        name = ctype(model, field.type)
        fields.append((field.name, f"{name} * {field.array}" if field.array else name))
        kind = "Any" if field.array else python_type(model, field.type)
        lines.append(f"    {field.name}: {kind}")
    lines += ["", "    _fields_ = ["]
    lines += [f'        ("{name}", {kind}),' for name, kind in fields]
    return lines + ["    ]"]


def signature(model, function):
    result = ctype(model, function.result)
    params = [
        "NOTIFY" if param.callback is not None else ctype(model, param.type)
        for param in function.params
    ]
    line = f'    "{function.name}": ({result}, ({", ".join(params)}{"," * (len(params) == 1)})),'
    if len(line) <= 100:
        return [line]
    inner = [f"            {param}," for param in params]
    return [f'    "{function.name}": (', f"        {result},", "        (", *inner, "        ),",
            "    ),"]  # fmt: skip


def error_class(code):
    return ERROR_NAMES.get(code, class_name(code.lower()) + "Error")


def error_classes(model):
    names = sorted(error_class(code) for code, _, _ in model.codes())
    out = [f'"""A class for each code of tapps.h. {GENERATED}"""', ""]
    out += ["from ._error import Error", "", "__all__ = ["]
    out += [f'    "{name}",' for name in names] + ["]"]
    for code, _, note in model.codes():
        bases = ", ".join(["Error", *([ERROR_BASES[code]] if code in ERROR_BASES else [])])
        out += ["", "", f"class {error_class(code)}({bases}):"]
        out += ([f'    """{note[0].upper()}{note[1:]}."""', ""] if note else [])
        out.append(f'    _name = "{code}"')
    return "\n".join(out) + "\n"


def files(model):
    names = sorted(set(SCALARS.values()) | {"c_char_p", "c_void_p"})
    out = [
        f'"""The declarations of tapps.h for ctypes. {GENERATED}"""',
        "",
        "from __future__ import annotations",
        "",
        "from ctypes import (",
        "    CFUNCTYPE,",
        "    POINTER,",
        "    Structure,",
        *(f"    {name}," for name in names),
        ")",
        "from typing import Any, Callable, Final",
        "",
        f'VERSION: Final = "{model.version}"',
        f"ABI: Final = {model.abi}",
    ]
    for group in model.groups:
        out.append("")
        if group.comment:
            out.append(f"# {group.comment.split('. ')[0].rstrip('.')}.")
        out += [f"{short}: Final = {value}" for short, value, _ in group.items]
    out += ["", "# The names of the errors, and what they mean.", "CODES: Final = {"]
    for name, value, note in model.codes():
        out.append(f'    {value}: ("{name}", {quoted(note)}),')
    out += ["}", "", "NOTIFY = CFUNCTYPE(None, c_void_p)"]
    for declaration in model.structs:
        out += struct(model, declaration)
    out += ["", "", "class Functions:", '    """The functions of the library, bound."""', ""]
    out += [f"    {function.name}: Callable[..., Any]" for function in model.functions]
    out += ["", "", "# The result and the parameters of every function."]
    out += ["SIGNATURES: Final[dict[str, tuple[Any, tuple[Any, ...]]]] = {"]
    for function in model.functions:
        out += signature(model, function)
    out += ["}", ""]
    return {
        "bindings/python/tapps/_declarations.py": "\n".join(out),
        "bindings/python/tapps/_error_classes.py": error_classes(model),
    }


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
