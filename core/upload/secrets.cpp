#include <tepal/base/paths.h>
#include <tepal/upload/secrets.h>

#include <fmt/format.h>

#include <algorithm>

namespace tepal {

Result<std::optional<std::string>> EnvironmentSecrets::read(std::string_view name) const
{
    std::string value = environment(std::string(name).c_str());
    return value.empty() ? std::nullopt : std::optional(std::move(value));
}

Status EnvironmentSecrets::write(std::string_view name, const std::string &)
{
    return fail(ErrorCode::Unsupported, "secrets are read from the environment only",
                fmt::format("set the variable {}", name));
}

Status EnvironmentSecrets::remove(std::string_view name)
{
    return fail(ErrorCode::Unsupported, "secrets are read from the environment only",
                fmt::format("unset the variable {}", name));
}

Result<std::optional<std::string>> MemorySecrets::read(std::string_view name) const
{
    const std::lock_guard guard(m_mutex);
    const auto found = m_values.find(name);
    return found == m_values.end() ? std::nullopt : std::optional(found->second);
}

Status MemorySecrets::write(std::string_view name, const std::string &value)
{
    const std::lock_guard guard(m_mutex);
    m_values[std::string(name)] = value;
    return {};
}

Status MemorySecrets::remove(std::string_view name)
{
    const std::lock_guard guard(m_mutex);
    m_values.erase(std::string(name));
    return {};
}

Result<std::optional<std::string>> LayeredSecrets::read(std::string_view name) const
{
    auto found = m_environment.read(name);
    return found && *found ? found : m_store.read(name);
}

Status LayeredSecrets::write(std::string_view name, const std::string &value)
{
    return m_store.write(name, value);
}

Status LayeredSecrets::remove(std::string_view name)
{
    return m_store.remove(name);
}

namespace {

int hexDigit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// A text with its percent escapes undone, and where each character of it began.
struct Decoded
{
    std::string text;
    std::vector<std::size_t> starts; ///< One more than characters.
};

Decoded decode(std::string_view text)
{
    Decoded decoded;
    for (std::size_t i = 0; i < text.size();) {
        decoded.starts.push_back(i);
        const bool escaped = text[i] == '%' && i + 2 < text.size() && hexDigit(text[i + 1]) >= 0 &&
                             hexDigit(text[i + 2]) >= 0;
        decoded.text += escaped
                            ? static_cast<char>(hexDigit(text[i + 1]) * 16 + hexDigit(text[i + 2]))
                            : text[i];
        i += escaped ? 3 : 1;
    }
    decoded.starts.push_back(text.size());
    return decoded;
}

} // namespace

void Scrubber::add(std::string secret)
{
    if (!secret.empty())
        m_secrets.push_back(std::move(secret));
}

std::string Scrubber::operator()(std::string_view text) const
{
    if (m_secrets.empty())
        return std::string(text);
    const Decoded decoded = decode(text);
    std::vector<bool> hidden(decoded.text.size());
    for (const std::string &secret : m_secrets) {
        const std::size_t part = std::min(kShortestPart, secret.size());
        for (std::size_t at = 0; at + part <= decoded.text.size(); ++at) {
            if (secret.find(std::string_view(decoded.text).substr(at, part)) != std::string::npos)
                std::fill_n(hidden.begin() + static_cast<std::ptrdiff_t>(at), part, true);
        }
    }
    std::string out;
    for (std::size_t i = 0; i < decoded.text.size(); ++i) {
        if (!hidden[i])
            out += text.substr(decoded.starts[i], decoded.starts[i + 1] - decoded.starts[i]);
        else if (i == 0 || !hidden[i - 1])
            out += "…";
    }
    return out;
}

} // namespace tepal
