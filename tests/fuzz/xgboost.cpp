// Input: a model's file as XGBoost writes it, JSON or UBJ. One that is taken answers rows of every
// kind.

#include "trees.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    return tepal::fuzz::trees("xgboost", {reinterpret_cast<const char *>(data), size});
}
