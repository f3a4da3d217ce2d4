// A table read in the order of (time, id): rows of one time are told apart by their id, so that a step is never larger than
// it is meant to be, however many rows share a time. SQL as text, and what its answers say; pure, for any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/source.hpp"
#include "datasets/catalogue.hpp"

namespace gateway {

// Clocks differ: a row may be dated so far beyond the database's clock. One further ahead is read when its time has come.
constexpr int allowed_ahead_s = 60;
// Rows are committed a moment after the time they bear: so far back is read again, and at most so many rows.
constexpr int look_back_s = 120;
constexpr int look_back_rows = 5000;

// A place between two rows. Without an id: beyond all rows of that time, in the direction of reading.
struct Place {
  double time = 0;  // unix seconds; microseconds are exact
  std::string id;
};

// Where reading on stands: the place, and the database's clock when it was reached.
struct ReadTo {
  Place place;
  double at = 0;
  bool in_burst = false;  // more follows: it is read before anything is looked back for
};

class TimeOrder {
 public:
  // `alias`: what statements call the table. `catalogue` is not kept.
  TimeOrder(const Catalogue& catalogue, std::string table, std::string alias, const std::string& time, const std::string& id);
  // The order of an expression over the columns, of the type of `time`.
  TimeOrder by(std::string expression) const;

  const std::string& time() const { return time_; }
  const std::string& id() const { return id_; }
  std::string from() const { return table_ + " " + alias_; }
  std::string epoch() const { return "extract(epoch FROM " + time_ + ")"; }
  std::string moment(const std::string& seconds) const;  // SQL: unix seconds as a value of the time's type

  std::string not_ahead() const;  // a condition: neither infinite nor further ahead of the database's clock than is allowed

  // One row: the time of the newest row, the database's clock, how many rows are dated ahead of it, and the furthest.
  SqlRequest head(std::string name) const;
  // The next rows after a place, and some of those before it that may have been committed since they were read.
  SqlRequest onward(std::string name, const std::string& select, const ReadTo& read_to, std::int64_t rows) const;
  // Parts of a WITH: `keys` (key, at), the next rows after a place, and `reach`, whose `taken` is `rows` where more may follow.
  std::string forward(const Place& from, std::int64_t rows, Parameters& parameters) const;
  // The same the other way, without a place from the newest on. `keys` has also the columns of `more_columns` (", SQL AS name").
  std::string backward(const std::optional<Place>& from, std::int64_t rows, const std::string& more_columns, Parameters& parameters) const;

 private:
  // A place's values as SQL; without an id the second is empty.
  struct Bound {
    std::string time, id;
  };
  Bound bound_of(const Place& place, Parameters& parameters) const;
  std::string rest_of_its_time(const Bound& from, const char* beyond, const char* way, std::int64_t rows,
                               const std::string& more_columns) const;
  std::string keys_after(const Bound& from, std::int64_t rows) const;

  std::string table_, alias_, time_, id_;
  std::string id_cast_;  // of a parameter; empty where the type is not known
  bool zoned_;
};

// What head() tells.
struct Head {
  std::optional<double> newest, now, furthest;
  std::int64_t ahead = 0;

  // About the rows dated ahead; empty where there are none.
  std::string note(const std::string& table) const;
};
Result<Head> head_of(const Table& answer, const std::string& table);

// What onward() brought, without the columns that tell its order, the last three: looked_back, place_time, place_id.
struct Onward {
  Table rows;
  bool full = false;          // there may be more after `last`
  std::optional<Place> last;  // of the rows after the place; of those that are a little ahead, only where a step ended there
};
Onward onward_of(Table answer, std::int64_t rows, const std::optional<double>& now);

// Was the newest row that is held deleted? The newest upstream is older. Nothing follows from a row that is ahead of the database's
// clock, as all are that were read before the clock was set back.
bool has_shrunk(const std::optional<double>& newest_held, const Head& head);

}  // namespace gateway
