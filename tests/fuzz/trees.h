/// What the two targets of trees do with a file once it could be read.
#pragma once

#include <tepal/model/forest_model.h>

#include <cstdlib>
#include <limits>

namespace tepal::fuzz {

inline void require(bool condition)
{
    if (!condition)
        std::abort();
}

/// Import; what is taken answers rows of every kind, and the same once stored and loaded.
inline int trees(const char *kind, std::string_view bytes)
{
    const auto made = ForestModel::import(kind, bytes, {"fuzzed", {}, {}, {}});
    if (!made) {
        require(!made.error().message.empty());
        return 0;
    }
    const Model &model = *made->model;
    const auto again = loadModel(kind, model.serialize());
    require(again.has_value() && (*again)->signature() == model.signature());
    constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
    for (const double value : {kNaN, 0.0, -1.5, 1e-36, 3.0, 1e300, -1e300, 4e9}) {
        std::vector<double> row(model.signature().features.size(), value);
        Prediction a;
        Prediction b;
        const auto first = model.predict(row, a);
        require(first.has_value() == (*again)->predict(row, b).has_value());
        if (!first)
            continue;
        require(a.classIndex == b.classIndex && a.label == b.label);
        require(model.signature().task == Task::Regression ||
                a.classIndex < model.classNames().size());
    }
    std::vector<Value> texts(model.signature().features.size(), Value::string("a"));
    Prediction out;
    std::ignore = model.predictValues(texts, out);
    return 0;
}

} // namespace tepal::fuzz
