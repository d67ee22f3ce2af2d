/// A table in memory, for looking at what the reader made of it.
#pragma once

#include <tepal/table/reader.h>

#include <map>
#include <string>
#include <vector>

namespace tepal::test {

/// One cell as a text that tells types apart: "i5", "f0.5", "sabc", "bTrue",
/// "u18446744073709551615",
/// "-" for a missing one.
inline std::string cellText(const Value &value)
{
    switch (value.kind()) {
    case ValueKind::Null:
        return "-";
    case ValueKind::Boolean:
        return value.asBoolean() ? "bTrue" : "bFalse";
    case ValueKind::Integral:
        return "i" + std::to_string(value.asIntegral());
    case ValueKind::Unsigned:
        return "u" + std::to_string(value.asNatural());
    case ValueKind::Fractional: {
        char buffer[40];
        std::snprintf(buffer, sizeof buffer, "f%.17g", value.asFractional());
        return buffer;
    }
    case ValueKind::String:
        return "s" + std::string(value.asString());
    case ValueKind::Tensor:
        return "tensor";
    case ValueKind::Object:
        return "object";
    }
    return {};
}

class Collected final : public table::Consumer
{
public:
    std::map<std::string, std::vector<std::string>> cells;
    std::size_t rows = 0;
    int restarts = 0;
    bool canWiden = false;

    bool widen(const std::string &, table::ColumnType, table::ColumnType) override
    {
        return canWiden;
    }
    Status take(table::Block &block) override
    {
        for (const table::Column &column : block.columns) {
            auto &to = cells[column.name];
            to.resize(rows, "-");
            for (const Value &value : column.values)
                to.push_back(cellText(value));
        }
        rows += block.rows;
        for (auto &[name, column] : cells)
            column.resize(rows, "-");
        return {};
    }
    void restart() override
    {
        cells.clear();
        rows = 0;
        ++restarts;
    }
};

} // namespace tepal::test
