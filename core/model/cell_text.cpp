#include "cell_text.h"

#include <tepal/base/text.h>

#include <cmath>

namespace tepal {

std::optional<double> numberOf(const Value &value)
{
    switch (value.kind()) {
    case ValueKind::Boolean:
        return value.asBoolean() ? 1 : 0;
    case ValueKind::Integral:
        return static_cast<double>(value.asIntegral());
    case ValueKind::Unsigned:
        return static_cast<double>(value.asNatural());
    case ValueKind::Fractional:
        return value.asFractional();
    default:
        return std::nullopt;
    }
}

bool isWhole(double value)
{
    return value == std::trunc(value) && std::fabs(value) < 9e15;
}

std::string textOf(const Value &value)
{
    if (value.kind() == ValueKind::String)
        return std::string(value.asString());
    if (value.kind() == ValueKind::Boolean)
        return value.asBoolean() ? "True" : "False";
    if (value.kind() == ValueKind::Integral)
        return std::to_string(value.asIntegral());
    const double number = numberOf(value).value_or(0);
    return isWhole(number) ? std::to_string(static_cast<std::int64_t>(number))
                           : formatDouble(number);
}

} // namespace tepal
