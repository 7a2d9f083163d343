-- Finds libtapps, checks it, and declares its functions.
local ffi = require("ffi")
local cdef = require("tapps.cdef")

local M = {}
local SONAME = (jit.os == "OSX" and "libtapps.%d.dylib" or "libtapps.so.%d"):format(cdef.abi)

M.soname = SONAME

local function here()
  return debug.getinfo(1, "S").source:match("^@(.*)/[^/]*$") or "."
end

local function pkg_config()
  local pipe = io.popen("pkg-config --variable=libdir tapps 2>/dev/null")
  local folder = pipe and pipe:read("*l")
  if pipe then
    pipe:close()
  end
  return folder and folder ~= "" and folder .. "/" .. SONAME or nil
end

-- Where the library is looked for, in order, as {from, file}; one that is named is the only try.
function M.places(explicit)
  local named = os.getenv("TAPPS_LIBRARY")
  if explicit then
    return { { "the setting `library`", explicit } }
  elseif named and named ~= "" then
    return { { "TAPPS_LIBRARY", named } }
  end
  return {
    { "beside the package", here() .. "/" .. SONAME },
    { "the system's search path", SONAME },
    { "pkg-config", pkg_config() },
  }
end

local function bind(file)
  local loaded, library = pcall(ffi.load, file)
  if not loaded then
    return nil, tostring(library)
  end
  local known, abi = pcall(function()
    return library.tapps_abi()
  end)
  if not known then
    return nil, file .. ": not a libtapps"
  elseif abi ~= cdef.abi then
    return nil, ("%s: it has ABI %d, this package needs ABI %d"):format(file, abi, cdef.abi)
  end
  for _, name in ipairs(cdef.functions) do
    if not pcall(function()
      return library[name]
    end) then
      local version = ffi.string(library.tapps_version())
      return nil, ("%s: version %s is too old, it lacks %s"):format(file, version, name)
    end
  end
  return library
end

-- The library, or nil and a message that lists every try.
function M.load(explicit)
  if M.library then
    return M.library
  end
  if not M.declared then
    ffi.cdef(cdef.declarations)
    M.declared = true
  end
  local tries = {}
  for _, place in ipairs(M.places(explicit)) do
    local from, file = place[1], place[2]
    if file then
      local library, why = bind(file)
      if library then
        M.library, M.file, M.from = library, file, from
        return library
      end
      tries[#tries + 1] = ("  %s: %s"):format(from, why)
    else
      tries[#tries + 1] = ("  %s: it does not know tapps"):format(from)
    end
  end
  return nil,
    ("tapps: %s cannot be loaded. Tried:\n%s\n"):format(SONAME, table.concat(tries, "\n"))
      .. "Install libtapps, or name its file in TAPPS_LIBRARY."
end

return M
