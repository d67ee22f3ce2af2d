// The Open Inference Protocol: tensors in, tensors out.

#include "model_forms.h"
#include "v2_binary.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tepal::serving {
namespace {

constexpr std::string_view kLabels = "predict";
constexpr std::string_view kProbabilities = "predict_proba";

tl::unexpected<Error> refuse(std::string message)
{
    return fail(ErrorCode::InvalidArgument, std::move(message),
                "send {\"inputs\": [{\"name\": …, \"shape\": [1, n], \"datatype\": \"FP64\", "
                "\"data\": […]}]}");
}

/// One input: what it is called, and its values in row-major order: places in the JSON, flat or
/// nested there, or values that came as bytes.
struct Tensor
{
    std::string_view name;
    std::size_t rows = 0;
    std::size_t width = 0; ///< Values of a row.
    bool binary = false;
    std::vector<std::uint32_t> data;
    std::vector<Value> values;

    Status put(const JsonDocument &json, RowParser &parser, std::size_t at, std::size_t feature,
               std::size_t row, std::vector<Value> &cells) const
    {
        return binary ? parser.cell(values[at], feature, row, cells)
                      : parser.cell(json, data[at], feature, row, cells);
    }
};

void collect(const JsonDocument &json, std::uint32_t node, std::vector<std::uint32_t> &leaves)
{
    if (json.at(node).type != JsonType::Array) {
        leaves.push_back(node);
        return;
    }
    for (std::uint32_t at = node + 1; at < json.at(node).end; at = json.at(at).end)
        collect(json, at, leaves);
}

Status readShape(const JsonDocument &json, std::uint32_t node, Tensor &tensor)
{
    const std::uint32_t shape = json.member(node, "shape");
    if (shape == 0 || json.at(shape).type != JsonType::Array || json.at(shape).size == 0 ||
        json.at(shape).size > 2)
        return refuse(fmt::format("input \"{}\" has no shape of one or two numbers", tensor.name));
    std::array<std::size_t, 2> sizes{0, 1};
    std::size_t i = 0;
    for (std::uint32_t at = shape + 1; at < json.at(shape).end; at = json.at(at).end) {
        const JsonNode &size = json.at(at);
        if (size.type != JsonType::Integer || size.integer < 0 || size.integer > (1 << 24))
            return refuse(fmt::format("the shape of input \"{}\" is none", tensor.name));
        sizes[i++] = static_cast<std::size_t>(size.integer);
    }
    tensor.rows = sizes[0];
    tensor.width = sizes[1];
    return {};
}

/// The next `binary_data_size` bytes of what stands behind the JSON.
Status readBytes(const JsonDocument &json, std::uint32_t size, std::string_view datatype,
                 std::string_view &bytes, Tensor &tensor)
{
    const JsonNode &length = json.at(size);
    if (length.type != JsonType::Integer || length.integer < 0 ||
        static_cast<std::uint64_t>(length.integer) > bytes.size())
        return refuse(fmt::format("the binary_data_size of input \"{}\" is no length within the "
                                  "body",
                                  tensor.name));
    const auto taken = static_cast<std::size_t>(length.integer);
    tensor.binary = true;
    if (auto done = readElements(datatype, bytes.substr(0, taken), tensor.rows * tensor.width,
                                 tensor.values);
        !done)
        return refuse(fmt::format("input \"{}\": {}", tensor.name, done.error().message));
    bytes.remove_prefix(taken);
    return {};
}

/// Whether an object's `parameters` have such a member that is true.
bool isAsked(const JsonDocument &json, std::uint32_t object, std::string_view name)
{
    const std::uint32_t parameters = json.member(object, "parameters");
    const std::uint32_t found = parameters == 0 ? 0 : json.member(parameters, name);
    return found != 0 && json.at(found).type == JsonType::Boolean && json.at(found).boolean;
}

Result<Tensor> readTensor(const JsonDocument &json, std::uint32_t node, std::string_view &bytes)
{
    Tensor tensor;
    const std::uint32_t name = json.member(node, "name");
    const std::uint32_t type = json.member(node, "datatype");
    const std::uint32_t data = json.member(node, "data");
    if (name == 0 || json.at(name).type != JsonType::String)
        return refuse("an input has no name");
    tensor.name = json.at(name).string();
    if (type == 0 || json.at(type).type != JsonType::String || !isDatatype(json.at(type).string()))
        return refuse(fmt::format("input \"{}\" has no datatype that is known", tensor.name));
    if (auto shaped = readShape(json, node, tensor); !shaped)
        return tl::unexpected(shaped.error());
    const std::uint32_t parameters = json.member(node, "parameters");
    const std::uint32_t size = parameters == 0 ? 0 : json.member(parameters, "binary_data_size");
    if (size != 0) {
        if (data != 0)
            return refuse(fmt::format("input \"{}\" has data and binary_data_size", tensor.name));
        if (auto done = readBytes(json, size, json.at(type).string(), bytes, tensor); !done)
            return tl::unexpected(done.error());
        return tensor;
    }
    if (data == 0 || json.at(data).type != JsonType::Array)
        return refuse(fmt::format("input \"{}\" has no list \"data\"", tensor.name));
    collect(json, data, tensor.data);
    if (tensor.rows * tensor.width != tensor.data.size())
        return refuse(fmt::format("input \"{}\" has {} values, but its shape says {}", tensor.name,
                                  tensor.data.size(), tensor.rows * tensor.width));
    return tensor;
}

/// One tensor of all features, or one for each of them, by name or, where no name is known, by
/// place.
Status readInputs(const JsonDocument &json, const std::vector<Tensor> &inputs, RowParser &parser,
                  std::vector<Value> &cells, std::size_t &rows)
{
    const std::vector<Feature> &features = parser.signature().features;
    const bool whole = inputs.size() == 1 && !(features.size() == 1 && inputs[0].width == 1);
    // A list of as many values as there are features is one row.
    const bool row = whole && inputs[0].width == 1 && inputs[0].rows == features.size();
    rows = row ? 1 : inputs[0].rows;
    const std::size_t width = row ? inputs[0].rows : inputs[0].width;
    if (auto started = parser.startRows(rows, cells); !started)
        return started;
    if (whole) {
        if (width != features.size())
            return refuse(fmt::format("the model expects {} values a row but got {}",
                                      features.size(), width));
        for (std::size_t i = 0; i < rows * width; ++i) {
            if (auto done = inputs[0].put(json, parser, i, i % width, i / width, cells); !done)
                return done;
        }
        return {};
    }
    if (inputs.size() != features.size())
        return refuse(fmt::format("the model has {} features, but there are {} inputs",
                                  features.size(), inputs.size()));
    const bool byName = std::any_of(inputs.begin(), inputs.end(), [&](const Tensor &input) {
        return parser.indexOf(input.name).has_value();
    });
    std::vector<bool> seen(features.size(), false);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const Tensor &input = inputs[i];
        const auto at = byName ? parser.indexOf(input.name) : Result<std::size_t>(i);
        if (!at)
            return tl::unexpected(at.error());
        if (seen[*at])
            return refuse(fmt::format("input \"{}\" comes twice", input.name));
        seen[*at] = true;
        if (input.width != 1 || input.rows != rows)
            return refuse(fmt::format("input \"{}\" has not one value for each of {} rows",
                                      input.name, rows));
        for (std::size_t r = 0; r < rows; ++r) {
            if (auto done = input.put(json, parser, r, *at, r, cells); !done)
                return done;
        }
    }
    return {};
}

void appendTensor(std::string &out, std::string_view name, std::string_view type,
                  std::string_view shape)
{
    out += "{\"name\":";
    appendJsonString(out, name);
    out += fmt::format(",\"datatype\":\"{}\",\"shape\":{}", type, shape);
}

} // namespace

/// What the request wants of the answer, and how.
Status FormCall::readOutputs(const JsonDocument &json)
{
    const Signature &signature = m_asking.model().signature();
    const bool sure = signature.task == Task::Classification && signature.outputs.size() > 1;
    const bool bytes = isAsked(json, json.root(), "binary_data_output");
    m_probabilities = sure;
    m_binaryLabels = m_binaryProbabilities = bytes;
    const std::uint32_t wanted = json.member(json.root(), "outputs");
    if (wanted == 0 || json.at(wanted).type != JsonType::Array || json.at(wanted).size == 0)
        return {};
    m_labels = m_probabilities = false;
    for (std::uint32_t at = wanted + 1; at < json.at(wanted).end; at = json.at(at).end) {
        const std::uint32_t name = json.member(at, "name");
        const std::string_view text = name != 0 && json.at(name).type == JsonType::String
                                          ? json.at(name).string()
                                          : std::string_view();
        // What is said of one output comes before what is said of all.
        const std::uint32_t parameters = json.member(at, "parameters");
        const bool said = parameters != 0 && json.member(parameters, "binary_data") != 0;
        const bool binary = said ? isAsked(json, at, "binary_data") : bytes;
        if (text == kLabels) {
            m_labels = true;
            m_binaryLabels = binary;
        } else if (text == kProbabilities && sure) {
            m_probabilities = true;
            m_binaryProbabilities = binary;
        } else {
            return fail(ErrorCode::InvalidArgument,
                        fmt::format("the model has no output \"{}\"", text),
                        sure ? "ask for predict or predict_proba" : "ask for predict");
        }
    }
    return {};
}

Status FormCall::askV2(const JsonDocument &json, std::string_view tensors)
{
    const std::uint32_t list = json.member(json.root(), "inputs");
    if (list == 0 || json.at(list).type != JsonType::Array || json.at(list).size == 0)
        return refuse("the body has no list \"inputs\"");
    std::vector<Tensor> inputs;
    for (std::uint32_t at = list + 1; at < json.at(list).end; at = json.at(at).end) {
        auto tensor = readTensor(json, at, tensors);
        if (!tensor)
            return tl::unexpected(tensor.error());
        inputs.push_back(std::move(*tensor));
    }
    if (!tensors.empty())
        return refuse(fmt::format("{} bytes behind the JSON belong to no input", tensors.size()));
    if (auto read = readOutputs(json); !read)
        return read;
    return m_asking.askRows([&](RowParser &parser, auto &cells, auto &rows) {
        return readInputs(json, inputs, parser, cells, rows);
    });
}

std::string FormCall::v2Answer(const JsonDocument &json)
{
    std::string out = "{\"model_name\":";
    std::string behind; // tensors as bytes
    appendJsonString(out, m_named.name);
    out += ",\"model_version\":";
    appendJsonString(out, m_named.version);
    if (const std::uint32_t id = json.member(json.root(), "id");
        id != 0 && json.at(id).type == JsonType::String) {
        out += ",\"id\":";
        appendJsonString(out, json.at(id).string());
    }
    out += ",\"outputs\":[";
    const Model &model = m_asking.model();
    const std::size_t rows = m_asking.rows();
    const bool regression = model.signature().task == Task::Regression;
    const auto sized = [&](std::size_t before) {
        out += fmt::format(",\"parameters\":{{\"binary_data_size\":{}}}}}", behind.size() - before);
    };
    if (m_labels) {
        const std::size_t targets = model.signature().targets();
        appendTensor(out, kLabels, regression ? "FP64" : "BYTES",
                     targets > 1 ? fmt::format("[{},{}]", rows, targets)
                                 : fmt::format("[{}]", rows));
        for (std::size_t row = 0; m_binaryLabels && row < rows; ++row) {
            if (!regression)
                appendElement(behind, m_asking.answer(row));
            for (std::size_t i = 0; i < targets; ++i)
                appendElement(behind, m_asking.numbers(row)[i]);
        }
        if (m_binaryLabels)
            sized(0);
        else
            out += ",\"data\":" + list() + "}";
    }
    if (m_probabilities) {
        out += m_labels ? "," : "";
        const std::size_t before = behind.size();
        appendTensor(out, kProbabilities, "FP64",
                     fmt::format("[{},{}]", rows, model.classNames().size()));
        out += m_binaryProbabilities ? "" : ",\"data\":[";
        for (std::size_t row = 0; row < rows; ++row) {
            for (const double p : m_asking.probabilities(row)) {
                if (m_binaryProbabilities) {
                    appendElement(behind, p);
                    continue;
                }
                out += out.back() != '[' ? "," : "";
                appendJsonFraction(out, p);
            }
        }
        if (m_binaryProbabilities)
            sized(before);
        else
            out += "]}";
    }
    out += "]}";
    m_jsonLength =
        (m_labels && m_binaryLabels) || (m_probabilities && m_binaryProbabilities) ? out.size() : 0;
    return out + behind;
}

std::string_view v2TypeName(const Feature &feature)
{
    return feature.type == FeatureType::Text      ? "BYTES"
           : feature.type == FeatureType::Integer ? "INT64"
                                                  : "FP64";
}

std::string modelJson(const NamedModel &named, const std::vector<std::string> &versions)
{
    const Signature &signature = named.model->signature();
    std::string out = "{\"name\":";
    appendJsonString(out, named.name);
    out += ",\"versions\":[";
    for (const std::string &version : versions) {
        if (out.back() != '[')
            out += ',';
        appendJsonString(out, version);
    }
    out += fmt::format("],\"platform\":\"tepal_{}\",\"inputs\":[", named.model->kind());
    if (signature.isPlain()) {
        appendTensor(out, "input", "FP64", fmt::format("[-1,{}]", signature.features.size()));
        out += '}';
    } else {
        for (const Feature &feature : signature.features) {
            if (out.back() != '[')
                out += ',';
            appendTensor(out, feature.name, v2TypeName(feature), "[-1,1]");
            out += '}';
        }
    }
    out += "],\"outputs\":[";
    appendTensor(out, kLabels, signature.task == Task::Regression ? "FP64" : "BYTES",
                 signature.targets() > 1 ? fmt::format("[-1,{}]", signature.targets()) : "[-1]");
    out += '}';
    if (signature.task == Task::Classification && signature.outputs.size() > 1) {
        out += ',';
        appendTensor(out, kProbabilities, "FP64", fmt::format("[-1,{}]", signature.classes.size()));
        out += '}';
    }
    return out + "]}";
}

std::string modelListJson(const std::vector<ModelEntry> &models)
{
    std::string out = "{\"models\":[";
    for (const ModelEntry &entry : models) {
        if (out.back() != '[')
            out += ',';
        appendJsonString(out, entry.name);
    }
    return out + "]}";
}

} // namespace tepal::serving
