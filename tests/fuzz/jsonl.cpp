/// JSON lines in blocks of several sizes, by one thread. Checked:
/// - blocks of 1, 16 and 4096 bytes give the same: cells, types, names, bad rows with their places
///   and texts, rows, or the same refusal, word by word; so does learning the types beforehand;
/// - every line that is accepted is an object for JsonDocument too, and there are as many of them
/// as
///   there are rows;
/// - its values are the same once written and read again, numbers to the bit, and pandas' way of
///   writing it can be read.
/// The first byte chooses: whether bad rows are left out, what becomes of nested values, declared
/// types, and from C0 on that the text is repeated until it is longer than what the encoding is
/// found out from (then by blocks of 777 and 1,000 bytes).
#include "reading.h"

#include <tepal/table/json.h>

#include <bit>
#include <set>

using namespace tepal;
using namespace tepal::fuzz;

namespace {

bool sameValue(const JsonNode &a, const JsonNode &b)
{
    if (a.type != b.type || a.end != b.end)
        return false;
    switch (a.type) {
    case JsonType::Null:
        return true;
    case JsonType::Boolean:
        return a.boolean == b.boolean;
    case JsonType::Integer:
        return a.integer == b.integer;
    case JsonType::Unsigned:
        return a.natural == b.natural;
    case JsonType::Float:
        return (a.number != a.number && b.number != b.number) ||
               std::bit_cast<std::uint64_t>(a.number) == std::bit_cast<std::uint64_t>(b.number);
    case JsonType::BigInteger:
    case JsonType::String:
        return a.string() == b.string();
    case JsonType::Array:
    case JsonType::Object:
        return a.size == b.size;
    }
    return false;
}

void acceptedLine(std::string_view line)
{
    JsonDocument json;
    require(json.parse(line).has_value(), "JsonDocument reads an accepted line");
    require(json.at(0).type == JsonType::Object, "an accepted line is an object");
    std::string written;
    json.write(0, written, false);
    JsonDocument again;
    require(again.parse(written).has_value(), "what was written can be read");
    for (std::uint32_t i = 0; i < json.at(0).end; ++i)
        require(sameValue(json.at(i), again.at(i)), "a value survives writing and reading");
    std::string pandas;
    json.write(0, pandas, true);
    require(again.parse(pandas).has_value(), "what was written as pandas does can be read");
    require(again.at(0).end == json.at(0).end, "pandas' way has as many values");
}

/// The lines of a text that were not handed out as bad ones.
void acceptedLines(std::string_view text, const Reading &reading)
{
    const std::set<std::uint64_t> bad(reading.rejectedLines.begin(), reading.rejectedLines.end());
    std::uint64_t number = 0;
    std::uint64_t accepted = 0;
    if (text.starts_with("\xEF\xBB\xBF"))
        text.remove_prefix(3);
    while (!text.empty()) {
        ++number;
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (bad.contains(number) || line.find_first_not_of(" \t\r") == line.npos)
            continue;
        ++accepted;
        // Exactly as long as the line, so that a sanitizer sees the first byte behind it.
        const std::vector<char> alone(line.begin(), line.end());
        acceptedLine({alone.data(), alone.size()});
    }
    require(accepted == reading.rows(), "every line is a row, a bad one or blank");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const Choices choices(data, size, 1);
    table::ReadOptions options;
    options.skipBadRows = choices.bit(0, 0);
    options.nested = choices.bit(0, 1)   ? table::Nested::Text
                     : choices.bit(0, 2) ? table::Nested::Count
                                         : table::Nested::Flatten;
    if (choices.bit(0, 3))
        options.types.emplace("a", table::ColumnType::Fractions);
    if (choices.bit(0, 4))
        options.types.emplace("b", table::ColumnType::Texts);
    options.dialect.format = table::Format::JsonLines;
    if (choices.bit(0, 5))
        options.dialect.encoding = table::Encoding::Utf8;
    const bool isLong = choices.at(0) >= 0xC0;
    const std::string text = isLong ? repeated(choices.rest()) : std::string(choices.rest());

    options.blockBytes = 4096;
    const Reading large = read(text, options);
    options.blockBytes = isLong ? 1'000 : 16;
    requireSame(large, read(text, options), "the same by blocks of 16 bytes");
    options.learnTypes = true;
    requireSame(large, read(text, options), "the same when the types are learned first");
    options.learnTypes = false;
    options.blockBytes = isLong ? 777 : 1;
    requireSame(large, read(text, options), "the same by blocks of 1 byte");
    if (large.report && large.report->dialect.compression == table::Compression::None &&
        large.report->dialect.encoding == table::Encoding::Utf8)
        acceptedLines(text, large);
    return 0;
}
