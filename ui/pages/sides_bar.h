/// Which two sides are compared: A, the range, against B. The same on every page that compares.
#pragma once

#include <QWidget>

class QToolButton;

namespace tepal::ui {

class Context;
class ElidedLabel;
class ReferencePopup;
class SegmentPopup;
class StateLabel;

/// The letter of a side in its colour.
class SideBadge final : public QWidget
{
    Q_OBJECT

public:
    enum class Side { A, B };
    explicit SideBadge(Side side, QWidget *parent = nullptr);
    QSize sizeHint() const override { return {18, 18}; }

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    Side m_side;
};

class SidesBar final : public QWidget
{
    Q_OBJECT

public:
    explicit SidesBar(Context *context, QWidget *parent = nullptr);
    /// Room for a page's own controls at the end.
    void addWidget(QWidget *widget);

Q_SIGNALS:
    void actionWanted(const QString &actionId);

private:
    void showSides();
    void showSegment();
    void showNote();

    Context *m_context;
    ElidedLabel *m_a;
    QToolButton *m_window;
    QToolButton *m_segment; ///< Of side A; hidden where the dataset has none.
    QToolButton *m_b;
    QToolButton *m_swap;
    QToolButton *m_pin;
    StateLabel *m_note;
    ReferencePopup *m_popup;
    SegmentPopup *m_segments;
};

} // namespace tepal::ui
