// The checked way into JSON: any bytes as a document, as an array of objects, and read field by field.
#include "base/json.hpp"

#include <cmath>

#include "base/text.hpp"
#include "check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using namespace gateway;

void read_everything(const Fields& fields, int depth) {
  const auto keys = fields.keys();
  for (const auto& key : keys) {
    fields.integer(key);
    if (const auto number = fields.number(key)) fuzz::require(std::isfinite(*number), "a number is finite");
    if (const auto text = fields.text(key)) fuzz::require(text->size() <= 4096 && clean_utf8(*text) == *text, "a text is clean and short");
    fields.boolean(key);
    if (depth < 4) read_everything(fields.object(key), depth + 1);
  }
  fuzz::require(!fields.has("nobody's key") || !keys.empty(), "what has fields has keys");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  std::optional<Error> fault;
  if (const auto document = parse_json(body, "GET /it")) {
    read_everything(Fields(*document, "GET /it", fault), 0);
    if (fault) fuzz::require_proper(*fault);
  } else {
    fuzz::require_proper(document.error());
  }

  std::size_t seen = 0;
  const auto count = parse_array(body, "GET /list", [&](const Json& object, std::size_t index) -> std::optional<Error> {
    fuzz::require(index == seen++ && object.is_object(), "elements are objects, in order");
    std::optional<Error> wrong;
    const Fields fields(object, "list", wrong);
    fields.integer("a");
    fields.text("b");
    return wrong;
  });
  if (count) fuzz::require(*count == seen, "each element was seen once");
  else fuzz::require_proper(count.error());
  return 0;
}
