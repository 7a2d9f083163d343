#include "cli/options.h"

#include "cli/format.h"

namespace tapps::cli {

CLI::Option* AddDuration(CLI::App& app, const std::string& name, int64_t& microseconds,
                         const std::string& help) {
  return app
      .add_option_function<std::string>(
          name,
          [name, &microseconds](const std::string& text) {
            const auto parsed = ParseDuration(text);
            if (!parsed || *parsed == 0) {  // 0 is "the default" from here on
              throw CLI::ValidationError(
                  name, "expected a duration above 0 such as 90s, 15m, 36h, 7d, not '" +
                            Printable(text) + "'");
            }
            microseconds = *parsed;
          },
          help)
      ->type_name("DURATION");
}

CLI::Option* AddSize(CLI::App& app, const std::string& name, int64_t& bytes,
                     const std::string& help) {
  return app
      .add_option_function<std::string>(
          name,
          [name, &bytes](const std::string& text) {
            const auto parsed = ParseBytes(text);
            if (!parsed || *parsed == 0) {
              throw CLI::ValidationError(
                  name,
                  "expected a size above 0 such as 512, 64k, 10M, not '" + Printable(text) + "'");
            }
            bytes = *parsed;
          },
          help)
      ->type_name("SIZE");
}

CLI::Option* NotEmpty(CLI::Option* option) {
  return option->check(CLI::Validator(
      [](const std::string& text) { return std::string(text.empty() ? "may not be empty" : ""); },
      ""));
}

std::string OneOf(const std::string& option, const std::vector<std::string>& words,
                  const std::string& given) {
  std::string list;
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == given) return given;
    list += (i == 0 ? "" : i + 1 < words.size() ? ", " : " or ") + words[i];
  }
  throw CLI::ValidationError(option, "expected " + list + ", not '" + Printable(given) + "'");
}

CLI::Option* AddRepeated(CLI::App& app, const std::string& name, std::vector<std::string>& values,
                         const std::string& help) {
  return app.add_option(name, values, help)->allow_extra_args(false);
}

std::string Lines(const std::vector<std::string>& values) {
  std::string lines;
  for (const std::string& value : values) lines += (lines.empty() ? "" : "\n") + value;
  return lines;
}

}  // namespace tapps::cli
