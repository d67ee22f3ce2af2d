/// Runs fault_probe and compares what it was answered with what is counted.
#pragma once

#include <tepal/base/paths.h>

#include <QProcessEnvironment>
#include <QString>

#include <cstdint>
#include <set>
#include <string>

namespace tepal::test {

inline constexpr int kProbeRecords = 120;

struct Answers
{
    int status = -1;
    std::set<std::int64_t> done;
    std::set<std::int64_t> unknown;
    QByteArray err;
};

/// A life of a host on this home; `sync` is "every" or "interval".
Answers probe(const QString &home, int first, const QString &sync,
              const QProcessEnvironment &environment);

enum class Loss { None, Allowed };

struct Comparison
{
    std::string wrong; ///< Empty = right.
    std::size_t counted = 0;
};

/// Logs what is left in the home's journal, and compares. Nothing may be counted twice, nor what
/// was refused; what was answered is counted unless `loss` lets it go.
Comparison compare(const Home &home, const Answers &answers, Loss loss = Loss::None);

} // namespace tepal::test
