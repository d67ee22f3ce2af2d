/// The destinations of a home: what is set up, whether things go there by themselves, and how it
/// went last. Secrets are never here.
#pragma once

#include <tepal/base/result.h>
#include <tepal/base/time.h>
#include <tepal/store/store.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tepal {

/// Whether a destination takes anything at the moment.
enum class GateState : std::uint8_t {
    Open = 0,
    Closed = 1,  ///< Until a time: it is busy, in trouble, or nobody answers.
    Refused = 2, ///< Until settings or secrets change: it does not let us in.
};
std::string_view gateStateName(GateState state);

struct GateRecord
{
    GateState state = GateState::Open;
    TimeMs until = 0;    ///< Of a closed one.
    int failures = 0;    ///< In a row.
    std::string reason;  ///< Why it is not open.
    std::string next;    ///< What to do about it.
    TimeMs lastTry = 0;  ///< 0 = never.
    TimeMs lastSent = 0; ///< When something arrived there last; 0 = never.

    bool operator==(const GateRecord &) const = default;
};

struct DestinationRecord
{
    std::string name; ///< Key in the outbox; A–Z a–z 0–9 - . _ : /.
    std::string kind;
    std::map<std::string, std::string> settings;
    bool enabled = false; ///< Finished pieces go there by themselves.
    bool paused = false;  ///< … but not now.
    /// Pieces up to this chunk are not for it unless somebody asks for them.
    std::int64_t sinceChunk = 0;
    std::string segments; ///< `country=CH,country=DE`: only those; empty = all.
    std::string redaction;
    TimeMs changed = 0; ///< Of settings, for who found out something about the former ones.
    GateRecord gate;
};

/// For the thread of its store.
class Destinations
{
public:
    explicit Destinations(Store &store)
        : m_impl(&store.impl())
    {}

    /// By name.
    Result<std::vector<DestinationRecord>> list();
    Result<std::optional<DestinationRecord>> find(const std::string &name);
    /// Adds it, or replaces the settings of the one with this name; what the gate knows of other
    /// settings is forgotten.
    Status put(const DestinationRecord &destination, TimeMs now);
    /// Its waiting items become those of no destination; what was sent stays in the history.
    Status remove(const std::string &name, TimeMs now);
    Status setEnabled(const std::string &name, bool enabled, std::int64_t sinceChunk, TimeMs now);
    Status setPaused(const std::string &name, bool paused);
    /// It is asked again at once; when something arrived there last stays known.
    Status openGate(const std::string &name);
    Status setGate(const std::string &name, const GateRecord &gate);
    /// 16 hexadecimal digits that tell this home from every other one.
    Result<std::string> homeId();

private:
    Store::Impl *m_impl;
};

} // namespace tepal
