/// Training into a home: model in the store, its training data as reference "training".
#pragma once

#include <tepal/base/paths.h>
#include <tepal/model/model.h>
#include <tepal/model/store.h>
#include <tepal/model/table_knn.h>
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

struct StoredTraining
{
    ModelInfo info;
    bool replaced = false; ///< There was a reference of that name.
};

/// The same for a model that has been trained: saves it, and stores the profile of its training
/// rows as reference "training" of the dataset.
Result<StoredTraining> storeTrained(const Home &home, const TableKnn &model,
                                    const std::string &dataset);

/// Profile of the rows that the predict route logs for these inputs: the features and the
/// model's outputs. `values` is row-major, as Model::predict() takes them.
Result<DatasetProfile> profilePredictions(const Model &model, std::span<const double> values);

} // namespace tepal
