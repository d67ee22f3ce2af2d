/// What every chart, also the self-painted ones, offers to its frame.
#pragma once

#include "ui/theme/theme.h"

#include <QList>
#include <QString>
#include <QStringList>
#include <QVariant>

class QWidget;

namespace tepal::ui {

/// The numbers behind a chart, for "show as table" and CSV. Cells are double, qint64 or text.
struct ChartTable
{
    QStringList headers;
    QList<QVariantList> rows;

    bool isEmpty() const { return rows.isEmpty(); }
    /// RFC 4180, C locale, empty cell for a missing number.
    QString toCsv() const;
};

struct LegendEntry
{
    enum class Mark : std::uint8_t { Line, ThinLine, Dashed, Band, Bar, Outline };

    int id = 0;
    QString name; ///< Plain text.
    QColor color;
    Mark mark = Mark::Line;
    bool canHide = true;
};

class ChartSource
{
public:
    virtual ~ChartSource() = default;
    virtual QWidget *widget() = 0;
    /// Of the visible range.
    virtual ChartTable table() const = 0;
    /// One or two sentences for people who cannot see it.
    virtual QString describe() const = 0;
    virtual QList<LegendEntry> legend() const { return {}; }
    virtual void setEntryVisible(int id, bool visible)
    {
        Q_UNUSED(id)
        Q_UNUSED(visible)
    }
    /// −1: none.
    virtual void emphasize(int id) { Q_UNUSED(id) }
    virtual bool isEmpty() const = 0;
};

} // namespace tepal::ui
