"""The declarations of the crate tapps-sys, and the codes of the crate tapps."""

from .model import GENERATED

SCALARS = {
    "int32_t": "i32",
    "uint32_t": "u32",
    "int64_t": "i64",
    "uint64_t": "u64",
    "size_t": "usize",
    "double": "f64",
    "uint8_t": "u8",
    "char": "c_char",
    "void": "c_void",
}
KEYWORDS = {"type", "match", "ref", "mod", "move", "use", "impl", "fn", "in", "self"}


def name(text):
    return f"r#{text}" if text in KEYWORDS else text


def rust_type(type_):
    base = SCALARS.get(type_.base, type_.base)
    for level in range(type_.stars):
        base = ("*const " if type_.const and level == 0 else "*mut ") + base
    return base


def parameter(variable):
    if variable.callback is None:
        return f"{name(variable.name)}: {rust_type(variable.type)}"
    inner = ", ".join(f"{name(v.name)}: {rust_type(v.type)}" for v in variable.callback)
    return f"{name(variable.name)}: Option<unsafe extern \"C\" fn({inner})>"


def doc(lines, indent=""):
    """Lines of a doc comment; code samples of the header are C, so they become text blocks."""
    out, in_code = [], False
    for line in lines:
        code = line.startswith("    ")
        if code != in_code and (line or in_code):
            out.append(f"{indent}/// ```{'text' if code else ''}")
            in_code = code
        plain = line if code else line.replace("[", "\\[").replace("]", "\\]").replace("<", "\\<")
        out.append(f"{indent}/// {plain[4:] if code else plain}".rstrip())
    return out + [f"{indent}/// ```"] * in_code


def wrapped(head, parts, tail, indent):
    line = f"{indent}{head}({', '.join(parts)}){tail}"
    if len(line) <= 100:
        return [line]
    return [f"{indent}{head}(", *(f"{indent}    {part}," for part in parts), f"{indent}){tail}"]


def struct(declaration):
    out = ["", *doc(declaration.lines), "#[repr(C)]", "#[derive(Clone, Copy, Debug)]",
           f"pub struct {declaration.name} {{"]  # fmt: skip
    for field in declaration.fields:
        if field.note:
            out += doc([field.note], "    ")
        kind = rust_type(field.type)
        kind = f"[{kind}; {field.array}]" if field.array else kind
        out.append(f"    pub {name(field.name)}: {kind},")
    out += ["}", "", f"impl Default for {declaration.name} {{"]
    out += ["    /// All zero, which means the default wherever it is an option."]
    out += ["    fn default() -> Self {", "        // SAFETY: integers and raw pointers."]
    return out + ["        unsafe { std::mem::zeroed() }", "    }", "}"]


def files(model):
    out = [f"// {GENERATED}", "", "use std::os::raw::{c_char, c_void};", ""]
    out += [f"/// The ABI of the header.\npub const TAPPS_ABI: i32 = {model.abi};"]
    for group in model.groups:
        kind = "u32" if group.bits else "i32"
        out.append("")
        for short, value, note in group.items:
            out += doc([note]) if note else []
            out.append(f"pub const TAPPS_{short}: {kind} = {value};")
    for opaque in model.opaques:
        out += ["", *doc(opaque.lines), "#[repr(C)]", f"pub struct {opaque.name} {{"]
        out += ["    _private: [u8; 0],", "}"]
    for declaration in model.structs:
        out += struct(declaration)
    out += ["", 'extern "C" {']
    for position, function in enumerate(model.functions):
        out += [""] if position else []
        out += doc(function.lines, "    ")
        result = rust_type(function.result)
        tail = ";" if result == "c_void" else f" -> {result};"
        params = [parameter(param) for param in function.params]
        out += wrapped(f"pub fn {function.name}", params, tail, "    ")
    out += ["}", ""]
    return {
        "bindings/rust/tapps-sys/src/declarations.rs": "\n".join(out),
        "bindings/rust/tapps/src/codes.rs": codes(model),
    }


def codes(model):
    out = [f"// {GENERATED}", "", "use super::Code;", "", "impl Code {"]
    for name_, value, note in model.codes():
        out += doc([note or f"TAPPS_E_{name_}"], "    ")
        out.append(f"    pub const {name_}: Code = Code({value});")
    out += ["}", "", "pub(super) const NAMES: &[(i32, &str)] = &["]
    out += [f'    ({value}, "{name_}"),' for name_, value, _ in model.codes()]
    return "\n".join([*out, "];", ""])
