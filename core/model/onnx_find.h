/// Where ONNX Runtime may lie.
#pragma once

#include <tepal/model/onnx.h>

#include <optional>

namespace tepal::onnx {

struct Library
{
    const void *const *table = nullptr;
};

class Finder
{
public:
    struct Found
    {
        std::optional<Library> library;
        OnnxRuntimeReport report;
    };
    /// The first file that loads and has the table, in the order that the guide tells. One that
    /// somebody named and that does not load ends the search: another in its place would be a
    /// surprise. Loading the same file again is cheap.
    static Found find();
};

} // namespace tepal::onnx
