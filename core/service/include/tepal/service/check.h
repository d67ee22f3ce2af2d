/// Verifying a whole home: database, journal, models, and what a dead process left behind.
#pragma once

#include <tepal/base/paths.h>
#include <tepal/base/result.h>
#include <tepal/store/store_check.h>

#include <string>

namespace tepal {

struct HomeCheck
{
    StoreReport store; ///< Its findings are among `findings` as well.
    std::uint64_t journalFiles = 0;
    std::uint64_t unreadRecords = 0; ///< In the journal, to be logged by the next logger.
    std::int64_t skipped = 0;        ///< Places of the journal that could not be read, ever.
    std::int64_t quarantined = 0;    ///< Records set aside, ever.
    std::uint64_t models = 0;
    std::vector<CheckFinding> findings;

    bool clean() const;
};

/// Reads everything and changes nothing; a host may be running. With `repair` what can be made anew
/// is: Busy, by name, while a host or a logger has the home.
Result<HomeCheck> checkHome(const Home &home, bool repair);
/// {"home", "clean", "windows", …, "findings": [{"where", "what", "repaired"}]}
std::string checkJson(const Home &home, const HomeCheck &check);

} // namespace tepal
