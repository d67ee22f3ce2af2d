#include "model_forms.h"

#include <fmt/format.h>

#include <charconv>

namespace tepal::serving {
namespace {

tl::unexpected<Error> refuse(std::string message, std::string next)
{
    return fail(ErrorCode::InvalidArgument, std::move(message), std::move(next));
}

/// The member that holds the rows of an MLflow call: exactly one of four.
Result<std::uint32_t> mlflowRows(const JsonDocument &json)
{
    constexpr std::string_view kNext =
        "send {\"dataframe_split\": {\"columns\": […], \"data\": [[…]]}}, or one of "
        "dataframe_records, instances and inputs";
    std::uint32_t found = 0;
    for (const char *key : {"dataframe_split", "dataframe_records", "instances", "inputs"}) {
        const std::uint32_t at = json.member(json.root(), key);
        if (at != 0 && found != 0)
            return refuse("the body holds rows more than once", std::string(kNext));
        found = at != 0 ? at : found;
    }
    if (found == 0)
        return refuse("the body holds no rows in a form that MLflow knows", std::string(kNext));
    return found;
}

/// "007" is a text where the model takes texts, whatever else the column holds.
std::vector<std::string> textFeatures(const Signature &signature)
{
    std::vector<std::string> names;
    for (const Feature &feature : signature.features) {
        if (feature.type == FeatureType::Text)
            names.push_back(feature.name);
    }
    return names;
}

/// Rows of a table that came as CSV or JSON lines, by names.
Status tableRows(const table::Frame &frame, RowParser &parser, std::vector<Value> &cells,
                 std::size_t &rows)
{
    std::vector<Value> row;
    rows = frame.rows;
    if (auto started = parser.startRows(rows, cells); !started)
        return started;
    const std::size_t width = parser.signature().features.size();
    for (std::size_t i = 0; i < rows; ++i) {
        if (auto done = parser.named(frame, i, row); !done)
            return rows == 1 ? done : Status(failWith(fmt::format("row {}", i + 1), done.error()));
        std::copy(row.begin(), row.end(), cells.begin() + static_cast<std::ptrdiff_t>(i * width));
    }
    return {};
}

} // namespace

Form formOf(Route route)
{
    switch (route) {
    case Route::NamedBatch:
        return Form::Batch;
    case Route::NamedInstances:
    case Route::ModelStatus:
    case Route::Models:
        return Form::Instances;
    case Route::Invocations:
        return Form::MlFlow;
    case Route::V2Infer:
    case Route::V2VersionInfer:
    case Route::V2Model:
    case Route::V2Version:
    case Route::V2ModelReady:
    case Route::V2VersionReady:
        return Form::V2;
    default:
        return Form::Text;
    }
}

Status FormCall::ask(const FormBody &body, JsonDocument &json)
{
    if (m_form == Form::Text)
        return m_asking.ask(body.bytes);
    if (m_form == Form::Batch || m_form == Form::MlFlow) {
        const auto texts = textFeatures(m_asking.model().signature());
        if (auto table = readRows(body.bytes, body.contentType, table::Nested::Flatten, texts)) {
            if (!*table)
                return tl::unexpected(table->error());
            m_table = std::move(**table);
            return m_asking.askRows([&](RowParser &parser, auto &cells, auto &rows) {
                return tableRows(*m_table, parser, cells, rows);
            });
        }
    }
    std::size_t length = body.bytes.size();
    if (m_form == Form::V2 && !body.jsonLength.empty()) {
        const std::string_view text = body.jsonLength;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
        if (error != std::errc() || end != text.data() + text.size() || length > body.bytes.size())
            return refuse("Inference-Header-Content-Length is no length within the body",
                          "send the number of bytes of JSON before the tensors");
    }
    if (auto parsed = json.parse(body.bytes.substr(0, length)); !parsed)
        return refuse(parsed.error().message,
                      m_form == Form::V2 ? "send JSON, and Inference-Header-Content-Length where "
                                           "tensors follow it"
                                         : "send JSON");
    return m_form == Form::V2 ? askV2(json, body.bytes.substr(length)) : askJson(json);
}

Status FormCall::askJson(const JsonDocument &json)
{
    std::uint32_t rows = json.root();
    if (m_form == Form::Instances) {
        rows = json.member(json.root(), "instances");
        if (rows == 0 || json.at(rows).type != JsonType::Array)
            return refuse("the body has no list \"instances\"", "send {\"instances\": [[…], …]}");
    } else if (m_form == Form::MlFlow) {
        const auto found = mlflowRows(json);
        if (!found)
            return tl::unexpected(found.error());
        rows = *found;
    }
    return m_asking.askRows([&](RowParser &parser, auto &cells, auto &count) {
        return parser.parseRows(json, rows, cells, count);
    });
}

std::string FormCall::list()
{
    std::string out = "[";
    for (std::size_t row = 0; row < m_asking.rows(); ++row) {
        if (row > 0)
            out += ',';
        m_asking.appendAnswer(row, out);
    }
    return out + "]";
}

std::string FormCall::answer(const JsonDocument &json)
{
    switch (m_form) {
    case Form::Text:
        return std::string(m_asking.answer());
    case Form::Batch:
        return list();
    case Form::Instances:
    case Form::MlFlow:
        return "{\"predictions\":" + list() + "}";
    case Form::V2:
        break;
    }
    return v2Answer(json);
}

std::optional<std::string> formError(Form form, const Error &error)
{
    std::string text;
    const std::string said = error.text();
    switch (form) {
    case Form::Text:
    case Form::Batch:
        return std::nullopt;
    case Form::Instances:
    case Form::V2:
        text = "{\"error\":";
        appendJsonString(text, said);
        break;
    case Form::MlFlow:
        text = fmt::format("{{\"error_code\":\"{}\",\"message\":",
                           error.code == ErrorCode::NotFound          ? "RESOURCE_DOES_NOT_EXIST"
                           : error.code == ErrorCode::InvalidArgument ? "BAD_REQUEST"
                                                                      : "INTERNAL_ERROR");
        appendJsonString(text, said);
        break;
    }
    return text + "}";
}

} // namespace tepal::serving
