// The checked way into JSON that somebody else wrote: absent and null are "not available", another type is a fault that
// names its place and never its content, and no document can bring the program down.
#include "base/json.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace gateway {
namespace {

std::string nested(std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); }

std::string nested_objects(std::size_t levels) {
  std::string text;
  for (std::size_t i = 0; i < levels; ++i) text += R"({"a":)";
  return text + "1" + std::string(levels, '}');
}

std::optional<Error> accept(const Json&, std::size_t) { return std::nullopt; }

void expect_malformed(const auto& result, const std::string& start) {
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind, ErrorClass::malformed);
  EXPECT_TRUE(result.error().text.starts_with(start)) << result.error().text;
}

// One field of a document: what a reader gives, and the fault it leaves.
struct Reading {
  explicit Reading(const char* text) : document(Json::parse(text)), fields(document, "queues[3]", fault) {}

  Json document;
  std::optional<Error> fault;
  Fields fields;
};

TEST(ParseJson, takes_any_well_formed_document) {
  for (const auto* body : {"{}", "[]", "null", "1", "\"x\"", " {\"a\" : [1, 2.5, true, null]} \n"}) {
    EXPECT_TRUE(parse_json(body, "GET /x").has_value()) << body;
  }
}

TEST(ParseJson, an_empty_body_is_malformed) {
  expect_malformed(parse_json("", "GET /x"), "GET /x");
  expect_malformed(parse_json(" \r\n", "GET /x"), "GET /x");
}

TEST(ParseJson, a_body_cut_off_anywhere_is_malformed) {
  const std::string body = R"({"a": [1, {"b": "text"}], "c": true})";
  for (std::size_t length = 0; length < body.size(); ++length) {
    expect_malformed(parse_json(std::string_view(body).substr(0, length), "GET /x"), "GET /x");
  }
}

TEST(ParseJson, what_follows_the_document_is_malformed) { expect_malformed(parse_json("{} {}", "GET /x"), "GET /x"); }

TEST(ParseJson, no_json_is_malformed) {
  for (const auto* body :
       {"<html></html>", "Internal Server Error", "{'a': 1}", "{\"a\": NaN}", "{\"a\": 1e999}", "\xFF\xFE", "{\"a\": \"\xC0\x80\"}"}) {
    expect_malformed(parse_json(body, "GET /x"), "GET /x");
  }
}

TEST(ParseJson, errors_never_contain_content) {
  for (const auto* body : {"secret", R"({"key": secret})", R"({"secret": })", R"(["secret)"}) {
    const auto parsed = parse_json(body, "GET /x");
    ASSERT_FALSE(parsed.has_value());
    EXPECT_EQ(parsed.error().text.find("secret"), std::string::npos) << parsed.error().text;
  }
}

TEST(ParseJson, deep_nesting_is_malformed_and_harmless) {
  expect_malformed(parse_json(nested(10'000), "GET /x"), "GET /x");
  expect_malformed(parse_json(nested_objects(10'000), "GET /x"), "GET /x");
  expect_malformed(parse_json(std::string(1'000'000, '['), "GET /x"), "GET /x");
  EXPECT_TRUE(parse_json(nested(60), "GET /x").has_value());
  EXPECT_TRUE(parse_json(nested_objects(60), "GET /x").has_value());
}

// It would take hours if the end of each visited all before it.
TEST(ParseJson, a_million_siblings_are_read_in_one_pass) {
  std::string siblings = "{}";
  for (int n = 0; n < 1'000'000; ++n) siblings += ",{}";
  const auto document = parse_json(R"({"checks": [)" + siblings + "]}", "GET /x");
  ASSERT_TRUE(document.has_value());
  EXPECT_EQ((*document)["checks"].size(), 1'000'001U);
  const auto nested_in_one = parse_array(R"([{"a": [)" + siblings + "]}]", "GET /q", accept);
  ASSERT_TRUE(nested_in_one.has_value());
  EXPECT_EQ(*nested_in_one, 1U);
}

TEST(ParseJson, the_last_of_duplicate_keys_counts) {
  const auto parsed = parse_json(R"({"a": 1, "a": {"b": 2}, "a": 3})", "GET /x");
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(*parsed, (Json{{"a", 3}}));
}

TEST(Fields, reads_what_is_there) {
  const Reading r(R"({"i": 5, "d": 2.5, "t": "text", "b": true, "o": {"n": 1}})");
  EXPECT_EQ(r.fields.integer("i"), 5);
  EXPECT_EQ(r.fields.number("d"), 2.5);
  EXPECT_EQ(r.fields.number("i"), 5.0);
  EXPECT_EQ(r.fields.text("t"), "text");
  EXPECT_EQ(r.fields.boolean("b"), true);
  EXPECT_EQ(r.fields.object("o").integer("n"), 1);
  EXPECT_TRUE(r.fields.has("i"));
  EXPECT_EQ(r.fault, std::nullopt);
}

TEST(Fields, absent_and_null_are_not_available_and_no_fault) {
  const Reading r(R"({"n": null})");
  for (const auto* key : {"n", "absent"}) {
    EXPECT_FALSE(r.fields.has(key));
    EXPECT_EQ(r.fields.integer(key), std::nullopt);
    EXPECT_EQ(r.fields.number(key), std::nullopt);
    EXPECT_EQ(r.fields.text(key), std::nullopt);
    EXPECT_EQ(r.fields.boolean(key), std::nullopt);
    EXPECT_EQ(r.fields.object(key).integer("deeper"), std::nullopt);
    EXPECT_TRUE(r.fields.object(key).keys().empty());
  }
  EXPECT_EQ(r.fault, std::nullopt);
}

TEST(Fields, a_null_document_has_no_fields) {
  const Reading r("null");
  EXPECT_EQ(r.fields.integer("a"), std::nullopt);
  EXPECT_EQ(r.fault, std::nullopt);
}

TEST(Fields, another_type_is_a_fault_that_names_its_place) {
  const Reading r(R"({"messages_ready": "many"})");
  EXPECT_EQ(r.fields.integer("messages_ready"), std::nullopt);
  ASSERT_TRUE(r.fault.has_value());
  EXPECT_EQ(r.fault->kind, ErrorClass::malformed);
  EXPECT_EQ(r.fault->text, "queues[3].messages_ready: expected integer, got string");
}

TEST(Fields, every_reader_refuses_every_other_type) {
  const auto faulty = [](const char* text, const auto& read) {
    const Reading r(text);
    read(r.fields);
    return r.fault.has_value();
  };
  for (const auto* text : {R"({"k":"1"})", R"({"k":true})", R"({"k":[]})", R"({"k":{}})", R"({"k":1.5})"}) {
    EXPECT_TRUE(faulty(text, [](const Fields& f) { f.integer("k"); })) << text;
  }
  for (const auto* text : {R"({"k":"1"})", R"({"k":true})", R"({"k":[]})", R"({"k":{}})"}) {
    EXPECT_TRUE(faulty(text, [](const Fields& f) { f.number("k"); })) << text;
  }
  for (const auto* text : {R"({"k":1})", R"({"k":true})", R"({"k":[]})", R"({"k":{}})"}) {
    EXPECT_TRUE(faulty(text, [](const Fields& f) { f.text("k"); })) << text;
  }
  for (const auto* text : {R"({"k":1})", R"({"k":0})", R"({"k":"true"})", R"({"k":[]})", R"({"k":{}})"}) {
    EXPECT_TRUE(faulty(text, [](const Fields& f) { f.boolean("k"); })) << text;
  }
  for (const auto* text : {R"({"k":1})", R"({"k":"x"})", R"({"k":true})", R"({"k":[]})"}) {
    EXPECT_TRUE(faulty(text, [](const Fields& f) { f.object("k"); })) << text;
  }
}

TEST(Fields, a_document_that_is_no_object_is_a_fault) {
  for (const auto* text : {"[]", "1", "\"x\"", "true"}) {
    const Reading r(text);
    ASSERT_TRUE(r.fault.has_value()) << text;
    EXPECT_TRUE(r.fault->text.starts_with("queues[3]: expected object, got ")) << r.fault->text;
    EXPECT_EQ(r.fields.integer("a"), std::nullopt);
    EXPECT_EQ(r.fields.object("a").text("b"), std::nullopt);
    EXPECT_TRUE(r.fields.keys().empty());
  }
}

TEST(Fields, a_nested_place_is_named_in_full) {
  const Reading r(R"({"message_stats": {"publish_details": {"rate": "fast"}}})");
  r.fields.object("message_stats").object("publish_details").number("rate");
  ASSERT_TRUE(r.fault.has_value());
  EXPECT_EQ(r.fault->text, "queues[3].message_stats.publish_details.rate: expected number, got string");
}

TEST(Fields, keeps_the_first_fault_of_all_that_share_it) {
  const Reading r(R"({"a": "x", "b": {"c": "y"}})");
  r.fields.integer("a");
  r.fields.object("b").integer("c");
  ASSERT_TRUE(r.fault.has_value());
  EXPECT_EQ(r.fault->text, "queues[3].a: expected integer, got string");
}

TEST(Fields, faults_never_contain_content) {
  const Reading r(R"({"a": "secret", "b": ["secret"]})");
  r.fields.integer("a");
  ASSERT_TRUE(r.fault.has_value());
  EXPECT_EQ(r.fault->text.find("secret"), std::string::npos);
}

TEST(Fields, an_integer_is_exact_or_a_fault) {
  const auto integer = [](const char* text) {
    const Reading r(text);
    const auto value = r.fields.integer("k");
    EXPECT_EQ(value.has_value(), !r.fault.has_value()) << text;
    return value;
  };
  EXPECT_EQ(integer(R"({"k": 9223372036854775807})"), INT64_MAX);
  EXPECT_EQ(integer(R"({"k": -9223372036854775808})"), INT64_MIN);
  EXPECT_EQ(integer(R"({"k": 3.0})"), 3);
  EXPECT_EQ(integer(R"({"k": 1e3})"), 1000);
  EXPECT_EQ(integer(R"({"k": 9223372036854775808})"), std::nullopt);
  EXPECT_EQ(integer(R"({"k": 18446744073709551615})"), std::nullopt);
  EXPECT_EQ(integer(R"({"k": 99999999999999999999999})"), std::nullopt);
  EXPECT_EQ(integer(R"({"k": 1.7e300})"), std::nullopt);
  EXPECT_EQ(integer(R"({"k": -1.7e300})"), std::nullopt);
  EXPECT_EQ(integer(R"({"k": 1.5})"), std::nullopt);
}

TEST(Fields, a_number_may_be_huge_but_not_infinite) {
  const Reading r(R"({"k": 1.7e300, "u": 18446744073709551615})");
  EXPECT_EQ(r.fields.number("k"), 1.7e300);
  EXPECT_EQ(r.fields.number("u"), 18446744073709551615.0);
  EXPECT_EQ(r.fault, std::nullopt);

  const Json document{{"k", std::numeric_limits<double>::infinity()}, {"n", std::numeric_limits<double>::quiet_NaN()}};
  for (const auto* key : {"k", "n"}) {
    std::optional<Error> fault;
    EXPECT_EQ(Fields(document, "x", fault).number(key), std::nullopt);
    EXPECT_TRUE(fault.has_value());
  }
}

TEST(Fields, text_is_clean_and_bounded) {
  std::optional<Error> fault;
  const Json document{{"nul", std::string("a\0b", 3)}, {"broken", "a\xFF"}, {"long", std::string(100'000, 'x')}};
  const Fields fields(document, "x", fault);
  EXPECT_EQ(fields.text("nul"),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(fields.text("broken"), "a\xEF\xBF\xBD");
  EXPECT_LE(fields.text("long")->size(), 4096U);
  EXPECT_EQ(fault, std::nullopt);
}

TEST(Fields, names_the_keys_of_an_object) {
  const Reading r(R"({"a": 1, "b": null})");
  EXPECT_EQ(r.fields.keys(), (std::vector<std::string>{"a", "b"}));
}

TEST(ParseArray, hands_over_every_object_with_its_index) {
  std::vector<std::pair<std::size_t, Json>> seen;
  const auto count = parse_array(R"([{"a": 1}, {"b": {"c": [1, {"d": 2}]}}, {}])", "GET /q",
                                 [&](const Json& object, std::size_t i) -> std::optional<Error> {
                                   seen.emplace_back(i, object);
                                   return std::nullopt;
                                 });
  ASSERT_TRUE(count.has_value()) << count.error().text;
  EXPECT_EQ(*count, 3U);
  EXPECT_EQ(seen, (std::vector<std::pair<std::size_t, Json>>{
                      {0, Json{{"a", 1}}}, {1, Json::parse(R"({"b": {"c": [1, {"d": 2}]}})")}, {2, Json::object()}}));
}

TEST(ParseArray, an_empty_array_is_data) {
  const auto count = parse_array(" [ ] ", "GET /q", accept);
  ASSERT_TRUE(count.has_value());
  EXPECT_EQ(*count, 0U);
}

TEST(ParseArray, brackets_within_text_are_text) {
  const auto count = parse_array(R"([{"a": "}]\\"}, {"b": "\"]}{[", "]": "["} ])", "GET /q", accept);
  ASSERT_TRUE(count.has_value()) << count.error().text;
  EXPECT_EQ(*count, 2U);
}

TEST(ParseArray, what_separates_elements_is_one_comma) {
  for (const auto* body :
       {"[{} {}]", "[{},,{}]", "[,{}]", "[{},]", "[{}]]", "[{}", "[{},", "[", "[{}};", "[{}] x", "[{\"a\": ]}", "[{};{}]"}) {
    expect_malformed(parse_array(body, "GET /q", accept), "GET /q");
  }
}

TEST(ParseArray, anything_but_an_array_is_malformed) {
  for (const auto* body : {"", " ", "{}", "null", "1", "\"x\"", R"({"items": []})", "<html>"}) {
    expect_malformed(parse_array(body, "GET /q", accept), "GET /q");
  }
}

TEST(ParseArray, an_element_that_is_no_object_is_named) {
  for (const auto* body : {R"([{}, 1])", R"([{}, null])", R"([{}, "x"])", R"([{}, [{}]])", R"([{}, []])"}) {
    expect_malformed(parse_array(body, "GET /q", accept), "GET /q[1]: expected an object");
  }
}

TEST(ParseArray, a_body_cut_off_anywhere_is_malformed) {
  const std::string body = R"([{"a": 1}, {"b": {"c": [1]}}])";
  for (std::size_t length = 0; length < body.size(); ++length) {
    expect_malformed(parse_array(std::string_view(body).substr(0, length), "GET /q", accept), "GET /q");
  }
  expect_malformed(parse_array(body + "]", "GET /q", accept), "GET /q");
}

TEST(ParseArray, an_error_of_an_element_ends_it) {
  std::size_t calls = 0;
  const auto count = parse_array("[{}, {}, {}, {}]", "GET /q", [&](const Json&, std::size_t i) -> std::optional<Error> {
    ++calls;
    if (i == 1) return Error{ErrorClass::malformed, "second"};
    return std::nullopt;
  });
  expect_malformed(count, "second");
  EXPECT_EQ(calls, 2U);
}

TEST(ParseArray, deep_nesting_is_malformed_and_harmless) {
  expect_malformed(parse_array(nested(10'000), "GET /q", accept), "GET /q");
  expect_malformed(parse_array("[" + nested_objects(10'000) + "]", "GET /q", accept), "GET /q");
  expect_malformed(parse_array(std::string(1'000'000, '['), "GET /q", accept), "GET /q");
}

TEST(ParseArray, duplicate_keys_do_not_lose_an_element) {
  std::vector<Json> seen;
  const auto count = parse_array(R"([{"a": {"x": 1}, "a": {"y": 2}}, {"a": [], "a": 3}])", "GET /q",
                                 [&](const Json& object, std::size_t) -> std::optional<Error> {
                                   seen.push_back(object);
                                   return std::nullopt;
                                 });
  ASSERT_TRUE(count.has_value());
  EXPECT_EQ(seen, (std::vector<Json>{Json{{"a", {{"y", 2}}}}, Json{{"a", 3}}}));
}

TEST(ParseArray, errors_never_contain_content) {
  for (const auto* body : {R"(["secret"])", R"([{"a": secret}])", "secret", R"([{"a": "secret)"}) {
    const auto count = parse_array(body, "GET /q", accept);
    ASSERT_FALSE(count.has_value());
    EXPECT_EQ(count.error().text.find("secret"), std::string::npos);
  }
}

}  // namespace
}  // namespace gateway
