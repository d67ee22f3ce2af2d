/// Weights that lie in files beside an ONNX model, as PyTorch and MLflow write them.
#pragma once

#include <tepal/base/result.h>

#include <filesystem>
#include <string>
#include <string_view>

namespace tepal::onnx {

/// The model with its weights in itself, as it is served and stored; empty where all are in it
/// already. They are read from `folder` alone: a plain name, no link. Unsupported for names that
/// lead elsewhere and for weights within parts of the graph, NotFound for files that are not there,
/// Corrupt for those that are too short.
Result<std::string> withWeights(std::string_view bytes, const std::filesystem::path &folder);

} // namespace tepal::onnx
