// What the cache knows of the datasets that files declare, beside their rows.
#pragma once

#include <cstdint>

#include "cache/database.hpp"
#include "declared/files.hpp"

namespace gateway {

// Their tables, views and triggers.
void create_declared(Database& database, const DeclaredDatasets& declared);

// At the begin of a run, when its sources are known: what is held of a dataset that asks another question now is no answer to it,
// datasets without a file are forgotten, those with a faulty one say so.
void note_declared(Database& database, const DeclaredDatasets& declared);

}  // namespace gateway
