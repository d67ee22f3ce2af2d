// What is learned of a model by letting it answer.

#include "onnx_model.h"

#include <tepal/base/text.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace tepal::onnx {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

bool areProbabilities(std::span<const double> scores)
{
    double sum = 0;
    for (const double score : scores) {
        if (!(score >= -1e-6 && score <= 1 + 1e-6))
            return false;
        sum += score;
    }
    return std::fabs(sum - 1) <= 1e-4;
}

} // namespace

Result<std::vector<Port>> OnnxModel::tryShapes(std::vector<Unwrapped> &unwrapped)
{
    const Runtime &runtime = m_session.runtime();
    if (m_session.outputs().empty())
        return fail(ErrorCode::Unsupported, "the model has no outputs",
                    "export it with what it answers as outputs");
    Lane lane(runtime);
    if (auto done = prepare(lane, 1); !done)
        return tl::unexpected(done.error());
    std::vector<const char *> names;
    for (const Port &output : m_session.outputs())
        names.push_back(output.name.c_str());
    const std::vector<double> zeros(m_plan.places.size(), 0.0);
    auto done = fill(lane, zeros);
    m_outputs = names;
    for (std::size_t i = 0; i < lane.texts.size() && done; ++i) {
        if (lane.texts[i].empty())
            continue;
        lane.pointers.assign(lane.texts[i].size(), "");
        done = runtime.call(Slot::FillStrings, lane.inputs[i].get(),
                            static_cast<const char *const *>(lane.pointers.data()),
                            lane.pointers.size());
    }
    if (done)
        done = m_session.run(lane, names, m_limit);
    if (!done) {
        // A model may know the texts that it was taught only; what the file says has to do then.
        if (!m_plan.texts || done.error().code == ErrorCode::Unavailable)
            return failWith("a row of zeros was tried", done.error());
        m_plan.notes.push_back(
            fmt::format("a row of zeros and empty texts was refused: {}", done.error().message));
        return m_session.outputs();
    }
    std::vector<Port> shapes = m_session.outputs();
    for (std::size_t i = 0; i < shapes.size(); ++i) {
        auto port = describeValue(runtime, lane.outputs[i].get());
        if (!port)
            return tl::unexpected(port.error());
        if (port->kind == Kind::Tensor) {
            shapes[i].kind = port->kind;
            shapes[i].element = port->element;
            // A row has to give a row.
            if (port->dims.empty() || port->dims[0] != static_cast<std::int64_t>(lane.rows))
                shapes[i].kind = Kind::Unknown;
            shapes[i].dims = port->dims;
        } else if (shapes[i].kind == Kind::Sequence && shapes[i].key != 0) {
            auto keys = readKeys(runtime, lane.outputs[i].get());
            if (!keys)
                return tl::unexpected(keys.error());
            unwrapped.push_back({shapes[i].name, shapes[i].name, std::move(*keys)});
        }
    }
    return shapes;
}

Status OnnxModel::tryRows()
{
    const bool targets = m_plan.targets.size() == 1 && m_plan.targets[0].width > 1 &&
                         m_names.targets.empty() && m_names.scores.empty();
    if (!m_plan.scores && !targets)
        return {};
    constexpr double kTried[] = {0, 1, -1, 0.5, 3, 10, 100, -20};
    const auto &features = m_plan.signature.features;
    std::size_t answered = 0;
    bool good = true;
    std::string shown;
    for (const double value : kTried) {
        Lane lane(m_session.runtime());
        std::vector<double> row(features.size());
        for (std::size_t i = 0; i < row.size(); ++i) {
            const double varied = value * (1 + 0.1 * static_cast<double>(i % 7));
            row[i] = features[i].type == FeatureType::Integer ? std::trunc(varied) : varied;
        }
        if (!prepare(lane, 1) || !fill(lane, row) || !compute(lane))
            continue;
        ++answered;
        const auto scores =
            std::span(lane.scores)
                .first(targets ? m_plan.targets[0].width : m_plan.signature.classes.size());
        if (good && !areProbabilities(scores)) {
            good = false;
            for (std::size_t i = 0; i < std::min<std::size_t>(scores.size(), 4); ++i)
                shown += (i > 0 ? ", " : "") + formatDouble(scores[i]);
        }
    }
    if (targets) {
        if (!good || answered == 0)
            return {};
        return fail(ErrorCode::Unsupported,
                    fmt::format("the model answers \"{}\", {} numbers for each row that look like "
                                "probabilities, and no label",
                                m_session.outputs()[m_plan.targets[0].output].name,
                                m_plan.targets[0].width),
                    "if these are scores of classes, name them in their order with --classes; if "
                    "not, name the numbers with --outputs");
    }
    m_plan.probabilities = good && answered > 0;
    if (!good)
        m_plan.notes.push_back(fmt::format(
            "its scores are no probabilities ({}): only the class is answered and logged", shown));
    else if (answered == 0)
        m_plan.notes.emplace_back("no row that was tried was answered, so that it is not known "
                                  "whether its scores are probabilities: only the class is "
                                  "answered and logged");
    return {};
}

Status OnnxModel::tryBeside()
{
    if (m_plan.batch < 2)
        return {};
    const std::size_t width = m_plan.signature.features.size();
    std::vector<double> rows(2 * width, 1.0);
    std::fill_n(rows.begin(), width, 2.0);
    const auto first = [&](std::size_t count, std::uint32_t &label, std::vector<double> &scores) {
        Lane lane(m_session.runtime());
        if (!prepare(lane, 1) || !fill(lane, std::span(rows).first(count * width)) ||
            !compute(lane))
            return false;
        label = lane.classes.empty() ? 0 : lane.classes[0];
        scores.assign(lane.scores.begin(),
                      lane.scores.begin() +
                          static_cast<std::ptrdiff_t>(lane.scores.size() / lane.rows));
        return true;
    };
    std::uint32_t labels[2] = {0, 0};
    std::vector<double> scores[2];
    if (!first(1, labels[0], scores[0]) || !first(2, labels[1], scores[1]))
        return {};
    if (labels[0] != labels[1] || scores[0] != scores[1])
        return fail(ErrorCode::Unsupported,
                    fmt::format("the model takes exactly {} rows at once, and what it answers for "
                                "one depends on the others",
                                m_plan.batch),
                    "export it so that each row is answered for itself");
    m_plan.notes.push_back(fmt::format(
        "the model takes exactly {} rows at once: where there are fewer, the last one is asked "
        "about again",
        m_plan.batch));
    return {};
}

void OnnxModel::tryMissing()
{
    auto &features = m_plan.signature.features;
    constexpr std::size_t kMost = 512;
    const auto answers = [&](std::span<const double> row) {
        Lane lane(m_session.runtime());
        return prepare(lane, 1) && fill(lane, row) && compute(lane);
    };
    std::vector<double> row(features.size(), 0.0);
    if (!answers(row))
        return;
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < features.size(); ++i) {
        if (features[i].missing && features[i].type != FeatureType::Text)
            open.push_back(i);
    }
    if (open.size() > kMost) {
        for (const std::size_t i : open)
            row[i] = kNaN;
        const bool all = answers(row);
        for (const std::size_t i : open)
            features[i].missing = all;
        return;
    }
    for (const std::size_t i : open) {
        row[i] = kNaN;
        features[i].missing = answers(row);
        row[i] = 0;
    }
}

Status OnnxModel::learn(const FileFacts &facts, std::vector<Unwrapped> unwrapped)
{
    if (auto done = planInputs(m_session, facts, m_names, m_plan); !done)
        return done;
    auto shapes = tryShapes(unwrapped);
    if (!shapes)
        return tl::unexpected(shapes.error());
    if (auto done = planOutputs(*shapes, facts, unwrapped, m_names, m_plan); !done)
        return done;
    m_outputs.clear();
    if (m_plan.label)
        m_outputs.push_back(m_session.outputs()[*m_plan.label].name.c_str());
    if (m_plan.scores)
        m_outputs.push_back(m_session.outputs()[*m_plan.scores].name.c_str());
    for (const Target &target : m_plan.targets)
        m_outputs.push_back(m_session.outputs()[target.output].name.c_str());
    if (auto done = tryRows(); !done)
        return done;
    if (auto done = tryBeside(); !done)
        return done;
    tryMissing();
    Signature &signature = m_plan.signature;
    if (signature.task == Task::Classification)
        signature.outputs = outputNames(signature.task, m_plan.probabilities);
    m_numbers = signature;
    for (Feature &feature : m_numbers.features) {
        if (feature.type == FeatureType::Text) {
            feature.type = FeatureType::Number;
            feature.missing = true;
        }
    }
    m_featureNames = tepal::featureNames(signature);
    m_names.features = m_featureNames;
    m_names.classes = signature.classes;
    m_names.described = false;
    if (m_names.targets.size() != signature.targets() || signature.targets() < 2)
        m_names.targets.clear();
    m_names.types.clear();
    for (const Feature &feature : signature.features)
        m_names.types.push_back(feature.type);
    return checkSignature(signature);
}

} // namespace tepal::onnx
