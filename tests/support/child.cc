#include "support/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace tapps::test {
namespace {

using Clock = std::chrono::steady_clock;

struct Pipe {
  Pipe() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
    read_end = ends[0];
    write_end = ends[1];
  }
  ~Pipe() {
    Close(read_end);
    Close(write_end);
  }
  static void Close(int& fd) {
    if (fd >= 0) close(fd);
    fd = -1;
  }
  int read_end = -1;
  int write_end = -1;
};

std::vector<std::string> Environment(const ChildOptions& options) {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    variables[text.substr(0, text.find('='))] = text.substr(text.find('=') + 1);
  }
  for (const std::string& name : options.unset) variables.erase(name);
  for (const auto& [name, value] : options.env) variables[name] = value;
  std::vector<std::string> lines;
  for (const auto& [name, value] : variables) lines.push_back(name + "=" + value);
  return lines;
}

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& text : strings) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

pid_t Spawn(const std::vector<std::string>& argv, const ChildOptions& options, Pipe& in, Pipe& out,
            Pipe& err) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.read_end, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out.write_end, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.write_end, STDERR_FILENO);
  if (!options.folder.empty()) {
    posix_spawn_file_actions_addchdir_np(&actions, options.folder.c_str());
  }
  const std::vector<std::string> environment = Environment(options);
  pid_t pid = -1;
  const int error = posix_spawnp(&pid, argv[0].c_str(), &actions, nullptr, Pointers(argv).data(),
                                 Pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error(argv[0] + ": " + std::strerror(error));
  return pid;
}

// Feeds and reads the pipes until the child has closed its ends; false at the deadline.
bool Pump(const ChildOptions& options, Pipe& in, Pipe& out, Pipe& err, ChildResult& result) {
  const Clock::time_point deadline = Clock::now() + options.deadline;
  size_t written = 0;
  while (out.read_end >= 0 || err.read_end >= 0) {
    if (in.write_end >= 0 && written == options.input.size()) Pipe::Close(in.write_end);
    pollfd fds[] = {
        {in.write_end, POLLOUT, 0}, {out.read_end, POLLIN, 0}, {err.read_end, POLLIN, 0}};
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0 || poll(fds, 3, static_cast<int>(left)) == 0) return false;
    if (fds[0].revents != 0) {
      const ssize_t count = write(in.write_end, options.input.data() + written,
                                  std::min<size_t>(options.input.size() - written, 4096));
      if (count > 0) {
        written += static_cast<size_t>(count);
      } else {
        Pipe::Close(in.write_end);  // the child does not read
      }
    }
    for (int i = 1; i <= 2; ++i) {
      if (fds[i].revents == 0) continue;
      Pipe& pipe = i == 1 ? out : err;
      char block[1 << 16];
      const ssize_t count = read(pipe.read_end, block, sizeof(block));
      if (count > 0) {
        (i == 1 ? result.out : result.err).append(block, static_cast<size_t>(count));
      } else {
        Pipe::Close(pipe.read_end);
      }
    }
  }
  return true;
}

}  // namespace

ChildResult RunChild(const std::vector<std::string>& argv, const ChildOptions& options) {
  signal(SIGPIPE, SIG_IGN);
  ChildResult result;
  Pipe in;
  Pipe out;
  Pipe err;
  const pid_t pid = Spawn(argv, options, in, out, err);
  Pipe::Close(in.read_end);
  Pipe::Close(out.write_end);
  Pipe::Close(err.write_end);
  if (!Pump(options, in, out, err, result)) {
    result.timed_out = true;
    kill(pid, SIGKILL);
  }
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

}  // namespace tapps::test
