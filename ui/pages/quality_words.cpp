#include "ui/pages/quality_words.h"

#include "ui/widgets/format.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>
#include <functional>

namespace tepal::ui {

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("tepal::ui::QualityWords", text);
}

QString qs(const std::string &text)
{
    return QString::fromStdString(text);
}

QString count(std::uint64_t rows)
{
    return format::count(static_cast<qint64>(rows));
}

/// Of shares: 96.7 % and 94.7 % are two points apart.
QString pointsText(double share)
{
    return tr("%1 points").arg(format::fixed(share * 100, 1));
}

QString signedText(double difference, const std::function<QString(double)> &text)
{
    if (std::isnan(difference))
        return {};
    if (difference == 0)
        return tr("the same");
    return (difference > 0 ? QStringLiteral("+") : QString(QChar(0x2212))) +
           text(std::fabs(difference));
}

QStringList featureList(const Signature &signature)
{
    QStringList out;
    for (const Feature &feature : signature.features)
        out << qs(feature.name) % QStringLiteral(" (") % featureText(feature) % QStringLiteral(")");
    return out;
}

QStringList classList(const Signature &signature)
{
    QStringList out;
    for (const std::string &name : signature.classes)
        out << qs(name);
    return out;
}

/// "without: colour (text); new: size (number)"; another order is a difference too.
QString listDifference(const QStringList &a, const QStringList &b)
{
    QStringList gone;
    QStringList added;
    for (const QString &one : a) {
        if (!b.contains(one))
            gone << one;
    }
    for (const QString &one : b) {
        if (!a.contains(one))
            added << one;
    }
    QStringList parts;
    if (!gone.isEmpty())
        parts << tr("only A: %1").arg(gone.join(QStringLiteral(", ")));
    if (!added.isEmpty())
        parts << tr("only B: %1").arg(added.join(QStringLiteral(", ")));
    if (parts.isEmpty() && a != b)
        parts << tr("another order");
    return parts.join(QStringLiteral("; "));
}

/// The rows of what both were judged by.
class Judged
{
public:
    Judged(const ModelSides &sides, QList<SideRow> &out)
        : m_sides(sides)
        , m_out(out)
    {}

    void add(const QString &what, const std::function<double(const Evaluation &)> &value,
             const std::function<QString(double)> &text,
             const std::function<QString(double)> &apart = {})
    {
        const double a = m_sides.a ? value(*m_sides.a) : kMissing;
        const double b = m_sides.b ? value(*m_sides.b) : kMissing;
        const auto shown = [&](double v) { return std::isnan(v) ? format::missing() : text(v); };
        m_out.append({what, shown(a), shown(b), signedText(b - a, apart ? apart : text)});
    }

private:
    const ModelSides &m_sides;
    QList<SideRow> &m_out;
};

void addQuality(const ModelSides &sides, QList<SideRow> &rows)
{
    Judged judged(sides, rows);
    const auto number = [](double v) { return format::number(v); };
    const auto whole = [](double v) { return format::count(static_cast<qint64>(v)); };
    judged.add(
        tr("Rows answered"),
        [](const Evaluation &e) { return static_cast<double>(e.rows.answered); }, whole);
    judged.add(
        tr("Rows left out"),
        [](const Evaluation &e) { return static_cast<double>(e.rows.leftOut()); }, whole);
    const Evaluation &any = sides.a ? *sides.a : *sides.b;
    if (any.task == Task::Regression) {
        judged.add(
            tr("Mean absolute error"), [](const Evaluation &e) { return e.numbers.mae; }, number);
        judged.add(
            tr("Root mean square error"), [](const Evaluation &e) { return e.numbers.rmse; },
            number);
        judged.add(
            tr("R²"), [](const Evaluation &e) { return e.numbers.r2; }, number);
        judged.add(
            tr("Mean of answer − truth"), [](const Evaluation &e) { return e.numbers.bias; },
            number);
        return;
    }
    judged.add(
        tr("Accuracy"), [](const Evaluation &e) { return e.classes.accuracy.value; },
        qualityPercent, pointsText);
    judged.add(
        tr("Balanced accuracy"), [](const Evaluation &e) { return e.classes.balancedAccuracy; },
        qualityPercent, pointsText);
    judged.add(
        tr("Log loss"), [](const Evaluation &e) { return e.classes.logLoss; }, number);
    judged.add(
        tr("Expected calibration error"),
        [](const Evaluation &e) { return e.classes.confidence.expectedError; }, number);
}

} // namespace

QString qualityPercent(double share)
{
    return std::isnan(share)
               ? format::missing()
               : QString(format::fixed(share * 100, 1) % QChar(0x00a0) % QLatin1Char('%'));
}

QString bandText(const ShareOfRows &share)
{
    if (share.rows == 0)
        return {};
    return tr("95 %: %1 to %2").arg(format::fixed(share.low * 100, 1), qualityPercent(share.high));
}

QString rowsText(const Evaluation &evaluation)
{
    const EvaluatedRows &rows = evaluation.rows;
    QStringList left;
    const auto part = [&](std::uint64_t rowCount, const QString &what) {
        if (rowCount > 0)
            left << what.arg(count(rowCount));
    };
    part(rows.noLabel, tr("%1 without a label"));
    part(rows.badLabel, tr("%1 with a label that is no number"));
    part(rows.noFeature, tr("%1 with a value missing"));
    part(rows.refused, tr("%1 not taken by the model"));
    part(rows.unread, tr("%1 not readable"));
    const QString answered = rows.answered == 1 ? tr("1 row answered")
                                                : tr("%1 rows answered").arg(count(rows.answered));
    if (left.isEmpty())
        return evaluation.leaveOneOut ? tr("%1, each told by all the others").arg(answered)
                                      : answered;
    return tr("%1; left out: %2").arg(answered, left.join(QStringLiteral(", ")));
}

QString doubtText(const Evaluation &evaluation)
{
    QStringList lines;
    if (!evaluation.rows.whyRefused.empty())
        lines << tr("Not taken, first: %1").arg(qs(evaluation.rows.whyRefused));
    if (evaluation.rows.unknownCategories > 0)
        lines << tr("%1 category values that the model does not know counted as missing")
                     .arg(count(evaluation.rows.unknownCategories));
    if (evaluation.classes.clipped > 0)
        lines << tr("%1 rows whose class was given 0: in the log loss that is 2.2e-16")
                     .arg(count(evaluation.classes.clipped));
    for (const std::string &note : evaluation.notes)
        lines << qs(note);
    return lines.join(QLatin1Char('\n'));
}

QList<SideRow> sideRows(const ModelSides &sides, const ModelInfo &a, const ModelInfo &b)
{
    QList<SideRow> rows;
    const auto plain = [&](const QString &what, const QString &inA, const QString &inB) {
        rows.append({what, inA, inB, inA == inB ? QString() : tr("differs")});
    };
    rows.append({tr("Created"), format::dateTime(a.created), format::dateTime(b.created),
                 format::duration(std::abs(b.created - a.created)) % QLatin1Char(' ') %
                     (b.created < a.created ? tr("earlier") : tr("later"))});
    plain(tr("Kind"), a.kind, b.kind);
    for (const auto &[name, value] : sides.parametersA) {
        const auto same = std::find_if(sides.parametersB.begin(), sides.parametersB.end(),
                                       [&](const auto &other) { return other.first == name; });
        plain(name, value, same == sides.parametersB.end() ? format::missing() : same->second);
    }
    for (const auto &[name, value] : sides.parametersB) {
        const auto known = [&](const auto &other) { return other.first == name; };
        if (std::none_of(sides.parametersA.begin(), sides.parametersA.end(), known))
            plain(name, format::missing(), value);
    }
    plain(tr("Training rows"), a.rows == 0 ? format::missing() : format::count(a.rows),
          b.rows == 0 ? format::missing() : format::count(b.rows));
    rows.append({tr("Size"), format::bytes(a.bytes), format::bytes(b.bytes),
                 a.bytes == b.bytes
                     ? QString()
                     : signedText(static_cast<double>(b.bytes - a.bytes), [](double bytes) {
                           return format::bytes(static_cast<qint64>(bytes));
                       })});
    rows.append({tr("Features"), QString::number(sides.signatureA->features.size()),
                 QString::number(sides.signatureB->features.size()),
                 listDifference(featureList(*sides.signatureA), featureList(*sides.signatureB))});
    rows.append({tr("Classes"), QString::number(sides.signatureA->classes.size()),
                 QString::number(sides.signatureB->classes.size()),
                 listDifference(classList(*sides.signatureA), classList(*sides.signatureB))});
    if (sides.a || sides.b)
        addQuality(sides, rows);
    return rows;
}

QString agreementText(const ModelSides &sides)
{
    if (!sides.agreement)
        return {};
    const Agreement &both = *sides.agreement;
    const QString differ = tr("They differ on %1 of %2 rows that both answered")
                               .arg(count(both.differ), count(both.rows));
    if (sides.a && sides.a->task == Task::Regression)
        return tr("%1: by %2 on average, at most by %3; A is nearer to the truth on %4, B on %5")
            .arg(differ, format::number(both.meanDifference), format::number(both.maxDifference),
                 count(both.nearerA), count(both.nearerB));
    return tr("%1; only A is right on %2, only B on %3 (%4, McNemar's exact test)")
        .arg(differ, count(both.onlyA), count(both.onlyB), format::pValue(both.p));
}

} // namespace tepal::ui
