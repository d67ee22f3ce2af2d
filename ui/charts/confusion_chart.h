/// What was answered for what: true classes down, answers across, with recall and precision beside.
#pragma once

#include "ui/backend/model_values.h"
#include "ui/charts/chart_source.h"

#include <QWidget>

namespace tepal::ui {

/// Colour is the share of a true class's rows: one hue for right answers, another for errors.
/// Beyond so many classes those with the most errors are shown and the others united; the table has
/// every pair. Keyboard: arrows move the cell, Escape leaves it.
class ConfusionChart final : public QWidget, public ChartSource
{
    Q_OBJECT

public:
    static constexpr qsizetype kMostClasses = 12;

    explicit ConfusionChart(QWidget *parent = nullptr);
    void setQuality(const ClassificationQuality &quality);
    void clear() { setQuality({}); }

    QWidget *widget() override { return this; }
    ChartTable table() const override;
    QString describe() const override;
    bool isEmpty() const override { return m_groups.isEmpty(); }
    QSize sizeHint() const override { return {360, 300}; }
    QSize minimumSizeHint() const override { return {220, 160}; }

protected:
    void paintEvent(QPaintEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void leaveEvent(QEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    bool event(QEvent *event) override;

private:
    /// One class, or all that are not shown by themselves.
    struct Group
    {
        QString name;
        bool known = true;
        quint64 rows = 0;
        quint64 answered = 0;
        quint64 right = 0;
    };
    struct Cell
    {
        qsizetype truth = -1;
        qsizetype answer = -1;
        bool isValid() const { return truth >= 0; }
        bool operator==(const Cell &) const = default;
    };

    quint64 at(qsizetype truth, qsizetype answer) const
    {
        return m_counts[truth * m_groups.size() + answer];
    }
    void regroup();
    void layoutCells();
    QRectF cellRect(qsizetype truth, qsizetype answer) const;
    Cell cellAt(const QPointF &pos) const;
    QString cellText(const Cell &cell) const;
    void paintNames(QPainter &painter) const;
    void paintCell(QPainter &painter, qsizetype truth, qsizetype answer) const;
    void paintMargins(QPainter &painter) const;
    void moveTo(Cell cell);

    ClassificationQuality m_quality;
    QList<Group> m_groups;
    QList<quint64> m_counts; ///< Row-major over the groups.
    QRectF m_grid;
    bool m_upright = false; ///< The answers' names.
    Cell m_current;
    Cell m_hover;
};

} // namespace tepal::ui
