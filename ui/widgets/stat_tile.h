/// A number with its name: the decoration of the Live page.
#pragma once

#include "ui/theme/theme.h"

#include <QFrame>

namespace tepal::ui {

/// Fixed width per text pattern, so that a changing number never moves its neighbours.
class StatTile final : public QFrame
{
    Q_OBJECT

public:
    explicit StatTile(const QString &name, QWidget *parent = nullptr);

    /// Several values stand side by side, e.g. p50 / p95 / p99; `unit` follows small.
    void setValues(const QStringList &values, const QString &unit = {});
    void setDetail(const QString &detail);
    /// Colour of the value: Text, Warn, Alarm.
    void setRole(Role role);
    /// Last known numbers of something stopped: muted.
    void setStale(bool stale);
    /// 0–1 draws a thin bar at the bottom; negative: none.
    void setProgress(double share);
    QString valueText() const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    QString m_name;
    QStringList m_values;
    QString m_unit;
    QString m_detail;
    Role m_role = Role::Text;
    bool m_stale = false;
    double m_progress = -1;
};

} // namespace tepal::ui
