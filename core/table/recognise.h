/// What the first bytes of a table say about its encoding. Internal to the room.
#pragma once

#include <tepal/table/dialect.h>

#include <string_view>

namespace tepal::table {

struct EncodingFound
{
    Encoding encoding = Encoding::Utf8;
    std::size_t markSize = 0; ///< Bytes of the byte order mark.
};

/// By the mark; else by zero bytes (UTF-16); else UTF-8 if that is what it is, apart from a few
/// damaged bytes; else Windows-1252.
EncodingFound findEncoding(std::string_view bytes);

/// Text that is no table though its bytes are text: what it is, and what to do instead.
struct ForeignText
{
    std::string_view what; ///< "this is an HTML page, not a text table"; empty for a table.
    std::string_view next;
};

/// By the beginning of the decoded text.
ForeignText foreignText(std::string_view text);

/// As isUtf8(), many bytes at a time.
bool isValidUtf8(std::string_view bytes);

} // namespace tepal::table
