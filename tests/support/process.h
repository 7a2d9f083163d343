#ifndef TAPPS_TESTS_SUPPORT_PROCESS_H_
#define TAPPS_TESTS_SUPPORT_PROCESS_H_

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>

namespace tapps::test {

// A pipe between processes that carries numbers.
class Pipe {
 public:
  Pipe();
  ~Pipe();
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  void Send(int64_t number) const;
  // The next number; -1 when the other side is gone or nothing came for 30 s.
  int64_t Receive() const;
  // The side that only receives closes the other end, to see the sender's death.
  void CloseSendingEnd();

 private:
  int fds_[2];
};

// A forked child that runs a function and exits with its result, without destructors. Fork only
// while the test has no other threads. Killed when the object goes and it still runs.
class Process {
 public:
  explicit Process(const std::function<int()>& body);
  ~Process();
  Process(Process&& other) noexcept;
  Process& operator=(Process&&) = delete;

  void Kill();  // SIGKILL
  // The exit code, or -signal; waits at most 60 s, then kills it and returns -SIGALRM.
  int Wait();

 private:
  pid_t pid_;
};

}  // namespace tapps::test

#endif  // TAPPS_TESTS_SUPPORT_PROCESS_H_
