/// Where a finished profile goes.
#pragma once

#include <tepal/base/result.h>
#include <tepal/base/time.h>
#include <tepal/profile/dataset.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace tepal {

/// One profile to send. Views and references need to live until send() returns.
struct UploadItem
{
    std::string_view bytes; ///< A whole profile file.
    std::string dataset;    ///< Our name of it.
    TimeMs datasetTimestamp = 0;
    std::string objectName; ///< See uploadObjectName().
    /// Where an earlier try was allowed to put it and was not told that it arrived; or empty.
    std::string uploadUrl;
    /// An earlier try may have stored the bytes at `uploadUrl`.
    bool mayHaveArrived = false;
};

/// Told while an item is being sent, so that it can be recorded before it happens. An error ends
/// the try.
class UploadObserver
{
public:
    virtual ~UploadObserver() = default;
    /// A place was granted; nothing has been sent to it.
    virtual Status granted(const std::string &uploadUrl) = 0;
    /// From now on the bytes may arrive there.
    virtual Status putting() = 0;
};

/// How one try ended.
struct UploadOutcome
{
    enum class Kind : std::uint8_t {
        Sent,
        Retry,     ///< May work later.
        Failed,    ///< Will not work for this item without somebody doing something.
        Stopped,   ///< Will not work for any item without somebody doing something.
        Cancelled, ///< Given up by request.
    };
    Kind kind = Kind::Failed;
    /// To be kept for the next try; empty = that one asks for a new place.
    std::string uploadUrl;
    bool mayHaveArrived = false;
    /// A repeat could count the data twice; only a person may decide it.
    bool needsDecision = false;
    std::string place; ///< File or id at the destination, for people. Never a secret.
    std::optional<Error> error;
    DurationMs retryAfter = 0; ///< What the destination asked for; 0 = nothing.
    int maxTries = 0;          ///< Of this kind of trouble in one run; 0 = as many as the run has.
    /// Nobody answered: other items need not be tried before a pause.
    bool unreachable = false;
};

/// A way out of the machine. Calls are made from one thread at a time; every blocking one ends
/// soon after its stop token is asked to. Errors never contain a secret.
class Destination
{
public:
    virtual ~Destination() = default;

    /// Key in the outbox, stable: `whylabs`, `folder:/srv/profiles`.
    virtual std::string name() const = 0;
    /// `whylabs`, `folder`.
    virtual std::string_view kind() const = 0;
    /// Address or folder, for people.
    virtual std::string target() const = 0;
    /// InvalidArgument-free: NotFound or Denied with what is missing, and the next step.
    virtual Status configured() const = 0;
    virtual UploadOutcome send(const UploadItem &item, UploadObserver &observer,
                               std::stop_token stop) = 0;
    /// Tries out address, key and permissions without sending a profile. One sentence about what
    /// works, or the error.
    virtual Result<std::string> test(std::stop_token stop) = 0;
};

/// `<dataset>/<yyyy-MM-dd>/profile.<yyyy-MM-dd_HH-mm-ss>Z[_<key>-<value>…].bin`, each part only of
/// A–Z a–z 0–9 - . _; anything else becomes `_`, and then 8 hexadecimal digits of the SHA-256 of
/// the original follow.
std::string uploadObjectName(const std::string &dataset, TimeMs start, const SegmentTags &segment);

} // namespace tepal
