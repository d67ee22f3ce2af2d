/// A signature as it is stored beside a model.
#pragma once

#include <tepal/model/signature.h>

#include <nlohmann/json.hpp>

namespace tepal {

nlohmann::ordered_json signatureToJson(const Signature &signature);
/// Throws nlohmann::json::exception for anything else, as reading a model's other fields does; what
/// it says is not checked (checkSignature()).
Signature signatureFromJson(const nlohmann::json &json);

} // namespace tepal
