/// Payloads of frames (record.proto).
#pragma once

#include <tepal/base/result.h>
#include <tepal/journal/record.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tepal::journal {

/// What a row record's payload takes, found in one pass over the cells.
struct RowsSize
{
    std::uint64_t payload = 0;
    std::uint64_t text = 0;
    std::uint32_t numbers = 0;
    std::uint32_t strings = 0;
    std::uint32_t lengthBytes = 0; ///< The packed lengths.
    bool tooLong = false;          ///< Some text is longer than kMaxCellText.
};
RowsSize measureRows(std::uint32_t schema, std::uint64_t rows, std::span<const Value> cells);
/// Writes exactly size.payload bytes.
void encodeRows(char *to, const RowsSize &size, std::uint32_t schema, TimeMs time,
                std::uint64_t rows, std::span<const Value> cells);

std::string encodeSchema(std::uint32_t id, const JournalSchema &schema);

/// A decoded payload: a declaration, or rows whose cells were put into the caller's buffer.
struct Decoded
{
    bool isSchema = false;
    std::uint32_t schemaId = 0; ///< Within the segment file.
    JournalSchema schema;       ///< Declarations only.
    TimeMs time = 0;
    std::uint64_t rows = 0;
};
/// False when the payload is not a valid record. `cells` is reused; its texts point into `payload`.
bool decodePayload(std::string_view payload, Decoded &out, std::vector<Value> &cells);

} // namespace tepal::journal
