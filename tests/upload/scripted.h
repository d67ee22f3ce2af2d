/// A destination that does what a test says, and a server that it talks to without a network.
#pragma once

#include "upload_test.h"

#include <QtGlobal>

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace tepal::test {

inline UploadOutcome outcomeOf(UploadOutcome::Kind kind)
{
    UploadOutcome outcome;
    outcome.kind = kind;
    if (kind != UploadOutcome::Kind::Sent)
        outcome.error = Error{ErrorCode::Unavailable, "it does not work", "wait"};
    return outcome;
}

/// Asked for each step of each delivery, on the sender's thread. `step` counts from 0.
using Script = std::function<UploadStep(const UploadItem &item, int step, StepResult &result)>;

class Scripted final : public Destination
{
public:
    explicit Scripted(Script script)
        : m_script(std::move(script))
    {}
    /// One step: how each item ends.
    static std::unique_ptr<Destination>
    answering(std::function<UploadOutcome(const UploadItem &)> answer)
    {
        return std::make_unique<Scripted>(
            [answer = std::move(answer)](const UploadItem &item, int, StepResult &) {
                return UploadStep(answer(item));
            });
    }
    std::string target() const override { return "nowhere"; }
    Status configured() const override { return {}; }
    std::unique_ptr<Delivery> deliver(const UploadItem &item) const override
    {
        return std::make_unique<Run>(m_script, item);
    }
    std::vector<DestinationCheck> test(std::stop_token) const override { return {}; }

private:
    class Run final : public Delivery
    {
    public:
        Run(const Script &script, const UploadItem &item)
            : m_script(script)
            , m_item(item)
        {}
        UploadStep next(StepResult result) override { return m_script(m_item, m_step++, result); }

    private:
        const Script &m_script;
        const UploadItem &m_item;
        int m_step = 0;
    };

    Script m_script;
};

/// Its name in the home is "scripted"; a store that does not know it does not keep its gate.
inline Outlet scriptedOutlet(std::unique_ptr<Destination> destination,
                             const std::string &name = "scripted")
{
    Outlet outlet;
    outlet.record.name = name;
    outlet.record.kind = "scripted";
    outlet.record.enabled = true;
    outlet.destination = std::move(destination);
    outlet.passing = true;
    return outlet;
}
inline std::vector<Outlet> scripted(std::unique_ptr<Destination> destination)
{
    std::vector<Outlet> outlets;
    outlets.push_back(scriptedOutlet(std::move(destination)));
    return outlets;
}
inline std::vector<Outlet> scripted(std::function<UploadOutcome(const UploadItem &)> answer)
{
    return scripted(Scripted::answering(std::move(answer)));
}

/// Grants places, and takes what is put there. Thread-safe.
class PlaceServer
{
public:
    std::string grant(TimeMs timestamp)
    {
        const std::lock_guard guard(m_mutex);
        const std::string place = "http://store.example/" + std::to_string(++m_granted);
        m_places[place].timestamp = timestamp;
        return place;
    }
    void put(const std::string &place, std::string_view bytes)
    {
        const std::lock_guard guard(m_mutex);
        Place &found = m_places[place];
        if (found.puts++ > 0 && found.bytes != bytes)
            qFatal("other bytes at the same place");
        found.bytes = bytes;
    }
    /// How many places have bytes, by what was put there.
    std::map<TimeMs, int> stored() const
    {
        const std::lock_guard guard(m_mutex);
        std::map<TimeMs, int> stored;
        for (const auto &[name, place] : m_places)
            stored[place.timestamp] += place.puts > 0 ? 1 : 0;
        std::erase_if(stored, [](const auto &entry) { return entry.second == 0; });
        return stored;
    }
    int puts() const
    {
        const std::lock_guard guard(m_mutex);
        int puts = 0;
        for (const auto &[name, place] : m_places)
            puts += place.puts;
        return puts;
    }
    /// As it is now, for going on from here in another way.
    void copyTo(PlaceServer &other) const
    {
        const std::lock_guard guard(m_mutex);
        other.m_places = m_places;
        other.m_granted = m_granted;
    }

private:
    struct Place
    {
        TimeMs timestamp = 0;
        std::string bytes;
        int puts = 0;
    };
    mutable std::mutex m_mutex;
    std::map<std::string, Place> m_places;
    int m_granted = 0;
};

/// Asks a PlaceServer as WhyLabs is asked: a place, its ticket kept, the bytes put there. `before`
/// is called before each step with its name.
inline Script placeScript(PlaceServer &server,
                          std::function<void(const std::string &step)> before = {})
{
    struct Ways
    {
        std::map<TimeMs, std::string> places; ///< Of deliveries under way.
    };
    auto ways = std::make_shared<Ways>();
    return [&server, before, ways](const UploadItem &item, int step, StepResult &) -> UploadStep {
        const auto tell = [&](const char *name) {
            if (before)
                before(name);
        };
        std::string &place = ways->places[item.datasetTimestamp];
        // 0: asks, 1: keeps, 2: puts, 3: ends. With a ticket it begins by keeping it again.
        if (step == 0) {
            tell("ask");
            place = item.ticket.empty() ? server.grant(item.datasetTimestamp) : item.ticket;
            tell("granted");
            return KeepTicket{place, true};
        }
        if (step == 1) {
            tell("kept");
            return BlockingWork{[&server, to = place, bytes = std::string(item.bytes)](
                                    const std::stop_token &) -> Status {
                server.put(to, bytes);
                return {};
            }};
        }
        tell("put");
        UploadOutcome outcome;
        outcome.kind = UploadOutcome::Kind::Sent;
        return outcome;
    };
}

} // namespace tepal::test
