/// A whole window over made-up data, and how a test finds its way in it.
#pragma once

#include "demo_backend.h"
#include "ui/pages/main_window.h"
#include "ui/pages/page.h"
#include "ui/pages/preferences.h"

#include <QPushButton>
#include <QTableView>
#include <QTest>

namespace tepal::ui::test {

/// A window over a demo backend, shown on one page.
struct Stage
{
    explicit Stage(const char *page, DemoBackend::Start start = DemoBackend::Start::Full)
        : backend(start)
        , preferences(QString())
        , window(&backend, &preferences)
    {
        window.resize(1440, 900);
        window.show();
        window.showPage(QLatin1String(page));
        settle();
    }
    static void settle()
    {
        for (int i = 0; i < 6; ++i)
            QTest::qWait(1);
    }
    template <typename T>
    T *find(const QString &accessibleName = {}) const
    {
        const auto all = window.findChildren<T *>();
        for (T *widget : all) {
            if (accessibleName.isEmpty() || widget->accessibleName() == accessibleName)
                return widget;
        }
        return nullptr;
    }
    QPushButton *button(const QString &text) const
    {
        const auto all = window.findChildren<QPushButton *>();
        for (QPushButton *b : all) {
            if (b->isVisible() && b->text().trimmed() == text)
                return b;
        }
        return nullptr;
    }
    QTableView *table() const
    {
        const auto all = window.page(window.currentPage())->findChildren<QTableView *>();
        for (QTableView *t : all) {
            if (t->isVisible())
                return t;
        }
        return nullptr;
    }
    static void clickRow(QTableView *table, int row)
    {
        QTest::mouseClick(table->viewport(), Qt::LeftButton, {},
                          table->visualRect(table->model()->index(row, 1)).center());
        settle();
    }

    DemoBackend backend;
    Preferences preferences;
    MainWindow window;
};

inline QString u(const char *text)
{
    return QString::fromUtf8(text);
}

} // namespace tepal::ui::test
