// rabbitmq-c, used from one thread. Declarations have a channel of their own: a refused one (406, when another service
// declared the queue with other arguments first) closes its channel, and must not take the consumers with it.
#include "broker.hpp"

#include <amqp_tcp_socket.h>
#include <fmt/format.h>
#include <sys/time.h>

#include <array>

#include "log.hpp"

namespace trading {

namespace {

constexpr amqp_channel_t working_channel = 1;
constexpr amqp_channel_t declaring_channel = 2;
constexpr std::uint16_t prefetch = 20;

amqp_bytes_t bytes(const std::string& text) { return {text.size(), const_cast<char*>(text.data())}; }

std::string text(amqp_bytes_t from) { return {static_cast<const char*>(from.bytes), from.len}; }

bool succeeded(amqp_connection_state_t connection) { return amqp_get_rpc_reply(connection).reply_type == AMQP_RESPONSE_NORMAL; }

amqp_table_entry_t integer_entry(const char* key, std::int64_t value) {
  amqp_table_entry_t entry{};
  entry.key = amqp_cstring_bytes(key);
  entry.value.kind = AMQP_FIELD_KIND_I64;
  entry.value.value.i64 = value;
  return entry;
}

amqp_table_entry_t text_entry(const char* key, const char* value) {
  amqp_table_entry_t entry{};
  entry.key = amqp_cstring_bytes(key);
  entry.value.kind = AMQP_FIELD_KIND_UTF8;
  entry.value.value.bytes = amqp_cstring_bytes(value);
  return entry;
}

}  // namespace

Broker::Broker(const Settings& settings, std::vector<QueueUse> uses) : settings_{settings}, uses_{std::move(uses)} {}

void Broker::drop(const std::string& reason) {
  connection_.reset();
  // What was delivered and not acknowledged is the broker's again.
  arrived_.clear();
  next_attempt_ = std::chrono::steady_clock::now() + std::chrono::seconds{1};
  if (!was_lost_) log_line(fmt::format("rabbitmq lost: {}", reason));
  was_lost_ = true;
}

bool Broker::connect() {
  if (std::chrono::steady_clock::now() < next_attempt_) return false;
  connection_.reset(amqp_new_connection());
  timeval limit{2, 0};
  amqp_set_handshake_timeout(connection_.get(), &limit);
  amqp_set_rpc_timeout(connection_.get(), &limit);
  amqp_socket_t* socket = amqp_tcp_socket_new(connection_.get());
  const int opened = amqp_socket_open_noblock(socket, settings_.amqp_host.c_str(), settings_.amqp_port, &limit);
  if (opened != AMQP_STATUS_OK) {
    drop(amqp_error_string2(opened));
    return false;
  }
  const amqp_rpc_reply_t login = amqp_login(connection_.get(), "/", 0, AMQP_DEFAULT_FRAME_SIZE, 60, AMQP_SASL_METHOD_PLAIN,
                                            settings_.amqp_user.c_str(), settings_.amqp_password.c_str());
  if (login.reply_type != AMQP_RESPONSE_NORMAL) {
    drop("login refused");
    return false;
  }
  amqp_channel_open(connection_.get(), working_channel);
  if (!succeeded(connection_.get())) {
    drop("no channel");
    return false;
  }
  amqp_basic_qos(connection_.get(), working_channel, 0, prefetch, 0);
  log_line("rabbitmq connected");
  was_lost_ = false;
  ever_connected_ = true;
  for (const QueueUse& use : uses_) {
    if (!connection_) return false;
    if (declare(use) && use.consume) consume(use);
  }
  return connected();
}

bool Broker::declare(const QueueUse& use) {
  amqp_channel_open(connection_.get(), declaring_channel);
  if (!succeeded(connection_.get())) {
    drop("no channel");
    return false;
  }
  std::array arguments{integer_entry("x-message-ttl", 86'400'000), integer_entry("x-max-length", 100'000),
                       text_entry("x-overflow", "drop-head")};
  amqp_table_t table = amqp_empty_table;
  if (use.kind == QueueUse::Kind::bounded) table = {static_cast<int>(arguments.size()), arguments.data()};
  amqp_queue_declare(connection_.get(), declaring_channel, bytes(use.name), 0, 1, 0, 0, table);
  const amqp_rpc_reply_t reply = amqp_get_rpc_reply(connection_.get());
  if (reply.reply_type == AMQP_RESPONSE_NORMAL) {
    amqp_channel_close(connection_.get(), declaring_channel, AMQP_REPLY_SUCCESS);
    return true;
  }
  if (reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION && reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD) {
    amqp_channel_close_ok_t confirmation{};
    amqp_send_method(connection_.get(), declaring_channel, AMQP_CHANNEL_CLOSE_OK_METHOD, &confirmation);
    log_line(fmt::format("rabbitmq refused the declaration of {}", use.name));
    return false;
  }
  drop("declaring failed");
  return false;
}

void Broker::consume(const QueueUse& use) {
  // The queue's name is the consumer's tag, so that a delivery says where it came from.
  amqp_basic_consume(connection_.get(), working_channel, bytes(use.name), bytes(use.name), 0, 0, 0, amqp_empty_table);
  if (!succeeded(connection_.get())) drop("consuming refused");
}

void Broker::read_frames() {
  for (int read = 0; read < 200; ++read) {
    amqp_maybe_release_buffers(connection_.get());
    amqp_envelope_t envelope{};
    timeval at_once{0, 0};
    const amqp_rpc_reply_t reply = amqp_consume_message(connection_.get(), &envelope, &at_once, 0);
    if (reply.reply_type == AMQP_RESPONSE_NORMAL) {
      arrived_.push_back({envelope.delivery_tag, text(envelope.consumer_tag), text(envelope.message.body)});
      amqp_destroy_envelope(&envelope);
      continue;
    }
    if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION && reply.library_error == AMQP_STATUS_TIMEOUT) return;
    drop(reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION ? amqp_error_string2(reply.library_error) : "closed by the broker");
    return;
  }
}

void Broker::pump() {
  if (uses_.empty()) return;
  if (!connection_ && !connect()) return;
  read_frames();
}

bool Broker::publish(const std::string& queue, const std::string& body) {
  if (!connection_) return false;
  amqp_basic_properties_t properties{};
  properties._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG;
  properties.content_type = amqp_cstring_bytes("application/json");
  properties.delivery_mode = AMQP_DELIVERY_PERSISTENT;
  const int sent = amqp_basic_publish(connection_.get(), working_channel, amqp_empty_bytes, bytes(queue), 0, 0, &properties, bytes(body));
  if (sent != AMQP_STATUS_OK) drop(amqp_error_string2(sent));
  return sent == AMQP_STATUS_OK;
}

std::optional<Delivery> Broker::next() {
  if (arrived_.empty()) return std::nullopt;
  Delivery delivery = std::move(arrived_.front());
  arrived_.pop_front();
  return delivery;
}

void Broker::acknowledge(const Delivery& delivery) {
  if (connection_) amqp_basic_ack(connection_.get(), working_channel, delivery.tag, 0);
}

void Broker::reject(const Delivery& delivery, bool requeue) {
  if (connection_) amqp_basic_reject(connection_.get(), working_channel, delivery.tag, requeue ? 1 : 0);
}

}  // namespace trading
