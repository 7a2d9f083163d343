-- tapps for LuaJIT and Neovim: see :help tapps.
local cdef = require("tapps.cdef")
local native = require("tapps.native")

local M = { codes = cdef.codes, header_version = cdef.version }

-- setup({library = FILE}) names the library to load, before the first open: true, or nil and an
-- error when another one is loaded already.
function M.setup(settings)
  local file, loader = settings and settings.library, require("tapps.loader")
  if file and loader.library and loader.file ~= file then
    return nil, native.invalid(("library: %s is loaded already"):format(loader.file))
  end
  native.explicit = file or native.explicit
  return true
end

-- The cache in a file, without one the user's, with ":memory:" none; or nil and an error. Raises
-- when the library cannot be loaded: the message lists every try.
function M.open(path, options)
  return require("tapps.cache").open(path, options)
end

-- The version of the library, "0.1.0".
function M.version()
  return require("ffi").string(native.lib().tapps_version())
end

return M
