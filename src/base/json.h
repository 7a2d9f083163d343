#ifndef TAPPS_BASE_JSON_H_
#define TAPPS_BASE_JSON_H_

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/result.h"

namespace tapps {

// The one place that names the JSON library.
using Json = nlohmann::json;

// Parses text; on failure the message says "line L, column C: reason".
Result<Json> ParseJson(std::string_view text);

// Compact text. Bytes that are not UTF-8 are replaced, never an exception.
std::string DumpJson(const Json& json);

// The member `name` of an object when it is there and a string.
std::optional<std::string> JsonString(const Json& object, std::string_view name);

}  // namespace tapps

#endif  // TAPPS_BASE_JSON_H_
