/// A backend of made-up data for tests and screenshots. Deterministic: time stands still unless a
/// test moves it. Answers come after the event loop turned once, like a real backend's.
#pragma once

#include "demo_comparison.h"
#include "demo_data.h"
#include "demo_jobs.h"
#include "demo_models.h"
#include "demo_simulation.h"
#include "demo_uploads.h"
#include "demo_windows.h"
#include "ui/backend/backend.h"

#include <QHash>

#include <type_traits>
#include <utility>

namespace tepal::ui::test {

/// What a test wants to know about the verbs it provoked.
struct VerbLog
{
    QStringList calls; ///< "startEndpoint iris_knn:… 3000"
    bool contains(const QString &start) const;
};

class DemoBackend final : public Backend
{
    Q_OBJECT

public:
    enum class Start { Empty, Full };
    explicit DemoBackend(Start start = Start::Full, QObject *parent = nullptr);

    VerbLog verbs;
    /// Answers are held until release() when true.
    bool hold = false;
    void release();
    /// The next questions fail with this.
    Problem nextProblem;

    /// One more second of traffic with so many requests.
    void playSecond(int requests);
    void setEndpoint(const EndpointState &state);
    void setLogger(const LoggerState &state);
    void fill(); ///< From Empty to Full.
    /// What was asked for, oldest first.
    QList<DriftQuery> driftQueries;
    QList<ColumnQuery> columnQueries;

    TimeMs now() const override { return m_data.now() + m_moved; }
    DemoComparison &comparison() override { return m_comparison; }
    DemoWindows &windows() override { return m_windows; }
    DemoJobs &jobs() override { return m_jobs; }
    DemoSimulation &simulation() override { return m_simulation; }
    DemoModels &models() override { return m_models; }
    DemoUploads &uploads() override { return m_uploads; }
    EndpointState endpoint() const override { return m_endpoint; }
    std::shared_ptr<const LiveStats> liveStats() const override { return m_stats; }
    QList<RequestRow> recentRequests() const override { return m_requests; }
    ModelSchema schema() const override;
    void startEndpoint(const EndpointOptions &options) override;
    void stopEndpoint() override;
    void predict(Generation generation, const QList<double> &features) override;
    LoggerState logger() const override { return m_logger; }

    // ------------------------------------------------------------ for the parts
    DemoData &data() { return m_data; }
    bool isFull() const { return m_full; }
    void call(const QString &text) { verbs.calls << text; }
    void later(std::function<void()> deliver);
    /// Answers a question to a part by its signal, or fails it with nextProblem.
    template <typename T, typename Part>
    void answer(Generation generation, std::type_identity_t<Part> *part,
                void (Part::*signal)(const Answer<T> &), std::type_identity_t<T> value)
    {
        Answer<T> a;
        a.generation = generation;
        if (nextProblem)
            a.problem = std::exchange(nextProblem, {});
        else
            a.value = std::make_shared<const T>(std::move(value));
        later([part, signal, a] { Q_EMIT(part->*signal)(a); });
    }
    template <typename T, typename Part>
    bool failsUnknown(Generation generation, const QString &column,
                      std::type_identity_t<Part> *part, void (Part::*signal)(const Answer<T> &))
    {
        if (DemoData::columnIndex(column) >= 0)
            return false;
        nextProblem = {ErrorCode::NotFound, QStringLiteral("There is no such column"), {}};
        answer(generation, part, signal, T{});
        return true;
    }
    /// A file that is no profile.
    template <typename T, typename Part>
    bool failsFile(Generation generation, const Against &against, std::type_identity_t<Part> *part,
                   void (Part::*signal)(const Answer<T> &))
    {
        if (against.file.isEmpty() || against.file.endsWith(QStringLiteral(".bin")))
            return false;
        nextProblem = {ErrorCode::Corrupt, QStringLiteral("This file is no profile"),
                       QStringLiteral("Compare with another profile file")};
        answer(generation, part, signal, T{});
        return true;
    }

private:
    void makeTraffic();

    DemoData m_data;
    DemoComparison m_comparison{*this};
    DemoWindows m_windows{*this};
    DemoJobs m_jobs{*this};
    DemoSimulation m_simulation{*this};
    DemoModels m_models{*this};
    DemoUploads m_uploads{*this};
    DurationMs m_moved = 0;
    bool m_full;
    EndpointState m_endpoint;
    std::shared_ptr<const LiveStats> m_stats;
    QList<RequestRow> m_requests;
    LoggerState m_logger;
    QList<std::function<void()>> m_held;
};

} // namespace tepal::ui::test
