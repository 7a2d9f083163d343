// Memory that runs short on the library's own threads is the failure of the operation it was for.
#include <pthread.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>

#include "capi/records.h"

namespace {

std::atomic<size_t> smallest_refused = SIZE_MAX;  // on threads of a pool

bool IsOfAPool() {
  char name[16] = "";
  pthread_getname_np(pthread_self(), name, sizeof name);
  return std::strcmp(name, "tapps-pool") == 0 || std::strcmp(name, "tapps-docs") == 0;
}

}  // namespace

// g++ sees free() behind the sanitizers' own operator new and takes it for a mistake.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

void* operator new(std::size_t size) {
  if (size >= smallest_refused && IsOfAPool()) throw std::bad_alloc();
  if (void* p = std::malloc(size != 0 ? size : 1)) return p;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  try {
    return operator new(size);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }

namespace tapps::capi {
namespace {

class MemoryShortageTest : public CacheTest {
 protected:
  // Everything in the file, nothing in memory.
  void Cool() {
    tapps_cache_close(cache(), 0, nullptr);
    cache_ = Open(path_);
    queue_ = OpenQueue();
  }
  ~MemoryShortageTest() override { smallest_refused = SIZE_MAX; }

  QueueHandle queue_;
};

TEST_F(MemoryShortageTest, AnOperationEndsWithIt) {
  ASSERT_EQ(Put(cache(), "k", std::string(8 << 20, 'v'), TAPPS_DURABILITY_SYNC), TAPPS_OK);
  ASSERT_EQ(Put(cache(), "small", "v", TAPPS_DURABILITY_SYNC), TAPPS_OK);
  for (const size_t refused : {size_t{1} << 20, size_t{1}}) {
    Cool();
    smallest_refused = refused;
    SubmitGet(queue_.get(), "k", 1);
    const tapps_get_item items[] = {{"k", 1, nullptr, nullptr, 0, 0, 0},
                                    {"small", 5, nullptr, nullptr, 0, 0, 0}};
    ASSERT_EQ(tapps_queue_get_many(queue_.get(), nullptr, items, 2, nullptr, 2, nullptr, nullptr),
              TAPPS_OK);
    ASSERT_EQ(tapps_queue_count(queue_.get(), nullptr, 3, nullptr, nullptr), TAPPS_OK);
    int64_t fetch = 0;
    ASSERT_EQ(tapps_queue_fetch(queue_.get(), "http://127.0.0.1:1/", nullptr, 4, &fetch, nullptr),
              TAPPS_OK);
    ASSERT_EQ(tapps_queue_docs(queue_.get(), "lib", nullptr, 5, nullptr, nullptr), TAPPS_OK);
    bool short_of_memory = false;
    for (const Record& record : Await(queue_.get(), 6)) {
      if (record.user_data == 1) short_of_memory = record.code == TAPPS_E_NOMEM;
    }
    EXPECT_TRUE(short_of_memory) << refused;
    smallest_refused = SIZE_MAX;
    EXPECT_EQ(Get(cache(), "small").str(), "v") << "it works again";
  }
}

}  // namespace
}  // namespace tapps::capi
