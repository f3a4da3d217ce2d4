// What goes wrong at PostgreSQL, in our classes: the server's SQLSTATE where there is one, libpq's own words where not.
// Pure; takes text of any size and any bytes from the peer.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace gateway {

// `message` is the server's primary message.
Error sql_error(std::string_view sqlstate, std::string_view message);

// Of a connection that could not be made or was lost; `message` is PQerrorMessage's, with verbose errors.
Error connection_error(std::string_view message, const std::string& host, const std::string& port);

}  // namespace gateway
