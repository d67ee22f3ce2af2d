/// How verdicts look and read: always a shape, a word and a colour.
#pragma once

#include "ui/backend/values.h"
#include "ui/theme/theme.h"

#include <QWidget>

class QPainter;
class QRectF;

namespace tepal::ui {

enum class Symbol : std::uint8_t { Disc, Ring, Triangle, Octagon, Dash, Half };

QString verdictWord(Verdict verdict);
Role verdictRole(Verdict verdict);
Role verdictSoftRole(Verdict verdict);
Symbol verdictSymbol(Verdict verdict);
/// Needs the user's attention.
bool isAlarming(Verdict verdict);

/// Draws the state symbol centred in `rect` (square part of it is used).
void paintSymbol(QPainter &painter, const QRectF &rect, Symbol shape, const QColor &color);

/// Symbol and word side by side; used for verdicts and for any other state.
class StateLabel : public QWidget
{
    Q_OBJECT

public:
    explicit StateLabel(QWidget *parent = nullptr);
    void setState(Symbol shape, Role role, const QString &text);
    void setVerdict(Verdict verdict);
    void setStrong(bool strong);
    QString text() const { return m_text; }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    Symbol m_shape = Symbol::Ring;
    Role m_role = Role::Muted;
    bool m_strong = false;
    QString m_text;
};

} // namespace tepal::ui
