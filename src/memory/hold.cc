#include "memory/hold.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <new>

namespace tapps {
namespace {

bool Membarrier(int command) { return syscall(SYS_membarrier, command, 0, 0) == 0; }

}  // namespace

std::array<std::atomic<ThreadHolds*>, kThreadSlots / ThreadHolds::kChunk> ThreadHolds::chunks_{};
std::atomic<bool> Reclaimer::light_{false};

ThreadHolds* ThreadHolds::AddChunk(uint32_t chunk) {
  auto* added = new ThreadHolds[kChunk];
  ThreadHolds* present = nullptr;
  if (chunks_[chunk].compare_exchange_strong(present, added, std::memory_order_acq_rel)) {
    return added;  // never freed: handles in it may outlive everything else
  }
  delete[] added;
  return present;
}

bool Hold::DropReference() {
  uint32_t word = word_.load(std::memory_order_relaxed);
  while (word >= kReference) {
    // The last release must see what the others read.
    if (word_.compare_exchange_weak(word, word - kReference, std::memory_order_acq_rel)) {
      return true;
    }
  }
  return false;
}

void Hold::Wanted() {
  if ((word_.fetch_and(~kWanted, std::memory_order_acq_rel) & kWanted) != 0) {
    Reclaimer::Get().Collect();
  }
}

Reclaimer::Reclaimer() {
  light_.store(Membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED), std::memory_order_relaxed);
}

Reclaimer& Reclaimer::Get() {
  static constinit PerProcess<Reclaimer> reclaimers;
  return reclaimers.Get();
}

bool Reclaimer::Fence() {
  if (light_readers()) {
    if (Membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED)) return true;
    // Forbidden since we registered (a sandbox): readers fence themselves from now on, and what
    // was retired waits for a later round.
    light_.store(false, std::memory_order_relaxed);
    return false;
  }
#if defined(__SANITIZE_THREAD__)  // knows no fences
  static std::atomic<int> order{0};
  order.fetch_add(1, std::memory_order_seq_cst);
#else
  std::atomic_thread_fence(std::memory_order_seq_cst);
#endif
  return true;
}

void Reclaimer::Visit(void (*each)(Hold&, bool handle, void* context), void* context) {
  for (auto& chunk : ThreadHolds::chunks_) {
    ThreadHolds* const threads = chunk.load(std::memory_order_acquire);
    if (!threads) continue;
    for (uint32_t i = 0; i < ThreadHolds::kChunk; ++i) {
      each(threads[i].table, false, context);
      each(threads[i].key, false, context);
      each(threads[i].scratch, false, context);
      for (Hold& hold : threads[i].handles) each(hold, true, context);
    }
  }
}

void Reclaimer::Retire(const std::vector<Retired>& objects) noexcept {
  if (objects.empty()) return;
  try {
    MutexLock lock(mu_);
    retired_.insert(retired_.end(), objects.begin(), objects.end());
    new_objects_ += objects.size();
    for (const Retired& one : objects) new_bytes_ += one.bytes;
    if (new_objects_ < kBatch && new_bytes_ < kBatchBytes && !again_) return;
  } catch (const std::bad_alloc&) {
    return;
  }
  Collect();
}

void Reclaimer::Collect() noexcept {
  std::vector<Retired> free;
  try {
    MutexLock lock(mu_);
    CollectLocked(&free);
  } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): the rest waits
  }
  for (const Retired& one : free) one.destroy(one.object);
}

size_t Reclaimer::waiting() {
  MutexLock lock(mu_);
  return retired_.size();
}

void Reclaimer::CollectLocked(std::vector<Retired>* free) {
  struct Seen {
    std::vector<const void*> objects;
    const std::vector<Retired>* marked = nullptr;  // sorted; those in a handle get the mark
    bool marks = false;
    bool again = false;
  } seen;
  const auto by_address = [](const Retired& a, const Retired& b) { return a.object < b.object; };
  const auto look = [](Hold& hold, bool handle, void* context) {
    auto& found = *static_cast<Seen*>(context);
    const void* const object = hold.object_.load(std::memory_order_acquire);
    if (!object) return;
    if (!found.marked) {
      found.objects.push_back(object);
      return;
    }
    const auto at = std::lower_bound(found.marked->begin(), found.marked->end(), object,
                                     [](const Retired& a, const void* b) { return a.object < b; });
    if (at == found.marked->end() || at->object != object) return;
    if (!handle) {
      found.again = true;
    } else if ((hold.word_.fetch_or(Hold::kWanted, std::memory_order_acq_rel) & Hold::kWanted) ==
               0) {
      found.marks = true;
    }
  };
  new_objects_ = 0;
  new_bytes_ = 0;
  // A mark that came after its holder had looked for it is noticed by looking once more.
  do {
    if (retired_.empty() || !Fence()) break;
    seen = {};
    Visit(look, &seen);
    std::sort(seen.objects.begin(), seen.objects.end());
    const auto held = std::partition(retired_.begin(), retired_.end(), [&](const Retired& one) {
      return std::binary_search(seen.objects.begin(), seen.objects.end(), one.object);
    });
    free->insert(free->end(), held, retired_.end());
    retired_.erase(held, retired_.end());
    std::sort(retired_.begin(), retired_.end(), by_address);
    seen.marked = &retired_;
    if (!retired_.empty()) Visit(look, &seen);
  } while (seen.marks);
  again_ = seen.again;
}

}  // namespace tapps
