/// Appearance, endpoint, the dataset, references, destinations, store.
#pragma once

#include "ui/backend/asker.h"
#include "ui/pages/page.h"

class QComboBox;
class QLabel;
class QPushButton;
class QVBoxLayout;

namespace tepal::ui {

class Comparison;
class Preferences;
class Uploads;
class Windows;

class SettingsPage final : public Page
{
    Q_OBJECT

public:
    SettingsPage(Context *context, Preferences *preferences, QWidget *parent = nullptr);

Q_SIGNALS:
    void destinationWanted(const QString &id);

private:
    QFrame *section(const QString &title, const QString &help);
    void makeAppearance();
    void makeEndpoint();
    void makeDataset();
    void makeReferences();
    void makeDestinations();
    void makeStore();
    void updateDataset();
    void updateReferences();
    void updateDestinations();
    void updateStore();

    Windows &m_windows;
    Comparison &m_comparison;
    Uploads &m_uploads;
    Preferences *m_preferences;
    QVBoxLayout *m_column;
    QVBoxLayout *m_references = nullptr;
    QVBoxLayout *m_destinations = nullptr;
    QLabel *m_store = nullptr;
    QComboBox *m_keep = nullptr;
    QLabel *m_deleted = nullptr;
    QPushButton *m_restore = nullptr;
    QLabel *m_dataset = nullptr;
    QLabel *m_datasetFacts = nullptr;
    QPushButton *m_datasetChange = nullptr;
    Asker m_datasetAsker;
};

} // namespace tepal::ui
