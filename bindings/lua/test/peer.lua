-- The peer of the contract cases (tests/contract/README.md), for luajit with luv.
local folder = arg[0]:match("^(.*)/test/[^/]*$") or "."
package.path = folder .. "/lua/?.lua;" .. folder .. "/lua/?/init.lua;" .. package.path

local tapps = require("tapps")
local found, uv = pcall(require, "luv")
if not found then
  print("SKIP: luv is not installed (./dev setup --all)")
  os.exit(0)
end

local cache
local breakers = {}
local permits = {} -- of each breaker, the functions that report

local function unescape(text)
  return (text:gsub("+", " "):gsub("%%(%x%x)", function(digits)
    return string.char(tonumber(digits, 16))
  end))
end

local function escape(value)
  local whole = type(value) == "number" and value % 1 == 0
  local text = whole and ("%.0f"):format(value) or tostring(value)
  return (text:gsub("[^%w]", function(c)
    return ("%%%02X"):format(c:byte())
  end))
end

local function hex(data)
  return (data:gsub(".", function(c)
    return ("%02x"):format(c:byte())
  end))
end

local function unhex(text)
  return (text:gsub("%x%x", function(digits)
    return string.char(tonumber(digits, 16))
  end))
end

local form -- name => values

local function text(name)
  return form[name] and form[name][1]
end

local function bytes(name)
  local found = {}
  for i, value in ipairs(form[name] or {}) do
    found[i] = unhex(value)
  end
  return found
end

local function key()
  return bytes("key")[1]
end

local function picked(names)
  local found = { namespace = text("space") }
  for _, name in ipairs(names) do
    local value = text(name)
    if value then
      found[name] = value == "1" and not name:find("_ms$") and true or tonumber(value) or value
    end
  end
  return found
end

-- Runs the loop until the callback of an operation has come: its result, or nil and the error.
local function wait(start)
  local ended, answer, failure
  local op, why = start(function(...)
    ended, answer, failure = true, ...
  end)
  if not op then
    return nil, why
  end
  while not ended do
    uv.run("once")
  end
  return answer, failure
end

local function ok(answer, failure)
  if failure then
    return { { "code", failure.name }, { "message", failure.message } }
  end
  return answer or {}
end

local GET = { "cached_only", "allow_stale", "peek", "show_negative" }
local PUT = { "ttl_ms", "stale_ms", "durability", "negative", "sliding", "content_type", "source", "json" }

local function put_options()
  local found = picked(PUT)
  found.tags = form.tag
  return found
end

local verbs = {}

function verbs.open()
  local given = picked({
    "read_only", "offline", "ttl_ms", "memory_bytes", "preload_bytes", "disk_entries", "policy",
    "no_proxy", "deny_private", "shared_http", "keep_set_cookie",
  })
  given.namespace, given.secret_names = nil, form.secret_name
  given.memory_bytes = tonumber(text("memory_bytes"))
  local made, failure = tapps.open(text("path"), given)
  cache = made or cache
  return ok(nil, failure)
end

function verbs.close()
  if cache then
    return ok(nil, select(2, cache:close()))
  end
  return {}
end

function verbs.state()
  return { { "state", cache:state() } }
end

function verbs.path()
  return { { "path", cache:path() } }
end

function verbs.get()
  local found, failure
  if form.cached_only then
    found, failure = cache:get(key(), picked(GET))
  else
    found, failure = wait(function(done)
      return cache:get_async(key(), picked(GET), done)
    end)
  end
  if not found and not failure then
    return { { "code", "NOT_FOUND" } }
  end
  return ok(found and { { "value", hex(found) } }, failure)
end

function verbs.entry()
  local found, failure = cache:entry(key(), picked(GET))
  if not found then
    return failure and ok(nil, failure) or { { "code", "NOT_FOUND" } }
  end
  local answer = {
    { "value", hex(found.value) },
    { "version", found.version },
    { "stale", found.stale and 1 or 0 },
    { "negative", found.negative and 1 or 0 },
    { "content_type", found.content_type or "" },
    { "source", found.source or "" },
    { "json", found.json or "" },
    { "served_from", found.served_from },
  }
  for _, tag in ipairs(found.tags) do
    answer[#answer + 1] = { "tag", tag }
  end
  return answer
end

function verbs.get_many()
  local keys = bytes("key")
  local found, failure = cache:get_many(keys, picked({}))
  local answer = {}
  for i = 1, found and #keys or 0 do
    answer[i] = { "item", found[i] and "=" .. hex(found[i]) or "-" }
  end
  return ok(answer, failure)
end

function verbs.put()
  local value = bytes("value")[1]
  if text("durability") == "sync" then
    return ok(nil, select(2, wait(function(done)
      return cache:put_async(key(), value, put_options(), done)
    end)))
  end
  return ok(nil, select(2, cache:put(key(), value, put_options())))
end

function verbs.put_many()
  local entries, values = {}, bytes("value")
  for i, name in ipairs(bytes("key")) do
    entries[i] = { name, values[i] }
  end
  return ok(nil, select(2, cache:put_many(entries, put_options())))
end

function verbs.delete()
  return ok(nil, select(2, cache:delete(key(), picked({}))))
end

local function filter()
  return {
    namespace = text("space"),
    all_namespaces = form.all_spaces ~= nil,
    prefix = bytes("prefix")[1],
    tag = text("tag"),
  }
end

-- Runs a call that suspends its coroutine, turning the loop until it is through.
local function suspended(call)
  local results
  coroutine.wrap(function()
    results = { call() }
  end)()
  while not results do
    uv.run("once")
  end
  return unpack(results, 1, 2)
end

function verbs.delete_all()
  local count, failure = cache:delete_all(filter())
  return ok({ { "count", count } }, failure)
end

function verbs.count()
  local found, failure = suspended(function()
    return cache:count(filter())
  end)
  return ok(found and { { "count", found.entries }, { "bytes", found.bytes } }, failure)
end

function verbs.contains()
  local version, failure = suspended(function()
    return cache:version_of(key(), picked({}))
  end)
  local there = wait(function(done)
    return cache:contains(key(), picked({}), done)
  end)
  if failure then
    return ok(nil, failure)
  end
  assert(there == (version > 0))
  return there and { { "version", version } } or { { "code", "NOT_FOUND" } }
end

function verbs.swap()
  local version, failure = wait(function(done)
    local expected = tonumber(text("version"))
    return cache:swap(key(), expected, bytes("value")[1], put_options(), done)
  end)
  return ok(version and { { "version", version } }, failure)
end

function verbs.load()
  local loads, answer, left = 0, {}, tonumber(text("at_once") or 1)
  local function loader(_, finish)
    loads = loads + 1
    if form.fail then
      error({ name = "LOADER", code = "LOADER", message = "on purpose" }, 0)
    elseif not form.at_once then
      return bytes("value")[1]
    end
    local timer = uv.new_timer()
    timer:start(50, 0, function()
      timer:close()
      finish(bytes("value")[1])
    end)
  end
  local failed
  for i = 1, left do
    coroutine.wrap(function()
      local value, failure = cache:load(key(), loader, put_options())
      answer[i], left = value and { "value", hex(value) }, left - 1
      failed = failed or failure
    end)()
  end
  while left > 0 do
    uv.run("once")
  end
  if failed or #answer == 0 then
    return failed and ok(nil, failed) or { { "code", "NOT_FOUND" } }
  end
  answer[#answer + 1] = { "loads", loads }
  return answer
end

function verbs.set_space()
  local given = picked({ "ttl_ms", "stale_ms", "negative_ttl_ms" })
  given.namespace = nil
  return ok(nil, select(2, cache:set_namespace(text("space"), given)))
end

function verbs.survey()
  local found, json = suspended(function()
    return cache:survey()
  end)
  return found and { { "json", json } } or ok(nil, json)
end

function verbs.check()
  local found, json = suspended(function()
    return cache:check({ deep = form.deep ~= nil })
  end)
  return found and { { "json", json } } or ok(nil, json)
end

function verbs.backup()
  return ok(nil, select(2, wait(function(done)
    return cache:backup(text("path"), done)
  end)))
end

function verbs.compact()
  local freed, failure = wait(function(done)
    return cache:compact({}, done)
  end)
  return ok(freed and { { "freed", freed } }, failure)
end

function verbs.fetch_many()
  local answer, ended = {}, false
  local given = { parallel = tonumber(text("parallel")), in_order = true }
  local ops, failure = cache:fetch_many(form.url, given, function(index, found)
    assert(index == #answer + 1, "out of order")
    answer[index] = { "item", found and "=" .. hex(found.value) or "-" }
  end, function()
    ended = true
  end)
  while ops and not ended do
    uv.run("once")
  end
  return ok(answer, failure)
end

function verbs.set_offline()
  return ok(nil, select(2, cache:set_offline(text("offline") == "1")))
end

function verbs.touch()
  return ok(nil, select(2, cache:touch(key(), tonumber(text("ttl_ms")), picked({}))))
end

function verbs.flush()
  return ok(nil, select(2, wait(function(done)
    return cache:flush(done)
  end)))
end

function verbs.entries()
  local answer = {}
  for entry in cache:entries({ namespace = text("space"), prefix = bytes("prefix")[1] }) do
    answer[#answer + 1] = { "key", hex(entry.key) }
  end
  return answer
end

function verbs.stats()
  local found, json = cache:stats()
  return found and { { "json", json } } or ok(nil, json)
end

function verbs.fetch()
  local given = picked({
    "policy", "method", "headers", "timeout_ms", "ttl_ms", "first_byte_ms", "deny_private",
  })
  given.retries = tonumber(text("retries"))
  given.namespace, given.body = nil, bytes("body")[1]
  local found, failure = wait(function(done)
    local op, why = cache:fetch(text("url"), given, done)
    if op and form.cancel then
      cache:cancel(op)
    end
    return op, why
  end)
  return ok(found and {
    { "status", found.status },
    { "value", hex(found.value) },
    { "served_from", found.served_from },
    { "stale", found.stale and 1 or 0 },
  }, failure)
end

function verbs.docs()
  local given = picked({ "topic", "project_root" })
  given.namespace = nil
  local found, failure = wait(function(done)
    return cache:docs(text("library"), given, done)
  end)
  return ok(found and {
    { "value", hex(found.value) },
    { "library", found.library },
    { "version", found.library_version },
    { "ecosystem", found.ecosystem },
  }, failure)
end

function verbs.plan()
  local plan, failure = cache:plan(text("root"))
  return ok(plan and { { "json", plan.json } }, failure)
end

function verbs.warm()
  local seen = 0
  local found, failure = wait(function(done)
    return cache:warm(text("root"), nil, function()
      seen = 1
    end, done)
  end)
  return ok(found and { { "json", found.value }, { "progress", seen } }, failure)
end

function verbs.breaker_open()
  local given = {}
  for _, name in ipairs({
    "failures", "open_ms", "max_concurrency", "max_waiting", "failure_rate", "slow_rate", "slow_ms",
    "window_calls", "min_calls", "retries", "retry_ms", "max_retry_ms",
  }) do
    given[name] = tonumber(text(name))
  end
  local made, failure = cache:breaker(text("name"), given)
  breakers[text("name")] = made
  permits[text("name")] = {}
  return ok(nil, failure)
end

function verbs.breaker_acquire()
  local breaker, wait_ms = breakers[text("name")], tonumber(text("wait_ms"))
  local report, failure
  if wait_ms then
    report, failure = suspended(function()
      return breaker:wait(wait_ms)
    end)
  else
    report, failure = breaker:acquire()
  end
  table.insert(permits[text("name")], report)
  return ok(nil, failure)
end

function verbs.breaker_report()
  table.remove(permits[text("name")], 1)(text("outcome"))
  return {}
end

function verbs.breaker_limit()
  local breaker = breakers[text("name")]
  return ok(nil, select(2, breaker:limit(tonumber(text("calls")), tonumber(text("within_ms")))))
end

function verbs.breaker_retry()
  local breaker = breakers[text("name")]
  local delay, failure = breaker:retry_delay(tonumber(text("attempt")), tonumber(text("status")))
  return ok(delay and { { "delay_ms", delay } }, failure)
end

function verbs.breaker_call()
  local breaker, outcome = breakers[text("name")], text("outcome")
  if outcome == "ignored" then
    local report, failure = breaker:acquire()
    if report then
      report("ignored")
    end
    return ok(nil, failure)
  end
  local _, failure = breaker:execute(function()
    if outcome == "failure" then
      error("down")
    end
    return true
  end)
  return ok(nil, type(failure) == "table" and failure or nil)
end

function verbs.breaker_force()
  return ok(nil, select(2, breakers[text("name")]:force(text("mode"))))
end

function verbs.breaker_read()
  local found = breakers[text("name")]:read()
  local answer = {}
  for _, name in ipairs({ "state", "failures", "successes", "rejected" }) do
    answer[#answer + 1] = { name, found[name] }
  end
  return answer
end

function verbs.event()
  local found
  local native = require("tapps.native")
  local decode = native.decode
  native.decode = function(json)
    return json
  end
  local stop = cache:subscribe({ "breaker" }, function(data)
    found = data
  end)
  cache:breaker(text("name")):force("open")
  local timer = uv.new_timer()
  timer:start(10000, 0, function()
    found = found or "null"
  end)
  while not found do
    uv.run("once")
  end
  timer:close()
  stop()
  native.decode = decode
  return { { "json", found } }
end

for line in io.lines() do
  form = {}
  for name, value in line:gmatch("([^&=]+)=([^&]*)") do
    name = unescape(name)
    form[name] = form[name] or {}
    table.insert(form[name], unescape(value))
  end
  local verb = verbs[text("do")]
  local good, answer = pcall(verb or function()
    return { { "lack", "1" } }
  end)
  if not good then
    local name = type(answer) == "table" and answer.name or "EXCEPTION"
    answer = { { "code", name }, { "message", tostring(answer) } }
  end
  local fields, coded = {}, false
  for i, pair in ipairs(answer) do
    fields[i] = escape(pair[1]):gsub("%%5F", "_") .. "=" .. escape(pair[2])
    coded = coded or pair[1] == "code" or pair[1] == "lack"
  end
  if not coded then
    fields[#fields + 1] = "code=OK"
  end
  io.write(table.concat(fields, "&"), "\n")
  io.flush()
end
uv.run() -- luv wants handles that were closed to be done with before the state goes
