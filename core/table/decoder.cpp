#include "decoder.h"

#include <tepal/base/text.h>

#include <algorithm>
#include <array>

namespace tepal::table {
namespace {

constexpr std::size_t kPiece = 256u << 10;
constexpr char kUndecodable = '\xFF';

/// 80 to 9F of Windows-1252; 0 = not assigned (WHATWG Encoding, index windows-1252, of which the
/// five unassigned bytes are taken for damage here).
constexpr std::array<std::uint16_t, 32> kWindows1252{
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

void decodeWindows1252(std::string_view bytes, std::string &out)
{
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        const std::uint32_t code =
            byte >= 0x80 && byte < 0xA0 ? kWindows1252[byte - 0x80u] : std::uint32_t{byte};
        if (byte < 0x80)
            out.push_back(c);
        else if (code == 0)
            out.push_back(kUndecodable);
        else
            appendUtf8(out, code);
    }
}

/// Bytes that were decoded.
std::size_t decodeUtf16(std::string_view bytes, bool bigEndian, bool last, std::string &out)
{
    const auto unitAt = [&](std::size_t i) {
        const auto a = static_cast<unsigned char>(bytes[i]);
        const auto b = static_cast<unsigned char>(bytes[i + 1]);
        return bigEndian ? std::uint32_t{a} << 8 | b : std::uint32_t{b} << 8 | a;
    };
    std::size_t at = 0;
    while (at + 1 < bytes.size()) {
        const std::uint32_t unit = unitAt(at);
        if (unit < 0xD800 || unit > 0xDFFF) {
            appendUtf8(out, unit);
            at += 2;
            continue;
        }
        const bool high = unit < 0xDC00;
        if (high && at + 3 >= bytes.size() && !last)
            break;
        const std::uint32_t low = high && at + 3 < bytes.size() ? unitAt(at + 2) : 0;
        if (low >= 0xDC00 && low <= 0xDFFF) {
            appendUtf8(out, 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
            at += 4;
        } else {
            out.push_back(kUndecodable);
            at += 2;
        }
    }
    if (last && at < bytes.size()) {
        out.push_back(kUndecodable);
        at = bytes.size();
    }
    return at;
}

} // namespace

void decode(std::string &bytes, Encoding encoding, bool last, std::string &out)
{
    switch (encoding) {
    case Encoding::Utf8:
        out += bytes;
        bytes.clear();
        return;
    case Encoding::Windows1252:
        decodeWindows1252(bytes, out);
        bytes.clear();
        return;
    case Encoding::Utf16Le:
    case Encoding::Utf16Be:
        bytes.erase(0, decodeUtf16(bytes, encoding == Encoding::Utf16Be, last, out));
        return;
    }
}

TextInput::TextInput(std::unique_ptr<Input> input, std::string head, Encoding encoding)
    : m_input(std::move(input))
    , m_bytes(std::move(head))
    , m_encoding(encoding)
{}

Result<std::size_t> TextInput::read(std::span<char> to)
{
    if (m_encoding == Encoding::Utf8 && m_bytes.empty())
        return m_input->read(to);
    while (m_given == m_text.size() && !m_ended) {
        m_text.clear();
        m_given = 0;
        if (m_bytes.size() < 4) { // else the head is there
            const std::size_t before = m_bytes.size();
            m_bytes.resize(before + kPiece);
            const auto got = m_input->read(std::span(m_bytes).subspan(before));
            if (!got)
                return tl::unexpected(got.error());
            m_bytes.resize(before + *got);
            m_ended = *got == 0;
        }
        decode(m_bytes, m_encoding, m_ended, m_text);
    }
    const std::size_t size = std::min(to.size(), m_text.size() - m_given);
    std::copy_n(m_text.data() + m_given, size, to.data());
    m_given += size;
    return size;
}

} // namespace tepal::table
