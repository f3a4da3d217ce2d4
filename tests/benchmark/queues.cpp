// busy-queues PORT QUEUES BUSY: so many queues on a RabbitMQ; every second each of the busy ones gets messages and loses some, in
// another number every time. Says "ready" when all are declared, and goes on until it is ended.
#include <amqp.h>
#include <amqp_tcp_socket.h>
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

void require_good(amqp_connection_state_t connection, const char* what) {
  if (amqp_get_rpc_reply(connection).reply_type != AMQP_RESPONSE_NORMAL) throw std::runtime_error(what);
}

int run(int port, int queues, int busy) {
  const auto connection = amqp_new_connection();
  auto* socket = amqp_tcp_socket_new(connection);
  if (amqp_socket_open(socket, "127.0.0.1", port) != AMQP_STATUS_OK) throw std::runtime_error("no RabbitMQ at that port");
  if (amqp_login(connection, "/", 0, AMQP_DEFAULT_FRAME_SIZE, 0, AMQP_SASL_METHOD_PLAIN, "guest", "guest").reply_type !=
      AMQP_RESPONSE_NORMAL)
    throw std::runtime_error("login refused");
  amqp_channel_open(connection, 1);
  require_good(connection, "no channel");
  const auto name = [](int n) { return fmt::format("bench.{:05}", n); };
  for (int n = 0; n < queues; ++n) {
    amqp_queue_declare(connection, 1, amqp_cstring_bytes(name(n).c_str()), 0, 0, 0, 0, amqp_empty_table);
    require_good(connection, "a queue was refused");
  }
  std::cout << "ready" << std::endl;
  std::minstd_rand random{1};
  for (auto turn = std::chrono::steady_clock::now();; turn += std::chrono::seconds{1}) {
    for (int n = 0; n < busy; ++n) {
      const auto queue = name(n);
      const auto of = [&](int most) { return std::uniform_int_distribution<int>(0, most)(random); };
      for (int i = of(5); i > 0; --i)
        amqp_basic_publish(connection, 1, amqp_empty_bytes, amqp_cstring_bytes(queue.c_str()), 0, 0, nullptr, amqp_cstring_bytes("bench"));
      for (int i = of(5); i > 0; --i) {
        const auto reply = amqp_basic_get(connection, 1, amqp_cstring_bytes(queue.c_str()), 1);
        if (reply.reply_type != AMQP_RESPONSE_NORMAL) throw std::runtime_error("RabbitMQ is gone");
        if (reply.reply.id != AMQP_BASIC_GET_OK_METHOD) break;
        amqp_message_t message;
        amqp_read_message(connection, 1, &message, 0);
        amqp_destroy_message(&message);
      }
      amqp_maybe_release_buffers(connection);
    }
    std::this_thread::sleep_until(turn + std::chrono::seconds{1});
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 4) throw std::runtime_error("usage: busy-queues PORT QUEUES BUSY");
    return run(std::atoi(argv[1]), std::atoi(argv[2]), std::atoi(argv[3]));
  } catch (const std::exception& e) {
    std::cerr << "busy-queues: " << e.what() << '\n';
    return 1;
  }
}
