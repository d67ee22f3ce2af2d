/// Delimited text in blocks of several sizes, by one thread. Checked:
/// - blocks of 1, 16 and 4096 bytes give the same: cells, types, names, bad rows with their places
///   and texts, rows, short rows, empty lines, or the same refusal, word by word;
/// - so does reading with the types learned beforehand;
/// - rows are as many as were handed on, bad rows as many as were handed out, and none are left out
///   unasked;
/// - each cell of a block is missing, counted or listed, once.
/// The first byte chooses: whether bad rows are left out, declared types, and from C0 on that the
/// text is repeated until it is longer than what the dialect is found out from (then by blocks of
/// 777 and 1,000 bytes); the second one chooses a dialect that is told.
#include "reading.h"

using namespace tepal;
using namespace tepal::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const Choices choices(data, size, 2);
    table::ReadOptions options;
    options.skipBadRows = choices.bit(0, 0);
    if (choices.bit(0, 1))
        options.types.emplace("a", table::ColumnType::Texts);
    if (choices.bit(0, 2))
        options.types.emplace("b", table::ColumnType::Integers);
    if (choices.bit(0, 3))
        options.types.emplace("c", table::ColumnType::Fractions);
    if (choices.bit(0, 4))
        options.types.emplace("d", table::ColumnType::Booleans);
    options.rawTexts = choices.bit(0, 5);
    options.dialect.format = table::Format::Delimited;
    static constexpr char delimiters[]{',', ';', '\t', '|', ' ', '\0', 'a'};
    if (const unsigned at = choices.at(1) & 7u; at > 0)
        options.dialect.delimiter = delimiters[at - 1];
    if (choices.bit(1, 3))
        options.dialect.escape = '\\';
    if (choices.bit(1, 4))
        options.dialect.header = choices.bit(1, 5);
    if (choices.bit(1, 6))
        options.dialect.quote = choices.bit(1, 7) ? '\'' : '\0';
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
    return 0;
}
