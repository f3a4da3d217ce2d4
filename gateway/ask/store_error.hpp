// What an S3 store's answer means when it is not the one hoped for.
#pragma once

#include <string>

#include "base/source.hpp"

namespace gateway {

// `request`: PUT s3://BUCKET/KEY. Names the store's own error code where it is a known one, and never quotes more of the answer.
Error store_error(const HttpAnswer& answer, const std::string& request);

}  // namespace gateway
