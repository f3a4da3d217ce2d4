-- The trading system's tables as its migrations leave them: columns, CHECKs and indexes that a reader of this
-- database may meet, including the odd ones (Buy/SELL in orders and buy/sell elsewhere, no foreign keys between
-- signals, orders and executions, symbol required for some channels and forbidden for others).
-- Applied by psql as superuser on a fresh database owned by role ytrader; applying it twice does no harm.
-- The read-only role is not among it: it is made with the gateway's own gateway/deploy/grafana_monitor.sql, afterwards.

\set ON_ERROR_STOP on

SET client_min_messages = warning;
SET ROLE ytrader;

-- What a strategy decided ---------------------------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS trading_signals (
    id                   uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    signal_id            uuid NOT NULL UNIQUE,
    strategy_id          varchar(100) NOT NULL,
    asset                varchar(50) NOT NULL,
    side                 varchar(10) NOT NULL CHECK (side IN ('buy', 'sell')),
    price                numeric(20,8) NOT NULL CHECK (price > 0),
    confidence           numeric(5,4) CHECK (confidence >= 0 AND confidence <= 1),
    timestamp            timestamp NOT NULL,
    model_version        varchar(50),
    is_warmup            boolean NOT NULL DEFAULT false,
    market_data_snapshot jsonb,
    metadata             jsonb,
    trace_id             varchar(100),
    created_at           timestamp NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS idx_trading_signals_timestamp ON trading_signals (timestamp DESC);
CREATE INDEX IF NOT EXISTS idx_trading_signals_signal_id ON trading_signals (signal_id);
CREATE INDEX IF NOT EXISTS idx_trading_signals_strategy_id ON trading_signals (strategy_id);
CREATE INDEX IF NOT EXISTS idx_trading_signals_asset ON trading_signals (asset);
CREATE INDEX IF NOT EXISTS idx_trading_signals_strategy_timestamp ON trading_signals (strategy_id, timestamp DESC);
CREATE INDEX IF NOT EXISTS idx_trading_signals_asset_timestamp ON trading_signals (asset, timestamp DESC);

-- What became of it at the exchange -----------------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS orders (
    id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    order_id         varchar(100) NOT NULL UNIQUE,
    signal_id        uuid NOT NULL,
    asset            varchar(20) NOT NULL,
    side             varchar(10) NOT NULL CHECK (side IN ('Buy', 'SELL')),
    order_type       varchar(20) NOT NULL CHECK (order_type IN ('Market', 'Limit')),
    quantity         numeric(20,8) NOT NULL CHECK (quantity > 0),
    price            numeric(20,8),
    status           varchar(50) NOT NULL DEFAULT 'pending'
                     CHECK (status IN ('pending', 'partially_filled', 'filled', 'cancelled', 'rejected', 'dry_run')),
    filled_quantity  numeric(20,8) NOT NULL DEFAULT 0,
    average_price    numeric(20,8),
    fees             numeric(20,8),
    created_at       timestamp NOT NULL DEFAULT now(),
    updated_at       timestamp NOT NULL DEFAULT now(),
    executed_at      timestamp,
    trace_id         varchar(100),
    is_dry_run       boolean NOT NULL DEFAULT false,
    CHECK (order_type <> 'Limit' OR price IS NOT NULL),
    CHECK (filled_quantity >= 0 AND filled_quantity <= quantity)
);
CREATE INDEX IF NOT EXISTS idx_orders_signal_id ON orders (signal_id);
CREATE INDEX IF NOT EXISTS idx_orders_asset ON orders (asset);
CREATE INDEX IF NOT EXISTS idx_orders_status ON orders (status);
CREATE INDEX IF NOT EXISTS idx_orders_created_at ON orders (created_at);
CREATE INDEX IF NOT EXISTS idx_orders_order_id ON orders (order_id);
-- Came with a later migration, so it is the last column here too.
ALTER TABLE orders ADD COLUMN IF NOT EXISTS rejection_reason text;

CREATE TABLE IF NOT EXISTS signal_order_relationships (
    id                  uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    signal_id           uuid NOT NULL,
    order_id            uuid NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
    relationship_type   varchar(20) NOT NULL CHECK (relationship_type IN ('one_to_one', 'one_to_many', 'many_to_one')),
    execution_sequence  int,
    allocation_amount   numeric(20,8),
    allocation_quantity numeric(20,8),
    created_at          timestamp NOT NULL DEFAULT now(),
    UNIQUE (signal_id, order_id)
);
CREATE INDEX IF NOT EXISTS idx_signal_order_relationships_signal_id ON signal_order_relationships (signal_id);
CREATE INDEX IF NOT EXISTS idx_signal_order_relationships_order_id ON signal_order_relationships (order_id);
CREATE INDEX IF NOT EXISTS idx_signal_order_relationships_type ON signal_order_relationships (relationship_type);

-- Models: one row per finished training -------------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS model_versions (
    id                        uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    version                   varchar(50) NOT NULL UNIQUE CHECK (version ~ '^v[0-9]+(\.[0-9]+)*$'),
    file_path                 varchar(500) NOT NULL CHECK (file_path LIKE '/models/%'),
    model_type                varchar(50) NOT NULL
                              CHECK (model_type IN ('xgboost', 'random_forest', 'logistic_regression', 'sgd_classifier')),
    strategy_id               varchar(100),
    trained_at                timestamp NOT NULL DEFAULT now(),
    training_duration_seconds int,
    training_dataset_size     int,
    training_config           jsonb,
    is_active                 boolean NOT NULL DEFAULT false,
    is_warmup_mode            boolean NOT NULL DEFAULT false,
    created_at                timestamp NOT NULL DEFAULT now(),
    updated_at                timestamp NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS idx_model_versions_version ON model_versions (version);
CREATE INDEX IF NOT EXISTS idx_model_versions_strategy_id ON model_versions (strategy_id);
CREATE INDEX IF NOT EXISTS idx_model_versions_active ON model_versions (strategy_id, is_active) WHERE is_active;
CREATE INDEX IF NOT EXISTS idx_model_versions_trained_at ON model_versions (trained_at DESC);
-- NULL strategies are distinct to this index: several active default models are possible.
CREATE UNIQUE INDEX IF NOT EXISTS idx_model_versions_one_active ON model_versions (strategy_id, is_active)
    WHERE is_active;

CREATE TABLE IF NOT EXISTS model_quality_metrics (
    id                      uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    model_version_id        uuid NOT NULL REFERENCES model_versions (id) ON DELETE CASCADE,
    metric_name             varchar(100) NOT NULL,
    metric_value            numeric(20,8) NOT NULL,
    metric_type             varchar(50) NOT NULL
                            CHECK (metric_type IN ('classification', 'regression', 'trading_performance')),
    evaluated_at            timestamp NOT NULL DEFAULT now(),
    evaluation_dataset_size int,
    metadata                jsonb,
    CHECK (metric_type <> 'classification' OR (metric_value >= 0 AND metric_value <= 1))
);
CREATE INDEX IF NOT EXISTS idx_model_quality_metrics_version ON model_quality_metrics (model_version_id);
CREATE INDEX IF NOT EXISTS idx_model_quality_metrics_name ON model_quality_metrics (metric_name);
CREATE INDEX IF NOT EXISTS idx_model_quality_metrics_evaluated_at ON model_quality_metrics (evaluated_at DESC);

-- Fills, linked to orders by signal_id alone --------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS execution_events (
    id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    signal_id          uuid NOT NULL,
    strategy_id        varchar(100) NOT NULL,
    asset              varchar(50) NOT NULL,
    side               varchar(10) NOT NULL CHECK (side IN ('buy', 'sell')),
    execution_price    numeric(20,8) NOT NULL CHECK (execution_price > 0),
    execution_quantity numeric(20,8) NOT NULL CHECK (execution_quantity > 0),
    execution_fees     numeric(20,8) NOT NULL CHECK (execution_fees >= 0),
    executed_at        timestamp NOT NULL,
    signal_price       numeric(20,8) NOT NULL CHECK (signal_price > 0),
    signal_timestamp   timestamp NOT NULL,
    performance        jsonb NOT NULL,
    created_at         timestamp NOT NULL DEFAULT now()
);
ALTER TABLE execution_events ADD COLUMN IF NOT EXISTS used_for_training boolean NOT NULL DEFAULT false;
ALTER TABLE execution_events ADD COLUMN IF NOT EXISTS training_id uuid
    REFERENCES model_versions (id) ON DELETE SET NULL;
CREATE INDEX IF NOT EXISTS idx_execution_events_executed_at ON execution_events (executed_at DESC);
CREATE INDEX IF NOT EXISTS idx_execution_events_signal_id ON execution_events (signal_id);
CREATE INDEX IF NOT EXISTS idx_execution_events_strategy_id ON execution_events (strategy_id);
CREATE INDEX IF NOT EXISTS idx_execution_events_strategy_executed ON execution_events (strategy_id, executed_at DESC);
CREATE INDEX IF NOT EXISTS idx_execution_events_training ON execution_events (used_for_training, strategy_id);

-- What the exchange is asked to send ----------------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS subscriptions (
    id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    channel_type       varchar(50) NOT NULL
                       CHECK (channel_type IN ('trades', 'ticker', 'orderbook', 'order', 'balance', 'position', 'kline',
                                               'liquidation', 'funding')),
    symbol             varchar(20),
    topic              varchar(200) NOT NULL,
    requesting_service varchar(100) NOT NULL,
    is_active          boolean NOT NULL DEFAULT true,
    created_at         timestamp NOT NULL DEFAULT now(),
    updated_at         timestamp NOT NULL DEFAULT now(),
    last_event_at      timestamp,
    CHECK ((channel_type IN ('trades', 'ticker', 'orderbook', 'order', 'kline', 'funding')) = (symbol IS NOT NULL))
);
CREATE INDEX IF NOT EXISTS idx_subscriptions_topic ON subscriptions (topic);
CREATE INDEX IF NOT EXISTS idx_subscriptions_is_active ON subscriptions (is_active);
CREATE INDEX IF NOT EXISTS idx_subscriptions_requesting_service ON subscriptions (requesting_service);

-- Money and positions -------------------------------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS positions (
    id                  uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    asset               varchar(20) NOT NULL,
    size                numeric(20,8) NOT NULL,
    average_entry_price numeric(20,8) CHECK (average_entry_price > 0),
    unrealized_pnl      numeric(20,8),
    realized_pnl        numeric(20,8),
    mode                varchar(20) NOT NULL CHECK (mode IN ('one-way', 'hedge')),
    long_size           numeric(20,8),
    short_size          numeric(20,8),
    long_avg_price      numeric(20,8),
    short_avg_price     numeric(20,8),
    last_updated        timestamp NOT NULL DEFAULT now(),
    last_snapshot_at    timestamp,
    UNIQUE (asset, mode)
);
ALTER TABLE positions ADD COLUMN IF NOT EXISTS current_price numeric(20,8);
ALTER TABLE positions ADD COLUMN IF NOT EXISTS version int NOT NULL DEFAULT 1;
ALTER TABLE positions ADD COLUMN IF NOT EXISTS created_at timestamp;
ALTER TABLE positions ADD COLUMN IF NOT EXISTS closed_at timestamp;

CREATE TABLE IF NOT EXISTS account_balances (
    id                uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    coin              varchar(10) NOT NULL,
    wallet_balance    numeric(20,8) NOT NULL CHECK (wallet_balance >= 0),
    available_balance numeric(20,8) NOT NULL CHECK (available_balance >= 0),
    frozen            numeric(20,8) NOT NULL CHECK (frozen >= 0),
    event_timestamp   timestamp NOT NULL,
    received_at       timestamp NOT NULL DEFAULT now(),
    trace_id          varchar(100),
    CHECK (wallet_balance = available_balance + frozen)
);
ALTER TABLE account_balances ADD COLUMN IF NOT EXISTS equity numeric(20,8);
ALTER TABLE account_balances ADD COLUMN IF NOT EXISTS usd_value numeric(20,8);
ALTER TABLE account_balances ADD COLUMN IF NOT EXISTS margin_collateral boolean DEFAULT false;
ALTER TABLE account_balances ADD COLUMN IF NOT EXISTS total_order_im numeric(20,8) DEFAULT 0;
ALTER TABLE account_balances ADD COLUMN IF NOT EXISTS total_position_im numeric(20,8) DEFAULT 0;
CREATE INDEX IF NOT EXISTS idx_account_balances_received_at ON account_balances (received_at);
CREATE INDEX IF NOT EXISTS idx_account_balances_coin_received_at ON account_balances (coin, received_at);

CREATE TABLE IF NOT EXISTS datasets (
    id                       uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    symbol                   varchar(20) NOT NULL,
    status                   varchar(20) NOT NULL CHECK (status IN ('building', 'ready', 'failed')),
    split_strategy           varchar(20) NOT NULL CHECK (split_strategy IN ('time_based', 'walk_forward')),
    train_period_start       timestamp,
    train_period_end         timestamp,
    validation_period_start  timestamp,
    validation_period_end    timestamp,
    test_period_start        timestamp,
    test_period_end          timestamp,
    target_config            jsonb NOT NULL,
    feature_registry_version varchar(50) NOT NULL,
    train_records            int NOT NULL DEFAULT 0,
    validation_records       int NOT NULL DEFAULT 0,
    test_records             int NOT NULL DEFAULT 0,
    storage_path             varchar(500),
    created_at               timestamp NOT NULL DEFAULT now(),
    completed_at             timestamp,
    estimated_completion     timestamp,
    error_message            text
);
CREATE INDEX IF NOT EXISTS idx_datasets_created_at ON datasets (created_at DESC);

RESET ROLE;
