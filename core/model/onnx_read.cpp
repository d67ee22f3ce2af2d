#include "onnx_model.h"

#include <tepal/base/text.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tepal::onnx {
namespace {

using In = const Opaque *;

constexpr double kTolerance = 1e-4;

template <typename T>
Result<const T *> dataOf(const Runtime &runtime, Handle value)
{
    void *data = nullptr;
    if (auto done = runtime.call(Slot::TensorData, value, &data); !done)
        return tl::unexpected(done.error());
    return static_cast<const T *>(data);
}

Status unexpectedShape(const Port &port)
{
    return fail(ErrorCode::Unsupported,
                fmt::format("the model answered with a {}, unlike when it was tried", port.text()),
                "import the model again");
}

std::size_t countOf(const Port &port)
{
    std::size_t count = 1;
    for (const std::int64_t dim : port.dims)
        count *= static_cast<std::size_t>(std::max<std::int64_t>(dim, 0));
    return count;
}

/// Looks at what came out, unless it is what was looked at last time.
Status checkShape(const Runtime &runtime, const Lane &lane, Handle value, std::size_t count,
                  std::initializer_list<Element> elements, int &element)
{
    const auto port = describeValue(runtime, value);
    if (!port)
        return tl::unexpected(port.error());
    if (!port->isTensor(elements) || countOf(*port) != count ||
        (lane.rows > 0 &&
         (port->dims.empty() || port->dims[0] != static_cast<std::int64_t>(lane.rows))))
        return unexpectedShape(*port);
    element = port->element;
    return {};
}

Status noClass(std::string_view label)
{
    return fail(ErrorCode::Internal,
                fmt::format("the model answered \"{}\", which is none of its classes",
                            utf8Prefix(label, 40)),
                "import it again and name its classes with --classes");
}

template <typename T>
Status readNumbers(const Runtime &runtime, const ClassIndex &index, Handle value,
                   std::vector<std::uint32_t> &out)
{
    const auto data = dataOf<T>(runtime, value);
    if (!data)
        return tl::unexpected(data.error());
    for (std::size_t row = 0; row < out.size(); ++row) {
        const auto at = index.byNumber.find(static_cast<std::int64_t>((*data)[row]));
        if (at == index.byNumber.end())
            return noClass(std::to_string(static_cast<std::int64_t>((*data)[row])));
        out[row] = at->second;
    }
    return {};
}

Status readLabels(const Runtime &runtime, const ClassIndex &index, Lane &lane, Handle value,
                  int &element)
{
    lane.classes.resize(lane.rows);
    if (lane.fresh || element == 0) {
        if (auto done = checkShape(runtime, lane, value, lane.rows,
                                   {Element::Int64, Element::Int32, Element::String, Element::Bool},
                                   element);
            !done)
            return done;
    }
    switch (static_cast<Element>(element)) {
    case Element::Int64:
        return readNumbers<std::int64_t>(runtime, index, value, lane.classes);
    case Element::Int32:
        return readNumbers<std::int32_t>(runtime, index, value, lane.classes);
    case Element::Bool:
        return readNumbers<std::uint8_t>(runtime, index, value, lane.classes);
    default:
        break;
    }
    thread_local std::vector<std::string> texts;
    if (auto done = readTexts(runtime, value, lane.rows, texts); !done)
        return done;
    for (std::size_t row = 0; row < lane.rows; ++row) {
        const auto at = index.byText.find(texts[row]);
        if (at == index.byText.end())
            return noClass(texts[row]);
        lane.classes[row] = at->second;
    }
    return {};
}

template <typename T>
Status copyTensor(const Runtime &runtime, Handle value, std::size_t width, std::size_t rows,
                  double *out, std::size_t step)
{
    const auto data = dataOf<T>(runtime, value);
    if (!data)
        return tl::unexpected(data.error());
    if (step == width) {
        std::copy_n(*data, rows * width, out);
        return {};
    }
    for (std::size_t row = 0; row < rows; ++row)
        std::copy_n(*data + row * width, width, out + row * step);
    return {};
}

/// `width` numbers of each row, `step` apart.
Status readTensor(const Runtime &runtime, Lane &lane, Handle value, std::size_t width,
                  std::size_t from, std::size_t step, int &element)
{
    if (lane.fresh || element == 0) {
        if (auto done = checkShape(
                runtime, lane, value, lane.rows * width,
                {Element::Float, Element::Double, Element::Int64, Element::Int32}, element);
            !done)
            return done;
    }
    double *const out = lane.scores.data() + from;
    switch (static_cast<Element>(element)) {
    case Element::Double:
        return copyTensor<double>(runtime, value, width, lane.rows, out, step);
    case Element::Int64:
        return copyTensor<std::int64_t>(runtime, value, width, lane.rows, out, step);
    case Element::Int32:
        return copyTensor<std::int32_t>(runtime, value, width, lane.rows, out, step);
    default:
        return copyTensor<float>(runtime, value, width, lane.rows, out, step);
    }
}

/// Keys, as texts or numbers, and values of one map.
struct MapParts
{
    explicit MapParts(const Runtime &runtime)
        : keys(runtime)
        , values(runtime)
        , map(runtime)
    {}
    OwnedValue keys;
    OwnedValue values;
    OwnedValue map;
    Port keyShape;
    std::size_t count = 0;
};

Status readMap(const Runtime &runtime, Handle sequence, std::size_t row, MapParts &parts)
{
    auto done = runtime.call(Slot::GetValue, static_cast<In>(sequence), static_cast<int>(row),
                             runtime.allocator(), parts.map.out());
    if (done)
        done = runtime.call(Slot::GetValue, static_cast<In>(parts.map.get()), 0,
                            runtime.allocator(), parts.keys.out());
    if (done)
        done = runtime.call(Slot::GetValue, static_cast<In>(parts.map.get()), 1,
                            runtime.allocator(), parts.values.out());
    if (!done)
        return done;
    const auto keys = describeValue(runtime, parts.keys.get());
    const auto values = describeValue(runtime, parts.values.get());
    if (!keys || !values)
        return tl::unexpected(keys ? values.error() : keys.error());
    if (!keys->isTensor({Element::Int64, Element::String}))
        return unexpectedShape(*keys);
    if (!values->isTensor({Element::Float}) || countOf(*values) != countOf(*keys))
        return unexpectedShape(*values);
    parts.keyShape = *keys;
    parts.count = countOf(*keys);
    return {};
}

Result<std::vector<std::string>> keyTexts(const Runtime &runtime, const MapParts &parts)
{
    std::vector<std::string> texts;
    if (parts.keyShape.isTensor({Element::String})) {
        if (auto done = readTexts(runtime, parts.keys.get(), parts.count, texts); !done)
            return tl::unexpected(done.error());
        return texts;
    }
    const auto data = dataOf<std::int64_t>(runtime, parts.keys.get());
    if (!data)
        return tl::unexpected(data.error());
    for (std::size_t i = 0; i < parts.count; ++i)
        texts.push_back(std::to_string((*data)[i]));
    return texts;
}

/// Maps come sorted by key, which is not the order of the classes.
Status readMaps(const Runtime &runtime, const ClassIndex &index, Lane &lane, Handle value,
                std::size_t width)
{
    std::size_t count = 0;
    if (auto done = runtime.call(Slot::ValueCount, static_cast<In>(value), &count); !done)
        return done;
    if (count != lane.rows)
        return fail(ErrorCode::Unsupported,
                    fmt::format("the model answered {} maps for {} rows", count, lane.rows));
    lane.scores.assign(lane.rows * width, std::numeric_limits<double>::quiet_NaN());
    for (std::size_t row = 0; row < lane.rows; ++row) {
        MapParts parts(runtime);
        if (auto done = readMap(runtime, value, row, parts); !done)
            return done;
        const auto keys = keyTexts(runtime, parts);
        const auto values = dataOf<float>(runtime, parts.values.get());
        if (!keys || !values)
            return tl::unexpected(keys ? values.error() : keys.error());
        for (std::size_t i = 0; i < parts.count; ++i) {
            const auto at = index.byText.find((*keys)[i]);
            if (at == index.byText.end())
                return noClass((*keys)[i]);
            lane.scores[row * width + at->second] = (*values)[i];
        }
    }
    return {};
}

} // namespace

Result<std::vector<std::string>> readKeys(const Runtime &runtime, Handle sequence)
{
    MapParts parts(runtime);
    if (auto done = readMap(runtime, sequence, 0, parts); !done)
        return tl::unexpected(done.error());
    return keyTexts(runtime, parts);
}

Status readAnswers(const Session &session, const Plan &plan, Lane &lane)
{
    const Runtime &runtime = session.runtime();
    const bool regression = plan.signature.task == Task::Regression;
    const std::size_t width = regression ? plan.signature.targets() : plan.signature.classes.size();
    std::size_t at = 0;
    if (plan.label) {
        if (auto done =
                readLabels(runtime, plan.index, lane, lane.outputs[at++].get(), lane.labelElement);
            !done)
            return done;
    }
    lane.scores.clear();
    lane.scoreElements.resize(lane.outputs.size());
    const bool scored = plan.scores && plan.form == ScoreForm::Tensor;
    if (scored || regression)
        lane.scores.resize(lane.rows * width);
    Status done;
    if (plan.scores && plan.form == ScoreForm::Maps)
        done = readMaps(runtime, plan.index, lane, lane.outputs[at].get(), width);
    else if (scored)
        done = readTensor(runtime, lane, lane.outputs[at].get(), width, 0, width,
                          lane.scoreElements[at]);
    std::size_t from = 0;
    for (const Target &target : plan.targets) {
        if (done)
            done = readTensor(runtime, lane, lane.outputs[at].get(), target.width, from, width,
                              lane.scoreElements[at]);
        from += target.width;
        ++at;
    }
    if (!done)
        return done;
    for (std::size_t i = 0; i < lane.scores.size(); ++i) {
        const double score = lane.scores[i];
        const bool improbable =
            plan.probabilities && (score < -kTolerance || score > 1 + kTolerance);
        if (std::isfinite(score) && !improbable) [[likely]]
            continue;
        const std::string row =
            lane.rows > 1 ? fmt::format(" for row {}", i / width + 1) : std::string();
        if (!std::isfinite(score))
            return fail(ErrorCode::InvalidArgument,
                        fmt::format("the model's answer{} is {}", row,
                                    std::isnan(score) ? "not a number" : "infinite"),
                        "look whether a value is missing or far out of the ordinary");
        return fail(ErrorCode::Internal,
                    fmt::format("the model's score{} is {}, which is no probability", row,
                                formatDouble(score)),
                    "its scores were probabilities when it was tried");
    }
    if (!plan.label && !regression) {
        lane.classes.resize(lane.rows);
        for (std::size_t row = 0; row < lane.rows; ++row) {
            const auto begin = lane.scores.begin() + static_cast<std::ptrdiff_t>(row * width);
            const auto most = std::max_element(begin, begin + static_cast<std::ptrdiff_t>(width));
            lane.classes[row] = static_cast<std::uint32_t>(most - begin);
        }
    }
    return {};
}

} // namespace tepal::onnx
