-- The cache. Calls that may wait take a callback done(result, error) as their last argument and
-- return the number of an operation, for cache:cancel(), or suspend the coroutine that calls them
-- without one; the others answer on the spot, with nil and an error when they fail. Times are
-- milliseconds.
local ffi = require("ffi")
local arguments = require("tapps.arguments")
local breaker = require("tapps.breaker")
local cdef = require("tapps.cdef")
local native = require("tapps.native")
local options = require("tapps.options")
local queue = require("tapps.queue")

local bytes, guarded, space_of = arguments.bytes, arguments.guarded, arguments.space_of

local Cache = {}
Cache.__index = Cache
for _, part in ipairs({ "tapps.load", "tapps.later", "tapps.upkeep" }) do
  for name, method in pairs(require(part)) do
    Cache[name] = method
  end
end

local M = {}

local EVENTS = { breaker = cdef.EVENT_BREAKER, state = cdef.EVENT_STATE }
local STATES = { [0] = "ok", "read_only", "memory", "locked", "full", "failed", "wal_pinned", "closed" }

M.open = guarded(function(path, given)
  native.lib() -- declares the types
  local handle = ffi.new("tapps_cache*[1]")
  local native_options, keep = options.open(given)
  local ok, failure = native.call("tapps_cache_open", native.text(path, "path"), native_options, handle)
  if not ok then
    return nil, failure
  end
  return setmetatable({
    handle = ffi.gc(handle[0], native.lib().tapps_cache_release),
    kept = keep,
    value = ffi.new("tapps_value*[1]"),
    data = ffi.new("const void*[1]"),
    size = ffi.new("size_t[1]"),
  }, Cache)
end)

-- ---- entries

-- The value, or nil; nil and an error when the call fails.
Cache.get = guarded(function(self, key, given)
  local lib = native.lib()
  local space, native_options
  if given then
    local rest
    space, rest = space_of(given)
    native_options = options.get(rest)
  end
  bytes(key, "key")
  local code = lib.tapps_cache_get(
    self.handle, space, key, #key, native_options, self.value, self.data, self.size, nil
  )
  if code == cdef.OK then
    local found = ffi.string(self.data[0], self.size[0])
    lib.tapps_value_release(self.value[0])
    return found
  elseif code == cdef.E_NOT_FOUND then
    return nil
  end
  local value, failure =
    native.call_value("tapps_cache_get", self.handle, space, key, #key, native_options)
  return value and native.take_value(value).value, failure
end)

-- The value and what is known about it, {value, stale, tags, ...}, or nil.
Cache.entry = guarded(function(self, key, given)
  local space, rest = space_of(given)
  local name, size = bytes(key, "key")
  local value, failure =
    native.call_value("tapps_cache_get", self.handle, space, name, size, (options.get(rest)))
  if not value then
    return nil, failure.code ~= cdef.E_NOT_FOUND and failure or nil
  end
  return native.take_value(value)
end)

-- As get, and never touches the disk on this thread: done(value, error), at once when it is in
-- memory.
Cache.get_async = guarded(function(self, key, given, done)
  local space, rest = space_of(given)
  local name, size = bytes(key, "key")
  rest.cached_only, rest.namespace = true, space
  if done then
    arguments.callable(done, "callback")
  end
  local found, failure = self:get(key, rest)
  if not failure or failure.code ~= cdef.E_WOULD_BLOCK then
    if not done then
      return found, failure
    end
    done(found, failure)
    return 0
  end
  rest.cached_only, rest.namespace = nil, nil
  return arguments.submit(self, "tapps_queue_get", function(answer, why)
    if why and why.code == cdef.E_NOT_FOUND then
      return nil
    end
    return answer and answer.value, why
  end, done, space, name, size, (options.get(rest)))
end)

-- The values by the positions of the keys; those that are not there are nil.
Cache.get_many = guarded(function(self, keys, given)
  local space, rest = space_of(given)
  local items = ffi.new("tapps_get_item[?]", #keys + 1)
  for i, key in ipairs(keys) do
    items[i - 1].key, items[i - 1].key_size = bytes(key, "key")
  end
  local ok, failure =
    native.call("tapps_cache_get_many", self.handle, space, items, #keys, (options.get(rest)))
  if not ok then
    return nil, failure
  end
  local found = {}
  for i = 1, #keys do
    local item = items[i - 1]
    if item.code == cdef.OK then
      found[i] = ffi.string(item.data, item.size)
      native.lib().tapps_value_release(item.value)
    elseif item.code ~= cdef.E_NOT_FOUND then
      failure = native.failure(item.code, nil)
    end
  end
  return not failure and found or nil, failure
end)

Cache.put = guarded(function(self, key, value, given)
  local space, rest = space_of(given)
  local name, name_size = bytes(key, "key")
  local data, size = bytes(value, "value")
  local native_options, keep = options.put(rest)
  self.kept = keep -- the texts, during the call
  local ok, failure = native.call(
    "tapps_cache_put", self.handle, space, name, name_size, data, size, native_options
  )
  return ok, failure
end)

-- done(true) when the durability asked for is reached.
Cache.put_async = guarded(function(self, key, value, given, done)
  local space, rest = space_of(given)
  local name, name_size = bytes(key, "key")
  local data, size = bytes(value, "value")
  local native_options, keep = options.put(rest)
  self.kept = keep -- the texts, during the call
  local ended = arguments.ended
  return arguments.submit(
    self, "tapps_queue_put", ended, done, space, name, name_size, data, size, native_options
  )
end)

-- Stores {{key, value}, ...} in one transaction, or none of them.
Cache.put_many = guarded(function(self, entries, given)
  local space, rest = space_of(given)
  local items = arguments.put_items(entries)
  local native_options, keep = options.put(rest)
  self.kept = keep -- the texts, during the call
  local ok, failure =
    native.call("tapps_cache_put_many", self.handle, space, items, #entries, native_options)
  return ok, failure
end)

-- A key that is not there is no error.
Cache.delete = guarded(function(self, key, given)
  local space, rest = space_of(given)
  local name, size = bytes(key, "key")
  local level = options.DURABILITY[rest.durability or "async"]
  return native.call("tapps_cache_delete", self.handle, space, name, size, level or -1)
end)

-- Removes what meets every condition of {namespace, all_namespaces, prefix, tag}, committed:
-- returns how many.
Cache.delete_all = guarded(function(self, what)
  local filter, keep = arguments.filter(what)
  self.kept = keep
  local removed = ffi.new("int64_t[1]")
  local ok, failure = native.call("tapps_cache_delete_all", self.handle, filter, removed)
  if not ok then
    return nil, failure
  end
  return tonumber(removed[0])
end)

-- Gives an entry a new lifetime from now on.
Cache.touch = guarded(function(self, key, ttl_ms, given)
  local space = space_of(given)
  local name, size = bytes(key, "key")
  local us = arguments.lifetime(ttl_ms)
  return native.call("tapps_cache_touch", self.handle, space, name, size, us)
end)

-- An iterator over committed entries {key, namespace, size, hits, ...} of {namespace,
-- all_namespaces, prefix}.
Cache.entries = guarded(function(self, what)
  what = what or {}
  local prefix, size = bytes(what.prefix or "", "prefix")
  local space = not what.all_namespaces and (what.namespace or "default") or nil
  local handle = ffi.new("tapps_cursor*[1]")
  local ok, failure = native.call(
    "tapps_cursor_open", self.handle, native.text(space, "namespace"), prefix, size, handle
  )
  if not ok then
    error(failure, 0)
  end
  local cursor = ffi.gc(handle[0], native.lib().tapps_cursor_release)
  local raw = ffi.new("tapps_entry")
  return function()
    local moved, why = native.call("tapps_cursor_next", cursor, raw)
    if not moved then
      if why.code ~= cdef.E_NOT_FOUND then
        error(why, 0)
      end
      return nil
    end
    return {
      key = ffi.string(raw.key, raw.key_size),
      namespace = ffi.string(raw.space),
      size = tonumber(raw.size),
      content_type = raw.content_type ~= nil and ffi.string(raw.content_type) or nil,
      created_at = tonumber(raw.created_us) / 1e6,
      expires_at = raw.expires_us ~= 0 and tonumber(raw.expires_us) / 1e6 or nil,
      hits = tonumber(raw.hits),
      stale = bit.band(raw.flags, cdef.VALUE_STALE) ~= 0,
      negative = bit.band(raw.flags, cdef.VALUE_NEGATIVE) ~= 0,
    }
  end
end)

-- ---- what takes a callback

-- A method of the queue, which is opened when it is first needed.
local function of_queue(method)
  return function(self, ...)
    if not self.queue then
      local made, failure = queue.open(self.handle)
      if not made then
        return nil, failure
      end
      self.queue = made
    end
    return self.queue[method](self.queue, ...)
  end
end

Cache.submit, Cache.submit_many = of_queue("submit"), of_queue("submit_many")

-- Ends an operation early: its callback gets the error CANCELLED.
function Cache:cancel(op)
  if self.queue then
    self.queue:cancel(op)
  end
end

-- done(true) when everything put before is committed.
Cache.flush = guarded(function(self, done)
  return arguments.submit(self, "tapps_queue_flush", arguments.ended, done, 0)
end)

-- done({status, value, headers, served_from, ...}); options also take body.
Cache.fetch = guarded(function(self, url, given, done)
  local rest, body = {}, native.table_or_nil(given) and given.body
  for name, value in pairs(given or {}) do
    rest[name] = name ~= "body" and value or nil
  end
  if body and next(rest) == nil then
    rest.method = "GET"
  end
  local native_options, keep = options.fetch(rest)
  self.kept = keep -- the texts, during the call
  if body then
    native_options.body, native_options.body_size = bytes(body, "body")
  end
  local where, whole = native.text(url, "url"), arguments.whole
  return arguments.submit(self, "tapps_queue_fetch", whole, done, where, native_options)
end)

-- Many fetches with the same options and `parallel` (8): on_result(index, answer, error) for each as
-- it comes, or with in_order = true in the order of the URLs; done() after the last. Returns their
-- operations, for cancel().
Cache.fetch_many = guarded(function(self, urls, given, on_result, done)
  local rest = {}
  arguments.callable(on_result, "on_result")
  for name, value in pairs(native.table_or_nil(given) or {}) do
    rest[name] = name ~= "parallel" and value or nil
  end
  local native_options, keep = options.fetch(rest)
  self.kept = keep -- the texts, during the call
  local parallel = given and given.parallel or 0
  local left = #urls
  for number, url in ipairs(urls) do
    if native.text(url, "urls") == "" or url:find("[\r\n]") then
      local why = url == "" and "empty" or "one with a line break"
      error(native.invalid(("urls: number %d is %s"):format(number, why)), 0)
    end
  end
  if left == 0 then
    if done then
      queue.later(done)
    end
    return {}
  end
  return self:submit_many("tapps_queue_fetch_many", left, function(index, answer, failure)
    on_result(index, answer, failure)
    left = left - 1
    if left == 0 and done then
      done()
    end
  end, table.concat(urls, "\n"), native_options, parallel)
end)

-- Switches the network off (true) or on for all fetches of the cache in this process.
Cache.set_offline = guarded(function(self, offline)
  return native.call("tapps_cache_set_offline", self.handle, offline and 1 or 0)
end)

-- done({value, library, library_version, ecosystem, source, ...}).
Cache.docs = guarded(function(self, library, given, done)
  local native_options, keep = options.docs(given)
  self.kept = keep -- the texts, during the call
  local name, whole = native.text(library, "library"), arguments.whole
  return arguments.submit(self, "tapps_queue_docs", whole, done, name, native_options)
end)

-- What warm would look up: {handle, description}.
Cache.plan = guarded(function(self, root, given)
  local native_options, keep = options.warm(given)
  self.kept = keep -- the texts, during the call
  local handle = ffi.new("tapps_plan*[1]")
  local where = native.text(root, "root")
  local ok, failure = native.call("tapps_plan_open", self.handle, where, native_options, handle)
  if not ok then
    return nil, failure
  end
  local plan = ffi.gc(handle[0], native.lib().tapps_plan_release)
  local value, why = native.call_value("tapps_plan_describe", plan)
  if not value then
    return nil, why
  end
  local json = native.take_value(value).value
  return { handle = plan, json = json, count = tonumber(native.lib().tapps_plan_count(plan)) }
end)

-- Looks up the documentation of every library a project uses: progress({total, done, ...}) and
-- done(result, error), where result.value is its JSON.
Cache.warm = guarded(function(self, root, given, progress, done)
  local plan, failure = self:plan(root, given)
  if not plan then
    return nil, failure
  end
  if progress then
    arguments.callable(progress, "progress")
  end
  return arguments.submit_with_progress(self, "tapps_queue_warm", function(...)
    plan = nil -- held until here
    return ...
  end, progress, done, plan.handle)
end)

-- on_event(data, kind) for kinds "breaker" and "state"; returns a function that ends it.
Cache.subscribe = guarded(function(self, kinds, on_event)
  local bits = 0
  arguments.callable(on_event, "on_event")
  for _, kind in ipairs(type(kinds) == "table" and kinds or { kinds }) do
    local number = EVENTS[kind]
    if not number then
      local message = ("kinds: expected breaker or state, not '%s'"):format(tostring(kind))
      error(native.invalid(message), 0)
    end
    bits = bit.bor(bits, bit.lshift(1, number - cdef.EVENT_PROGRESS))
  end
  local made, failure = queue.open(self.handle)
  if not made then
    return nil, failure
  end
  made:subscribe(bits, on_event)
  self.subscriptions = self.subscriptions or {}
  self.subscriptions[made] = true
  return function()
    made:close()
    self.subscriptions[made] = nil
  end
end)

Cache.breaker = guarded(function(self, name, given)
  return breaker.open(self, name, options.breaker(given))
end)

-- ---- the cache itself

-- The path of the file, ":memory:" without one.
function Cache:path()
  return ffi.string(native.lib().tapps_cache_path(self.handle))
end

function Cache:state()
  return STATES[native.lib().tapps_cache_state(self.handle)] or "unknown"
end

-- Everything counted by this process, and its JSON; nil and an error after close.
Cache.stats = guarded(function(self)
  local value, failure = native.call_value("tapps_cache_stats", self.handle)
  if not value then
    return nil, failure
  end
  local json = native.take_value(value).value
  return native.decode(json), json
end)

-- Writes what is queued and closes; waits for `deadline_ms` at most (5 s). Twice is no error.
function Cache:close(deadline_ms)
  if self.closed then
    return true
  end
  self.closed = true
  local us = deadline_ms and math.max(1, math.min(math.floor(deadline_ms * 1000), 2 ^ 53)) or 0
  local ok, failure = native.call("tapps_cache_close", self.handle, us)
  local closed = native.failure(cdef.E_CLOSED, nil)
  if self.queue then
    self.queue:close(closed)
    self.queue = nil
  end
  for subscription in pairs(self.subscriptions or {}) do
    subscription:close(closed)
  end
  return ok, failure
end

return M
