#include "leaves.h"

#include <tepal/base/text.h>
#include <tepal/serving/features.h>
#include <tepal/table/json.h>

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace tepal {
namespace {

std::string nextStep(std::size_t expected)
{
    std::string example = "1.0";
    for (std::size_t i = 1; i < expected; ++i)
        example += ", 1.0";
    return fmt::format("send one row of {} finite numbers, like [[{}]]", expected, example);
}

/// Leaves as numbers, named by their place.
class Numbers
{
public:
    explicit Numbers(std::span<double> out)
        : m_out(out)
    {}
    std::size_t expected() const { return m_out.size(); }
    tl::unexpected<Error> refuse(std::string message) const
    {
        return fail(ErrorCode::InvalidArgument, std::move(message), nextStep(m_out.size()));
    }
    Status leaf(const JsonNode &node, std::size_t at)
    {
        double value = 0;
        switch (node.type) {
        case JsonType::Integer:
        case JsonType::Unsigned:
        case JsonType::BigInteger:
        case JsonType::Float:
            value = node.asDouble();
            break;
        case JsonType::Boolean:
            value = node.boolean ? 1 : 0;
            break;
        case JsonType::String: {
            const auto parsed = numberInText(node.string());
            if (!parsed)
                return refuse(fmt::format("value {} is a text that is not a number", at + 1));
            value = *parsed;
            break;
        }
        case JsonType::Null:
            return refuse(fmt::format("value {} is null", at + 1));
        default:
            return refuse(fmt::format("value {} is an object", at + 1));
        }
        if (std::isnan(value))
            return refuse(fmt::format("value {} is NaN", at + 1));
        if (std::isinf(value))
            return refuse(fmt::format("value {} is infinite or too large for a number", at + 1));
        if (at < m_out.size())
            m_out[at] = value;
        return {};
    }

private:
    std::span<double> m_out;
};

} // namespace

std::optional<double> numberInText(std::string_view text)
{
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    text = first == std::string_view::npos
               ? std::string_view()
               : text.substr(first, text.find_last_not_of(" \t\r\n") + 1 - first);
    if (text.starts_with('+') && !text.starts_with("+-"))
        text.remove_prefix(1);
    return parseDouble(text);
}

bool scanFeatures(std::string_view body, std::span<double> out)
{
    const char *at = body.data();
    const char *const end = at + body.size();
    const auto skip = [&] {
        while (at < end && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r'))
            ++at;
    };
    std::size_t open = 0;
    skip();
    // Only openings before the first number, only closings after the last: every nesting with one
    // innermost row. Other nestings are rare enough for the slow way.
    while (at < end && *at == '[') {
        ++at;
        ++open;
        skip();
    }
    if (open == 0 || open > kMaxNesting)
        return false;
    for (std::size_t i = 0; i < out.size(); ++i) {
        if (i > 0) {
            if (at >= end || *at != ',')
                return false;
            ++at;
            skip();
        }
        JsonNode number;
        const std::size_t length =
            parseJsonNumber({at, static_cast<std::size_t>(end - at)}, number);
        if (length == 0)
            return false;
        out[i] = number.asDouble();
        if (!std::isfinite(out[i]))
            return false;
        at += length;
        skip();
    }
    while (open > 0 && at < end && *at == ']') {
        ++at;
        --open;
        skip();
    }
    return open == 0 && at == end;
}

Status parseFeatures(std::string_view body, std::span<double> out)
{
    if (scanFeatures(body, out)) [[likely]]
        return {};
    thread_local JsonDocument json;
    if (auto parsed = json.parse(body); !parsed)
        return fail(ErrorCode::InvalidArgument, parsed.error().message, nextStep(out.size()));
    Numbers numbers(out);
    return Leaves(json, numbers).collect();
}

} // namespace tepal
