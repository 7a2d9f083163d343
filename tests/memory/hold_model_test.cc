// The protocol of memory/hold.h, reduced to its steps and run through every interleaving, stores
// delayed as a processor delays them. Each model must fail when one step is taken away.

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <set>
#include <string>
#include <vector>

namespace tapps {
namespace {

// Memory shared by the threads, and what each thread has stored but not shown yet.
enum Cell : uint8_t { kVersion, kPointer, kSlotA, kSlotB, kMark, kCells };
constexpr int kThreads = 3;
constexpr int kBuffer = 3;

struct State {
  std::array<uint8_t, kCells> memory{};
  std::array<std::array<std::array<uint8_t, 2>, kBuffer>, kThreads> buffer{};
  std::array<uint8_t, kThreads> buffered{};
  std::array<uint8_t, kThreads> at{};                    // program counters
  std::array<std::array<uint8_t, 4>, kThreads> local{};  // registers
  std::array<uint8_t, 4> freed{};                        // by object: how often
  std::array<uint8_t, 4> life{};                         // by object: which use of its memory

  bool operator<(const State& other) const { return std::memcmp(this, &other, sizeof *this) < 0; }

  uint8_t Load(int thread, Cell cell) const {
    for (int i = buffered[thread] - 1; i >= 0; --i) {
      if (buffer[thread][i][0] == cell) return buffer[thread][i][1];
    }
    return memory[cell];
  }
  bool CanStore(int thread) const { return buffered[thread] < kBuffer; }
  void Store(int thread, Cell cell, uint8_t value) {
    buffer[thread][buffered[thread]++] = {cell, value};
  }
  void Show(int thread) {  // the oldest delayed store
    memory[buffer[thread][0][0]] = buffer[thread][0][1];
    for (int i = 1; i < buffered[thread]; ++i) buffer[thread][i - 1] = buffer[thread][i];
    buffer[thread][--buffered[thread]] = {};
  }
  void FenceAll() {
    for (int t = 0; t < kThreads; ++t) {
      while (buffered[t] > 0) Show(t);
    }
  }
};
static_assert(sizeof(State) == kCells + kThreads * (2 * kBuffer + 1 + 1 + 4) + 8);

constexpr uint8_t kDone = 100;

// Runs step(state, thread) from every reachable state; it returns false when the thread has nothing
// to do or cannot go on. check(state) says what is wrong, or "".
template <typename Step, typename Check>
std::string Explore(const State& start, Step step, Check check) {
  std::set<State> seen{start};
  std::vector<State> open{start};
  while (!open.empty()) {
    const State state = open.back();
    open.pop_back();
    bool last = true;
    const auto reach = [&](const State& next) {
      last = false;
      if (seen.insert(next).second) open.push_back(next);
    };
    for (int t = 0; t < kThreads; ++t) {
      State next = state;
      if (step(next, t)) reach(next);
      if (state.buffered[t] > 0) {
        next = state;
        next.Show(t);
        reach(next);
      }
    }
    if (std::string wrong = check(state, last); !wrong.empty()) return wrong;
    EXPECT_LT(seen.size(), 3'000'000u);
  }
  return "";
}

// Two readers, each with a slot, and a writer that replaces the value twice; the second value takes
// the memory of the first when that was freed.
struct Steps {
  bool fence = true;                // w3
  bool look_again = true;           // r4
  bool publish_before_look = true;  // r2 before r4
  bool change_before_scan = true;   // w1 before w4
  bool odd_while_changing = true;
};

constexpr uint8_t kWrong = 99;  // a program counter: freed memory was used

bool Reader(State& s, int t, const Steps& steps) {
  const Cell slot = t == 0 ? kSlotA : kSlotB;
  auto& [version, pointer, life, unused] = s.local[t];
  switch (s.at[t]) {
    case 0:  // r1
      version = s.Load(t, kVersion);
      if (version % 2 == 1) {
        s.at[t] = kDone;
        return true;
      }
      s.at[t] = 1;
      return true;
    case 1:
      pointer = s.Load(t, kPointer);
      s.at[t] = steps.publish_before_look ? 2 : 3;
      return true;
    case 2:  // r2
      if (!s.CanStore(t)) return false;
      s.Store(t, slot, pointer);
      s.at[t] = steps.publish_before_look ? 3 : 4;
      return true;
    case 3:  // r4
      if (steps.look_again && s.Load(t, kVersion) != version) {
        s.at[t] = 6;
        return true;
      }
      s.at[t] = steps.publish_before_look ? 4 : 2;
      return true;
    case 4:  // use: twice, of the same life
      life = s.life[pointer];
      s.at[t] = s.freed[pointer] ? kWrong : 5;
      return true;
    case 5:
      s.at[t] = s.freed[pointer] || s.life[pointer] != life ? kWrong : 6;
      return true;
    case 6:  // r5
      if (!s.CanStore(t)) return false;
      s.Store(t, slot, 0);
      s.at[t] = kDone;
      return true;
    default:
      return false;
  }
}

bool Writer(State& s, int t, const Steps& steps) {
  auto& [old, fresh, round, held] = s.local[t];
  switch (s.at[t]) {
    case 0:
      old = s.Load(t, kPointer);
      fresh = round == 1 && s.freed[1] ? 1 : static_cast<uint8_t>(round + 2);
      if (fresh == 1) {
        s.freed[1] = 0;
        ++s.life[1];
      }
      s.at[t] = steps.change_before_scan ? 1 : 4;
      return true;
    case 1:  // w1: odd, pointer, even
    case 2:
    case 3: {
      if (!s.CanStore(t)) return false;
      if (s.at[t] == 2) {
        s.Store(t, kPointer, fresh);
      } else if (steps.odd_while_changing || s.at[t] == 3) {
        const int by = steps.odd_while_changing ? 1 : 2;
        s.Store(t, kVersion, static_cast<uint8_t>(s.Load(t, kVersion) + by));
      }
      ++s.at[t];
      if (s.at[t] == 4 && !steps.change_before_scan) s.at[t] = 7;
      return true;
    }
    case 4:  // w3; system calls and locks show the caller's own stores
      while (s.buffered[t] > 0) s.Show(t);
      if (steps.fence) s.FenceAll();
      s.at[t] = 5;
      return true;
    case 5:  // w4, one slot after the other
      held = s.Load(t, kSlotA) == old;
      s.at[t] = 6;
      return true;
    case 6:
      if (!held && s.Load(t, kSlotB) != old) s.freed[old] = 1;
      s.at[t] = steps.change_before_scan ? 7 : 1;
      return true;
    case 7:
      s.at[t] = ++round < 2 ? 0 : kDone;
      return true;
    default:
      return false;
  }
}

std::string RunReclamation(const Steps& steps) {
  State start;
  start.memory[kPointer] = 1;
  return Explore(
      start, [&](State& s, int t) { return t == 2 ? Writer(s, t, steps) : Reader(s, t, steps); },
      [](const State& s, bool) {
        return s.at[0] == kWrong || s.at[1] == kWrong ? "freed memory was used" : "";
      });
}

TEST(HoldModelTest, NoReaderEverUsesWhatWasFreed) { EXPECT_EQ(RunReclamation({}), ""); }

TEST(HoldModelTest, EveryStepIsNeeded) {
  EXPECT_NE(RunReclamation({.fence = false}), "");
  EXPECT_NE(RunReclamation({.look_again = false}), "");
  EXPECT_NE(RunReclamation({.publish_before_look = false}), "");
  EXPECT_NE(RunReclamation({.change_before_scan = false}), "");
}

// A value that is held when its writer looks: marked, and freed by the release. Threads 0 and 1
// are a holder and the collector.
struct MarkSteps {
  bool look_after_release = true;
  bool fence_after_mark = true;
  bool look_after_mark = true;
};

std::string RunMark(const MarkSteps& steps) {
  State start;
  start.memory[kSlotA] = 1;
  const auto free_if_empty = [](State& s, int t) {
    s.FenceAll();
    if (s.Load(t, kSlotA) == 0 && s.freed[1] == 0) s.freed[1] = 1;  // the list's lock makes it one
  };
  const auto step = [&](State& s, int t) {
    if (t == 0) {
      switch (s.at[0]) {
        case 0:
          s.Store(0, kSlotA, 0);
          s.at[0] = steps.look_after_release ? 1 : kDone;
          return true;
        case 1:
          s.at[0] = s.Load(0, kMark) != 0 ? 2 : kDone;
          return true;
        case 2:
          free_if_empty(s, 0);
          s.at[0] = kDone;
          return true;
        default:
          return false;
      }
    }
    if (t != 1) return false;
    switch (s.at[1]) {
      case 0:
        s.FenceAll();
        s.at[1] = 1;
        return true;
      case 1:
        if (s.Load(1, kSlotA) == 0) {
          s.freed[1] = 1;
          s.at[1] = kDone;
        } else {
          s.at[1] = 2;
        }
        return true;
      case 2:
        s.Store(1, kMark, 1);
        s.at[1] = 3;
        return true;
      case 3:
        if (steps.fence_after_mark) s.FenceAll();
        s.at[1] = steps.look_after_mark ? 4 : kDone;
        return true;
      case 4:
        if (s.Load(1, kSlotA) == 0) s.freed[1] = 1;
        s.at[1] = kDone;
        return true;
      default:
        return false;
    }
  };
  return Explore(start, step, [](const State& s, bool last) {
    return last && s.freed[1] == 0 ? "a released value was not freed" : "";
  });
}

TEST(HoldModelTest, AReleasedValueIsAlwaysFreed) { EXPECT_EQ(RunMark({}), ""); }

TEST(HoldModelTest, EveryStepOfTheMarkIsNeeded) {
  EXPECT_NE(RunMark({.look_after_release = false}), "");
  EXPECT_NE(RunMark({.fence_after_mark = false}), "");
  EXPECT_NE(RunMark({.look_after_mark = false}), "");
}

}  // namespace
}  // namespace tapps
