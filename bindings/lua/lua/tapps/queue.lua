-- A completion queue, watched by libuv through its descriptor. Callbacks run on the main loop, for
-- at most a millisecond at a time, so that a burst of completions does not hold up the editor.
local ffi = require("ffi")
local cdef = require("tapps.cdef")
local native = require("tapps.native")

local uv = vim and (vim.uv or vim.loop) or require("luv")
local schedule = vim and vim.schedule or function(f)
  f()
end

local BATCH = 16
local BUDGET_NS = 1e6

local Queue = {}
Queue.__index = Queue

local M = { uv = uv }

-- Calls f() on a later turn of the loop.
M.later = vim and vim.schedule
  or function(f)
    local timer = uv.new_timer()
    timer:start(0, 0, function()
      timer:close()
      f()
    end)
  end

-- Queues that somebody hears from. Others go when nobody knows them any more.
local heard = {}

-- Calls f; what it raises is told by itself, soon, and holds up nothing else.
function M.protected(f, ...)
  local good, why = xpcall(f, function(why)
    return debug.traceback(tostring(why), 2)
  end, ...)
  if not good then
    M.later(function()
      error(why, 0)
    end)
  end
end

-- Calls back(queue) once when the descriptor is readable. The poll lives as long as the loop: it
-- must not keep the queue.
local function watch(self)
  local weak = setmetatable({ queue = self }, { __mode = "v" })
  local poll = self.poll
  poll:start("r", function()
    poll:stop() -- until what is there has been handed out
    schedule(function()
      if weak.queue then
        weak.queue:hand_out()
      end
    end)
  end)
end

-- What becomes of a queue that is collected: its poll is closed first, on a turn of the main loop.
-- A LuaJIT of its own cannot tell that from its end, when luv has to close the poll itself: there
-- queues are kept until they are closed.
local function dropped(poll)
  if not vim then
    return native.lib().tapps_queue_release
  end
  return function(handle)
    schedule(function()
      poll:close()
      native.lib().tapps_queue_release(handle)
    end)
  end
end

function M.open(cache)
  local handle = ffi.new("tapps_queue*[1]")
  local ok, failure = native.call("tapps_queue_open", cache, handle)
  if not ok then
    return nil, failure
  end
  local self = setmetatable({
    handle = handle[0],
    records = ffi.new("tapps_record[?]", BATCH),
    waiting = {}, -- op => what is called at its end, and with its progress
    under_way = 0,
  }, Queue)
  self.poll = uv.new_poll(tonumber(native.lib().tapps_queue_fd(self.handle)))
  self.poll:unref() -- alone it keeps no loop running
  ffi.gc(self.handle, dropped(self.poll))
  heard[self] = not vim or nil
  watch(self)
  return self
end

-- submit(name, done, progress, ...): the number of the operation, or nil and the error.
function Queue:submit(name, done, progress, ...)
  local op = ffi.new("int64_t[1]")
  local arguments, count = { ... }, select("#", ...)
  arguments[count + 1], arguments[count + 2] = 0, op
  local ok, failure = native.call(name, self.handle, unpack(arguments, 1, count + 2))
  if not ok then
    return nil, failure
  end
  return self:expect(tonumber(op[0]), done, progress)
end

function Queue:expect(op, done, progress)
  self.waiting[op] = { done = done, progress = progress }
  self.under_way = self.under_way + 1
  heard[self] = true
  self.poll:ref()
  return op
end

-- A call that starts `count` operations: done(index, answer, failure) for each; their numbers.
function Queue:submit_many(name, count, done, ...)
  local ops = ffi.new("int64_t[?]", count)
  local arguments, given = { ... }, select("#", ...)
  arguments[given + 1], arguments[given + 2], arguments[given + 3] = 0, ops, count
  local ok, failure = native.call(name, self.handle, unpack(arguments, 1, given + 4))
  if not ok then
    return nil, failure
  end
  local numbers = {}
  for i = 1, count do
    numbers[i] = self:expect(tonumber(ops[i - 1]), function(...)
      done(i, ...)
    end)
  end
  return numbers
end

-- The operation's callback gets the error CANCELLED, soon.
function Queue:cancel(op)
  if self.handle then
    native.lib().tapps_queue_cancel(self.handle, op)
  end
end

-- Takes a batch over, and adds what it is to call; the number of records.
function Queue:drain(calls)
  local taken = tonumber(native.lib().tapps_queue_drain(self.handle, self.records, BATCH))
  for i = 0, taken - 1 do
    calls[#calls + 1] = self:take(self.records[i])
  end
  return taken
end

function Queue:hand_out()
  if not self.handle then
    return
  end
  local began = uv.hrtime()
  while true do
    -- All are taken over before the first callback: it may close the queue.
    local calls = {}
    local taken = self:drain(calls)
    for _, call in ipairs(calls) do
      M.protected(call)
    end
    if not self.handle then
      return
    elseif taken < BATCH then
      break
    elseif uv.hrtime() - began > BUDGET_NS then
      break
    end
  end
  watch(self)
end

function Queue:take(record)
  local op, kind, value = tonumber(record.op), record.kind, record.value
  if kind >= cdef.EVENT_PROGRESS then
    local data = native.value_bytes(value)
    native.lib().tapps_value_release(value)
    local waiting = self.waiting[op]
    local tell = kind == cdef.EVENT_PROGRESS and waiting and waiting.progress or nil
    if kind ~= cdef.EVENT_PROGRESS then
      tell = self.on_event
    end
    return function()
      if tell then
        tell(native.decode(data), kind)
      end
    end
  end
  local waiting = self.waiting[op]
  self.waiting[op] = nil
  self.under_way = self.under_way - 1
  if self.under_way == 0 then
    self.poll:unref()
    heard[self] = (self.on_event or not vim) and true or nil
  end
  if record.code ~= cdef.OK then
    local failure = native.failure(record.code, record.error)
    if kind == cdef.RECORD_SWAP and record.code == cdef.E_EXISTS then
      failure.version = tonumber(record.number)
    end
    return function()
      waiting.done(nil, failure)
    end
  end
  local found = value ~= nil and native.take_value(value) or {}
  found.has_value = value ~= nil
  found.number, found.bytes = tonumber(record.number), tonumber(record.bytes)
  return function()
    waiting.done(found)
  end
end

function Queue:subscribe(bits, on_event)
  self.on_event = on_event
  heard[self] = true
  return native.call("tapps_queue_subscribe", self.handle, bits)
end

-- Ends the watch and gives the queue back. What has ended is told with its result, what is under
-- way ends with `failure`; without one, what is there is dropped.
function Queue:close(failure)
  if not self.handle then
    return
  end
  local calls = {}
  repeat
    local taken = self:drain(calls)
  until taken == 0
  local handle, left = self.handle, self.waiting
  self.handle, self.waiting, heard[self] = nil, {}, nil
  self.poll:close()
  native.lib().tapps_queue_release(ffi.gc(handle, nil))
  if not failure then
    return
  end
  for _, waiting in pairs(left) do
    calls[#calls + 1] = function()
      waiting.done(nil, failure)
    end
  end
  schedule(function()
    for _, call in ipairs(calls) do
      M.protected(call)
    end
  end)
end

return M
