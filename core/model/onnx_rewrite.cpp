#include "onnx_fields.h"
#include "onnx_file.h"

#include <tepal/base/wire.h>

#include <algorithm>
#include <set>

namespace tepal::onnx {
namespace {

using namespace field;
using wire::Field;
using wire::Reader;
using wire::Type;
using wire::Writer;

struct Node
{
    std::vector<std::string_view> inputs;
    std::vector<std::string_view> outputs;
    std::string_view op;
    std::string_view domain;
    std::vector<std::string_view> attributes;
};

bool readNode(std::string_view bytes, Node &node)
{
    Reader reader(bytes);
    Field field;
    while (reader.next(field)) {
        switch (field.number) {
        case kNodeInput:
            node.inputs.push_back(field.bytes);
            break;
        case kNodeOutput:
            node.outputs.push_back(field.bytes);
            break;
        case kNodeOp:
            node.op = field.bytes;
            break;
        case kNodeDomain:
            node.domain = field.bytes;
            break;
        case kNodeAttribute:
            node.attributes.push_back(field.bytes);
            break;
        default:
            break;
        }
    }
    return !reader.failed();
}

/// Graphs within a node may use every name of the graph around them.
bool hasGraph(const Node &node)
{
    for (const std::string_view attribute : node.attributes) {
        Reader reader(attribute);
        Field field;
        while (reader.next(field)) {
            if (field.number == kAttributeGraph || field.number == kAttributeGraphs)
                return true;
        }
        if (reader.failed())
            return true;
    }
    return false;
}

/// The one list of classes of a ZipMap, empty for anything else.
std::vector<std::string> zippedClasses(const Node &node)
{
    std::vector<std::string> classes;
    if (node.attributes.size() != 1)
        return {};
    Reader reader(node.attributes[0]);
    Field field;
    std::string_view name;
    bool texts = false;
    bool numbers = false;
    while (reader.next(field)) {
        if (field.number == kAttributeName) {
            name = field.bytes;
        } else if (field.number == kAttributeStrings && field.type == Type::Bytes) {
            texts = true;
            classes.emplace_back(field.bytes);
        } else if (field.number == kAttributeInts) {
            numbers = true;
            if (field.type == Type::Varint) {
                classes.push_back(std::to_string(field.asInt64()));
                continue;
            }
            Reader packed(field.bytes);
            std::uint64_t value = 0;
            while (packed.position() < field.bytes.size()) {
                if (!packed.varint(value))
                    return {};
                classes.push_back(std::to_string(static_cast<std::int64_t>(value)));
            }
        }
    }
    const bool known = (texts && !numbers && name == "classlabels_strings") ||
                       (numbers && !texts && name == "classlabels_int64s");
    const std::set<std::string> different(classes.begin(), classes.end());
    if (reader.failed() || !known || different.size() != classes.size())
        return {};
    return classes;
}

std::string nameOf(std::string_view info)
{
    Reader reader(info);
    Field field;
    std::string name;
    while (reader.next(field)) {
        if (field.number == kInfoName && field.type == Type::Bytes)
            name = field.bytes;
    }
    return reader.failed() ? std::string() : name;
}

std::string message(std::uint32_t number, std::string_view content)
{
    std::string out;
    Writer(out).bytes(number, content);
    return out;
}

/// tensor(float)[?, classes], or of double
std::string tensorInfo(std::string_view name, std::size_t classes, bool doubles)
{
    std::string width;
    Writer(width).uint64(kDimValue, classes);
    const std::string shape = message(kShapeDim, {}) + message(kShapeDim, width);
    std::string tensor;
    constexpr std::uint64_t kFloat = 1;
    constexpr std::uint64_t kDouble = 11;
    Writer(tensor).uint64(kTensorTypeElement, doubles ? kDouble : kFloat);
    tensor += message(kTensorTypeShape, shape);
    return message(kInfoName, name) + message(kInfoType, message(kTypeTensor, tensor));
}

/// The graph without its maps; empty where it stays as it is.
std::string rewriteGraph(std::string_view graph, bool doubles, std::vector<Unwrapped> &unwrapped)
{
    struct Part
    {
        std::string_view whole;
        std::uint32_t number = 0;
        std::string_view bytes;
        Node node;
    };
    std::vector<Part> parts;
    std::set<std::string_view> used;
    std::set<std::string, std::less<>> outputs;
    std::set<std::string_view> produced;
    bool zipped = false;
    Reader reader(graph);
    Field field;
    while (reader.next(field)) {
        Part part{field.whole, field.number, field.bytes, {}};
        if (field.number == kGraphNode && field.type == Type::Bytes) {
            if (!readNode(field.bytes, part.node) || hasGraph(part.node))
                return {};
            used.insert(part.node.inputs.begin(), part.node.inputs.end());
            produced.insert(part.node.outputs.begin(), part.node.outputs.end());
            zipped = zipped || part.node.op == "ZipMap";
        } else if (field.number == kGraphOutput && field.type == Type::Bytes) {
            if (const std::string name = nameOf(field.bytes);
                name.empty() || !outputs.insert(name).second)
                return {};
        }
        parts.push_back(std::move(part));
    }
    if (reader.failed() || !zipped)
        return {};
    for (const Part &part : parts) {
        const Node &node = part.node;
        if (node.op != "ZipMap")
            continue;
        const auto classes = zippedClasses(node);
        const bool plain = node.domain == "ai.onnx.ml" && node.inputs.size() == 1 &&
                           node.outputs.size() == 1 && !classes.empty();
        if (!plain || !outputs.contains(node.outputs[0]) || used.contains(node.outputs[0]) ||
            !produced.contains(node.inputs[0]) ||
            !outputs.insert(std::string(node.inputs[0])).second)
            return {};
        unwrapped.push_back({std::string(node.outputs[0]), std::string(node.inputs[0]), classes});
    }
    std::string out;
    Writer writer(out);
    for (const Part &part : parts) {
        if (part.number == kGraphNode && part.node.op == "ZipMap")
            continue;
        if (part.number == kGraphOutput) {
            const std::string name = nameOf(part.bytes);
            const auto at =
                std::find_if(unwrapped.begin(), unwrapped.end(),
                             [&](const Unwrapped &each) { return each.output == name; });
            if (at != unwrapped.end()) {
                writer.bytes(kGraphOutput, tensorInfo(at->tensor, at->classes.size(), doubles));
                continue;
            }
        }
        writer.raw(part.whole.data(), part.whole.size());
    }
    return out;
}

} // namespace

Rewritten withoutMaps(std::string_view bytes, bool doubles)
{
    Rewritten rewritten;
    std::string out;
    Writer writer(out);
    Reader reader(bytes);
    Field field;
    std::size_t graphs = 0;
    while (reader.next(field)) {
        if (field.number != kModelGraph || field.type != Type::Bytes) {
            writer.raw(field.whole.data(), field.whole.size());
            continue;
        }
        const std::string graph = rewriteGraph(field.bytes, doubles, rewritten.unwrapped);
        if (graph.empty() || ++graphs > 1)
            return {};
        writer.bytes(kModelGraph, graph);
    }
    if (reader.failed() || graphs != 1)
        return {};
    rewritten.bytes = std::move(out);
    return rewritten;
}

} // namespace tepal::onnx
