// Who is asked first: slow datasets cost themselves only, none is left out twice, and the order of the list decides nothing.
#include "ask/turns.hpp"

#include <gtest/gtest.h>

namespace gateway {
namespace {

const std::vector<std::string> names{"a", "b", "c"};

std::string order(const Turns& turns) {
  std::string text;
  for (const auto position : turns.order(names)) text += names[position];
  return text;
}

TEST(TurnsOfDatasets, begin_in_the_order_given) { EXPECT_EQ(order(Turns()), "abc"); }

TEST(TurnsOfDatasets, a_slow_one_comes_last_until_it_answers) {
  Turns turns;
  turns.note("a", Turns::End::slow, Milliseconds{10});
  EXPECT_EQ(order(turns), "bca");
  turns.note("a", Turns::End::answered, Milliseconds{30});
  EXPECT_EQ(order(turns), "abc");
}

TEST(TurnsOfDatasets, one_without_a_turn_comes_first) {
  Turns turns;
  turns.note("a", Turns::End::slow, Milliseconds{10});
  turns.note("c", Turns::End::none, Milliseconds{0});
  EXPECT_EQ(order(turns), "cba");
}

TEST(TurnsOfDatasets, slow_ones_take_turns_with_the_largest_share) {
  Turns turns;
  turns.note("a", Turns::End::slow, Milliseconds{10});
  turns.note("b", Turns::End::slow, Milliseconds{20});
  EXPECT_EQ(order(turns), "cba") << "b had the larger share";
  turns.note("b", Turns::End::slow, Milliseconds{10});
  turns.note("a", Turns::End::slow, Milliseconds{20});
  EXPECT_EQ(order(turns), "cab");
}

TEST(TurnsOfDatasets, slow_ones_that_are_asked_one_an_attempt_take_turns) {
  Turns turns;
  for (const auto* name : {"a", "b", "c"}) turns.note(name, Turns::End::slow, Milliseconds{10});
  for (const auto* first : {"a", "b", "c", "a"}) {
    EXPECT_EQ(names[turns.order(names, true)[0]], first);
    turns.note(first, Turns::End::slow, Milliseconds{50});
  }
}

}  // namespace
}  // namespace gateway
