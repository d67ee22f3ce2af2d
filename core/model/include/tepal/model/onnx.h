/// ONNX models: the library that computes them, which is found when it is needed and never linked,
/// and what keeps files from elsewhere in bounds.
#pragma once

#include <tepal/base/result.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tepal {

/// One place that was looked at, and what was wrong there.
struct OnnxRuntimePlace
{
    std::string where; ///< "TEPAL_ONNXRUNTIME", "beside this program", …
    std::string what;  ///< The file or folder.
    std::string why;   ///< Empty for the one that was taken.
};

struct OnnxRuntimeReport
{
    std::filesystem::path file; ///< Empty: none was found.
    std::string version;        ///< "1.30.0"
    std::vector<OnnxRuntimePlace> places;
    /// How to get one, as one sentence; empty when there is one.
    std::string missing;
};

/// Looks for the library as the first ONNX model does.
OnnxRuntimeReport onnxRuntimeReport();

struct OnnxLimits
{
    /// One row, or one batch of rows: a model can be a loop that never ends.
    std::chrono::milliseconds run{10'000};
    /// A file from elsewhere is tried in a process of its own first: this long, with so much
    /// address space.
    std::chrono::milliseconds trial{60'000};
    std::uint64_t trialBytes = 4ull << 30;
    /// The program that tries; empty: `tepal` beside this one.
    std::filesystem::path program;
};

/// Of models that are loaded from then on. The defaults are for everybody but tests.
void setOnnxLimits(const OnnxLimits &limits);
OnnxLimits onnxLimits();

/// Loads what serialize() of an ONNX model gave in a process of its own and lets it answer. The
/// errors are the model's, and Unsupported for one that crashes, takes too long or too much.
Status tryOnnxModel(std::string_view stored);

/// The other end of it, for the program: bounds itself, reads standard input to its end, writes
/// what came of it to standard output.
void answerOnnxTrial(const OnnxLimits &limits);

} // namespace tepal
