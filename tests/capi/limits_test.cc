// Sizes, texts and numbers at and beyond their limits.
#include <sys/mman.h>

#include <vector>

#include "capi/api.h"

namespace tapps::capi {
namespace {

using LimitsTest = CacheTest;

TEST_F(LimitsTest, KeysAreOneTo4096Bytes) {
  const std::string longest(4096, 'k');
  EXPECT_EQ(Put(cache(), longest, "v", TAPPS_DURABILITY_SYNC), TAPPS_OK);
  EXPECT_EQ(Get(cache(), longest).str(), "v");
  for (const std::string& key : {std::string(), std::string(4097, 'k')}) {
    Err err;
    EXPECT_EQ(Put(cache(), key, "v", TAPPS_DURABILITY_ASYNC, err), TAPPS_E_INVALID);
    EXPECT_HAS(err.message(), "key");
    EXPECT_EQ(Get(cache(), key).code, TAPPS_E_INVALID);
    EXPECT_EQ(tapps_cache_delete(cache(), nullptr, key.data(), key.size(), 0, nullptr),
              TAPPS_E_INVALID);
    EXPECT_EQ(tapps_cache_touch(cache(), nullptr, key.data(), key.size(), 0, nullptr),
              TAPPS_E_INVALID);
  }
}

TEST_F(LimitsTest, KeysAreBytes) {
  const std::string key("\0\xff\n", 3);
  EXPECT_EQ(Put(cache(), key, "v", TAPPS_DURABILITY_SYNC), TAPPS_OK);
  EXPECT_EQ(Get(cache(), key).str(), "v");
  EXPECT_EQ(Get(cache(), std::string_view(key).substr(0, 2)).code, TAPPS_E_NOT_FOUND);
}

TEST_F(LimitsTest, NamespacesAreOneTo255Bytes) {
  const std::string longest(255, 'n');
  EXPECT_EQ(tapps_cache_put(cache(), longest.c_str(), "k", 1, "v", 1, nullptr, nullptr), TAPPS_OK);
  EXPECT_EQ(Get(cache(), "k", longest.c_str()).str(), "v");
  for (const std::string& space : {std::string(), std::string(256, 'n')}) {
    Err err;
    EXPECT_EQ(tapps_cache_put(cache(), space.c_str(), "k", 1, "v", 1, nullptr, err),
              TAPPS_E_INVALID);
    EXPECT_HAS(err.message(), "space");
    EXPECT_EQ(Get(cache(), "k", space.c_str()).code, TAPPS_E_INVALID);
  }
}

TEST_F(LimitsTest, TheLibrarysOwnNamespacesCanBeReadOnly) {
  const char* own = "tapps.http";
  const tapps_put_item item{"k", 1, "v", 1};
  int64_t op = 0;
  const QueueHandle queue = OpenQueue();
  tapps_filter filter{sizeof filter, 0, own, nullptr, 0, nullptr};
  EXPECT_EQ(Get(cache(), "k", own).code, TAPPS_E_NOT_FOUND);
  Err err;
  EXPECT_EQ(tapps_cache_put(cache(), own, "k", 1, "v", 1, nullptr, err), TAPPS_E_INVALID);
  EXPECT_HAS(err.message(), "tapps.");
  EXPECT_EQ(tapps_cache_put_many(cache(), own, &item, 1, nullptr, err), TAPPS_E_INVALID);
  EXPECT_EQ(tapps_cache_delete(cache(), own, "k", 1, 0, err), TAPPS_E_INVALID);
  EXPECT_EQ(tapps_cache_touch(cache(), own, "k", 1, 0, err), TAPPS_E_INVALID);
  filter.space = "tapps.breakers";  // responses and documents may be cleared
  EXPECT_EQ(tapps_cache_delete_all(cache(), &filter, nullptr, err), TAPPS_E_INVALID);
  EXPECT_EQ(tapps_queue_put(queue.get(), own, "k", 1, "v", 1, nullptr, 0, &op, err),
            TAPPS_E_INVALID);
  // Only the prefix with its dot is taken.
  EXPECT_EQ(tapps_cache_put(cache(), "tapps", "k", 1, "v", 1, nullptr, err), TAPPS_OK);
  EXPECT_EQ(tapps_cache_put(cache(), "tappsx", "k", 1, "v", 1, nullptr, err), TAPPS_OK);
}

TEST_F(LimitsTest, ValuesAreUpTo256MiB) {
  const size_t size = (size_t{256} << 20) + 1;
  void* zeros = mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  ASSERT_NE(zeros, MAP_FAILED);
  Err err;
  EXPECT_EQ(tapps_cache_put(cache(), nullptr, "k", 1, zeros, size, nullptr, err),
            TAPPS_E_TOO_LARGE);
  EXPECT_HAS(err.message(), "268435456");
  const tapps_put_item items[] = {{"a", 1, "v", 1}, {"k", 1, zeros, size}};
  EXPECT_EQ(tapps_cache_put_many(cache(), nullptr, items, 2, nullptr, nullptr), TAPPS_E_TOO_LARGE);
  EXPECT_EQ(Get(cache(), "a").code, TAPPS_E_NOT_FOUND) << "all are checked before one is stored";
  munmap(zeros, size);

  EXPECT_EQ(Put(cache(), "empty", "", TAPPS_DURABILITY_SYNC), TAPPS_OK);
  EXPECT_EQ(Get(cache(), "empty").code, TAPPS_OK);
  EXPECT_EQ(Get(cache(), "empty").info.size, 0);
}

// A value far larger than the memory tier and the queue of writes still has its way to the disk.
TEST_F(LimitsTest, BigValuesComeBackWhole) {
  std::string big(40 << 20, '\0');
  for (size_t i = 0; i < big.size(); i += 61) big[i] = static_cast<char>(i * 31 >> 7);
  ASSERT_EQ(Put(cache(), "big", big, TAPPS_DURABILITY_SYNC), TAPPS_OK);
  const Answer answer = Get(cache(), "big");
  EXPECT_EQ(answer.code, TAPPS_OK);
  EXPECT_TRUE(answer.bytes == big);
}

class TextTest : public CacheTest {
 protected:
  // Runs call(text, err) with texts that are not UTF-8.
  void ExpectUtf8(const std::string& argument,
                  const std::function<int32_t(const char*, tapps_error**)>& call) {
    SCOPED_TRACE(argument);
    const char* bad[] = {"a\xff",    "\xc0\xaf", "\xed\xa0\x80",
                         "\xe2\x82", "\x80",     "\xf4\x90\x80\x80"};
    for (const char* text : bad) {
      Err err;
      EXPECT_EQ(call(text, err), TAPPS_E_INVALID) << err.message();
      EXPECT_HAS(err.message(), "UTF-8");
      EXPECT_HAS(err.message(), argument);
    }
  }
};

TEST_F(TextTest, EveryTextIsUtf8) {
  const QueueHandle queue = OpenQueue();
  int64_t op = 0;
  tapps_value* value = nullptr;
  tapps_cursor* cursor = nullptr;
  tapps_plan* plan = nullptr;
  tapps_breaker* breaker = nullptr;
  ExpectUtf8("path", [&](auto text, auto e) {
    tapps_cache* cache = nullptr;
    return tapps_cache_open((dir_.path() + "/" + text).c_str(), nullptr, &cache, e);
  });
  for (auto [name, field] : {std::pair{"user_agent", &tapps_open_options::user_agent},
                             {"proxy", &tapps_open_options::proxy},
                             {"ca_file", &tapps_open_options::ca_file}}) {
    ExpectUtf8(name, [&, field = field](auto text, auto e) {
      tapps_open_options options = OpenOptions();
      options.*field = text;
      tapps_cache* cache = nullptr;
      return tapps_cache_open(":memory:", &options, &cache, e);
    });
  }
  ExpectUtf8("space", [&](auto text, auto e) {
    return tapps_cache_get(cache(), text, "k", 1, nullptr, &value, nullptr, nullptr, e);
  });
  ExpectUtf8("space", [&](auto text, auto e) {
    return tapps_cursor_open(cache(), text, nullptr, 0, &cursor, e);
  });
  ExpectUtf8("space", [&](auto text, auto e) {
    return tapps_queue_get(queue.get(), text, "k", 1, nullptr, 0, &op, e);
  });
  for (auto [name, field] : {std::pair{"content_type", &tapps_put_options::content_type},
                             {"source", &tapps_put_options::source},
                             {"tags", &tapps_put_options::tags},
                             {"json", &tapps_put_options::json}}) {
    ExpectUtf8(name, [&, field = field](auto text, auto e) {
      tapps_put_options options{};
      options.struct_size = sizeof options;
      options.*field = text;
      return tapps_cache_put(cache(), nullptr, "k", 1, "v", 1, &options, e);
    });
  }
  for (auto [name, field] :
       {std::pair{"space", &tapps_filter::space}, {"tag", &tapps_filter::tag}}) {
    ExpectUtf8(name, [&, field = field](auto text, auto e) {
      tapps_filter filter{sizeof filter, 0, nullptr, nullptr, 0, nullptr};
      filter.*field = text;
      return tapps_cache_delete_all(cache(), &filter, nullptr, e);
    });
  }
  ExpectUtf8("url", [&](auto text, auto e) {
    const std::string url = std::string("http://127.0.0.1:1/") + text;
    return tapps_cache_fetch(cache(), url.c_str(), nullptr, &value, nullptr, nullptr, e);
  });
  for (auto [name, field] : {std::pair{"method", &tapps_fetch_options::method},
                             {"headers", &tapps_fetch_options::headers}}) {
    ExpectUtf8(name, [&, field = field](auto text, auto e) {
      const std::string line = field == &tapps_fetch_options::headers ? "X: " : "";
      const std::string all = line + text;
      tapps_fetch_options options{};
      options.struct_size = sizeof options;
      options.*field = all.c_str();
      return tapps_queue_fetch(queue.get(), "http://127.0.0.1:1/", &options, 0, &op, e);
    });
  }
  ExpectUtf8("library", [&](auto text, auto e) {
    return tapps_docs_lookup(cache(), text, nullptr, &value, nullptr, nullptr, e);
  });
  for (auto [name, field] : {std::pair{"topic", &tapps_docs_options::topic},
                             {"version", &tapps_docs_options::version},
                             {"ecosystem", &tapps_docs_options::ecosystem},
                             {"project_root", &tapps_docs_options::project_root},
                             {"paths", &tapps_docs_options::paths},
                             {"url_template", &tapps_docs_options::url_template}}) {
    ExpectUtf8(name, [&, field = field](auto text, auto e) {
      tapps_docs_options options{};
      options.struct_size = sizeof options;
      options.*field = text;
      return tapps_queue_docs(queue.get(), "react", &options, 0, &op, e);
    });
  }
  ExpectUtf8("root",
             [&](auto text, auto e) { return tapps_plan_open(cache(), text, nullptr, &plan, e); });
  for (auto [name, field] : {std::pair{"paths", &tapps_warm_options::paths},
                             {"url_template", &tapps_warm_options::url_template}}) {
    ExpectUtf8(name, [&, field = field](auto text, auto e) {
      tapps_warm_options options{};
      options.struct_size = sizeof options;
      options.*field = text;
      return tapps_plan_open(cache(), dir_.path().c_str(), &options, &plan, e);
    });
  }
  ExpectUtf8("name", [&](auto text, auto e) {
    return tapps_breaker_open(cache(), text, nullptr, &breaker, e);
  });
}

TEST_F(TextTest, MetadataComesBackAsItWasGiven) {
  tapps_put_options options{};
  options.struct_size = sizeof options;
  options.content_type = "text/markdown; charset=utf-8";
  options.source = "the übung";
  options.tags = "one\ntwo";
  options.json = R"({"a":[1,2]})";
  options.durability = TAPPS_DURABILITY_SYNC;
  ASSERT_EQ(tapps_cache_put(cache(), nullptr, "k", 1, "v", 1, &options, nullptr), TAPPS_OK);
  cache_.reset();
  cache_ = Open(path_);
  ASSERT_NE(cache_, nullptr);
  const Answer answer = Get(cache(), "k");
  EXPECT_EQ(answer.text(TAPPS_TEXT_CONTENT_TYPE), options.content_type);
  EXPECT_EQ(answer.text(TAPPS_TEXT_SOURCE), options.source);
  EXPECT_EQ(answer.text(TAPPS_TEXT_TAGS), options.tags);
  EXPECT_EQ(answer.text(TAPPS_TEXT_JSON), options.json);
  EXPECT_EQ(tapps_value_text(answer.value.get(), 99, nullptr), nullptr);
  EXPECT_EQ(tapps_value_text(answer.value.get(), -1, nullptr), nullptr);
}

TEST_F(TextTest, JsonIsAnObject) {
  for (const char* json : {"{", "[1]", "1", "\"text\"", "{} x"}) {
    tapps_put_options options{};
    options.struct_size = sizeof options;
    options.json = json;
    Err err;
    EXPECT_EQ(tapps_cache_put(cache(), nullptr, "k", 1, "v", 1, &options, err), TAPPS_E_INVALID)
        << json;
    EXPECT_HAS(err.message(), "json");
  }
}

}  // namespace
}  // namespace tapps::capi
