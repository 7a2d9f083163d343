// Lines of names and values in the encoding of HTML forms, as contract cases are played in.
#ifndef TAPPS_BINDINGS_CPP_TEST_FORM_H_
#define TAPPS_BINDINGS_CPP_TEST_FORM_H_

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace peer {

inline int Digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return (c | 0x20) - 'a' + 10;
}

inline std::string Unhex(std::string_view text) {
  std::string bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes += static_cast<char>(Digit(text[i]) << 4 | Digit(text[i + 1]));
  }
  return bytes;
}

inline std::string Hex(std::string_view bytes) {
  std::string text;
  for (const unsigned char byte : bytes) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

inline std::string Unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      out += Unhex(text.substr(i + 1, 2));
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

inline std::string Escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    out += '%';
    out += Hex(std::string_view(&c, 1));
  }
  return out;
}

// Names and values in their order; a name may come several times.
class Form {
 public:
  void Add(std::string name, std::string value) {
    fields_.emplace_back(std::move(name), std::move(value));
  }
  bool Has(std::string_view name) const { return Find(name) != nullptr; }
  // NULL when it is not there.
  const char* Find(std::string_view name) const {
    for (const auto& [key, value] : fields_) {
      if (key == name) return value.c_str();
    }
    return nullptr;
  }
  std::string Text(std::string_view name) const {
    const char* found = Find(name);
    return found == nullptr ? "" : found;
  }
  std::string Bytes(std::string_view name) const { return Unhex(Text(name)); }
  int64_t Number(std::string_view name) const {
    return std::strtoll(Text(name).c_str(), nullptr, 10);
  }
  int64_t Microseconds(std::string_view name) const { return Number(name) * 1000; }
  std::vector<std::string> All(std::string_view name) const {
    std::vector<std::string> found;
    for (const auto& [key, value] : fields_) {
      if (key == name) found.push_back(value);
    }
    return found;
  }
  // The texts of a name, one a line.
  std::string Lines(std::string_view name) const {
    std::string lines;
    for (const std::string& value : All(name)) lines += (lines.empty() ? "" : "\n") + value;
    return lines;
  }
  size_t size() const { return fields_.size(); }

  static Form Parse(std::string_view line) {
    Form form;
    while (!line.empty()) {
      const std::string_view field = line.substr(0, line.find('&'));
      line.remove_prefix(field.size() < line.size() ? field.size() + 1 : field.size());
      const size_t equal = field.find('=');
      const std::string_view value =
          equal == std::string_view::npos ? std::string_view() : field.substr(equal + 1);
      form.Add(Unescape(field.substr(0, equal)), Unescape(value));
    }
    return form;
  }
  std::string Line() const {
    std::string line;
    for (const auto& [name, value] : fields_) {
      line += (line.empty() ? "" : "&") + name + "=" + Escape(value);
    }
    return line;
  }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

}  // namespace peer

#endif  // TAPPS_BINDINGS_CPP_TEST_FORM_H_
