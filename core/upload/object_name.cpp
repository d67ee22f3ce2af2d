#include <tepal/upload/destination.h>

#include <fmt/format.h>

namespace tepal {
namespace {

constexpr std::size_t kMaxPart = 100;

bool isSafe(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
}

/// A text as part of a file name. What had to be changed gets a piece of its hash, so that two
/// texts never become one name.
std::string safePart(const std::string &text)
{
    std::string part = text.substr(0, kMaxPart);
    for (char &c : part)
        c = isSafe(c) ? c : '_';
    // A leading dot would hide the file, and ".." would leave the folder.
    if (part.empty() || part.front() == '.')
        part = "_" + part;
    if (part != text)
        part.append(1, '-').append(sha256Hex(text), 0, 8);
    return part;
}

} // namespace

std::string uploadObjectName(const ObjectNameParts &parts)
{
    const CivilTime t = toCivil(parts.start);
    const auto date = fmt::format("{:04}-{:02}-{:02}", t.year, t.month, t.day);
    const std::string piece =
        parts.chunkId != 0 ? std::to_string(parts.chunkId) : safePart(parts.subject);
    return fmt::format("{}/{}/{}T{:02}-{:02}-{:02}Z_{}_{}_{}.bin", safePart(parts.dataset), date,
                       date, t.hour, t.minute, t.second, parts.homeId.substr(0, 8), piece,
                       parts.sha256.substr(0, 8));
}

} // namespace tepal
