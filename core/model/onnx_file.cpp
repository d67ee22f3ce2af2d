#include "onnx_file.h"

#include "onnx_fields.h"

#include <tepal/base/wire.h>

#include <algorithm>
#include <cstring>

namespace tepal::onnx {
namespace {

using namespace field;
using wire::Field;
using wire::Reader;
using wire::Type;

constexpr int kMaxDepth = 32; ///< Of graphs within graphs.
constexpr std::size_t kMaxClasses = 10'000;
constexpr std::int64_t kInt32 = 6;
constexpr std::int64_t kInt64 = 7;
constexpr std::int64_t kString = 8;

struct Classes
{
    std::vector<std::string> names;
    bool differ = false;

    void add(std::vector<std::string> found)
    {
        if (found.empty())
            return;
        if (names.empty())
            names = std::move(found);
        else if (names != found)
            differ = true;
    }
};

/// Packed, or one by one, as writers please.
bool readInts(const Field &field, std::vector<std::string> &out)
{
    if (field.type == Type::Varint) {
        out.push_back(std::to_string(field.asInt64()));
        return true;
    }
    if (field.type != Type::Bytes)
        return false;
    Reader reader(field.bytes);
    while (reader.position() < field.bytes.size() && out.size() <= kMaxClasses) {
        std::uint64_t value = 0;
        if (!reader.varint(value))
            return false;
        out.push_back(std::to_string(static_cast<std::int64_t>(value)));
    }
    return true;
}

bool anyNonZero(const Field &field)
{
    if (field.type == Type::Varint)
        return field.value != 0;
    Reader reader(field.bytes);
    std::uint64_t value = 0;
    while (reader.position() < field.bytes.size() && reader.varint(value)) {
        if (value != 0)
            return true;
    }
    return false;
}

std::int64_t largest(const Field &field)
{
    if (field.type == Type::Varint)
        return field.asInt64();
    Reader reader(field.bytes);
    std::int64_t most = -1;
    std::uint64_t value = 0;
    while (reader.position() < field.bytes.size() && reader.varint(value))
        most = std::max(most, static_cast<std::int64_t>(value));
    return most;
}

/// How many features a linear model has coefficients for; 0 where that cannot be told.
std::size_t linearWidth(std::string_view op, const std::vector<std::string_view> &attributes)
{
    std::size_t coefficients = 0;
    std::size_t intercepts = 0;
    std::size_t rows = op == "LinearRegressor" ? 1 : 0;
    for (const std::string_view attribute : attributes) {
        Reader reader(attribute);
        Field field;
        std::string_view name;
        std::size_t floats = 0;
        std::int64_t number = 0;
        while (reader.next(field)) {
            if (field.number == kAttributeName)
                name = field.bytes;
            else if (field.number == kAttributeFloats)
                floats += field.type == Type::Bytes ? field.bytes.size() / sizeof(float) : 1;
            else if (field.number == kAttributeInt)
                number = field.asInt64();
        }
        if (name == "coefficients")
            coefficients = floats;
        else if (name == "intercepts")
            intercepts = floats;
        else if (name == "targets" && number > 0)
            rows = static_cast<std::size_t>(number);
    }
    rows = intercepts > 0 ? intercepts : rows;
    return rows > 0 && coefficients % rows == 0 ? coefficients / rows : 0;
}

class Walk
{
public:
    explicit Walk(FileFacts &facts)
        : m_facts(facts)
    {}
    Classes nodes;
    Classes constants;

    bool graph(std::string_view bytes, int depth)
    {
        Reader reader(bytes);
        Field field;
        while (reader.next(field)) {
            bool good = true;
            if (field.type != Type::Bytes)
                continue;
            if (field.number == kGraphNode)
                good = node(field.bytes, depth);
            else if (field.number == kGraphInitializer)
                good = tensor(field.bytes);
            else if (field.number == kGraphSparse)
                good = sparse(field.bytes);
            if (!good)
                return false;
        }
        return !reader.failed();
    }

    bool function(std::string_view bytes)
    {
        Reader reader(bytes);
        Field field;
        while (reader.next(field)) {
            if (field.number == kFunctionNode && field.type == Type::Bytes && !node(field.bytes, 0))
                return false;
        }
        return !reader.failed();
    }

private:
    bool node(std::string_view bytes, int depth)
    {
        ++m_facts.nodes;
        Reader reader(bytes);
        Field field;
        std::string_view op;
        std::string_view from;
        std::vector<std::string_view> attributes;
        while (reader.next(field)) {
            if (field.type != Type::Bytes)
                continue;
            if (field.number == kNodeOp)
                op = field.bytes;
            else if (field.number == kNodeInput && from.empty())
                from = field.bytes;
            else if (field.number == kNodeAttribute)
                attributes.push_back(field.bytes);
        }
        if (reader.failed())
            return false;
        if (op == "LinearRegressor" || op == "LinearClassifier") {
            if (const std::size_t width = linearWidth(op, attributes); width > 0)
                m_facts.widths.emplace_back(from, width);
        }
        if (op == "Imputer" || op == "IsNaN")
            m_facts.takesMissing = true;
        m_lastFeature = -1;
        for (const std::string_view each : attributes) {
            if (!attribute(each, op, depth))
                return false;
        }
        if (op.starts_with("TreeEnsemble") && m_lastFeature >= 0)
            m_facts.leastWidths.emplace_back(from, static_cast<std::size_t>(m_lastFeature) + 1);
        return true;
    }

    bool attribute(std::string_view bytes, std::string_view op, int depth)
    {
        Reader reader(bytes);
        Field field;
        std::string_view name;
        std::vector<std::string> values;
        bool nonZero = false;
        std::int64_t most = -1;
        while (reader.next(field)) {
            bool good = true;
            switch (field.number) {
            case kAttributeName:
                name = field.bytes;
                break;
            case kAttributeTensor:
            case kAttributeTensors:
                good = field.type != Type::Bytes || tensor(field.bytes);
                break;
            case kAttributeSparse:
            case kAttributeSparses:
                good = field.type != Type::Bytes || sparse(field.bytes);
                break;
            case kAttributeGraph:
            case kAttributeGraphs:
                good = field.type != Type::Bytes ||
                       (depth < kMaxDepth && graph(field.bytes, depth + 1));
                break;
            case kAttributeInts:
                nonZero = nonZero || anyNonZero(field);
                most = std::max(most, largest(field));
                good = values.size() > kMaxClasses || readInts(field, values);
                break;
            case kAttributeStrings:
                if (values.size() <= kMaxClasses)
                    values.emplace_back(field.bytes);
                break;
            default:
                break;
            }
            if (!good)
                return false;
        }
        if (name == "nodes_missing_value_tracks_true" && nonZero)
            m_facts.takesMissing = true;
        if (name == "nodes_featureids")
            m_lastFeature = most;
        // Label encoders list keys and values by other names; only classifiers have these.
        if (name.starts_with("classlabels_") && op != "ZipMap")
            nodes.add(std::move(values));
        return !reader.failed();
    }

    bool sparse(std::string_view bytes)
    {
        Reader reader(bytes);
        Field field;
        while (reader.next(field)) {
            if ((field.number == kSparseValues || field.number == kSparseIndices) &&
                field.type == Type::Bytes && !tensor(field.bytes))
                return false;
        }
        return !reader.failed();
    }

    bool tensor(std::string_view bytes)
    {
        Reader reader(bytes);
        Field field;
        std::string_view name;
        std::string_view raw;
        std::int64_t type = 0;
        std::vector<std::string> values;
        while (reader.next(field)) {
            switch (field.number) {
            case kTensorExternal:
                m_facts.externalData = true;
                break;
            case kTensorLocation:
                m_facts.externalData = m_facts.externalData || field.value != 0;
                break;
            case kTensorName:
                name = field.bytes;
                break;
            case kTensorType:
                type = field.asInt64();
                break;
            case kTensorRaw:
                raw = field.bytes;
                break;
            case kTensorStrings:
                if (values.size() <= kMaxClasses)
                    values.emplace_back(field.bytes);
                break;
            case kTensorInt32:
            case kTensorInt64:
                if (values.size() <= kMaxClasses && !readInts(field, values))
                    return false;
                break;
            default:
                break;
            }
        }
        // What scikit-learn's converter calls the list of classes where no classifier has it.
        if (name == "classes" && values.size() <= kMaxClasses) {
            if (values.empty() && raw.size() <= kMaxClasses)
                values = rawInts(raw, type);
            if (type == kInt32 || type == kInt64 || type == kString)
                constants.add(std::move(values));
        }
        return !reader.failed();
    }

    static std::vector<std::string> rawInts(std::string_view raw, std::int64_t type)
    {
        std::vector<std::string> values;
        const auto each = [&](auto number) {
            for (std::size_t at = 0; at + sizeof number <= raw.size(); at += sizeof number) {
                std::memcpy(&number, raw.data() + at, sizeof number);
                values.push_back(std::to_string(number));
            }
        };
        if (type == kInt32)
            each(std::int32_t{});
        else if (type == kInt64)
            each(std::int64_t{});
        return values;
    }

    FileFacts &m_facts;
    std::int64_t m_lastFeature = -1; ///< That a node's trees ask for.
};

} // namespace

bool looksLikeModel(std::string_view bytes)
{
    Reader reader(bytes);
    Field field;
    bool version = false;
    bool graph = false;
    while (reader.next(field)) {
        version = version || (field.number == kModelIr && field.type == Type::Varint);
        graph = graph || (field.number == kModelGraph && field.type == Type::Bytes);
    }
    return !reader.failed() && version && graph;
}

Result<FileFacts> readFacts(std::string_view bytes)
{
    const auto damaged = [] {
        return fail(ErrorCode::Corrupt, "this is not an ONNX model, or it is cut short",
                    "save the model again");
    };
    if (!looksLikeModel(bytes))
        return damaged();
    FileFacts facts;
    Walk walk(facts);
    Reader reader(bytes);
    Field field;
    while (reader.next(field)) {
        bool good = true;
        if (field.number == kModelIr) {
            facts.irVersion = field.asInt64();
        } else if (field.number == kModelProducer && field.type == Type::Bytes) {
            facts.producer = field.bytes;
        } else if (field.number == kModelOpset && field.type == Type::Bytes) {
            Reader opset(field.bytes);
            Field one;
            auto &[domain, number] = facts.opsets.emplace_back();
            while (opset.next(one)) {
                if (one.number == kOpsetDomain)
                    domain = one.bytes;
                else if (one.number == kOpsetVersion)
                    number = one.asInt64();
            }
            good = !opset.failed();
        } else if (field.number == kModelGraph && field.type == Type::Bytes) {
            good = walk.graph(field.bytes, 0);
        } else if (field.number == kModelFunctions && field.type == Type::Bytes) {
            good = walk.function(field.bytes);
        }
        if (!good)
            return damaged();
    }
    if (!walk.nodes.differ && !walk.nodes.names.empty())
        facts.classes = std::move(walk.nodes.names);
    else if (walk.nodes.names.empty() && !walk.constants.differ)
        facts.classes = std::move(walk.constants.names);
    return facts;
}

} // namespace tepal::onnx
