/// WhyLabs, hosted by oneself: a place is asked for with the key, then the bytes are put there
/// without it.
#pragma once

#include <tepal/upload/destination.h>
#include <tepal/upload/settings.h>

namespace tepal {

class WhylabsDestination final : public Destination
{
public:
    struct Timeouts
    {
        DurationMs connect = 10 * kSecondMs;
        DurationMs api = 30 * kSecondMs;
        DurationMs put = 300 * kSecondMs;
        DurationMs stall = 60 * kSecondMs; ///< A PUT that moves less than a byte per second.
    };

    /// The key is read from `secrets` at every use; `secrets` must outlive this.
    WhylabsDestination(WhylabsSettings settings, const SecretStore &secrets);
    WhylabsDestination(WhylabsSettings settings, const SecretStore &secrets, Timeouts timeouts);
    ~WhylabsDestination() override;

    std::string name() const override { return "whylabs"; }
    std::string_view kind() const override { return "whylabs"; }
    std::string target() const override;
    Status configured() const override;
    UploadOutcome send(const UploadItem &item, UploadObserver &observer,
                       std::stop_token stop) override;
    Result<std::string> test(std::stop_token stop) override;

    /// Id at WhyLabs of one of our datasets.
    std::string datasetId(const std::string &dataset) const;

private:
    struct Access;
    Result<Access> access() const;
    /// Asks for a place. True = the outcome names it; false = the outcome says why there is none.
    bool grant(const UploadItem &item, const Access &access, UploadOutcome &outcome,
               const std::stop_token &stop) const;
    /// Puts the bytes there. True = the place had expired, and nothing can have arrived.
    bool put(const UploadItem &item, UploadOutcome &outcome, const std::stop_token &stop) const;

    WhylabsSettings m_settings;
    const SecretStore &m_secrets;
    Timeouts m_timeouts;
};

} // namespace tepal
