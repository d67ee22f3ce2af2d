#include "ui/backend/host/xray_report.h"

#include "ui/backend/host/profile_queries.h"

#include <QCoreApplication>
#include <QLocale>

#include <algorithm>

namespace tepal::ui {

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("Xray", text);
}

QString qt(std::string_view text)
{
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

QString counted(std::uint64_t count)
{
    return QLocale().toString(static_cast<qulonglong>(count));
}

RiskGrade gradeOf(RiskLevel level)
{
    switch (level) {
    case RiskLevel::Certain:
        return RiskGrade::Certain;
    case RiskLevel::Likely:
        return RiskGrade::Likely;
    case RiskLevel::Possible:
        break;
    }
    return RiskGrade::Possible;
}

QString kindOf(RiskKind kind)
{
    switch (kind) {
    case RiskKind::Email:
        return tr("E-mail address");
    case RiskKind::Phone:
        return tr("Phone number");
    case RiskKind::PaymentCard:
        return tr("Payment card");
    case RiskKind::Iban:
        return tr("Bank account");
    case RiskKind::NationalId:
        return tr("Personal number");
    case RiskKind::IpAddress:
        return tr("IP address");
    case RiskKind::Secret:
        return tr("Key or password");
    case RiskKind::UrlCredentials:
        return tr("Web address with user");
    case RiskKind::PersonalName:
        return tr("Personal name");
    case RiskKind::Address:
        return tr("Place of a person");
    case RiskKind::BirthDate:
        return tr("Date of birth");
    case RiskKind::Identifier:
        break;
    }
    return tr("Identifier");
}

QList<XrayRisk> risksOf(const std::vector<Risk> &risks)
{
    QList<XrayRisk> list;
    for (const Risk &risk : risks) {
        QString evidence = qt(risk.evidence);
        if (!evidence.isEmpty())
            evidence[0] = evidence[0].toUpper();
        list.append({gradeOf(risk.level), kindOf(risk.kind), evidence, qt(risk.value)});
    }
    return list;
}

bool isIn(const XRayColumn &column, Risk::Place place)
{
    return std::any_of(column.risks.begin(), column.risks.end(),
                       [&](const Risk &risk) { return risk.place == place; });
}

QStringList leavesOf(const XRayColumn &column)
{
    QStringList leaves;
    if (column.numbers && column.numbers->n > 0) {
        const XRayNumbers &numbers = *column.numbers;
        leaves << (numbers.all ? tr("Every number as it stood in its row (%1), with the smallest "
                                    "and the largest")
                                     .arg(counted(numbers.kept))
                               : tr("The smallest and the largest number, and %1 of the others as "
                                    "they stood in their rows")
                                     .arg(counted(numbers.kept)));
    }
    if (!column.texts.empty())
        leaves << (column.texts.size() == 1
                       ? tr("1 raw text with its count")
                       : tr("%1 raw texts with their counts").arg(counted(column.texts.size())));
    if (column.distinct)
        leaves << (column.distinct->guessable
                       ? tr("A hash of every value: a guess can be tried out")
                       : tr("Hashes for counting distinct values"));
    if (!column.conditions.empty())
        leaves
            << tr("How many values met each condition (%1)").arg(counted(column.conditions.size()));
    if (!column.ranges.empty())
        leaves << tr("Lengths of texts and kinds of their characters");
    for (const XRayUnknown &part : column.unknown)
        leaves << tr("%1: %2 bytes that are not interpreted")
                      .arg(part.path.empty() ? tr("A field") : qt(part.path), counted(part.bytes));
    leaves << tr("Counts of values, types and missing values");
    return leaves;
}

XrayColumn columnOf(const XRayColumn &from)
{
    XrayColumn column;
    column.name = qt(from.name);
    column.maskedName = isIn(from, Risk::Place::ColumnName) ? qt(maskText(from.name)) : column.name;
    column.kind = columnKindOf(from.kind);
    column.bytes = static_cast<qint64>(from.bytes);
    column.rows = from.counts.n;
    column.missing = from.counts.null;
    if (from.numbers && from.numbers->n > 0) {
        column.min = from.numbers->min;
        column.max = from.numbers->max;
    }
    column.rangeIsRisk = isIn(from, Risk::Place::Numbers);
    column.leaves = leavesOf(from);
    for (const XRayText &text : from.texts)
        column.texts.append(
            {qt(text.value), qt(maskText(text.value)),
             Estimate{static_cast<double>(text.estimate), static_cast<double>(text.lower),
                      static_cast<double>(text.upper)},
             text.risk ? gradeOf(text.risk->level) : RiskGrade::None,
             text.risk ? kindOf(text.risk->kind) : QString()});
    column.risks = risksOf(from.risks);
    return column;
}

void addPairs(XrayColumn &column, const std::vector<XRayPair> &pairs,
              const std::vector<Risk> &risks, Risk::Place place)
{
    for (const XRayPair &pair : pairs) {
        XrayText text;
        text.text = qt(pair.key) + QStringLiteral(" = ") + qt(pair.value);
        text.masked = pair.masked ? qt(pair.key) + QStringLiteral(" = ") + qt(maskText(pair.value))
                                  : text.text;
        const auto risk = std::find_if(risks.begin(), risks.end(), [&](const Risk &one) {
            return one.place == place && one.name == pair.key;
        });
        if (risk != risks.end()) {
            text.grade = gradeOf(risk->level);
            text.kind = kindOf(risk->kind);
        }
        column.texts.append(text);
    }
}

} // namespace

XrayReport xrayReport(const XRay &xray, const Redaction *redaction)
{
    XrayReport report;
    report.bytes = static_cast<qint64>(xray.bytes);
    report.rows = xray.rows;
    if (redaction)
        report.redacted = qt(redaction->summary());
    for (const XRayColumn &column : xray.columns)
        report.columns.append(columnOf(column));
    XrayColumn file;
    file.name = file.maskedName = tr("Segment and metadata");
    file.isFile = true;
    file.leaves << tr("The time of the data and the time the profile was made");
    addPairs(file, xray.segment, xray.risks, Risk::Place::Segment);
    addPairs(file, xray.metadata, xray.risks, Risk::Place::Metadata);
    file.risks = risksOf(xray.risks);
    if (!file.texts.isEmpty())
        report.columns.append(file);
    return report;
}

} // namespace tepal::ui
