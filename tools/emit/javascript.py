"""Constants and error codes for Node: bindings/node/lib/declarations.js and codes.d.ts."""

from .model import GENERATED


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
    }
