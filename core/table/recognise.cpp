// What bytes are that are no text table, and what encoding text is in.

#include "recognise.h"

#include "chars.h"

#include <tepal/base/text.h>

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>

namespace tepal::table {
namespace {

struct Magic
{
    std::size_t offset;
    std::string_view bytes;
    std::string_view name;
};

using namespace std::string_view_literals;

/// From the formats' own documents and the list of file(1).
constexpr std::array kMagics{
    Magic{0, "PAR1"sv, "a Parquet file"},
    Magic{0, "PARE"sv, "an encrypted Parquet file"},
    Magic{0, "ARROW1"sv, "an Arrow file"},
    Magic{0, "FEA1"sv, "a Feather file"},
    Magic{0, "ORC"sv, "an ORC file"},
    Magic{0, "Obj\x01"sv, "an Avro file"},
    Magic{0, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv, "an old Excel workbook"},
    Magic{0, "PK\x03\x04"sv, "a zip archive inside another one"},
    Magic{0, "PK\x05\x06"sv, "an empty zip archive"},
    Magic{0, "SQLite format 3\0"sv, "an SQLite database"},
    Magic{8, "DUCK"sv, "a DuckDB database"},
    Magic{0, "\x89HDF\r\n\x1A\n"sv, "an HDF5 file"},
    Magic{0, "\x93NUMPY"sv, "a NumPy array"},
    Magic{0, "WHY1"sv, "a whylogs profile"},
    Magic{257, "ustar"sv, "a tar archive"},
    Magic{0, "\x1F\x8B"sv, "gzip data (packed twice?)"},
    Magic{0, "\x28\xB5\x2F\xFD"sv, "zstd data (packed twice?)"},
    Magic{0,
          "\xFD"
          "7zXZ\0"sv,
          "xz data (packed twice?)"},
    Magic{0, "BZh91AY"sv, "bzip2 data (packed twice?)"},
    Magic{0, "7z\xBC\xAF\x27\x1C"sv, "a 7-Zip archive"},
    Magic{0, "Rar!\x1A\x07"sv, "a RAR archive"},
    Magic{0, "%PDF-"sv, "a PDF document"},
    Magic{0, "\x89PNG\r\n"sv, "a PNG picture"},
    Magic{0, "\xFF\xD8\xFF"sv, "a JPEG picture"},
    Magic{0, "GIF8"sv, "a GIF picture"},
    Magic{0,
          "\x7F"
          "ELF"sv,
          "a program"},
    Magic{0, "{\\rtf"sv, "an RTF document"},
    Magic{0, "$FL2"sv, "an SPSS file"},
    Magic{0, "<stata_dta>"sv, "a Stata file"},
    Magic{0, "\xFF\xFE\0\0"sv, "text in UTF-32"},
    Magic{0, "\0\0\xFE\xFF"sv, "text in UTF-32"},
};

bool startsWithWord(std::string_view text, std::string_view word)
{
    return text.size() >= word.size() &&
           std::equal(word.begin(), word.end(), text.begin(), [](char w, char c) {
               return w == std::tolower(static_cast<unsigned char>(c));
           });
}

/// What is drawn between the rows of a table for people: `|---|---|`, `---+---`, `=====  ====`.
bool isRule(std::string_view line)
{
    line = trimmed(line, '\r');
    if (line.size() < 3 || line.find_first_not_of("|+-=: ") != line.npos)
        return false;
    const bool framed = line.find_first_of("|+") != line.npos;
    const bool closed = line.front() == '|' && line.back() == '|';
    bool longOne = false;
    std::size_t parts = 0;
    while (!line.empty()) {
        const std::size_t end =
            std::min(framed ? line.find_first_of("|+") : line.find(' '), line.size());
        std::string_view part = trimmed(line.substr(0, end));
        line.remove_prefix(std::min(end + 1, line.size()));
        if (part.empty())
            continue;
        ++parts;
        longOne = longOne || part.size() >= 3;
        if (!framed && part.size() < 3)
            return false;
        if (part.front() == ':')
            part.remove_prefix(1);
        if (part.ends_with(':'))
            part.remove_suffix(1);
        if (part.empty() || part.find_first_not_of(part.front()) != part.npos ||
            (part.front() != '-' && part.front() != '='))
            return false;
    }
    return framed ? longOne || (closed && parts >= 2) : parts >= 2;
}

/// A table as Markdown and the shells of databases show it.
bool isDrawn(std::string_view text)
{
    constexpr int kLines = 6;
    for (const std::string_view corner : {"\u250C", "\u256D", "\u2552", "\u2554"}) {
        if (text.starts_with(corner))
            return true;
    }
    for (int i = 0; i < kLines && !text.empty(); ++i) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        if (isRule(text.substr(0, end)))
            return true;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return false;
}

bool isControl(unsigned char c)
{
    return c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != '\v' && c != 0x1B;
}

/// UTF-16 without a mark: text of the Latin scripts has a zero byte in every unit.
std::optional<Encoding> zeroPattern(std::string_view bytes)
{
    const std::size_t units = std::min<std::size_t>(bytes.size(), 4096) / 2;
    if (units == 0)
        return std::nullopt;
    std::size_t first = 0;
    std::size_t second = 0;
    for (std::size_t i = 0; i < units; ++i) {
        first += bytes[2 * i] == '\0' ? 1 : 0;
        second += bytes[2 * i + 1] == '\0' ? 1 : 0;
    }
    if (10 * second >= 4 * units && 20 * first <= units)
        return Encoding::Utf16Le;
    if (10 * first >= 4 * units && 20 * second <= units)
        return Encoding::Utf16Be;
    return std::nullopt;
}

/// Sequences of several bytes that are right, and bytes that are wrong.
struct Utf8Census
{
    std::size_t right = 0;
    std::size_t wrong = 0;
};

Utf8Census census(std::string_view bytes)
{
    Utf8Census result;
    for (std::size_t i = 0; i < bytes.size();) {
        const std::size_t length = utf8SequenceLength(bytes, i);
        if (length == 0 && bytes.size() - i < 4 && i > 0)
            break; // the beginning was cut inside a character
        result.right += length > 1 ? 1 : 0;
        result.wrong += length == 0 ? 1 : 0;
        i += std::max<std::size_t>(length, 1);
    }
    return result;
}

} // namespace

std::string_view foreignFormat(std::string_view bytes)
{
    for (const Magic &magic : kMagics) {
        if (bytes.size() >= magic.offset && bytes.substr(magic.offset).starts_with(magic.bytes))
            return magic.name;
    }
    if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF"))
        return {};
    if (zeroPattern(bytes))
        return {};
    const auto controls =
        static_cast<std::size_t>(std::count_if(bytes.begin(), bytes.end(), [](char c) {
            return isControl(static_cast<unsigned char>(c));
        }));
    // A few are damage, which is named row by row.
    return controls * 50 > bytes.size() ? "a binary file"sv : ""sv;
}

ForeignText foreignText(std::string_view text)
{
    constexpr std::string_view convert = "convert it to CSV or JSON lines and name that file";
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    for (const std::string_view tag : {"<!doctype html", "<html", "<head", "<body", "<table",
                                       "<meta", "<div", "<script", "<!--"}) {
        if (startsWithWord(text, tag))
            return {"this is an HTML page, not a text table", convert};
    }
    if (startsWithWord(text, "<?xml"))
        return {"this is an XML document, not a text table", convert};
    if (startsWithWord(text, "@relation "))
        return {"this is an ARFF file, not a text table", convert};
    // What stands in a clone for a file that is kept elsewhere.
    if (text.starts_with("version https://git-lfs.github.com/"))
        return {"this is a pointer of Git LFS, not the table that it stands for",
                "get the table with git lfs pull"};
    if (text.starts_with("/annex/objects/"))
        return {"this is a pointer of git-annex, not the table that it stands for",
                "get the table with git annex get"};
    if (text.starts_with("outs:\n- "))
        return {"this is a pointer of DVC, not the table that it stands for",
                "get the table with dvc pull"};
    if (isDrawn(text))
        return {
            "this is a table drawn for people, as Markdown and shells show it, not a text table",
            "write it as CSV and name that file"};
    return {};
}

EncodingFound findEncoding(std::string_view bytes)
{
    if (bytes.starts_with("\xEF\xBB\xBF"))
        return {Encoding::Utf8, 3};
    if (bytes.starts_with("\xFF\xFE"))
        return {Encoding::Utf16Le, 2};
    if (bytes.starts_with("\xFE\xFF"))
        return {Encoding::Utf16Be, 2};
    if (const auto wide = zeroPattern(bytes))
        return {*wide, 0};
    if (isValidUtf8(bytes))
        return {Encoding::Utf8, 0};
    const Utf8Census seen = census(bytes);
    // A few damaged bytes in UTF-8 are named row by row; a text that is no UTF-8 has many of them.
    return {seen.wrong == 0 || seen.right > seen.wrong ? Encoding::Utf8 : Encoding::Windows1252, 0};
}

bool isValidUtf8(std::string_view bytes)
{
    return simdjson::validate_utf8(bytes.data(), bytes.size());
}

} // namespace tepal::table
