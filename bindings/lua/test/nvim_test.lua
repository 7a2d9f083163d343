-- Tests in a headless Neovim: nvim --headless -u NONE -c "luafile test/nvim_test.lua"
local folder = vim.fn.fnamemodify(debug.getinfo(1, "S").source:sub(2), ":p:h:h")
vim.opt.runtimepath:append(folder)
vim.cmd("runtime plugin/tapps.lua")
vim.o.columns, vim.o.lines = 100, 40

local work = vim.fn.tempname()
vim.fn.mkdir(work .. "/project/node_modules/left-pad", "p")
local function write(name, text)
  local file = assert(io.open(work .. "/" .. name, "w"))
  file:write(text)
  file:close()
end
write("project/package.json", '{"dependencies":{"left-pad":"1.3.0"}}')
write("project/node_modules/left-pad/package.json", '{"name":"left-pad","version":"1.3.0"}')
write("project/node_modules/left-pad/README.md", "# left-pad\n\nPads a string on the left.\n\27[31m")
vim.g.tapps = { path = work .. "/cache.db" }
vim.cmd("cd " .. work .. "/project")

local tapps = require("tapps")
local tests = {}

local function wait(what, condition)
  assert(vim.wait(15000, condition, 5), "timed out: " .. what)
end

function tests.docs_opens_a_float_with_the_document()
  vim.cmd("Tapps docs left-pad")
  wait("a float", function()
    return #vim.api.nvim_list_wins() == 2
  end)
  local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n")
  assert(text:find("Pads a string on the left", 1, true), text)
  assert(text:find("left-pad 1.3.0", 1, true), text)
  assert(not text:find("\27", 1, true), "a control character came through")
  assert(vim.api.nvim_win_get_config(0).relative == "editor")
  vim.api.nvim_feedkeys("q", "x", false)
  assert(#vim.api.nvim_list_wins() == 1)
end

-- What is told from here to the first notice.
local function told_by(action)
  local said
  local notify = vim.notify
  vim.notify = function(message)
    said = message
  end
  local good, why = pcall(action)
  vim.wait(15000, function()
    return said or not good
  end, 5)
  vim.notify = notify
  assert(good, why)
  return assert(said, "timed out: a notice")
end

function tests.docs_and_warm_take_the_settings()
  local plugin, before = require("tapps.nvim"), vim.g.tapps
  local folder_elsewhere, result = work .. "/tools/node_modules", nil
  vim.fn.mkdir(folder_elsewhere .. "/far-away", "p")
  write("tools/node_modules/far-away/package.json", '{"name":"far-away","version":"2.0.0"}')
  write("tools/node_modules/far-away/README.md", "# far-away\n\nIs not in the project.\n")
  vim.fn.mkdir(work .. "/asking", "p")
  write("asking/package.json", '{"dependencies":{"far-away":"2.0.0"}}')
  vim.g.tapps = vim.tbl_extend("force", before, {
    docs = { paths = { folder_elsewhere }, ecosystem = "npm", max_tokens = 500 },
  })
  plugin.warm(work .. "/asking", function(found)
    result = found or false
  end)
  wait("the end of the run", function()
    return result ~= nil
  end)
  local shown
  plugin.docs("far-away", "", function(buffer)
    shown = buffer or false
  end)
  wait("the document", function()
    return shown ~= nil
  end)
  vim.g.tapps = before
  assert(result and result.failed == 0 and result.total == 1, vim.inspect(result))
  local text = table.concat(vim.api.nvim_buf_get_lines(shown, 0, -1, false), "\n")
  vim.cmd("close")
  assert(text:find("Is not in the project", 1, true), text)
end

function tests.what_is_not_found_is_told()
  local said = told_by(function()
    vim.cmd("Tapps docs left-padd")
  end)
  assert(said:find("left-padd", 1, true), said)
end

function tests.a_long_message_is_cut_and_kept()
  local said = told_by(function()
    require("tapps.nvim").tell("it's " .. ("long "):rep(100) .. "and\nhas its end here")
  end)
  assert(vim.fn.strdisplaywidth(said) <= vim.v.echospace, "Neovim would ask for Enter: " .. said)
  local kept = table.concat(require("tapps.nvim").status_lines(), "\n")
  assert(kept:find("has its end here", 1, true), kept)
end

function tests.warm_tells_of_its_progress()
  local echoed, result = {}, nil
  local echo = vim.api.nvim_echo
  vim.api.nvim_echo = function(chunks)
    echoed[#echoed + 1] = chunks[1][1]
  end
  require("tapps.nvim").warm("", function(found)
    result = found or false
  end)
  wait("the end of the run", function()
    return result ~= nil
  end)
  vim.api.nvim_echo = echo
  assert(result and result.failed == 0 and result.total == 1, vim.inspect(result))
  assert(table.concat(echoed, "\n"):find("1/1", 1, true), vim.inspect(echoed))
  local line = require("tapps.nvim").progress_line({ done = 1, total = 4, current = ("x"):rep(200) })
  assert(line:find("█████░░░", 1, true), line)
  assert(vim.fn.strdisplaywidth(line) <= vim.v.echospace, "Neovim would ask for Enter: " .. line)
end

function tests.status_and_completion()
  vim.cmd("Tapps status")
  local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n")
  assert(text:find("state: ok", 1, true), text)
  assert(text:find(work .. "/cache.db", 1, true), text)
  vim.cmd("close")
  assert(vim.deep_equal(vim.fn.getcompletion("Tapps st", "cmdline"), { "status" }))
  assert(vim.deep_equal(vim.fn.getcompletion("Tapps docs le", "cmdline"), { "left-pad" }))
end

function tests.checkhealth_finds_the_library()
  vim.cmd("checkhealth tapps")
  local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n")
  assert(text:find("library 0.1.0", 1, true), text)
  assert(text:find("is ok", 1, true), text)
  vim.cmd("bwipeout")
end

function tests.help_has_the_command()
  vim.cmd("helptags " .. folder .. "/doc")
  vim.cmd("help :Tapps")
  assert(vim.api.nvim_get_current_line():find(":Tapps", 1, true))
  vim.cmd("close")
  os.remove(folder .. "/doc/tags")
end

-- Runs 1,000 puts and 1,000 gets that go to the disk; the longest time in milliseconds and the most
-- callbacks of one turn of the main loop.
local function burst(name)
  local cache = assert(tapps.open(work .. "/" .. name, { memory_bytes = 65536 }))
  assert(cache:flush(function() end)) -- opens the queue
  local Queue = getmetatable(cache.queue)
  local hand_out, hrtime = Queue.hand_out, vim.loop.hrtime
  local ended, before, longest, most = 0, 0, 0, 0
  Queue.hand_out = function(self)
    local began = hrtime()
    before = ended
    hand_out(self)
    longest, most = math.max(longest, hrtime() - began), math.max(most, ended - before)
  end
  local function done(found, failure)
    assert(found, failure and failure.message)
    ended = ended + 1
  end
  local good, why = pcall(function()
    for n = 1, 1000 do
      assert(cache:put_async("key " .. n, ("v"):rep(2000), {}, done))
    end
    wait("a thousand puts", function()
      return ended == 1000
    end)
    for n = 1, 1000 do
      assert(cache:get_async("key " .. n, {}, done))
    end
    wait("a thousand gets", function()
      return ended == 2000
    end)
  end)
  Queue.hand_out = hand_out
  assert(good, why)
  assert(cache:close())
  return longest / 1e6, most
end

function tests.a_thousand_operations_do_not_hold_up_the_main_loop()
  local longest, most = burst("many.db")
  local line = ("longest turn of the main loop %.2f ms, most callbacks in one %d"):format(longest, most)
  io.stdout:write(line .. "\n")
  assert(longest < 100, line) -- a millisecond is meant; a busy machine adds to that
end

function tests.callbacks_have_a_millisecond_a_turn()
  local hrtime, now = vim.loop.hrtime, 0
  vim.loop.hrtime = function()
    now = now + 0.6e6 -- so much from one look at the clock to the next
    return now
  end
  local good, why, most = pcall(burst, "turns.db")
  vim.loop.hrtime = hrtime
  assert(good, why)
  assert(most <= 32, most .. " callbacks in one turn") -- two batches
end

function tests.an_operation_is_cancelled_and_close_ends_the_rest()
  local server = vim.loop.new_tcp()
  server:bind("127.0.0.1", 0)
  local taken = {}
  server:listen(16, function()
    local client = vim.loop.new_tcp()
    server:accept(client)
    taken[#taken + 1] = client
  end)
  local url = ("http://127.0.0.1:%d/"):format(server:getsockname().port)
  local cache, names = assert(tapps.open(":memory:")), {}
  local function done(answer, failure)
    names[#names + 1] = answer and "answered" or failure.name
  end
  local op = assert(cache:fetch(url, {}, done))
  cache:cancel(op)
  wait("the cancelled one", function()
    return #names == 1
  end)
  assert(cache:fetch(url .. "other", {}, done))
  assert(cache:close())
  wait("the closed one", function()
    return #names == 2
  end)
  local by_queue_or_fetch = ("CLOSED CANCELLED"):find(names[2], 1, true)
  assert(names[1] == "CANCELLED" and by_queue_or_fetch, vim.inspect(names))
  local late, failure = cache:flush(done)
  assert(not late and failure.name == "CLOSED")
  for _, client in ipairs(taken) do
    client:close()
  end
  server:close()
end

function tests.a_callback_that_raises_is_told_and_holds_up_nothing()
  local cache, queue = assert(tapps.open(":memory:")), require("tapps.queue")
  local answers, told, later = 0, "", queue.later
  queue.later = function(f)
    later(function()
      told = told .. tostring(select(2, pcall(f)))
    end)
  end
  local function raise()
    error("on purpose")
  end
  local function count()
    answers = answers + 1
  end
  for _, start in ipairs({
    function()
      cache:put_async("a", "x", {}, raise)
      cache:put_async("b", "x", {}, count)
    end,
    function()
      coroutine.wrap(function()
        cache:contains("a")
        raise()
      end)()
      cache:put_async("b", "x", {}, count)
    end,
    function()
      cache:load("new " .. answers, function()
        return "made"
      end, {}, raise)
      cache:put_async("b", "x", {}, count)
    end,
  }) do
    local before = answers
    told = ""
    start()
    wait("what comes after it", function()
      return answers == before + 1
    end)
    wait("the message", function()
      return told:find("on purpose", 1, true)
    end)
    cache:put_async("c", "x", {}, count)
    wait("what comes later", function()
      return answers == before + 2
    end)
  end
  queue.later = later
  cache:close()
end

function tests.close_answers_what_has_ended()
  local cache = assert(tapps.open(work .. "/ended.db"))
  local answers = {}
  for n = 1, 40 do
    assert(cache:put_async("k" .. n, "v", { durability = "sync" }, function(found, failure)
      answers[#answers + 1] = found and "stored" or failure.name
    end))
  end
  while cache:stats().writes < 40 do
    vim.loop.sleep(1) -- the main loop, too
  end
  assert(cache:close())
  wait("the answers", function()
    return #answers == 40
  end)
  assert(not vim.tbl_contains(answers, "CLOSED"), vim.inspect(answers))
end

function tests.caches_that_are_dropped_give_their_descriptors_back()
  local function descriptors()
    collectgarbage()
    collectgarbage()
    vim.wait(20) -- libuv closes on a turn of its loop
    return #vim.fn.readdir("/proc/self/fd")
  end
  local before, answered = descriptors(), 0
  for _ = 1, 30 do
    local cache = assert(tapps.open(":memory:"))
    assert(cache:flush(function()
      answered = answered + 1
    end))
    cache = nil
    collectgarbage()
  end
  wait("the flushes, though nobody holds their caches", function()
    return answered == 30
  end)
  wait("the end of the queues", function()
    return descriptors() <= before + 3
  end)
end

function tests.endless_times_are_endless()
  local cache = assert(tapps.open(":memory:"))
  assert(cache:put("k", "old", { ttl_ms = 1, stale_ms = math.huge }))
  wait("the end of its lifetime", function()
    return cache:get("k") == nil
  end)
  assert(cache:get("k", { allow_stale = true }) == "old")
  assert(cache:put("k", "new", { ttl_ms = math.huge, timeout_ms = 0 }))
  assert(cache:entry("k").expires_at == nil)
  assert(cache:put("k", "new", { ttl_ms = 1e300 }))
  assert(cache:entry("k").expires_at == nil)
  for _, answer in ipairs({
    { cache:put("k", "x", { timeout_ms = math.huge }) },
    { cache:load("k", function() end, { load = { wait_ms = math.huge } }, function() end) },
  }) do
    assert(answer[1] == nil and answer[2].name == "INVALID", vim.inspect(answer))
  end
  cache:close()
end

function tests.texts_with_a_nul_are_refused()
  local cache = assert(tapps.open(":memory:"))
  local function done() end
  for number, answer in ipairs({
    { cache:put("k", "x", { namespace = "a\0b" }) },
    { cache:get("k", { namespace = "a\0b" }) },
    { cache:count({ namespace = "a\0b" }, done) },
    { cache:delete_all({ tag = "a\0b" }) },
    { cache:set_namespace("a\0b", { ttl_ms = 5 }) },
    { cache:fetch("http://127.0.0.1:1/\0", {}, done) },
    { cache:fetch_many({ "http://127.0.0.1:1/\0" }, {}, done) },
    { cache:docs("left-pad\0", {}, done) },
    { cache:plan(work .. "\0") },
    { cache:backup(work .. "/copy\0", done) },
    { cache:breaker("a\0b") },
    { cache:entries({ namespace = "a\0b" }) },
    { tapps.open(":memory:\0") },
  }) do
    assert(answer[1] == nil and answer[2].message:find("NUL"), number .. vim.inspect(answer))
  end
  assert(cache:get("k", { namespace = "a" }) == nil)
  cache:close()
end

function tests.many_urls_are_refused_when_one_is_none()
  local cache = assert(tapps.open(":memory:"))
  local ended = false
  local function done()
    ended = true
  end
  for _, urls in ipairs({ { "http://127.0.0.1:1/", "" }, { "http://127.0.0.1:1/\n" } }) do
    local ops, failure = cache:fetch_many(urls, {}, function() end, done)
    assert(ops == nil and failure.message:find("urls: number", 1, true), vim.inspect(failure))
  end
  assert(not ended)
  assert(vim.deep_equal(cache:fetch_many({}, {}, function() end, done), {}))
  wait("the end of nothing", function()
    return ended
  end)
  cache:close()
end

function tests.a_lease_ends_when_its_value_is_refused_or_not_stored()
  local cache = assert(tapps.open(work .. "/refused.db"))
  local function loaded(value, options)
    local answer
    options.load = { wait_ms = 0 } -- not for somebody else's lease
    assert(cache:load("k", function()
      return value
    end, options, function(found, failure)
      answer = found or failure.name
    end))
    wait("an answer", function()
      return answer
    end)
    return answer
  end
  assert(loaded("one", { json = "not json" }) == "INVALID")
  assert(loaded("two", { source = ("x"):rep(2 ^ 21) }) == "two")
  assert(cache:get("k") == nil)
  assert(loaded("three", {}) == "three")
  cache:close()
end

function tests.the_nearest_manifest_makes_the_project()
  vim.fn.mkdir(work .. "/project/part/src", "p")
  write("project/part/requirements.txt", "left-pad==1.0\n")
  vim.cmd("edit " .. work .. "/project/part/src/main.py")
  local root = require("tapps.nvim").project_root()
  vim.cmd("bwipeout")
  vim.fn.delete(work .. "/project/part", "rf")
  assert(root == vim.fn.resolve(work) .. "/project/part" or root == work .. "/project/part", root)
end

function tests.a_loader_that_fails_or_ends_later_ends_its_lease()
  local cache = assert(tapps.open(":memory:"))
  local function loaded(loader)
    local answer
    assert(cache:load("k", loader, {}, function(value, failure)
      answer = value or tostring(failure)
    end))
    wait("an answer", function()
      return answer
    end)
    return answer
  end
  assert(loaded(function()
    error("on purpose", 0)
  end) == "on purpose")
  assert(loaded(function(_, finish)
    vim.defer_fn(function()
      finish(nil, "nothing there")
      finish("too late")
    end, 5)
  end) == "nothing there")
  assert(loaded(function()
    return "one"
  end) == "one")
  assert(cache:get("k") == "one")
  cache:close()
end

function tests.a_stale_value_is_answered_while_its_successor_is_loaded()
  local cache = assert(tapps.open(":memory:"))
  assert(cache:put("k", "old", { ttl_ms = 1, stale_ms = 60000 }))
  wait("the end of its lifetime", function()
    return cache:get("k") == nil
  end)
  local said, finish
  assert(cache:load("k", function(_, later)
    finish = later
  end, {}, function(value)
    said = value
  end))
  wait("the stale value", function()
    return said
  end)
  assert(said == "old")
  finish("new")
  assert(cache:get("k") == "new")
  cache:close()
end

function tests.bad_arguments_are_errors_and_not_exceptions()
  local cache = assert(tapps.open(":memory:"))
  for _, call in ipairs({
    function()
      return cache:put("a", 5)
    end,
    function()
      return cache:put("a", "x", { ttl_ms = 0 })
    end,
    function()
      return cache:put("a", "x", { lifetime = 1 })
    end,
    function()
      return cache:put("a", "x", { durability = "later" })
    end,
    function()
      return cache:put("", "x")
    end,
  }) do
    local answer, failure = call()
    assert(answer == nil and failure.name == "INVALID", vim.inspect(failure))
  end
  cache:close()
end

function tests.calls_without_a_callback_suspend_or_are_refused()
  local cache = assert(tapps.open(work .. "/suspended.db"))
  local root, ended = work .. "/project", {}
  local calls = {
    flush = function()
      return cache:flush()
    end,
    put_async = function()
      return cache:put_async("k", "v")
    end,
    get_async = function()
      return cache:get_async("not in memory") == nil
    end,
    docs = function()
      local found, failure = cache:docs("left-pad", { project_root = root })
      return found and found.library == "left-pad", failure
    end,
    warm = function()
      return cache:warm(root, nil, function() end)
    end,
    fetch = function()
      local found, failure = cache:fetch("http://127.0.0.1:1/", {})
      return not found and failure.name == "NETWORK", failure
    end,
  }
  for name, call in pairs(calls) do
    if name ~= "get_async" then -- which may have its answer at once
      local answer, failure = cache[name](cache, name == "warm" and root or "http://127.0.0.1:1/", "x")
      assert(answer == nil and failure.name == "INVALID", name)
    end
    coroutine.wrap(function()
      ended[name] = { call() }
    end)()
  end
  local op, failure = cache:flush()
  assert(op == nil and failure.message:find("expected a callback, or a call in a cor", 1, true))
  wait("the answers", function()
    return #vim.tbl_keys(ended) == 6
  end)
  for name, results in pairs(ended) do
    assert(results[1], name .. ": " .. vim.inspect(results))
  end
  cache:close()
end

function tests.many_entries_are_written_and_removed_off_the_main_loop()
  local cache, told, answers = assert(tapps.open(work .. "/off.db")), nil, {}
  local entries = {}
  for n = 1, 300 do
    entries[n] = { "k/" .. n, "v" .. n }
  end
  coroutine.wrap(function()
    answers = {
      cache:put_many_async(entries, { ttl_ms = 60000, durability = "sync" }),
      cache:get("k/300"),
      cache:touch_async("k/1", 90000),
      select(2, cache:touch_async("nowhere", 90000)).name,
      cache:delete_async("k/1", { durability = "sync" }),
      cache:get("k/1") or "gone",
      cache:delete_all_async({ prefix = "k/" }),
      "the end",
    }
  end)()
  assert(answers[1] == nil, "it did not wait")
  wait("the answers", function()
    return answers[8]
  end)
  assert(vim.deep_equal(answers, { true, "v300", true, "NOT_FOUND", true, "gone", 299, "the end" }),
    vim.inspect(answers))
  assert(cache:delete_all_async({}, function(count)
    told = count
  end))
  wait("the callback", function()
    return told == 0
  end)
  cache:close()
end

function tests.a_permit_that_is_forgotten_is_given_back()
  local cache = assert(tapps.open(":memory:"))
  local breaker = assert(cache:breaker("forgotten", { max_concurrency = 1 }))
  for _ = 1, 3 do
    assert(breaker:acquire() and breaker:read().in_flight == 1)
    collectgarbage()
    collectgarbage()
    assert(breaker:read().in_flight == 0, "it is still out")
  end
  assert(breaker:read().ignored == 3 and breaker:acquire())
  breaker, cache = nil, nil -- together with their permit
  collectgarbage()
  collectgarbage()
end

function tests.a_zero_means_none_where_none_is_possible()
  local server, cache = vim.loop.new_tcp(), assert(tapps.open(":memory:"))
  server:bind("127.0.0.1", 0)
  server:listen(16, function()
    local client = vim.loop.new_tcp()
    server:accept(client)
    client:read_start(function(_, data)
      if data then
        client:write("HTTP/1.1 302 Found\r\nLocation: /b\r\nX-A: 1\r\nX-A: 2\r\nX-Got: "
          .. (data:match("Accept: (%S+)") or "") .. "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        client:shutdown(function()
          client:close()
        end)
      end
    end)
  end)
  local url, answer, failure = ("http://127.0.0.1:%d/"):format(server:getsockname().port), nil, nil
  local given = { max_redirects = 0, headers = { Accept = "a/b" }, policy = "no-store" }
  assert(cache:fetch(url, given, function(...)
    answer, failure = ...
  end))
  wait("the answer", function()
    return answer or failure
  end)
  server:close()
  assert(answer and answer.status == 302, vim.inspect(failure))
  assert(answer.fields["x-a"] == "1, 2" and answer.headers:find("X-A: 1", 1, true))
  assert(answer.fields["x-got"] == "a/b", vim.inspect(answer.fields))
  local breaker = assert(cache:breaker("none", { retries = 0 }))
  local delay, why = breaker:retry_delay(1, 503)
  assert(delay == nil and why.name == "FULL", vim.inspect(why))
  local ok, refused = cache:touch("k", 0)
  assert(ok == nil and refused.name == "INVALID")
  cache:close()
end

function tests.wrong_arguments_are_told_by_name()
  local cache = assert(tapps.open(":memory:"))
  local report = assert(cache:breaker("b"):acquire())
  local function done() end
  for words, answer in pairs({
    ["key: expected a string"] = { cache:get(5) },
    ["tags: expected a list"] = { cache:put("k", "v", { tags = "a" }) },
    ["outcome: expected success"] = { report("sucess") },
    ["kinds: expected breaker or state, not 'brekers'"] = { cache:subscribe({ "brekers" }, done) },
    ["on_event: expected a function"] = { cache:subscribe({ "breaker" }) },
    ["options: expected a table"] = { cache:fetch("http://127.0.0.1:1/", print) },
    ["callback: expected a function"] = { cache:fetch("http://127.0.0.1:1/", {}, "x") },
    ["open_ms: expected a time that ends"] = { cache:breaker("c", { open_ms = math.huge }) },
    ["headers: expected"] = { cache:fetch("http://127.0.0.1:1/", { headers = { A = "b\nC: d" } }, done) },
    ["durability: expected one of async, full, memory, sync, not 'later'"] = {
      cache:put("k", "v", { durability = "later" }),
    },
    ["is loaded already"] = { tapps.setup({ library = "/nowhere/libtapps.so" }) },
  }) do
    assert(answer[1] == nil and answer[2].name == "INVALID", words .. vim.inspect(answer))
    assert(answer[2].message:find(words, 1, true), answer[2].message)
  end
  assert(report("success"))
  cache:close()
end

function tests.the_command_alone_tells_its_usage()
  local said = told_by(function()
    vim.cmd("Tapps")
  end)
  assert(said:find("usage: :Tapps docs LIBRARY", 1, true), said)
end

function tests.completion_reads_the_manifests_once_and_never_raises()
  local plugin = require("tapps.nvim")
  local cache, plans, open = plugin.cache(), 0, plugin.cache
  vim.fn.mkdir(work .. "/elsewhere", "p")
  write("elsewhere/package.json", '{"dependencies":{"right-pad":"1.0.0"}}')
  vim.cmd("cd " .. work .. "/elsewhere")
  plugin.cache = function()
    plans = plans + 1
    return cache
  end
  for _ = 1, 3 do
    assert(vim.deep_equal(plugin.complete("ri", "Tapps docs ri"), { "right-pad" }))
  end
  vim.cmd("cd " .. work .. "/project")
  plugin.cache = function()
    error("no library", 0)
  end
  local good, found = pcall(plugin.complete, "le", "Tapps docs le")
  plugin.cache = open
  assert(plans == 1, plans .. " plans")
  assert(good and #found == 0, vim.inspect(found))
end

function tests.memory_stays_flat()
  local cache = assert(tapps.open(work .. "/flat.db"))
  local function round(count)
    for n = 1, count do
      cache:put("k" .. n % 50, ("v"):rep(500))
      cache:get("k" .. n % 50)
      cache:get("none")
      if n % 20 == 0 then
        cache:entry("k1")
        cache:get("")
        cache:get_many({ "k1", "k2", "x" })
      end
    end
    collectgarbage()
    collectgarbage()
    return vim.loop.resident_set_memory()
  end
  local before = round(5000)
  local grown = round(30000) - before
  assert(grown < 10 * 2 ^ 20, grown .. " bytes more")
  cache:close()
end

function tests.the_readme_is_true()
  local file = assert(io.open(folder .. "/README.md"))
  local text = file:read("*a")
  file:close()
  local sample = text:match("```lua\n(.-)```")
  local printed, print_before = {}, print
  print = function(...)
    local words = {}
    for i = 1, select("#", ...) do
      words[i] = tostring((select(i, ...)))
    end
    printed[#printed + 1] = table.concat(words, "\t")
  end
  local good, why = pcall(assert(loadstring(sample)))
  wait("the flush", function()
    return not good or (printed[#printed] or ""):find("flushed", 1, true)
  end)
  print = print_before
  assert(good, why)
  local wanted = {
    "hello", "nil", "two\tone", "2", "fallback: down", "fallback: OPEN_CIRCUIT", "made for report",
    "EXISTS\ttrue", "1", "true", "flushed\ttrue\tnil",
  }
  assert(vim.deep_equal(printed, wanted), vim.inspect(printed))
end

function tests.the_readme_is_true_of_plain_luajit()
  if vim.fn.executable("luajit") == 0 then
    return io.stdout:write("SKIP: luajit is not there\n")
  end
  local file = assert(io.open(folder .. "/README.md"))
  local sample = file:read("*a"):match("```lua\n.-```.-```lua\n(.-)```")
  file:close()
  write("plain.lua", ("package.path = '%s/lua/?.lua;%s/lua/?/init.lua;' .. package.path\n"):format(
    folder, folder) .. "if not pcall(require, 'luv') then return print('SKIP: luv') end\n" .. sample)
  local said = vim.fn.system("luajit " .. work .. "/plain.lua")
  if said:find("SKIP", 1, true) then
    return io.stdout:write("SKIP: luv is not installed\n")
  end
  assert(vim.v.shell_error == 0 and said == "true\thello\n", said)
end

-- What another Neovim says when it opens a cache, with these variables beside its environment.
local function said_by_another(variables)
  local code = ([[
vim.opt.runtimepath:append(%q)
local good, why = pcall(require("tapps").open, ":memory:")
io.stdout:write(good and "opened" or tostring(why))
vim.cmd("qall!")]]):format(folder)
  write("another.lua", code)
  local command = " --headless -u NONE -c 'luafile " .. work .. "/another.lua'"
  return vim.fn.system("env " .. variables .. " " .. vim.v.progpath .. command)
end

function tests.a_missing_library_is_told_with_every_try()
  local nowhere = "TAPPS_LIBRARY= LD_LIBRARY_PATH= PKG_CONFIG_PATH=/nowhere PKG_CONFIG_LIBDIR=/nowhere"
  local said = said_by_another(nowhere)
  for _, text in ipairs({ "beside the package", "search path", "pkg-config", "TAPPS_LIBRARY" }) do
    assert(said:find(text, 1, true), said)
  end
end

function tests.another_library_is_told_from_the_one_that_is_needed()
  if vim.fn.executable("cc") == 0 then
    return io.stdout:write("SKIP: cc is not there, which makes the other libraries\n")
  end
  for source, words in pairs({
    ["int tapps_abi(void) { return 7; }"] = "has ABI 7, this package needs ABI 0",
    ['int tapps_abi(void) { return 0; } const char* tapps_version(void) { return "0.0.9"; }'] = (
      "version 0.0.9 is too old, it lacks tapps_"
    ),
    ["int x;"] = "not a libtapps",
  }) do
    write("other.c", source)
    local made = vim.fn.system(("cc -shared -fPIC -o %s/other.so %s/other.c"):format(work, work))
    assert(vim.v.shell_error == 0, made)
    local said = said_by_another("TAPPS_LIBRARY=" .. work .. "/other.so")
    assert(said:find(words, 1, true) and said:find("Install libtapps", 1, true), said)
  end
end

local names, failed = vim.tbl_keys(tests), 0
table.sort(names)
for _, name in ipairs(names) do
  local good, why = xpcall(tests[name], debug.traceback)
  failed = failed + (good and 0 or 1)
  io.stdout:write(("%s %s%s\n"):format(good and "ok" or "FAILED", name, good and "" or "\n" .. tostring(why)))
end
io.stdout:write(("%d passed, %d failed\n"):format(#names - failed, failed))
vim.fn.delete(work, "rf")
vim.cmd(failed == 0 and "qall!" or "cquit 1")
