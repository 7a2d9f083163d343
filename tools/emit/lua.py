"""The cdef of LuaJIT and the constants: bindings/lua/lua/tapps/cdef.lua."""

from .model import GENERATED


def files(model):
    out = [f"-- The declarations of tapps.h for LuaJIT's FFI. {GENERATED}", "local M = {}", ""]
    out += [f'M.version = "{model.version}"', f"M.abi = {model.abi}", "", "M.declarations = [["]
    out += [model.cdef, "]]", "", "-- The constants without TAPPS_."]
    for group in model.groups:
        out += [f"M.{short} = {value}" for short, value, _ in group.items]
    out += ["", "-- The names of the errors by their numbers.", "M.codes = {"]
    out += [f'  [{value}] = "{name}",' for name, value, _ in model.codes()]
    out += ["}", "", "-- All functions, in the order of the header.", "M.functions = {"]
    out += [f'  "{function.name}",' for function in model.functions]
    out += ["}", "", "return M", ""]
    return {"bindings/lua/lua/tapps/cdef.lua": "\n".join(out)}
