// The object store as far as no server is needed: its settings, what its errors mean, and the file as it travels.
#include "settings/object_store.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "ask/http_head.hpp"
#include "ask/store_error.hpp"
#include "replica/compression.hpp"
#include "settings/settings.hpp"
#include "settings/unprotected.hpp"
#include "support.hpp"

namespace gateway {
namespace {

const Variables keys{{"OBJECT_STORE_ACCESS_KEY", "ak"}, {"OBJECT_STORE_SECRET_KEY", "s3cret"}};

struct ReadSettings {
  ObjectStoreSettings store;
  std::vector<std::string> faulty;
};

ReadSettings read(Variables variables, bool with_keys = true) {
  if (with_keys) variables.insert(keys.begin(), keys.end());
  SettingsReader reader(environment_of(variables));
  ReadSettings found{.store = read_object_store(reader), .faulty = {}};
  for (const auto& fault : reader.faults()) {
    found.faulty.push_back(fault.variable);
    EXPECT_EQ((fault.shown + fault.remedy).find("s3cret"), std::string::npos);
  }
  return found;
}

TEST(ObjectStoreSettings, an_address_is_a_bucket_and_a_key) {
  const auto address = parse_object_address("s3://dash.boards-1/gateway_1/Cache.db.zst");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->bucket, "dash.boards-1");
  EXPECT_EQ(address->key, "gateway_1/Cache.db.zst");
  EXPECT_EQ(address->target(), "/dash.boards-1/gateway_1/Cache.db.zst");
  EXPECT_EQ(address->shown(), "s3://dash.boards-1/gateway_1/Cache.db.zst");
}

TEST(ObjectStoreSettings, what_is_not_signed_alike_everywhere_is_no_address) {
  for (const char* text :
       {"", "s3://", "s3://dash", "s3://dash/", "s3://da/key", "s3://Dash/key", "s3://-dash/key", "s3://dash/a//b", "s3://dash//a",
        "s3://dash/a/", "s3://dash/a+b", "s3://dash/a=b", "s3://dash/a b", "s3://dash/a%20b", "s3://dash/../other/key", "s3://dash/./a",
        "s3://dash/a?versions", "s3://ak:s3cret@dash/key", "https://dash/key"})
    EXPECT_FALSE(parse_object_address(text)) << text;
}

TEST(ObjectStoreSettings, without_a_url_nothing_is_uploaded_and_no_key_is_missed) {
  const auto found = read({}, false);
  EXPECT_FALSE(found.store.upload);
  EXPECT_TRUE(found.faulty.empty());
}

TEST(ObjectStoreSettings, a_url_wants_keys_and_an_endpoint_without_a_path) {
  EXPECT_EQ(read({{"OBJECT_STORE_URL", "s3://dash/key"}}, false).faulty, std::vector<std::string>{"OBJECT_STORE_ACCESS_KEY"});
  EXPECT_EQ(read({{"OBJECT_STORE_URL", "s3://dash/key"}, {"OBJECT_STORE_ACCESS_KEY", "ak"}}, false).faulty,
            std::vector<std::string>{"OBJECT_STORE_SECRET_KEY"});
  EXPECT_EQ(read({{"OBJECT_STORE_URL", "s3://u:s3cret@dash/key"}}).faulty, std::vector<std::string>{"OBJECT_STORE_URL"});
  EXPECT_EQ(read({{"OBJECT_STORE_ENDPOINT", "http://store:9000/dash"}}).faulty, std::vector<std::string>{"OBJECT_STORE_ENDPOINT"});
  EXPECT_EQ(read({{"OBJECT_STORE_REGION", "eu/../"}}).faulty, std::vector<std::string>{"OBJECT_STORE_REGION"});
  EXPECT_TRUE(read({{"OBJECT_STORE_URL", "s3://dash/key"}, {"OBJECT_STORE_ENDPOINT", "http://store:9000/"}}).faulty.empty());
}

TEST(ObjectStoreSettings, several_objects_are_followed_in_their_order_and_each_is_an_address) {
  const auto found = read({{"FOLLOW", "s3://dash/b, s3://dash/a"}});
  EXPECT_EQ(found.store.follow, (std::vector<ObjectAddress>{{"dash", "b"}, {"dash", "a"}}));
  EXPECT_FALSE(found.store.upload);
  EXPECT_TRUE(found.faulty.empty());
  EXPECT_EQ(read({{"FOLLOW", "s3://dash/a,https://dash/b"}}).faulty, std::vector<std::string>{"FOLLOW"});
  EXPECT_EQ(read({{"FOLLOW", "s3://dash/a"}}, false).faulty, std::vector<std::string>{"OBJECT_STORE_ACCESS_KEY"});
}

TEST(ObjectStoreSettings, by_default_the_store_is_that_of_the_region) {
  const auto found = read({{"OBJECT_STORE_URL", "s3://dash/key"}, {"OBJECT_STORE_REGION", "eu-central-1"}});
  EXPECT_EQ(found.store.endpoint.host, "s3.eu-central-1.amazonaws.com");
  EXPECT_TRUE(found.store.endpoint.tls);
  EXPECT_EQ(found.store.endpoint.port, 443);
}

TEST(ObjectStoreSettings, a_cache_that_travels_in_clear_is_named) {
  const auto line = [](const char* endpoint) {
    return unprotected_upload(read({{"OBJECT_STORE_URL", "s3://dash/key"}, {"OBJECT_STORE_ENDPOINT", endpoint}}).store);
  };
  EXPECT_TRUE(line("http://store:9000"));
  EXPECT_FALSE(line("https://store:9000"));
  EXPECT_FALSE(line("http://127.0.0.1:9000"));
}

std::pair<ErrorClass, std::string> error_of(int status, const std::string& body) {
  const auto error = store_error({.status = status, .body = body}, "PUT s3://dash/key");
  EXPECT_TRUE(error.text.starts_with("PUT s3://dash/key: HTTP ")) << error.text;
  EXPECT_EQ(error.text.find("s3cret"), std::string::npos) << "the store's words are not quoted";
  return {error.kind, error.text};
}

TEST(StoreError, is_told_by_the_stores_own_code_and_never_quotes_it) {
  EXPECT_EQ(error_of(403, "<Error><Code>SignatureDoesNotMatch</Code><x>s3cret</x></Error>").first, ErrorClass::auth);
  EXPECT_EQ(error_of(403, "<Code>RequestTimeTooSkewed</Code>").second,
            "PUT s3://dash/key: HTTP 403 RequestTimeTooSkewed: the clocks of this host and of the store differ too much");
  EXPECT_EQ(error_of(403, "<Code>s3cret</Code>").second, "PUT s3://dash/key: HTTP 403; check the keys, and what they may do");
  EXPECT_EQ(error_of(403, "<Code>s3cret").first, ErrorClass::auth);
  EXPECT_EQ(error_of(503, "<Code>SlowDown</Code>").first, ErrorClass::server_error);
  EXPECT_EQ(error_of(502, "").first, ErrorClass::server_error);
  EXPECT_EQ(error_of(302, "").first, ErrorClass::http);
  EXPECT_EQ(error_of(204, "").first, ErrorClass::http) << "what was asked for answers 200";
}

// Stores that answer without a code of S3's, and the codes of others.
TEST(StoreError, of_other_kinds_of_stores_say_the_same) {
  EXPECT_EQ(error_of(429, "busy"), std::pair(ErrorClass::server_error, std::string("PUT s3://dash/key: HTTP 429; too many requests")));
  EXPECT_EQ(error_of(503, "<Code>SlowDownWrite</Code>").first, ErrorClass::server_error);
  EXPECT_EQ(error_of(507, "<Code>XMinioStorageFull</Code>").second, "PUT s3://dash/key: HTTP 507 XMinioStorageFull: the store is full");
  EXPECT_EQ(error_of(412, "").second,
            "PUT s3://dash/key: HTTP 412; the store holds something else under this key, or another request for it is under way");
}

// To the scheduler `missing` is an answer: an upload that finds no bucket is a failure.
TEST(StoreError, an_absent_bucket_or_object_is_a_failure) {
  EXPECT_EQ(error_of(404, "<Code>NoSuchBucket</Code>").first, ErrorClass::http);
  EXPECT_EQ(error_of(404, "").first, ErrorClass::http);
}

TEST(HttpHead, an_etag_that_could_end_a_header_is_none) {
  const auto etag_of = [](const std::string& line) {
    HttpHead head;
    head.take("HTTP/1.1 200 OK\r\n");
    head.take(line);
    return head.etag();
  };
  EXPECT_EQ(etag_of("ETag: \"abc-1\"\r\n"), "\"abc-1\"");
  EXPECT_EQ(etag_of("etag: \"a\rX: b\"\r\n"), "");
  EXPECT_EQ(etag_of("ETag: " + std::string(300, 'a') + "\r\n"), "");
}

class Compression : public ::testing::Test {
 protected:
  Descriptor file(const std::string& content) {
    const auto name = std::to_string(++files_);
    write_file(directory_ / name, content);
    return open_regular(directory_ / name);
  }
  // What comes of a frame; or "! " and what is wrong.
  std::string unpacked(const std::string& frame, std::int64_t most = 1 << 30) {
    const auto name = std::to_string(++files_);
    const auto to = Directory(directory_.path()).create(name, 0600);
    const auto done = decompress(frame, most, to);
    return done ? read_file(directory_ / name) : "! " + done.error();
  }

  TemporaryDirectory directory_;
  int files_ = 0;
};

TEST_F(Compression, gives_back_what_it_was_given) {
  std::string content;
  for (std::uint32_t i = 0; i < 400'000; ++i) content += static_cast<char>(i * 7919 >> 8);
  for (const auto& text : {std::string("x"), std::string(1 << 17, 'a'), content}) {
    const auto frame = compressed(file(text));
    ASSERT_TRUE(frame);
    EXPECT_TRUE(unpacked(*frame) == text);
  }
}

TEST_F(Compression, a_frame_that_is_cut_off_or_changed_is_no_file) {
  const auto frame = compressed(file(std::string(100'000, 'a') + "b"));
  ASSERT_TRUE(frame);
  for (std::size_t length = 0; length < frame->size(); ++length)
    EXPECT_TRUE(unpacked(frame->substr(0, length)).starts_with("! ")) << length;
  for (std::size_t at = 0; at < frame->size(); ++at) {
    auto changed = *frame;
    changed[at] = static_cast<char>(changed[at] ^ 0x20);
    EXPECT_TRUE(unpacked(changed).starts_with("! ")) << at;
  }
  EXPECT_EQ(unpacked(*frame + "x"), "! something follows its zstd frame");
  EXPECT_EQ(unpacked(""), "! it is not a zstd frame");
  EXPECT_EQ(unpacked("SQLite format 3"), "! it is not a zstd frame");
}

// A thousandth of its content: what it would need is known before a byte of it is written.
TEST_F(Compression, more_than_is_allowed_is_refused_before_it_is_written) {
  const auto frame = compressed(file(std::string(3'000'000, 'a')));
  ASSERT_TRUE(frame);
  EXPECT_EQ(unpacked(*frame, 2'999'999), "! it holds 3000000 bytes, more than 2999999");
  EXPECT_EQ(unpacked(*frame, 3'000'000).size(), 3'000'000U);
}

TEST_F(Compression, a_frame_that_holds_more_than_it_says_is_written_no_further) {
  auto frame = compressed(file(std::string(3'000'000, 'a')));
  ASSERT_TRUE(frame);
  const auto size_at = (frame->at(4) & 0x20) != 0 ? 5U : 6U;  // RFC 8878: behind the window, if there is one
  const std::string thousand{'\xe8', '\x03', '\0', '\0'};
  frame->replace(size_at, thousand.size(), thousand);
  EXPECT_TRUE(unpacked(*frame, 2000).starts_with("! "));
  EXPECT_LE(std::filesystem::file_size(directory_ / std::to_string(files_)), 1000U);
}

}  // namespace
}  // namespace gateway
