#include <tepal/base/random.h>
#include <tepal/model/store.h>

#include <fmt/format.h>

#include <array>
#include <mutex>

namespace tepal {
namespace {

bool isAlnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool isPart(std::string_view part)
{
    if (part.empty() || part.size() > 63 || !isAlnum(part.front()) || !isAlnum(part.back()))
        return false;
    for (const char c : part) {
        if (!isAlnum(c) && c != '-' && c != '.' && c != '_')
            return false;
    }
    return true;
}

} // namespace

Result<ModelTag> parseModelTag(std::string_view text)
{
    std::string lowered(text);
    for (char &c : lowered) {
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    }
    const std::size_t colon = lowered.find(':');
    ModelTag tag{lowered.substr(0, colon), {}};
    bool valid = isPart(tag.name);
    if (colon != std::string::npos) {
        tag.version = lowered.substr(colon + 1);
        valid = valid && isPart(tag.version);
    }
    if (!valid) {
        return fail(ErrorCode::InvalidArgument, fmt::format("\"{}\" is not a model tag", text),
                    "write name or name:version with letters, digits, '.', '_' and '-'");
    }
    if (tag.version == "latest")
        tag.version.clear();
    return tag;
}

std::string makeModelVersion(TimeMs now)
{
    struct State
    {
        std::mutex mutex;
        std::uint64_t lastTicks = 0;
        std::uint64_t node = systemEntropy();
    };
    static State state;
    // 100 ns ticks since 1582-10-15, the epoch of time-based UUIDs (RFC 4122, 4.1.4).
    constexpr std::uint64_t kToUnix = 0x01B21DD213814000ull;
    std::uint64_t ticks = 0;
    std::uint64_t node = 0;
    {
        const std::lock_guard guard(state.mutex);
        ticks = std::max(static_cast<std::uint64_t>(now) * 10'000 + kToUnix, state.lastTicks + 1);
        state.lastTicks = ticks;
        node = state.node;
    }
    // time_low, time_mid, clock sequence with its variant bits, two bytes of the node.
    const std::array<std::uint8_t, 10> bytes{
        static_cast<std::uint8_t>(ticks >> 24),
        static_cast<std::uint8_t>(ticks >> 16),
        static_cast<std::uint8_t>(ticks >> 8),
        static_cast<std::uint8_t>(ticks),
        static_cast<std::uint8_t>(ticks >> 40),
        static_cast<std::uint8_t>(ticks >> 32),
        static_cast<std::uint8_t>(((node >> 24) & 0x3F) | 0x80),
        static_cast<std::uint8_t>(node >> 16),
        static_cast<std::uint8_t>(node >> 8),
        static_cast<std::uint8_t>(node)};
    std::string version;
    std::uint32_t buffer = 0;
    int bits = 0;
    for (const std::uint8_t byte : bytes) {
        buffer = (buffer << 8) | byte;
        for (bits += 8; bits >= 5; bits -= 5)
            version.push_back("abcdefghijklmnopqrstuvwxyz234567"[(buffer >> (bits - 5)) & 31]);
    }
    return version;
}

std::string predictPath(const ModelTag &tag)
{
    return "/v1/models/" + tag.text() + "/predict";
}

} // namespace tepal
