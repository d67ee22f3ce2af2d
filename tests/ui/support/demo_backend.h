/// A backend of made-up data for tests and screenshots. Deterministic: time stands still unless a
/// test moves it. Answers come after the event loop turned once, like a real backend's.
#pragma once

#include "demo_comparison.h"
#include "demo_data.h"
#include "demo_endpoint.h"
#include "demo_jobs.h"
#include "demo_models.h"
#include "demo_simulation.h"
#include "demo_uploads.h"
#include "demo_windows.h"
#include "ui/backend/backend.h"

#include <functional>
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

    void fill(); ///< From Empty to Full.
    /// What was asked for, oldest first.
    QList<DriftQuery> driftQueries;
    QList<ColumnQuery> columnQueries;
    QList<Slice> slices;

    TimeMs now() const override { return m_data.now() + m_moved; }
    DemoEndpoint &endpoint() override { return m_endpoint; }
    DemoWindows &windows() override { return m_windows; }
    DemoComparison &comparison() override { return m_comparison; }
    DemoUploads &uploads() override { return m_uploads; }
    DemoModels &models() override { return m_models; }
    DemoSimulation &simulation() override { return m_simulation; }
    DemoJobs &jobs() override { return m_jobs; }

    // ------------------------------------------------------------ for the parts
    DemoData &data() { return m_data; }
    bool isFull() const { return m_full; }
    DurationMs moved() const { return m_moved; }
    void setMoved(DurationMs moved) { m_moved = moved; }
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
    DemoData m_data;
    DemoEndpoint m_endpoint{*this};
    DemoWindows m_windows{*this};
    DemoComparison m_comparison{*this};
    DemoUploads m_uploads{*this};
    DemoModels m_models{*this};
    DemoSimulation m_simulation{*this};
    DemoJobs m_jobs{*this};
    DurationMs m_moved = 0;
    bool m_full;
    QList<std::function<void()>> m_held;
};

} // namespace tepal::ui::test
