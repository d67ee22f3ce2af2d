/// How one dataset is logged: window length, schedule, segments, metrics, schema, destination.
#pragma once

#include "ui/backend/asker.h"
#include "ui/backend/dataset_values.h"
#include "ui/backend/uploads.h"
#include "ui/backend/windows.h"

#include <QDialog>

class QCheckBox;
class QComboBox;
class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QPushButton;

namespace tepal::ui {

/// The choices in a sentence, for a page.
QString describe(const DatasetSettings &settings);

class DatasetDialog final : public QDialog
{
    Q_OBJECT

public:
    DatasetDialog(Windows *windows, Uploads *uploads, const QString &dataset,
                  QWidget *parent = nullptr);

private:
    void makeFields();
    void show(const DatasetSettings &settings);
    DatasetSettings chosen() const;
    void save(const DatasetSettings &settings);
    QCheckBox *addDestination(const QString &id, const QString &name);
    void updateDestinationWords();
    void say(const QString &text, bool wrong);

    Windows *m_windows;
    Uploads *m_uploads;
    QString m_name;
    Asker m_settingsAsker;
    Asker m_saveAsker;
    QWidget *m_form;
    QComboBox *m_granularity;
    QComboBox *m_writeEvery;
    QLineEdit *m_segments;
    QCheckBox *m_distribution;
    QCheckBox *m_cardinality;
    QCheckBox *m_frequentItems;
    QCheckBox *m_ints;
    QWidget *m_destinations;
    QList<QCheckBox *> m_destinationBoxes; ///< Each has the id as its object name.
    QLabel *m_destinationWords;
    QPlainTextEdit *m_schema;
    QLabel *m_message;
    QPushButton *m_save;
    QPushButton *m_reset;
};

} // namespace tepal::ui
