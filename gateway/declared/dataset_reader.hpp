// Reads one file's keys into a dataset; in two .cpp files, because there are many keys.
#pragma once

#include <string>

#include "declared/dataset.hpp"
#include "declared/keys.hpp"

namespace gateway {

class DatasetReader {
 public:
  DatasetReader(const Node& root, const Surroundings& surroundings, const Faults& faults, Declared& into);
  void read();

 private:
  void read_names();
  void read_question();
  void check_question();
  void read_key();
  void read_keep();
  void read_since();
  void check_since(const Keys& keys);
  void read_bounds();
  void read_column(const Node& name, const Node& value);
  void read_history();
  void read_events();
  void read_event(const Node& node);
  void check_event(const Keys& keys, const Node& node, const DeclaredEvent& event);
  void read_verdict(const Node& name, const Node& value);
  void require_column(const Keys& keys, const std::string& key, const std::string& name);

  Keys keys_;
  const Surroundings& surroundings_;
  const Faults& faults_;
  Declared& d_;
};

}  // namespace gateway
