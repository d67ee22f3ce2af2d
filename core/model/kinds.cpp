#include "kind_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tepal {
namespace {

constexpr std::array kKinds{
    &kKnnKind,
    &kXgboostKind,
    &kLightgbmKind,
    &kOnnxKind,
};

} // namespace

std::span<const ModelKind *const> modelKinds()
{
    return kKinds;
}

const ModelKind *findModelKind(std::string_view name)
{
    const auto at = std::find_if(kKinds.begin(), kKinds.end(),
                                 [&](const ModelKind *kind) { return kind->name == name; });
    return at == kKinds.end() ? nullptr : *at;
}

Result<ModelPtr> loadModel(std::string_view kind, std::string_view bytes)
{
    const ModelKind *const known = findModelKind(kind);
    if (known == nullptr)
        return fail(ErrorCode::Unsupported,
                    fmt::format("models of kind \"{}\" are not known", kind),
                    "use a tepal that was built with them");
    if (std::string missing = known->missing(); !missing.empty())
        return fail(ErrorCode::Unsupported,
                    fmt::format("models of kind \"{}\" cannot be loaded here", kind),
                    std::move(missing));
    return known->load(bytes);
}

Status checkFeatureNames(const ImportNames &names, std::size_t features)
{
    if (!names.features.empty() && names.features.size() != features)
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("{} names of features were given, but the model has {}",
                                names.features.size(), features),
                    "name every feature, in the model's order");
    if (!names.types.empty() && names.types.size() != features)
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("{} types of features were given, but the model has {} features",
                                names.types.size(), features));
    return {};
}

} // namespace tepal
