#include "onnx_model.h"

#include <tepal/base/text.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace tepal::onnx {
namespace {

constexpr std::size_t kChunk = 1024;          ///< Rows of one run.
constexpr double kExact = 9007199254740992.0; ///< Up to here a double is every whole number.

std::size_t sizeOf(Element element)
{
    return element == Element::Float || element == Element::Int32 ? 4 : 8;
}

Status outOfRange(const Feature &feature, double value, std::string_view what)
{
    return fail(ErrorCode::InvalidArgument,
                fmt::format("the value of {} is {}, which is too large: the model takes {}",
                            feature.name, formatDouble(value), what),
                "send a smaller number");
}

/// As the model's type has it; what does not fit is refused.
template <typename T>
Status store(const Feature &feature, double value, T &out)
{
    if constexpr (std::is_same_v<T, float>) {
        // Rounded to infinity, it would be another value than what was sent.
        if (std::fabs(value) > static_cast<double>(std::numeric_limits<float>::max()))
            return outOfRange(feature, value, "32-bit floats");
    } else if constexpr (std::is_integral_v<T>) {
        constexpr double kEnd = sizeof(T) == 4 ? 2147483648.0 : 9223372036854775808.0;
        if (!(value >= -kEnd && value < kEnd))
            return outOfRange(feature, value,
                              sizeof(T) == 4 ? "32-bit integers" : "64-bit integers");
    }
    out = static_cast<T>(value);
    return {};
}

} // namespace

/// A lane for a while.
class OnnxModel::Borrowed
{
public:
    explicit Borrowed(const OnnxModel &model)
        : m_model(model)
    {
        {
            const std::scoped_lock lock(model.m_mutex);
            if (!model.m_lanes.empty()) {
                m_lane = std::move(model.m_lanes.back());
                model.m_lanes.pop_back();
            }
        }
        if (!m_lane)
            m_lane = std::make_unique<Lane>(model.m_session.runtime());
    }
    ~Borrowed()
    {
        const std::scoped_lock lock(m_model.m_mutex);
        m_model.m_lanes.push_back(std::move(m_lane));
    }
    Borrowed(const Borrowed &) = delete;
    Borrowed &operator=(const Borrowed &) = delete;
    Lane &operator*() { return *m_lane; }

private:
    const OnnxModel &m_model;
    std::unique_ptr<Lane> m_lane;
};

Status OnnxModel::prepare(Lane &lane, std::size_t rows) const
{
    if (m_plan.batch > 0)
        rows = m_plan.batch;
    if (lane.rows == rows)
        return {};
    const Runtime &runtime = m_session.runtime();
    lane.rows = 0;
    lane.inputs.clear();
    lane.outputs.clear();
    lane.room.resize(m_plan.inputs.size());
    lane.texts.resize(m_plan.inputs.size());
    for (std::size_t i = 0; i < m_plan.inputs.size(); ++i) {
        const InputPlan &input = m_plan.inputs[i];
        const std::int64_t shape[2] = {static_cast<std::int64_t>(rows),
                                       static_cast<std::int64_t>(input.width)};
        const std::size_t rank = input.column ? 1 : 2;
        const std::size_t count = rows * input.width;
        OwnedValue value(runtime);
        const int element = static_cast<int>(input.element);
        Status made;
        if (input.element == Element::String) {
            lane.texts[i].resize(count);
            made =
                runtime.call(Slot::CreateTensor, runtime.allocator(),
                             static_cast<const std::int64_t *>(shape), rank, element, value.out());
        } else {
            const std::size_t bytes = count * sizeOf(input.element);
            lane.room[i].assign((bytes + 7) / 8, 0);
            made =
                runtime.call(Slot::CreateTensorOver, static_cast<const Opaque *>(runtime.memory()),
                             static_cast<void *>(lane.room[i].data()), bytes,
                             static_cast<const std::int64_t *>(shape), rank, element, value.out());
        }
        if (!made)
            return made;
        lane.inputs.push_back(std::move(value));
    }
    lane.rows = rows;
    return {};
}

Status OnnxModel::fill(Lane &lane, std::span<const double> rows) const
{
    const auto &features = m_plan.signature.features;
    const std::size_t last = rows.size() / features.size() - 1;
    std::size_t base = 0;
    for (std::size_t i = 0; i < m_plan.inputs.size(); ++i) {
        const InputPlan &input = m_plan.inputs[i];
        const auto each = [&](auto *to) -> Status {
            for (std::size_t row = 0; row < lane.rows; ++row) {
                const double *const from =
                    rows.data() + std::min(row, last) * features.size() + base;
                for (std::size_t k = 0; k < input.width; ++k) {
                    if (auto done = store(features[base + k], from[k], *to++); !done)
                        return done;
                }
            }
            return {};
        };
        Status done;
        void *const room = lane.room[i].data();
        switch (input.element) {
        case Element::Float:
            done = each(static_cast<float *>(room));
            break;
        case Element::Double:
            done = each(static_cast<double *>(room));
            break;
        case Element::Int32:
            done = each(static_cast<std::int32_t *>(room));
            break;
        case Element::Int64:
            done = each(static_cast<std::int64_t *>(room));
            break;
        default:
            break;
        }
        if (!done)
            return done;
        base += input.width;
    }
    return {};
}

Status OnnxModel::compute(Lane &lane) const
{
    if (m_plan.texts) {
        for (std::size_t i = 0; i < m_plan.inputs.size(); ++i) {
            if (m_plan.inputs[i].element != Element::String)
                continue;
            lane.pointers.clear();
            for (const std::string &text : lane.texts[i])
                lane.pointers.push_back(text.c_str());
            if (auto done = m_session.runtime().call(
                    Slot::FillStrings, lane.inputs[i].get(),
                    static_cast<const char *const *>(lane.pointers.data()), lane.pointers.size());
                !done)
                return done;
        }
    }
    if (auto done = m_session.run(lane, m_outputs, m_limit); !done)
        return done;
    return readAnswers(m_session, m_plan, lane);
}

void OnnxModel::take(const Lane &lane, Prediction &out) const
{
    out.unknownCategories = 0;
    out.probabilities.clear();
    if (m_plan.signature.task == Task::Regression) {
        const std::size_t targets = m_plan.signature.targets();
        out.value = lane.scores[0];
        out.values.clear();
        if (targets > 1)
            out.values.assign(lane.scores.begin(),
                              lane.scores.begin() + static_cast<std::ptrdiff_t>(targets));
        out.label = {};
        return;
    }
    out.classIndex = lane.classes[0];
    out.label = m_plan.signature.classes[out.classIndex];
    if (m_plan.probabilities)
        out.probabilities.assign(lane.scores.begin(),
                                 lane.scores.begin() +
                                     static_cast<std::ptrdiff_t>(m_plan.signature.classes.size()));
}

Status OnnxModel::predict(std::span<const double> features, Prediction &out) const
{
    if (auto checked = checkRow(signature(), features); !checked)
        return checked;
    if (m_plan.texts)
        return fail(ErrorCode::Unsupported, "the model takes texts, which are no numbers",
                    "send the row with its texts");
    Borrowed borrowed(*this);
    Lane &lane = *borrowed;
    if (auto done = prepare(lane, 1); !done)
        return done;
    if (auto done = fill(lane, features); !done)
        return done;
    if (auto done = compute(lane); !done)
        return done;
    take(lane, out);
    return {};
}

Status OnnxModel::readRow(std::span<const Value> features, std::span<double> row) const
{
    const auto &signature = m_plan.signature.features;
    thread_local std::vector<Value> values;
    values.assign(features.begin(), features.end());
    const std::size_t common = std::min(values.size(), signature.size());
    for (std::size_t i = 0; i < common; ++i) {
        if (signature[i].type != FeatureType::Text)
            continue;
        const Value &value = features[i];
        if (!value.isNull() && value.kind() != ValueKind::String)
            return fail(ErrorCode::InvalidArgument,
                        fmt::format("the value of {} is not a text", signature[i].name),
                        "send a text in quotes");
        if (value.kind() == ValueKind::String && value.asString().find('\0') != std::string::npos)
            return fail(ErrorCode::InvalidArgument,
                        fmt::format("the value of {} holds a zero byte", signature[i].name),
                        "send a text without one");
        values[i] = Value::null();
    }
    std::size_t unknown = 0;
    return encodeRow(m_numbers, values, row, unknown);
}

/// What numbers cannot say is set behind them.
Status OnnxModel::fillTyped(Lane &lane, std::span<const Value> rows,
                            std::span<const double> numbers) const
{
    if (auto done = fill(lane, numbers); !done)
        return done;
    const auto &signature = m_plan.signature.features;
    const std::size_t last = rows.size() / signature.size() - 1;
    for (std::size_t row = 0; row < lane.rows; ++row) {
        const std::size_t from = std::min(row, last) * signature.size();
        for (std::size_t i = 0; i < signature.size(); ++i) {
            const Place &place = m_plan.places[i];
            const InputPlan &input = m_plan.inputs[place.input];
            const Value &value = rows[from + i];
            const std::size_t to = row * input.width + place.offset;
            if (signature[i].type == FeatureType::Text)
                lane.texts[place.input][to] =
                    value.isNull() ? std::string_view() : value.asString();
            else if (input.element == Element::Int64 && value.kind() == ValueKind::Integral &&
                     std::fabs(numbers[from + i]) >= kExact)
                lane.room[place.input][to] = static_cast<std::uint64_t>(value.asIntegral());
        }
    }
    return {};
}

Status OnnxModel::predictValues(std::span<const Value> features, Prediction &out) const
{
    thread_local std::vector<double> row;
    row.resize(features.size());
    if (auto done = readRow(features, row); !done)
        return done;
    Borrowed borrowed(*this);
    Lane &lane = *borrowed;
    if (auto done = prepare(lane, 1); !done)
        return done;
    if (auto done = fillTyped(lane, features, row); !done)
        return done;
    if (auto done = compute(lane); !done)
        return done;
    take(lane, out);
    return {};
}

Status OnnxModel::predictTypedRows(std::span<const Value> rows, Predictions &out) const
{
    const std::size_t width = m_plan.places.size();
    const std::size_t count = rows.size() / width;
    const auto alone = [&] { return Model::predictTypedRows(rows, out); };
    if (m_plan.batch == 1 || count < 2)
        return alone();
    out.classes.clear();
    out.probabilities.clear();
    out.values.clear();
    std::vector<double> numbers(rows.size());
    for (std::size_t row = 0; row < count; ++row) {
        // What is wrong with a row is said as for that row alone.
        if (!readRow(rows.subspan(row * width, width),
                     std::span(numbers).subspan(row * width, width)))
            return alone();
    }
    Lane lane(m_session.runtime());
    const std::size_t most = chunkRows();
    for (std::size_t at = 0; at < count; at += most) {
        const std::size_t some = std::min(most, count - at);
        auto done = prepare(lane, some);
        if (done)
            done = fillTyped(lane, rows.subspan(at * width, some * width),
                             std::span(numbers).subspan(at * width, some * width));
        if (done)
            done = compute(lane);
        if (!done)
            return done.error().code == ErrorCode::Unavailable ? done : alone();
        append(lane, some, out);
    }
    return {};
}

std::size_t OnnxModel::chunkRows() const
{
    return m_plan.batch > 0 ? m_plan.batch : kChunk;
}

void OnnxModel::append(const Lane &lane, std::size_t rows, Predictions &out) const
{
    // Of rows that only fill up a batch nothing is answered.
    const auto some = [&](const auto &from, std::size_t each, auto &to) {
        to.insert(to.end(), from.begin(), from.begin() + static_cast<std::ptrdiff_t>(rows * each));
    };
    if (m_plan.signature.task == Task::Regression)
        return some(lane.scores, m_plan.signature.targets(), out.values);
    some(lane.classes, 1, out.classes);
    if (m_plan.probabilities)
        some(lane.scores, m_plan.signature.classes.size(), out.probabilities);
}

Status OnnxModel::predictChunk(Lane &lane, std::span<const double> rows, Predictions &out) const
{
    if (auto done = prepare(lane, rows.size() / m_plan.places.size()); !done)
        return done;
    if (auto done = fill(lane, rows); !done)
        return done;
    if (auto done = compute(lane); !done)
        return done;
    append(lane, rows.size() / m_plan.places.size(), out);
    return {};
}

Status OnnxModel::predictRows(std::span<const double> rows, Predictions &out) const
{
    const std::size_t width = m_plan.places.size();
    // What is wrong with a row is said as for that row alone.
    const bool alone = m_plan.batch == 1 || m_plan.texts || rows.size() % width != 0;
    if (alone)
        return Model::predictRows(rows, out);
    out.classes.clear();
    out.probabilities.clear();
    out.values.clear();
    for (std::size_t at = 0; at < rows.size(); at += width) {
        if (auto checked = checkRow(signature(), rows.subspan(at, width)); !checked)
            return failWith(fmt::format("row {}", at / width + 1), checked.error());
    }
    Lane lane(m_session.runtime());
    const std::size_t most = chunkRows() * width;
    for (std::size_t at = 0; at < rows.size(); at += most) {
        const auto chunk = rows.subspan(at, std::min(most, rows.size() - at));
        const auto done = predictChunk(lane, chunk, out);
        if (done)
            continue;
        if (done.error().code == ErrorCode::Unavailable)
            return done;
        // One row of it is to blame, or the model takes rows only one by one.
        return Model::predictRows(rows, out);
    }
    return {};
}

Result<ImportedModel> OnnxModel::open(std::string_view bytes, const ImportNames &names, bool unwrap,
                                      bool oneNumber)
{
    const auto facts = readFacts(bytes);
    if (!facts)
        return tl::unexpected(facts.error());
    if (facts->externalData)
        return fail(ErrorCode::Unsupported, "the model keeps its weights in other files",
                    "save it as one file: onnx.save(onnx.load(\"model.onnx\"), \"one.onnx\")");
    const auto runtime = Runtime::get();
    if (!runtime)
        return tl::unexpected(runtime.error());
    Rewritten rewritten;
    Result<Session> session = fail(ErrorCode::Internal, "nothing was tried");
    // Maps of doubles are not even valid, but converters write them.
    for (const bool doubles : {false, true}) {
        if (session || !unwrap)
            break;
        rewritten = withoutMaps(bytes, doubles);
        if (rewritten.bytes.empty())
            break;
        session = Session::open(**runtime, rewritten.bytes);
    }
    if (!session) {
        rewritten.unwrapped.clear();
        session = Session::open(**runtime, bytes);
    }
    if (!session)
        return tl::unexpected(explainRefusal(session.error(), *facts, (*runtime)->version()));
    std::shared_ptr<OnnxModel> model(new OnnxModel(std::move(*session)));
    model->m_names = names;
    model->m_plan.oneNumber = oneNumber;
    model->m_limit = onnxLimits().run;
    model->m_about = facts->producer;
    if (auto done = model->learn(*facts, std::move(rewritten.unwrapped)); !done)
        return tl::unexpected(done.error());
    model->m_bytes = bytes;
    return ImportedModel{model, model->m_plan.notes};
}

std::vector<std::pair<std::string, std::string>> OnnxModel::parameters() const
{
    std::vector<std::pair<std::string, std::string>> facts;
    if (!m_about.empty())
        facts.emplace_back("made by", std::string(utf8Prefix(toUtf8(m_about), 60)));
    if (m_plan.label)
        facts.emplace_back("label", m_session.outputs()[*m_plan.label].name);
    if (m_plan.scores)
        facts.emplace_back("scores", m_session.outputs()[*m_plan.scores].name);
    for (const Target &target : m_plan.targets)
        facts.emplace_back("scores", m_session.outputs()[target.output].name);
    return facts;
}

} // namespace tepal::onnx
