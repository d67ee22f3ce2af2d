/// One line of plain text that gives way in the middle and tells the whole in its tooltip.
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
    bool isElided() const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    QString m_text;
    int m_keepWhole = 40;
    Type m_type = Type::Body;
    Role m_role = Role::Text;
    Qt::TextElideMode m_mode = Qt::ElideMiddle;
    Qt::Alignment m_alignment = Qt::AlignLeft | Qt::AlignVCenter;
};

} // namespace tepal::ui
