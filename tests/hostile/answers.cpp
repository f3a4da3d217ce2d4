#include "answers.hpp"

namespace hostile {
namespace {

// Deflate's bit order: values from their lowest bit, Huffman codes from their highest.
class Bits {
 public:
  void value(unsigned bits, int count) {
    for (int i = 0; i < count; ++i) bit((bits >> i) & 1U);
  }
  void code(unsigned bits, int count) {
    for (int i = count - 1; i >= 0; --i) bit((bits >> i) & 1U);
  }
  std::string bytes() const { return bytes_; }

 private:
  void bit(unsigned one) {
    if (used_ == 0) bytes_ += '\0';
    bytes_.back() = static_cast<char>(static_cast<unsigned char>(bytes_.back()) | (one << used_));
    used_ = (used_ + 1) % 8;
  }
  std::string bytes_;
  int used_ = 0;
};

}  // namespace

std::string http(int status, const std::string& body, const std::string& headers) {
  return integration::http_answer(status, body, headers, canary);
}

std::string good_body(const std::string& target) {
  if (target.starts_with("/api/overview")) return R"({"object_totals":{"queues":1},"disable_stats":false,"rates_mode":"basic"})";
  if (target.starts_with("/api/queues")) return R"([{"vhost":"/","name":"good","state":"running","messages":7,"consumers":1}])";
  if (target.starts_with("/api/health/checks")) return R"({"status":"ok"})";
  if (target.starts_with("/api/v1/training")) return R"({"is_training":false,"queue_size":0,"pending_dataset_builds":2})";
  return R"({"status":"healthy","service":"ws-gateway","websocket_connected":true,"websocket_status":"connected","database_connected":true})";
}

bool all_is_well(Peer& peer, const std::string& request) { return peer.send(http(200, good_body(target_of(request)))); }

std::string gzip_bomb(std::string_view text, std::size_t megabytes) {
  Bits bits;
  bits.value(1, 1);  // the last block,
  bits.value(1, 2);  // with fixed codes
  const auto literal = [&](unsigned char c) { c < 144 ? bits.code(0x30U + c, 8) : bits.code(0x190U + c - 144U, 9); };
  for (const char c : text) literal(static_cast<unsigned char>(c));
  literal(' ');
  for (std::size_t n = 0; n < (megabytes << 20) / 258; ++n) {
    bits.code(0xC5, 8);  // 258 bytes,
    bits.code(0, 5);     // each as the one before
  }
  bits.code(0, 7);
  return std::string("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10) + bits.bytes() + std::string(8, '\0');
}

}  // namespace hostile
