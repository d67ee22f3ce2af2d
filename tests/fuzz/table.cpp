/// CSV and JSONL tables. The bits of the first byte choose: format, semantics, segments, strict.
#include <tepal/base/log.h>
#include <tepal/profile/file.h>
#include <tepal/profile/table.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#ifdef _WIN32
#include <process.h>
#else
#include <unistd.h>
#endif

using namespace tepal;

namespace {

void require(bool condition)
{
    if (!condition)
        std::abort();
}

const std::filesystem::path &scratch()
{
    static const std::filesystem::path path = [] {
        setLogLevel(LogLevel::Error);
        return std::filesystem::temp_directory_path() /
               ("tepal-fuzz-table-" + std::to_string(::getpid()));
    }();
    return path;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size == 0)
        return 0;
    {
        std::ofstream file(scratch(), std::ios::binary | std::ios::trunc);
        file.write(reinterpret_cast<const char *>(data) + 1,
                   static_cast<std::streamsize>(size - 1));
    }
    const unsigned choice = data[0];
    TableOptions options;
    options.semantics = (choice & 2) == 0 ? Semantics::Table : Semantics::Row;
    if ((choice & 4) != 0)
        options.segmentBy.emplace_back("a");
    if ((choice & 8) != 0)
        options.segmentBy.emplace_back("b");
    options.strict = (choice & 16) != 0;
    const auto table =
        profileTable(scratch(), (choice & 1) == 0 ? TableFormat::Csv : TableFormat::Jsonl, options);
    std::error_code ignored;
    std::filesystem::remove(scratch(), ignored);
    if (!table) {
        require(!table.error().text().empty());
        return 0;
    }
    require(!options.strict || table->skipped == 0);
    require(!table->profiles.empty());
    std::uint64_t rows = 0;
    for (const DatasetProfile &profile : table->profiles) {
        rows += static_cast<std::uint64_t>(profile.rows());
        for (const auto &[name, column] : profile.columns) {
            const TypeCounts &types = column.types;
            require(column.counts.null >= 0 && column.counts.null <= column.counts.n);
            require(types.integral + types.fractional + types.boolean + types.string +
                        types.object + types.tensor + column.counts.null - column.counts.nan <=
                    column.counts.n);
        }
        const std::string written = serializeProfile(profile);
        const auto again = parseProfile(written);
        require(again.has_value());
        require(serializeProfile(*again) == written);
    }
    require(rows <= table->rows);
    return 0;
}
