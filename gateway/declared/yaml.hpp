// A strict reader of a small part of YAML: one document of mappings, lists and texts. Whatever else YAML offers is refused
// by name, because each of it has surprised someone: a doubled key, an anchor, a tag, a comment inside of a statement.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gateway {

struct Position {
  int line = 0, column = 0;  // from 1
};

struct Fault {
  std::string file;
  Position place;
  std::string text;  // what is wrong, and the remedy

  std::string shown() const;  // FILE:LINE:COLUMN: TEXT
};

// Every scalar is text until the key's own type reads it: `no`, `010` and `1e3` are what they look like.
struct Node {
  enum class Kind { text, list, map };
  Kind kind = Kind::text;
  std::string text;
  bool plain = false;            // a text without quotes, and no block
  bool comment_follows = false;  // behind a plain text on its line: a statement with ` #` in it ends there
  Position place;
  std::vector<std::pair<Node, Node>> members;  // of a map, in the file's order; of a list the first ones are empty

  const Node* find(std::string_view key) const;  // of a map
};

inline constexpr std::size_t largest_yaml = std::size_t{64} << 10;

// The document, a map; or its faults, most often the first one only. Never throws, whatever the bytes are.
struct YamlDocument {
  Node root;
  std::vector<Fault> faults;
};
YamlDocument read_yaml(const std::string& file, std::string_view text);

}  // namespace gateway
