#include "http/headers.h"

#include <algorithm>

#include "http/text.h"

namespace tapps::http {

bool IsToken(std::string_view text) {
  constexpr std::string_view kSymbols = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return IsAlpha(c) || IsDigit(c) || kSymbols.find(c) != std::string_view::npos;
  });
}

bool IsFieldValue(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

bool Headers::NameIs(const Span& span, std::string_view name) const {
  return EqualsIgnoreCase(std::string_view(text_).substr(span.begin, span.name_size), name);
}

Headers::Field Headers::operator[](size_t i) const {
  const Span& span = fields_[i];
  const std::string_view text = text_;
  return {text.substr(span.begin, span.name_size),
          text.substr(span.begin + span.name_size + 2, span.value_size)};
}

void Headers::Append(std::string_view name, std::string_view value) {
  fields_.push_back({static_cast<uint32_t>(text_.size()), static_cast<uint32_t>(name.size()),
                     static_cast<uint32_t>(value.size())});
  text_.append(name).append(": ").append(value).append("\r\n");
}

Status Headers::Add(std::string_view name, std::string_view value) {
  if (!IsToken(name)) return Status(TAPPS_E_INVALID, "a header name is not a token");
  if (!IsFieldValue(value)) {
    return Status(TAPPS_E_INVALID,
                  "header '" + std::string(name) + "': a line break or NUL in its value");
  }
  Append(name, TrimSpace(value));
  return Status();
}

Status Headers::Set(std::string_view name, std::string_view value) {
  Headers changed = *this;
  changed.Remove(name);
  TAPPS_RETURN_IF_ERROR(changed.Add(name, value));
  *this = std::move(changed);
  return Status();
}

void Headers::Remove(std::string_view name) {
  if (!Has(name)) return;
  Headers kept;
  for (size_t i = 0; i < size(); ++i) {
    const Field field = (*this)[i];
    if (!EqualsIgnoreCase(field.name, name)) kept.Append(field.name, field.value);
  }
  *this = std::move(kept);
}

void Headers::AddLine(std::string_view line) {
  if (line.empty() || !IsFieldValue(line)) return;
  if (line.front() == ' ' || line.front() == '\t') {
    if (fields_.empty()) return;
    const std::string_view more = TrimSpace(line);
    text_.resize(text_.size() - 2);
    text_.append(" ").append(more).append("\r\n");
    fields_.back().value_size += static_cast<uint32_t>(more.size()) + 1;
    return;
  }
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || !IsToken(line.substr(0, colon))) return;
  Append(line.substr(0, colon), TrimSpace(line.substr(colon + 1)));
}

std::optional<std::string_view> Headers::Get(std::string_view name) const {
  for (size_t i = 0; i < fields_.size(); ++i) {
    if (NameIs(fields_[i], name)) return (*this)[i].value;
  }
  return std::nullopt;
}

std::optional<std::string> Headers::Combined(std::string_view name) const {
  std::optional<std::string> all;
  ForEach(name, [&](std::string_view value) {
    if (all) {
      all->append(", ").append(value);
    } else {
      all.emplace(value);
    }
  });
  return all;
}

Result<Headers> Headers::Parse(std::string_view text) {
  if (text.size() > UINT32_MAX) return {TAPPS_E_CORRUPT, "stored headers are too long"};
  Headers headers;
  headers.text_ = text;
  size_t begin = 0;
  while (begin < text.size()) {
    const size_t end = text.find("\r\n", begin);
    const size_t colon = text.find(": ", begin);
    if (end == std::string_view::npos || colon == std::string_view::npos || colon + 2 > end ||
        !IsToken(text.substr(begin, colon - begin)) ||
        !IsFieldValue(text.substr(colon + 2, end - colon - 2))) {
      return {TAPPS_E_CORRUPT, "stored headers are malformed"};
    }
    headers.fields_.push_back({static_cast<uint32_t>(begin), static_cast<uint32_t>(colon - begin),
                               static_cast<uint32_t>(end - colon - 2)});
    begin = end + 2;
  }
  return headers;
}

}  // namespace tapps::http
