#ifndef TAPPS_PROJECT_JSON_TREE_H_
#define TAPPS_PROJECT_JSON_TREE_H_

#include <string>
#include <string_view>
#include <vector>

#include "project/findings.h"

namespace tapps {

// A JSON value that knows its line. Manifests need that for every key, and keep going after a
// fault, so this small tree is built from the parser's events instead of taking its own values.
struct JsonNode {
  enum class Type { kNull, kBool, kNumber, kString, kArray, kObject };

  Type type = Type::kNull;
  bool flag = false;            // of kBool
  int line = 1;                 // 1-based, of the key, or of the value where there is no key
  std::string key;              // in an object
  std::string text;             // of kString; UTF-8
  std::vector<JsonNode> items;  // of kArray and kObject, in order

  bool IsObject() const { return type == Type::kObject; }
  bool IsArray() const { return type == Type::kArray; }
  bool IsString() const { return type == Type::kString; }
  bool IsTrue() const { return type == Type::kBool && flag; }

  // The member of an object; the last one if the key is there twice, nullptr if it is not.
  const JsonNode* Find(std::string_view name) const;
  // The text of a member that is a string, else empty.
  std::string_view Text(std::string_view name) const;
};

// Parses text. Each syntax error becomes a diagnostic for `file`; commas too many or missing are
// mended and other lines at fault are left out, so that the rest is read. Limits: nesting of 200,
// 2,000,000 values, 16 errors (one above 1 MiB); past those the result is what stood before.
JsonNode ParseJsonTree(std::string text, const std::string& file, Findings* findings);

}  // namespace tapps

#endif  // TAPPS_PROJECT_JSON_TREE_H_
