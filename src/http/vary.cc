#include "http/vary.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "http/field_list.h"
#include "http/text.h"

namespace tapps::http {
namespace {

constexpr std::string_view kAcceptLanguage = "Accept-Language";

// Fields whose members are compared without case and ranked by weight, not by place.
bool IsRanked(std::string_view name) {
  return EqualsIgnoreCase(name, kAcceptLanguage) || EqualsIgnoreCase(name, "Accept-Encoding") ||
         EqualsIgnoreCase(name, "Accept-Charset");
}

// In thousandths (RFC 9110 12.4.2); what is no weight is 1.
int Weight(std::string_view parameters) {
  const size_t equals = parameters.find('=');
  if (equals == std::string_view::npos ||
      !EqualsIgnoreCase(TrimSpace(parameters.substr(0, equals)), "q")) {
    return 1000;
  }
  const std::string_view text = TrimSpace(parameters.substr(equals + 1));
  if (text.empty() || (text[0] != '0' && text[0] != '1')) return 1000;
  int weight = (text[0] - '0') * 1000;
  int unit = 100;
  for (size_t i = 2; i < text.size() && i < 5 && IsDigit(text[i]); ++i, unit /= 10) {
    weight += (text[i] - '0') * unit;
  }
  return std::min(weight, 1000);
}

struct Ranked {
  int weight;
  std::string name;
};

// The members of such a field, heaviest first.
std::vector<Ranked> Rank(std::string_view value) {
  std::vector<Ranked> members;
  FieldList list(value);
  while (const auto member = list.Next()) {
    const size_t semicolon = std::min(member->find(';'), member->size());
    members.push_back({Weight(member->substr(std::min(semicolon + 1, member->size()))),
                       LowerCase(TrimSpace(member->substr(0, semicolon)))});
  }
  std::sort(members.begin(), members.end(), [](const Ranked& a, const Ranked& b) {
    return a.weight != b.weight ? a.weight > b.weight : a.name < b.name;
  });
  return members;
}

std::string NormaliseRanked(std::string_view value) {
  std::string out;
  for (const Ranked& member : Rank(value)) {
    if (!out.empty()) out += ',';
    out += member.name;
    if (member.weight != 1000) out += ";q=" + std::to_string(member.weight);
  }
  return out;
}

// A list with the white space around its members removed, so that equal lists are equal texts.
std::string NormaliseList(std::string_view value) {
  std::string out;
  FieldList list(value);
  while (const auto member = list.Next()) {
    if (!out.empty()) out += ',';
    out += *member;
  }
  return out;
}

std::optional<std::string> SelectingValue(const Headers& request, std::string_view name) {
  const auto combined = request.Combined(name);
  if (!combined) return std::nullopt;
  return IsRanked(name) ? NormaliseRanked(*combined) : NormaliseList(*combined);
}

// Calls visit(name) for each member of the response's Vary, until it returns false.
template <typename Visit>
bool AllOfVary(const Headers& response, Visit visit) {
  bool all = true;
  response.ForEach("Vary", [&](std::string_view value) {
    FieldList list(value);
    while (const auto name = all ? list.Next() : std::nullopt) all = visit(*name);
  });
  return all;
}

}  // namespace

Headers SelectingFields(const Headers& request, const Headers& response) {
  Headers selecting;
  AllOfVary(response, [&](std::string_view name) {
    if (!IsToken(name) || selecting.Has(name)) return true;
    if (const auto value = SelectingValue(request, name)) (void)selecting.Add(name, *value);
    return true;
  });
  return selecting;
}

std::optional<std::string> PreferredLanguage(const Headers& request) {
  const auto value = request.Combined(kAcceptLanguage);
  if (!value) return std::nullopt;
  std::vector<Ranked> languages = Rank(*value);
  if (languages.empty() || languages[0].weight == 0 || languages[0].name == "*") {
    return std::nullopt;
  }
  if (languages.size() > 1 && languages[1].weight == languages[0].weight) return std::nullopt;
  return std::move(languages[0].name);
}

std::optional<std::string> NegotiatedLanguage(const Headers& response) {
  const bool negotiated = !AllOfVary(
      response, [](std::string_view name) { return !EqualsIgnoreCase(name, kAcceptLanguage); });
  if (!negotiated) return std::nullopt;
  const auto field = response.Combined("Content-Language");
  if (!field) return std::nullopt;
  const std::vector<std::string_view> languages = SplitList(*field);
  if (languages.size() != 1) return std::nullopt;
  return LowerCase(languages[0]);
}

Headers SelectingByLanguage(const Headers& selecting, std::string_view language) {
  Headers fields;
  for (size_t i = 0; i < selecting.size(); ++i) {
    const auto [name, value] = selecting[i];
    if (!EqualsIgnoreCase(name, kAcceptLanguage)) (void)fields.Add(name, value);
  }
  (void)fields.Add("Content-Language", language);
  return fields;
}

}  // namespace tapps::http
