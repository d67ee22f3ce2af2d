/// What serves: the endpoint, its logger, its live figures and requests, and what the served model
/// takes. Threads and kinds of calls: backend_part.h. The endpoint is started and stopped by one
/// thread, in order; predictions go over HTTP.
#pragma once

#include "ui/backend/backend_part.h"

namespace tepal::ui {

class Endpoint : public BackendPart
{
    Q_OBJECT

public:
    using BackendPart::BackendPart;

    virtual EndpointState state() const = 0;
    virtual LoggerState logger() const = 0;
    virtual std::shared_ptr<const LiveStats> liveStats() const = 0; ///< Never null.
    /// Newest last, at most a few thousand.
    virtual QList<RequestRow> recentRequests() const = 0;
    virtual ModelSchema schema() const = 0;
    virtual void startEndpoint(const EndpointOptions &options) = 0;
    virtual void stopEndpoint() = 0;
    /// Sends one request over HTTP like any client. Answered by predicted().
    virtual void predict(Generation generation, const QList<double> &features) = 0;

Q_SIGNALS:
    void endpointChanged();
    void loggerChanged();
    void liveStatsChanged();
    /// Batched; oldest first.
    void requestsAdded(const QList<tepal::ui::RequestRow> &rows);
    void requestsReset();
    void schemaChanged();
    void predicted(const tepal::ui::Answer<tepal::ui::Prediction> &answer);
};

} // namespace tepal::ui
