#include "iris_csv.h"

#include <tepal/base/text.h>
#include <tepal/model/iris.h>

#include <algorithm>
#include <cassert>

namespace tepal {
namespace {

std::vector<std::string_view> split(std::string_view text, char separator)
{
    std::vector<std::string_view> parts;
    for (;;) {
        const std::size_t at = text.find(separator);
        parts.push_back(text.substr(0, at));
        if (at == std::string_view::npos)
            return parts;
        text.remove_prefix(at + 1);
    }
}

TrainingData parseIris()
{
    TrainingData data;
    for (std::string_view line : split(kIrisCsv, '\n')) {
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        if (line.empty())
            continue;
        const auto cells = split(line, ',');
        assert(cells.size() == 5);
        if (data.features.empty()) {
            data.features.assign(cells.begin(), cells.end() - 1);
            continue;
        }
        for (std::size_t i = 0; i < 4; ++i)
            data.values.push_back(parseDouble(cells[i]).value());
        const auto known = std::find(data.classes.begin(), data.classes.end(), cells[4]);
        data.labels.push_back(static_cast<std::uint32_t>(known - data.classes.begin()));
        if (known == data.classes.end())
            data.classes.emplace_back(cells[4]);
    }
    assert(data.labels.size() == 150);
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
