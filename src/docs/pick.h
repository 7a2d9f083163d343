#ifndef TAPPS_DOCS_PICK_H_
#define TAPPS_DOCS_PICK_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "docs/sections.h"

namespace tapps {

// A part of a document that answers a topic.
struct Passage {
  std::string text;                   // the sections chosen, in their order in the document
  std::vector<std::string> headings;  // their titles; sections without one are left out
  bool cut = false;                   // the last section chosen did not fit as a whole
};

// Whether a topic asks for the beginning of a document: empty or "overview".
bool IsOverview(std::string_view topic);

// The beginning of a document up to `max_tokens`, cut at section borders, and then the sections on
// installing and using it that still fit. The first section is cut at a line when it is longer than
// the bound by itself. max_tokens: above 0, or TAPPS_UNLIMITED for the whole document.
Passage PickOverview(const std::vector<Section>& sections, int64_t max_tokens);

// The sections on a topic. A section is on it when its title, or one above it, has a word of the
// topic, or its text at least half of them. Whole words count, whatever their case; titles weigh
// more than text, and sections that are weak beside the best one are left out. Equal input gives
// equal output. No section chosen: nothing is on the topic.
Passage PickTopic(const std::vector<Section>& sections, std::string_view topic, int64_t max_tokens);

}  // namespace tapps

#endif  // TAPPS_DOCS_PICK_H_
