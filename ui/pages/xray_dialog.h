/// What exactly leaves, or left, with one upload or file; stays open beside the pages.
#pragma once

#include "ui/backend/asker.h"
#include "ui/backend/uploads.h"

#include <QDialog>

namespace tepal::ui {

class XrayView;

class XrayDialog final : public QDialog
{
    Q_OBJECT

public:
    explicit XrayDialog(Uploads *uploads, QWidget *parent = nullptr);
    void showItem(const OutboxItem &item);
    void showFile(const QString &path);

private:
    void ask();

    Uploads *m_uploads;
    Asker m_asker;
    XrayView *m_view;
    qint64 m_item = 0;
    QString m_path; ///< Of a file; empty for an item.
};

} // namespace tepal::ui
