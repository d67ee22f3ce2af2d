// Input: a model's file as LightGBM writes it. One that is taken answers rows of every kind.

#include "trees.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    return tepal::fuzz::trees("lightgbm", {reinterpret_cast<const char *>(data), size});
}
