#include "ui/charts/chart_frame.h"

#include "ui/charts/legend.h"
#include "ui/models/chart_table_model.h"
#include "ui/theme/icons.h"
#include "ui/theme/metrics.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/file_dialogs.h"
#include "ui/widgets/format.h"
#include "ui/widgets/table_helpers.h"

#include <QAction>
#include <QApplication>
#include <QBuffer>
#include <QClipboard>
#include <QFile>
#include <QHBoxLayout>
#include <QMenu>
#include <QMimeData>
#include <QPainter>
#include <QPointer>
#include <QSaveFile>
#include <QStackedLayout>
#include <QSvgGenerator>
#include <QTableView>
#include <QThreadPool>
#include <QToolButton>
#include <QVBoxLayout>

namespace tepal::ui {

QString ChartTable::toCsv() const
{
    const auto quoted = [](QString cell) -> QString {
        if (cell.contains(QLatin1Char(',')) || cell.contains(QLatin1Char('"')) ||
            cell.contains(QLatin1Char('\n')) || cell.contains(QLatin1Char('\r'))) {
            cell.replace(QLatin1Char('"'), QStringLiteral("\"\""));
            return QLatin1Char('"') + cell + QLatin1Char('"');
        }
        return cell;
    };
    QString out;
    QStringList line;
    for (const QString &header : headers)
        line << quoted(header);
    out += line.join(QLatin1Char(',')) + QStringLiteral("\r\n");
    for (const QVariantList &row : rows) {
        line.clear();
        for (const QVariant &cell : row) {
            line << (cell.typeId() == QMetaType::Double ? format::plain(cell.toDouble())
                                                        : quoted(cell.toString()));
        }
        out += line.join(QLatin1Char(',')) + QStringLiteral("\r\n");
    }
    return out;
}

namespace {

QString fileNameFor(const QString &title, const char *ending)
{
    QString name;
    for (const QChar c : title.simplified().toLower())
        name += c.isLetterOrNumber() ? c : QLatin1Char('-');
    return (name.isEmpty() ? QStringLiteral("chart") : name) + QLatin1Char('.') +
           QLatin1String(ending);
}

/// Files are never written on the UI thread.
void writeFile(ChartFrame *frame, const QString &path, const QByteArray &bytes)
{
    QPointer<ChartFrame> guard(frame);
    QThreadPool::globalInstance()->start([guard, path, bytes] {
        QSaveFile file(path);
        const bool ok =
            file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size() && file.commit();
        const QString error = file.errorString();
        QMetaObject::invokeMethod(
            qApp,
            [guard, path, ok, error] {
                if (!guard)
                    return;
                if (ok)
                    Q_EMIT guard->saved(path);
                else
                    Q_EMIT guard->failed(
                        ChartFrame::tr("%1 could not be written: %2").arg(path, error));
            },
            Qt::QueuedConnection);
    });
}

} // namespace

ChartFrame::ChartFrame(const QString &title, ChartSource *source, QWidget *parent)
    : QFrame(parent)
    , m_source(source)
    , m_title(new ElidedLabel(title, this))
    , m_subtitle(new ElidedLabel(QString(), this))
    , m_legend(new Legend(source, this))
    , m_menu(new QToolButton(this))
    , m_head(new QHBoxLayout)
    , m_legendLine(new QHBoxLayout)
    , m_stack(new QStackedLayout)
    , m_table(new QTableView(this))
{
    setProperty("class", QStringLiteral("card"));
    m_title->setFontType(Type::Strong);
    m_title->setKeepWhole(160);
    m_subtitle->setRole(Role::Muted);
    m_subtitle->setFontType(Type::Caption);
    // Takes what title and legend leave over.
    m_subtitle->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);

    m_menu->setIcon(icon(QStringLiteral("ellipsis"), Role::Muted));
    m_menu->setProperty("class", QStringLiteral("icon"));
    m_menu->setPopupMode(QToolButton::InstantPopup);
    m_menu->setToolTip(tr("Table, export, copy"));
    m_menu->setAccessibleName(tr("Chart menu: %1").arg(title));
    auto *menu = new QMenu(m_menu);
    QAction *table = menu->addAction(tr("Show as table"));
    table->setCheckable(true);
    connect(table, &QAction::toggled, this, &ChartFrame::showTable);
    menu->addSeparator();
    connect(menu->addAction(tr("Copy")), &QAction::triggered, this, &ChartFrame::copy);
    connect(menu->addAction(tr("Save as PNG…")), &QAction::triggered, this, &ChartFrame::savePng);
    connect(menu->addAction(tr("Save as SVG…")), &QAction::triggered, this, &ChartFrame::saveSvg);
    connect(menu->addAction(tr("Save as CSV…")), &QAction::triggered, this, &ChartFrame::saveCsv);
    m_menu->setMenu(menu);

    setUpTable(m_table, tr("%1 as table").arg(title));
    m_table->setModel(new ChartTableModel(m_table));
    m_stack->addWidget(source->widget());
    m_stack->addWidget(m_table);

    m_head->setSpacing(kGap);
    m_head->addWidget(m_title, 0);
    m_head->addWidget(m_subtitle, 1);
    m_head->addWidget(m_legend, 0);
    m_head->addWidget(m_menu, 0);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(kMargin, 6, kGap, kGap);
    column->setSpacing(2);
    column->addLayout(m_head);
    column->addLayout(m_legendLine);
    column->addLayout(m_stack, 1);
}

void ChartFrame::setBare()
{
    setProperty("class", QStringLiteral("bare"));
    layout()->setContentsMargins(0, 0, 0, 0);
}

void ChartFrame::setTitle(const QString &title)
{
    m_title->setText(title);
    placeLegend();
    m_menu->setAccessibleName(tr("Chart menu: %1").arg(title));
}

void ChartFrame::setSubtitle(const QString &subtitle)
{
    m_subtitle->setText(subtitle);
}

void ChartFrame::placeLegend()
{
    const QMargins margins = layout()->contentsMargins();
    const int beside = width() - margins.left() - margins.right() - m_menu->sizeHint().width() -
                       m_title->minimumSizeHint().width() - 3 * kGap;
    // Some shortening is better than a line less for the chart.
    const bool fits = beside >= m_legend->readableWidth();
    const bool isBeside = m_legendLine->count() == 0;
    if (fits && !isBeside) {
        m_legendLine->removeWidget(m_legend);
        m_head->insertWidget(2, m_legend, 0);
    } else if (!fits && isBeside) {
        m_head->removeWidget(m_legend);
        m_legendLine->addWidget(m_legend);
    }
}

void ChartFrame::resizeEvent(QResizeEvent *event)
{
    QFrame::resizeEvent(event);
    placeLegend();
}

void ChartFrame::refresh()
{
    m_legend->update();
    placeLegend();
    if (isTableShown())
        static_cast<ChartTableModel *>(m_table->model())->setTable(m_source->table());
}

bool ChartFrame::isTableShown() const
{
    return m_stack->currentIndex() == 1;
}

void ChartFrame::showTable(bool on)
{
    m_stack->setCurrentIndex(on ? 1 : 0);
    m_legend->setVisible(!on);
    refresh();
}

QPixmap ChartFrame::render2x()
{
    QWidget *widget = m_source->widget();
    QPixmap pixmap(widget->size() * 2);
    pixmap.setDevicePixelRatio(2);
    pixmap.fill(themeColor(Role::Surface1));
    widget->render(&pixmap, QPoint(), QRegion(), QWidget::DrawChildren);
    return pixmap;
}

void ChartFrame::writePng(const QString &file)
{
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    render2x().save(&buffer, "PNG");
    writeFile(this, file, bytes);
}

void ChartFrame::writeCsv(const QString &file)
{
    writeFile(this, file, m_source->table().toCsv().toUtf8());
}

void ChartFrame::savePng()
{
    askSaveFile(this, tr("Save chart"), fileNameFor(m_title->text(), "png"),
                tr("PNG picture (*.png)"), [this](const QString &file) { writePng(file); });
}

void ChartFrame::saveSvg()
{
    askSaveFile(this, tr("Save chart"), fileNameFor(m_title->text(), "svg"),
                tr("SVG picture (*.svg)"), [this](const QString &file) { writeSvg(file); });
}

void ChartFrame::saveCsv()
{
    askSaveFile(this, tr("Save numbers"), fileNameFor(m_title->text(), "csv"), tr("CSV (*.csv)"),
                [this](const QString &file) { writeCsv(file); });
}

void ChartFrame::writeSvg(const QString &file)
{
    QByteArray bytes;
    QBuffer buffer(&bytes);
    QSvgGenerator generator;
    QWidget *widget = m_source->widget();
    generator.setOutputDevice(&buffer);
    generator.setSize(widget->size());
    generator.setViewBox(widget->rect());
    generator.setTitle(m_title->text());
    generator.setDescription(m_source->describe());
    QPainter painter(&generator);
    widget->render(&painter, QPoint(), QRegion(), QWidget::DrawChildren);
    painter.end();
    writeFile(this, file, bytes);
}

void ChartFrame::copy()
{
    auto *mime = new QMimeData;
    mime->setImageData(render2x().toImage());
    mime->setText(m_source->table().toCsv());
    QGuiApplication::clipboard()->setMimeData(mime);
}

} // namespace tepal::ui
