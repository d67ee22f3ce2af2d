/// How a table is written down, found out from any bytes. Checked:
/// - finding out ends, and soon: 64 KiB take below two seconds of the processor, instrumented;
/// - it finds the same each time, and the same again when told all that it found;
/// - what is told beforehand is what comes out;
/// - bytes read by what was found out and read by the same told give the same cells, bad rows and
///   report, or the same refusal.
/// The first byte chooses: whether the text is whole, whether bad rows are left out, and with the
/// second one what is told beforehand.
#include "reading.h"

#include <ctime>

using namespace tepal;
using namespace tepal::fuzz;

namespace {

table::DialectOptions told(const Choices &choices)
{
    static constexpr char delimiters[]{',', ';', '\t', '|', ' ', ':', '\0', 'a'};
    table::DialectOptions known;
    if (choices.bit(0, 2))
        known.delimiter = delimiters[choices.at(1) & 7u];
    if (choices.bit(0, 3))
        known.quote = "\"'\0\""[choices.at(1) >> 3 & 3u];
    if (choices.bit(0, 4))
        known.escape = choices.bit(1, 5) ? '\\' : '\0';
    if (choices.bit(0, 5))
        known.decimal = choices.bit(1, 6) ? ',' : '.';
    if (choices.bit(0, 6))
        known.header = choices.bit(1, 7);
    if (choices.bit(0, 7))
        known.skippedLines = choices.at(1) & 3u;
    return known;
}

template <typename T>
bool obeyed(const std::optional<T> &known, T found)
{
    return !known || *known == found;
}

void findOut(std::string_view text, bool whole, const table::DialectOptions &known)
{
    const std::clock_t before = std::clock();
    const table::Dialect dialect = table::findDialect(text, whole, known).dialect;
    require(std::clock() - before < 2 * CLOCKS_PER_SEC, "finding out is quick");
    require(obeyed(known.delimiter, dialect.delimiter) && obeyed(known.quote, dialect.quote) &&
                obeyed(known.escape, dialect.escape) && obeyed(known.decimal, dialect.decimal) &&
                obeyed(known.header, dialect.header) &&
                obeyed(known.skippedLines, dialect.skippedLines),
            "what is told beforehand comes out");
    require(table::findDialect(text, whole, known).dialect == dialect, "the same each time");
    require(table::findDialect(text, whole, table::optionsOf(dialect)).dialect == dialect,
            "the same again when told");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const Choices choices(data, size, 2);
    const std::string_view bytes = choices.rest();
    table::ReadOptions options;
    options.dialect = told(choices);
    findOut(bytes, choices.bit(0, 0), options.dialect);
    if (choices.at(1) == 0xFF) {
        std::string much;
        while (!bytes.empty() && much.size() < (64u << 10))
            much += bytes;
        findOut(much, false, options.dialect);
    }
    options.skipBadRows = choices.bit(0, 1);
    options.blockBytes = 4096;
    const Reading found = read(bytes, options);
    if (!found.dialect)
        return 0;
    options.dialect = table::optionsOf(*found.dialect);
    requireSame(found, read(bytes, options), "the same cells when the dialect is told");
    return 0;
}
