#include <tepal/logging/cursors.h>
#include <tepal/store/window_writer.h>

namespace tepal {

Result<Cursors> committedCursors(Store &store)
{
    const auto stored = WindowWriter(store).cursors();
    if (!stored)
        return tl::unexpected(stored.error());
    Cursors cursors;
    for (const auto &[lane, at] : *stored)
        cursors[lane] = {at.segment, at.offset, at.sequence};
    return cursors;
}

} // namespace tepal
