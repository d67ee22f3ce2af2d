#include "store_impl.h"

#include <tepal/profile/file.h>
#include <tepal/store/references.h>

#include <fmt/format.h>

namespace tepal {
namespace {

Error noReference(const std::string &dataset, const std::string &name)
{
    return {ErrorCode::NotFound,
            fmt::format("dataset \"{}\" has no reference \"{}\"", dataset, name),
            "see \"tepal reference list\""};
}

Result<bool> hasReference(Store::Impl &impl, const std::string &dataset, const std::string &name)
{
    return impl.prepare("SELECT 1 FROM reference WHERE dataset = ? AND name = ?")
        .bind(1, dataset)
        .bind(2, name)
        .step();
}

Status forgetScores(Store::Impl &impl, const std::string &dataset, const std::string &reference)
{
    return impl.prepare("DELETE FROM score_set WHERE dataset = ? AND reference = ?")
        .bind(1, dataset)
        .bind(2, reference)
        .run();
}

} // namespace

Result<std::vector<ReferenceInfo>> References::list(const std::string &dataset)
{
    auto statement =
        m_impl->prepare("SELECT dataset, name, created, rows, description, current FROM reference"
                        " WHERE ?1 = '' OR dataset = ?1 ORDER BY dataset, created, name");
    return statement.bind(1, dataset).collect([](const sqlite::Statement &row) {
        return ReferenceInfo{std::string(row.text(0)), std::string(row.text(1)),
                             row.integer(2),           row.integer(3),
                             std::string(row.text(4)), row.integer(5) != 0};
    });
}

Result<DatasetProfile> References::get(const std::string &dataset, const std::string &name)
{
    auto statement =
        m_impl->prepare("SELECT profile FROM reference WHERE dataset = ? AND name = ?");
    const auto row = statement.bind(1, dataset).bind(2, name).step();
    if (!row)
        return tl::unexpected(row.error());
    if (!*row)
        return tl::unexpected(noReference(dataset, name));
    const auto bytes = decompressBlob(statement.blob(0));
    if (!bytes)
        return tl::unexpected(bytes.error());
    return parseProfile(*bytes);
}

Status References::set(const std::string &dataset, const std::string &name,
                       const DatasetProfile &profile, std::int64_t rows,
                       const std::string &description, TimeMs now)
{
    const std::string blob = compressBlob(serializeProfile(profile));
    auto transaction = sqlite::Transaction::begin(m_impl->db.get());
    if (!transaction)
        return tl::unexpected(transaction.error());
    auto saved =
        m_impl
            ->prepare(
                "INSERT INTO reference(dataset, name, created, rows, description, current, profile)"
                " VALUES(?1, ?2, ?3, ?4, ?5, NOT EXISTS(SELECT 1 FROM reference WHERE dataset = ?1"
                " AND current = 1), ?6) ON CONFLICT(dataset, name) DO UPDATE SET"
                " created = excluded.created, rows = excluded.rows,"
                " description = excluded.description, profile = excluded.profile")
            .bind(1, dataset)
            .bind(2, name)
            .bind(3, now)
            .bind(4, rows)
            .bind(5, description)
            .bindBlob(6, blob)
            .run();
    if (!saved)
        return saved;
    if (auto forgotten = forgetScores(*m_impl, dataset, name); !forgotten)
        return forgotten;
    return transaction->commit();
}

Status References::makeCurrent(const std::string &dataset, const std::string &name)
{
    const auto known = hasReference(*m_impl, dataset, name);
    if (!known)
        return tl::unexpected(known.error());
    if (!*known)
        return tl::unexpected(noReference(dataset, name));
    return m_impl->prepare("UPDATE reference SET current = (name = ?2) WHERE dataset = ?1")
        .bind(1, dataset)
        .bind(2, name)
        .run();
}

Status References::remove(const std::string &dataset, const std::string &name)
{
    if (auto done = m_impl->prepare("DELETE FROM reference WHERE dataset = ? AND name = ?")
                        .bind(1, dataset)
                        .bind(2, name)
                        .run();
        !done)
        return done;
    if (sqlite3_changes(m_impl->db.get()) == 0)
        return tl::unexpected(noReference(dataset, name));
    return forgetScores(*m_impl, dataset, name);
}

Status References::rename(const std::string &dataset, const std::string &from,
                          const std::string &to)
{
    if (to.empty())
        return fail(ErrorCode::InvalidArgument, "a reference needs a name");
    auto transaction = sqlite::Transaction::begin(m_impl->db.get());
    if (!transaction)
        return tl::unexpected(transaction.error());
    const auto taken = hasReference(*m_impl, dataset, to);
    if (!taken)
        return tl::unexpected(taken.error());
    if (*taken && from != to)
        return fail(ErrorCode::AlreadyExists,
                    fmt::format("dataset \"{}\" already has a reference \"{}\"", dataset, to),
                    "choose another name");
    if (auto done =
            m_impl->prepare("UPDATE reference SET name = ?3 WHERE dataset = ?1 AND name = ?2")
                .bind(1, dataset)
                .bind(2, from)
                .bind(3, to)
                .run();
        !done)
        return done;
    if (sqlite3_changes(m_impl->db.get()) == 0)
        return tl::unexpected(noReference(dataset, from));
    if (auto done = m_impl
                        ->prepare("UPDATE score_set SET reference = ?3 WHERE dataset = ?1 AND"
                                  " reference = ?2")
                        .bind(1, dataset)
                        .bind(2, from)
                        .bind(3, to)
                        .run();
        !done)
        return done;
    return transaction->commit();
}

} // namespace tepal
