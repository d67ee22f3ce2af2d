/// What side B is: the references of the dataset, the period before, a trailing range, a segment, a
/// file.
/// References are renamed, deleted and made current here.
#pragma once

#include "ui/backend/values.h"

#include <QFrame>

class QVBoxLayout;

namespace tepal::ui {

class Context;
class SegmentPopup;

class ReferencePopup final : public QFrame
{
    Q_OBJECT

public:
    explicit ReferencePopup(Context *context, QWidget *parent = nullptr);
    /// Below `anchor`, inside the screen.
    void openAt(const QWidget *anchor);

Q_SIGNALS:
    void actionWanted(const QString &actionId);

protected:
    void keyPressEvent(QKeyEvent *event) override;

private:
    QWidget *makeRow(const ReferenceInfo &reference);
    QWidget *makeRename(const QString &name);
    QWidget *makeOthers();
    QWidget *makeTrailing();
    void fill();
    void place();
    void choose(const Against &against);
    void chooseSegment(const std::optional<Segment> &segment);
    void askFile();
    bool isTaken(const QString &name) const;

    Context *m_context;
    QVBoxLayout *m_rows;
    QWidget *m_list;
    QFrame *m_scroll;
    QWidget *m_trailing;
    SegmentPopup *m_segments;
    QList<ReferenceInfo> m_shown;
    QString m_renaming; ///< The reference whose row is a field now.
    QPoint m_at;
};

} // namespace tepal::ui
