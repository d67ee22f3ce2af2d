#include "kind_list.h"
#include "onnx_model.h"
#include "stored_format.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace tepal::onnx {
namespace {

constexpr int kFormat = 1;

/// The word in front of a mark: the name of an operator within a sentence.
std::string wordBefore(std::string_view text, std::string_view mark)
{
    const std::size_t at = text.find(mark);
    if (at == text.npos)
        return {};
    const std::size_t before = text.rfind(' ', at == 0 ? 0 : at - 1);
    const std::size_t begin = before == text.npos ? 0 : before + 1;
    return std::string(text.substr(begin, at - begin));
}

std::string wordBehind(std::string_view text, std::string_view mark)
{
    const std::size_t at = text.find(mark);
    if (at == text.npos)
        return {};
    const std::string_view rest = text.substr(at + mark.size());
    return std::string(rest.substr(0, rest.find(' ')));
}

} // namespace

Error explainRefusal(const Error &said, const FileFacts &facts, std::string_view version)
{
    const std::string &message = said.message;
    if (message.find("IR version") != message.npos)
        return {ErrorCode::Unsupported,
                fmt::format("the file has version {} of ONNX's form, which is too new for ONNX "
                            "Runtime {}",
                            facts.irVersion, version),
                "use a newer ONNX Runtime, or export the model with an older opset"};
    if (message.find("opset") != message.npos && message.find("till opset") != message.npos) {
        std::string needs;
        for (const auto &[domain, number] : facts.opsets)
            needs += fmt::format("{}{} of {}", needs.empty() ? "" : ", ", number,
                                 domain.empty() ? "ai.onnx" : domain);
        return {ErrorCode::Unsupported,
                fmt::format("the file needs opset {}, which is too new for ONNX Runtime {}", needs,
                            version),
                "use a newer ONNX Runtime, or export the model with an older opset"};
    }
    if (const std::string locale = wordBehind(message, "Failed to construct locale with name:");
        !locale.empty())
        return {
            ErrorCode::Unsupported,
            fmt::format("the model works on texts in the locale {}, which this machine does not "
                        "have",
                        locale.substr(0, locale.find(':'))),
            fmt::format("install it, on Debian with the package locales-all, or export the "
                        "model without a locale")};
    if (const std::string old = wordBehind(message, "Could not find an implementation for ");
        !old.empty())
        return {ErrorCode::Unsupported,
                fmt::format("the model uses {}, operator and version, which ONNX Runtime {} does "
                            "not compute for these types",
                            old, version),
                "export it with a newer opset, or use another ONNX Runtime"};
    std::string op = wordBefore(message, " is not a registered function/op");
    if (op.empty())
        op = wordBehind(message, "No Op registered for ");
    if (!op.empty())
        return {ErrorCode::Unsupported,
                fmt::format("the model uses the operator {}, which ONNX Runtime {} does not have",
                            op, version),
                "it would need a library of custom operators, which is not loaded; export it with "
                "ONNX's own operators"};
    if (said.code == ErrorCode::Corrupt)
        return {ErrorCode::Corrupt, "this is not an ONNX model, or it is damaged",
                "save the model again"};
    return {ErrorCode::Corrupt, fmt::format("the model cannot be used: {}", message),
            "export it again, or try it with another version of ONNX Runtime"};
}

std::string OnnxModel::packed(std::string_view bytes, const ImportNames &names)
{
    nlohmann::ordered_json types = nlohmann::ordered_json::array();
    for (const FeatureType type : names.types)
        types.push_back(featureTypeName(type));
    const nlohmann::ordered_json head{
        {"format", kFormat},      {"name", names.model},      {"features", names.features},
        {"types", types},         {"classes", names.classes}, {"label", names.label},
        {"scores", names.scores}, {"outputs", names.targets}, {"described", names.described}};
    // What is no UTF-8 is refused as a name, not here.
    std::string out = head.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    out += bytes;
    return out;
}

Result<ModelPtr> OnnxModel::deserialize(std::string_view bytes)
{
    const auto corrupt = [] {
        return fail(ErrorCode::Corrupt, "the stored model is damaged", "import it again");
    };
    const std::size_t line = bytes.find('\n');
    if (line == bytes.npos)
        return corrupt();
    ImportNames names;
    bool oneNumber = false;
    try {
        const auto head = nlohmann::json::parse(bytes.substr(0, line));
        if (auto known = checkStoredFormat(head, kFormat); !known)
            return tl::unexpected(known.error());
        head.at("name").get_to(names.model);
        head.at("features").get_to(names.features);
        head.at("classes").get_to(names.classes);
        head.at("label").get_to(names.label);
        head.at("scores").get_to(names.scores);
        // Stored when only the first of several numbers was answered: so it stays.
        oneNumber = !head.contains("outputs");
        names.targets = head.value("outputs", names.targets);
        names.described = head.value("described", false);
        for (const auto &type : head.at("types")) {
            const auto text = type.get<std::string>();
            names.types.push_back(text == featureTypeName(FeatureType::Text) ? FeatureType::Text
                                  : text == featureTypeName(FeatureType::Integer)
                                      ? FeatureType::Integer
                                      : FeatureType::Number);
        }
    } catch (const nlohmann::json::exception &) {
        return corrupt();
    }
    auto model = open(bytes.substr(line + 1), names, true, oneNumber);
    if (!model)
        return tl::unexpected(model.error());
    return std::move(model->model);
}

namespace {

Result<ImportedModel> import(std::string_view bytes, const ImportNames &names)
{
    if (auto tried = tryOnnxModel(OnnxModel::packed(bytes, names)); !tried)
        return tl::unexpected(tried.error());
    return OnnxModel::open(bytes, names);
}

} // namespace
} // namespace tepal::onnx

namespace tepal {

const ModelKind kOnnxKind{"onnx",
                          "ONNX",
                          ".onnx, by skl2onnx.to_onnx(…), torch.onnx.export(…) and others",
                          [] { return onnxRuntimeReport().missing; },
                          &onnx::OnnxModel::deserialize,
                          &onnx::looksLikeModel,
                          &onnx::import,
                          &tryOnnxModel};

} // namespace tepal
