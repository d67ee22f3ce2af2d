/// What every destination has to hold, and a server of each kind to hold it against.
#pragma once

#include "http_server.h"

#include <tepal/store/outbox.h>
#include <tepal/store/store.h>
#include <tepal/upload/kinds.h>
#include <tepal/upload/sender.h>

#include <QTemporaryDir>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tepal::test {

using Secrets = std::map<std::string, std::string, std::less<>>;

/// The other end of a kind of destination.
class FakePlace
{
public:
    FakePlace() = default;
    virtual ~FakePlace() = default;
    FakePlace(const FakePlace &) = delete;
    FakePlace &operator=(const FakePlace &) = delete;

    /// Settings with which it works.
    virtual FieldValues values() const = 0;
    /// … and secrets.
    virtual Secrets secrets() const { return {}; }
    /// Secrets that it refuses.
    virtual Secrets wrongSecrets() const { return {}; }
    /// Texts that nobody may ever see.
    virtual std::vector<std::string> hidden() const;
    /// The bytes of every object there.
    virtual std::vector<std::string> stored() const = 0;
    /// Null for a place that is no server.
    virtual HttpServer *server() { return nullptr; }
    /// What it holds against the client beyond the contract. Empty when all is well.
    virtual std::vector<std::string> complaints() const { return {}; }
};

/// Null = nobody wrote one for this kind.
std::unique_ptr<FakePlace> fakePlace(std::string_view kind);

SecretReader readerOf(Secrets secrets);
/// The destination of this place, with its own secrets or others.
std::unique_ptr<Destination> destinationOf(const DestinationKind &kind, const FakePlace &place);
std::unique_ptr<Destination> destinationOf(const DestinationKind &kind, const FakePlace &place,
                                           const Secrets &secrets);

/// One piece that is to be sent, and what is written down about it from try to try.
struct Piece
{
    explicit Piece(int rows = 25);
    std::string bytes;
    UploadItem item;
};

struct Attempt
{
    UploadOutcome outcome;
    std::vector<KeepTicket> kept;
};
enum class Killed : std::uint8_t {
    Never,
    AfterKeeping, ///< The ticket is written down, nothing is sent.
    AfterWork,    ///< Everything is done, nothing is written down after the ticket.
};
/// One try, as the sender makes it. The piece is left as it was written down.
Attempt attempt(const Destination &destination, Piece &piece, Killed killed = Killed::Never,
                const std::stop_token &stop = {});

/// A home with finished pieces of `datasets`, one an hour; piece i has 10 + i rows.
struct Home
{
    explicit Home(int pieces, int datasets = 1, const std::string &names = "model-");
    /// Of destination `name`, made from a place.
    Outlet outlet(const DestinationKind &kind, const FakePlace &place, const Secrets &secrets);
    /// Until nothing more can be sent now, or for so long.
    void send(Sender &sender, DurationMs longest = 20'000) const;
    std::vector<OutboxItem> items() const;
    int sent() const;
    /// Texts of all files of the home.
    std::string files() const;

    QTemporaryDir dir;
    std::unique_ptr<Store> store;
};

} // namespace tepal::test
