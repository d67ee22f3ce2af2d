#include "iris_csv.h"

#include <tepal/model/iris.h>
#include <tepal/table/frame.h>

#include <algorithm>
#include <cassert>

namespace tepal {
namespace {

TrainingData parseIris()
{
    table::ReadOptions options;
    options.dialect.format = table::Format::Delimited;
    const auto frame = table::readFrame(kIrisCsv, options);
    assert(frame && frame->rows == 150 && frame->columns.size() == 5);
    TrainingData data;
    if (!frame)
        return data;
    data.features.assign(frame->columns.begin(), frame->columns.end() - 1);
    for (std::size_t row = 0; row < frame->rows; ++row) {
        for (std::size_t i = 0; i < 4; ++i)
            data.values.push_back(frame->at(row, i).asFractional());
        const std::string_view label = frame->at(row, 4).asString();
        const auto known = std::find(data.classes.begin(), data.classes.end(), label);
        data.labels.push_back(static_cast<std::uint32_t>(known - data.classes.begin()));
        if (known == data.classes.end())
            data.classes.emplace_back(label);
    }
    return data;
}

} // namespace

const TrainingData &irisData()
{
    static const TrainingData data = parseIris();
    return data;
}

Result<std::shared_ptr<const KnnModel>> trainIris(std::uint32_t k)
{
    return KnnModel::train("iris_knn", irisData(), k);
}

} // namespace tepal
