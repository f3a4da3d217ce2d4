#include "amqp.hpp"

#include <amqp_tcp_socket.h>
#include <sys/time.h>

#include <stdexcept>

namespace lag_broker {
namespace {

constexpr amqp_channel_t channel = 1;

amqp_bytes_t bytes(const std::string& text) { return {text.size(), const_cast<char*>(text.data())}; }

void check_sent(int status) {
  if (status != AMQP_STATUS_OK) throw std::runtime_error(amqp_error_string2(status));
}

}  // namespace

Amqp::Amqp(int port) : connection_(amqp_new_connection(), &amqp_destroy_connection) {
  auto* socket = amqp_tcp_socket_new(connection_.get());
  check_sent(amqp_socket_open(socket, "127.0.0.1", port));
  const auto login = amqp_login(connection_.get(), "/", 0, AMQP_DEFAULT_FRAME_SIZE, 0, AMQP_SASL_METHOD_PLAIN, "guest", "guest");
  if (login.reply_type != AMQP_RESPONSE_NORMAL) throw std::runtime_error("login refused");
  amqp_channel_open(connection_.get(), channel);
  check("channel");
}

void Amqp::check(const char* what) {
  if (amqp_get_rpc_reply(connection_.get()).reply_type != AMQP_RESPONSE_NORMAL) throw std::runtime_error(std::string(what) + " refused");
}

void Amqp::publish(const std::string& queue) {
  check_sent(amqp_basic_publish(connection_.get(), channel, amqp_empty_bytes, bytes(queue), 0, 0, nullptr, amqp_cstring_bytes("x")));
}

void Amqp::consume(const std::string& queue, bool acknowledged, std::uint16_t prefetch) {
  amqp_basic_qos(connection_.get(), channel, 0, prefetch, 0);
  check("qos");
  amqp_basic_consume(connection_.get(), channel, bytes(queue), amqp_empty_bytes, 0, acknowledged ? 0 : 1, 0, amqp_empty_table);
  check("consume");
}

std::optional<std::uint64_t> Amqp::next(int milliseconds) {
  amqp_maybe_release_buffers(connection_.get());
  amqp_envelope_t envelope{};
  timeval wait{milliseconds / 1000, (milliseconds % 1000) * 1000};
  const auto reply = amqp_consume_message(connection_.get(), &envelope, &wait, 0);
  if (reply.reply_type == AMQP_RESPONSE_NORMAL) {
    const auto tag = envelope.delivery_tag;
    amqp_destroy_envelope(&envelope);
    return tag;
  }
  if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION && reply.library_error == AMQP_STATUS_TIMEOUT) return std::nullopt;
  throw std::runtime_error("the consumer's connection is lost");
}

std::optional<std::uint64_t> Amqp::get(const std::string& queue, bool acknowledged) {
  amqp_maybe_release_buffers(connection_.get());
  const auto reply = amqp_basic_get(connection_.get(), channel, bytes(queue), acknowledged ? 0 : 1);
  if (reply.reply_type != AMQP_RESPONSE_NORMAL) throw std::runtime_error("get refused");
  if (reply.reply.id != AMQP_BASIC_GET_OK_METHOD) return std::nullopt;
  const auto tag = static_cast<const amqp_basic_get_ok_t*>(reply.reply.decoded)->delivery_tag;
  amqp_message_t message{};
  if (amqp_read_message(connection_.get(), channel, &message, 0).reply_type != AMQP_RESPONSE_NORMAL)
    throw std::runtime_error("a message that was fetched does not come");
  amqp_destroy_message(&message);
  return tag;
}

void Amqp::acknowledge(std::uint64_t tag, bool all_before) {
  check_sent(amqp_basic_ack(connection_.get(), channel, tag, all_before ? 1 : 0));
}

void Amqp::reject(std::uint64_t tag, bool requeue) { check_sent(amqp_basic_reject(connection_.get(), channel, tag, requeue ? 1 : 0)); }

}  // namespace lag_broker
