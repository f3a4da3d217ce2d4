// A request to cancel that arrives late, as it does by way of a slow network: it is on a connection of its own, and names a
// session, not a statement.
#include <gtest/gtest.h>

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <thread>

#include "ask/postgres_connection.hpp"
#include "postgres_settings.hpp"

namespace hostile {
namespace {

using namespace gateway;
namespace asio = boost::asio;
using asio::ip::tcp;
using std::chrono::milliseconds;

// A way to a server of the loopback: the first connection passes at once, all others after a while.
class SlowToCancel {
 public:
  SlowToCancel(int upstream_port, milliseconds delay)
      : there_(asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(upstream_port)), delay_(delay) {
    asio::co_spawn(loop_, accept(), asio::detached);
    thread_ = std::jthread([this] { loop_.run(); });
  }
  ~SlowToCancel() { loop_.stop(); }
  SlowToCancel(const SlowToCancel&) = delete;
  SlowToCancel& operator=(const SlowToCancel&) = delete;

  int port() const { return acceptor_.local_endpoint().port(); }

 private:
  asio::awaitable<void> accept() {
    for (milliseconds delay{0};; delay = delay_) {
      auto client = std::make_shared<tcp::socket>(co_await acceptor_.async_accept(asio::use_awaitable));
      asio::co_spawn(loop_, relay(client, delay), asio::detached);
    }
  }

  asio::awaitable<void> relay(std::shared_ptr<tcp::socket> client, milliseconds delay) {
    co_await asio::steady_timer(loop_, delay).async_wait(asio::use_awaitable);
    auto server = std::make_shared<tcp::socket>(loop_);
    co_await server->async_connect(there_, asio::use_awaitable);
    asio::co_spawn(loop_, pass_on(client, server), asio::detached);
    asio::co_spawn(loop_, pass_on(server, client), asio::detached);
  }

  static asio::awaitable<void> pass_on(std::shared_ptr<tcp::socket> from, std::shared_ptr<tcp::socket> to) {
    std::array<char, 4096> bytes;
    boost::system::error_code over;
    while (!over) {
      const auto n = co_await from->async_read_some(asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, over));
      if (!over) co_await asio::async_write(*to, asio::buffer(bytes, n), asio::redirect_error(asio::use_awaitable, over));
    }
    to->close(over);
  }

  asio::io_context loop_{1};
  tcp::endpoint there_;
  milliseconds delay_;
  tcp::acceptor acceptor_{loop_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  std::jthread thread_;
};

// The statement ends by itself while the request to cancel it is on its way. The next one is not hit.
TEST(PostgresLateCancel, HitsNoOtherStatement) {
  auto& server = PrivatePostgres::instance();
  server.reset();
  SlowToCancel way(server.port(), milliseconds(1500));
  const Cancel nobody_stops;
  ReceiveLimit limit;
  auto connection = PostgresConnection::open(postgres_at(way.port()), Deadline(milliseconds(10'000)), nobody_stops, limit);
  ASSERT_TRUE(connection) << connection.error().text;
  const Patience impatient(Deadline(milliseconds(200)), Deadline(milliseconds(20'000))), patient(Deadline(milliseconds(20'000)));
  const auto statement = [](const char* sql) { return SqlRequest{.sql = sql, .parameters = {}, .name = {}}; };
  const auto first = connection->query(statement("SELECT 1 FROM pg_sleep(0.6)"), impatient);
  EXPECT_TRUE(first) << first.error().text;
  const auto next = connection->query(statement("SELECT 2 FROM pg_sleep(2)"), patient);
  EXPECT_TRUE(next) << next.error().text;
}

}  // namespace
}  // namespace hostile
