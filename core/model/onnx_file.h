/// What is read of an ONNX file by ourselves: enough to know what its columns and classes are
/// called, and what the runtime should not be given. ONNX is protobuf; the numbers of its fields
/// are those of onnx.proto.
#pragma once

#include <tepal/base/result.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tepal::onnx {

struct FileFacts
{
    std::int64_t irVersion = 0;
    std::string producer;
    std::vector<std::pair<std::string, std::int64_t>> opsets; ///< Domain ("" is ai.onnx), version.
    std::size_t nodes = 0;
    /// The classes that nodes and constants list, texts or whole numbers as texts; empty when none
    /// do, or when two lists differ.
    std::vector<std::string> classes;
    /// Something in the graph deals with missing numbers: an imputer, a tree that was taught where
    /// they go.
    bool takesMissing = false;
    /// Inputs of linear models, and how many features their coefficients are for: the runtime does
    /// not look, and would read what lies behind them.
    std::vector<std::pair<std::string, std::size_t>> widths;
    /// Inputs of trees, and how many features they ask for: there may be more behind them.
    std::vector<std::pair<std::string, std::size_t>> leastWidths;
    bool externalData = false; ///< Its weights lie in other files.
};

/// Whether bytes are a protobuf with a graph and a version where ONNX has them.
bool looksLikeModel(std::string_view bytes);

/// Corrupt for what is no ONNX model or is cut short.
Result<FileFacts> readFacts(std::string_view bytes);

/// scikit-learn's converter wraps scores as a list of maps, which cost more to read than the model
/// to compute. Where that is the last step, it can go, and the scores are a tensor.
struct Unwrapped
{
    std::string output; ///< The output as it was called.
    std::string tensor; ///< What takes its place.
    std::vector<std::string> classes;
};
struct Rewritten
{
    std::string bytes; ///< Empty: nothing to unwrap, or something about the graph surprises.
    std::vector<Unwrapped> unwrapped;
};
/// `doubles`: the scores are declared as double; a file says only in its graph which they are.
Rewritten withoutMaps(std::string_view bytes, bool doubles = false);

} // namespace tepal::onnx
