/// Uploads that happen by themselves: each finished piece, to every destination that is enabled,
/// as long as a program runs, and what is left when it ends.
#pragma once

#include <tepal/base/paths.h>
#include <tepal/base/result.h>
#include <tepal/base/time.h>
#include <tepal/store/destinations.h>
#include <tepal/upload/secrets.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tepal {

class Store;

/// How one destination stands.
struct UploadStatus
{
    std::string name;
    std::string kind;
    bool enabled = false;
    bool paused = false;
    std::int64_t waiting = 0; ///< Items that will be sent by themselves, or are being sent.
    std::int64_t failed = 0;
    std::int64_t asks = 0;
    std::int64_t sent = 0;
    std::int64_t sentBytes = 0;
    TimeMs oldest = 0; ///< Start of the oldest waiting window; 0 = nothing waits.
    GateRecord gate;
};
/// From the store alone; one for each destination that is set up or has items, by name. Pieces
/// without a destination come under "".
Result<std::vector<UploadStatus>> uploadStatus(Store &store);

struct OutboxServiceOptions
{
    Home home;
    const SecretStore *secrets = nullptr; ///< Must outlive the service; null = the environment.
    std::int64_t bytesPerSecond = 0;      ///< To each destination; 0 = any.
    /// Called on the service's thread after something was sent, refused, or a gate moved.
    std::function<void()> changed;
};

/// One thread with its own connection to the store. Public methods may be called from any thread.
class OutboxService
{
public:
    explicit OutboxService(const OutboxServiceOptions &options);
    /// Ends at once: what is under way is given up and goes on at the next start.
    ~OutboxService();
    OutboxService(const OutboxService &) = delete;
    OutboxService &operator=(const OutboxService &) = delete;

    /// Something was closed, or set differently.
    void wake();
    /// Sends what waits, whatever the gates say, for at most so long. Returns how many pieces wait
    /// for the next start. To be called once, at the end; nothing is sent afterwards.
    std::int64_t finish(DurationMs budget);
    /// As of the latest change.
    std::vector<UploadStatus> status() const;

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

} // namespace tepal
