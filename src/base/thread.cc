#include "base/thread.h"

#include <pthread.h>
#include <signal.h>

#include <cerrno>
#include <cstdio>
#include <new>
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
  } catch (const std::bad_alloc&) {
    error = ENOMEM;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (!thread.joinable()) {
    ErrorDetail detail;
    detail.message = std::string("no thread could be started for ") + name;
    detail.sys_errno = error;
    return Status(TAPPS_E_NOMEM, std::move(detail));
  }
  char full[16];
  std::snprintf(full, sizeof full, "tapps-%s", name);
  pthread_setname_np(thread.native_handle(), full);
  return thread;
}

}  // namespace tapps
