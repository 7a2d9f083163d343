-- :checkhealth tapps
local M = {}

function M.check()
  local health = vim.health or {}
  local start = health.start or health.report_start or require("health").report_start
  local ok = health.ok or health.report_ok or require("health").report_ok
  local warn = health.warn or health.report_warn or require("health").report_warn
  local failed = health.error or health.report_error or require("health").report_error

  start("tapps")
  local loader = require("tapps.loader")
  local library, why = loader.load((vim.g.tapps or {}).library)
  if not library then
    return failed(why)
  end
  local version, header = require("tapps").version(), require("tapps").header_version
  ok(("library %s from %s (%s)"):format(version, loader.from, loader.file))
  if version ~= header then
    warn(("this plugin was written for %s"):format(header))
  end
  local opened, cache = pcall(require("tapps.nvim").cache)
  if not opened then
    return failed(tostring(cache))
  end
  local state = cache:state()
  local say = (state == "ok" or state == "memory") and ok or warn
  say(("cache %s is %s"):format(cache:path(), state))
end

return M
