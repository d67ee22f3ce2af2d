/// Tables as they come. The bits of the first byte choose: semantics, segments, whether bad rows
/// are left out, what becomes of nested values, and the size of blocks.
#include <tepal/profile/file.h>
#include <tepal/profile/table.h>

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

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size == 0)
        return 0;
    const std::string_view bytes(reinterpret_cast<const char *>(data) + 1, size - 1);
    const unsigned choice = data[0];
    TableOptions options;
    options.semantics = (choice & 2) == 0 ? Semantics::Table : Semantics::Row;
    if ((choice & 4) != 0)
        options.segmentBy.emplace_back("a");
    if ((choice & 8) != 0)
        options.segmentBy.emplace_back("b");
    options.read.skipBadRows = (choice & 16) != 0;
    options.read.nested = (choice & 32) != 0 ? table::Nested::Text : table::Nested::Flatten;
    options.read.blockBytes = (choice & 64) != 0 ? 16 : 4096;
    options.read.threads = 1;
    const auto table = profileBytes(bytes, options);
    if (!table) {
        require(!table.error().text().empty());
        return 0;
    }
    require(options.read.skipBadRows || table->read.badRows == 0);
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
    require(rows <= table->read.rows);
    return 0;
}
