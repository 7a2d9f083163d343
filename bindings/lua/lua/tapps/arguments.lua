-- What the methods of a cache do with their arguments.
local ffi = require("ffi")
local cdef = require("tapps.cdef")
local native = require("tapps.native")

local M = {}

-- What raises inside (bad options, a bad argument) becomes nil and an error.
function M.guarded(f)
  local function results(good, first, ...)
    if good then
      return first, ...
    elseif type(first) == "table" and first.code then
      return nil, first
    end
    error(first, 3)
  end
  return function(...)
    return results(pcall(f, ...))
  end
end

function M.bytes(value, what)
  if type(value) ~= "string" then
    error(native.invalid(what .. ": expected a string"), 0)
  end
  return value, #value
end

-- {{key, value}, ...} as items, which live no longer than the strings.
function M.put_items(entries)
  local items = ffi.new("tapps_put_item[?]", #entries + 1)
  for i, entry in ipairs(entries) do
    items[i - 1].key, items[i - 1].key_size = M.bytes(entry[1], "key")
    items[i - 1].data, items[i - 1].size = M.bytes(entry[2], "value")
  end
  return items
end

-- The namespace in the options, and the options without it.
function M.space_of(given)
  local rest, space = {}, nil
  for name, value in pairs(native.table_or_nil(given) or {}) do
    if name == "namespace" then
      space = value
    else
      rest[name] = value
    end
  end
  return native.text(space, "namespace"), rest
end

-- {namespace, all_namespaces, prefix, tag} as a tapps_filter, and what has to live as long.
function M.filter(what)
  what = native.table_or_nil(what) or {}
  local filter = ffi.new("tapps_filter")
  filter.struct_size = ffi.sizeof("tapps_filter")
  local space = not what.all_namespaces and (what.namespace or "default") or nil
  filter.space, filter.tag = native.text(space, "namespace"), native.text(what.tag, "tag")
  if what.prefix then
    filter.prefix, filter.prefix_size = M.bytes(what.prefix, "prefix")
  end
  return filter, what
end

-- Milliseconds as microseconds; nil is the default, math.huge `forever`.
function M.micros(ms, what, forever)
  if ms == nil then
    return 0
  elseif type(ms) == "number" and ms > native.LONGEST_MS then
    return forever or cdef.UNLIMITED
  elseif type(ms) ~= "number" or not (ms >= 0) then
    error(native.invalid(what .. ": expected milliseconds"), 0)
  end
  return math.max(1, math.floor(ms * 1000 + 0.5))
end

-- A lifetime in milliseconds above 0 as microseconds; math.huge is none, nil the cache's.
function M.lifetime(ms)
  if ms ~= nil and (type(ms) ~= "number" or not (ms > 0)) then
    error(native.invalid("ttl_ms: expected milliseconds above 0"), 0)
  end
  return M.micros(ms, "ttl_ms", cdef.NONE)
end

-- Goes on with a coroutine; raises what it raises.
function M.resume(thread, ...)
  local good, raised = coroutine.resume(thread, ...)
  if not good then
    error(debug.traceback(thread, tostring(raised)), 0)
  end
end

function M.callable(value, what)
  local meta = type(value) == "table" and getmetatable(value)
  if type(value) ~= "function" and not (meta and meta.__call) then
    error(native.invalid(what .. ": expected a function"), 0)
  end
  return value
end

-- Submits an operation of `cache` and hands convert(answer, failure) to `done`. Without `done`,
-- which only a coroutine may leave out, the coroutine is suspended until the answer is there, and
-- gets it.
function M.submit(cache, name, convert, done, ...)
  return M.submit_with_progress(cache, name, convert, nil, done, ...)
end

function M.submit_with_progress(cache, name, convert, progress, done, ...)
  if done then
    M.callable(done, "callback")
    return cache:submit(name, function(answer, failure)
      done(convert(answer, failure))
    end, progress, ...)
  end
  local thread = coroutine.running()
  if not thread then
    error(native.invalid("expected a callback, or a call in a coroutine"), 0)
  end
  local op, failure = cache:submit(name, function(answer, why)
    M.resume(thread, answer, why)
  end, progress, ...)
  if not op then
    return nil, failure
  end
  return convert(coroutine.yield())
end

-- A converter to one member of the answer.
function M.member(name)
  return function(answer, failure)
    return answer and answer[name], failure
  end
end

-- A converter to the answer as it is.
function M.whole(answer, failure)
  return answer, failure
end

-- A converter to true.
function M.ended(answer, failure)
  return answer and true, failure
end

return M
