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
  local width = math.max(20, math.min(longest + 2, 100, vim.o.columns - 4))
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
  vim.wo[window].foldcolumn = "1" -- a margin
  vim.wo[window].linebreak = true
  vim.wo[window].breakindent = true
  vim.wo[window].wrap = true
  vim.wo[window].conceallevel = 2
  for _, key in ipairs({ "q", "<Esc>" }) do
    vim.keymap.set("n", key, "<Cmd>close<CR>", { buffer = buffer, nowait = true })
  end
  return buffer, window
end

-- A text that fits in the command line, where a longer one would ask for Enter.
local function fitting(text)
  local room = vim.v.echospace
  if vim.fn.strdisplaywidth(text) <= room then
    return text
  end
  return vim.fn.strcharpart(text, 0, room - 1) .. "…"
end

-- Tells in one line, because a longer one would ask for Enter, whatever is being typed. :Tapps
-- status has the whole.
function M.tell(message, level)
  M.told = ("tapps: " .. message):gsub("%s+", " ")
  vim.notify(fitting(M.told), level or vim.log.levels.INFO)
end

-- The project of the current file: the nearest folder above with a manifest, else the current one.
function M.project_root()
  local at = vim.fn.expand("%:p:h")
  at = at ~= "" and at or vim.fn.getcwd()
  local nearest
  for _, name in ipairs({ "package.json", "pyproject.toml", "requirements.txt", "Cargo.toml", "go.mod" }) do
    local found = vim.fn.findfile(name, vim.fn.escape(at, " ,") .. ";")
    local folder = found ~= "" and vim.fn.fnamemodify(found, ":p:h") or nil
    if folder and (not nearest or #folder > #nearest) then
      nearest = folder
    end
  end
  return nearest or vim.fn.getcwd()
end

-- Control characters of a document would move the cursor of who reads it.
local function clean(text)
  return (text:gsub("\r\n?", "\n"):gsub("[%z\1-\8\11-\31\127]", ""))
end

-- The lines that :Tapps docs shows, and how many of them are about the document.
function M.document_lines(found)
  local words = {
    ((found.library or "") .. " " .. (found.library_version or "")):gsub("%s+$", ""),
    found.source or found.served_from or "",
    found.stale and "stale" or "fresh",
  }
  local lines = { (table.concat(words, " · "):gsub("\n", " ")) }
  if found.warning then
    lines[2] = (found.warning:gsub("\n", " "))
  end
  local about = #lines
  lines[#lines + 1] = ""
  vim.list_extend(lines, vim.split(vim.trim(clean(found.value)), "\n"))
  return lines, about
end

local function show_document(found, library)
  local lines, about = M.document_lines(found)
  local buffer, window = M.float(lines, library)
  local space = vim.api.nvim_create_namespace("tapps")
  local room = vim.api.nvim_win_get_width(window) - vim.fn.strdisplaywidth(lines[1])
  for line = 0, about - 1 do
    vim.api.nvim_buf_set_extmark(buffer, space, line, 0, {
      end_col = #lines[line + 1],
      hl_group = line == 0 and "Comment" or "WarningMsg",
      virt_text = line == 0 and room > 11 and { { "q closes ", "NonText" } } or nil,
      virt_text_pos = "right_align",
    })
  end
  return buffer, window
end

-- What vim.g.tapps.docs says of lookups, for these options: a run takes no ecosystem, nor a bound.
local function settings_for(names, given)
  local settings = (vim.g.tapps or {}).docs or {}
  for _, name in ipairs(names) do
    if given[name] == nil then
      given[name] = settings[name]
    end
  end
  return given
end

-- Shows what the documentation of a library says; done(buffer, window) is for tests and mappings.
function M.docs(library, topic, done)
  local options = { project_root = M.project_root(), topic = topic ~= "" and topic or nil }
  settings_for({ "paths", "url_template", "max_tokens", "ecosystem" }, options)
  local op, failure = M.cache():docs(library, options, function(found, why)
    if not found then
      M.tell(why.message, vim.log.levels.WARN)
      return done and done(nil, nil)
    end
    local buffer, window = show_document(found, library)
    if done then
      done(buffer, window)
    end
  end)
  if not op then
    M.tell(failure.message, vim.log.levels.ERROR)
  end
end

-- The line that tells how far a warm run is.
function M.progress_line(progress)
  local full = math.floor(20 * progress.done / math.max(1, progress.total))
  local bar = ("█"):rep(full) .. ("░"):rep(20 - full)
  local current = progress.current or ""
  return fitting(("tapps: %s %d/%d %s"):format(bar, progress.done, progress.total, current))
end

local function result_line(result)
  local names = {}
  for i, failure in ipairs(result.failures or {}) do
    names[i] = failure.library
  end
  local failed = #names > 0 and ": " .. table.concat(names, ", ") or ""
  return ("%d looked up, %d there already, %d failed%s"):format(
    result.fetched, result.skipped, result.failed, failed
  )
end

-- Looks up what the project uses; tells of it in the command line.
function M.warm(folder, done)
  local root = folder ~= "" and vim.fn.fnamemodify(folder, ":p") or M.project_root()
  local op, failure = M.cache():warm(root, settings_for({ "paths", "url_template" }, {}), function(progress)
    vim.api.nvim_echo({ { M.progress_line(progress) } }, false, {})
  end, function(found, why)
    local result = found and vim.json.decode(found.value)
    if result then
      vim.cmd("redraw") -- takes the progress away: two messages at once would ask for Enter
      M.tell(result_line(result))
    else
      M.tell(why.message, vim.log.levels.WARN)
    end
    if done then
      done(result)
    end
  end)
  if not op then
    M.tell(failure.message, vim.log.levels.ERROR)
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
  if M.told then
    vim.list_extend(lines, { "", "Last message: " .. M.told })
  end
  return lines
end

function M.command(words)
  local verb = words[1]
  if not vim.tbl_contains(VERBS, verb) or verb == "docs" and not words[2] then
    local usage = "usage: :Tapps docs LIBRARY [TOPIC] | warm [FOLDER] | status"
    return M.tell(usage, vim.log.levels.ERROR)
  end
  local loaded, why = pcall(M.cache)
  if not loaded then
    return vim.notify(tostring(why), vim.log.levels.ERROR) -- every line: it lists what was tried
  end
  if verb == "docs" then
    M.docs(words[2], table.concat(words, " ", 3))
  elseif verb == "warm" then
    M.warm(words[2] or "")
  else
    M.float(M.status_lines(), "tapps")
  end
end

local KEPT_NS = 5e9 -- a plan reads the manifests: not at every <Tab>
local planned = {}

-- The libraries that the project uses, as they were a few seconds ago.
function M.libraries()
  local root, now = M.project_root(), (vim.uv or vim.loop).hrtime()
  if planned.root ~= root or now - planned.at > KEPT_NS then
    local plan, names = M.cache():plan(root), {}
    for i, item in ipairs(plan and vim.json.decode(plan.json).items or {}) do
      names[i] = item.library
    end
    planned = { root = root, at = now, names = names }
  end
  return planned.names
end

-- Verbs, then the libraries of the project.
function M.complete(lead, line)
  local candidates = VERBS
  if line:match("^%s*%S+%s+docs%s") then
    local good, libraries = pcall(M.libraries)
    candidates = good and libraries or {}
  elseif line:match("^%s*%S+%s+warm%s") then
    return vim.fn.getcompletion(lead, "dir")
  end
  return vim.tbl_filter(function(word)
    return vim.startswith(word, lead)
  end, candidates)
end

return M
