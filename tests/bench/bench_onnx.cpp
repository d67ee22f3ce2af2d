// What ONNX models cost here, a row: the runtime's own work and ours around it.
//
// Without ONNX Runtime each is skipped.

#include "onnx_files.h"
#include "onnx_model.h"

#include <benchmark/benchmark.h>

using namespace tepal;
namespace made = tepal::test::onnx;

namespace {

ModelPtr open(benchmark::State &state, bool unwrap)
{
    auto model =
        onnx::OnnxModel::open(made::zippedClassifier(false), {"bench", {}, {}, {}}, unwrap);
    if (!model) {
        state.SkipWithError(model.error().text().c_str());
        return nullptr;
    }
    return model->model;
}

void oneRow(benchmark::State &state)
{
    const ModelPtr model = open(state, state.range(0) != 0);
    if (!model)
        return;
    const std::vector<double> row{6.1, 2.8, 4.4, 1.3};
    Prediction out;
    for (auto _ : state) {
        if (!model->predict(row, out))
            state.SkipWithError("refused");
        benchmark::DoNotOptimize(out.classIndex);
    }
}

void thousandRows(benchmark::State &state)
{
    const ModelPtr model = open(state, state.range(0) != 0);
    if (!model)
        return;
    std::vector<double> rows;
    for (int i = 0; i < 4000; ++i)
        rows.push_back(i % 70 / 10.0);
    Predictions out;
    for (auto _ : state) {
        if (!model->predictRows(rows, out))
            state.SkipWithError("refused");
    }
    state.SetItemsProcessed(state.iterations() * 1000);
}

BENCHMARK(oneRow)->ArgName("rewritten")->Arg(1)->Arg(0);
BENCHMARK(thousandRows)->ArgName("rewritten")->Arg(1)->Arg(0);

} // namespace

BENCHMARK_MAIN();
