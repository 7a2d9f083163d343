-- Circuit breakers with bounded concurrency, for calls of one's own.
local ffi = require("ffi")
local arguments = require("tapps.arguments")
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

local OUTCOMES = {
  success = cdef.OUTCOME_SUCCESS,
  failure = cdef.OUTCOME_FAILURE,
  ignored = cdef.OUTCOME_IGNORED,
  local_failure = cdef.OUTCOME_LOCAL_FAILURE,
}

-- The breaker's handle is given back when neither it nor a permit is known any more: collected
-- together, they are finalised in no particular order.
local function share(shared)
  shared.users = shared.users + 1
  return function()
    shared.users = shared.users - 1
    if shared.users == 0 then
      native.lib().tapps_breaker_release(shared.handle)
    end
  end
end

function M.open(cache, name, native_options)
  local handle = ffi.new("tapps_breaker*[1]")
  local text = native.text(name, "name")
  local ok, failure =
    native.call("tapps_breaker_open", cache.handle, text, native_options, handle)
  if not ok then
    return nil, failure
  end
  local shared = { handle = handle[0], users = 0 }
  local anchor = ffi.gc(ffi.new("char[1]"), share(shared))
  local made = { cache = cache, handle = handle[0], shared = shared, anchor = anchor }
  return setmetatable(made, Breaker)
end

-- A permit that nobody can report any more is reported as ignored.
local function reporter(self, permit)
  local shared = self.shared
  local drop = share(shared)
  local anchor = ffi.gc(ffi.new("int64_t[1]", permit), function(held)
    if held[0] > 0 then
      native.lib().tapps_breaker_report(shared.handle, held[0], OUTCOMES.ignored)
    end
    drop()
  end)
  return arguments.guarded(function(outcome)
    local number = OUTCOMES[outcome]
    if not number then
      local known = "success, failure, local_failure or ignored"
      error(native.invalid(("outcome: expected %s, not '%s'"):format(known, tostring(outcome))), 0)
    end
    if anchor[0] > 0 then
      anchor[0] = 0
      native.lib().tapps_breaker_report(self.handle, permit, number)
    end
    return true
  end)
end

-- A function that reports how the call went, "success", "failure", "local_failure" (whose reason may
-- lie with this process alone) or "ignored", and returns true, or nil and an error; or nil and the error OPEN_CIRCUIT, QUOTA or BUSY.
function Breaker:acquire()
  local permit = ffi.new("int64_t[1]")
  local ok, failure = native.call("tapps_breaker_acquire", self.handle, permit)
  if not ok then
    return nil, failure
  end
  return reporter(self, permit[0])
end

-- As acquire, but waits for a place up to wait_ms: done(report, error), the error being TIMEOUT when
-- there was none. In a coroutine `done` may be left out.
Breaker.wait = arguments.guarded(function(self, wait_ms, done)
  if wait_ms == math.huge then
    error(native.invalid("wait_ms: expected a time that ends, in milliseconds"), 0)
  end
  local us = arguments.micros(wait_ms, "wait_ms")
  return arguments.submit(self.cache, "tapps_queue_acquire", function(answer, failure)
    return answer and reporter(self, answer.number), failure
  end, done, self.handle, us)
end)

-- How many milliseconds to wait before a call that failed is made once more, the `attempt`s so far
-- and the HTTP status given; or nil and the error UNSUPPORTED (not worth it), FULL (made often
-- enough) or OPEN_CIRCUIT.
Breaker.retry_delay = arguments.guarded(function(self, attempt, status, retry_after_ms)
  local delay = ffi.new("int64_t[1]")
  local asked = arguments.micros(retry_after_ms, "retry_after_ms")
  local ok, failure =
    native.call("tapps_breaker_retry", self.handle, attempt, status or 0, asked, delay)
  return ok and tonumber(delay[0]) / 1000, failure
end)

-- Tells that the service takes no more than so many calls within a time.
Breaker.limit = arguments.guarded(function(self, calls, within_ms)
  local us = arguments.micros(within_ms, "within_ms")
  return native.call("tapps_breaker_limit", self.handle, calls, us)
end)

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
  found.quota_ms = tonumber(raw.quota_us) / 1000
  for _, name in ipairs({
    "failures_in_row", "in_flight", "successes", "failures", "ignored", "rejected", "transitions",
    "waiting", "window_calls", "window_failures", "window_slow",
  }) do
    found[name] = tonumber(raw[name])
  end
  return found
end

return M
