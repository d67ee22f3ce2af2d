// Two versions on one route: whose turn it is, and the candidate in the shadow, which is asked when
// the client has its answer, for the record.

#include "endpoint.h"

namespace tepal::serving {
namespace {

/// What may wait for a thread to have nothing better to do. Beyond it the shadow is left out, which
/// is counted: the endpoint must not fall behind for the sake of a trial.
constexpr std::size_t kMostWaiting = 256;
constexpr std::size_t kMostBytes = 16u << 20;

} // namespace

const RolledPtr &Handler::defaultRollout()
{
    constexpr std::int64_t kLookNs = 1'000'000'000;
    if (m_defaultTag.name.empty() ||
        (m_rolloutSeenNs != 0 && m_startNs - m_rolloutSeenNs < kLookNs)) [[likely]]
        return m_defaultRollout;
    m_rolloutSeenNs = m_startNs;
    m_defaultRollout = m_endpoint.models->rolled(m_defaultTag.name);
    if (m_defaultRollout && m_defaultRollout->plan.primary != m_defaultTag.version)
        m_defaultRollout.reset();
    return m_defaultRollout;
}

/// The predict route while two versions take turns on it.
void Handler::predictBeside(const RolledPtr &rolled, const Request &request, Response &response)
{
    Asked asked{rolled->next(), nullptr, rolled, m_endpoint.options.predictDataset};
    asked.asking = &askingOf(asked.model, asked.dataset, true);
    if (answerRow(*asked.asking, request, response))
        answered(asked, Form::Text, request, response);
}

void Handler::answered(const Asked &asked, Form form, const Request &request, Response &response)
{
    asked.rolled->count(asked.model, asked.asking->rows());
    if (!asked.rolled->isShadow())
        return;
    // Where nothing can be put off, what is asked next may take the memory of this answer.
    if (!later)
        response.own();
    askShadow(asked, form, request);
}

void Handler::askShadow(const Asked &asked, Form form, const Request &request)
{
    const std::size_t rows = asked.asking->rows();
    if (m_shadows.size() >= kMostWaiting || m_shadowBytes + request.body.size() > kMostBytes) {
        asked.rolled->unanswered.fetch_add(rows, std::memory_order_relaxed);
        return;
    }
    Shadow shadow{asked.rolled,        form,
                  asked.dataset,       request.body,
                  request.contentType, request.inferenceLength,
                  m_recent.time,       {}};
    shadow.answers.reserve(rows);
    for (std::size_t row = 0; row < rows; ++row)
        shadow.answers.emplace_back(asked.asking->answer(row));
    m_shadowBytes += shadow.body.size();
    m_shadows.push_back(std::move(shadow));
    if (!later)
        return runShadows();
    if (m_shadows.size() == 1)
        later();
}

void Handler::runShadows()
{
    while (!m_shadows.empty()) {
        const Shadow shadow = std::move(m_shadows.front());
        m_shadows.pop_front();
        m_shadowBytes -= shadow.body.size();
        runShadow(shadow);
    }
}

void Handler::runShadow(const Shadow &shadow)
{
    const Rolled &rolled = *shadow.rolled;
    const std::size_t rows = shadow.answers.size();
    Asking &asking = askingOf(rolled.candidate, shadow.dataset, true);
    FormCall call(shadow.form, asking, *rolled.candidate);
    JsonDocument json; // the thread's own may hold what is being answered
    const auto done = call.ask({shadow.body, shadow.contentType, shadow.inferenceLength}, json);
    const bool answered =
        done && asking.rows() == rows &&
        (m_lane == nullptr || asking.record(*m_lane, shadow.time) == Append::Done);
    if (!answered) {
        rolled.unanswered.fetch_add(rows, std::memory_order_relaxed);
        return;
    }
    if (m_lane != nullptr)
        bump(m_stats.appendedRows, rows);
    std::uint64_t same = 0;
    for (std::size_t row = 0; row < rows; ++row)
        same += asking.answer(row) == shadow.answers[row] ? 1 : 0;
    rolled.agreeing.fetch_add(same, std::memory_order_relaxed);
    rolled.differing.fetch_add(rows - same, std::memory_order_relaxed);
}

} // namespace tepal::serving
