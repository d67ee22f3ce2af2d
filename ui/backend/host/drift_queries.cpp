#include "ui/backend/host/drift_queries.h"

#include "ui/backend/host/judge_values.h"

namespace tepal::ui {

Result<DriftOverview> queryDriftOverview(Store &store, const DriftQuery &query, TimeMs now,
                                         const std::stop_token &stop)
{
    const auto question = questionOf(query);
    if (!question)
        return tl::unexpected(question.error());
    const auto judgement = monitor::judge(store, *question, now, stop);
    if (!judgement)
        return tl::unexpected(judgement.error());
    return toOverview(query, *judgement);
}

Result<DriftDetail> queryDriftDetail(Store &store, const DriftDetailQuery &query)
{
    const auto question =
        questionOf({query.dataset, query.range, query.segment, query.against, query.preset});
    if (!question)
        return tl::unexpected(question.error());
    const auto detail =
        monitor::judgeColumn(store, *question, query.feature.toStdString(), query.range);
    if (!detail)
        return tl::unexpected(detail.error());
    return toDetail(query, *detail);
}

} // namespace tepal::ui
