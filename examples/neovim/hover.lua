-- hover: the documentation of the library under the cursor, in a float.
--
-- With the tapps plugin on 'runtimepath', copy this file to ~/.config/nvim/lua/hover.lua, and in
-- init.lua:
--
--     require("hover").setup() -- or setup({ key = "gK" })
--
-- On an import, or on a name that is imported, the key looks the library up in the background. The
-- float opens when the answer is there, unless the cursor has moved on, and goes when it moves; the
-- key once more moves into it. Where no library is meant the key does what it did before.
local tapps = require("tapps.nvim")

local M = {}

local MAX_TOKENS = 800 -- what is read in a float

-- What an import names, by the kind of file; the first that fits a line decides.
local quoted = [=[["']([@%a][^"']*)["']]=]
local javascript = {
  patterns = { "from%s*" .. quoted, "^%s*import%s*" .. quoted, "require%s*%(%s*" .. quoted },
  package = "^@[^/]+/[^/]+", -- "@scope/name/part" is part of a package
  ecosystem = "npm",
}
local python = {
  patterns = { "^%s*from%s+([%a_][%w_]*)", "^%s*import%s+([%a_][%w_]*)" },
  ecosystem = "pypi",
}
local KINDS = {
  javascript = javascript,
  javascriptreact = javascript,
  typescript = javascript,
  typescriptreact = javascript,
  vue = javascript,
  svelte = javascript,
  python = python,
}

local KEYWORDS = {} -- of imports, which name nothing
for word in ("as async await const default export from import let require type var"):gmatch("%a+") do
  KEYWORDS[word] = true
end

-- The library that a line imports, or nil.
local function imported(kind, line)
  for _, pattern in ipairs(kind.patterns) do
    local name = line:match(pattern)
    if name and not name:find("^node:") then
      return kind.package and name:match(kind.package) or name:match("^[^/]+")
    end
  end
end

-- The library under the cursor, its ecosystem, and the name that is asked about, if there is one
-- beside the library's; or nil.
function M.library_at_cursor()
  local kind = KINDS[vim.bo.filetype]
  if not kind then
    return nil
  end
  local word = vim.fn.expand("<cword>")
  word = not KEYWORDS[word] and word or ""
  local here = imported(kind, vim.api.nvim_get_current_line())
  if here then
    return here, kind.ecosystem, not here:find(word, 1, true) and word or nil
  elseif word == "" then
    return nil
  end
  for _, line in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, false)) do
    local library = imported(kind, line)
    local names = " " .. line:gsub(quoted, "") .. " " -- those it gives what it imports
    if library and names:find("[^%w_]" .. vim.pesc(word) .. "[^%w_]") then
      return library, kind.ecosystem, library:lower() ~= word:lower() and word or nil
    end
  end
end

local function place()
  return { vim.api.nvim_get_current_buf(), vim.b.changedtick, unpack(vim.api.nvim_win_get_cursor(0)) }
end

local under_way

local function show(found)
  vim.lsp.util.open_floating_preview(tapps.document_lines(found), "markdown", {
    border = "rounded",
    focus_id = "tapps-hover",
    max_width = 84,
    max_height = 20,
  })
end

-- Looks it up, and shows it unless whoever asked is elsewhere by then.
local function look_up(cache, library, ecosystem, topic, asked_at)
  local options = {
    project_root = tapps.project_root(),
    ecosystem = ecosystem,
    topic = topic,
    max_tokens = MAX_TOKENS,
  }
  local op, failure
  op, failure = cache:docs(library, options, function(found, why)
    if under_way == op then
      under_way = nil
    end
    if not vim.deep_equal(place(), asked_at) then
      return
    elseif found then
      show(found)
    elseif topic and why.name == "NOT_FOUND" then
      look_up(cache, library, ecosystem, nil, asked_at) -- nothing on the name: the library's overview
    else
      tapps.tell(why.message, vim.log.levels.WARN)
    end
  end)
  under_way = op
  if not op then
    tapps.tell(failure.message, vim.log.levels.ERROR)
  end
end

-- Shows what is known of the library under the cursor; false when there is none.
function M.hover()
  local library, ecosystem, topic = M.library_at_cursor()
  if not library then
    return false
  end
  local opened, cache = pcall(tapps.cache)
  if not opened then
    vim.notify(cache, vim.log.levels.ERROR) -- there is no libtapps, or no cache
    return true
  end
  if under_way then
    cache:cancel(under_way)
  end
  look_up(cache, library, ecosystem, topic, place())
  return true
end

function M.setup(settings)
  local key = (settings or {}).key or "K"
  vim.keymap.set("n", key, function()
    if not M.hover() then
      vim.api.nvim_feedkeys(vim.api.nvim_replace_termcodes(key, true, false, true), "n", false)
    end
  end, { desc = "Documentation of the library under the cursor" })
end

return M
