-- Operations of every kind, COUNT of them; the resident memory after each tenth as "rss KIB". For
-- tools/binding_soak: luajit soak.lua COUNT
local folder = arg[0]:match("^(.*)/test/[^/]*$") or "."
package.path = folder .. "/lua/?.lua;" .. folder .. "/lua/?/init.lua;" .. package.path

local found, uv = pcall(require, "luv")
if not found then
  print("SKIP: luv is not installed (./dev setup --all)")
  os.exit(77)
end
local tapps = require("tapps")

local ROUND = 20 -- operations of one round
local value = ("\1"):rep(600)
local place = assert(uv.fs_mkdtemp("/tmp/tapps-soak-XXXXXX"))
local cache = assert(tapps.open(place .. "/cache.db", { memory_bytes = 2 ^ 20, disk_bytes = 2 ^ 23 }))
local breaker = assert(cache:breaker("soak", { max_concurrency = 1000 }))

local function round(n)
  local key = "k" .. n % 5000
  cache:put(key, value, { tags = { "a", "b" }, json = '{"n":1}' })
  cache:get(key)
  cache:entry("k" .. n * 7 % 5000)
  cache:get("none " .. n)
  cache:get_many({ key, "k1", "none" })
  cache:put_many({ { "m1", "x" }, { "m2", "y" } })
  cache:put("", "x")
  cache:put("x", "x", { durability = "later" })
  cache:contains(key)
  cache:load("l" .. n % 500, function()
    return value
  end, { ttl_ms = 50 })
  cache:load("f" .. n, function()
    error("on purpose", 0)
  end)
  cache:load("u" .. n, function(_, finish)
    finish(nil)
  end)
  cache:swap(key, 0, "x")
  cache:touch(key, 60000)
  cache:cancel(cache:get_async("q" .. n, {}, function() end))
  breaker:execute(function() end)
  local report = breaker:wait(1000)
  report("success")
  cache:delete(key)
  cache:count({ tag = "a", prefix = "k1" .. n % 10 })
  cache:breaker("soak")
end

local function resident()
  local file = assert(io.open("/proc/self/statm"))
  local pages = file:read("*a"):match("^%d+ (%d+)")
  file:close()
  return pages * 4
end

local tenth, ended = math.max(1, math.floor(tonumber(arg[1]) / ROUND / 10)), false
coroutine.wrap(function()
  for part = 0, 9 do
    for n = part * tenth + 1, (part + 1) * tenth do
      round(n)
    end
    for _ in cache:entries({ prefix = "k1" }) do
    end
    collectgarbage()
    collectgarbage()
    print("rss " .. resident())
    io.stdout:flush()
  end
  ended = true
end)()
while not ended do
  uv.run("once")
end
cache:close()
uv.run()
for _, name in ipairs({ "cache.db", "cache.db-wal", "cache.db-shm" }) do
  os.remove(place .. "/" .. name)
end
uv.fs_rmdir(place)
