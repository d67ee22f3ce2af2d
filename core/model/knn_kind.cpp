#include "kind_list.h"

#include <tepal/model/knn.h>

namespace tepal {
namespace {

Result<ModelPtr> load(std::string_view bytes)
{
    auto model = KnnModel::deserialize(bytes);
    if (!model)
        return tl::unexpected(model.error());
    return ModelPtr(std::move(*model));
}

} // namespace

const ModelKind kKnnKind{"knn",
                         "k nearest neighbours",
                         "any table, by \"tepal train csv\"; .tepalmodel from another machine",
                         [] { return std::string(); },
                         &load,
                         nullptr,
                         nullptr};

} // namespace tepal
