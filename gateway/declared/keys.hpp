// Reads the keys of one mapping, each as what it must be, and gathers the faults of all of them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/deadline.hpp"
#include "declared/yaml.hpp"

namespace gateway {

// Faults of one file.
class Faults {
 public:
  Faults(std::string file, std::vector<Fault>& all) : file_(std::move(file)), all_(all) {}
  void add(const Node& at, const std::string& key, const std::string& text) const;

 private:
  std::string file_;
  std::vector<Fault>& all_;
};

// The known word that is nearest to `word`; empty: none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& known);

class Keys {
 public:
  // `path`: what stands before each key in a fault, such as "history.". Keys beyond `known` are faults.
  Keys(const Node& map, std::string path, const std::vector<std::string>& known, const Faults& faults);

  const Node* find(const std::string& key) const;
  std::string text(const std::string& key, bool several_lines = false) const;  // empty: not given
  std::string sql(const std::string& key) const;                               // of one that `#` would cut, a fault
  std::string name(const std::string& key) const;
  std::vector<std::string> list(const std::string& key) const;  // of texts; a single text is one of its own
  std::optional<std::int64_t> count(const std::string& key, std::int64_t least, std::int64_t most) const;
  std::optional<std::int64_t> bytes(const std::string& key, std::int64_t most) const;
  std::optional<Milliseconds> duration(const std::string& key, Milliseconds least, Milliseconds most) const;
  bool flag(const std::string& key) const;
  std::string one_of(const std::string& key, const std::vector<std::string>& words) const;
  // Calls `each` for every member of a map under the key.
  void members(const std::string& key, const std::function<void(const Node& name, const Node& value)>& each) const;

  void fault(const std::string& key, const std::string& text) const;

 private:
  const Node* scalar(const std::string& key) const;

  const Node& map_;
  std::string path_;
  const Faults& faults_;
};

// Letters a-z, digits and _, a letter first.
bool is_plain_name(std::string_view name, std::size_t longest);

}  // namespace gateway
