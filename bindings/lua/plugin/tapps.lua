-- :Tapps, see :help tapps. Nothing is loaded before it is used.
if vim.g.loaded_tapps or vim.fn.has("nvim-0.7") == 0 then
  return
end
vim.g.loaded_tapps = true

vim.api.nvim_create_user_command("Tapps", function(command)
  require("tapps.nvim").command(command.fargs)
end, {
  nargs = "*",
  desc = "Documentation of libraries, through the user's cache",
  complete = function(lead, line)
    return require("tapps.nvim").complete(lead, line)
  end,
})
