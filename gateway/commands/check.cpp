#include "commands/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "base/text.hpp"
#include "check/check_datasets.hpp"
#include "check/check_files.hpp"
#include "check/check_follow.hpp"
#include "check/check_object_store.hpp"
#include "check/check_upstreams.hpp"
#include "run/declared_datasets.hpp"

namespace gateway {
namespace {

std::string mark(Grade grade, bool colour) {
  struct Shown {
    const char *word, *code;
  };
  const Shown shown = grade == Grade::good ? Shown{"ok   ", "32"} : grade == Grade::note ? Shown{"note ", "33"} : Shown{"WRONG", "31"};
  return colour ? fmt::format("\033[{}m{}\033[0m", shown.code, shown.word) : shown.word;
}

void append(Findings& all, Findings more) { std::ranges::move(more, std::back_inserter(all)); }

}  // namespace

int check(const Settings& given, const ObjectStoreSettings& object_store, const Environment& environment, const CheckOptions& options,
          bool colour, std::ostream& out, std::ostream& err) {
  std::optional<Reader> reader;
  if (!options.reader.empty()) {
    reader = find_reader(options.reader);
    if (!reader) {
      err << fmt::format("--reader {}: there is no such user; use a name, UID or UID:GID,GID\n", one_line(options.reader));
      return 2;
    }
  }
  const auto declared = read_datasets(given);
  const auto settings = with_upstreams_of(declared, given);
  // A follower asks no upstream, whatever the settings say of them.
  const bool follows = !object_store.follow.empty() && !object_store.upload;
  auto all = check_cache(settings, reader, follows);
  if (!follows) append(all, check_datasets(settings, declared));
  append(all, check_exposure(settings, environment, options.env_file));
  if (options.ask && !follows) append(all, check_upstreams(settings, declared));
  append(all, check_follow(object_store, settings, options.ask));
  append(all, check_object_store(object_store, settings, options.ask));
  for (const auto& finding : all) {
    out << mark(finding.grade, colour) << ' ' << one_line(finding.what) << '\n';
    if (!finding.remedy.empty()) out << "      do: " << one_line(finding.remedy) << '\n';
  }
  const auto wrong = std::ranges::count(all, Grade::fault, &Finding::grade), notes = std::ranges::count(all, Grade::note, &Finding::grade);
  out << fmt::format("{} wrong, {} to note, {} ok{}\n", wrong, notes, std::ssize(all) - wrong - notes,
                     options.ask ? ""
                     : follows   ? "; the object store was not contacted (--ask)"
                                 : "; upstreams were not contacted (--ask)");
  return wrong > 0 ? 3 : 0;
}

}  // namespace gateway
