-- Circuit breakers with bounded concurrency, for calls of one's own.
local ffi = require("ffi")
local cdef = require("tapps.cdef")
local native = require("tapps.native")

local Breaker = {}
Breaker.__index = Breaker

local M = {}

local STATES = { [0] = "closed", "open", "half_open" }
local MODES = {
  auto = cdef.BREAKER_AUTO,
  open = cdef.BREAKER_FORCE_OPEN,
  closed = cdef.BREAKER_FORCE_CLOSED,
}

function M.open(cache, name, native_options)
  local handle = ffi.new("tapps_breaker*[1]")
  local ok, failure = native.call("tapps_breaker_open", cache, name, native_options, handle)
  if not ok then
    return nil, failure
  end
  local owned = ffi.gc(handle[0], native.lib().tapps_breaker_release)
  return setmetatable({ handle = owned }, Breaker)
end

-- A function that reports how the call went, "success", "failure" or "ignored"; or nil and the error
-- OPEN_CIRCUIT or BUSY.
function Breaker:acquire()
  local permit = ffi.new("int64_t[1]")
  local ok, failure = native.call("tapps_breaker_acquire", self.handle, permit)
  if not ok then
    return nil, failure
  end
  return function(outcome)
    local number = cdef["OUTCOME_" .. outcome:upper()]
    native.lib().tapps_breaker_report(self.handle, permit[0], number)
  end
end

-- Runs operation() under a permit. When it raises, or may not run, the answer is fallback(error), or
-- nil and the error without one.
function Breaker:execute(operation, fallback)
  local report, failure = self:acquire()
  if report then
    local results = { pcall(operation) }
    report(results[1] and "success" or "failure")
    if results[1] then
      return unpack(results, 2)
    end
    failure = results[2]
  end
  if fallback then
    return fallback(failure)
  end
  return nil, failure
end

-- "open" or "closed" holds it there; "auto" ends that, closes it and forgets.
function Breaker:force(mode)
  return native.call("tapps_breaker_force", self.handle, MODES[mode] or -1)
end

function Breaker:read()
  local raw = ffi.new("tapps_breaker_info")
  native.lib().tapps_breaker_read(self.handle, raw)
  local found = { state = STATES[raw.state], retry_after_ms = tonumber(raw.retry_after_us) / 1000 }
  for _, name in ipairs({
    "failures_in_row", "in_flight", "successes", "failures", "ignored", "rejected", "transitions",
  }) do
    found[name] = tonumber(raw[name])
  end
  return found
end

return M
