#include "base/thread.h"

#include <pthread.h>
#include <signal.h>

#include <string>
#include <system_error>

namespace tapps {

Result<std::thread> StartThread(const char* name, std::function<void()> body) {
  // The new thread inherits this thread's mask: block first, so that no signal can slip in between.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread;
  int error = 0;
  try {
    thread = std::thread(std::move(body));
  } catch (const std::system_error& e) {
    error = e.code().value();
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (!thread.joinable()) {
    ErrorDetail detail;
    detail.message = std::string("no thread could be started for ") + name;
    detail.sys_errno = error;
    return Status(TAPPS_E_NOMEM, std::move(detail));
  }
  pthread_setname_np(thread.native_handle(), (std::string("tapps-") + name).substr(0, 15).c_str());
  return thread;
}

}  // namespace tapps
