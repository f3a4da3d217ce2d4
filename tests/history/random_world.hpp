// A random history of the trading system, in steps: signals and orders, late closes, repeated rejections, partial fills, dry
// runs, duplicates, bursts, rows that are committed late or dated in the future, trainings, subscriptions, and services,
// databases and connections that come and go.
#pragma once

#include "random.hpp"
#include "world.hpp"

namespace history {

struct WorldShape {
  double burst = 0.02;      // of a step: more rows at once than any list holds
  double huge_burst = 0;    // of a burst: more than one answer holds
  double outage = 0.02;     // of a step: somebody goes away
  bool long_pauses = true;  // days between two steps
  bool trainings = true;
};

class RandomWorld {
 public:
  RandomWorld(World& world, Random& random, WorldShape temper);

  // What there is when a gateway first looks; ends some minutes before.
  void begin(double now, int signals, int orders);
  // Time goes on, and something may have happened meanwhile.
  void step();
  void step(double seconds);
  // Nothing happens any more.
  void pass(double seconds) { world_.now += seconds; }
  // Everybody is there again.
  void recover();

 private:
  double just_now() { return world_.now - random_.real(0, lately_); }
  void trade();
  void order_for(const std::string& signal_id, double at);
  void end_some_order();
  void refuse_some_again();
  void burst();
  void stream();
  void train();
  void come_and_go();

  World& world_;
  Random& random_;
  WorldShape temper_;
  double lately_ = 1;  // seconds since the last step in which rows may be dated
  int versions_ = 0;
};

}  // namespace history
