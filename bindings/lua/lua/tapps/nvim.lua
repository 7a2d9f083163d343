-- What :Tapps does.
local M = {}

local VERBS = { "docs", "status", "warm" }

-- The cache of this editor, opened when first needed and closed when it ends.
function M.cache()
  if not M.opened then
    local settings = vim.g.tapps or {}
    require("tapps").setup(settings)
    local cache, failure = require("tapps").open(settings.path, settings.options)
    if not cache then
      error(failure.message, 0)
    end
    M.opened = cache
    vim.api.nvim_create_autocmd("VimLeavePre", {
      once = true,
      callback = function()
        cache:close(1000)
      end,
    })
  end
  return M.opened
end

-- A scratch buffer with the lines, in a float in the middle; q and <Esc> close it.
function M.float(lines, title, filetype)
  local buffer = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, lines)
  vim.bo[buffer].modifiable = false
  vim.bo[buffer].bufhidden = "wipe"
  vim.bo[buffer].filetype = filetype or "markdown"
  local longest = #title
  for _, line in ipairs(lines) do
    longest = math.max(longest, vim.fn.strdisplaywidth(line))
  end
  local width = math.max(20, math.min(longest, 100, vim.o.columns - 4))
  local height = math.max(1, math.min(#lines, math.floor(vim.o.lines * 0.8) - 2))
  local window = vim.api.nvim_open_win(buffer, true, {
    relative = "editor",
    style = "minimal",
    border = "rounded",
    width = width,
    height = height,
    row = math.floor((vim.o.lines - height) / 2) - 1,
    col = math.floor((vim.o.columns - width) / 2),
  })
  vim.wo[window].wrap = true
  vim.wo[window].conceallevel = 2
  for _, key in ipairs({ "q", "<Esc>" }) do
    vim.keymap.set("n", key, "<Cmd>close<CR>", { buffer = buffer, nowait = true })
  end
  return buffer, window
end

local function tell(message, level)
  vim.notify("tapps: " .. message, level or vim.log.levels.INFO)
end

-- The project of the current file: the nearest folder above with a manifest, else the current one.
function M.project_root()
  local at = vim.fn.expand("%:p:h")
  at = at ~= "" and at or vim.fn.getcwd()
  for _, name in ipairs({ "package.json", "pyproject.toml", "requirements.txt", "Cargo.toml", "go.mod" }) do
    local found = vim.fn.findfile(name, vim.fn.escape(at, " ,") .. ";")
    if found ~= "" then
      return vim.fn.fnamemodify(found, ":p:h")
    end
  end
  return vim.fn.getcwd()
end

-- Control characters of a document would move the cursor of who reads it.
local function clean(text)
  return (text:gsub("\r\n?", "\n"):gsub("[%z\1-\8\11-\31\127]", ""))
end

-- The lines that :Tapps docs shows.
function M.document_lines(found)
  local from = ("*%s %s · %s · %s*"):format(
    found.library or "",
    found.library_version or "",
    found.source or found.served_from or "",
    found.stale and "stale" or "fresh"
  )
  local lines = { (from:gsub("\n", " ")), "" }
  if found.warning then
    lines = { lines[1], "*" .. found.warning:gsub("\n", " ") .. "*", "" }
  end
  vim.list_extend(lines, vim.split(clean(found.value), "\n"))
  return lines
end

-- Shows what the documentation of a library says; done(buffer, window) is for tests and mappings.
function M.docs(library, topic, done)
  local options = { project_root = M.project_root(), topic = topic ~= "" and topic or nil }
  local op, failure = M.cache():docs(library, options, function(found, why)
    if not found then
      tell(why.message, vim.log.levels.WARN)
      return done and done(nil, nil)
    end
    local buffer, window = M.float(M.document_lines(found), library)
    if done then
      done(buffer, window)
    end
  end)
  if not op then
    tell(failure.message, vim.log.levels.ERROR)
  end
end

-- Looks up what the project uses; tells of it in the command line.
function M.warm(folder, done)
  local root = folder ~= "" and vim.fn.fnamemodify(folder, ":p") or M.project_root()
  local op, failure = M.cache():warm(root, nil, function(progress)
    local bar = ("█"):rep(math.floor(20 * progress.done / math.max(1, progress.total)))
    local text = ("tapps: %s %d/%d %s"):format(bar, progress.done, progress.total, progress.current or "")
    vim.api.nvim_echo({ { text } }, false, {})
  end, function(found, why)
    local result = found and vim.json.decode(found.value)
    if result then
      tell(("%d looked up, %d were there, %d failed"):format(result.fetched, result.skipped, result.failed))
    else
      tell(why.message, vim.log.levels.WARN)
    end
    if done then
      done(result)
    end
  end)
  if not op then
    tell(failure.message, vim.log.levels.ERROR)
  end
end

-- The lines that :Tapps status shows.
function M.status_lines()
  local cache = M.cache()
  local stats = cache:stats()
  local lines = {
    "# tapps " .. require("tapps").version(),
    "",
    "- file: " .. cache:path(),
    "- state: " .. cache:state(),
    ("- hits: %d from memory, %d from disk"):format(stats.hits.memory, stats.hits.disk),
    ("- misses: %d"):format(stats.misses),
    ("- hit rate: %.0f %%"):format(100 * (stats.hit_rate or 0)),
    ("- writes: %d"):format(stats.writes),
  }
  for _, breaker in ipairs(stats.breakers or {}) do
    lines[#lines + 1] = ("- breaker %s: %s"):format(breaker.name, tostring(breaker.state))
  end
  return lines
end

function M.command(words)
  local verb = words[1]
  local loaded, why = pcall(M.cache)
  if not loaded then
    return tell(tostring(why), vim.log.levels.ERROR)
  end
  if verb == "docs" and words[2] then
    M.docs(words[2], table.concat(words, " ", 3))
  elseif verb == "warm" then
    M.warm(words[2] or "")
  elseif verb == "status" then
    M.float(M.status_lines(), "tapps")
  else
    tell("usage: :Tapps docs LIBRARY [TOPIC] | warm [FOLDER] | status", vim.log.levels.ERROR)
  end
end

-- Verbs, then the libraries of the project.
function M.complete(lead, line)
  local candidates = VERBS
  if line:match("^%s*%S+%s+docs%s") then
    candidates = {}
    local plan = M.cache():plan(M.project_root())
    for _, item in ipairs(plan and vim.json.decode(plan.json).items or {}) do
      candidates[#candidates + 1] = item.library
    end
  elseif line:match("^%s*%S+%s+warm%s") then
    return vim.fn.getcompletion(lead, "dir")
  end
  return vim.tbl_filter(function(word)
    return vim.startswith(word, lead)
  end, candidates)
end

return M
