#include "limited_json.h"

namespace tepal {
namespace {

using Json = nlohmann::json;
using Builder = nlohmann::detail::json_sax_dom_parser<Json>;

/// Builds the document as the library would, and stops where it goes too far. The library's reader
/// of UBJSON calls itself for every level, so the depth must be held while reading.
class LimitedBuilder
{
public:
    LimitedBuilder(Json &out, std::size_t values)
        : m_builder(out, false)
        , m_left(values)
    {}

    bool null() { return count() && m_builder.null(); }
    bool boolean(bool value) { return count() && m_builder.boolean(value); }
    bool number_integer(std::int64_t value) { return count() && m_builder.number_integer(value); }
    bool number_unsigned(std::uint64_t value)
    {
        return count() && m_builder.number_unsigned(value);
    }
    bool number_float(double value, const std::string &text)
    {
        return count() && m_builder.number_float(value, text);
    }
    bool string(std::string &value) { return count() && m_builder.string(value); }
    bool binary(Json::binary_t &value) { return count() && m_builder.binary(value); }
    // What is announced as the size is not believed.
    bool start_object(std::size_t)
    {
        return count() && ++m_depth <= kDepth && m_builder.start_object(kUnknown);
    }
    bool key(std::string &value) { return count() && m_builder.key(value); }
    bool end_object()
    {
        --m_depth;
        return m_builder.end_object();
    }
    bool start_array(std::size_t)
    {
        return count() && ++m_depth <= kDepth && m_builder.start_array(kUnknown);
    }
    bool end_array()
    {
        --m_depth;
        return m_builder.end_array();
    }
    template <typename Exception>
    bool parse_error(std::size_t, const std::string &, const Exception &)
    {
        return false;
    }

private:
    static constexpr int kDepth = 64;
    static constexpr auto kUnknown = static_cast<std::size_t>(-1);

    bool count() { return m_left-- > 0; }

    Builder m_builder;
    std::size_t m_left;
    int m_depth = 0;
};

} // namespace

Result<Json> parseLimitedJson(std::string_view bytes, JsonForm form)
{
    Json json;
    bool read = false;
    try {
        LimitedBuilder builder(json, bytes.size() + 1);
        read = Json::sax_parse(bytes.begin(), bytes.end(), &builder,
                               form == JsonForm::Text ? Json::input_format_t::json
                                                      : Json::input_format_t::ubjson);
    } catch (const std::exception &) {
        // A number in binary that no double holds, for one.
        read = false;
    }
    if (!read)
        return fail(ErrorCode::Corrupt,
                    form == JsonForm::Text ? "the file is not JSON as far as it goes"
                                           : "the file is not UBJSON as far as it goes",
                    "save the model again");
    return json;
}

} // namespace tepal
