/// File choice without a nested event loop.
#pragma once

#include <QString>
#include <QStringList>

#include <functional>

class QWidget;

namespace tepal::ui {

/// `chosen` runs when a file was accepted and `parent` still lives; overwriting was confirmed.
void askSaveFile(QWidget *parent, const QString &title, const QString &name, const QString &filter,
                 std::function<void(const QString &)> chosen);
void askOpenFiles(QWidget *parent, const QString &title, const QString &filter, bool several,
                  std::function<void(const QStringList &)> chosen);
void askFolder(QWidget *parent, const QString &title, const QString &start,
               std::function<void(const QString &)> chosen);

} // namespace tepal::ui
