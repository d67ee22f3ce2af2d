#include "store_impl.h"

#include <tepal/store/settings.h>

namespace tepal {

Result<std::optional<std::string>> Settings::get(const std::string &key)
{
    auto statement = m_impl->prepare("SELECT value FROM setting WHERE key = ?");
    const auto row = statement.bind(1, key).step();
    if (!row)
        return tl::unexpected(row.error());
    if (!*row)
        return std::nullopt;
    return std::string(statement.text(0));
}

Status Settings::set(const std::string &key, const std::string &value)
{
    return m_impl
        ->prepare("INSERT INTO setting(key, value) VALUES(?, ?)"
                  " ON CONFLICT(key) DO UPDATE SET value = excluded.value")
        .bind(1, key)
        .bind(2, value)
        .run();
}

Status Settings::remove(const std::string &key)
{
    return m_impl->prepare("DELETE FROM setting WHERE key = ?").bind(1, key).run();
}

Result<std::map<std::string, std::string>> Settings::all(const std::string &prefix)
{
    std::map<std::string, std::string> result;
    auto statement =
        m_impl->prepare("SELECT key, value FROM setting WHERE substr(key, 1, ?2) = ?1");
    statement.bind(1, prefix).bind(2, static_cast<std::int64_t>(prefix.size()));
    auto read = statement.forEachRow([&](const sqlite::Statement &row) {
        result.emplace(row.text(0).substr(prefix.size()), row.text(1));
    });
    if (!read)
        return tl::unexpected(read.error());
    return result;
}

} // namespace tepal
