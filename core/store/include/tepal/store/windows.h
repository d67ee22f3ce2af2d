/// Reading what was logged.
#pragma once

#include <tepal/base/result.h>
#include <tepal/base/time.h>
#include <tepal/profile/dataset.h>
#include <tepal/store/store.h>
#include <tepal/store/summary.h>
#include <tepal/store/window_info.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tepal {

/// Of the windows that are visible: deleted ones are in no answer.
class Windows
{
public:
    explicit Windows(Store &store)
        : m_impl(&store.impl())
    {}

    /// By name.
    Result<std::vector<DatasetInfo>> datasets();
    /// Windows that overlap `range`, by dataset, start and segment. Empty dataset = all.
    Result<std::vector<WindowInfo>> list(const std::string &dataset, TimeRange range);
    /// In the order in which they were first seen.
    Result<std::vector<std::string>> columns(const std::string &dataset);
    /// Every segment that has windows, by key; a dataset that is not profiled apart has the empty
    /// one.
    Result<std::vector<SegmentTags>> segments(const std::string &dataset);
    /// Merge of all chunks of all windows that overlap the range; null when there is none. Read
    /// from roll-ups where they say the same: counts, minima, maxima and the registers of distinct
    /// values exactly, quantiles and frequent values within the sketches' bounds.
    /// `columns` empty = all. Segments are merged unless one is named. What is asked for again
    /// before anything has changed is not merged again.
    Result<std::shared_ptr<const DatasetProfile>>
    profile(const std::string &dataset, TimeRange range,
            const std::vector<std::string> &columns = {},
            const std::optional<SegmentTags> &segment = std::nullopt);
    /// The profile of the closed chunks of one window, for continuing its summaries.
    Result<std::optional<DatasetProfile>> closedProfile(const std::string &dataset,
                                                        const SegmentTags &segment,
                                                        Granularity granularity, TimeMs start);
    /// Of one column (empty = all) in the range, by column and start; unsegmented windows only.
    Result<std::vector<ColumnSummary>> summaries(const std::string &dataset,
                                                 const std::string &column, TimeRange range);
    /// The same of one column for drawing at most about so many points: from roll-ups where there
    /// would be more windows. What is not rolled up yet, or only partly in the range, comes finer.
    /// Of one segment: quantiles of several cannot be put together without their profiles.
    Result<ColumnHistory> history(const std::string &dataset, const std::string &column,
                                  TimeRange range, std::size_t maxPoints,
                                  const SegmentTags &segment = {});

private:
    Store::Impl *m_impl;
};

} // namespace tepal
