// The texts. Refusals for want of balance lead by far, as in production.
#include "texts.hpp"

#include <fmt/format.h>

namespace trading {

std::string model_reasoning(Random& choices, std::string_view asset, std::string_view side) {
  switch (choices.index(6)) {
    case 0: return fmt::format("Model prediction: {} {} (probability above threshold)", side, asset);
    case 1: return fmt::format("\"breakout\" on {}:\n  volume > 3x mean\n  spread < 2 bps\n=> {}", asset, side);
    case 2: return fmt::format("Модель ожидает движение {}: импульс подтверждён объёмом, сторона «{}»", asset, side);
    case 3: return fmt::format("momentum 🚀 on {} -> {} (it's above the trader's 'fast' average)", asset, side);
    case 4: return fmt::format("mean reversion\ton {}: z-score 2.31; 50% band; C:\\models\\{}", asset, side);
    default: return fmt::format("{}: bid/ask imbalance 0.62 -> {}", asset, side);
  }
}

std::string rejection_reason(Random& choices, std::string_view asset, double amount) {
  if (choices.chance(0.7)) {
    return fmt::format(
        "Bybit API error 110007: ab not enough for new order (required {:.4f} USDT, available {:.4f} "
        "USDT) for {}",
        amount, amount * choices.between(0.05, 0.9), asset);
  }
  switch (choices.index(5)) {
    case 0: return fmt::format("Risk limit exceeded: position size of {} would be {:.4f}, limit is 2.0", asset, choices.between(2.0, 3.5));
    case 1: return "Risk limit exceeded: daily loss limit reached";
    case 2:
      return "Order execution failed: {\"retCode\":10001,\"retMsg\":\"params error: the \\\"qty\\\" is invalid\"}\n"
             "Traceback (most recent call last):\n  File \"executor.py\", line 214, in place_order\n"
             "ConnectionError: биржа не ответила вовремя ⏳";
    case 3: return "Order execution failed: Превышено время ожидания ответа биржи — «api-testnet»";
    default: return "Unknown rejection reason";
  }
}

}  // namespace trading
