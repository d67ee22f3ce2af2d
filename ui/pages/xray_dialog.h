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
    void showPlanned(const PlannedUpload &planned);
    void showFile(const QString &path);

private:
    void ask();

    Uploads *m_uploads;
    Asker m_asker;
    XrayView *m_view;
    /// What is shown: a file, an item, or what would be sent.
    QString m_path;
    qint64 m_item = 0;
    PlannedUpload m_planned;
};

} // namespace tepal::ui
