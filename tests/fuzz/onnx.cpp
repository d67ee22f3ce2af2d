// Input: an ONNX file. What is read of it by ourselves, and rewritten, before a runtime sees it.

#include "onnx_file.h"

#include <cstdlib>

namespace {

void require(bool condition)
{
    if (!condition)
        std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    using namespace tepal::onnx;
    const std::string_view bytes(reinterpret_cast<const char *>(data), size);
    const auto facts = readFacts(bytes);
    require(!facts || looksLikeModel(bytes));
    const auto rewritten = withoutMaps(bytes);
    require(rewritten.bytes.empty() == rewritten.unwrapped.empty());
    if (rewritten.bytes.empty())
        return 0;
    // What was rewritten is as much of a model as it was, and has nothing left to rewrite.
    require(looksLikeModel(rewritten.bytes) == looksLikeModel(bytes));
    require(withoutMaps(rewritten.bytes).bytes.empty());
    const auto again = readFacts(rewritten.bytes);
    // What was damaged may have gone with the maps.
    require(again.has_value() || !facts.has_value());
    if (facts)
        require(again->nodes + rewritten.unwrapped.size() == facts->nodes &&
                again->classes == facts->classes);
    return 0;
}
