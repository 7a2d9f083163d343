-- What cache.lua does on the thread that calls, without blocking it: methods of a cache that take
-- done(result, error) as their last argument, or suspend the coroutine that calls them without one.
local arguments = require("tapps.arguments")
local options = require("tapps.options")

local bytes, guarded, space_of = arguments.bytes, arguments.guarded, arguments.space_of

local Cache = {}

-- As put_many: true when all are stored as durable as asked for.
Cache.put_many_async = guarded(function(self, entries, given, done)
  local space, rest = space_of(given)
  local items = arguments.put_items(entries)
  local native_options, keep = options.put(rest)
  self.kept = keep -- the texts, during the call
  return arguments.submit(
    self, "tapps_queue_put_many", arguments.ended, done, space, items, #entries, native_options
  )
end)

-- As delete: true, also when the key was not there.
Cache.delete_async = guarded(function(self, key, given, done)
  local space, rest = space_of(given)
  local name, size = bytes(key, "key")
  local level = options.DURABILITY[rest.durability or "async"] or -1
  local ended = arguments.ended
  return arguments.submit(self, "tapps_queue_delete", ended, done, space, name, size, level)
end)

-- As delete_all: how many were removed.
Cache.delete_all_async = guarded(function(self, what, done)
  local filter, keep = arguments.filter(what)
  self.kept = keep
  local number = arguments.member("number")
  return arguments.submit(self, "tapps_queue_delete_all", number, done, filter)
end)

-- As touch: true, or nil and the error NOT_FOUND.
Cache.touch_async = guarded(function(self, key, ttl_ms, given, done)
  local space = space_of(given)
  local name, size = bytes(key, "key")
  local us, ended = arguments.lifetime(ttl_ms), arguments.ended
  return arguments.submit(self, "tapps_queue_touch", ended, done, space, name, size, us)
end)

return Cache
