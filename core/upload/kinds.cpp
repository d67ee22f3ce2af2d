#include <tepal/upload/kinds.h>

#include <algorithm>
#include <array>

namespace tepal {

std::span<const DestinationKind> destinationKinds()
{
    static const std::array kinds{kWhylabsKind, kFolderKind, kS3Kind, kHttpKind, kMlflowKind};
    return kinds;
}

const DestinationKind *findDestinationKind(std::string_view name)
{
    const auto kinds = destinationKinds();
    const auto found = std::find_if(kinds.begin(), kinds.end(),
                                    [&](const DestinationKind &kind) { return kind.name == name; });
    return found == kinds.end() ? nullptr : &*found;
}

const DestinationField *findField(const DestinationKind &kind, std::string_view key)
{
    const auto found =
        std::find_if(kind.fields.begin(), kind.fields.end(),
                     [&](const DestinationField &field) { return field.key == key; });
    return found == kind.fields.end() ? nullptr : &*found;
}

} // namespace tepal
