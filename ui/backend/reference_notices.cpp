#include "ui/backend/reference_notices.h"

#include "ui/backend/comparison.h"

#include <QCoreApplication>
#include <QLocale>
#include <QUrl>

namespace tepal::ui {

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("references", text);
}

QString actionOf(const QString &verb, const QStringList &names)
{
    QStringList parts{verb};
    for (const QString &name : names)
        parts << QString::fromLatin1(QUrl::toPercentEncoding(name));
    return parts.join(QLatin1Char(':'));
}

/// A sentence has to be read at a glance, whatever the name.
QString quoted(const QString &name)
{
    constexpr qsizetype kMost = 60;
    const QString one = name.simplified();
    return one.size() <= kMost ? one : one.left(kMost - 1) + QChar(0x2026);
}

} // namespace

Notice referenceMadeNotice(const QString &dataset, const QString &name, const QString &former,
                           qint64 rows)
{
    Notice notice;
    notice.key = QStringLiteral("reference");
    notice.level = NoticeLevel::Success;
    notice.text = tr("“%1” is the reference of %2 now: every verdict is against its %3 rows")
                      .arg(quoted(name), quoted(dataset), QLocale(QLocale::English).toString(rows));
    notice.next = former.isEmpty() ? tr("There was none before")
                                   : tr("Before it was “%1”").arg(quoted(former));
    notice.actionId = actionOf(QStringLiteral("reference.unmake"), {former, name, dataset});
    notice.actionText = tr("Undo");
    return notice;
}

Notice referenceDeletedNotice(const QString &dataset, const QString &name, bool wasCurrent,
                              const QString &current)
{
    Notice notice;
    notice.key = QStringLiteral("reference");
    notice.text = tr("Reference “%1” deleted").arg(quoted(name));
    if (!current.isEmpty())
        notice.next = tr("Verdicts are against “%1” now").arg(quoted(current));
    else if (wasCurrent)
        notice.next = tr("%1 has nothing to be compared with now").arg(quoted(dataset));
    notice.actionId = actionOf(QStringLiteral("reference.restore"), {name, dataset});
    notice.actionText = tr("Undo");
    return notice;
}

bool undoReference(Comparison &comparison, const QString &actionId)
{
    const QStringList parts = actionId.split(QLatin1Char(':'));
    const auto name = [&](qsizetype i) {
        return QUrl::fromPercentEncoding(parts.value(i).toLatin1());
    };
    if (parts.first() == QStringLiteral("reference.unmake") && parts.size() == 4)
        comparison.unmakeReference(name(3), name(2), name(1));
    else if (parts.first() == QStringLiteral("reference.restore") && parts.size() == 3)
        comparison.restoreReference(name(2), name(1));
    else
        return false;
    return true;
}

} // namespace tepal::ui
