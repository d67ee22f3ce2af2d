#include "ui/pages/planned_dialog.h"

#include "ui/models/columns_model.h"
#include "ui/models/planned_model.h"
#include "ui/theme/metrics.h"
#include "ui/widgets/format.h"
#include "ui/widgets/state_stack.h"
#include "ui/widgets/table_helpers.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QTableView>
#include <QVBoxLayout>

namespace tepal::ui {

PlannedDialog::PlannedDialog(QWidget *parent)
    : QDialog(parent)
    , m_model(new PlannedModel(this))
    , m_proxy(new SortProxy(this))
    , m_table(new QTableView(this))
    , m_summary(new QLabel(this))
    , m_unmatched(new QLabel(this))
    , m_xray(new QPushButton(tr("X-ray"), this))
{
    setWindowTitle(tr("Dry run"));
    resize(1060, 520);
    m_summary->setProperty("class", QStringLiteral("section"));
    m_summary->setTextFormat(Qt::PlainText);
    m_summary->setWordWrap(true);
    m_unmatched->setProperty("class", QStringLiteral("alarm"));
    m_unmatched->setTextFormat(Qt::PlainText);
    m_unmatched->setWordWrap(true);
    m_proxy->setSourceModel(m_model);
    setUpTable(m_table, tr("What would be sent"));
    m_table->setModel(m_proxy);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setTextElideMode(Qt::ElideRight);
    m_table->setSortingEnabled(true);
    m_table->horizontalHeader()->setSortIndicator(-1, Qt::AscendingOrder);
    m_table->horizontalHeader()->setSortIndicatorClearable(true);
    setColumnWidths(m_table, {230, 130, 64, 84, 110, 0, 64});
    auto *card = new QFrame(this);
    card->setProperty("class", QStringLiteral("card"));
    m_state = new StateStack(m_table, card);
    auto *inside = new QVBoxLayout(card);
    inside->setContentsMargins(1, 4, 1, 4);
    inside->addWidget(m_state);
    m_xray->setToolTip(tr("What exactly the selected file contains"));
    m_xray->setEnabled(false);
    auto *closing = new QPushButton(tr("Close"), this);
    closing->setAutoDefault(false);
    auto *buttons = new QHBoxLayout;
    buttons->addWidget(m_xray);
    buttons->addStretch();
    buttons->addWidget(closing);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(kPageMargin, kPageMargin, kPageMargin, kMargin);
    column->setSpacing(kGap);
    column->addWidget(m_summary);
    column->addWidget(m_unmatched);
    column->addWidget(card, 1);
    column->addLayout(buttons);

    connect(closing, &QPushButton::clicked, this, &QDialog::reject);
    connect(m_xray, &QPushButton::clicked, this, &PlannedDialog::lookAtSelected);
    connect(m_table, &QTableView::activated, this, &PlannedDialog::look);
    connect(m_table, &QTableView::clicked, this, [this](const QModelIndex &index) {
        if (index.column() == PlannedModel::Look)
            look(index);
    });
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex &current) {
                m_xray->setEnabled(current.isValid() &&
                                   !m_model->row(m_proxy->mapToSource(current).row()).problem);
            });
}

void PlannedDialog::showReport(const UploadReport &report)
{
    m_model->setRows(report.planned);
    m_summary->setText(report.text);
    QStringList warnings;
    for (const QString &rule : report.unmatched)
        warnings << tr("No column for the rule %1: look whether its name is right").arg(rule);
    for (const QString &segment : report.unseenSegments)
        warnings << tr("No window of the segment %1: look how it is written").arg(segment);
    m_unmatched->setText(warnings.join(QLatin1Char('\n')));
    m_unmatched->setVisible(!warnings.isEmpty());
    if (report.planned.isEmpty())
        m_state->showEmpty(QStringLiteral("cloud-upload"), tr("Nothing would be sent"),
                           tr("Everything that is finished has been sent."));
    else
        m_state->showContent();
    if (!report.planned.isEmpty())
        m_table->selectRow(0);
    show();
    raise();
}

void PlannedDialog::look(const QModelIndex &index)
{
    const PlannedUpload &planned = m_model->row(m_proxy->mapToSource(index).row());
    if (!planned.problem)
        Q_EMIT xrayWanted(planned);
}

void PlannedDialog::lookAtSelected()
{
    const QModelIndexList rows = m_table->selectionModel()->selectedRows();
    if (!rows.isEmpty())
        look(rows.first());
}

} // namespace tepal::ui
