/// What an answer costs, by kind of model. Times are per row; a forest of 150 trees is to stay
/// below a microsecond.
#include <tepal/base/random.h>
#include <tepal/model/forest_model.h>
#include <tepal/model/iris.h>

#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using namespace tepal;

constexpr std::size_t kFeatures = 10;
constexpr std::size_t kRows = 4096;

double uniform(SplitMix64 &random)
{
    return static_cast<double>(random.next() >> 11) * 0x1p-53;
}

/// Rows enough that no processor learns the way of each by heart.
const std::vector<double> &rows()
{
    static const std::vector<double> values = [] {
        SplitMix64 random(1);
        std::vector<double> v(kRows * kFeatures);
        for (double &value : v)
            value = uniform(random);
        return v;
    }();
    return values;
}

std::string list(const std::vector<double> &values, const char *separator)
{
    std::string out;
    for (std::size_t i = 0; i < values.size(); ++i) {
        char text[40];
        std::snprintf(text, sizeof text, "%s%.9g", i > 0 ? separator : "", values[i]);
        out += text;
    }
    return out;
}

/// Full trees of the depth, as XGBoost grows them.
std::string xgboost(std::size_t trees, unsigned depth)
{
    SplitMix64 random(2);
    const std::size_t nodes = (std::size_t{2} << depth) - 1;
    std::string all;
    std::vector<double> info;
    for (std::size_t tree = 0; tree < trees; ++tree) {
        std::vector<double> left;
        std::vector<double> right;
        std::vector<double> feature;
        std::vector<double> value;
        std::vector<double> defaults;
        for (std::size_t i = 0; i < nodes; ++i) {
            const bool leaf = 2 * i + 1 >= nodes;
            left.push_back(leaf ? -1.0 : static_cast<double>(2 * i + 1));
            right.push_back(leaf ? -1.0 : static_cast<double>(2 * i + 2));
            feature.push_back(static_cast<double>(random.next() % kFeatures));
            value.push_back(uniform(random));
            defaults.push_back(static_cast<double>(random.next() & 1));
        }
        all += all.empty() ? "" : ",";
        all += "{\"left_children\":[" + list(left, ",") + "],\"right_children\":[" +
               list(right, ",") + "],\"split_indices\":[" + list(feature, ",") +
               "],\"split_conditions\":[" + list(value, ",") + "],\"default_left\":[" +
               list(defaults, ",") + "]}";
        info.push_back(0);
    }
    return "{\"learner\":{\"learner_model_param\":{\"base_score\":\"5E-1\",\"num_class\":\"0\","
           "\"num_feature\":\"" +
           std::to_string(kFeatures) +
           "\"},\"objective\":{\"name\":\"binary:logistic\"},\"gradient_booster\":{\"name\":"
           "\"gbtree\",\"model\":{\"tree_info\":[" +
           list(info, ",") + "],\"trees\":[" + all + "]}}}}";
}

/// Trees of so many leaves, each split where a leaf happened to be, as LightGBM grows them.
std::string lightgbm(std::size_t trees, std::size_t leaves)
{
    SplitMix64 random(3);
    std::string all = "tree\nversion=v3\nnum_class=1\nnum_tree_per_iteration=1\n"
                      "max_feature_idx=" +
                      std::to_string(kFeatures - 1) + "\nobjective=regression\n\n";
    for (std::size_t tree = 0; tree < trees; ++tree) {
        struct Slot
        {
            std::size_t node;
            bool left;
        };
        std::vector<double> left(leaves - 1);
        std::vector<double> right(leaves - 1);
        std::vector<double> feature;
        std::vector<double> threshold;
        std::vector<double> decision(leaves - 1, 8.0);
        std::vector<double> value;
        std::vector<Slot> open{{0, true}, {0, false}};
        for (std::size_t i = 0; i + 1 < leaves; ++i) {
            if (i > 0) {
                const std::size_t at = random.next() % open.size();
                const Slot slot = open[at];
                (slot.left ? left : right)[slot.node] = static_cast<double>(i);
                open[at] = {i, true};
                open.push_back({i, false});
            }
            feature.push_back(static_cast<double>(random.next() % kFeatures));
            threshold.push_back(uniform(random));
        }
        for (std::size_t i = 0; i < open.size(); ++i)
            (open[i].left ? left : right)[open[i].node] = -1.0 - static_cast<double>(i);
        for (std::size_t i = 0; i < leaves; ++i)
            value.push_back(uniform(random));
        all += "Tree=" + std::to_string(tree) + "\nnum_leaves=" + std::to_string(leaves) +
               "\nsplit_feature=" + list(feature, " ") + "\nthreshold=" + list(threshold, " ") +
               "\ndecision_type=" + list(decision, " ") + "\nleft_child=" + list(left, " ") +
               "\nright_child=" + list(right, " ") + "\nleaf_value=" + list(value, " ") + "\n\n";
    }
    return all + "end of trees\n";
}

ModelPtr load(const char *kind, const std::string &bytes)
{
    const auto made = ForestModel::import(kind, bytes, {"bench", {}, {}, {}});
    if (!made) {
        std::fprintf(stderr, "%s\n", made.error().text().c_str());
        std::abort();
    }
    return made->model;
}

void ask(benchmark::State &state, const ModelPtr &model, std::span<const double> all)
{
    Prediction out;
    const std::size_t width = model->signature().features.size();
    std::size_t at = 0;
    for (auto _ : state) {
        if (!model->predict(all.subspan(at, width), out))
            state.SkipWithError("no answer");
        benchmark::DoNotOptimize(out.value);
        at += width;
        if (at + width > all.size())
            at = 0;
    }
}

void xgboost150(benchmark::State &state)
{
    ask(state, load("xgboost", xgboost(150, static_cast<unsigned>(state.range(0)))), rows());
}
BENCHMARK(xgboost150)->ArgName("depth")->Arg(3)->Arg(4)->Arg(6);

void lightgbm150(benchmark::State &state)
{
    ask(state, load("lightgbm", lightgbm(150, static_cast<std::size_t>(state.range(0)))), rows());
}
BENCHMARK(lightgbm150)->ArgName("leaves")->Arg(7)->Arg(15)->Arg(31);

void knnIris(benchmark::State &state)
{
    ask(state, trainIris().value(), irisData().values);
}
BENCHMARK(knnIris);

} // namespace

BENCHMARK_MAIN();
