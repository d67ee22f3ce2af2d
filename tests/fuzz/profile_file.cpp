/// A profile file: what is read and written again must be read as the same bytes, and everything
/// that is done with a profile must stand it. The last input byte modulo three chooses: a file, a
/// stored column, or a model-performance file.
#include <tepal/profile/file.h>
#include <tepal/profile/performance.h>
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

void performance(const std::string &input)
{
    auto read = parseModelPerformance(input);
    if (!read)
        return;
    require(serializeModelPerformance(*read) == input);
    read->original.clear();
    const std::string written = serializeModelPerformance(*read);
    auto again = parseModelPerformance(written);
    require(again.has_value());
    again->original.clear();
    require(serializeModelPerformance(*again) == written);
    read->merge(*again);
    performanceJson(*read);
    serializeModelPerformance(*read);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size == 0)
        return 0;
    const std::string input(reinterpret_cast<const char *>(data), size - 1);
    switch (data[size - 1] % 3) {
    case 0:
        file(input);
        break;
    case 1:
        column(input);
        break;
    default:
        performance(input);
    }
    return 0;
}
