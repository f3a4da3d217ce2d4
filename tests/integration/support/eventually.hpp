// Waiting for a state: looks again and again until it is there, and fails on the state last seen, never on how long it
// took. The bound is generous because it only says when to stop hoping.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>

namespace integration {

using Look = std::function<std::string()>;  // what it throws is the state, too

::testing::AssertionResult eventually(const Look& look, const std::string& wanted);
::testing::AssertionResult eventually_contains(const Look& look, const std::string& part);
::testing::AssertionResult eventually(const Look& look, const std::function<bool(const std::string&)>& fits, const std::string& wanted);
::testing::AssertionResult eventually(const std::function<bool()>& holds);

}  // namespace integration
