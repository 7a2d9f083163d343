-- tapps for LuaJIT and Neovim: see :help tapps.
local cdef = require("tapps.cdef")
local native = require("tapps.native")

local M = { codes = cdef.codes, header_version = cdef.version }

-- setup({library = FILE}) names the library to load, before the first open.
function M.setup(settings)
  native.explicit = settings and settings.library or native.explicit
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
