#include <tepal/model/model.h>

#include <fmt/format.h>

namespace tepal {

Result<Prediction> Model::predict(std::span<const double> features) const
{
    Prediction prediction;
    if (auto done = predict(features, prediction); !done)
        return tl::unexpected(done.error());
    return prediction;
}

Status Model::predictValues(std::span<const Value> features, Prediction &out) const
{
    // Reused, because this runs for every request.
    thread_local std::vector<double> row;
    row.resize(features.size());
    std::size_t unknown = 0;
    if (auto done = encodeRow(signature(), features, row, unknown); !done)
        return done;
    if (auto done = predict(row, out); !done)
        return done;
    out.unknownCategories = unknown;
    return {};
}

Status Model::predictRows(std::span<const double> rows, Predictions &out) const
{
    const std::size_t width = signature().features.size();
    if (rows.size() % width != 0)
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("{} values are no whole rows of {}", rows.size(), width));
    out.classes.clear();
    out.probabilities.clear();
    out.values.clear();
    Prediction one;
    for (std::size_t at = 0; at < rows.size(); at += width) {
        if (auto done = predict(rows.subspan(at, width), one); !done)
            return failWith(fmt::format("row {}", at / width + 1), done.error());
        if (signature().task == Task::Regression) {
            out.values.push_back(one.value);
            continue;
        }
        out.classes.push_back(static_cast<std::uint32_t>(one.classIndex));
        out.probabilities.insert(out.probabilities.end(), one.probabilities.begin(),
                                 one.probabilities.end());
    }
    return {};
}

} // namespace tepal
