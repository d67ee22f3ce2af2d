/// One reference to choose: its name, and below it how many rows, since when, from what.
#pragma once

#include "ui/backend/values.h"

#include <QAbstractButton>

namespace tepal::ui {

class ReferenceButton final : public QAbstractButton
{
    Q_OBJECT

public:
    ReferenceButton(const ReferenceInfo &reference, bool chosen, QWidget *parent = nullptr);
    const ReferenceInfo &reference() const { return m_reference; }
    bool isChosen() const { return m_chosen; }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    QString facts() const;

    ReferenceInfo m_reference;
    bool m_chosen;
};

} // namespace tepal::ui
