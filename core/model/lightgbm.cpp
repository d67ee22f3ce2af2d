#include "forest_file.h"
#include "limited_json.h"

#include <tepal/base/text.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace tepal {
namespace {

tl::unexpected<Error> damaged(std::string what)
{
    return fail(ErrorCode::Corrupt, "the LightGBM model is damaged: " + std::move(what),
                "save it again with save_model(\"model.txt\")");
}

tl::unexpected<Error> unsupported(std::string what, std::string next)
{
    return fail(ErrorCode::Unsupported, std::move(what), std::move(next));
}

/// Calls back for every piece between `separator`s; pieces that are empty are left out.
template <typename Take>
bool eachPiece(std::string_view text, char separator, Take take)
{
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(separator), text.size());
        if (end > 0 && !take(text.substr(0, end)))
            return false;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return true;
}

template <typename T>
bool numbersOf(std::string_view text, std::vector<T> &out)
{
    out.clear();
    return eachPiece(text, ' ', [&](std::string_view piece) {
        if constexpr (std::is_same_v<T, double>) {
            const auto value = parseDouble(piece);
            out.push_back(value.value_or(0));
            return value.has_value();
        } else {
            const auto value = parseInt64(piece);
            out.push_back(value.value_or(0));
            return value.has_value();
        }
    });
}

struct Objective
{
    std::string_view name;
    ForestLink link;
    Task task;
    bool many = false; ///< An output per class.
};
constexpr Objective kObjectives[] = {
    {"regression", ForestLink::Identity, Task::Regression},
    {"regression_l1", ForestLink::Identity, Task::Regression},
    {"huber", ForestLink::Identity, Task::Regression},
    {"fair", ForestLink::Identity, Task::Regression},
    {"quantile", ForestLink::Identity, Task::Regression},
    {"mape", ForestLink::Identity, Task::Regression},
    {"lambdarank", ForestLink::Identity, Task::Regression},
    {"rank_xendcg", ForestLink::Identity, Task::Regression},
    {"poisson", ForestLink::Exp, Task::Regression},
    {"gamma", ForestLink::Exp, Task::Regression},
    {"tweedie", ForestLink::Exp, Task::Regression},
    {"binary", ForestLink::Sigmoid, Task::Classification},
    {"multiclass", ForestLink::Softmax, Task::Classification, true},
    {"multiclassova", ForestLink::Sigmoid, Task::Classification, true},
    {"cross_entropy", ForestLink::Sigmoid, Task::Regression},
    {"cross_entropy_lambda", ForestLink::LogOnePlusExp, Task::Regression},
};

using Fields = std::map<std::string_view, std::string_view, std::less<>>;

class Reader
{
public:
    explicit Reader(std::string_view text)
        : m_text(text)
    {}

    Result<ForestFile> read()
    {
        for (Status (Reader::*step)() : {&Reader::header, &Reader::objective, &Reader::features,
                                         &Reader::trees, &Reader::pandasCategories}) {
            if (auto done = (this->*step)(); !done)
                return tl::unexpected(done.error());
        }
        return std::move(m_file);
    }

private:
    /// The next line without its end, also where that is Windows'. False at the end.
    bool line(std::string_view &out)
    {
        if (m_at >= m_text.size())
            return false;
        const std::size_t end = std::min(m_text.find('\n', m_at), m_text.size());
        out = m_text.substr(m_at, end - m_at);
        m_at = end + 1;
        if (out.ends_with('\r'))
            out.remove_suffix(1);
        return true;
    }

    static void add(Fields &fields, std::string_view text)
    {
        const std::size_t equals = std::min(text.find('='), text.size());
        fields[text.substr(0, equals)] = text.substr(std::min(equals + 1, text.size()));
    }

    std::string_view field(const Fields &fields, std::string_view name) const
    {
        const auto at = fields.find(name);
        return at == fields.end() ? std::string_view() : at->second;
    }

    Status header()
    {
        std::string_view text;
        if (!line(text) || text != "tree")
            return damaged("it does not begin with \"tree\"");
        while (line(text)) {
            if (text.starts_with("Tree=")) {
                m_at = static_cast<std::size_t>(text.data() - m_text.data());
                break;
            }
            if (text == "end of trees")
                return damaged("it has no trees");
            if (!text.empty())
                add(m_header, text);
        }
        const auto classes = parseInt64(field(m_header, "num_class")).value_or(1);
        const auto each = parseInt64(field(m_header, "num_tree_per_iteration")).value_or(classes);
        const auto last = parseInt64(field(m_header, "max_feature_idx"));
        if (!last || *last < 0 || *last >= kMaxForestFeatures)
            return unsupported("the model does not say how many features it has, or too many",
                               fmt::format("models with 1 to {} can be read", kMaxForestFeatures));
        if (classes < 1 || classes > kMaxForestClasses || each < 1 || each > kMaxForestClasses)
            return unsupported(fmt::format("the model has {} classes", classes),
                               fmt::format("models with up to {} can be read", kMaxForestClasses));
        if (m_header.count("average_output") > 0)
            m_averages = true;
        m_features = static_cast<std::uint32_t>(*last) + 1;
        m_outputs = static_cast<std::uint32_t>(each);
        m_classes = static_cast<std::uint32_t>(classes);
        return {};
    }

    Status objective()
    {
        const std::string_view whole = field(m_header, "objective");
        m_file.objective = toUtf8(utf8Prefix(whole, 100));
        const std::string_view first = whole.substr(0, whole.find(' '));
        const auto known = std::find_if(std::begin(kObjectives), std::end(kObjectives),
                                        [&](const Objective &one) { return one.name == first; });
        if (known == std::end(kObjectives))
            return unsupported(
                first.empty()
                    ? "the model names no objective, so what its values mean is not known"
                    : fmt::format("the objective \"{}\" is not known, so what its values mean is "
                                  "not",
                                  m_file.objective),
                "train with one of LightGBM's own, such as binary, multiclass, regression");
        if (known->many ? m_outputs != m_classes || m_classes < 2 : m_outputs != 1)
            return damaged(fmt::format("{} does not go with {} classes", known->name, m_outputs));
        m_file.link = known->link;
        bool good = eachPiece(whole.substr(first.size()), ' ', [&](std::string_view word) {
            if (word == "sqrt" && known->link == ForestLink::Identity)
                m_file.link = ForestLink::SignedSquare;
            if (!word.starts_with("sigmoid:"))
                return true;
            const auto value = parseDouble(word.substr(8));
            m_file.sigmoid = value.value_or(1);
            return value && std::isfinite(*value) && *value > 0;
        });
        if (!good)
            return damaged("its sigmoid is no positive number");
        Signature &signature = m_file.signature;
        signature.task = known->task;
        signature.outputs = outputNames(signature.task, true);
        if (signature.task == Task::Classification)
            signature.classes = guessedNames("class_", std::max(2u, m_outputs));
        m_file.base.assign(m_outputs, 0.0);
        return {};
    }

    Status features()
    {
        std::vector<std::string> names;
        eachPiece(field(m_header, "feature_names"), ' ', [&](std::string_view name) {
            names.emplace_back(name);
            return true;
        });
        if (!names.empty() && names.size() != m_features)
            return damaged(fmt::format("it names {} features of {}", names.size(), m_features));
        // "Column_0" is what LightGBM calls a column that had no name.
        m_file.namedFeatures = !names.empty();
        for (std::size_t i = 0; i < names.size() && m_file.namedFeatures; ++i)
            m_file.namedFeatures = i > 0 || names[0] != "Column_0";
        if (names.empty())
            names = guessedNames("f", m_features);
        for (std::string &name : names) {
            Feature feature;
            feature.name = std::move(name);
            feature.missing = true;
            m_file.signature.features.push_back(std::move(feature));
        }
        std::size_t at = 0;
        eachPiece(field(m_header, "feature_infos"), ' ', [&](std::string_view info) {
            if (at < m_features)
                range(at++, info);
            return true;
        });
        return {};
    }

    /// `[0.1:2.5]` of numbers, `3:5:0` of categories, `none` of what is the same everywhere.
    void range(std::size_t at, std::string_view info)
    {
        Feature &feature = m_file.signature.features[at];
        if (info == "none")
            return;
        const std::size_t colon = std::min(info.find(':'), info.size());
        if (!info.starts_with('[')) {
            m_categorical.push_back(at);
            feature.sample = parseDouble(info.substr(0, colon)).value_or(0);
            return;
        }
        const auto low = parseDouble(info.substr(1, colon - 1));
        const auto high = info.ends_with(']') && colon + 1 < info.size()
                              ? parseDouble(info.substr(colon + 1, info.size() - colon - 2))
                              : std::nullopt;
        const double middle = low && high ? *low / 2 + *high / 2 : 1;
        // Three digits are enough for an example.
        feature.sample =
            std::isfinite(middle) ? parseDouble(fmt::format("{:.3g}", middle)).value_or(1) : 1;
    }

    Status trees()
    {
        m_file.trees = LightgbmForest(m_features);
        std::string_view text;
        Fields fields;
        std::uint32_t count = 0;
        while (line(text)) {
            const bool end = text == "end of trees";
            if (text.starts_with("Tree=") || end) {
                if (!fields.empty()) {
                    if (auto done = tree(fields, count % m_outputs); !done)
                        return done;
                    ++count;
                }
                fields.clear();
                if (end)
                    m_ended = true;
                if (end)
                    break;
                continue;
            }
            if (!text.empty())
                add(fields, text);
        }
        // Without its last line a file that was cut short looks like a smaller model.
        if (!m_ended)
            return damaged("it is cut short: the line \"end of trees\" is missing");
        if (count == 0 || count % m_outputs != 0)
            return damaged(fmt::format("it has {} trees for {} outputs", count, m_outputs));
        const auto sizes = field(m_header, "tree_sizes");
        std::uint32_t announced = 0;
        eachPiece(sizes, ' ', [&](std::string_view) { return ++announced > 0; });
        if (announced > 0 && announced != count)
            return damaged(fmt::format("it announces {} trees and has {}", announced, count));
        if (m_averages)
            m_file.divisor = count / m_outputs;
        return {};
    }

    Status tree(const Fields &fields, std::uint32_t output)
    {
        if (field(fields, "is_linear") == "1")
            return unsupported("the model has linear trees",
                               "train it without linear_tree, or export it to ONNX");
        const auto leaves = parseInt64(field(fields, "num_leaves"));
        std::vector<double> values;
        if (!leaves || *leaves < 1 || *leaves > static_cast<std::int64_t>(m_text.size()) ||
            !numbersOf(field(fields, "leaf_value"), values) ||
            values.size() != static_cast<std::size_t>(*leaves))
            return damaged("a tree's leaves are not as many as it says");
        const auto inner = static_cast<std::size_t>(*leaves) - 1;
        std::vector<std::int64_t> split;
        std::vector<std::int64_t> decision;
        std::vector<std::int64_t> left;
        std::vector<std::int64_t> right;
        std::vector<double> thresholds;
        if (inner > 0 && !(numbersOf(field(fields, "split_feature"), split) &&
                           numbersOf(field(fields, "decision_type"), decision) &&
                           numbersOf(field(fields, "left_child"), left) &&
                           numbersOf(field(fields, "right_child"), right) &&
                           numbersOf(field(fields, "threshold"), thresholds)))
            return damaged("a tree has something that is no number");
        if (split.size() != inner || decision.size() != inner || left.size() != inner ||
            right.size() != inner || thresholds.size() != inner)
            return damaged("the lists of a tree differ in length");
        std::vector<std::int64_t> boundaries;
        if (auto done = categories(fields, boundaries); !done)
            return done;
        m_nodes.assign(inner + values.size(), {});
        for (std::size_t i = 0; i < inner; ++i) {
            SourceNode<double> &node = m_nodes[i];
            if (decision[i] < 0 || decision[i] > 255 || (decision[i] >> 2 & 3) == 3)
                return damaged("a node decides in no known way");
            node.value = thresholds[i];
            node.feature = split[i] < 0 || split[i] >= m_features
                               ? m_features
                               : static_cast<std::uint32_t>(split[i]);
            node.left = child(left[i], inner);
            node.right = child(right[i], inner);
            node.defaultLeft = (decision[i] & 2) != 0;
            node.missing = static_cast<TreeMissing>(decision[i] >> 2 & 3);
            if (std::isnan(node.value))
                return damaged("a threshold is not a number");
            if ((decision[i] & 1) != 0 && !set(node, boundaries))
                return damaged("a set of categories is not there");
        }
        for (std::size_t i = 0; i < values.size(); ++i) {
            m_nodes[inner + i].leaf = true;
            m_nodes[inner + i].value = values[i];
        }
        return std::get<LightgbmForest>(m_file.trees).addTree(m_nodes, output);
    }

    /// Leaves stand behind the inner nodes; a number below zero is ~leaf.
    static std::uint32_t child(std::int64_t index, std::size_t inner)
    {
        const std::int64_t at = index < 0 ? static_cast<std::int64_t>(inner) + ~index : index;
        return at < 0 || at > 0xFFFFFFFFll || (index >= static_cast<std::int64_t>(inner))
                   ? 0xFFFFFFFFu
                   : static_cast<std::uint32_t>(at);
    }

    Status categories(const Fields &fields, std::vector<std::int64_t> &boundaries)
    {
        std::vector<std::int64_t> words;
        if (!numbersOf(field(fields, "cat_boundaries"), boundaries) ||
            !numbersOf(field(fields, "cat_threshold"), words))
            return damaged("its sets of categories are no numbers");
        auto &all = std::get<LightgbmForest>(m_file.trees).categories;
        m_setsBegin = all.size();
        for (const std::int64_t word : words) {
            if (word < 0 || word > 0xFFFFFFFFll)
                return damaged("its sets of categories are no sets");
            all.push_back(static_cast<std::uint32_t>(word));
        }
        m_setWords = words.size();
        return {};
    }

    bool set(SourceNode<double> &node, const std::vector<std::int64_t> &boundaries) const
    {
        if (!(node.value >= 0 && node.value + 1 < static_cast<double>(boundaries.size())) ||
            node.value != std::trunc(node.value))
            return false;
        const auto at = static_cast<std::size_t>(node.value);
        const std::int64_t begin = boundaries[at];
        const std::int64_t end = boundaries[at + 1];
        if (begin < 0 || end <= begin || end > static_cast<std::int64_t>(m_setWords))
            return false;
        node.categoriesBegin =
            static_cast<std::uint32_t>(m_setsBegin + static_cast<std::size_t>(begin));
        node.categoriesSize = static_cast<std::uint32_t>(end - begin);
        return true;
    }

    /// Columns that were pandas' categories are numbers in the trees: which text is which stands
    /// in the last line, which columns it is of does not.
    Status pandasCategories()
    {
        std::string_view text;
        std::string_view last;
        while (line(text)) {
            if (text.starts_with("pandas_categorical:"))
                last = text.substr(19);
            if (text.starts_with("[categorical_feature: "))
                parameterColumns(text.substr(22));
        }
        if (last.empty() || last == "null" || last == "[]")
            return {};
        const auto lists = parseLimitedJson(last, JsonForm::Text);
        if (!lists || !lists->is_array())
            return damaged("its line pandas_categorical is not JSON");
        std::sort(m_named.begin(), m_named.end());
        const auto &columns = m_named.size() == lists->size() ? m_named : m_categorical;
        if (columns.size() != lists->size())
            return unsupported(
                fmt::format("the model was trained on {} columns of pandas categories, but the "
                            "file does not say which ones",
                            lists->size()),
                "name them when training (categorical_feature=[…]), or train on codes");
        for (std::size_t i = 0; i < columns.size(); ++i) {
            if (auto done = categoriesOf(m_file.signature.features[columns[i]], (*lists)[i]); !done)
                return done;
        }
        return {};
    }

    void parameterColumns(std::string_view text)
    {
        if (text.ends_with(']'))
            text.remove_suffix(1);
        eachPiece(text, ',', [&](std::string_view piece) {
            const auto at = parseInt64(piece);
            if (at && *at >= 0 && *at < m_features)
                m_named.push_back(static_cast<std::size_t>(*at));
            return true;
        });
    }

    Status categoriesOf(Feature &feature, const nlohmann::json &list)
    {
        if (!list.is_array() || list.empty())
            return damaged("a column of pandas categories has none");
        bool texts = false;
        for (const nlohmann::json &one : list) {
            if (one.is_string())
                feature.categories.push_back(one.get<std::string>());
            else if (one.is_number_integer() || one.is_boolean())
                feature.categories.push_back(one.dump());
            else
                return unsupported(fmt::format("the categories of {} are neither texts nor whole "
                                               "numbers",
                                               feature.name),
                                   "train it on texts or codes");
            texts = texts || !one.is_number_integer();
        }
        feature.type = texts ? FeatureType::Text : FeatureType::Integer;
        feature.unknownIsMissing = true; // As LightGBM takes them.
        feature.sample = 0;
        return {};
    }

    std::string_view m_text;
    std::size_t m_at = 0;
    Fields m_header;
    ForestFile m_file;
    std::uint32_t m_features = 0;
    std::uint32_t m_outputs = 1;
    std::uint32_t m_classes = 1;
    bool m_averages = false;
    bool m_ended = false;
    std::size_t m_setsBegin = 0;
    std::size_t m_setWords = 0;
    std::vector<SourceNode<double>> m_nodes;
    std::vector<std::size_t> m_categorical; ///< By their ranges.
    std::vector<std::size_t> m_named;       ///< By the parameters.
};

} // namespace

Result<ForestFile> readLightgbm(std::string_view text)
{
    if (!isUtf8(text))
        return damaged("it is not UTF-8");
    return Reader(text).read();
}

} // namespace tepal
