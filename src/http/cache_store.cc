#include "http/cache_store.h"

#include <optional>
#include <utility>

#include "base/hash.h"
#include "base/json.h"
#include "base/random.h"
#include "base/sha256.h"
#include "http/text.h"
#include "http/vary.h"

namespace tapps::http {
namespace {

constexpr std::string_view kSpace = "tapps.http";
constexpr size_t kMaxPlainKey = 3968;

// 128 bits: no two resources shall ever share an entry.
std::string Fingerprint(std::string_view bytes) {
  return HexText(Hash64(bytes)) + HexText(Hash64(bytes, 1));
}

// Keys of a cache are bounded, URLs are not as tightly.
std::string EntryKey(std::string_view key) {
  if (key.size() <= kMaxPlainKey) return std::string(key);
  return std::string(key.substr(0, kMaxPlainKey)) + "\n" + Fingerprint(key);
}

// Tells which requests a variant of the entry is for. Where those have credentials, which the key
// of the entry tells by its second line, nobody shall get from the hash to them.
std::string VariantHash(const std::string& entry_key, std::string_view generation,
                        const Headers& selecting) {
  const std::string bytes = std::string(generation) + "\n" + selecting.text();
  return entry_key.find('\n') == std::string::npos ? Fingerprint(bytes) : Sha256Text(bytes);
}

std::string VariantKey(const std::string& key, std::string_view hash) {
  return key + "\n" + std::string(hash);
}

// JSON holds text, header fields hold bytes: each byte is written as the character of that number.
std::string BytesToText(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      text += c;
    } else {
      text += static_cast<char>(0xc0 | byte >> 6);
      text += static_cast<char>(0x80 | (byte & 0x3f));
    }
  }
  return text;
}

std::string TextToBytes(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0xc0 && i + 1 < text.size()) {
      bytes += static_cast<char>((byte & 0x03) << 6 | (text[++i] & 0x3f));
    } else {
      bytes += text[i];
    }
  }
  return bytes;
}

std::optional<Headers> HeadersMember(const Json& json, const char* name) {
  const auto text = JsonString(json, name);
  if (!text) return std::nullopt;
  Result<Headers> headers = Headers::Parse(TextToBytes(*text));
  if (!headers.ok()) return std::nullopt;
  return *std::move(headers);
}

std::optional<int64_t> IntegerMember(const Json& json, const char* name) {
  const auto it = json.find(name);
  if (it == json.end() || !it->is_number_integer()) return std::nullopt;
  return it->get<int64_t>();
}

Headers VaryField(const std::string& vary) {
  Headers headers;
  (void)headers.Add("Vary", vary);
  return headers;
}

}  // namespace

ResponseStore::Found CacheStore::Find(std::string_view key, const Headers& request, Look look) {
  const std::string entry_key = EntryKey(key);
  if (look == Look::kMemory && any_doomed_) return {};
  if (IsDoomed(entry_key)) return {};
  DecodedRef entry = Read(entry_key, look);
  if (entry == nullptr) return {};
  Found found;
  if (entry->kind == Decoded::kIndex) {
    entry = FindVariant(entry_key, *entry, request, look);
  }
  if (entry == nullptr || entry->kind != Decoded::kResponse) return found;
  found.served_from = entry->value->info().served_from;
  found.facts = &entry->facts;
  found.response = StoredRef(entry, &entry->response);
  return found;
}

CacheStore::DecodedRef CacheStore::FindVariant(const std::string& entry_key, const Decoded& index,
                                               const Headers& request, Look look) {
  const Headers selecting = SelectingFields(request, VaryField(index.vary));
  DecodedRef entry =
      Read(VariantKey(entry_key, VariantHash(entry_key, index.generation, selecting)), look);
  if (entry != nullptr || look == Look::kMemory) return entry;
  const auto language = PreferredLanguage(request);
  if (!language) return nullptr;
  const DecodedRef other =
      Read(VariantKey(entry_key, VariantHash(entry_key, index.generation,
                                             SelectingByLanguage(selecting, *language))),
           look);
  if (other == nullptr || other->kind != Decoded::kVariant) return nullptr;
  return Read(VariantKey(entry_key, other->variant), look);
}

CacheStore::DecodedRef CacheStore::Read(const std::string& entry_key, Look look) {
  GetOptions options;
  options.peek = look == Look::kAgain;
  options.cached_only = look == Look::kMemory;
  const Result<ValueRef> value = cache_->Get({kSpace, entry_key}, options);
  if (!value.ok()) return nullptr;
  const Value* identity = value->get();
  const size_t slot =
      Hash64({reinterpret_cast<const char*>(&identity), sizeof identity}) % kDecoded;
  {
    MutexLock lock(mutex_);
    const DecodedRef& known = decoded_[slot];
    if (known != nullptr && known->value.get() == identity) return known;
  }
  DecodedRef decoded = Decode(entry_key, *value);
  if (decoded != nullptr && identity->footprint() <= kMaxDecodedBytes) {
    DecodedRef dropped = decoded;  // takes the old one with it, after the lock
    MutexLock lock(mutex_);
    decoded_[slot].swap(dropped);
  }
  return decoded;
}

CacheStore::DecodedRef CacheStore::Decode(const std::string& entry_key, const ValueRef& value) {
  const Result<Json> parsed = ParseJson(value->text(TAPPS_TEXT_JSON));
  if (!parsed.ok() || !parsed->is_object()) return nullptr;
  const Json& json = *parsed;
  auto decoded = std::make_shared<Decoded>();
  decoded->value = value;
  if (const auto vary = JsonString(json, "vary")) {
    decoded->kind = Decoded::kIndex;
    decoded->vary = TextToBytes(*vary);
    decoded->generation = JsonString(json, "generation").value_or("");
    return decoded;
  }
  if (auto variant = JsonString(json, "variant")) {
    decoded->kind = Decoded::kVariant;
    decoded->variant = *std::move(variant);
    return decoded;
  }
  auto headers = HeadersMember(json, "headers");
  const auto status = IntegerMember(json, "status");
  const auto request_time = IntegerMember(json, "request_us");
  const auto response_time = IntegerMember(json, "response_us");
  if (!headers || !status || !request_time || !response_time) return nullptr;
  StoredResponse& response = decoded->response;
  response.status = static_cast<int32_t>(*status);
  response.headers = *std::move(headers);
  response.request_time_us = *request_time;
  response.response_time_us = *response_time;
  response.body = value;
  if (json.contains("cookies")) {
    set_cookies_.Restore(entry_key, response.response_time_us, &response.headers);
  }
  decoded->facts = StoredFacts::Of(response);
  return decoded;
}

bool CacheStore::Put(std::string_view key, StoredRef response, Storage where) {
  const std::string entry = EntryKey(key);
  if (IsDoomed(entry)) return false;
  const std::string vary = response->headers.Combined("Vary").value_or("");
  std::string target = entry;
  if (!vary.empty()) {
    const std::string generation = EnsureIndex(entry, vary, where);
    const std::string hash = VariantHash(entry, generation, response->selecting);
    target = VariantKey(entry, hash);
    if (const auto language = NegotiatedLanguage(response->headers)) {
      const Headers selecting = SelectingByLanguage(response->selecting, *language);
      Write(VariantKey(entry, VariantHash(entry, generation, selecting)), {},
            DumpJson({{"variant", hash}}), "", where);
    }
  }
  Headers fields = response->headers;
  Json json = {{"status", response->status},
               {"request_us", response->request_time_us},
               {"response_us", response->response_time_us}};
  if (where == Storage::kAnywhere && !keep_set_cookie_ && SetCookies::Remove(&fields)) {
    set_cookies_.Keep(target, response->response_time_us, response->headers);
    json["cookies"] = true;
  }
  json["headers"] = BytesToText(fields.text());
  return Write(target, response->body, DumpJson(json),
               response->headers.Get("Content-Type").value_or(""), where);
}

std::string CacheStore::EnsureIndex(const std::string& key, const std::string& vary,
                                    Storage where) {
  const DecodedRef index = Read(key, Look::kAgain);
  if (index != nullptr && index->kind == Decoded::kIndex && index->vary == vary) {
    return index->generation;
  }
  const std::string generation = HexText(RandomBits());
  const Json json = {{"vary", BytesToText(vary)}, {"generation", generation}};
  Write(key, {}, DumpJson(json), "", where);
  return generation;
}

bool CacheStore::Write(const std::string& key, ValueRef body, const std::string& json,
                       std::string_view content_type, Storage where) {
  PutOptions options;
  options.durability = where == Storage::kMemory ? TAPPS_DURABILITY_MEMORY : TAPPS_DURABILITY_ASYNC;
  options.ttl_us = TAPPS_NONE;
  options.content_type = content_type;
  options.json = json;
  // The network thread must not wait for room in the queue; what is not stored is fetched again.
  const auto refused = std::make_shared<std::atomic<bool>>(false);
  const auto done = [refused](const Status& status) { *refused = !status.ok(); };
  if (body) {
    cache_->PutAsync({kSpace, key}, std::move(body), options, done);
  } else {
    cache_->PutAsync({kSpace, key}, "", options, done);
  }
  return !*refused;
}

ResponseStore::Shared CacheStore::shared() const {
  return {cache_->SharedStore(), cache_->options().clock, cache_->options().lease_wait_us};
}

void CacheStore::Erase(std::string_view key) {
  std::string entry_key = EntryKey(key);
  if (TryErase(entry_key)) return;
  MutexLock lock(mutex_);
  if (doomed_.size() >= kMaxDoomed) doomed_.erase(doomed_.begin());
  doomed_.insert(std::move(entry_key));
  any_doomed_ = true;
}

// The network thread must not wait for room in the queue here either.
bool CacheStore::TryErase(const std::string& entry_key) {
  const auto busy = std::make_shared<std::atomic<bool>>(false);
  cache_->DeleteAsync({kSpace, entry_key}, TAPPS_DURABILITY_ASYNC,
                      [busy](const Status& status) { *busy = status.code() == TAPPS_E_BUSY; });
  return !*busy;
}

bool CacheStore::IsDoomed(const std::string& entry_key) {
  if (!any_doomed_) return false;
  {
    MutexLock lock(mutex_);
    if (!doomed_.contains(entry_key)) return false;
  }
  if (!TryErase(entry_key)) return true;
  MutexLock lock(mutex_);
  doomed_.erase(entry_key);
  any_doomed_ = !doomed_.empty();
  return false;
}

}  // namespace tapps::http
