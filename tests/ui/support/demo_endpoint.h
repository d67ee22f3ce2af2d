/// An endpoint that serves whenever it is told to, with made-up traffic.
#pragma once

#include "ui/backend/endpoint.h"

namespace tepal::ui::test {

class DemoBackend;

class DemoEndpoint final : public Endpoint
{
    Q_OBJECT

public:
    explicit DemoEndpoint(DemoBackend &demo)
        : m_demo(demo)
    {}

    EndpointState state() const override { return m_state; }
    LoggerState logger() const override { return m_logger; }
    std::shared_ptr<const LiveStats> liveStats() const override { return m_stats; }
    QList<RequestRow> recentRequests() const override { return m_requests; }
    ModelSchema schema() const override;
    void startEndpoint(const EndpointOptions &options) override;
    void stopEndpoint() override;
    void predict(Generation generation, const QList<double> &features) override;

    /// Serves, with five minutes of traffic behind it.
    void fill();
    /// One more second of traffic with so many requests.
    void playSecond(int requests);
    void setEndpoint(const EndpointState &state);
    void setLogger(const LoggerState &state);

private:
    DemoBackend &m_demo;
    EndpointState m_state;
    LoggerState m_logger;
    std::shared_ptr<const LiveStats> m_stats = std::make_shared<const LiveStats>();
    QList<RequestRow> m_requests;
};

} // namespace tepal::ui::test
