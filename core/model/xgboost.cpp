#include "forest_file.h"
#include "limited_json.h"

#include <tepal/base/text.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tepal {
namespace {

using Json = nlohmann::json;

tl::unexpected<Error> damaged(std::string_view what)
{
    return fail(ErrorCode::Corrupt, fmt::format("the XGBoost model is damaged: {}", what),
                "save it again with save_model(\"model.json\")");
}

tl::unexpected<Error> unsupported(std::string what, std::string next)
{
    return fail(ErrorCode::Unsupported, std::move(what), std::move(next));
}

const Json &member(const Json &object, const char *key)
{
    static const Json none;
    const auto at = object.is_object() ? object.find(key) : object.end();
    return object.is_object() && at != object.end() ? *at : none;
}

/// Numbers stand as texts in parameters.
std::optional<double> parameter(const Json &object, const char *key)
{
    const Json &value = member(object, key);
    if (value.is_number())
        return value.get<double>();
    return value.is_string() ? parseDouble(value.get_ref<const std::string &>()) : std::nullopt;
}

std::optional<std::uint32_t> countOf(const Json &object, const char *key)
{
    const auto value = parameter(object, key);
    if (!value || !(*value >= 0 && *value <= 4e9) || *value != std::trunc(*value))
        return std::nullopt;
    return static_cast<std::uint32_t>(*value);
}

/// What an objective makes of the sum, and what it does to base_score before.
struct Objective
{
    std::string_view name;
    ForestLink link;
    Task task;
};
constexpr Objective kObjectives[] = {
    {"multi:softprob", ForestLink::Softmax, Task::Classification},
    {"multi:softmax", ForestLink::Softmax, Task::Classification},
    {"binary:logistic", ForestLink::Sigmoid, Task::Classification},
    {"reg:logistic", ForestLink::Sigmoid, Task::Regression},
    {"reg:squarederror", ForestLink::Identity, Task::Regression},
    {"reg:linear", ForestLink::Identity, Task::Regression},
    {"reg:squaredlogerror", ForestLink::Identity, Task::Regression},
    {"reg:pseudohubererror", ForestLink::Identity, Task::Regression},
    {"reg:absoluteerror", ForestLink::Identity, Task::Regression},
    {"rank:pairwise", ForestLink::Identity, Task::Regression},
    {"rank:ndcg", ForestLink::Identity, Task::Regression},
    {"rank:map", ForestLink::Identity, Task::Regression},
    {"count:poisson", ForestLink::Exp, Task::Regression},
    {"reg:gamma", ForestLink::Exp, Task::Regression},
    {"reg:tweedie", ForestLink::Exp, Task::Regression},
};

const Objective *findObjective(std::string_view name)
{
    const auto at = std::find_if(std::begin(kObjectives), std::end(kObjectives),
                                 [&](const Objective &one) { return one.name == name; });
    return at == std::end(kObjectives) ? nullptr : at;
}

/// `5E-1`, or `[1E-1,2E-1]`: one for all outputs or one for each.
std::optional<std::vector<float>> baseScores(const Json &value)
{
    std::vector<float> scores;
    if (value.is_number()) {
        scores.push_back(value.get<float>());
        return scores;
    }
    if (!value.is_string())
        return std::nullopt;
    std::string_view text = value.get_ref<const std::string &>();
    if (text.starts_with('[') && text.ends_with(']'))
        text = text.substr(1, text.size() - 2);
    while (true) {
        const std::size_t comma = std::min(text.find(','), text.size());
        std::string_view one = text.substr(0, comma);
        while (one.starts_with(' '))
            one.remove_prefix(1);
        const auto number = parseDouble(one);
        if (!number || !std::isfinite(*number))
            return std::nullopt;
        scores.push_back(static_cast<float>(*number));
        if (comma == text.size())
            return scores;
        text.remove_prefix(comma + 1);
    }
}

float marginOf(float score, ForestLink link)
{
    switch (link) {
    case ForestLink::Sigmoid:
        return -std::log(1.0f / score - 1.0f);
    case ForestLink::Exp:
        return std::log(score);
    default:
        return score;
    }
}

class Reader
{
public:
    explicit Reader(const Json &root)
        : m_learner(member(root, "learner"))
    {}

    Result<ForestFile> read()
    {
        if (auto done = header(); !done)
            return tl::unexpected(done.error());
        if (auto done = names(); !done)
            return tl::unexpected(done.error());
        if (auto done = trees(); !done)
            return tl::unexpected(done.error());
        bestIteration();
        return std::move(m_file);
    }

private:
    Status header()
    {
        const Json &parameters = member(m_learner, "learner_model_param");
        const auto features = countOf(parameters, "num_feature");
        const auto classes = countOf(parameters, "num_class");
        if (!features || !classes)
            return damaged("it does not say how many features and classes it has");
        if (*features == 0 || *features > kMaxForestFeatures)
            return unsupported(fmt::format("the model has {} features", *features),
                               fmt::format("models with 1 to {} can be read", kMaxForestFeatures));
        if (*classes > kMaxForestClasses)
            return unsupported(fmt::format("the model has {} classes", *classes),
                               fmt::format("models with up to {} can be read", kMaxForestClasses));
        if (countOf(parameters, "num_target").value_or(1) > 1)
            return unsupported("the model answers several targets at once",
                               "train one model for each");
        m_features = *features;
        const Json &objective = member(member(m_learner, "objective"), "name");
        m_file.objective = objective.is_string() ? objective.get<std::string>() : std::string();
        m_objective = findObjective(m_file.objective);
        if (m_objective == nullptr)
            return unsupported(
                fmt::format("the objective \"{}\" is not known, so what its values mean is not",
                            utf8Prefix(toUtf8(m_file.objective), 60)),
                "train with one of binary:logistic, multi:softprob, reg:squarederror, "
                "count:poisson, reg:gamma, reg:tweedie");
        const bool many = m_objective->link == ForestLink::Softmax;
        if (many ? *classes < 2 : *classes > 1)
            return damaged(
                fmt::format("{} does not go with {} classes", m_file.objective, *classes));
        m_outputs = many ? *classes : 1;
        return bases(member(parameters, "base_score"));
    }

    Status bases(const Json &score)
    {
        auto scores = baseScores(score);
        if (!scores || (scores->size() != 1 && scores->size() != m_outputs))
            return damaged("its base_score is no number");
        scores->resize(m_outputs, scores->front());
        for (const float one : *scores) {
            const float margin = marginOf(one, m_objective->link);
            if (!std::isfinite(margin))
                return damaged(
                    fmt::format("its base_score {} does not go with {}", one, m_file.objective));
            m_file.base.push_back(margin);
        }
        return {};
    }

    Status names()
    {
        Signature &signature = m_file.signature;
        std::vector<std::string> texts;
        const Json &known = member(m_learner, "feature_names");
        for (const Json &name : known.is_array() ? known : Json::array()) {
            if (!name.is_string())
                return damaged("a feature's name is no text");
            texts.push_back(name.get<std::string>());
        }
        if (!texts.empty() && texts.size() != m_features)
            return damaged(fmt::format("it names {} features of {}", texts.size(), m_features));
        m_file.namedFeatures = !texts.empty();
        if (texts.empty())
            texts = guessedNames("f", m_features);
        for (std::string &name : texts) {
            Feature feature;
            feature.name = std::move(name);
            feature.missing = true;
            signature.features.push_back(std::move(feature));
        }
        m_file.link = m_objective->link;
        signature.task = m_objective->task;
        signature.outputs = outputNames(signature.task, true);
        if (signature.task == Task::Classification)
            signature.classes = guessedNames("class_", std::max<std::size_t>(2, m_outputs));
        return {};
    }

    Status trees()
    {
        const Json &booster = member(m_learner, "gradient_booster");
        const Json &name = member(booster, "name");
        const std::string kind = name.is_string() ? name.get<std::string>() : std::string();
        if (kind != "gbtree" && kind != "dart")
            return kind == "gblinear"
                       ? unsupported("the model is a linear one (gblinear), not of trees",
                                     "export it to ONNX, or train it with booster=\"gbtree\"")
                       : damaged("its booster is none of gbtree and dart");
        const Json &model = member(kind == "dart" ? member(booster, "gbtree") : booster, "model");
        const Json &all = member(model, "trees");
        const Json &info = member(model, "tree_info");
        const Json &weights = member(booster, "weight_drop");
        if (!all.is_array() || !info.is_array() || info.size() != all.size())
            return damaged("it has no list of trees");
        const bool dart = kind == "dart";
        if (dart && (!weights.is_array() || weights.size() != all.size()))
            return damaged("it has not as many weights as trees");
        m_file.trees = XgboostForest(m_features);
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (!info[i].is_number_integer() || (dart && !weights[i].is_number()))
                return damaged("a tree's class or weight is no number");
            const auto output = info[i].get<std::int64_t>();
            if (output < 0 || output >= static_cast<std::int64_t>(m_outputs))
                return damaged(fmt::format("a tree is of class {} of {}", output, m_outputs));
            if (auto done = tree(all[i], static_cast<std::uint32_t>(output),
                                 dart ? weights[i].get<float>() : 1.0f);
                !done)
                return done;
        }
        return {};
    }

    Status tree(const Json &tree, std::uint32_t output, float weight)
    {
        if (countOf(member(tree, "tree_param"), "size_leaf_vector").value_or(0) > 1)
            return unsupported("the model's leaves hold several values (multi_output_tree)",
                               "train it with multi_strategy=\"one_output_per_tree\"");
        const Json &left = member(tree, "left_children");
        const Json &right = member(tree, "right_children");
        const Json &features = member(tree, "split_indices");
        const Json &values = member(tree, "split_conditions");
        const Json &defaults = member(tree, "default_left");
        const Json &types = member(tree, "split_type");
        for (const Json *list : {&left, &right, &features, &values, &defaults}) {
            if (!list->is_array() || list->size() != left.size() || list->empty())
                return damaged("the lists of a tree differ in length");
        }
        m_nodes.resize(left.size());
        for (std::size_t i = 0; i < left.size(); ++i) {
            if (types.is_array() && i < types.size() && types[i] != 0)
                return unsupported("the model has categorical splits",
                                   "train it on codes or one-hot columns, or use LightGBM");
            if (!left[i].is_number_integer() || !right[i].is_number_integer() ||
                !features[i].is_number_integer() || !values[i].is_number() ||
                !(defaults[i].is_boolean() || defaults[i].is_number_integer()))
                return damaged("a node's numbers are none");
            SourceNode<float> &node = m_nodes[i];
            node = {};
            const auto toLeft = left[i].get<std::int64_t>();
            node.leaf = toLeft == -1;
            node.value = values[i].get<float>();
            if (node.leaf) {
                node.value *= weight;
                continue;
            }
            if (std::isnan(node.value))
                return damaged("a threshold is not a number");
            node.left = index(toLeft);
            node.right = index(right[i].get<std::int64_t>());
            node.feature = index(features[i].get<std::int64_t>());
            node.defaultLeft =
                defaults[i].is_boolean() ? defaults[i].get<bool>() : defaults[i] != 0;
        }
        return std::get<XgboostForest>(m_file.trees).addTree(m_nodes, output);
    }

    /// What is no index becomes one that is nowhere.
    static std::uint32_t index(std::int64_t value)
    {
        return value < 0 || value > 0xFFFFFFFFll ? 0xFFFFFFFFu : static_cast<std::uint32_t>(value);
    }

    /// Libraries differ in what they do after early stopping: scikit-learn's wrapper leaves the
    /// later trees out, the booster itself does not.
    void bestIteration()
    {
        const auto best = countOf(member(m_learner, "attributes"), "best_iteration");
        const std::size_t rounds = std::get<XgboostForest>(m_file.trees).trees() / m_outputs;
        if (best && *best + 1u < rounds)
            m_file.notes.push_back(fmt::format(
                "training stopped early: iteration {} of {} was the best; all {} are used, as "
                "Booster.predict() does, while XGBClassifier and XGBRegressor use the first {} "
                "(save booster[:{}] for those)",
                *best, rounds, rounds, *best + 1, *best + 1));
    }

    const Json &m_learner;
    ForestFile m_file;
    const Objective *m_objective = nullptr;
    std::uint32_t m_features = 0;
    std::uint32_t m_outputs = 1;
    std::vector<SourceNode<float>> m_nodes;
};

} // namespace

std::vector<std::string> guessedNames(std::string_view stem, std::size_t count)
{
    std::vector<std::string> names;
    for (std::size_t i = 0; i < count; ++i)
        names.push_back(fmt::format("{}{}", stem, i));
    return names;
}

Result<ForestFile> readXgboost(std::string_view bytes)
{
    // Both begin with a brace; JSON then goes on with a quote, UBJSON with the length of a key.
    const std::size_t first = bytes.find_first_not_of(" \t\r\n", 1);
    const bool text = bytes.starts_with('{') && first != bytes.npos && bytes[first] == '"';
    const auto json = parseLimitedJson(bytes, text ? JsonForm::Text : JsonForm::Ubjson);
    if (!json)
        return damaged(json.error().message);
    if (!member(*json, "learner").is_object())
        return damaged("it has no learner");
    return Reader(*json).read();
}

} // namespace tepal
