// Files of datasets: what is refused, with which words, and what the others become.
#include <gtest/gtest.h>

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include "cache.hpp"
#include "declared/dataset.hpp"
#include "declared/source.hpp"
#include "golden.hpp"
#include "run/declared_datasets.hpp"

namespace gateway {
namespace {

const Surroundings& around() {
  static const Surroundings all = surroundings_of(fixed_settings());
  return all;
}

std::string faults_of(const std::string& text) {
  std::string all;
  for (const auto& fault : read_dataset("f.yaml", text, around()).faults) all += (all.empty() ? "" : "\n") + fault.shown();
  return all;
}

const std::string sizes =
    "dataset: sizes\nupstream: postgres\ntable: positions\nkey: asset\ncolumns: {asset: text, size: number, at: time}\n";

struct Misuse {
  std::string text, wanted;
};

class DeclaredFaults : public ::testing::TestWithParam<Misuse> {};

TEST_P(DeclaredFaults, name_the_place_and_the_remedy) { EXPECT_EQ(faults_of(GetParam().text), GetParam().wanted) << GetParam().text; }

INSTANTIATE_TEST_SUITE_P(
    Yaml, DeclaredFaults,
    ::testing::Values(
        Misuse{sizes, ""}, Misuse{"", "f.yaml:1:1: a file begins with dataset: NAME or upstream: NAME"},
        Misuse{"- a\n", "f.yaml:1:1: a file begins with dataset: NAME or upstream: NAME"},
        Misuse{sizes + "key: size\n", "f.yaml:6:1: 'key' appears twice, first on line 4"},
        Misuse{sizes + "about: &a b\n",
               "f.yaml:6:8: anchors and aliases are not supported: repeat the value, and quote a text that begins with & or *"},
        Misuse{sizes + "about: *a\n",
               "f.yaml:6:8: anchors and aliases are not supported: repeat the value, and quote a text that begins with & or *"},
        Misuse{sizes + "about: !env X\n", "f.yaml:6:8: tags (!X) are not supported: quote a text that begins with !"},
        Misuse{sizes + "<<: {a: b}\n", "f.yaml:6:1: merge keys (<<) are not supported"},
        Misuse{sizes + "---\ndataset: b\n", "f.yaml:6:1: one file is one document: move what follows '---' into a file of its own"},
        Misuse{sizes + "about: 'a\n  b'\n", "f.yaml:6:8: unterminated quote on this line"},
        Misuse{sizes + "bounds:\n\trows: 1\n", "f.yaml:7:1: line 7 is indented with a tab: use spaces"},
        Misuse{sizes + "about: a\x01\n", "f.yaml:6:9: a control character"}, Misuse{sizes + "about: \xff\n", "f.yaml:1:1: not UTF-8 text"},
        Misuse{sizes + "about:x\n", "f.yaml:6:1: a space is missing after 'about:'"},
        Misuse{sizes + "bounds: {rows: 1\n", "f.yaml:7:1: unterminated { or [, or a missing comma inside"},
        Misuse{sizes + "about: \"\\q\"\n", "f.yaml:6:11: unknown escape: use 'single quotes', which have none"},
        Misuse{sizes + "where: a #> '{b}' = 'c'\n",
               "f.yaml:6:8: where: ' #' begins a comment and cuts it off: write it as a block: where: |"},
        Misuse{"a: [[[[[[[[[[[[]]]]]]]]]]]]", "f.yaml:1:11: nested deeper than 8 levels"},
        Misuse{sizes + std::string(70000, '#'), "f.yaml:1:1: the file has 70109 bytes, at most 65536"}));

INSTANTIATE_TEST_SUITE_P(
    Keys, DeclaredFaults,
    ::testing::Values(
        Misuse{sizes + "ordr: size\n", "f.yaml:6:1: unknown key 'ordr': did you mean order?"},
        Misuse{sizes + "about:\n", "f.yaml:6:1: about: needs a value"},
        Misuse{sizes + "about: [a]\n", "f.yaml:6:8: about: expected text, got a list"},
        Misuse{sizes + "interval: 10 s\n", "f.yaml:6:11: interval: '10 s' is not a duration: use 500ms, 10s, 5m, 2h or 14d"},
        Misuse{sizes + "bounds: {rows: 200001}\n", "f.yaml:6:16: bounds.rows: 200001 is more than 200000"},
        Misuse{sizes + "bounds: {rows: many}\n", "f.yaml:6:16: bounds.rows: 'many' is not a whole number"},
        Misuse{sizes + "get: /x\n",
               "f.yaml:3:8: table: give exactly one of sql, table, get\n"
               "f.yaml:5:38: columns.at: a time from JSON needs a format: seconds, milliseconds, microseconds, nanoseconds, rfc3339"},
        Misuse{sizes + "order: siz\n", "f.yaml:6:8: order: no such column: siz"},
        Misuse{sizes + "verdicts: {big: size > lim}\n", "f.yaml:6:17: verdicts.big: no such column: lim"},
        Misuse{sizes + "verdicts: {big: unixepoch()}\n", "f.yaml:6:17: verdicts.big: not authorized to use function: unixepoch"},
        Misuse{sizes + "verdicts: {big: (SELECT 1 FROM orders)}\n", "f.yaml:6:17: verdicts.big: no such table: orders"},
        Misuse{sizes + "verdicts: {size: size}\n", "f.yaml:6:12: verdicts.size: is a column already"},
        Misuse{sizes + "history: {columns: {size: sum}}\n", "f.yaml:6:27: history.columns: use last, max, min or mean"},
        Misuse{sizes + "history: {columns: {asset: last}}\n", "f.yaml:6:21: history.columns: asset is not a number"},
        Misuse{sizes + "keep: {for: 7d}\n", "f.yaml:6:7: keep: needs by: the column that orders the rows"},
        Misuse{sizes + "keep: {for: 7d, by: size}\n", "f.yaml:6:21: keep.by: is not a time"},
        Misuse{sizes + "read: since\n", "f.yaml:6:7: read: use all, or {since: [TIME, ID]}"},
        Misuse{sizes + "read: {since: at}\n", "f.yaml:6:7: read: needs since: [TIME, ID], the columns in whose order the table grows"},
        Misuse{sizes + "read: {since: [at, asset]}\n", "f.yaml:6:15: read.since: needs keep: {for: 7d, by: at} or {newest: 1000, by: at}"},
        Misuse{sizes + "keep: {newest: 5, by: size}\nread: {since: [size, at]}\n",
               "f.yaml:7:15: read.since: size is not a time, or is a number in the table\n"
               "f.yaml:7:15: read.since: the key has other columns: no two rows may be equal in both TIME and ID"},
        Misuse{sizes + "keep: {for: 7d, by: at}\nread: {since: [at, ast]}\n",
               "f.yaml:7:15: read.since: no column 'ast': did you mean at?\n"
               "f.yaml:7:15: read.since: the key has other columns: no two rows may be equal in both TIME and ID"},
        Misuse{sizes + "events: [{name: x, on: changed siz, text: y}]\n", "f.yaml:6:24: events.on: no column 'siz': did you mean size?"},
        Misuse{sizes + "events: [{name: x, on: new, text: \"{ast}\"}]\n", "f.yaml:6:35: events.text: no column 'ast': did you mean at?"},
        Misuse{sizes + "events: [{name: x, on: new, when: old.size = 1, text: y}]\n", "f.yaml:6:35: events.when: no such column: old.size"},
        Misuse{sizes + "keep: {for: 7d, by: at}\nevents: [{name: x, on: gone, text: y}]\n",
               "f.yaml:7:24: events.on: gone needs keep: answer; other rows leave by age"},
        Misuse{"dataset: orders\n" + sizes.substr(15), "f.yaml:1:10: dataset: 'orders' is the name of something built in: choose another"},
        Misuse{"dataset: queue\n" + sizes.substr(15), "f.yaml:1:10: dataset: 'queue' is the name of something built in: choose another"},
        Misuse{"dataset: My-Set\n" + sizes.substr(15),
               "f.yaml:1:10: dataset: 'My-Set': letters a-z, digits and _ only, a letter first, at most 40"},
        Misuse{"dataset: a\nupstream: postgre\ntable: t\nkey: x\ncolumns: {x: text}\n",
               "f.yaml:2:11: upstream: unknown upstream: did you mean postgres?"},
        Misuse{"dataset: a\nupstream: postgres\nsql: SELECT 1 AS x\nkey: x\ncolumns: {x: text}\n",
               "f.yaml:1:1: reads: name the tables that the statement reads, or [] for none"},
        Misuse{"dataset: a\nupstream: postgres\nsql: SELECT 1 AS x; COMMIT\nreads: []\nkey: x\ncolumns: {x: text}\n",
               "f.yaml:3:6: sql: one statement, without ;"},
        Misuse{"dataset: a\nupstream: rabbitmq\nget: /x\nrows: /*\nkey: x\ncolumns: {x: numeric, t: time}\n",
               "f.yaml:6:14: columns.x.type: unknown type 'numeric': use text, integer, number, bool, time, json\n"
               "f.yaml:6:23: columns.t: a time from JSON needs a format: seconds, milliseconds, microseconds, nanoseconds, rfc3339"},
        Misuse{"dataset: a\nupstream: postgres\nget: /x\ncolumns: {x: text}\n",
               "f.yaml:3:6: get: needs an HTTP upstream, and postgres is none: use sql or table"},
        Misuse{"dataset: a\nupstream: rabbitmq\nget: /x\nrows: /*\ncolumns: {x: text}\n",
               "f.yaml:1:1: key: required: the columns whose values tell one row from another"},
        Misuse{"dataset: a\nupstream: rabbitmq\nget: /x\ncolumns: {freshness: text}\n",
               "f.yaml:4:11: columns.freshness: is reserved: choose another name, and set `from`"}));

TEST(DeclaredFaults, any_bytes_end_in_faults) {
  for (const auto& bytes :
       {std::string(9000, '['), std::string(9000, '{'), std::string("\0\0", 2), std::string("%YAML 9\n---\n"), std::string("? a\n: b\n"),
        std::string("a: |\n"), std::string("- - - -\n"), std::string("a: b: c\n"), std::string("\xef\xbb\xbf")})
    EXPECT_NE(faults_of(bytes), "") << bytes.substr(0, 20);
}

// A store with datasets of these files, which has begun.
class DeclaredStore {
 public:
  explicit DeclaredStore(const std::vector<std::string>& files) {
    for (const auto& text : files) {
      auto read = read_dataset("f.yaml", text, around());
      EXPECT_TRUE(read.faults.empty()) << (read.faults.empty() ? "" : read.faults[0].shown());
      declared_.datasets.push_back(std::make_shared<const Declared>(std::move(read.dataset)));
    }
    for (const auto& dataset : declared_.datasets) sources_.push_back(source_of(dataset, {.most_bytes = 1 << 26}));
    for (const auto& source : sources_)
      setups_.push_back({&source, {std::chrono::seconds(10), std::chrono::seconds(5), std::chrono::seconds(30)}});
    store_ = std::make_unique<Store>(declared_);
  }
  void begin(std::int64_t now) {
    using std::chrono::hours;
    store_->begin({.sources = setups_,
                   .retention = {.history_fine = hours(2), .history_minutes = hours(24), .history_quarters = hours(336)},
                   .strategies = {},
                   .backoff_cap = {},
                   .version = "test",
                   .now = now});
  }
  // What PostgreSQL answers, as text; what went wrong.
  std::string answer(std::int64_t at, const std::vector<std::vector<const char*>>& rows) {
    Table table;
    for (const auto& row : rows) {
      table.rows.emplace_back();
      for (const auto* value : row) table.rows.back().push_back(value == nullptr ? Value{} : Value{std::string(value)});
    }
    return take(at, table);
  }
  std::string document(std::int64_t at, const std::string& body, int status = 200) {
    return take(at, HttpAnswer{.status = status, .body = body});
  }
  std::string take(std::int64_t at, Answer answer) {
    const std::vector<Answer> answers{std::move(answer)};
    Outcome outcome{.source = sources_[0].name,
                    .sent_at = at,
                    .requests = 1,
                    .timing = {},
                    .result = sources_[0].parse(store_->prior_state(sources_[0], at), answers)};
    const auto errors = store_->apply(std::span(&outcome, 1), setups_, {.upstream = "postgres", .failing_for_s = {}});
    return errors[0] ? errors[0]->text : "";
  }
  std::string text(const std::string& sql) const {
    std::string all;
    for (const auto& row : store_->query(sql).rows) {
      all += all.empty() ? "" : "\n";
      for (std::size_t c = 0; c < row.size(); ++c) all += (c == 0 ? "" : "|") + text_of(row[c]);
    }
    return all;
  }
  Store& store() { return *store_; }

 private:
  DeclaredDatasets declared_;
  std::vector<Source> sources_;
  std::vector<SourceSetup> setups_;
  std::unique_ptr<Store> store_;
};

constexpr std::int64_t t0 = Cache::started;

TEST(DeclaredDataset, an_answer_is_taken_whole_or_refused_whole) {
  DeclaredStore cache({sizes + "bounds: {rows: 2}\n"});
  cache.begin(t0);
  EXPECT_EQ(cache.answer(t0, {{"a", "1.50", "2026-01-31T12:00:00+00:00"}, {"b", nullptr, nullptr}}), "");
  EXPECT_EQ(cache.text("SELECT asset, size, CAST(at AS INTEGER) FROM sizes ORDER BY asset"), "a|1.5|1769860800\nb||");
  EXPECT_EQ(cache.answer(t0, {{"a", "1", nullptr}, {"a", "2", nullptr}}), "rows 1 and 2 have the same key (asset)");
  EXPECT_EQ(cache.answer(t0, {{"a", "1", nullptr}, {"b", "x", nullptr}}), "row 2, size: expected a number");
  EXPECT_EQ(cache.answer(t0, {{nullptr, "1", nullptr}}), "row 1, asset: NULL in the key");
  EXPECT_EQ(cache.answer(t0, {{"a", "1", nullptr}, {"b", "1", nullptr}, {"c", "1", nullptr}}),
            "3 rows or more, at most 2: narrow the query, or raise bounds.rows");
  EXPECT_EQ(cache.text("SELECT asset, size FROM sizes ORDER BY asset"), "a|1.5\nb|");
  EXPECT_EQ(cache.answer(t0, {{"b", "NaN", nullptr}}), "");
  EXPECT_EQ(cache.text("SELECT asset, size FROM sizes"), "b|");
}

TEST(DeclaredDataset, rows_are_kept_by_age_or_number_where_the_file_says_so) {
  DeclaredStore cache({sizes + "keep: {newest: 2, by: size}\n"});
  cache.begin(t0);
  cache.answer(t0, {{"a", "1", nullptr}, {"b", "2", nullptr}});
  cache.answer(t0 + 10, {{"c", "3", nullptr}});
  EXPECT_EQ(cache.text("SELECT asset FROM sizes ORDER BY asset"), "b\nc");
}

TEST(DeclaredDataset, events_tell_of_changes_after_the_first_answer) {
  DeclaredStore cache(
      {sizes + "events:\n  - {name: seen, on: new, text: \"{asset} is new\"}\n  - {name: left, on: gone, text: \"{asset} is gone\"}\n"});
  cache.begin(t0);
  cache.store().set_identity("postgres", "1/a");
  cache.answer(t0, {{"a", "1", nullptr}});
  EXPECT_EQ(cache.text("SELECT summary FROM event"), "");
  cache.answer(t0 + 10, {{"b", "1", nullptr}});
  EXPECT_EQ(cache.text("SELECT event_type, summary FROM event ORDER BY 1"), "sizes.left|a is gone\nsizes.seen|b is new");
}

// A reader would parse them with every query.
TEST(DeclaredDataset, none_of_its_triggers_is_in_the_file) {
  DeclaredStore cache(
      {sizes + "keep: {newest: 2, by: size}\nhistory: {columns: {size: mean}}\nevents:\n  - {name: seen, on: new, text: \"{asset}\"}\n"});
  EXPECT_NE(cache.text("SELECT count(*) FROM sqlite_temp_schema WHERE type = 'trigger' AND tbl_name LIKE '%sizes'"), "0");
  EXPECT_EQ(cache.text("SELECT name FROM sqlite_schema WHERE type = 'trigger'"), "");
}

// What a gateway with this dataset leaves behind after an answer of one row.
void publish_one(const std::string& dataset, const std::string& size, const std::filesystem::path& file) {
  DeclaredStore before({dataset});
  before.begin(t0);
  before.answer(t0, {{"a", size.c_str(), nullptr}});
  ASSERT_TRUE(before.store().copy_to(file, {.published_at = t0}));
}

const std::string with_history = sizes + "history: {columns: {size: mean}}\n";

TEST(DeclaredDataset, history_is_runs_and_gaps_and_rolls_into_minutes) {
  DeclaredStore cache({with_history});
  cache.begin(t0);
  cache.answer(t0, {{"a", "1", nullptr}});
  cache.answer(t0 + 10, {{"a", "1", nullptr}, {"b", "5", nullptr}});
  cache.answer(t0 + 20, {{"a", "4", nullptr}});
  EXPECT_EQ(cache.text("SELECT time - 1764583200, asset, size FROM sizes_trend ORDER BY asset, time"), "0|a|1\n10|a|1\n20|a|4\n10|b|5");
  EXPECT_EQ(cache.text("SELECT count(*) FROM run_sizes"), "3");
  cache.store().tidy(t0 + 100'000);
  EXPECT_EQ(cache.text("SELECT _tier, size FROM run_sizes ORDER BY size"), "2|2\n2|5");
}

TEST(DeclaredDataset, history_and_rows_are_carried_over_unless_the_labels_change) {
  const TemporaryDirectory directory;
  publish_one(with_history, "1", directory / "cache.db");
  DeclaredStore same({with_history});
  EXPECT_TRUE(same.store().restore(directory / "cache.db").empty());
  same.begin(t0 + 5);
  EXPECT_EQ(same.text("SELECT asset, size FROM sizes_trend WHERE size IS NOT NULL"), "a|1");
  EXPECT_EQ(same.text("SELECT last_success_at FROM source"), std::to_string(t0));
  DeclaredStore other({sizes + "history: {columns: {size: mean}, labels: [at]}\n"});
  other.store().restore(directory / "cache.db");
  other.begin(t0 + 5);
  EXPECT_EQ(other.text("SELECT asset FROM data_sizes"), "a");
  EXPECT_EQ(other.text("SELECT count(*) FROM run_sizes"), "0");
  DeclaredStore asked_otherwise({sizes + "where: size > 1\n"});
  asked_otherwise.store().restore(directory / "cache.db");
  asked_otherwise.begin(t0 + 5);
  EXPECT_EQ(asked_otherwise.text("SELECT asset, freshness FROM sizes"), "a|never");
}

const std::string growing = sizes + "keep: {newest: 5, by: at}\nread: {since: [at, asset]}\n";

// A row as the statement of a growing table gives it, dated so many seconds after t0, and the database's clock.
Row tick(const char* asset, double time, double now, bool looked_back = false) {
  const auto at = fmt::format("2025-12-01T10:{:02}:{:02}+00:00", static_cast<int>(time) / 60, static_cast<int>(time) % 60);
  const std::string name = asset;
  return {name, std::string("1"), at, static_cast<double>(t0) + now, flag(looked_back), static_cast<double>(t0) + time, name};
}
Table ticks(std::vector<Row> rows) {
  return {.columns = {"asset", "size", "at", "now", "looked_back", "place_time", "place_id"}, .rows = std::move(rows)};
}

TEST(DeclaredDataset, the_place_reached_stays_behind_rows_dated_ahead_and_follows_a_clock_that_is_set_back) {
  DeclaredStore cache({growing});
  cache.begin(t0);
  const auto place = [&] {
    return cache.text("SELECT value - 1764583200 FROM cursor WHERE name = 'at' UNION ALL SELECT value FROM cursor WHERE name = 'at_id'");
  };
  EXPECT_EQ(cache.take(t0, ticks({tick("a", 5, 10), tick("b", 5, 10), tick("c", 40, 10)})), "");
  EXPECT_EQ(cache.text("SELECT asset FROM sizes ORDER BY asset"), "a\nb\nc");
  EXPECT_EQ(place(), "5\nb");
  const std::size_t clock = 3;
  Row nothing(7);
  nothing[clock] = static_cast<double>(t0) + 20;
  EXPECT_EQ(cache.take(t0 + 10, ticks({nothing})), "");
  EXPECT_EQ(place(), "5\nb");
  EXPECT_EQ(cache.take(t0 + 20, ticks({tick("d", 7, 30), tick("a", 3, 30, true)})), "");
  EXPECT_EQ(place(), "7\nd") << "what was looked back for is no place";
  nothing[clock] = static_cast<double>(t0 - 100);
  EXPECT_EQ(cache.take(t0 + 30, ticks({nothing})), "");
  EXPECT_EQ(place(), "-100\n");
}

TEST(DeclaredDataset, a_growing_table_that_is_renamed_is_read_on) {
  const TemporaryDirectory directory;
  DeclaredStore before({growing});
  before.begin(t0);
  EXPECT_EQ(before.take(t0, ticks({tick("a", 5, 10)})), "");
  ASSERT_TRUE(before.store().copy_to(directory / "cache.db", {.published_at = t0}));
  DeclaredStore after({"dataset: amounts\nwas: sizes\n" + growing.substr(growing.find("upstream"))});
  after.store().restore(directory / "cache.db");
  after.begin(t0 + 5);
  EXPECT_EQ(after.text("SELECT value - 1764583200 FROM cursor WHERE source = 'postgres.amounts' AND name = 'at'"), "5");
  DeclaredStore wider({growing.substr(0, growing.find("newest: 5")) + "newest: 6" + growing.substr(growing.find("newest: 5") + 9)});
  wider.store().restore(directory / "cache.db");
  wider.begin(t0 + 5);
  EXPECT_EQ(wider.text("SELECT count(*) FROM cursor"), "0") << "older rows are to be kept, too";
}

TEST(DeclaredDataset, a_column_of_another_type_is_carried_over_where_it_fits) {
  const TemporaryDirectory directory;
  publish_one(sizes, "1.5", directory / "cache.db");
  auto text = sizes, whole = sizes;
  text.replace(text.find("number"), 6, "text");
  whole.replace(whole.find("number"), 6, "integer");
  DeclaredStore as_text({text}), as_whole({whole});
  EXPECT_TRUE(as_text.store().restore(directory / "cache.db").empty());
  EXPECT_TRUE(as_whole.store().restore(directory / "cache.db").empty());
  EXPECT_EQ(as_text.text("SELECT asset, size FROM data_sizes"), "a|1.5");
  EXPECT_EQ(as_whole.text("SELECT asset, size FROM data_sizes"), "a|");
}

// Or a poll would cost the square of their number.
TEST(DeclaredDataset, a_series_is_found_by_its_labels_without_looking_through_all) {
  DeclaredStore cache({with_history});
  cache.begin(t0);
  EXPECT_NE(cache.text("EXPLAIN QUERY PLAN SELECT 1 FROM series_sizes s WHERE s.asset IS 'a'").find("INDEX"), std::string::npos);
}

TEST(DeclaredDataset, columns_may_be_called_like_those_of_the_history_itself) {
  DeclaredStore cache(
      {"dataset: a\nupstream: postgres\ntable: t\nkey: [id, tier]\ncolumns: {id: text, tier: text, from_at: number, rows: number, error: "
       "number}\n"
       "history: {columns: {from_at: last, rows: max}}\nverdicts: {big: rows > error}\norder: rows\n"});
  cache.begin(t0);
  EXPECT_EQ(cache.answer(t0, {{"x", "y", "1", "2", "3"}}), "");
  EXPECT_EQ(cache.text("SELECT id, tier, from_at, rows FROM a_trend"), "x|y|1|2");
  EXPECT_EQ(cache.text("SELECT rows, error, last_known_big FROM a"), "2|3|0");
}

TEST(DeclaredDataset, a_document_is_one_row_and_one_series) {
  DeclaredStore cache({"dataset: a\nupstream: rabbitmq\nget: /x\ncolumns: {n: integer}\nhistory: {columns: {n: last}}\n"});
  cache.begin(t0);
  EXPECT_EQ(cache.document(t0, R"({"n": 1})"), "");
  EXPECT_EQ(cache.document(t0 + 10, R"({"n": 2})"), "");
  EXPECT_EQ(cache.text("SELECT n FROM a"), "2");
  EXPECT_EQ(cache.text("SELECT time - 1764583200, n FROM a_trend"), "0|1\n10|2");
  EXPECT_EQ(cache.document(t0 + 20, R"({"m": 2})"), "GET /x: the answer has no /n (renamed?)");
  EXPECT_EQ(cache.document(t0 + 20, R"({"n": "2"})"), "GET /x: n: expected a number, got text: set format: decimal if it is a number");
  EXPECT_EQ(cache.document(t0 + 20, "[]"), "GET /x: the answer has no /n (renamed?)");
  EXPECT_EQ(cache.document(t0 + 20, "<html>"), "GET /x: not valid JSON (6 bytes)");
  EXPECT_EQ(cache.document(t0 + 20, "{}", 404), "GET /x: HTTP 404: no such path");
}

// A panel for any dataset reads these two views: a query cannot take the name of a view from a variable.
TEST(DeclaredDataset, rows_of_all_are_in_one_view_as_json_in_the_order_of_their_own) {
  DeclaredStore cache({sizes + "order: size DESC\nverdicts: {big: size > 1}\n",
                       "dataset: a\nupstream: rabbitmq\nget: /x\ncolumns: {on: bool, off: bool, n: integer, t: text}\n"});
  EXPECT_EQ(cache.text("SELECT count(*) FROM dataset_row"), "0");
  cache.begin(t0);
  EXPECT_EQ(cache.text("SELECT count(*) FROM dataset_row"), "0");
  cache.answer(t0, {{"o'b\"", "1.50", "2026-01-31T12:00:00+00:00"}, {"b", nullptr, nullptr}, {"c", "2", nullptr}});
  EXPECT_EQ(
      cache.text("SELECT dataset, row, source FROM dataset_row"),
      R"(sizes|{"asset":"c","size":2.0,"at":null,"big":"unknown","last_known_big":"1","freshness":"stale"}|postgres.sizes)"
      "\n"
      R"(sizes|{"asset":"o'b\"","size":1.5,"at":"2026-01-31 12:00:00","big":"unknown","last_known_big":"1","freshness":"stale"}|postgres.sizes)"
      "\n"
      R"(sizes|{"asset":"b","size":null,"at":null,"big":"unknown","last_known_big":null,"freshness":"stale"}|postgres.sizes)");
  EXPECT_EQ(cache.text("SELECT count(*) FROM dataset_row WHERE json_valid(row) AND age_s > 0 AND fetched_at > 0"), "3");
}

TEST(DeclaredDataset, histories_of_all_are_in_one_view_by_series_and_measure) {
  DeclaredStore cache({with_history.substr(0, with_history.find("key: asset")) + "key: [asset, size]" +
                           with_history.substr(with_history.find("key: asset") + 10),
                       "dataset: a\nupstream: postgres\ntable: t\nkey: x\ncolumns: {x: text}\n"});
  cache.begin(t0);
  cache.answer(t0, {{"a", "1", nullptr}, {"b", "2.5", nullptr}});
  EXPECT_EQ(cache.text("SELECT dataset, time - 1764583200, series, measure, value, typeof(value) FROM dataset_trend ORDER BY series"),
            "sizes|0|a 1.0|size|1|real\nsizes|0|b 2.5|size|2.5|real");
}

TEST(DeclaredDataset, a_hundred_columns_and_hundreds_of_verdicts_fit_into_a_row) {
  std::string columns, verdicts, document;
  for (int i = 0; i < 100; ++i) {
    columns += fmt::format("{}c{}: integer", i == 0 ? "" : ", ", i);
    document += fmt::format(R"({}"c{}": {})", i == 0 ? "" : ", ", i, i);
  }
  for (int i = 0; i < 450; ++i) verdicts += fmt::format("{}v{}: c0", i == 0 ? "" : ", ", i);
  DeclaredStore cache({"dataset: a\nupstream: rabbitmq\nget: /x\ncolumns: {" + columns + "}\nverdicts: {" + verdicts + "}\n"});
  cache.begin(t0);
  EXPECT_EQ(cache.document(t0, "{" + document + "}"), "");
  EXPECT_EQ(cache.text("SELECT json_extract(row, '$.c99'), json_extract(row, '$.last_known_v449') FROM dataset_row"), "99|0");
}

TEST(DeclaredDataset, of_a_long_one_the_view_of_all_has_the_first_thousand_rows) {
  DeclaredStore cache({"dataset: a\nupstream: rabbitmq\nget: /x\nrows: /*\nkey: n\ncolumns: {n: integer}\norder: n DESC\n"});
  cache.begin(t0);
  std::string document;
  for (int i = 0; i < 1500; ++i) document += fmt::format(R"({}{{"n": {}}})", i == 0 ? "[" : ", ", i);
  EXPECT_EQ(cache.document(t0, document + "]"), "");
  EXPECT_EQ(cache.text("SELECT count(*), min(json_extract(row, '$.n')) FROM dataset_row"), "1000|500");
}

TEST(DeclaredDataset, whose_file_is_faulty_now_stays_in_the_views_of_all) {
  const TemporaryDirectory directory;
  publish_one(with_history, "1", directory / "cache.db");
  Store faulty({.datasets = {}, .faulty = {{"f.yaml", "sizes", "postgres", {{"f.yaml", {1, 1}, "wrong"}}}}});
  faulty.restore(directory / "cache.db");
  faulty.begin({.sources = {}, .retention = {}, .strategies = {}, .backoff_cap = {}, .version = "test", .now = t0 + 5});
  EXPECT_EQ(faulty.query("SELECT json_extract(row, '$.asset') FROM dataset_row").rows, (std::vector<Row>{{std::string("a")}}));
  EXPECT_EQ(faulty.query("SELECT series FROM dataset_trend").rows, (std::vector<Row>{{std::string("a")}}));
  Store without;
  without.restore(directory / "cache.db");
  without.begin({.sources = {}, .retention = {}, .strategies = {}, .backoff_cap = {}, .version = "test", .now = t0 + 5});
  EXPECT_TRUE(without.query("SELECT * FROM dataset_row").rows.empty());
}

}  // namespace
}  // namespace gateway
