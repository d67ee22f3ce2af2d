/// Remembers, beyond the death of the process, which record was being profiled. Internal.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

namespace tepal {

/// A few bytes of memory shared with a file of the home, so that marking a record costs three
/// stores. One thread at a time; the logger's lock keeps other processes away.
class RecordMark
{
public:
    struct Suspect
    {
        std::uint32_t lane = 0;
        std::uint64_t sequence = 0;
        std::uint32_t deaths = 0; ///< Loggers in a row that died while they profiled it.
    };

    /// Without a usable file the marks last as long as the process.
    explicit RecordMark(const std::filesystem::path &file);
    ~RecordMark();
    RecordMark(const RecordMark &) = delete;
    RecordMark &operator=(const RecordMark &) = delete;

    /// The record at which the last logger died; counts that death. To be called once, at start.
    std::optional<Suspect> examine();
    /// The suspect was dealt with.
    void acquit();

    void begin(std::uint32_t lane, std::uint64_t sequence);
    void end();

private:
    struct Shared;
    struct Mapping;
    std::unique_ptr<Mapping> m_mapping;
    Shared *m_shared = nullptr;
};

} // namespace tepal
