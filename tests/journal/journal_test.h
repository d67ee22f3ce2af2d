/// What the journal's tests share.
#pragma once

#include <tepal/base/log.h>
#include <tepal/journal/journal.h>
#include <tepal/journal/reader.h>

#include <QTemporaryDir>

#include <fstream>
#include <string>
#include <vector>

namespace tepal::test {

inline const JournalSchema kIris{"model-1", {"a", "b", "class"}};

/// A record with a number in its first cell.
inline std::vector<Value> numbered(std::int64_t number)
{
    return {Value::integral(number), Value::fractional(static_cast<double>(number) / 2),
            Value::string("setosa")};
}

inline std::unique_ptr<Journal> openJournal(const std::filesystem::path &dir,
                                            JournalOptions options = {})
{
    auto journal = Journal::open(dir, options);
    if (!journal)
        qFatal("%s", journal.error().text().c_str());
    return std::move(*journal);
}

inline std::unique_ptr<JournalReader> openReader(const std::filesystem::path &dir,
                                                 const Cursors &cursors = {})
{
    auto reader = JournalReader::open(dir, cursors);
    if (!reader)
        qFatal("%s", reader.error().text().c_str());
    return std::move(*reader);
}

/// The numbers of all records that are there, in order of delivery.
inline std::vector<std::int64_t> readNumbers(JournalReader &reader, std::size_t limit = 1u << 30)
{
    std::vector<std::int64_t> numbers;
    while (reader.poll(limit - numbers.size(),
                       [&](const RowsView &rows) {
                           for (std::size_t i = 0; i < rows.rows; ++i)
                               numbers.push_back(rows.row(i)[0].asIntegral());
                       }) != 0 &&
           numbers.size() < limit) {
    }
    return numbers;
}

inline std::vector<std::int64_t> upTo(std::int64_t end, std::int64_t begin = 0)
{
    std::vector<std::int64_t> numbers;
    for (std::int64_t i = begin; i < end; ++i)
        numbers.push_back(i);
    return numbers;
}

inline std::filesystem::path pathOf(const QTemporaryDir &dir)
{
    return dir.path().toStdString();
}

inline std::string slurp(const std::filesystem::path &path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline void spill(const std::filesystem::path &path, const std::string &bytes)
{
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

} // namespace tepal::test
