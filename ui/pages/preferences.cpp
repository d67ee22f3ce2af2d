#include "ui/pages/preferences.h"

#include <tepal/base/paths.h>

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSaveFile>
#include <QThreadPool>
#include <QTimer>

namespace tepal::ui {

namespace {

void save(const QString &path, const QByteArray &json)
{
    QDir().mkpath(QFileInfo(path).absolutePath());
    QSaveFile file(path);
    if (file.open(QIODevice::WriteOnly)) {
        file.write(json);
        file.commit();
    }
}

} // namespace

Preferences::Preferences(QString file, QObject *parent)
    : QObject(parent)
    , m_file(std::move(file))
{
    QFile in(m_file);
    if (!m_file.isEmpty() && in.open(QIODevice::ReadOnly))
        m_values = fromJson(in.readAll());
}

QString Preferences::defaultFile()
{
    return QString::fromStdString((settingsDirectory() / "workbench.json").string());
}

void Preferences::change(const PreferenceValues &values)
{
    m_values = values;
    Q_EMIT changed();
    if (m_file.isEmpty() || m_dirty)
        return;
    m_dirty = true;
    QTimer::singleShot(500, this, &Preferences::write);
}

void Preferences::write()
{
    if (!m_dirty)
        return;
    m_dirty = false;
    QThreadPool::globalInstance()->start(
        [file = m_file, json = toJson(m_values)] { save(file, json); });
}

void Preferences::flush()
{
    if (m_file.isEmpty())
        return;
    m_dirty = false;
    save(m_file, toJson(m_values));
}

PreferenceValues Preferences::fromJson(const QByteArray &json)
{
    // Unknown keys and values of a newer version fall back to defaults.
    const QJsonObject o = QJsonDocument::fromJson(json).object();
    PreferenceValues v;
    const QString theme = o.value(QStringLiteral("theme")).toString();
    v.theme = theme == QStringLiteral("light")  ? ThemeMode::Light
              : theme == QStringLiteral("dark") ? ThemeMode::Dark
                                                : ThemeMode::System;
    v.utc = o.value(QStringLiteral("utc")).toBool();
    const int port = o.value(QStringLiteral("port")).toInt(3000);
    v.port = port >= 0 && port <= 65535 ? port : 3000;
    v.geometry = QByteArray::fromBase64(o.value(QStringLiteral("geometry")).toString().toLatin1());
    v.page = o.value(QStringLiteral("page")).toString();
    return v;
}

QByteArray Preferences::toJson(const PreferenceValues &v)
{
    const QString theme = v.theme == ThemeMode::Light  ? QStringLiteral("light")
                          : v.theme == ThemeMode::Dark ? QStringLiteral("dark")
                                                       : QStringLiteral("system");
    const QJsonObject o{
        {QStringLiteral("theme"), theme},
        {QStringLiteral("utc"), v.utc},
        {QStringLiteral("port"), v.port},
        {QStringLiteral("geometry"), QString::fromLatin1(v.geometry.toBase64())},
        {QStringLiteral("page"), v.page},
    };
    return QJsonDocument(o).toJson();
}

} // namespace tepal::ui
