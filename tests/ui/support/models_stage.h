/// The Models page on made-up data, and how a test finds its way on it.
#pragma once

#include "stage.h"
#include "ui/pages/import_dialog.h"
#include "ui/widgets/elided_label.h"

#include <QApplication>
#include <QDropEvent>
#include <QLabel>
#include <QMimeData>

namespace tepal::ui::test {

struct ModelsStage : Stage
{
    explicit ModelsStage(DemoBackend::Start start = DemoBackend::Start::Full)
        : Stage("models", start)
    {}
    template <typename T>
    T *part() const
    {
        return window.page(QStringLiteral("models"))->template findChild<T *>();
    }
    void tab(const QString &text) { press(text); }
    void press(const QString &text)
    {
        QPushButton *found = button(text);
        QVERIFY2(found, qPrintable(text));
        QTest::mouseClick(found, Qt::LeftButton);
        settle();
    }
    void dropOn(QWidget *target, const QString &path) const
    {
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(path)});
        QDragEnterEvent enter(QPoint(20, 20), Qt::CopyAction, &data, Qt::LeftButton,
                              Qt::NoModifier);
        QApplication::sendEvent(target, &enter);
        QVERIFY(enter.isAccepted());
        QDropEvent drop(QPointF(20, 20), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(target, &drop);
        settle();
    }
    ImportDialog *dialog() const { return window.findChild<ImportDialog *>(); }
};

inline QStringList texts(const QWidget &widget)
{
    QStringList out;
    const auto labels = widget.findChildren<QLabel *>();
    for (const QLabel *label : labels) {
        if (label->isVisible())
            out << label->text();
    }
    const auto elided = widget.findChildren<ElidedLabel *>();
    for (const ElidedLabel *label : elided) {
        if (label->isVisible())
            out << label->text();
    }
    return out;
}

inline bool says(const QWidget &widget, const QString &text)
{
    const QStringList all = texts(widget);
    for (const QString &one : all) {
        if (one.contains(text))
            return true;
    }
    return false;
}

inline QPushButton *buttonIn(const QWidget &widget, const QString &text)
{
    const auto all = widget.findChildren<QPushButton *>();
    for (QPushButton *button : all) {
        if (button->isVisible() && button->text() == text)
            return button;
    }
    return nullptr;
}

} // namespace tepal::ui::test
