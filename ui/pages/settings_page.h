/// Appearance, endpoint, destinations, store.
#pragma once

#include "ui/pages/page.h"

class QLabel;
class QVBoxLayout;

namespace tepal::ui {

class Preferences;

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
    void makeReferences();
    void makeDestinations();
    void makeStore();
    void updateReferences();
    void updateDestinations();
    void updateStore();

    Preferences *m_preferences;
    QVBoxLayout *m_column;
    QVBoxLayout *m_references = nullptr;
    QVBoxLayout *m_destinations = nullptr;
    QLabel *m_store = nullptr;
};

} // namespace tepal::ui
