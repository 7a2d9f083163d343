#ifndef TAPPS_CLI_EXIT_CODES_H_
#define TAPPS_CLI_EXIT_CODES_H_

namespace tapps::cli {

// What the program returns to the shell. Scripts rely on the numbers; kExitCodesHelp documents
// them.
enum ExitCode {
  kOk = 0,
  kNotFound = 1,
  kUsage = 2,
  kCacheError = 3,
  kNetworkError = 4,
  kPartialFailure = 5,
  kInterrupted = 130,
};

inline constexpr const char* kExitCodesHelp =
    "Exit codes:\n"
    "  0    done\n"
    "  1    not found: no such entry, document or stored answer\n"
    "  2    wrong usage: an option or argument breaks its rules\n"
    "  3    the cache or another file failed: not a cache, no permission, disk full, locked\n"
    "  4    the network failed, or was needed while --offline or a breaker forbade it\n"
    "  5    done in part: some libraries of a warm run failed\n"
    "  130  interrupted\n";

}  // namespace tapps::cli

#endif  // TAPPS_CLI_EXIT_CODES_H_
