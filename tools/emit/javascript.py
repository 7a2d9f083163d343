"""Constants and error codes for Node, bindings/node/lib/declarations.js and codes.d.ts; and how its
addon reads options, bindings/node/native/option_readers.[ch]."""

from .model import GENERATED

KINDS = {"int32_t": "INT32", "uint32_t": "UINT32", "int64_t": "INT64", "char": "TEXT"}
NOT_READ = {"struct_size", "padding"}


def camel_case(name):
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def reader(struct):
    """The C function that fills an options struct. Bytes are left out: they need a length."""
    name = struct.name.removeprefix("tapps_")
    body_size = {f.name + "_size" for f in struct.fields if f.type.base == "void"}
    fields = [
        f'      {{"{camel_case(f.name)}", FIELD_{KINDS[f.type.base]}, '
        f"offsetof({struct.name}, {f.name})}},"
        for f in struct.fields
        if f.name not in NOT_READ | body_size and f.type.base in KINDS
    ]
    head = (f"bool {name}_get(napi_env env, napi_value object, struct arena* arena, "
            f"{struct.name}* options)")  # fmt: skip
    body = [" {", "  static const struct field fields[] = {", *fields, "  };",
            "  return options_get(env, object, arena, fields, COUNT_OF(fields), options,",
            "                     sizeof(*options));", "}"]  # fmt: skip
    return head + ";", head + "\n".join(body)


def readers(model):
    """{path: text} of option_readers.[ch]."""
    both = [reader(s) for s in model.structs if s.name.endswith("_options")]
    note = f"/* {GENERATED} */\n/* clang-format off */"
    declarations = "\n".join(declaration for declaration, _ in both)
    header = f"""{note}
#ifndef TAPPS_OPTION_READERS_H
#define TAPPS_OPTION_READERS_H

#include "tapps_node.h"

/* Each fills the struct from the members of an object that are there; texts go into the arena.
 * False with an exception pending. */
{declarations}

#endif /* TAPPS_OPTION_READERS_H */
"""
    source = "\n\n".join([f'{note}\n#include "option_readers.h"', *(text for _, text in both)])
    folder = "bindings/node/native"
    return {f"{folder}/option_readers.h": header, f"{folder}/option_readers.c": source + "\n"}


def files(model):
    out = [f"// The constants of tapps.h without TAPPS_. {GENERATED}"]
    for group in model.groups:
        out.append("")
        out += [f"export const {short} = {value};" for short, value, _ in group.items]
    out += ["", "/** The names of the errors by their numbers. */", "export const CODES = {"]
    out += [f"  '{value}': '{name}'," for name, value, _ in model.codes()]
    out += ["};", ""]

    types = [f"// {GENERATED}", "", "/** Why a call failed: TAPPS_ and a name of tapps.h. */"]
    types.append("export type ErrorCode =")
    for name, _, note in model.codes():
        types += [f"  /** {note} */"] if note else []
        types.append(f"  | 'TAPPS_{name}'")
    types[-1] += ";"
    return {
        "bindings/node/lib/declarations.js": "\n".join(out),
        "bindings/node/codes.d.ts": "\n".join(types) + "\n",
        **readers(model),
    }
