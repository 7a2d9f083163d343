// The peer of the contract cases for tapps.hpp: see tests/contract/README.md.
#ifndef TAPPS_BINDINGS_CPP_TEST_CONTRACT_PEER_H_
#define TAPPS_BINDINGS_CPP_TEST_CONTRACT_PEER_H_

#include <deque>
#include <map>
#include <string>

#include "form.h"
#include "tapps.hpp"

namespace peer {

namespace tc = tapps::cxx;

class Peer {
 public:
  // What the line asks for, answered.
  Form Answer(const Form& form);

 private:
  enum class Done { kYes, kNot };  // kNot: another part has the verb

  // Each does the verbs of one subject.
  Done Opening(const Form& form);
  Done Entries(const Form& form);
  Done Many(const Form& form);
  Done Conditions(const Form& form);
  Done Upkeep(const Form& form);
  Done Network(const Form& form);
  Done Docs(const Form& form);
  Done Breakers(const Form& form);
  Done Permits(const Form& form);

  Done Load(const Form& form);
  Done Fetch(const Form& form);
  Done FetchMany(const Form& form);
  Done Warm(const Form& form);
  Done Event(const Form& form);

  // Puts the code and message of a failure into the answer; false.
  bool Fail(const tc::Error& error);
  template <typename T>
  bool Ok(const tc::Result<T>& result) {
    return result ? true : Fail(result.error());
  }
  // The JSON of a value.
  Done Tell(const tc::Result<tc::Value>& result);
  void TellEntry(const tc::Value& value);

  tc::Cache cache_;
  std::map<std::string, tc::Breaker> breakers_;
  std::map<std::string, std::deque<tc::Permit>> permits_;
  Form answer_;
};

// How the cases call a TAPPS_FROM_*, and yes and no.
const char* OriginName(int32_t served_from);
const char* Flag(bool on);

// Options of puts with the texts they point to.
struct PutOptions {
  explicit PutOptions(const Form& form);
  PutOptions(const PutOptions&) = delete;

  std::string content_type, source, tags, json;
  tapps_put_options native;
};

}  // namespace peer

#endif  // TAPPS_BINDINGS_CPP_TEST_CONTRACT_PEER_H_
