#ifndef TAPPS_DOCS_METADATA_H_
#define TAPPS_DOCS_METADATA_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tapps {

// What a Python distribution's METADATA or PKG-INFO says of it (core metadata 1.0 to 2.4).
struct PythonMetadata {
  std::string name;
  std::string version;
  std::string summary;
  std::string home_page;
  std::string requires_python;
  std::string content_type;                               // of the description; empty: not said
  std::vector<std::pair<std::string, std::string>> urls;  // Project-URL: label, URL
  std::string description;  // the body, or the Description header of versions below 2.1
};

// Reads headers (RFC 822 style, folded lines, any case of names) and body. Text is made CleanText.
// Lines that are no headers are passed over; anything can be read, and what is not there is empty.
PythonMetadata ParsePythonMetadata(std::string_view bytes);

}  // namespace tapps

#endif  // TAPPS_DOCS_METADATA_H_
