/// The one bridge between the pages and everything below them.
///
/// It hands out its parts, one for each subject; a page takes those that it shows. What state,
/// questions and verbs are, and on which thread: backend_part.h.
#pragma once

#include "ui/backend/backend_part.h"
#include "ui/backend/values.h"

namespace tepal::ui {

class Comparison;
class Uploads;
class Models;
class Simulation;
class Jobs;
class Windows;

class Backend : public BackendPart
{
    Q_OBJECT

public:
    using BackendPart::BackendPart;
    ~Backend() override;

    /// Wall-clock time, UTC; the demo backend's is frozen so that screenshots can be compared.
    virtual TimeMs now() const = 0;

    virtual Comparison &comparison() = 0;
    virtual Windows &windows() = 0;
    virtual Jobs &jobs() = 0;
    virtual Simulation &simulation() = 0;
    virtual Models &models() = 0;
    virtual Uploads &uploads() = 0;

    // ------------------------------------------------------------ endpoint
    virtual EndpointState endpoint() const = 0;
    virtual std::shared_ptr<const LiveStats> liveStats() const = 0; ///< Never null.
    /// Newest last, at most a few thousand.
    virtual QList<RequestRow> recentRequests() const = 0;
    virtual ModelSchema schema() const = 0;
    virtual void startEndpoint(const EndpointOptions &options) = 0;
    virtual void stopEndpoint() = 0;
    /// Sends one request over HTTP like any client. Answered by predicted().
    virtual void predict(Generation generation, const QList<double> &features) = 0;

    virtual LoggerState logger() const = 0;

Q_SIGNALS:
    void endpointChanged();
    void liveStatsChanged();
    /// Batched; oldest first.
    void requestsAdded(const QList<tepal::ui::RequestRow> &rows);
    void requestsReset();
    void schemaChanged();
    void predicted(const tepal::ui::Answer<tepal::ui::Prediction> &answer);

    void loggerChanged();

    void noticed(const tepal::ui::Notice &notice);
    /// The trouble behind the notice with this key is over.
    void noticeCleared(const QString &key);
};

} // namespace tepal::ui
