#include <tepal/base/text.h>
#include <tepal/base/time.h>
#include <tepal/serving/bodies.h>

#include <cmath>

namespace tepal {

using table::Frame;

namespace {

std::string lowered(std::string text)
{
    for (char &c : text) {
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    }
    return text;
}

bool looksLikeDate(const std::string &column)
{
    const std::string name = lowered(column);
    return name == "date" || name == "datetime" || name == "modified" ||
           name.starts_with("timestamp") || name.ends_with("_at") || name.ends_with("_time");
}

std::optional<double> numberOf(const Value &cell)
{
    switch (cell.kind()) {
    case ValueKind::Integral:
        return static_cast<double>(cell.asIntegral());
    case ValueKind::Fractional:
        return cell.asFractional();
    case ValueKind::Unsigned:
        return static_cast<double>(cell.asNatural());
    case ValueKind::Boolean:
        return cell.asBoolean() ? 1 : 0;
    case ValueKind::String:
        return parseDouble(cell.asString());
    default:
        return std::nullopt;
    }
}

/// Epoch seconds, milliseconds, microseconds or nanoseconds, whichever makes all of them a year
/// before 2262, as milliseconds. Values below one year in seconds are no dates.
std::optional<double> epochScale(double smallest, double largest)
{
    constexpr double kYear = 31'536'000;
    constexpr double kLastSecond = 9'223'372'036;
    if (smallest <= kYear)
        return std::nullopt;
    for (const double perMs : {1e3, 1.0, 1e-3, 1e-6}) {
        if (largest * perMs <= kLastSecond * 1e3)
            return perMs;
    }
    return std::nullopt;
}

bool typeAsDates(Frame &frame, std::size_t column)
{
    std::vector<std::optional<TimeMs>> times(frame.rows);
    double smallest = 1e300;
    double largest = 0;
    bool texts = false;
    bool numbers = false;
    for (std::size_t row = 0; row < frame.rows; ++row) {
        const Value &cell = frame.at(row, column);
        if (cell.isNull())
            continue;
        if (cell.kind() == ValueKind::String) {
            const auto time = parseTime(cell.asString());
            if (!time || parseDouble(cell.asString()))
                return false;
            times[row] = *time;
            texts = true;
        } else if (cell.kind() == ValueKind::Integral || cell.kind() == ValueKind::Fractional) {
            const double value = *numberOf(cell);
            if (!std::isfinite(value))
                return false;
            smallest = std::min(smallest, value);
            largest = std::max(largest, value);
            numbers = true;
        } else {
            return false;
        }
    }
    if (texts == numbers)
        return false;
    const auto scale = numbers ? epochScale(smallest, largest) : std::nullopt;
    if (numbers && !scale)
        return false;
    for (std::size_t row = 0; row < frame.rows; ++row) {
        Value &cell = frame.at(row, column);
        if (cell.isNull())
            continue;
        cell = Value::integral(numbers
                                   ? static_cast<std::int64_t>(std::floor(*numberOf(cell) * *scale))
                                   : *times[row]);
    }
    return true;
}

void typeAsNumbers(Frame &frame, std::size_t column)
{
    bool booleans = true;
    bool integers = true; // as they stand, beyond what a double holds too
    bool whole = true;
    bool missing = false;
    for (std::size_t row = 0; row < frame.rows; ++row) {
        const Value &cell = frame.at(row, column);
        if (cell.isNull()) {
            missing = true;
            continue;
        }
        const auto value = numberOf(cell);
        if (!value)
            return;
        booleans &= cell.kind() == ValueKind::Boolean;
        integers &= cell.kind() == ValueKind::Integral || cell.kind() == ValueKind::Unsigned;
        whole &=
            std::isfinite(*value) && *value == std::trunc(*value) && std::fabs(*value) < 9.2e18;
    }
    if (!missing && (booleans || integers))
        return;
    for (std::size_t row = 0; row < frame.rows; ++row) {
        Value &cell = frame.at(row, column);
        if (cell.isNull())
            continue;
        const double value = *numberOf(cell);
        if (std::isnan(value))
            cell = Value::null();
        else if (whole && !missing)
            cell = Value::integral(static_cast<std::int64_t>(value));
        else
            cell = Value::fractional(value);
    }
}

} // namespace

void typeColumns(Frame &frame)
{
    for (std::size_t column = 0; column < frame.columns.size(); ++column) {
        bool some = false;
        for (std::size_t row = 0; row < frame.rows && !some; ++row)
            some = !frame.at(row, column).isNull();
        if (!some)
            continue;
        if (!looksLikeDate(frame.columns[column]) || !typeAsDates(frame, column))
            typeAsNumbers(frame, column);
    }
}

void typeGaps(Frame &frame)
{
    for (std::size_t column = 0; column < frame.columns.size(); ++column) {
        bool gaps = false;
        bool integers = true;
        for (std::size_t row = 0; row < frame.rows; ++row) {
            gaps = gaps || frame.at(row, column).isNull();
            integers = integers && (frame.at(row, column).isNull() ||
                                    frame.at(row, column).kind() == ValueKind::Integral);
        }
        for (std::size_t row = 0; gaps && integers && row < frame.rows; ++row) {
            Value &cell = frame.at(row, column);
            if (!cell.isNull())
                cell = Value::fractional(static_cast<double>(cell.asIntegral()));
        }
    }
}

} // namespace tepal
