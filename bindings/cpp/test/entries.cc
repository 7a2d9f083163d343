// Entries: one, many, under conditions, loaded.
#include <atomic>
#include <chrono>
#include <thread>

#include "contract_peer.h"

namespace peer {
namespace {

const char* OrNull(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

tapps_get_options GetOptions(const Form& form) {
  auto options = tc::Options<tapps_get_options>();
  const std::pair<const char*, uint32_t> flags[] = {{"cached_only", TAPPS_GET_CACHED_ONLY},
                                                    {"allow_stale", TAPPS_GET_ALLOW_STALE},
                                                    {"peek", TAPPS_GET_PEEK},
                                                    {"show_negative", TAPPS_GET_SHOW_NEGATIVE}};
  for (const auto& [name, flag] : flags) options.flags |= form.Has(name) ? flag : 0;
  return options;
}

// Which entries are meant; `prefix` is borrowed.
tc::Filter Matching(const Form& form, const std::string& prefix) {
  tc::Filter filter;
  filter.space = form.Find("space");
  filter.prefix = prefix;
  filter.tag = form.Find("tag");
  filter.everywhere = form.Has("all_spaces");
  return filter;
}

}  // namespace

PutOptions::PutOptions(const Form& form)
    : content_type(form.Text("content_type")),
      source(form.Text("source")),
      tags(form.Lines("tag")),
      json(form.Text("json")),
      native(tc::Options<tapps_put_options>()) {
  const std::string durability = form.Text("durability");
  native.flags = (form.Has("negative") ? TAPPS_PUT_NEGATIVE : 0) |
                 (form.Has("sliding") ? TAPPS_PUT_SLIDING : 0);
  native.durability = durability == "memory" ? TAPPS_DURABILITY_MEMORY
                      : durability == "sync" ? TAPPS_DURABILITY_SYNC
                      : durability == "full" ? TAPPS_DURABILITY_FULL
                                             : TAPPS_DURABILITY_ASYNC;
  native.ttl_us = form.Microseconds("ttl_ms");
  native.stale_us = form.Microseconds("stale_ms");
  native.content_type = OrNull(content_type);
  native.source = OrNull(source);
  native.tags = OrNull(tags);
  native.json = OrNull(json);
}

void Peer::TellEntry(const tc::Value& value) {
  const tapps_info info = value.info();
  answer_.Add("version", std::to_string(info.version));
  answer_.Add("stale", Flag((info.flags & TAPPS_VALUE_STALE) != 0));
  answer_.Add("negative", Flag((info.flags & TAPPS_VALUE_NEGATIVE) != 0));
  answer_.Add("served_from", OriginName(info.served_from));
  answer_.Add("content_type", std::string(value.text(TAPPS_TEXT_CONTENT_TYPE).value_or("")));
  answer_.Add("source", std::string(value.text(TAPPS_TEXT_SOURCE).value_or("")));
  answer_.Add("json", std::string(value.text(TAPPS_TEXT_JSON).value_or("")));
  std::string tags(value.text(TAPPS_TEXT_TAGS).value_or(""));
  while (!tags.empty()) {
    answer_.Add("tag", tags.substr(0, tags.find('\n')));
    tags.erase(0, tags.find('\n') == std::string::npos ? tags.size() : tags.find('\n') + 1);
  }
}

Peer::Done Peer::Entries(const Form& form) {
  const std::string verb = form.Text("do");
  const std::string key = form.Bytes("key");
  const char* space = form.Find("space");
  if (verb == "get" || verb == "entry") {
    const tapps_get_options options = GetOptions(form);
    const auto value = cache_.Get(key, space, &options);
    if (!Ok(value)) return Done::kYes;
    answer_.Add("value", Hex(value->bytes()));
    if (verb == "entry") TellEntry(*value);
  } else if (verb == "put") {
    const PutOptions options(form);
    Ok(cache_.Put(key, form.Bytes("value"), space, &options.native));
  } else if (verb == "delete") {
    Ok(cache_.Delete(key, space));
  } else if (verb == "touch") {
    Ok(cache_.Touch(key, form.Microseconds("ttl_ms"), space));
  } else if (verb == "entries") {
    auto cursor = cache_.List(form.Bytes("prefix"), space);
    if (!Ok(cursor)) return Done::kYes;
    auto entry = cursor->Next();
    for (; entry; entry = cursor->Next()) {
      answer_.Add("key", Hex({static_cast<const char*>(entry->key), entry->key_size}));
    }
    if (entry.code() != TAPPS_E_NOT_FOUND) Ok(entry);
  } else {
    return Done::kNot;
  }
  return Done::kYes;
}

Peer::Done Peer::Many(const Form& form) {
  const std::string verb = form.Text("do");
  const char* space = form.Find("space");
  std::vector<std::string> keys;
  for (const std::string& key : form.All("key")) keys.push_back(Unhex(key));
  if (verb == "get_many") {
    const auto found = cache_.GetMany({keys.begin(), keys.end()}, space);
    if (!Ok(found)) return Done::kYes;
    for (const auto& value : *found) {
      answer_.Add("item", value ? "=" + Hex(value->bytes()) : "-");
    }
  } else if (verb == "put_many") {
    std::vector<std::string> values;
    for (const std::string& value : form.All("value")) values.push_back(Unhex(value));
    std::vector<tc::Item> items;
    for (size_t i = 0; i < keys.size(); ++i) items.push_back({keys[i], values[i]});
    const PutOptions options(form);
    Ok(cache_.PutMany(items, space, &options.native));
  } else if (verb == "delete_all") {
    const std::string prefix = form.Bytes("prefix");
    const auto removed = cache_.DeleteAll(Matching(form, prefix));
    if (Ok(removed)) answer_.Add("count", std::to_string(*removed));
  } else if (verb == "count") {
    const std::string prefix = form.Bytes("prefix");
    const auto counted = cache_.Count(Matching(form, prefix));
    if (!Ok(counted)) return Done::kYes;
    answer_.Add("count", std::to_string(counted->entries));
    answer_.Add("bytes", std::to_string(counted->bytes));
  } else {
    return Done::kNot;
  }
  return Done::kYes;
}

Peer::Done Peer::Conditions(const Form& form) {
  const std::string verb = form.Text("do");
  const char* space = form.Find("space");
  if (verb == "contains") {
    const auto version = cache_.Contains(form.Bytes("key"), space);
    if (Ok(version)) answer_.Add("version", std::to_string(*version));
  } else if (verb == "swap") {
    const PutOptions options(form);
    int64_t present = 0;
    Ok(cache_.Swap(form.Bytes("key"), form.Number("version"), form.Bytes("value"), space,
                   &options.native, &present));
    answer_.Add("version", std::to_string(present));
  } else if (verb == "set_space") {
    auto options = tc::Options<tapps_space_options>();
    options.ttl_us = form.Microseconds("ttl_ms");
    options.stale_us = form.Microseconds("stale_ms");
    options.negative_ttl_us = form.Microseconds("negative_ttl_ms");
    const bool given = form.Has("ttl_ms") || form.Has("stale_ms") || form.Has("negative_ttl_ms");
    Ok(cache_.SetSpace(space, given ? &options : nullptr));
  } else if (verb == "load") {
    return Load(form);
  } else {
    return Done::kNot;
  }
  return Done::kYes;
}

Peer::Done Peer::Load(const Form& form) {
  const size_t callers = form.Has("at_once") ? static_cast<size_t>(form.Number("at_once")) : 1;
  std::atomic<int> loads{0};
  std::atomic<size_t> begun{0};
  const auto make = [&]() -> tc::Result<std::string> {
    ++loads;
    while (begun < callers) std::this_thread::yield();
    if (callers > 1) std::this_thread::sleep_for(std::chrono::milliseconds(20));  // the load itself
    if (form.Has("fail")) return tc::Error(TAPPS_E_PROTOCOL);
    return form.Bytes("value");
  };
  const PutOptions options(form);
  std::vector<tc::Result<std::string>> results;
  for (size_t i = 0; i < callers; ++i) results.emplace_back(std::string());
  std::vector<std::thread> threads;
  for (size_t i = 0; i < callers; ++i) {
    threads.emplace_back([&, i] {
      ++begun;
      results[i] =
          cache_.GetOrMake(form.Bytes("key"), make, form.Find("space"), nullptr, &options.native);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& result : results) {
    if (result) {
      answer_.Add("value", Hex(*result));
    } else if (result.code() == TAPPS_E_PROTOCOL) {
      answer_.Add("code", "LOADER");
    } else {
      Fail(result.error());
    }
  }
  answer_.Add("loads", std::to_string(loads.load()));
  return Done::kYes;
}

}  // namespace peer
