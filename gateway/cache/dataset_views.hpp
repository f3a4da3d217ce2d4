// Views over all datasets that files declare, dataset_row and dataset_trend: a query cannot take a view's name from a variable.
#pragma once

#include "cache/database.hpp"

namespace gateway {

// Makes them from the datasets that declared_dataset and declared_column describe; those without a view of their own are left out.
void create_dataset_views(Database& database);

}  // namespace gateway
