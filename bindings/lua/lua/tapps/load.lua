-- Loads, conditional writes, counts: methods of a cache that take done(result, error) as their last
-- argument, or suspend the coroutine that calls them without one.
local arguments = require("tapps.arguments")
local cdef = require("tapps.cdef")
local native = require("tapps.native")
local options = require("tapps.options")
local queue = require("tapps.queue")

local bytes, guarded, space_of = arguments.bytes, arguments.guarded, arguments.space_of

local Cache = {}

-- The version of what get would find, for swap; 0: nothing.
Cache.version_of = guarded(function(self, key, given, done)
  local space = space_of(given)
  local name, size = bytes(key, "key")
  return arguments.submit(self, "tapps_queue_contains", function(answer, failure)
    if failure and failure.code == cdef.E_NOT_FOUND then
      return 0
    end
    return answer and answer.number, failure
  end, done, space, name, size)
end)

-- Whether get would find the key: true or false.
Cache.contains = guarded(function(self, key, given, done)
  local function convert(version, failure)
    if version then
      return version > 0
    end
    return nil, failure
  end
  if done then
    return self:version_of(key, given, function(...)
      done(convert(...))
    end)
  end
  return convert(self:version_of(key, given))
end)

-- Stores the value if the entry has this version (0: if it is not there), committed: the new
-- version. The error EXISTS has the present one as its `version`.
Cache.swap = guarded(function(self, key, version, value, given, done)
  local space, rest = space_of(given)
  local name, name_size = bytes(key, "key")
  local data, size = bytes(value, "value")
  local native_options, keep = options.put(rest)
  self.kept = keep -- the texts, during the call
  return arguments.submit(
    self, "tapps_queue_swap", arguments.member("number"), done, space, name, name_size, version,
    data, size, native_options
  )
end)

-- {entries, bytes} of what meets every condition of {namespace, all_namespaces, prefix, tag}.
Cache.count = guarded(function(self, what, done)
  local filter, keep = arguments.filter(what)
  self.kept = keep
  return arguments.submit(self, "tapps_queue_count", function(answer, failure)
    return answer and { entries = answer.number, bytes = answer.bytes }, failure
  end, done, filter)
end)

-- {ttl_ms, stale_ms, negative_ttl_ms} of entries put into the namespace from now on; nil: the
-- cache's.
Cache.set_namespace = guarded(function(self, namespace, defaults)
  local native_options, keep = options.space(defaults)
  self.kept = keep
  local space = native.text(namespace, "namespace")
  return native.call("tapps_cache_set_space", self.handle, space, native_options)
end)

-- Runs a loader under a lease, and ends the lease; tell(value, error) once, which raises nothing.
local function run(self, lease, key, loader, put, keep, tell)
  local function finish(value, failure)
    if not lease then
      return -- said before
    end
    local mine = lease
    lease = nil
    if type(value) ~= "string" then
      native.lib().tapps_cache_load_abandon(self.handle, mine)
      return tell(nil, failure)
    end
    local ok, why = native.call("tapps_cache_load_finish", self.handle, mine, value, #value, put)
    keep = nil -- the texts of `put` lived until here
    if not ok then -- a lease has not ended when the arguments were refused
      native.lib().tapps_cache_load_abandon(self.handle, mine)
      if why.code == cdef.E_INVALID or why.code == cdef.E_UNSUPPORTED then
        return tell(nil, why)
      end
    end
    tell(value) -- also when it is not stored: those who wait have it, too
  end
  local good, value = pcall(loader, key, finish)
  if not good then
    finish(nil, value)
  elseif value ~= nil then
    finish(value)
  end
end

-- The value; when it is not there, what the loader makes, which is stored as the options say.
-- loader(key, finish) returns a string, or calls finish(string), or finish(nil, error), later. All
-- who ask at the same time, in other processes too, share one run of a loader. A stale value is
-- answered at once while its successor is loaded. What is made is answered also when it could not
-- be stored. The options are those of put, and `load`:
-- {wait_ms, lease_ms, early_ms}. nil: remembered as not there, or the loader says so.
Cache.load = guarded(function(self, key, loader, given, done)
  local space, rest = space_of(given)
  local load_options = options.load(rest.load)
  rest.load = nil
  local put, keep = options.put(rest)
  local name, size = bytes(key, "key")
  local thread = not done and coroutine.running()
  if not done and not thread then
    error(native.invalid("expected a callback, or a call in a coroutine"), 0)
  end
  local answered, value, failure = false, nil, nil
  local function tell(found, why)
    if done then
      return queue.protected(done, found, why)
    end
    answered, value, failure = true, found, why
    if coroutine.status(thread) == "suspended" then
      queue.protected(arguments.resume, thread)
    end
  end
  local op, refused = self:submit("tapps_queue_load", function(answer, why)
    if not answer then
      return tell(nil, why.code ~= cdef.E_NOT_FOUND and why or nil)
    elseif answer.number == 0 then
      return tell(answer.value)
    elseif answer.has_value then
      run(self, answer.number, key, loader, put, keep, function() end)
      return tell(answer.value)
    end
    run(self, answer.number, key, loader, put, keep, tell)
  end, nil, space, name, size, load_options)
  if done or not op then
    return op, refused
  end
  while not answered do
    coroutine.yield()
  end
  return value, failure
end)

return Cache
