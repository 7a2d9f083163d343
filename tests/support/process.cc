#include "support/process.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>

namespace tapps::test {

Pipe::Pipe() {
  if (pipe(fds_) != 0) throw std::runtime_error("pipe failed");
}

Pipe::~Pipe() {
  for (const int fd : fds_) {
    if (fd >= 0) close(fd);
  }
}

void Pipe::Send(int64_t number) const {
  if (write(fds_[1], &number, sizeof number) != sizeof number) _exit(99);
}

int64_t Pipe::Receive() const {
  pollfd ready{fds_[0], POLLIN, 0};
  int64_t number = -1;
  if (poll(&ready, 1, 30'000) != 1) return -1;
  return read(fds_[0], &number, sizeof number) == sizeof number ? number : -1;
}

void Pipe::CloseSendingEnd() {
  close(fds_[1]);
  fds_[1] = -1;
}

Process::Process(const std::function<int()>& body) : pid_(fork()) {
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    _exit(body());
  }
}

Process::Process(Process&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}

Process::~Process() {
  if (pid_ <= 0) return;
  Kill();
  waitpid(pid_, nullptr, 0);
}

void Process::Kill() { kill(pid_, SIGKILL); }

int Process::Wait() {
  int status = 0;
  pid_t ended = 0;
  // The state of a child can only be polled with a bound; the pause is not what the test waits for.
  for (int ms = 0; ms < 60'000 && ended == 0; ++ms) {
    ended = waitpid(pid_, &status, WNOHANG);
    const timespec pause{0, 1'000'000};
    if (ended == 0) nanosleep(&pause, nullptr);
  }
  if (ended != pid_) return -SIGALRM;
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace tapps::test
