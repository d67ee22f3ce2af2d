// Input: a schema as a text. One that is accepted is written and read again, and its conditions are
// asked about values of every kind.

#include <tepal/profile/file.h>
#include <tepal/profile/schema.h>

#include <cstdlib>
#include <limits>
#include <string>

using namespace tepal;

namespace {

void require(bool condition)
{
    if (!condition)
        std::abort();
}

void ask(const ColumnSchemaPtr &schema)
{
    static const std::string longText(50'000, 'a');
    const std::vector<Value> values{Value::null(),
                                    Value::boolean(true),
                                    Value::integral(0),
                                    Value::integral(std::numeric_limits<std::int64_t>::min()),
                                    Value::fractional(-0.0),
                                    Value::fractional(std::numeric_limits<double>::quiet_NaN()),
                                    Value::fractional(std::numeric_limits<double>::infinity()),
                                    Value::string(""),
                                    Value::string("1"),
                                    Value::string("\xff\xc3\x28"),
                                    Value::string("Änne, aaab"),
                                    Value::string(longText),
                                    Value::tensor(),
                                    Value::object()};
    auto column = ColumnProfile::forFirstValue(ValueKind::String, Semantics::Table, schema);
    ColumnProfile single = column;
    column.trackBatch(values);
    for (const Value &value : values)
        single.track(value);
    require(column.conditions == single.conditions);
    if (!column.conditions)
        return;
    require(column.conditions->total == 11);
    for (const auto &[name, met] : column.conditions->matches)
        require(met >= 0 && met <= 11);
    const auto read = parseColumn(serializeColumn(column));
    require(read && read->conditions == column.conditions);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const auto schema = parseSchema({reinterpret_cast<const char *>(data), size});
    if (!schema) {
        require(!schema.error().message.empty() && !schema.error().next.empty());
        return 0;
    }
    const auto text = formatSchema(*schema);
    require(text.has_value());
    const auto again = parseSchema(*text);
    require(again.has_value());
    require(formatSchema(*again).value() == *text);
    for (const auto &[name, column] : schema->byName)
        ask(column);
    for (const auto &[kind, column] : schema->byType)
        ask(column);
    return 0;
}
