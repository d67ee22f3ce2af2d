/// One item of the status bar: a state symbol and words; a click leads to its page.
#pragma once

#include "ui/widgets/verdict.h"

#include <QAbstractButton>

namespace tepal::ui {

class StatusButton final : public QAbstractButton
{
    Q_OBJECT

public:
    explicit StatusButton(const QString &accessibleName, QWidget *parent = nullptr);
    void setState(Symbol shape, Role role, const QString &text);
    void setPlain(const QString &text);
    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    bool m_hasShape = false;
    Symbol m_shape = Symbol::Disc;
    Role m_role = Role::Muted;
};

} // namespace tepal::ui
