/// Whether this program reads what was stored. Internal to the room.
#pragma once

#include <tepal/base/result.h>

#include <nlohmann/json.hpp>

namespace tepal {

/// Beside the versions of a model: which two of them are asked side by side.
inline constexpr const char *kRolloutFile = "rollout.json";

/// Unsupported for a format beyond `newest`; throws nlohmann's exceptions as at() does.
inline Status checkStoredFormat(const nlohmann::json &json, int newest)
{
    if (json.at("format").get<int>() > newest)
        return fail(ErrorCode::Unsupported, "the model was stored by a newer version",
                    "use a newer tepal");
    return {};
}

} // namespace tepal
