/// Values that tell what exactly leaves the machine with a profile.
#pragma once

#include "ui/backend/profile_values.h"

namespace tepal::ui {

/// How sure it is that something points to a person or is a secret.
enum class RiskGrade : std::uint8_t { None, Possible, Likely, Certain };

struct XrayRisk
{
    RiskGrade grade = RiskGrade::None;
    QString kind;     ///< "E-mail address"
    QString evidence; ///< A sentence with the value masked.
    QString value;    ///< As it leaves; empty where there is none to show.
};

/// A raw text in the file.
struct XrayText
{
    QString text;
    QString masked;
    Estimate count; ///< How often it came.
    RiskGrade grade = RiskGrade::None;
    QString kind; ///< Of the risk.
};

/// A column, or (`isFile`) what the file says about itself: segment and metadata, whose texts are
/// `key = value` without counts.
struct XrayColumn
{
    QString name;
    QString maskedName; ///< The same unless the name itself is a value.
    bool isFile = false;
    ColumnKind kind = ColumnKind::Unknown;
    qint64 bytes = 0;
    qint64 rows = 0;
    qint64 missing = 0;
    double min = kMissing; ///< Exact; NaN without numbers.
    double max = kMissing;
    bool rangeIsRisk = false; ///< To be masked like a text.
    QStringList leaves;       ///< One sentence each.
    QList<XrayText> texts;    ///< Most frequent first.
    QList<XrayRisk> risks;    ///< Gravest first.

    RiskGrade grade() const { return risks.isEmpty() ? RiskGrade::None : risks.first().grade; }
};

struct XrayReport
{
    qint64 bytes = 0;
    qint64 rows = 0;
    QList<XrayColumn> columns;
    QString redacted; ///< What rules took out, in words; empty without rules.
    /// Rules that met no column, as text.
    QStringList unmatched;
    /// It was sent, and these are other bytes than those: the rules have changed since.
    bool differsFromSent = false;

    int risks() const
    {
        int count = 0;
        for (const XrayColumn &column : columns)
            count += static_cast<int>(column.risks.size());
        return count;
    }
};

} // namespace tepal::ui
