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

-- The header lines of a response by their names in small letters. Fields that came more than once
-- are joined by ", " (RFC 9110 5.3), Set-Cookie by line feeds.
function M.header_fields(text)
  local found = {}
  for name, content in text:gmatch("([^:\r\n]+):[ \t]*([^\r\n]*)") do
    name = name:lower()
    local separator = name == "set-cookie" and "\n" or ", "
    found[name] = found[name] and found[name] .. separator .. content or content
  end
  return found
end

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
  found.fields = found.headers and M.header_fields(found.headers)
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

-- A table of options, or nil for none.
function M.table_or_nil(value)
  if value ~= nil and type(value) ~= "table" then
    error(M.invalid("options: expected a table, not a " .. type(value)), 0)
  end
  return value
end

-- ---- options: {lua name = {field, kind}}; kinds: ms, ms_or_none (0: none), ms_or_endless, ttl
-- (math.huge: none), number, number_or_none (0: none), text, lines, headers, or a table of names

local function milliseconds(kind, name, value)
  if type(value) == "number" and value > M.LONGEST_MS then
    if kind == "ttl" then
      return cdef.NONE
    elseif kind == "ms_or_endless" then
      return cdef.UNLIMITED
    end
    error(M.invalid(name .. ": expected a time that ends, in milliseconds"), 0)
  elseif kind == "ms_or_none" and value == 0 then
    return cdef.NONE
  elseif type(value) ~= "number" or not (value > 0) then
    error(M.invalid(name .. ": expected milliseconds above 0"), 0)
  end
  return math.max(1, math.floor(value * 1000 + 0.5))
end

local function number(kind, name, value)
  if value == math.huge then
    return cdef.UNLIMITED
  elseif type(value) ~= "number" or value ~= value then
    error(M.invalid(name .. ": expected a number"), 0)
  elseif value == 0 and kind == "number_or_none" then
    return cdef.NONE
  end
  return value
end

local function one_of(names, name, value)
  local found = names[type(value) == "string" and value:gsub("-", "_") or value]
  if found then
    return found
  end
  local known = {}
  for word in pairs(names) do
    known[#known + 1] = word
  end
  table.sort(known)
  local message = "%s: expected one of %s, not '%s'"
  error(M.invalid(message:format(name, table.concat(known, ", "), tostring(value))), 0)
end

local function lines(name, value)
  if type(value) ~= "table" then
    error(M.invalid(name .. ": expected a list of texts"), 0)
  end
  for _, line in ipairs(value) do
    if type(line) ~= "string" or line:find("[\r\n]") then
      error(M.invalid(name .. ": expected a list of texts of one line"), 0)
    end
  end
  return table.concat(value, "\n")
end

-- {Accept = "text/html", ["X-Mine"] = {"one", "two"}} as lines; a text is taken as it is.
local function header_lines(name, value)
  if type(value) ~= "table" then
    return value
  end
  local found = {}
  for field, content in pairs(value) do
    for _, one in ipairs(type(content) == "table" and content or { content }) do
      if type(field) ~= "string" or type(one) ~= "string" or (field .. one):find("[\r\n]") then
        error(M.invalid(name .. ": expected {NAME = TEXT or a list of texts}, without line breaks"), 0)
      end
      found[#found + 1] = field .. ": " .. one .. "\n"
    end
  end
  table.sort(found)
  return table.concat(found)
end

local function field_value(kind, name, value, keep)
  if kind == "ttl" or type(kind) == "string" and kind:find("^ms") then
    return milliseconds(kind, name, value)
  elseif kind == "number" or kind == "number_or_none" then
    return number(kind, name, value)
  elseif type(kind) == "table" then
    return one_of(kind, name, value)
  elseif kind == "lines" then
    value = lines(name, value)
  elseif kind == "headers" then
    value = header_lines(name, value)
  end
  local text = M.text(value, name)
  keep[#keep + 1] = text
  return text
end

-- An options struct from a table, and what has to live as long as it. Unknown names are errors.
function M.options(struct, fields, flags, given)
  if M.table_or_nil(given) == nil or next(given) == nil then
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
