/// Plain text on one line (or a fixed number of them) that gives way and tells the whole in its
/// tooltip. Unlike a wrapping QLabel its height never depends on its width.
#pragma once

#include "ui/theme/theme.h"

#include <QWidget>

namespace tepal::ui {

class ElidedLabel final : public QWidget
{
    Q_OBJECT

public:
    explicit ElidedLabel(const QString &text = {}, QWidget *parent = nullptr);
    void setText(const QString &text);
    QString text() const { return m_text; }
    void setFontType(Type type);
    void setRole(Role role);
    void setElideMode(Qt::TextElideMode mode);
    void setAlignment(Qt::Alignment alignment);
    /// Gives way only beyond this width.
    void setKeepWhole(int width);
    /// More than one line elides at the end of the last.
    void setLines(int lines);
    bool isElided() const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    void paintLines(QPainter &painter) const;

    QString m_text;
    int m_keepWhole = 40;
    int m_lines = 1;
    Type m_type = Type::Body;
    Role m_role = Role::Text;
    Qt::TextElideMode m_mode = Qt::ElideMiddle;
    Qt::Alignment m_alignment = Qt::AlignLeft | Qt::AlignVCenter;
};

} // namespace tepal::ui
