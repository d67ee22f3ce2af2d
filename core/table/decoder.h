/// Text of any supported encoding as UTF-8. Internal to the room.
#pragma once

#include "input.h"

#include <memory>
#include <string>

namespace tepal::table {

/// Appends `bytes` as UTF-8. What cannot be decoded becomes the byte FF, which no UTF-8 contains,
/// so that the row it stands in is found to be bad later on. Bytes of an unfinished character at
/// the end stay in `bytes` unless it is the last piece.
void decode(std::string &bytes, Encoding encoding, bool last, std::string &out);

/// The rest of an input, decoded. `head` are bytes that were read from it before.
class TextInput
{
public:
    TextInput(std::unique_ptr<Input> input, std::string head, Encoding encoding);
    /// As Input::read.
    Result<std::size_t> read(std::span<char> to);
    std::uint64_t consumed() const { return m_input->consumed(); }

private:
    std::unique_ptr<Input> m_input;
    std::string m_bytes; ///< Read, not decoded yet.
    std::string m_text;  ///< Decoded, not given yet.
    std::size_t m_given = 0;
    Encoding m_encoding;
    bool m_ended = false;
};

} // namespace tepal::table
