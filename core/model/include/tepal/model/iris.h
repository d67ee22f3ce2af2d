/// Fisher's iris data, compiled in, and the model trained on it.
#pragma once

#include <tepal/model/knn.h>

namespace tepal {

/// 150 rows, 4 features, classes setosa, versicolor, virginica. Shared; thread-safe.
const TrainingData &irisData();

/// A model named `iris_knn`. InvalidArgument when k is not in 1…150.
Result<std::shared_ptr<const KnnModel>> trainIris(std::uint32_t k = 5);

} // namespace tepal
