#include "contract.h"

#include <tepal/base/file.h>
#include <tepal/profile/file.h>
#include <tepal/store/window_writer.h>

#include <QtGlobal>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace tepal::test {
namespace {

const TimeMs kStart = parseTime("2026-01-31T14:00:00Z").value();

DatasetProfile profileOf(int rows, TimeMs start)
{
    DatasetProfile profile;
    profile.datasetTimestamp = profile.creationTimestamp = start;
    for (int i = 0; i < rows; ++i) {
        profile.track("x", Value::fractional(i));
        profile.track("label", Value::string(i % 2 == 0 ? "even" : "odd"));
    }
    return profile;
}

} // namespace

std::vector<std::string> FakePlace::hidden() const
{
    std::vector<std::string> texts;
    for (const auto &[key, value] : secrets())
        texts.push_back(value);
    return texts;
}

SecretReader readerOf(Secrets secrets)
{
    return [secrets = std::move(secrets)](std::string_view key) -> Result<std::string> {
        const auto found = secrets.find(key);
        return found == secrets.end() ? std::string() : found->second;
    };
}

std::unique_ptr<Destination> destinationOf(const DestinationKind &kind, const FakePlace &place)
{
    return destinationOf(kind, place, place.secrets());
}

std::unique_ptr<Destination> destinationOf(const DestinationKind &kind, const FakePlace &place,
                                           const Secrets &secrets)
{
    return kind.make(place.values(), readerOf(secrets));
}

Piece::Piece(int rows)
    : bytes(serializeProfile(profileOf(rows, kStart)))
{
    item.bytes = bytes;
    item.sha256 = sha256Hex(bytes);
    item.dataset = std::string("orders=a+b: \xC3\xA9");
    item.datasetTimestamp = kStart;
    item.objectName =
        uploadObjectName({item.dataset, kStart, "0123456789abcdef", 7, std::string(), item.sha256});
}

Attempt attempt(const Destination &destination, Piece &piece, Killed killed,
                const std::stop_token &stop)
{
    Attempt attempt;
    const auto delivery = destination.deliver(piece.item);
    UploadStep step = delivery->next({});
    for (;;) {
        if (auto *keep = std::get_if<KeepTicket>(&step)) {
            attempt.kept.push_back(*keep);
            piece.item.ticket = keep->ticket;
            piece.item.mayHaveArrived = keep->putting;
            if (killed == Killed::AfterKeeping)
                return attempt;
            step = delivery->next({});
        } else if (auto *call = std::get_if<HttpCall>(&step)) {
            step = delivery->next(http::exchange(call->request, stop));
        } else if (auto *work = std::get_if<BlockingWork>(&step)) {
            step = delivery->next(work->run(stop));
        } else {
            attempt.outcome = std::get<UploadOutcome>(step);
            break;
        }
    }
    if (killed == Killed::AfterWork)
        return attempt;
    const bool sent = attempt.outcome.kind == UploadOutcome::Kind::Sent;
    piece.item.ticket = sent ? std::string() : attempt.outcome.ticket;
    piece.item.mayHaveArrived = !sent && attempt.outcome.mayHaveArrived;
    return attempt;
}

Home::Home(int pieces, int datasets, const std::string &names)
{
    auto opened = Store::open(std::filesystem::path(dir.path().toStdString()) / "tepal.db");
    if (!opened)
        qFatal("%s", opened.error().text().c_str());
    store = std::move(*opened);
    for (int i = 0; i < pieces; ++i) {
        const TimeMs start = kStart + i / datasets * kHourMs;
        const DatasetProfile profile = profileOf(10 + i, start);
        ChunkCommit chunk;
        chunk.dataset = names + std::to_string(1 + i % datasets);
        chunk.start = start;
        chunk.end = start + kHourMs;
        chunk.profile = &profile;
        chunk.rows = 10 + i;
        chunk.close = true;
        CommitBatch batch;
        batch.chunks.push_back(chunk);
        if (const auto done = WindowWriter(*store).commit(batch); !done)
            qFatal("%s", done.error().text().c_str());
    }
}

Outlet Home::outlet(const DestinationKind &kind, const FakePlace &place, const Secrets &secrets)
{
    DestinationRecord record;
    record.name = "there";
    record.kind = kind.name;
    record.settings = place.values();
    record.enabled = true;
    if (!Destinations(*store).put(record, kStart) ||
        !Outbox(*store).enqueue(record.name, 0, kStart))
        qFatal("no destination");
    Outlet outlet;
    outlet.record = record;
    outlet.destination = destinationOf(kind, place, secrets);
    return outlet;
}

void Home::send(Sender &sender, DurationMs longest) const
{
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(longest);
    do {
        if (const auto done = sender.step(20); !done)
            qFatal("%s", done.error().text().c_str());
        const auto due = sender.nextDue();
        if (sender.idle() && (!due || *due > SystemClock::instance().nowMs()))
            return;
    } while (std::chrono::steady_clock::now() < end);
}

std::vector<OutboxItem> Home::items() const
{
    return Outbox(*store).list().value();
}

int Home::sent() const
{
    int count = 0;
    for (const OutboxItem &item : items())
        count += item.state == OutboxState::Sent ? 1 : 0;
    return count;
}

std::string Home::files() const
{
    if (!WindowWriter(*store).makeDurable())
        qFatal("not durable");
    std::string all;
    for (const auto &entry :
         std::filesystem::recursive_directory_iterator(dir.path().toStdString())) {
        if (entry.is_regular_file())
            all += readFile(entry.path()).value_or(std::string());
    }
    return all;
}

} // namespace tepal::test
