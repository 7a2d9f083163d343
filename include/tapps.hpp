// tapps.hpp - the C++17 face of tapps.h: owning handles and results, header-only.
//
//     namespace tc = tapps::cxx;
//     auto cache = tc::Cache::Open();
//     if (!cache) return puts(cache.error().message());
//     if (auto put = cache->Put("greeting", "hello"); !put) return puts(put.error().message());
//     if (auto value = cache->Get("greeting")) std::cout << value->bytes() << '\n';
//
// Everything lives in tapps::cxx, apart from the namespace `tapps` of the library's own sources, so
// that one program may see both. The wrapper adds ownership and nothing else: contracts, codes,
// units and defaults are those of tapps.h, whose options structs are used as they are:
//
//     auto options = tc::Options<tapps_put_options>();  // struct_size is set, the rest is default
//     options.ttl_us = tc::Microseconds(std::chrono::hours(1));
//
// Handles are move-only and give back what they own when they go, which never blocks. Calls on a
// handle that owns nothing (default-made or moved from) fail with INVALID, as the C functions do
// for NULL. Threads: as the C objects. Nothing here throws but std::bad_alloc; a Result is read
// after it was asked, as a pointer is.
#ifndef TAPPS_HPP
#define TAPPS_HPP

#include "tapps.h"
#include "tapps/breaker.hpp"
#include "tapps/cache.hpp"
#include "tapps/cursor.hpp"
#include "tapps/filter.hpp"
#include "tapps/items.hpp"
#include "tapps/lease.hpp"
#include "tapps/plan.hpp"
#include "tapps/queue.hpp"
#include "tapps/result.hpp"
#include "tapps/value.hpp"

#endif  // TAPPS_HPP
