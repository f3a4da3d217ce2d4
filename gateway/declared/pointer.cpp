#include "declared/pointer.hpp"

#include <algorithm>
#include <charconv>

#include "base/text.hpp"

namespace gateway {
namespace {

std::vector<std::string> steps_of(std::string_view pointer) {
  std::vector<std::string> steps;
  if (pointer.empty()) return steps;
  for (const auto part : split(pointer.substr(1), '/')) {
    std::string step;
    for (std::size_t i = 0; i < part.size(); ++i) {
      if (part[i] == '~' && i + 1 < part.size() && (part[i + 1] == '0' || part[i + 1] == '1')) step += part[++i] == '0' ? '~' : '/';
      else step += part[i];
    }
    steps.push_back(std::move(step));
  }
  return steps;
}

const Json* child(const Json& of, const std::string& step) {
  if (of.is_object()) {
    const auto found = of.find(step);
    return found == of.end() ? nullptr : &*found;
  }
  if (!of.is_array()) return nullptr;
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
  return error == std::errc{} && end == step.data() + step.size() && index < of.size() ? &of[index] : nullptr;
}

}  // namespace

bool is_pointer(std::string_view pointer, bool stars) {
  if (pointer.empty()) return true;
  if (pointer[0] != '/') return false;
  const auto steps = steps_of(pointer);
  return stars || std::ranges::find(steps, "*") == steps.end();
}

std::vector<const Json*> find_all(const Json& document, std::string_view pointer) {
  std::vector<const Json*> found{&document};
  for (const auto& step : steps_of(pointer)) {
    std::vector<const Json*> next;
    for (const auto* each : found) {
      if (step == "*") {
        if (each->is_structured()) {
          for (const auto& element : *each) next.push_back(&element);
        }
      } else if (const auto* one = child(*each, step); one != nullptr) {
        next.push_back(one);
      }
    }
    found = std::move(next);
  }
  return found;
}

const Json* find_one(const Json& document, std::string_view pointer) {
  const auto found = find_all(document, pointer);
  return found.empty() ? nullptr : found.front();
}

}  // namespace gateway
