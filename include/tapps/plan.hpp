// What would be looked up for a project. Include <tapps.hpp>.
#ifndef TAPPS_PLAN_HPP
#define TAPPS_PLAN_HPP

#include "../tapps.h"
#include "result.hpp"
#include "value.hpp"

namespace tapps::cxx {

// What would be looked up for a project.
class Plan {
 public:
  Plan() = default;
  explicit Plan(tapps_plan* plan) : plan_(plan) {}

  size_t count() const { return tapps_plan_count(plan_.get()); }
  // The plan as JSON.
  Result<Value> Describe() const {
    tapps_value* value = nullptr;
    tapps_error* error = nullptr;
    const int32_t code = tapps_plan_describe(plan_.get(), &value, nullptr, nullptr, &error);
    if (code != TAPPS_OK) return Error(code, error);
    return Value(value);
  }
  tapps_plan* get() const { return plan_.get(); }

 private:
  detail::Owned<tapps_plan, tapps_plan_release> plan_;
};

}  // namespace tapps::cxx

#endif  // TAPPS_PLAN_HPP
