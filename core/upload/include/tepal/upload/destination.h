/// Where a finished profile goes, and how one gets there step by step.
#pragma once

#include <tepal/base/result.h>
#include <tepal/base/time.h>
#include <tepal/profile/dataset.h>
#include <tepal/store/outbox.h>
#include <tepal/upload/http.h>
#include <tepal/upload/secrets.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tepal {

/// One profile to send. `bytes` live as long as the delivery.
struct UploadItem
{
    std::string_view bytes; ///< A whole profile file.
    std::string sha256;     ///< Of the bytes, lower-case hexadecimal.
    OutboxKind kind = OutboxKind::Chunk;
    std::string subject; ///< Name of a reference or file.
    std::string dataset; ///< Our name of it.
    SegmentTags segment;
    TimeMs datasetTimestamp = 0;
    std::string objectName; ///< See uploadObjectName().
    /// Where an earlier try was allowed to put it and was not told that it arrived; or empty.
    std::string ticket;
    /// An earlier try may have stored the bytes there.
    bool mayHaveArrived = false;
};

/// How one try ended.
struct UploadOutcome
{
    enum class Kind : std::uint8_t {
        Sent,
        Retry,   ///< May work later.
        Failed,  ///< Will not work for this item without somebody doing something.
        Asks,    ///< It may be there, and a repeat could count it twice: only a person may decide.
        Stopped, ///< Will not work for any item until settings or secrets change.
        Cancelled, ///< Given up by request.
    };
    Kind kind = Kind::Failed;
    /// To be kept for the next try; empty = that one starts anew.
    std::string ticket;
    bool mayHaveArrived = false;
    std::string place; ///< Name or id at the destination, for people. Never a secret.
    std::optional<Error> error;
    DurationMs retryAfter = 0; ///< What the destination asked for; 0 = nothing.
    /// With Retry: the trouble is the destination's (busy, nobody answers), so that no other item
    /// need be tried before a pause.
    bool everyItem = false;
    /// With Failed: the same for every item of this dataset.
    bool everyItemOfDataset = false;
};

/// What has to happen next in a delivery.
struct HttpCall
{
    http::Request request;
};
/// A fact to be kept before anything else happens: the ticket, and with `putting` that from now on
/// the bytes may arrive where it says.
struct KeepTicket
{
    std::string ticket;
    bool putting = false;
};
/// Something that blocks; done on another thread. It owns what it uses: should it hang, it outlives
/// the delivery.
struct BlockingWork
{
    std::function<Status(std::stop_token)> run;
};
using UploadStep = std::variant<HttpCall, KeepTicket, BlockingWork, UploadOutcome>;
/// What came of the step before: nothing at first and after KeepTicket.
using StepResult = std::variant<std::monostate, http::Reply, Status>;

/// One try at one item: says step by step what has to happen, and somebody else does it. So it
/// needs no network to be tested, and many go on at once on one thread.
class Delivery
{
public:
    virtual ~Delivery() = default;
    virtual UploadStep next(StepResult result) = 0;
};

/// One line of a test of a destination.
struct DestinationCheck
{
    bool ok = false;
    std::string text;
    std::string next; ///< When it is not ok.
};

/// What a destination is to know of a dataset's columns.
struct ColumnTags
{
    std::string dataset;
    std::vector<std::string> inputs;
    std::vector<std::string> outputs;
    std::vector<std::pair<std::string, std::string>>
        metrics; ///< Label, and the column it is the mean of.
};

/// What a repeat of an item does at a destination.
enum class Idempotency : std::uint8_t {
    SamePlace, ///< A granted place takes the bytes once; another place counts them twice.
    SameName,  ///< The same name is the same object.
};

/// A way out of the machine. For one thread at a time.
class Destination
{
public:
    virtual ~Destination() = default;

    /// Address or folder, for people. No secret.
    virtual std::string target() const = 0;
    /// What is missing or wrong in its settings, with the next step.
    virtual Status configured() const = 0;
    /// `item` and its bytes outlive the delivery.
    virtual std::unique_ptr<Delivery> deliver(const UploadItem &item) const = 0;
    /// Tries out address, key and permissions without sending a profile, step by step up to the
    /// first that does not work.
    virtual std::vector<DestinationCheck> test(std::stop_token stop) const = 0;
    /// One line for each column and metric. Unsupported where a destination knows no columns.
    virtual Result<std::vector<DestinationCheck>> tag(const ColumnTags &, std::stop_token) const
    {
        return fail(ErrorCode::Unsupported, "this kind of destination knows nothing of columns",
                    "name one for WhyLabs");
    }
    /// Takes this destination's secrets out of a text.
    virtual std::string scrub(std::string_view text) const { return std::string(text); }
    /// Items older than this are refused there; 0 = none are.
    virtual DurationMs oldest() const { return 0; }
};

/// What an object name is made of.
struct ObjectNameParts
{
    std::string dataset;
    TimeMs start = 0;
    std::string homeId;       ///< Its first 8 characters are used.
    std::int64_t chunkId = 0; ///< 0: something else than a chunk.
    std::string subject;      ///< In place of the chunk then.
    std::string sha256;       ///< Its first 8 digits are used.
};
/// `<dataset>/<yyyy-MM-dd>/<yyyy-MM-ddTHH-mm-ssZ>_<home8>_<chunk>_<sha8>.bin`: a repeat has the
/// same name, and neither two homes nor two pieces of a window ever have one. Each part only of
/// A–Z a–z 0–9 - . _; anything else becomes `_`, and then 8 hexadecimal digits of the SHA-256 of
/// the original follow.
std::string uploadObjectName(const ObjectNameParts &parts);

/// Lower-case hexadecimal SHA-256.
std::string sha256Hex(std::string_view bytes);

} // namespace tepal
