#include "docs/pick.h"

#include <algorithm>
#include <array>
#include <limits>
#include <set>

#include "docs/text.h"
#include "project/text.h"
#include "tapps.h"

namespace tapps {
namespace {

// Below this many bytes a cut section is not worth its place.
constexpr size_t kLeastCut = 400;

size_t Budget(int64_t max_tokens) {
  if (max_tokens == TAPPS_UNLIMITED) return std::numeric_limits<size_t>::max();
  return BytesOfTokens(std::min(max_tokens, int64_t{1} << 40));
}

// Sections marked for an answer and the room that is left in it.
class Selection {
 public:
  Selection(const std::vector<Section>& sections, size_t budget)
      : sections_(sections), taken_(sections.size(), 0), budget_(budget), left_(budget) {}

  // Takes a section as a whole; false when there is no room for it.
  bool Take(size_t index) {
    const size_t size = sections_[index].text.size();
    if (taken_[index] != 0) return true;
    if (size > left_) return false;
    taken_[index] = size;
    any_ = any_ || size > 0;
    left_ -= size;
    return true;
  }
  // Takes as much of a section as there is room for.
  void TakeHead(size_t index) {
    if (taken_[index] != 0) return;
    // Room is kept for the fence that closes a code block cut through.
    const size_t reserve = left_ > 64 ? 8 : 0;
    taken_[index] = CutAtLine(sections_[index].text, left_ - reserve).size();
    any_ = any_ || taken_[index] > 0;
    left_ = 0;
    cut_ = true;
  }
  size_t left() const { return left_; }
  bool empty() const { return !any_; }

  Passage Finish() const {
    Passage passage;
    passage.cut = cut_;
    for (size_t i = 0; i < sections_.size(); ++i) {
      if (taken_[i] == 0) continue;
      const std::string_view part = sections_[i].text.substr(0, taken_[i]);
      passage.text += part;
      if (part.size() < sections_[i].text.size()) {
        const std::string fence = UnclosedFence(part);
        if (!fence.empty() && passage.text.size() + fence.size() < budget_) {
          passage.text += fence + "\n";
        }
      }
      if (!sections_[i].title.empty()) passage.headings.push_back(sections_[i].title);
    }
    return passage;
  }

 private:
  const std::vector<Section>& sections_;
  std::vector<size_t> taken_;  // bytes of each section in the answer
  const size_t budget_;
  size_t left_;
  bool any_ = false;
  bool cut_ = false;
};

using WordSet = std::set<std::string, std::less<>>;

WordSet TopicWords(std::string_view topic) {
  static constexpr std::array<std::string_view, 22> kIdle = {
      "a",  "an", "and", "are", "do",  "doe", "for", "from", "how",  "in",   "is",
      "it", "of", "on",  "or",  "the", "to",  "use", "what", "when", "with", "work"};
  WordSet all;
  WordSet telling;
  for (std::string& word : Words(topic)) {
    if (std::find(kIdle.begin(), kIdle.end(), word) == kIdle.end()) telling.insert(word);
    all.insert(std::move(word));
  }
  return telling.empty() ? all : telling;
}

int64_t CountIn(const WordSet& wanted, std::string_view text, int64_t* occurrences) {
  WordSet found;
  for (std::string& word : Words(text)) {
    if (!wanted.contains(word)) continue;
    if (occurrences != nullptr) ++*occurrences;
    found.insert(std::move(word));
  }
  return static_cast<int64_t>(found.size());
}

// Points of each section: its own title counts most, titles above it half, its text little.
std::vector<int64_t> Score(const std::vector<Section>& sections, std::string_view topic) {
  constexpr int64_t kTitle = 1000;
  constexpr int64_t kSameTitle = 4000;
  constexpr int64_t kText = 100;
  const WordSet wanted = TopicWords(topic);
  const std::vector<std::string> topic_words = Words(topic);
  const auto count = static_cast<int64_t>(wanted.size());
  std::vector<int64_t> titles(sections.size(), 0);
  std::vector<int64_t> scores(sections.size(), 0);
  for (size_t i = 0; i < sections.size(); ++i) {
    const Section& section = sections[i];
    int64_t title = CountIn(wanted, section.title, nullptr) * kTitle;
    if (title > 0 && Words(section.title) == topic_words) title += kSameTitle;
    // A parent stands before its children, so its points are known.
    const int64_t above = section.parent < 0 ? 0 : titles[static_cast<size_t>(section.parent)] / 2;
    titles[i] = std::max(title, above);
    int64_t occurrences = 0;
    const int64_t in_text = CountIn(wanted, section.text, &occurrences);
    if (titles[i] > 0 || (in_text > 0 && in_text * 2 >= count)) {
      scores[i] = titles[i] + in_text * kText + std::min<int64_t>(occurrences, kText - 1);
    }
  }
  return scores;
}

}  // namespace

bool IsOverview(std::string_view topic) {
  topic = Trim(topic);
  return topic.empty() || Lower(topic) == "overview";
}

Passage PickOverview(const std::vector<Section>& sections, int64_t max_tokens) {
  const size_t budget = Budget(max_tokens);
  Selection selection(sections, budget);
  size_t next = 0;
  while (next < sections.size() && selection.Take(next)) ++next;
  if (next == sections.size()) return selection.Finish();
  // A border that leaves most of the room empty is no good place to stop.
  if (selection.empty() || selection.left() > budget / 4 * 3) {
    selection.TakeHead(next);
    return selection.Finish();
  }
  static const WordSet& kUseful =  // never destroyed: the library has no exit handlers
      *new WordSet{"example", "getting",    "install", "installation",
                   "quick",   "quickstart", "started", "usage"};
  for (; next < sections.size(); ++next) {
    if (CountIn(kUseful, sections[next].title, nullptr) > 0) selection.Take(next);
  }
  return selection.Finish();
}

Passage PickTopic(const std::vector<Section>& sections, std::string_view topic,
                  int64_t max_tokens) {
  const std::vector<int64_t> scores = Score(sections, topic);
  std::vector<size_t> ranked;
  for (size_t i = 0; i < sections.size(); ++i) {
    if (scores[i] > 0) ranked.push_back(i);
  }
  if (ranked.empty()) return {};
  std::stable_sort(ranked.begin(), ranked.end(),
                   [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  const int64_t best = scores[ranked[0]];
  Selection selection(sections, Budget(max_tokens));
  for (size_t index : ranked) {
    if (scores[index] * 4 < best) break;
    if (selection.Take(index)) continue;
    if (selection.empty() || (index == ranked[0] && selection.left() >= kLeastCut)) {
      selection.TakeHead(index);
    }
  }
  return selection.Finish();
}

}  // namespace tapps
