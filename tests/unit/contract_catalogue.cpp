#include "contract_catalogue.hpp"

#include "base/text.hpp"

namespace gateway {
namespace {

struct TableOfContract {
  const char* name;
  const char* columns;
};

constexpr TableOfContract contract[] = {
    {"trading_signals",
     "id signal_id strategy_id asset side price confidence timestamp model_version is_warmup market_data_snapshot metadata trace_id "
     "created_at"},
    {"orders",
     "id order_id signal_id asset side order_type quantity price status filled_quantity average_price fees created_at updated_at "
     "executed_at "
     "trace_id is_dry_run rejection_reason"},
    {"signal_order_relationships",
     "id signal_id order_id relationship_type execution_sequence allocation_amount allocation_quantity created_at"},
    {"execution_events",
     "id signal_id strategy_id asset side execution_price execution_quantity execution_fees executed_at signal_price signal_timestamp "
     "performance created_at used_for_training training_id"},
    {"model_versions",
     "id version file_path model_type strategy_id trained_at training_duration_seconds training_dataset_size training_config is_active "
     "is_warmup_mode created_at updated_at"},
    {"model_quality_metrics", "id model_version_id metric_name metric_value metric_type evaluated_at evaluation_dataset_size metadata"},
    {"subscriptions", "id channel_type symbol topic requesting_service is_active created_at updated_at last_event_at"},
    {"positions",
     "id asset size average_entry_price unrealized_pnl realized_pnl mode long_size short_size long_avg_price short_avg_price last_updated "
     "last_snapshot_at current_price version created_at closed_at"},
    {"datasets",
     "id symbol status split_strategy target_config feature_registry_version train_records validation_records test_records storage_path "
     "created_at completed_at estimated_completion error_message"},
};

Catalogue with(Catalogue::Access access) {
  Catalogue catalogue;
  for (const auto& table : contract) {
    for (const auto column : split(table.columns, ' ')) catalogue.tables[table.name][std::string(column)] = access;
  }
  return catalogue;
}

}  // namespace

Catalogue contract_catalogue() { return with(Catalogue::Access::readable); }
Catalogue forbidden_catalogue() { return with(Catalogue::Access::forbidden); }

}  // namespace gateway
