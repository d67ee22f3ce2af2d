#include <tepal/base/text.h>
#include <tepal/serving/features.h>
#include <tepal/table/json.h>

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace tepal {
namespace {

constexpr std::size_t kMaxDepth = 32; // numpy's limit on dimensions

std::string nextStep(std::size_t expected)
{
    std::string example = "1.0";
    for (std::size_t i = 1; i < expected; ++i)
        example += ", 1.0";
    return fmt::format("send one row of {} finite numbers, like [[{}]]", expected, example);
}

/// The usual body: arrays of plain numbers. False when anything else turns up, which is then looked
/// at in full.
bool scanNumbers(std::string_view body, std::span<double> out)
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
    if (open == 0 || open > kMaxDepth)
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

/// Collects leaves and checks that sibling arrays are equally long at every depth.
class Leaves
{
public:
    Leaves(const JsonDocument &json, std::span<double> out)
        : m_json(json)
        , m_out(out)
    {}

    Status collect()
    {
        const JsonNode &root = m_json.at(m_json.root());
        if (root.type == JsonType::Object)
            return refuse("the body is a JSON object, not an array");
        if (root.type != JsonType::Array)
            return refuse("the body is a single value, not an array");
        if (auto done = walk(m_json.root(), 0); !done)
            return done;
        if (m_count != m_out.size()) {
            return refuse(
                m_count > m_out.size() && m_count % m_out.size() == 0
                    ? fmt::format("the body holds {} rows, but this route answers one",
                                  m_count / m_out.size())
                    : fmt::format("the model expects {} values but got {}", m_out.size(), m_count));
        }
        return {};
    }

private:
    tl::unexpected<Error> refuse(std::string message) const
    {
        return fail(ErrorCode::InvalidArgument, std::move(message), nextStep(m_out.size()));
    }

    Status walk(std::uint32_t index, std::size_t depth)
    {
        const JsonNode &node = m_json.at(index);
        if (depth >= kMaxDepth)
            return refuse("the nesting is too deep");
        if (m_extent[depth] == 0)
            m_extent[depth] = node.size + std::size_t{1};
        else if (m_extent[depth] != node.size + std::size_t{1})
            return refuse("the nested arrays differ in length");
        for (std::uint32_t at = index + 1; at < node.end; at = m_json.at(at).end) {
            const bool inner = m_json.at(at).type == JsonType::Array;
            if (m_leafDepth != 0 && inner == (depth + 1 == m_leafDepth))
                return refuse("numbers and arrays are mixed");
            if (inner) {
                if (auto done = walk(at, depth + 1); !done)
                    return done;
            } else {
                m_leafDepth = depth + 1;
                if (auto done = leaf(m_json.at(at)); !done)
                    return done;
            }
        }
        return {};
    }

    Status leaf(const JsonNode &node)
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
            std::string_view text = node.string();
            const std::size_t first = text.find_first_not_of(" \t\r\n");
            text = first == std::string_view::npos
                       ? std::string_view()
                       : text.substr(first, text.find_last_not_of(" \t\r\n") + 1 - first);
            if (text.starts_with('+') && !text.starts_with("+-"))
                text.remove_prefix(1);
            const auto parsed = parseDouble(text);
            if (!parsed)
                return refuse(fmt::format("value {} is a text that is not a number", m_count + 1));
            value = *parsed;
            break;
        }
        case JsonType::Null:
            return refuse(fmt::format("value {} is null", m_count + 1));
        default:
            return refuse(fmt::format("value {} is an object", m_count + 1));
        }
        if (std::isnan(value))
            return refuse(fmt::format("value {} is NaN", m_count + 1));
        if (std::isinf(value))
            return refuse(
                fmt::format("value {} is infinite or too large for a number", m_count + 1));
        if (m_count < m_out.size())
            m_out[m_count] = value;
        ++m_count;
        return {};
    }

    const JsonDocument &m_json;
    std::span<double> m_out;
    std::size_t m_count = 0;
    std::size_t m_leafDepth = 0;                   ///< Depth of the leaves; 0 = none seen.
    std::array<std::size_t, kMaxDepth> m_extent{}; ///< Length + 1 of the arrays at a depth.
};

} // namespace

Status parseFeatures(std::string_view body, std::span<double> out)
{
    if (scanNumbers(body, out)) [[likely]]
        return {};
    thread_local JsonDocument json;
    if (auto parsed = json.parse(body); !parsed)
        return fail(ErrorCode::InvalidArgument, parsed.error().message, nextStep(out.size()));
    return Leaves(json, out).collect();
}

} // namespace tepal
