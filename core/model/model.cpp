#include <tepal/model/model.h>
#include <tepal/table/json.h>

#include <fmt/format.h>

#include <algorithm>

namespace tepal {
namespace {

void clear(Predictions &out)
{
    out.classes.clear();
    out.probabilities.clear();
    out.values.clear();
}

void add(Predictions &out, const Prediction &one, Task task)
{
    if (task == Task::Regression) {
        const auto numbers = one.numbers();
        out.values.insert(out.values.end(), numbers.begin(), numbers.end());
        return;
    }
    out.classes.push_back(static_cast<std::uint32_t>(one.classIndex));
    out.probabilities.insert(out.probabilities.end(), one.probabilities.begin(),
                             one.probabilities.end());
}

/// An error in a row, which has a number when there are others.
tl::unexpected<Error> inRow(std::size_t row, std::size_t rows, Error error)
{
    return rows == 1 ? tl::unexpected<Error>(std::move(error))
                     : failWith(fmt::format("row {}", row + 1), std::move(error));
}

/// Whether a double says all of it.
bool fitsDouble(const Value &value)
{
    constexpr std::int64_t kExact = std::int64_t{1} << 53;
    return value.kind() != ValueKind::Unsigned &&
           (value.kind() != ValueKind::Integral ||
            (value.asIntegral() <= kExact && value.asIntegral() >= -kExact));
}

bool takesFreeTexts(const Signature &signature)
{
    return std::any_of(signature.features.begin(), signature.features.end(),
                       [](const Feature &feature) {
                           return feature.type == FeatureType::Text && feature.categories.empty();
                       });
}

} // namespace

void appendNumbersJson(std::string &out, std::span<const double> numbers)
{
    if (numbers.size() == 1)
        return appendJsonFraction(out, numbers[0]);
    out += '[';
    for (const double number : numbers) {
        out += out.back() == '[' ? "" : ",";
        appendJsonFraction(out, number);
    }
    out += ']';
}

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
    clear(out);
    Prediction one;
    for (std::size_t at = 0; at < rows.size(); at += width) {
        if (auto done = predict(rows.subspan(at, width), one); !done)
            return failWith(fmt::format("row {}", at / width + 1), done.error());
        add(out, one, signature().task);
    }
    return {};
}

Status Model::predictTypedRows(std::span<const Value> rows, Predictions &out) const
{
    const std::size_t width = signature().features.size();
    const std::size_t count = rows.size() / width;
    clear(out);
    Prediction one;
    for (std::size_t row = 0; row < count; ++row) {
        if (auto done = predictValues(rows.subspan(row * width, width), one); !done)
            return inRow(row, count, done.error());
        add(out, one, signature().task);
    }
    return {};
}

Status Model::predictValueRows(std::span<const Value> rows, Predictions &out) const
{
    const std::size_t width = signature().features.size();
    if (rows.size() % width != 0)
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("{} values are no whole rows of {}", rows.size(), width));
    const std::size_t count = rows.size() / width;
    clear(out);
    if (takesFreeTexts(signature()) || !std::all_of(rows.begin(), rows.end(), fitsDouble)) {
        return predictTypedRows(rows, out);
    }
    std::vector<double> encoded(rows.size());
    std::size_t unknown = 0;
    for (std::size_t row = 0; row < count; ++row) {
        const auto to = std::span(encoded).subspan(row * width, width);
        if (auto done = encodeRow(signature(), rows.subspan(row * width, width), to, unknown);
            !done)
            return inRow(row, count, done.error());
    }
    return predictRows(encoded, out);
}

} // namespace tepal
