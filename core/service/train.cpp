#include <tepal/base/clock.h>
#include <tepal/service/train.h>
#include <tepal/model/iris.h>
#include <tepal/store/references.h>
#include <tepal/store/store.h>

#include <fmt/format.h>

namespace tepal {

Result<DatasetProfile> profilePredictions(const Model &model, std::span<const double> values)
{
    const auto &names = model.featureNames();
    const std::size_t width = names.size();
    const std::size_t rows = width == 0 ? 0 : values.size() / width;
    std::vector<std::vector<Value>> columns(width + 2);
    Prediction prediction;
    for (std::size_t row = 0; row < rows; ++row) {
        const auto features = values.subspan(row * width, width);
        if (auto done = model.predict(features, prediction); !done)
            return tl::unexpected(done.error());
        for (std::size_t i = 0; i < width; ++i)
            columns[i].push_back(Value::fractional(features[i]));
        columns[width].push_back(Value::string(prediction.label));
        columns[width + 1].push_back(Value::fractional(prediction.maxProbability()));
    }
    DatasetProfile profile;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const std::string name = i < width    ? names[i]
                                 : i == width ? std::string("class_output")
                                              : std::string("proba_output");
        const ValueKind kind = i == width ? ValueKind::String : ValueKind::Fractional;
        auto column = ColumnProfile::forFirstValue(kind, Semantics::Table);
        column.trackBatch(columns[i]);
        profile.columns.emplace(name, std::move(column));
    }
    return profile;
}

Result<TrainedModel> trainIrisInto(const Home &home, std::uint32_t k)
{
    if (auto ready = prepareHome(home); !ready)
        return tl::unexpected(ready.error());
    const auto model = trainIris(k);
    if (!model)
        return tl::unexpected(model.error());
    const TrainingData &data = irisData();
    auto profile = profilePredictions(**model, data.values);
    if (!profile)
        return tl::unexpected(profile.error());

    TrainedModel trained;
    Prediction prediction;
    std::size_t right = 0;
    const std::size_t width = data.features.size();
    for (std::size_t row = 0; row < data.labels.size(); ++row) {
        const auto features = std::span(data.values).subspan(row * width, width);
        if (auto done = (*model)->predict(features, prediction); !done)
            return tl::unexpected(done.error());
        right += prediction.classIndex == data.labels[row] ? 1 : 0;
    }
    trained.accuracy = static_cast<double>(right) / static_cast<double>(data.labels.size());

    auto store = Store::open(home.database());
    if (!store)
        return tl::unexpected(store.error());
    ModelStore models(home.models());
    auto info = models.save(**model);
    if (!info)
        return tl::unexpected(info.error());
    trained.info = std::move(*info);
    const TimeMs now = SystemClock::instance().nowMs();
    profile->datasetTimestamp = profile->creationTimestamp = now;
    if (auto saved = References(**store).set(
            kPredictDataset, kTrainingReference, *profile,
            static_cast<std::int64_t>(data.labels.size()),
            fmt::format("training data of {}", trained.info.tag.text()), now);
        !saved)
        return tl::unexpected(saved.error());
    return trained;
}

} // namespace tepal
