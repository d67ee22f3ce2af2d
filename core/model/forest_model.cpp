#include "forest_file.h"
#include "kind_list.h"
#include "signature_json.h"
#include "stored_format.h"

#include <tepal/model/forest_model.h>

#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <cmath>

namespace tepal {
namespace {

constexpr int kFormat = 1;
constexpr std::uint64_t kMaxFileBytes = 512ull << 20;

Result<ForestFile> readFileOf(std::string_view kind, std::string_view bytes)
{
    return kind == "xgboost" ? readXgboost(bytes) : readLightgbm(bytes);
}

std::string packed(std::string_view bytes)
{
    std::string out(ZSTD_compressBound(bytes.size()), '\0');
    const std::size_t size = ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 3);
    if (ZSTD_isError(size))
        return {};
    out.resize(size);
    return out;
}

std::string unpacked(std::string_view bytes)
{
    const unsigned long long size = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
    if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > kMaxFileBytes)
        return {};
    std::string out(static_cast<std::size_t>(size), '\0');
    const std::size_t got = ZSTD_decompress(out.data(), out.size(), bytes.data(), bytes.size());
    if (ZSTD_isError(got) || got != out.size())
        return {};
    return out;
}

/// LightGBM and others write names with "_" for what is no letter.
std::string plainName(std::string_view name)
{
    std::string plain(name);
    for (char &c : plain) {
        const bool kept = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
        c = kept ? c : '_';
    }
    return plain;
}

/// A description in the order of the file's own names.
Result<ImportNames> inFileOrder(const ImportNames &names, const ForestFile &file)
{
    ImportNames ordered = names;
    ordered.described = false;
    std::vector<bool> used(names.features.size(), false);
    for (std::size_t i = 0; i < file.signature.features.size(); ++i) {
        const std::string &own = file.signature.features[i].name;
        std::size_t at = 0;
        while (at < used.size() && (used[at] || plainName(names.features[at]) != plainName(own)))
            ++at;
        if (at == used.size())
            return fail(ErrorCode::InvalidArgument,
                        fmt::format("the model has a feature \"{}\", which the description beside "
                                    "it does not name",
                                    own),
                        "import the model's file alone");
        used[at] = true;
        ordered.features[i] = names.features[at];
        if (!names.types.empty())
            ordered.types[i] = names.types[at];
    }
    return ordered;
}

/// Names that are the file's own in another order would swap columns; others are new names.
Status checkRenaming(const ImportNames &names, ForestFile &file)
{
    const auto own = featureNames(file.signature);
    if (!file.namedFeatures || names.features.empty() || names.features == own)
        return {};
    auto a = own;
    auto b = names.features;
    std::sort(a.begin(), a.end());
    std::sort(b.begin(), b.end());
    if (a == b)
        return fail(ErrorCode::InvalidArgument,
                    "the names given are those of the file in another order, which would swap "
                    "columns",
                    "leave --features away: the file names its features itself");
    file.notes.push_back(fmt::format("the file calls its features {}{}: they are renamed in this "
                                     "order",
                                     own.front(), own.size() > 1 ? ", …, " + own.back() : ""));
    return {};
}

/// Puts what was said in the place of what the file says, or says what was guessed.
Status nameFeatures(const ImportNames &given, ForestFile &file)
{
    auto &features = file.signature.features;
    ImportNames names = given;
    if (auto counted = checkFeatureNames(names, features.size()); !counted)
        return counted;
    if (names.described && file.namedFeatures && !names.features.empty()) {
        auto ordered = inFileOrder(names, file);
        if (!ordered)
            return tl::unexpected(ordered.error());
        names = std::move(*ordered);
    } else if (auto checked = checkRenaming(names, file); !checked) {
        return checked;
    }
    for (std::size_t i = 0; i < names.features.size(); ++i)
        features[i].name = names.features[i];
    for (std::size_t i = 0; i < names.types.size(); ++i) {
        if (!features[i].categories.empty())
            continue;
        if (names.types[i] == FeatureType::Text)
            return fail(ErrorCode::InvalidArgument,
                        fmt::format("{} is said to be text, but the model takes a number for it",
                                    features[i].name));
        features[i].type = names.types[i];
    }
    if (names.features.empty() && !file.namedFeatures)
        file.notes.push_back(fmt::format(
            "the file does not name its features: they are called {}{}; name them in the model's "
            "order with --features",
            features[0].name, features.size() > 1 ? " … " + features.back().name : ""));
    return {};
}

Status nameClasses(const ImportNames &names, ForestFile &file)
{
    auto &classes = file.signature.classes;
    if (names.classes.empty()) {
        if (!classes.empty() && !file.namedClasses)
            file.notes.push_back(fmt::format(
                "the file does not name its classes: they are called {} … {}; name them in the "
                "order of their codes with --classes",
                classes.front(), classes.back()));
        return {};
    }
    if (file.signature.task == Task::Regression)
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("classes were named, but the model is one of regression ({})",
                                file.objective),
                    "leave --classes away");
    if (names.classes.size() != classes.size())
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("{} classes were named, but the model has {}", names.classes.size(),
                                classes.size()),
                    "name every class, in the order of their codes");
    classes = names.classes;
    return {};
}

float link(ForestLink how, float x)
{
    switch (how) {
    case ForestLink::Sigmoid:
        return 1.0f / (1.0f + std::exp(-x) + 1e-16f);
    case ForestLink::Exp:
        return std::exp(x);
    default:
        return x;
    }
}

double link(ForestLink how, double x, double sigmoid)
{
    switch (how) {
    case ForestLink::Sigmoid:
        return 1.0 / (1.0 + std::exp(-sigmoid * x));
    case ForestLink::SignedSquare:
        return x * std::fabs(x);
    case ForestLink::Exp:
        return std::exp(x);
    case ForestLink::LogOnePlusExp:
        return std::log(1.0 + std::exp(x));
    default:
        return x;
    }
}

/// In the order of operations, and in the types, of each library.
template <typename T>
void softmax(std::span<T> values)
{
    T most = values[0];
    for (const T value : values)
        most = std::max(most, value);
    double sum = 0;
    for (T &value : values) {
        value = std::exp(value - most);
        sum += value;
    }
    for (T &value : values)
        value /= static_cast<T>(sum);
}

void finish(const ForestFile &file, std::span<float> sums)
{
    if (file.link == ForestLink::Softmax)
        return softmax(sums);
    for (float &value : sums)
        value = link(file.link, value);
}

void finish(const ForestFile &file, std::span<double> sums)
{
    if (file.divisor != 1) {
        for (double &value : sums)
            value /= file.divisor;
    }
    if (file.link == ForestLink::Softmax)
        return softmax(sums);
    for (double &value : sums)
        value = link(file.link, value, file.sigmoid);
}

} // namespace

ForestModel::~ForestModel() = default;

const Signature &ForestModel::signature() const
{
    return m_file->signature;
}

Result<ImportedModel> ForestModel::import(std::string_view kind, std::string_view bytes,
                                          const ImportNames &names)
{
    auto file = readFileOf(kind, bytes);
    if (!file)
        return tl::unexpected(file.error());
    if (auto done = nameFeatures(names, *file); !done)
        return tl::unexpected(done.error());
    if (auto done = nameClasses(names, *file); !done)
        return tl::unexpected(done.error());
    if (auto checked = checkSignature(file->signature); !checked)
        return tl::unexpected(checked.error());
    std::shared_ptr<ForestModel> model(new ForestModel());
    model->m_name = names.model;
    model->m_kind = kind;
    model->m_packed = packed(bytes);
    if (model->m_packed.empty())
        return fail(ErrorCode::Internal, "the model cannot be compressed");
    model->m_featureNames = tepal::featureNames(file->signature);
    model->m_file = std::make_unique<ForestFile>(std::move(*file));
    return ImportedModel{model, model->m_file->notes};
}

std::string ForestModel::serialize() const
{
    const nlohmann::ordered_json head{
        {"format", kFormat}, {"name", m_name}, {"signature", signatureToJson(signature())}};
    return head.dump() + "\n" + m_packed;
}

Result<ModelPtr> ForestModel::deserialize(std::string_view kind, std::string_view bytes)
{
    const auto corrupt = [] {
        return fail(ErrorCode::Corrupt, "the stored model is damaged", "import it again");
    };
    const std::size_t line = bytes.find('\n');
    if (line == bytes.npos)
        return corrupt();
    ImportNames names;
    Signature stored;
    try {
        const auto head = nlohmann::json::parse(bytes.substr(0, line));
        if (auto known = checkStoredFormat(head, kFormat); !known)
            return tl::unexpected(known.error());
        head.at("name").get_to(names.model);
        stored = signatureFromJson(head.at("signature"));
    } catch (const nlohmann::json::exception &) {
        return corrupt();
    }
    names.features = tepal::featureNames(stored);
    names.classes = stored.classes;
    for (const Feature &feature : stored.features)
        names.types.push_back(feature.type);
    const std::string file = unpacked(bytes.substr(line + 1));
    if (file.empty())
        return corrupt();
    auto model = import(kind, file, names);
    if (!model)
        return tl::unexpected(model.error());
    return std::move(model->model);
}

void ForestModel::evaluate(std::span<const double> row, std::vector<double> &out) const
{
    const ForestFile &file = *m_file;
    out.assign(file.base.begin(), file.base.end());
    if (const auto *trees = std::get_if<XgboostForest>(&file.trees)) {
        thread_local std::vector<float> room;
        thread_local std::vector<float> sums;
        room.resize(trees->slots());
        sums.resize(out.size());
        for (std::size_t i = 0; i < out.size(); ++i)
            sums[i] = static_cast<float>(out[i]);
        trees->addTo(row, room, sums);
        finish(file, std::span<float>(sums));
        std::copy(sums.begin(), sums.end(), out.begin());
        return;
    }
    const auto &trees = std::get<LightgbmForest>(file.trees);
    thread_local std::vector<double> room;
    room.resize(trees.slots());
    trees.addTo(row, room, out);
    finish(file, std::span<double>(out));
}

Status ForestModel::predict(std::span<const double> features, Prediction &out) const
{
    if (auto checked = checkRow(signature(), features); !checked)
        return checked;
    evaluate(features, out.probabilities);
    out.unknownCategories = 0;
    if (signature().task == Task::Regression) {
        out.value = out.probabilities[0];
        out.values.clear();
        out.probabilities.clear();
        out.label = {};
        return {};
    }
    if (out.probabilities.size() == 1) {
        const double second = out.probabilities[0];
        out.probabilities.insert(out.probabilities.begin(), 1 - second);
    }
    const auto most = std::max_element(out.probabilities.begin(), out.probabilities.end());
    out.classIndex = static_cast<std::size_t>(most - out.probabilities.begin());
    out.label = signature().classes[out.classIndex];
    return {};
}

std::size_t ForestModel::trees() const
{
    return std::visit([](const auto &trees) { return trees.trees(); }, m_file->trees);
}

std::vector<std::pair<std::string, std::string>> ForestModel::parameters() const
{
    return {{"objective", m_file->objective}, {"trees", std::to_string(trees())}};
}

namespace {

std::string nothingMissing()
{
    return {};
}

bool looksLikeXgboost(std::string_view bytes)
{
    // The one key of the outermost object that every version writes first.
    return bytes.starts_with('{') && (bytes.substr(0, 64).find("learner") != bytes.npos ||
                                      bytes.substr(0, 4096).find("\"learner\"") != bytes.npos);
}

bool looksLikeLightgbm(std::string_view bytes)
{
    return bytes.starts_with("tree\n") || bytes.starts_with("tree\r\n");
}

} // namespace

const ModelKind kXgboostKind{
    "xgboost",
    "XGBoost (trees)",
    "JSON or UBJ, written by save_model(\"model.json\")",
    &nothingMissing,
    [](std::string_view bytes) { return ForestModel::deserialize("xgboost", bytes); },
    &looksLikeXgboost,
    [](std::string_view bytes, const ImportNames &names) {
        return ForestModel::import("xgboost", bytes, names);
    }};

const ModelKind kLightgbmKind{
    "lightgbm",
    "LightGBM",
    "text, written by save_model(\"model.txt\")",
    &nothingMissing,
    [](std::string_view bytes) { return ForestModel::deserialize("lightgbm", bytes); },
    &looksLikeLightgbm,
    [](std::string_view bytes, const ImportNames &names) {
        return ForestModel::import("lightgbm", bytes, names);
    }};

} // namespace tepal
