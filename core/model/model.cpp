#include <tepal/model/knn.h>

#include <fmt/format.h>

namespace tepal {

Result<Prediction> Model::predict(std::span<const double> features) const
{
    Prediction prediction;
    if (auto done = predict(features, prediction); !done)
        return tl::unexpected(done.error());
    return prediction;
}

Result<std::shared_ptr<const Model>> loadModel(std::string_view kind, std::string_view bytes)
{
    if (kind == "knn") {
        auto model = KnnModel::deserialize(bytes);
        if (!model)
            return tl::unexpected(model.error());
        return std::shared_ptr<const Model>(std::move(*model));
    }
    return fail(ErrorCode::Unsupported, fmt::format("models of kind \"{}\" are not known", kind),
                "use a tepal that was built with them");
}

} // namespace tepal
