-- Hits of the Lua binding in LuaJIT; ../../README.md has the protocol.
--
-- usage: luajit contender.lua WORKLOAD SCRATCH WHO
local binding = arg[0]:match("^(.*)/bench/peers/bindings/lua/[^/]*$") .. "/bindings/lua"
package.path = binding .. "/lua/?.lua;" .. binding .. "/lua/?/init.lua;" .. package.path

local ffi = require("ffi")
local tapps = require("tapps")

local KEY_BYTES, VALUE_BYTES, HOT_KEYS, CHUNK = 40, 1024, 1000, 500
local workload, scratch, who = arg[1], arg[2], arg[3]

ffi.cdef([[
typedef struct { int64_t seconds, nanoseconds; } contender_time;
int clock_gettime(int clock, contender_time *time);
]])
local time = ffi.new("contender_time")
local function now()
  ffi.C.clock_gettime(1, time)
  return tonumber(time.seconds) * 1e9 + tonumber(time.nanoseconds)
end

local function read(name)
  local file = assert(io.open(workload .. "/" .. name, "rb"))
  local data = file:read("*a")
  file:close()
  return data
end

local cache = assert(tapps.open(scratch .. "/cache.db"))
local bytes, pool = read("keys.bin"), read("pool.bin")
local keys = {}
for i = 0, HOT_KEYS - 1 do
  keys[i] = bytes:sub(i * KEY_BYTES + 1, (i + 1) * KEY_BYTES)
  local at = i * 61 % (#pool - VALUE_BYTES)
  assert(cache:put(keys[i], pool:sub(at + 1, at + VALUE_BYTES)))
end
local numbers = read("zipf.u32")
local order = ffi.cast("const uint32_t *", numbers)
local count = #numbers / 4

local sink = 0
local function get(key)
  sink = sink + cache:get(key):byte()
end
local function nothing(key)
  sink = sink + key:byte()
end

-- The median of the means of chunks. A loop for each, so that a trace is compiled for each.
local function timed(step)
  local means = {}
  for at = 0, count - CHUNK, CHUNK do
    local began = now()
    for i = at, at + CHUNK - 1 do
      step(keys[order[i] % HOT_KEYS])
    end
    means[#means + 1] = (now() - began) / CHUNK
  end
  table.sort(means)
  return means[math.floor(#means / 2) + 1]
end

for row in io.lines() do
  local ns = timed(get) - timed(nothing)
  print(('{"row":"%s","who":"%s","metric":"mean","unit":"ns","value":%.2f}\n'):format(row, who, ns))
  io.flush()
end
