#ifndef TAPPS_CLI_JSON_H_
#define TAPPS_CLI_JSON_H_

#include <nlohmann/json.hpp>

namespace tapps::cli {

// Members keep the order they were written in: the documents are read by people, too. The program
// stands on tapps.h alone, as any other would, hence has its own JSON beside the library's.
using Json = nlohmann::ordered_json;

}  // namespace tapps::cli

#endif  // TAPPS_CLI_JSON_H_
