-- What the modules share: errors, options, values.
local ffi = require("ffi")
local cdef = require("tapps.cdef")
local loader = require("tapps.loader")

local M = {}
local Error = {}
Error.__index = Error
Error.__tostring = function(self)
  return self.message
end

M.decode = function(text)
  if vim and vim.json then
    return vim.json.decode(text)
  end
  local found, cjson = pcall(require, "cjson")
  return found and cjson.decode(text) or text
end

function M.lib()
  local library, why = loader.load(M.explicit)
  return library or error(why, 0)
end

-- The error of a call, as a table {code, name, message, ...}; gives `raw` back.
function M.failure(code, raw)
  local lib = M.lib()
  local found = {
    code = code,
    name = cdef.codes[code] or "UNKNOWN",
    message = ffi.string(lib.tapps_code_meaning(code)),
  }
  if raw ~= nil then
    found.message = ffi.string(lib.tapps_error_message(raw))
    found.errno = lib.tapps_error_errno(raw)
    found.sqlite_code = lib.tapps_error_sqlite(raw)
    found.http_status = lib.tapps_error_http_status(raw)
    found.retry_after_ms = tonumber(lib.tapps_error_retry_after_us(raw)) / 1000
    lib.tapps_error_release(raw)
  end
  return setmetatable(found, Error)
end

function M.invalid(message)
  return setmetatable({ code = cdef.E_INVALID, name = "INVALID", message = message }, Error)
end

-- Calls a function whose last parameter is err: true, or nil and the error.
function M.call(name, ...)
  local raw = ffi.new("tapps_error*[1]")
  local arguments, count = { ... }, select("#", ...)
  arguments[count + 1] = raw
  local code = M.lib()[name](unpack(arguments, 1, count + 1))
  if code == cdef.OK then
    return true
  end
  return nil, M.failure(code, raw[0])
end

-- As call, for functions that also return a value: the value, to be released.
function M.call_value(name, ...)
  local value = ffi.new("tapps_value*[1]")
  local arguments, count = { ... }, select("#", ...)
  arguments[count + 1] = value
  local ok, failure = M.call(name, unpack(arguments, 1, count + 3)) -- data and size: not asked for
  if not ok then
    return nil, failure
  end
  return value[0]
end

function M.value_text(value, which)
  local text = M.lib().tapps_value_text(value, which, nil)
  return text ~= nil and ffi.string(text) or nil
end

-- The bytes of a value as a string.
function M.value_bytes(value)
  if value == nil then
    return ""
  end
  local size = ffi.new("size_t[1]")
  local data = M.lib().tapps_value_data(value, size)
  return ffi.string(data, size[0])
end

local ORIGINS = { "memory", "disk", "network", "revalidated", "installed" }

-- All that is known about a value; gives it back.
function M.take_value(value)
  local lib = M.lib()
  local raw = ffi.new("tapps_info")
  lib.tapps_value_info(value, raw)
  local tags = M.value_text(value, cdef.TEXT_TAGS)
  local found = {
    value = M.value_bytes(value),
    version = tonumber(raw.version),
    created_at = tonumber(raw.created_us) / 1e6,
    expires_at = raw.expires_us ~= 0 and tonumber(raw.expires_us) / 1e6 or nil,
    age_ms = tonumber(raw.age_us) / 1000,
    tokens = tonumber(raw.tokens),
    status = raw.http_status ~= 0 and raw.http_status or nil,
    served_from = ORIGINS[raw.served_from],
    stale = bit.band(raw.flags, cdef.VALUE_STALE) ~= 0,
    negative = bit.band(raw.flags, cdef.VALUE_NEGATIVE) ~= 0,
    tags = {},
  }
  for name, which in pairs({
    content_type = cdef.TEXT_CONTENT_TYPE,
    source = cdef.TEXT_SOURCE,
    json = cdef.TEXT_JSON,
    url = cdef.TEXT_URL,
    headers = cdef.TEXT_HEADERS,
    cache_status = cdef.TEXT_CACHE_STATUS,
    warning = cdef.TEXT_WARNING,
    library = cdef.TEXT_LIBRARY,
    library_version = cdef.TEXT_LIBRARY_VERSION,
    ecosystem = cdef.TEXT_ECOSYSTEM,
    topic = cdef.TEXT_TOPIC,
  }) do
    found[name] = M.value_text(value, which)
  end
  for tag in (tags or ""):gmatch("[^\n]+") do
    found.tags[#found.tags + 1] = tag
  end
  lib.tapps_value_release(value)
  return found
end

-- Times beyond the library's are as good as for ever.
M.LONGEST_MS = 2 ^ 61 / 1000

-- A text for the library, which takes it up to the first NUL; nil stays nil.
function M.text(value, what)
  if value ~= nil and (type(value) ~= "string" or value:find("%z")) then
    error(M.invalid(what .. ": expected a text without NUL"), 0)
  end
  return value
end

-- ---- options: {lua name = {field, kind}}; kinds: ms, ms_or_none (0: none), ttl (math.huge: none),
-- number, text, lines, or a table of names

local function field_value(kind, name, value, keep)
  if kind == "ms" or kind == "ms_or_none" or kind == "ttl" then
    if type(value) == "number" and value > M.LONGEST_MS then
      return kind == "ttl" and cdef.NONE or cdef.UNLIMITED
    elseif kind == "ms_or_none" and value == 0 then
      return cdef.NONE
    elseif type(value) ~= "number" or not (value > 0) then
      error(M.invalid(name .. ": expected milliseconds above 0"), 0)
    end
    return math.max(1, math.floor(value * 1000 + 0.5))
  elseif kind == "number" then
    if value == math.huge then
      return cdef.UNLIMITED
    elseif type(value) ~= "number" then
      error(M.invalid(name .. ": expected a number"), 0)
    end
    return value
  elseif type(kind) == "table" then
    return kind[value] or error(M.invalid(("%s: not %q"):format(name, tostring(value))), 0)
  end
  local text = M.text(kind == "lines" and table.concat(value, "\n") or value, name)
  keep[#keep + 1] = text
  return text
end

-- An options struct from a table, and what has to live as long as it. Unknown names are errors.
function M.options(struct, fields, flags, given)
  if given == nil or next(given) == nil then
    return nil
  end
  local found = ffi.new(struct)
  found.struct_size = ffi.sizeof(struct)
  local keep, bits = {}, 0
  for name, value in pairs(given) do
    if flags[name] then
      bits = value and bit.bor(bits, flags[name]) or bits
    elseif fields[name] then
      found[fields[name][1]] = field_value(fields[name][2], name, value, keep)
    else
      error(M.invalid("unknown option: " .. tostring(name)), 0)
    end
  end
  if next(flags) then
    found.flags = bits
  end
  return found, keep
end

return M
