/// A profile file: what is read and written again must be read as the same bytes, and everything
/// that is done with a profile must stand it. The last input byte being odd reads a stored column
/// instead.
#include <tepal/profile/file.h>
#include <tepal/profile/summary.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

using namespace tepal;

namespace {

void require(bool condition)
{
    if (!condition)
        std::abort();
}

void file(const std::string &input)
{
    auto profile = parseProfile(input);
    if (!profile)
        return;
    const std::string written = serializeProfile(*profile);
    auto again = parseProfile(written);
    require(again.has_value());
    require(again->columns.size() == profile->columns.size());
    require(again->metadata == profile->metadata);
    require(again->segment == profile->segment);
    require(again->datasetTimestamp == profile->datasetTimestamp);
    require(serializeProfile(*again) == written);
    inspectJson(*profile);
    profile->rows();
    profile->merge(*again);
    for (const auto &[name, column] : again->columns) {
        profile->track(name, Value::fractional(0.5));
        profile->track(name, Value::string("text"), Semantics::Row);
    }
    inspectJson(*profile);
    // May fail only where the sum of two counts is more than a reader accepts.
    const auto sum = parseProfile(serializeProfile(*profile));
    require(sum.has_value() || sum.error().code == ErrorCode::Corrupt);
}

void column(const std::string &input)
{
    auto column = parseColumn(input);
    if (!column)
        return;
    const std::string written = serializeColumn(*column);
    const auto again = parseColumn(written);
    require(again.has_value());
    require(serializeColumn(*again) == written);
    column->merge(*again);
    columnSummary(*column);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size == 0)
        return 0;
    const std::string input(reinterpret_cast<const char *>(data), size - 1);
    data[size - 1] % 2 == 0 ? file(input) : column(input);
    return 0;
}
