// Every source that asks over HTTP, fed with its golden bodies broken in every way we could think of. Each gives an error
// or rows that a real store accepts, and the source never throws.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <regex>
#include <set>

#include "golden.hpp"
#include "registry.hpp"

namespace gateway {
namespace {

class RegistryHttp : public ::testing::TestWithParam<std::size_t> {
 protected:
  const Source& source() const { return fixed_sources().at(GetParam()); }

  std::vector<const GoldenCase*> cases() const {
    std::vector<const GoldenCase*> found;
    for (const auto& golden : golden_cases()) {
      const auto answers = golden.document.value("answers", OrderedJson::array());
      if (golden.source == source().name && !answers.empty() && answers[0].contains("status")) found.push_back(&golden);
    }
    return found;
  }
  static bool has_rows(const GoldenCase& golden) { return golden.document.value("expected", OrderedJson::object()).contains("batch"); }

  // Feeds a case with the body of one answer exchanged.
  void feed(const GoldenCase& golden, std::size_t answer, std::string body, const std::string& what) {
    GoldenInput input(golden);
    std::get<HttpAnswer>(input.answers.at(answer)).body = std::move(body);
    const auto complaint = judge_.complaint(input.prior, input.answers);
    EXPECT_EQ(complaint, std::nullopt) << *complaint << "\nin " << golden.name << ", answer " << answer << ": " << what;
  }
  // In the place of every answer, once for each HTTP status that comes with it.
  void feed_everywhere(const std::string& body, const std::string& what) {
    std::set<std::pair<std::size_t, int>> fed;
    for (const auto* golden : cases()) {
      const auto& answers = golden->document["answers"];
      for (std::size_t answer = 0; answer < answers.size(); ++answer) {
        if (fed.emplace(answer, answers[answer]["status"].get<int>()).second) feed(*golden, answer, body, what);
      }
    }
  }
  // All places of a document, the containers included: a pointer to each value and to each value's parents.
  static std::set<std::string> places_of(const OrderedJson& body) {
    std::set<std::string> places;
    const auto flat = body.flatten();
    for (const auto& [pointer, _] : flat.items()) {
      for (auto place = pointer; !place.empty(); place.resize(place.rfind('/'))) places.insert(place);
    }
    return places;
  }
  using Visit =
      std::function<void(const GoldenCase&, std::size_t answer, const OrderedJson& body, const std::set<std::string>& new_places)>;
  // The cases' JSON bodies one after the other, without those that have no place that another one had not.
  void for_each_body(const Visit& visit) const {
    std::set<std::pair<std::size_t, std::string>> seen;
    for (const auto* golden : cases()) {
      const auto& answers = golden->document["answers"];
      for (std::size_t i = 0; i < answers.size(); ++i) {
        const auto body = OrderedJson::parse(body_of(answers[i]), nullptr, false);
        if (!body.is_structured()) continue;
        std::set<std::string> fresh;
        for (const auto& place : places_of(body)) {
          if (seen.emplace(i, std::regex_replace(place, std::regex("/[0-9]+"), "/#")).second) fresh.insert(place);
        }
        if (!fresh.empty()) visit(*golden, i, body, fresh);
      }
    }
  }

  SourceCheck judge_{source()};
};

std::vector<std::size_t> http_sources() {
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < fixed_sources().size(); ++i) {
    if (fixed_sources()[i].upstream != "postgres") indices.push_back(i);
  }
  return indices;
}

INSTANTIATE_TEST_SUITE_P(AllSources, RegistryHttp, ::testing::ValuesIn(http_sources()), registry_name);

TEST_P(RegistryHttp, takes_its_golden_cases) {
  for (const auto* golden : cases()) {
    const GoldenInput input(*golden);
    const auto complaint = judge_.complaint(input.prior, input.answers);
    EXPECT_EQ(complaint, std::nullopt) << *complaint << "\nin " << golden->name;
  }
  EXPECT_GT(judge_.batches(), 0);
}

TEST_P(RegistryHttp, survives_bodies_that_are_no_answer) {
  const std::string deep(100'000, '[');
  std::string deep_objects;
  for (int i = 0; i < 20'000; ++i) deep_objects += R"({"status":)";
  for (const auto& body :
       {std::string(), std::string(" "), std::string("null"), std::string("true"), std::string("0"), std::string("\"s3cr3t\""),
        std::string("[]"), std::string("{}"), std::string("[{}]"), std::string("[null]"), std::string("[[]]"), std::string("{\"\":null}"),
        std::string("s3cr3t"), std::string("<html>s3cr3t</html>"), std::string("\xFF\xFE\x00s", 4), std::string("{\"s3cr3t"), deep,
        deep_objects, deep + std::string(deep.size(), ']')}) {
    feed_everywhere(body, body.substr(0, 40));
  }
  EXPECT_GT(judge_.errors(), 0);
}

TEST_P(RegistryHttp, an_empty_body_is_never_data) {
  for (const auto* golden : cases()) {
    if (!has_rows(*golden)) continue;
    for (std::size_t answer = 0; answer < golden->document["answers"].size(); ++answer) {
      GoldenInput input(*golden);
      if (std::get<HttpAnswer>(input.answers[answer]).status != 200) continue;
      std::get<HttpAnswer>(input.answers[answer]).body.clear();
      const auto result = source().parse(input.prior, input.answers);
      // An answer that only teaches how to ask is none, whatever its body.
      EXPECT_EQ(!result ? to_string(result.error().kind) : result->answered ? "data" : "malformed", "malformed") << golden->name;
    }
  }
}

TEST_P(RegistryHttp, survives_every_http_status) {
  for (const auto* golden : cases()) {
    for (std::size_t answer = 0; answer < golden->document["answers"].size(); ++answer) {
      for (const int status :
           {0, 100, 199, 201, 204, 301, 304, 400, 401, 403, 404, 405, 407, 408, 418, 429, 500, 501, 502, 503, 504, 599, 999}) {
        GoldenInput input(*golden);
        std::get<HttpAnswer>(input.answers[answer]).status = status;
        const auto complaint = judge_.complaint(input.prior, input.answers);
        EXPECT_EQ(complaint, std::nullopt) << *complaint << "\nin " << golden->name << ", HTTP " << status;
      }
    }
  }
}

TEST_P(RegistryHttp, survives_a_body_cut_off_anywhere) {
  for_each_body([&](const GoldenCase& golden, std::size_t answer, const OrderedJson& body, const auto&) {
    const auto text = body.dump();
    const auto step = std::max<std::size_t>(1, text.size() / 200);
    for (std::size_t length = 0; length < text.size(); length += step)
      feed(golden, answer, text.substr(0, length), "cut at " + std::to_string(length));
  });
}

TEST_P(RegistryHttp, survives_another_type_in_the_place_of_any_value) {
  const std::vector<std::string> substitutes{"null",
                                             "true",
                                             "false",
                                             "0",
                                             "-1",
                                             "1.5",
                                             "-0.0",
                                             "1.7e300",
                                             "-1.7e300",
                                             "9223372036854775807",
                                             "9223372036854775808",
                                             "18446744073709551615",
                                             R"("")",
                                             R"("s3cr3t")",
                                             R"("s3cr3t\u0000\n\u001b[31m")",
                                             R"("\ud83d\ude00")",
                                             R"("NaN")",
                                             "\"" + std::string(100'000, 'x') + "\"",
                                             "[]",
                                             "{}",
                                             "[{}]",
                                             "[null]",
                                             R"(["s3cr3t"])",
                                             R"({"key": "s3cr3t"})",
                                             R"([[[[{"a": [1]}]]]])"};
  for_each_body([&](const GoldenCase& golden, std::size_t answer, const OrderedJson& body, const std::set<std::string>& places) {
    for (const auto& place : places) {
      // A vhost without permissions is what the error has to name.
      const bool of_a_vhost =
          golden.source == "rabbitmq.queues" && body.is_array() && place.ends_with("/name") && !body[0].contains("vhost");
      if (of_a_vhost) continue;
      auto marked = body;
      marked[OrderedJson::json_pointer(place)] = "@here@";
      const auto text = marked.dump();
      const auto at = text.find("\"@here@\"");
      ASSERT_NE(at, std::string::npos);
      for (const auto& substitute : substitutes) {
        feed(golden, answer, text.substr(0, at) + substitute + text.substr(at + 8), place + " = " + substitute.substr(0, 40));
      }
    }
  });
}

TEST_P(RegistryHttp, survives_nulls_everywhere) {
  for_each_body([&](const GoldenCase& golden, std::size_t answer, const OrderedJson& body, const auto&) {
    auto flat = body.flatten();
    for (auto& [_, value] : flat.items()) {
      if (!value.is_structured()) value = nullptr;
    }
    feed(golden, answer, flat.unflatten().dump(), "all null");
  });
}

TEST_P(RegistryHttp, survives_keys_that_nobody_expects) {
  const std::string long_key(10'000, 'k');
  for (const auto& key : {std::string(R"("")"), std::string(R"("\u0000\n\u001b[31m")"), std::string(R"("status")"),
                          std::string(R"("connection")"), "\"" + long_key + "\"", std::string(R"("другой ключ")")}) {
    for (const auto* value : {"1", R"({"status": 5})", R"({"status": "healthy"})", R"({"healthy": true, "error": "s3cr3t"})"}) {
      for_each_body([&](const GoldenCase& golden, std::size_t answer, const OrderedJson& body, const auto&) {
        const auto text = body.dump();
        // Behind every opening brace in turn.
        for (auto at = text.find('{'); at != std::string::npos; at = text.find('{', at + 1)) {
          const bool empty = text[at + 1] == '}';
          feed(golden, answer, text.substr(0, at + 1) + key + ":" + value + (empty ? "" : ",") + text.substr(at + 1),
               key.substr(0, 40) + ": " + value);
        }
      });
    }
  }
}

}  // namespace
}  // namespace gateway
