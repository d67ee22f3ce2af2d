/// Which rows of a dataset that is profiled apart: all of them, or those of one segment.
#pragma once

#include "ui/backend/values.h"

#include <QFrame>

class QLineEdit;
class QListWidget;

namespace tepal::ui {

class SegmentPopup final : public QFrame
{
    Q_OBJECT

public:
    explicit SegmentPopup(QWidget *parent = nullptr);
    /// With its upper left corner there, inside the screen. `chosen` has a mark.
    void openAt(QPoint corner, const QList<Segment> &segments,
                const std::optional<Segment> &chosen);

Q_SIGNALS:
    /// Nothing: all segments.
    void picked(const std::optional<tepal::ui::Segment> &segment);

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void filter(const QString &text);
    void pick(int row);

    QLineEdit *m_filter;
    QListWidget *m_list;
    QList<Segment> m_segments; ///< Of the rows behind the first.
};

} // namespace tepal::ui
