#include "kind_list.h"

#include <tepal/model/table_knn.h>

namespace tepal {
namespace {

/// The first number of either form says which it is.
bool isTable(std::string_view bytes)
{
    return bytes.starts_with("{\"format\":2,");
}

Result<ModelPtr> load(std::string_view bytes)
{
    if (isTable(bytes)) {
        auto model = TableKnn::deserialize(bytes);
        if (!model)
            return tl::unexpected(model.error());
        return ModelPtr(std::move(*model));
    }
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
