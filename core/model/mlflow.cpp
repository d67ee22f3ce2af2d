#include "mlflow.h"

#include "limited_json.h"

#include <tepal/base/text.h>

#include <fmt/format.h>

#include <set>

namespace tepal {
namespace {

using Fields = std::map<std::string, std::string, std::less<>>;

std::string_view trimmed(std::string_view text)
{
    while (!text.empty() && (text.back() == ' ' || text.back() == '\r' || text.back() == '\t'))
        text.remove_suffix(1);
    const std::size_t first = text.find_first_not_of(" \t");
    return first == text.npos ? std::string_view() : text.substr(first);
}

class YamlReader
{
public:
    explicit YamlReader(std::string_view text)
        : m_text(text)
    {}

    Result<Fields> read()
    {
        Fields fields;
        std::vector<std::pair<std::size_t, std::string>> path;
        std::string_view line;
        while (next(line)) {
            const std::size_t indent = std::min(line.find_first_not_of(' '), line.size());
            std::string_view rest = trimmed(line);
            if (rest.empty() || rest[0] == '#' || rest == "---" || rest[0] == '-')
                continue;
            const std::size_t colon = keyEnd(rest);
            if (colon == rest.npos)
                continue; // The rest of a list or of a block.
            while (!path.empty() && path.back().first >= indent)
                path.pop_back();
            if (path.size() > 16)
                return fail(ErrorCode::Corrupt, "the MLmodel file is nested too deep");
            path.emplace_back(indent, std::string(trimmed(rest.substr(0, colon))));
            rest = trimmed(rest.substr(colon + 1));
            std::string key;
            for (const auto &[at, name] : path)
                key += (key.empty() ? "" : ".") + name;
            if (rest.empty())
                fields[key]; // A mapping follows, or nothing.
            else
                fields[key] = scalar(rest, indent);
        }
        if (fields.empty())
            return fail(ErrorCode::Corrupt, "the MLmodel file holds nothing");
        return fields;
    }

private:
    bool next(std::string_view &line)
    {
        if (m_at >= m_text.size())
            return false;
        const std::size_t end = std::min(m_text.find('\n', m_at), m_text.size());
        line = m_text.substr(m_at, end - m_at);
        m_at = end + 1;
        return true;
    }

    static std::size_t keyEnd(std::string_view line)
    {
        for (std::size_t i = 0; i < line.size(); ++i) {
            if (line[i] == ':' && (i + 1 == line.size() || line[i + 1] == ' '))
                return i;
        }
        return line.npos;
    }

    std::string scalar(std::string_view first, std::size_t indent)
    {
        const char quote = first[0] == '\'' || first[0] == '"' ? first[0] : '\0';
        std::string out;
        std::string_view piece = quote != '\0' ? first.substr(1) : first;
        for (;;) {
            if (quote != '\0' && closes(piece, quote, out))
                return out;
            if (quote == '\0')
                out += piece;
            const std::size_t before = m_at;
            std::string_view line;
            if (!next(line))
                return out;
            const std::size_t deeper = std::min(line.find_first_not_of(' '), line.size());
            // A plain text goes on in lines that stand deeper; one in quotes until they close.
            if (quote == '\0' && (deeper <= indent || trimmed(line).empty() ||
                                  keyEnd(trimmed(line)) != std::string_view::npos)) {
                m_at = before;
                return out;
            }
            piece = trimmed(line);
            if (m_joined)
                m_joined = false;
            else
                out += ' ';
        }
    }

    /// Appends up to the closing quote; false when the line ends before.
    bool closes(std::string_view piece, char quote, std::string &out)
    {
        for (std::size_t i = 0; i < piece.size(); ++i) {
            if (piece[i] == quote) {
                if (quote == '"' || i + 1 >= piece.size() || piece[i + 1] != '\'')
                    return true;
                ++i; // '' within single quotes
            } else if (quote == '"' && piece[i] == '\\') {
                if (i + 1 >= piece.size()) {
                    m_joined = true; // The line goes on without a blank.
                    return false;
                }
                i += escaped(piece.substr(i + 1), out);
                continue;
            }
            out += piece[i];
        }
        return false;
    }

    /// How many characters after the backslash were used.
    static std::size_t escaped(std::string_view text, std::string &out)
    {
        const std::size_t digits = text[0] == 'x' ? 2 : text[0] == 'u' ? 4 : text[0] == 'U' ? 8 : 0;
        if (digits > 0 && text.size() > digits) {
            std::uint32_t code = 0;
            for (std::size_t i = 1; i <= digits; ++i) {
                const char c = text[i];
                const auto digit = c >= '0' && c <= '9'   ? c - '0'
                                   : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                   : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                          : 0;
                code = code * 16 + static_cast<std::uint32_t>(digit);
            }
            appendUtf8(out, code <= 0x10FFFF ? code : 0xFFFD);
            return digits + 1;
        }
        out += text[0] == 'n' ? '\n' : text[0] == 't' ? '\t' : text[0];
        return 1;
    }

    std::string_view m_text;
    std::size_t m_at = 0;
    bool m_joined = false;
};

std::string typeOf(const nlohmann::json &column)
{
    const auto type = column.is_object() ? column.find("type") : column.end();
    return type != column.end() && type->is_string() ? type->get<std::string>() : std::string();
}

/// The columns of `signature.inputs`: JSON within YAML.
Status inputs(std::string_view text, MlflowModel &model)
{
    const auto json = parseLimitedJson(text, JsonForm::Text);
    if (!json || !json->is_array())
        return fail(ErrorCode::Corrupt, "the signature in the MLmodel file is not JSON",
                    "write the model again, or import its file alone and say --features");
    std::set<std::string> lists;
    for (const auto &column : *json) {
        const std::string type = typeOf(column);
        if (type == "tensor") {
            // One array without names.
            model.features.clear();
            model.types.clear();
            return {};
        }
        const auto name = column.find("name");
        if (name == column.end() || !name->is_string()) {
            model.features.clear();
            model.types.clear();
            model.notes.emplace_back("the signature in the MLmodel file does not name its columns");
            return {};
        }
        model.features.push_back(name->get<std::string>());
        if (type == "integer" || type == "long")
            model.types.push_back(FeatureType::Integer);
        else if (type == "string")
            model.types.push_back(FeatureType::Text);
        else
            model.types.push_back(FeatureType::Number);
    }
    return {};
}

/// The columns of `signature.outputs`; none where they have no names or are tensors, which are
/// called as the model calls them.
std::vector<std::string> outputs(std::string_view text)
{
    std::vector<std::string> names;
    const auto json = parseLimitedJson(text, JsonForm::Text);
    if (!json || !json->is_array())
        return names;
    for (const auto &column : *json) {
        const auto name = column.is_object() ? column.find("name") : column.end();
        if (name == column.end() || !name->is_string() || typeOf(column) == "tensor")
            return {};
        names.push_back(name->get<std::string>());
    }
    return names;
}

} // namespace

Result<Fields> parseFlatYaml(std::string_view text)
{
    return YamlReader(text).read();
}

Result<MlflowModel> parseMlflow(std::string_view mlmodel)
{
    const auto fields = parseFlatYaml(mlmodel);
    if (!fields)
        return tl::unexpected(fields.error());
    const auto field = [&](const std::string &key) {
        const auto at = fields->find(key);
        return at == fields->end() ? std::string() : at->second;
    };
    MlflowModel model;
    for (const char *flavor : {"xgboost", "lightgbm", "onnx"}) {
        if (fields->count(fmt::format("flavors.{}", flavor)) == 0)
            continue;
        model.flavor = flavor;
        model.data = field(fmt::format("flavors.{}.data", flavor));
        if (model.data.empty())
            model.data = field("flavors.python_function.data");
    }
    if (model.flavor.empty()) {
        std::string known;
        for (const auto &[key, value] : *fields) {
            if (key.starts_with("flavors.") && key.find('.', 8) == key.npos &&
                key != "flavors.python_function")
                known += (known.empty() ? "" : ", ") + key.substr(8);
        }
        if (known.empty() && fields->count("flavors.python_function") > 0)
            known = "python_function";
        return fail(
            ErrorCode::Unsupported,
            known.empty() ? std::string("the MLmodel file names no flavor")
                          : fmt::format("MLflow models of the flavor {} are not read", known),
            "of MLflow's, xgboost, lightgbm and onnx are; export a scikit-learn model to ONNX "
            "with skl2onnx.to_onnx(model, X[:1])");
    }
    // A file beside, not somewhere else.
    if (model.data.empty() || model.data.find("..") != std::string::npos || model.data[0] == '/')
        return fail(ErrorCode::Corrupt, "the MLmodel file does not say which file is the model",
                    "import that file itself");
    const std::string signature = field("signature.inputs");
    if (!signature.empty() && signature != "null") {
        if (auto done = inputs(signature, model); !done)
            return tl::unexpected(done.error());
    }
    model.outputs = outputs(field("signature.outputs"));
    return model;
}

} // namespace tepal
