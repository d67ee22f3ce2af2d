// whylogs' v0 message, of which only the model performance is written nowadays: one delimited
// message without a magic number.
//
//   1 properties: 1, 2 version 1.2, 4 session time, 5 data time (ms), 6 tags, 7 metadata
//   2 columns (nothing is in them any more)
//   10 performance: 1 output fields, 10 metrics: 1 matrix, 2 kind (1 classes, 2 numbers),
//      3 regression: 1, 2 fields, 3 count, 4 Σ|d|, 5 Σd, 6 Σd²
//   matrix: 1 labels, 10 N·N cells, row by row of the predictions
//   cell: 1 variance (1 count, 2 m2, 3 mean), 2 doubles (1 count), 4 KLL, 6 an empty theta sketch

#include "components.h"

#include <tepal/base/wire.h>
#include <tepal/profile/performance.h>

namespace tepal {
namespace {

using wire::Field;
using wire::Reader;
using wire::Type;
using wire::Writer;

/// What an empty theta sketch is stored as; nobody fills it.
constexpr std::string_view kEmptyTheta("\x01\x03\x03\x00\x00\x1e\xcc\x93", 8);
constexpr std::uint64_t kMaxCount = std::uint64_t{1} << 56;

auto corrupt(std::string_view what)
{
    return corruptProfile(what);
}

/// Calls visit(field) for every field of a message; it gives a Status.
template <typename Visit>
Status forEachField(std::string_view message, Visit visit)
{
    Reader reader(message);
    Field field;
    while (reader.next(field)) {
        if (Status status = visit(field); !status)
            return status;
    }
    return reader.failed() ? Status(corrupt("its model performance cannot be read")) : Status();
}

Status readMap(std::string_view entry, std::map<std::string, std::string> &to)
{
    std::string key;
    std::string value;
    const Status read = forEachField(entry, [&](const Field &field) -> Status {
        if (field.number == 1)
            key = field.bytes;
        else if (field.number == 2)
            value = field.bytes;
        return {};
    });
    if (read)
        to[std::move(key)] = std::move(value);
    return read;
}

Status readProperties(std::string_view message, ModelPerformance &to)
{
    return forEachField(message, [&](const Field &field) -> Status {
        if (field.number == 4)
            to.sessionTimestamp = field.asInt64();
        else if (field.number == 5)
            to.dataTimestamp = field.asInt64();
        else if (field.number == 6 && field.type == Type::Bytes)
            return readMap(field.bytes, to.tags);
        else if (field.number == 7 && field.type == Type::Bytes)
            return readMap(field.bytes, to.metadata);
        return {};
    });
}

Status readCell(std::string_view message, PerformanceCell &cell)
{
    return forEachField(message, [&](const Field &field) -> Status {
        if (field.number == 1 && field.type == Type::Bytes) {
            return forEachField(field.bytes, [&](const Field &moment) -> Status {
                if (moment.number == 1 && moment.type == Type::Varint)
                    cell.count = moment.value;
                else if (moment.number == 2 && moment.type == Type::Fixed64)
                    cell.scores.m2 = moment.asDouble();
                else if (moment.number == 3 && moment.type == Type::Fixed64)
                    cell.scores.mean = moment.asDouble();
                return cell.count <= kMaxCount ? Status()
                                               : Status(corrupt("a count is out of range"));
            });
        }
        if (field.number == 4 && field.type == Type::Bytes) {
            auto sketch = KllSketch::parse(field.bytes);
            if (!sketch)
                return tl::unexpected(sketch.error());
            cell.scores.kll = std::move(*sketch);
        }
        return {};
    });
}

Status readMatrix(std::string_view message, ConfusionMatrix &matrix)
{
    std::vector<std::string> labels;
    std::vector<std::string_view> cells;
    const Status read = forEachField(message, [&](const Field &field) -> Status {
        if (field.number == 1 && field.type == Type::Bytes)
            labels.emplace_back(field.bytes);
        else if (field.number == 10 && field.type == Type::Bytes)
            cells.push_back(field.bytes);
        return {};
    });
    if (!read)
        return read;
    if (labels.empty()
            ? !cells.empty()
            : cells.size() % labels.size() != 0 || cells.size() / labels.size() != labels.size())
        return corrupt("its confusion matrix does not fit its labels");
    for (std::size_t i = 0; i < cells.size(); ++i) {
        PerformanceCell cell;
        if (Status status = readCell(cells[i], cell); !status)
            return status;
        // Empty cells are kept: their labels belong to the matrix.
        matrix.setCell({labels[i / labels.size()], labels[i % labels.size()]}, std::move(cell));
    }
    return {};
}

Status readRegression(std::string_view message, RegressionErrors &to)
{
    return forEachField(message, [&](const Field &field) -> Status {
        if (field.number == 3 && field.type == Type::Varint)
            to.count = field.value;
        else if (field.number == 4 && field.type == Type::Fixed64)
            to.sumAbsolute = field.asDouble();
        else if (field.number == 5 && field.type == Type::Fixed64)
            to.sum = field.asDouble();
        else if (field.number == 6 && field.type == Type::Fixed64)
            to.sumSquares = field.asDouble();
        return to.count <= kMaxCount ? Status() : Status(corrupt("a count is out of range"));
    });
}

Status readPerformance(std::string_view message, ModelPerformance &to)
{
    return forEachField(message, [&](const Field &field) -> Status {
        if (field.number == 1 && field.type == Type::Bytes)
            to.outputFields.emplace_back(field.bytes);
        if (field.number != 10 || field.type != Type::Bytes)
            return {};
        return forEachField(field.bytes, [&](const Field &metric) -> Status {
            if (metric.number == 1 && metric.type == Type::Bytes)
                return readMatrix(metric.bytes, to.classification.emplace());
            if (metric.number == 3 && metric.type == Type::Bytes)
                return readRegression(metric.bytes, to.regression.emplace());
            return {};
        });
    });
}

void writeMap(Writer &writer, std::uint32_t number, const std::map<std::string, std::string> &map)
{
    for (const auto &[key, value] : map) {
        std::string entry;
        Writer(entry).bytes(1, key);
        Writer(entry).bytes(2, value);
        writer.bytes(number, entry);
    }
}

std::string cellMessage(const PerformanceCell *cell)
{
    static const PerformanceCell none;
    const PerformanceCell &from = cell ? *cell : none;
    std::string variance;
    std::string doubles;
    if (from.count > 0) {
        Writer(variance).uint64(1, from.count);
        Writer(variance).fixed64(2, from.scores.m2);
        Writer(variance).fixed64(3, from.scores.mean);
        Writer(doubles).uint64(1, from.count);
    }
    std::string kll;
    from.scores.kll.serialize(kll);
    std::string message;
    Writer writer(message);
    writer.bytes(1, variance);
    writer.bytes(2, doubles);
    writer.bytes(4, kll);
    writer.bytes(6, kEmptyTheta);
    return message;
}

std::string metricsMessage(const ModelPerformance &performance)
{
    std::string metrics;
    Writer writer(metrics);
    if (performance.classification) {
        std::string matrix;
        const auto labels = performance.classification->labels();
        for (const std::string &label : labels)
            Writer(matrix).bytes(1, label);
        for (const std::string &prediction : labels) {
            for (const std::string &target : labels)
                Writer(matrix).bytes(
                    10, cellMessage(performance.classification->cell(prediction, target)));
        }
        writer.bytes(1, matrix);
        writer.uint64(2, 1);
    } else {
        writer.uint64(2, 2);
    }
    if (performance.regression) {
        std::string regression;
        Writer fields(regression);
        fields.bytes(1, "0");
        fields.bytes(2, "0");
        fields.uint64(3, performance.regression->count);
        fields.fixed64(4, performance.regression->sumAbsolute);
        fields.fixed64(5, performance.regression->sum);
        fields.fixed64(6, performance.regression->sumSquares);
        writer.bytes(3, regression);
    }
    return metrics;
}

} // namespace

bool looksLikeModelPerformance(std::string_view bytes)
{
    Reader reader(bytes);
    std::string_view message;
    return !bytes.empty() && reader.delimited(message) && reader.position() == bytes.size() &&
           message.starts_with("\x0A");
}

Result<ModelPerformance> parseModelPerformance(std::string_view bytes)
{
    if (!looksLikeModelPerformance(bytes))
        return fail(ErrorCode::Corrupt, "this is not a model-performance file of whylogs v0",
                    "give a file that log_classification_metrics or log_regression_metrics made");
    std::string_view message;
    Reader outer(bytes);
    outer.delimited(message);
    ModelPerformance performance;
    bool found = false;
    const Status read = forEachField(message, [&](const Field &field) -> Status {
        if (field.number == 1 && field.type == Type::Bytes)
            return readProperties(field.bytes, performance);
        if (field.number == 10 && field.type == Type::Bytes) {
            found = true;
            return readPerformance(field.bytes, performance);
        }
        return {};
    });
    if (!read)
        return tl::unexpected(read.error());
    if (!found)
        return fail(ErrorCode::Unsupported, "this whylogs v0 file holds no model performance",
                    "migrate it with whylogs first");
    performance.original = bytes;
    return performance;
}

std::string serializeModelPerformance(const ModelPerformance &performance)
{
    if (!performance.original.empty())
        return performance.original;
    std::string properties;
    Writer writer(properties);
    writer.uint64(1, 1);
    writer.uint64(2, 2);
    writer.int64(4, performance.sessionTimestamp);
    writer.int64(5, performance.dataTimestamp);
    writeMap(writer, 6, performance.tags);
    writeMap(writer, 7, performance.metadata);
    std::string profile;
    for (const std::string &field : performance.outputFields)
        Writer(profile).bytes(1, field);
    Writer(profile).bytes(10, metricsMessage(performance));
    std::string message;
    Writer(message).bytes(1, properties);
    Writer(message).bytes(10, profile);
    std::string out;
    Writer(out).varint(message.size());
    return out + message;
}

} // namespace tepal
