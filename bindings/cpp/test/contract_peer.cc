#include "contract_peer.h"

#include <iostream>

namespace peer {

const char* OriginName(int32_t served_from) {
  static constexpr const char* kNames[] = {"unknown", "memory",      "disk",
                                           "network", "revalidated", "installed"};
  return kNames[served_from >= 0 && served_from <= 5 ? served_from : 0];
}

const char* Flag(bool on) { return on ? "1" : "0"; }

Form Peer::Answer(const Form& form) {
  answer_ = Form();
  static constexpr Done (Peer::*kParts[])(const Form&) = {
      &Peer::Opening, &Peer::Entries, &Peer::Many,     &Peer::Conditions, &Peer::Upkeep,
      &Peer::Network, &Peer::Docs,    &Peer::Breakers, &Peer::Permits};
  bool known = false;
  for (const auto part : kParts) {
    known = known || (this->*part)(form) == Done::kYes;
  }
  if (!known) answer_.Add("lack", "1");
  if (!answer_.Has("code")) answer_.Add("code", "OK");
  return answer_;
}

bool Peer::Fail(const tc::Error& error) {
  answer_.Add("code", error.name());
  answer_.Add("message", error.message());
  return false;
}

Peer::Done Peer::Tell(const tc::Result<tc::Value>& result) {
  if (Ok(result)) answer_.Add("json", std::string(result->bytes()));
  return Done::kYes;
}

Peer::Done Peer::Opening(const Form& form) {
  const std::string verb = form.Text("do");
  if (verb == "open") {
    const std::string secrets = form.Lines("secret_name");
    auto options = tc::Options<tapps_open_options>();
    const std::pair<const char*, uint32_t> flags[] = {
        {"read_only", TAPPS_OPEN_READ_ONLY},
        {"offline", TAPPS_OPEN_OFFLINE},
        {"deny_private", TAPPS_OPEN_DENY_PRIVATE},
        {"shared_http", TAPPS_OPEN_SHARED_HTTP},
        {"keep_set_cookie", TAPPS_OPEN_KEEP_SET_COOKIE}};
    for (const auto& [name, flag] : flags) options.flags |= form.Has(name) ? flag : 0;
    options.memory_bytes = form.Number("memory_bytes");
    options.ttl_us = form.Microseconds("ttl_ms");
    options.preload_bytes = form.Number("preload_bytes");
    options.disk_entries = form.Number("disk_entries");
    options.policy = form.Text("policy") == "lru" ? TAPPS_POLICY_LRU : TAPPS_POLICY_ADAPTIVE;
    options.no_proxy = form.Find("no_proxy");
    options.secret_names = secrets.empty() ? nullptr : secrets.c_str();
    auto opened = tc::Cache::Open(form.Find("path"), &options);
    if (Ok(opened)) cache_ = *std::move(opened);
  } else if (verb == "close") {
    if (cache_.get() != nullptr) Ok(cache_.Close());
  } else if (verb == "state") {
    static constexpr const char* kNames[] = {"ok",   "read_only", "memory",     "locked",
                                             "full", "failed",    "wal_pinned", "closed"};
    answer_.Add("state", kNames[cache_.state()]);
  } else if (verb == "path") {
    answer_.Add("path", cache_.path());
  } else if (verb == "flush") {
    Ok(cache_.Flush());
  } else if (verb == "stats") {
    return Tell(cache_.Stats());
  } else {
    return Done::kNot;
  }
  return Done::kYes;
}

Peer::Done Peer::Upkeep(const Form& form) {
  const std::string verb = form.Text("do");
  if (verb == "survey") return Tell(cache_.Survey());
  if (verb == "check") return Tell(cache_.Check(form.Has("deep") ? TAPPS_CHECK_DEEP : 0));
  if (verb == "backup") {
    Ok(cache_.Backup(form.Find("path")));
    return Done::kYes;
  }
  if (verb != "compact") return Done::kNot;
  const auto freed = cache_.Compact();
  if (Ok(freed)) answer_.Add("freed", std::to_string(*freed));
  return Done::kYes;
}

}  // namespace peer

int main() {
  std::ios::sync_with_stdio(false);
  peer::Peer peer;
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << peer.Answer(peer::Form::Parse(line)).Line() << std::endl;
  }
  return 0;
}
