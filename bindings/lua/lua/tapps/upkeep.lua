-- Copies, checks and figures of the file: methods of a cache that take done(result, error) as their
-- last argument, or suspend the coroutine that calls them without one.
local arguments = require("tapps.arguments")
local cdef = require("tapps.cdef")
local native = require("tapps.native")

local guarded = arguments.guarded

local Cache = {}

local function decoded(answer, failure)
  if not answer then
    return nil, failure
  end
  return native.decode(answer.value), answer.value
end

-- What is in the file, by namespace and age, and its JSON: see tapps_cache_survey.
Cache.survey = guarded(function(self, done)
  return arguments.submit(self, "tapps_queue_survey", decoded, done)
end)

-- Looks for damage and changes nothing: {ok, entries, damaged, problems}, and its JSON. {deep =
-- true}: every entry.
Cache.check = guarded(function(self, how, done)
  local flags = how and how.deep and cdef.CHECK_DEEP or 0
  return arguments.submit(self, "tapps_queue_check", decoded, done, flags)
end)

-- Copies the cache as it stands to a file, which replaces what is there: true.
Cache.backup = guarded(function(self, path, done)
  local where = native.text(path, "path")
  return arguments.submit(self, "tapps_queue_backup", arguments.ended, done, where)
end)

-- Gives unused space of the file back: how many bytes. {timeout_ms}: 30 s.
Cache.compact = guarded(function(self, how, done)
  local us = arguments.micros(how and how.timeout_ms, "timeout_ms")
  return arguments.submit(self, "tapps_queue_compact", arguments.member("number"), done, us)
end)

return Cache
