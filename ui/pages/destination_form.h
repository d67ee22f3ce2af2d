/// The settings of one destination: fields, secrets apart, test and save.
#pragma once

#include "ui/backend/asker.h"
#include "ui/backend/upload_values.h"
#include "ui/backend/uploads.h"

#include <QWidget>

class QCheckBox;
class QComboBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QPushButton;

namespace tepal::ui {

class DestinationForm final : public QWidget
{
    Q_OBJECT

public:
    explicit DestinationForm(Uploads *uploads, QWidget *parent = nullptr);
    void open(const QString &id);
    const QString &id() const { return m_id; }

Q_SIGNALS:
    void closed();

private:
    struct Field
    {
        DestinationField spec;
        QLineEdit *edit = nullptr;
        QCheckBox *toggle = nullptr;
        QComboBox *choice = nullptr;
    };

    void build(const DestinationSettings &settings);
    void save(bool test);
    bool isComplete() const;
    void updateButtons();

    Uploads *m_uploads;
    Asker m_settingsAsker;
    Asker m_saveAsker;
    Asker m_testAsker;
    QString m_id;
    QList<Field> m_fields;
    QLabel *m_title;
    QWidget *m_form = nullptr;
    QCheckBox *m_enabled;
    QComboBox *m_everything; ///< What switching it on means for what is stored.
    QLineEdit *m_segments;
    QComboBox *m_redactionFor; ///< The dataset that the rules shown are for; "": every one.
    QLineEdit *m_redaction;    ///< What is taken out before anything is sent.
    QHash<QString, QString> m_redactions;
    QLabel *m_message;
    QPushButton *m_test;
    QPushButton *m_save;
    QPushButton *m_remove;
    bool m_testAfterSave = false;
    bool m_wasEnabled = false;
    bool m_hasStored = false;
};

} // namespace tepal::ui
