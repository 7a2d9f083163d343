#include "project/json_tree.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <memory>
#include <utility>

#include "base/json.h"
#include "project/text.h"

namespace tapps {
namespace {

constexpr size_t kMaxDepth = 200;
constexpr size_t kMaxValues = 2'000'000;
constexpr int kMaxErrors = 16;
constexpr size_t kMaxMendedBytes = 1 << 20;

// Reads text and counts lines. The parser takes characters one by one and hands out a key before it
// looks past its closing quote, so the count is the key's line at that moment.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, int* line) : at_(at), line_(line) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    if (*at_++ == '\n') ++*line_;
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  int* line_;
};

struct Fault {
  size_t offset = 0;  // of the last byte that was read
  std::string token;  // what was read last
  std::string reason;
  bool fatal = false;  // a limit: not to be mended
};

// "[json.exception...] parse error at line 1, column 2: syntax error while parsing value - invalid
// literal; last read: 'x'; expected ..." -> from "syntax error" on, without what was read: that may
// be any part of the file, and is not always printable.
std::string Reason(std::string_view what) {
  if (const size_t at = what.find("syntax error"); at != std::string_view::npos)
    what = what.substr(at);
  std::string reason(what.substr(0, what.find("; last read: ")));
  if (const size_t at = what.rfind("; expected ");
      at != std::string_view::npos && at >= reason.size()) {
    reason += what.substr(at);
  }
  for (char& c : reason) {
    if (c < ' ' || c > '~') c = '?';
  }
  return reason;
}

class TreeBuilder final : public Json::json_sax_t {
 public:
  explicit TreeBuilder(const int* line) : line_(line) {}

  JsonNode root;
  Fault fault;

  bool null() override { return Add(JsonNode::Type::kNull) != nullptr; }
  bool boolean(bool value) override {
    JsonNode* node = Add(JsonNode::Type::kBool);
    if (node) node->flag = value;
    return node != nullptr;
  }
  bool number_integer(number_integer_t) override { return Add(JsonNode::Type::kNumber) != nullptr; }
  bool number_unsigned(number_unsigned_t) override {
    return Add(JsonNode::Type::kNumber) != nullptr;
  }
  bool number_float(number_float_t, const string_t&) override {
    return Add(JsonNode::Type::kNumber) != nullptr;
  }
  bool string(string_t& value) override {
    JsonNode* node = Add(JsonNode::Type::kString);
    if (node) node->text = std::move(value);
    return node != nullptr;
  }
  bool binary(binary_t&) override { return false; }
  bool start_object(size_t) override { return Enter(JsonNode::Type::kObject); }
  bool end_object() override { return Leave(); }
  bool start_array(size_t) override { return Enter(JsonNode::Type::kArray); }
  bool end_array() override { return Leave(); }
  bool key(string_t& value) override {
    key_ = std::move(value);
    key_line_ = *line_;
    return true;
  }
  bool parse_error(size_t position, const std::string& token,
                   const nlohmann::detail::exception& error) override {
    fault = {position > 0 ? position - 1 : 0, token, Reason(error.what()), false};
    return false;
  }

 private:
  bool Limit(std::string reason) {
    fault.reason = std::move(reason);
    fault.fatal = true;
    return false;
  }

  JsonNode* Add(JsonNode::Type type) {
    if (++values_ > kMaxValues) {
      Limit("more than 2,000,000 values");
      return nullptr;
    }
    JsonNode* node = &root;
    int line = *line_;
    if (!open_.empty()) {
      // Only the innermost open value grows: pointers to those around it stay good.
      node = &open_.back()->items.emplace_back();
      if (open_.back()->IsObject()) {
        node->key = std::move(key_);
        line = key_line_;
      }
    }
    node->type = type;
    node->line = line;
    return node;
  }

  bool Enter(JsonNode::Type type) {
    if (open_.size() >= kMaxDepth) return Limit("nested more than 200 levels deep");
    JsonNode* node = Add(type);
    if (node) open_.push_back(node);
    return node != nullptr;
  }

  bool Leave() {
    open_.pop_back();
    return true;
  }

  const int* line_;
  std::vector<JsonNode*> open_;
  std::string key_;
  int key_line_ = 1;
  size_t values_ = 0;
};

// The offset of the last byte before `offset` that is not white space, npos if there is none.
size_t LastBefore(std::string_view text, size_t offset) {
  return offset == 0 ? std::string_view::npos : text.find_last_not_of(" \t\r\n", offset - 1);
}

// Overwrites the line around offset with blanks; false if nothing was left to overwrite.
bool BlankLine(size_t offset, std::string* text) {
  if (offset >= text->size()) return false;
  const size_t before = offset == 0 ? std::string::npos : text->rfind('\n', offset - 1);
  const size_t start = before == std::string::npos ? 0 : before + 1;
  const size_t end = std::min(text->find('\n', offset), text->size());
  const std::string_view line = std::string_view(*text).substr(start, end - start);
  // A line that opens or closes something holds more than its own entry.
  if (Trim(line).empty() || line.find_first_of("{}[]") != std::string_view::npos) return false;
  std::fill(text->begin() + static_cast<ptrdiff_t>(start),
            text->begin() + static_cast<ptrdiff_t>(end), ' ');
  return true;
}

// Changes text so that the parser gets past the fault; lines stay where they are.
bool Mend(const Fault& fault, std::string* text) {
  if (fault.fatal || fault.offset >= text->size()) return false;
  const char last = (*text)[fault.offset];
  if (last == '}' || last == ']') {
    const size_t comma = LastBefore(*text, fault.offset);
    if (comma != std::string::npos && (*text)[comma] == ',') {
      (*text)[comma] = ' ';
      return true;
    }
  }
  const size_t length = fault.token.size();
  if (last == '"' && length >= 2 && fault.token.front() == '"' && length <= fault.offset + 1 &&
      fault.reason.find("unexpected string literal") != std::string::npos) {
    const size_t start = fault.offset + 1 - length;
    const size_t before = LastBefore(*text, start);
    if (before != std::string::npos &&
        std::string_view(",{[:").find((*text)[before]) == std::string_view::npos) {
      text->insert(before + 1, 1, ',');
      return true;
    }
  }
  // A newline inside a string is read as part of the line it ends.
  const size_t offset = last == '\n' && fault.offset > 0 ? fault.offset - 1 : fault.offset;
  return BlankLine(offset, text);
}

}  // namespace

const JsonNode* JsonNode::Find(std::string_view name) const {
  if (!IsObject()) return nullptr;
  const auto it = std::find_if(items.rbegin(), items.rend(),
                               [name](const JsonNode& item) { return item.key == name; });
  return it == items.rend() ? nullptr : &*it;
}

std::string_view JsonNode::Text(std::string_view name) const {
  const JsonNode* node = Find(name);
  return node && node->IsString() ? std::string_view(node->text) : std::string_view();
}

JsonNode ParseJsonTree(std::string text, const std::string& file, Findings* findings) {
  for (int errors = 0;; ++errors) {
    int line = 1;
    auto builder = std::make_unique<TreeBuilder>(&line);
    const CountingIterator first(text.data(), &line);
    const CountingIterator last(text.data() + text.size(), &line);
    // Comments are not JSON, yet some tools write them into these files.
    const bool ok = Json::sax_parse(first, last, builder.get(),
                                    nlohmann::detail::input_format_t::json, true, true);
    if (ok) return std::move(builder->root);
    const Fault& fault = builder->fault;
    const auto end = text.begin() + static_cast<ptrdiff_t>(std::min(fault.offset, text.size()));
    const int at = fault.fatal ? line : 1 + static_cast<int>(std::count(text.begin(), end, '\n'));
    findings->Complain(file, at, fault.reason);
    const bool last_try = errors + 1 == kMaxErrors || text.size() > kMaxMendedBytes;
    if (last_try || !Mend(fault, &text)) return std::move(builder->root);
  }
}

}  // namespace tapps
