// What every coroutine of the loop needs.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>

namespace gateway {

constexpr auto quietly = boost::asio::as_tuple(boost::asio::use_awaitable);  // a cancelled timer is no exception

// Rethrows exceptions that escaped a coroutine, so that the process exits and its supervisor restarts it.
inline void rethrow_escaped(const std::exception_ptr& thrown) {
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace gateway
