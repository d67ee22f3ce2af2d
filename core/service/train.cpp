#include <tepal/base/clock.h>
#include <tepal/model/iris.h>
#include <tepal/service/train.h>
#include <tepal/store/references.h>
#include <tepal/store/store.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tepal {

namespace {

/// A value as the predict route logs it.
Value loggedValue(const Feature &feature, double value)
{
    if (std::isnan(value))
        return Value::null();
    if (!feature.categories.empty() && feature.type == FeatureType::Text)
        return Value::string(feature.categories[static_cast<std::size_t>(value)]);
    if (feature.type == FeatureType::Integer)
        return Value::integral(static_cast<std::int64_t>(value));
    return Value::fractional(value);
}

} // namespace

Result<DatasetProfile> profilePredictions(const Model &model, std::span<const double> values)
{
    const Signature &signature = model.signature();
    const std::size_t width = signature.features.size();
    const std::size_t rows = width == 0 ? 0 : values.size() / width;
    std::vector<std::string> names = model.featureNames();
    names.insert(names.end(), signature.outputs.begin(), signature.outputs.end());
    std::vector<std::vector<Value>> columns(names.size());
    Prediction prediction;
    for (std::size_t row = 0; row < rows; ++row) {
        const auto features = values.subspan(row * width, width);
        if (auto done = model.predict(features, prediction); !done)
            return tl::unexpected(done.error());
        for (std::size_t i = 0; i < width; ++i)
            columns[i].push_back(loggedValue(signature.features[i], features[i]));
        if (signature.task == Task::Regression) {
            for (std::size_t i = 0; i < signature.targets(); ++i)
                columns[width + i].push_back(Value::fractional(prediction.numbers()[i]));
            continue;
        }
        columns[width].push_back(Value::string(prediction.label));
        if (signature.outputs.size() > 1)
            columns[width + 1].push_back(Value::fractional(prediction.maxProbability()));
    }
    DatasetProfile profile;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const auto first = std::find_if(columns[i].begin(), columns[i].end(),
                                        [](const Value &value) { return !value.isNull(); });
        const ValueKind kind = first == columns[i].end() ? ValueKind::Fractional : first->kind();
        auto column = ColumnProfile::forFirstValue(kind, Semantics::Table);
        column.trackBatch(columns[i]);
        profile.columns.emplace(names[i], std::move(column));
    }
    return profile;
}

Result<StoredTraining> storeTrained(const Home &home, const TableKnn &model,
                                    const std::string &dataset)
{
    if (auto ready = prepareHome(home); !ready)
        return tl::unexpected(ready.error());
    auto profile = profilePredictions(model, model.table().values);
    if (!profile)
        return tl::unexpected(profile.error());
    auto store = Store::open(home.database());
    if (!store)
        return tl::unexpected(store.error());
    StoredTraining stored;
    const auto known = References(**store).list(dataset);
    if (!known)
        return tl::unexpected(known.error());
    stored.replaced = std::any_of(known->begin(), known->end(),
                                  [](const auto &one) { return one.name == kTrainingReference; });
    auto info = ModelStore(home.models()).save(model);
    if (!info)
        return tl::unexpected(info.error());
    stored.info = std::move(*info);
    const TimeMs now = SystemClock::instance().nowMs();
    profile->datasetTimestamp = profile->creationTimestamp = now;
    if (auto saved = References(**store).set(
            dataset, kTrainingReference, *profile, static_cast<std::int64_t>(model.trainingRows()),
            fmt::format("training data of {}", stored.info.tag.text()), now);
        !saved)
        return tl::unexpected(saved.error());
    return stored;
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
