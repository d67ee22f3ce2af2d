/// Training iris into a home: model in the store, its training data as reference "training".
#pragma once

#include <tepal/base/paths.h>
#include <tepal/model/model.h>
#include <tepal/model/store.h>
#include <tepal/profile/dataset.h>

namespace tepal {

/// Dataset that the predict route logs to.
inline constexpr const char *kPredictDataset = "model-1";
inline constexpr const char *kTrainingReference = "training";

struct TrainedModel
{
    ModelInfo info;
    /// Share of training rows that the model classifies right.
    double accuracy = 0;
};

/// Fits, saves, and stores the profile of what the endpoint would have logged for the training rows
/// as reference "training" of the predict dataset. InvalidArgument for an unusable k.
Result<TrainedModel> trainIrisInto(const Home &home, std::uint32_t k);

/// Profile of the rows that the predict route logs for these inputs: the features, class_output and
/// proba_output. `values` is row-major.
Result<DatasetProfile> profilePredictions(const Model &model, std::span<const double> values);

} // namespace tepal
