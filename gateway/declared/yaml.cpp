#include "declared/yaml.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>

#include "base/text.hpp"

namespace gateway {
namespace {

constexpr std::size_t deepest = 8;
constexpr const char* no_anchors = "anchors and aliases are not supported: repeat the value, and quote a text that begins with & or *";

// Ends the parsing: the first thing that is refused is told, what follows from it is not.
struct Refused {
  Position place;
  std::string text;
};

Position place_of(const YAML::Mark& mark) { return {.line = mark.line + 1, .column = mark.column + 1}; }

std::string shown_key(std::string_view key) { return shortened(one_line(clean_utf8(key)), 60); }

class TreeBuilder : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) throw Refused{place_of(mark), "one file is one document: move what follows '---' into a file of its own"};
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { scalar(mark, "?", anchor, ""); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuse_anchor(mark); }
  void OnAnchor(const YAML::Mark& mark, const std::string&) override { refuse_anchor(mark); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override {
    scalar(mark, tag, anchor, value);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    begin(Node::Kind::list, mark, tag, anchor);
  }
  void OnSequenceEnd() override { end(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    begin(Node::Kind::map, mark, tag, anchor);
  }
  void OnMapEnd() override { end(); }

  Node take() {
    if (root_.kind != Node::Kind::map) throw Refused{{1, 1}, "a file begins with dataset: NAME or upstream: NAME"};
    return std::move(root_);
  }

 private:
  struct Open {
    Node node;
    Node key;
    bool has_key = false;
  };

  [[noreturn]] static void refuse_anchor(const YAML::Mark& mark) { throw Refused{place_of(mark), no_anchors}; }

  static void check(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (anchor != 0) refuse_anchor(mark);
    if (!tag.empty() && tag != "?" && tag != "!")
      throw Refused{place_of(mark), "tags (!X) are not supported: quote a text that begins with !"};
  }

  void scalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) {
    check(mark, tag, anchor);
    add(Node{.kind = Node::Kind::text, .text = value, .plain = tag != "!", .place = place_of(mark), .members = {}});
  }

  void begin(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    check(mark, tag, anchor);
    if (open_.size() >= deepest) throw Refused{place_of(mark), fmt::format("nested deeper than {} levels", deepest)};
    open_.push_back({.node = {.kind = kind, .text = {}, .plain = false, .place = place_of(mark), .members = {}}, .key = {}});
  }

  void end() {
    auto node = std::move(open_.back().node);
    open_.pop_back();
    add(std::move(node));
  }

  void add(Node node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    auto& parent = open_.back();
    if (parent.node.kind == Node::Kind::list) {
      parent.node.members.emplace_back(Node{}, std::move(node));
    } else if (!parent.has_key) {
      take_key(parent, std::move(node));
    } else {
      // A missing value is reported at the start of the next line: the key's own place is meant.
      if (node.kind == Node::Kind::text && node.plain && node.text.empty()) node.place = parent.key.place;
      parent.node.members.emplace_back(std::move(parent.key), std::move(node));
      parent.has_key = false;
    }
  }

  static void take_key(Open& parent, Node key) {
    if (key.kind != Node::Kind::text || key.text.empty()) throw Refused{key.place, "expected 'key: value'"};
    if (key.text == "<<") throw Refused{key.place, "merge keys (<<) are not supported"};
    if (const auto* before = parent.node.find(key.text); before != nullptr) {
      const auto first = std::ranges::find_if(parent.node.members, [&](const auto& member) { return member.first.text == key.text; });
      throw Refused{key.place, fmt::format("'{}' appears twice, first on line {}", shown_key(key.text), first->first.place.line)};
    }
    parent.key = std::move(key);
    parent.has_key = true;
  }

  Node root_;
  std::vector<Open> open_;
  int documents_ = 0;
};

// What the parser accepts, or reports in words that help nobody.
void check_lines(std::string_view text) {
  int number = 0;
  for (const auto line : split(text, '\n')) {
    ++number;
    for (std::size_t i = 0; i < line.size(); ++i) {
      const auto c = static_cast<unsigned char>(line[i]);
      const bool at_the_end = i + 1 == line.size();
      if ((c < 0x20 && c != '\t' && !(c == '\r' && at_the_end)) || c == 0x7f)
        throw Refused{{number, static_cast<int>(i) + 1}, "a control character"};
    }
    if (const auto begin = line.find_first_not_of(' '); begin != std::string_view::npos && line[begin] == '\t')
      throw Refused{{number, static_cast<int>(begin) + 1}, fmt::format("line {} is indented with a tab: use spaces", number)};
  }
  if (clean_utf8(text) != text) throw Refused{{1, 1}, "not UTF-8 text"};
}

// A quoted text that runs over a line's end is a forgotten quote. `from`: where it begins.
bool closes(std::string_view line, std::size_t from) {
  const char quote = line[from];
  for (auto i = from + 1; i < line.size(); ++i) {
    if (quote == '"' && line[i] == '\\') ++i;
    else if (quote == '\'' && line.substr(i, 2) == "''") ++i;
    else if (line[i] == quote) return true;
  }
  return false;
}

void check_text(Node& text, const std::vector<std::string_view>& lines) {
  if (text.place.line < 1 || text.place.line > std::ssize(lines)) return;
  const auto line = lines[static_cast<std::size_t>(text.place.line) - 1];
  const auto from = static_cast<std::size_t>(text.place.column) - 1;
  if (from >= line.size()) return;
  if (text.plain) text.comment_follows = line.substr(from).find(" #") != std::string_view::npos;
  else if ((line[from] == '"' || line[from] == '\'') && !closes(line, from)) throw Refused{text.place, "unterminated quote on this line"};
}

void check_texts(Node& node, const std::vector<std::string_view>& lines) {
  if (node.kind == Node::Kind::text) check_text(node, lines);
  for (auto& [key, value] : node.members) {
    if (node.kind == Node::Kind::map) check_text(key, lines);
    check_texts(value, lines);
  }
}

std::string in_our_words(const std::string& parser) {
  const auto says = [&](std::string_view part) { return parser.find(part) != std::string::npos; };
  if (says("end of map") || says("end of sequence") || says("flow")) return "unterminated { or [, or a missing comma inside";
  if (says("anchor") || says("alias")) return no_anchors;
  if (says("escape")) return "unknown escape: use 'single quotes', which have none";
  if (says("tab")) return "indented with a tab: use spaces";
  return "expected 'key: value': look for a missing colon, a missing space after it, or wrong indentation";
}

}  // namespace

std::string Fault::shown() const { return fmt::format("{}:{}:{}: {}", file, place.line, place.column, text); }

const Node* Node::find(std::string_view key) const {
  const auto found = std::ranges::find_if(members, [&](const auto& member) { return member.first.text == key; });
  return kind != Kind::map || found == members.end() ? nullptr : &found->second;
}

YamlDocument read_yaml(const std::string& file, std::string_view text) {
  YamlDocument document;
  const auto fault = [&](Position place, std::string what) { document.faults.push_back({file, place, std::move(what)}); };
  if (text.size() > largest_yaml) {
    fault({1, 1}, fmt::format("the file has {} bytes, at most {}", text.size(), largest_yaml));
    return document;
  }
  try {
    check_lines(text);
    std::istringstream in{std::string(text)};
    YAML::Parser parser(in);
    TreeBuilder builder;
    while (parser.HandleNextDocument(builder)) {
    }
    document.root = builder.take();
    check_texts(document.root, split(text, '\n'));
  } catch (const Refused& refused) {
    fault(refused.place, refused.text);
  } catch (const YAML::Exception& e) {
    fault({.line = std::max(e.mark.line, 0) + 1, .column = std::max(e.mark.column, 0) + 1}, in_our_words(e.msg));
  } catch (const std::exception& e) {
    fault({1, 1}, fmt::format("cannot be read: {}", e.what()));
  }
  return document;
}

}  // namespace gateway
