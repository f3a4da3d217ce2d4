#include "ask/upstream.hpp"

#include <exception>
#include <new>

namespace gateway {

Result<Batch> parsed(const Job& job, std::span<const Answer> answers, const std::string& endpoint, Timing& timing) {
  const auto start = Clock::now();
  auto batch = [&]() -> Result<Batch> {
    try {
      return job.source->parse(job.prior, answers);
    } catch (const std::bad_alloc&) {
      return failure(ErrorClass::too_large, endpoint + ": there is not enough memory for the answer");
    } catch (const std::exception&) {
      return failure(ErrorClass::malformed, endpoint + ": the answer does not match the query");
    }
  }();
  timing.parse_ms = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  return batch;
}

}  // namespace gateway
