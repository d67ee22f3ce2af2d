#include "ui/pages/xray_view.h"

#include "ui/models/xray_models.h"
#include "ui/theme/icons.h"
#include "ui/theme/metrics.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/format.h"
#include "ui/widgets/state_stack.h"
#include "ui/widgets/table_helpers.h"
#include "ui/widgets/verdict.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QScrollBar>
#include <QSortFilterProxyModel>
#include <QSplitter>
#include <QTableView>
#include <QVBoxLayout>

namespace tepal::ui {

namespace {

void setGrade(StateLabel *label, RiskGrade grade, const QString &kind)
{
    const bool certain = grade == RiskGrade::Certain;
    const bool likely = grade == RiskGrade::Likely;
    label->setState(certain  ? Symbol::Octagon
                    : likely ? Symbol::Triangle
                             : Symbol::Ring,
                    certain ? Role::Alarm : Role::Warn, riskWords(grade, kind));
    label->setStrong(true);
}

/// "Text, 1,234 values, 12 missing, 3.2 KiB"
QString facts(const XrayColumn &column)
{
    QStringList words{
        format::kind(column.kind),
        format::counted(column.rows, XrayView::tr("1 value"), XrayView::tr("%1 values"))};
    if (column.missing > 0)
        words << XrayView::tr("%1 missing").arg(format::count(column.missing));
    words << format::bytes(column.bytes);
    return words.join(QStringLiteral(", "));
}

QString takenOut(const XrayReport &report)
{
    QStringList words;
    if (!report.redacted.isEmpty())
        words << XrayView::tr("Taken out: %1").arg(report.redacted);
    if (!report.unmatched.isEmpty())
        words << XrayView::tr("No column for the rule %1")
                     .arg(report.unmatched.join(QStringLiteral(", ")));
    return words.join(QStringLiteral(". "));
}

QFrame *makeCard(QWidget *parent)
{
    auto *card = new QFrame(parent);
    card->setProperty("class", QStringLiteral("card"));
    return card;
}

} // namespace

XrayView::XrayView(QWidget *parent)
    : QWidget(parent)
{
    auto *content = new QWidget(this);
    auto *column = new QVBoxLayout(content);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(kMargin);
    column->addWidget(makeHead(content));
    auto *splitter = new QSplitter(Qt::Horizontal, content);
    splitter->setHandleWidth(kMargin);
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(makeColumns(splitter));
    splitter->addWidget(makePanel(splitter));
    splitter->setSizes({690, 480});
    splitter->setStretchFactor(0, 4);
    splitter->setStretchFactor(1, 3);
    column->addWidget(splitter, 1);
    m_state = new StateStack(content, this);
    auto *outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->addWidget(m_state);
    setFocusProxy(m_columnTable);
    setTabOrder(m_columnTable, m_textTable);
    setTabOrder(m_textTable, m_reveal);
    connect(m_state, &StateStack::retryWanted, this, &XrayView::retryWanted);
    setReport({});
}

QWidget *XrayView::makeHead(QWidget *parent)
{
    auto *head = new QWidget(parent);
    m_summary = new ElidedLabel({}, head);
    m_summary->setFontType(Type::Section);
    m_summary->setElideMode(Qt::ElideRight);
    m_redacted = new ElidedLabel({}, head);
    m_redacted->setFontType(Type::Caption);
    m_redacted->setRole(Role::Muted);
    m_redacted->setElideMode(Qt::ElideRight);
    m_note = new StateLabel(head);
    m_reveal = new QPushButton(icon(QStringLiteral("eye")), tr("Sho&w values"), head);
    m_reveal->setCheckable(true);
    m_reveal->setToolTip(tr("Show raw texts and values as they leave the machine"));
    connect(m_reveal, &QPushButton::toggled, this, &XrayView::applyReveal);
    auto *words = new QVBoxLayout;
    words->setSpacing(2);
    words->addWidget(m_summary);
    words->addWidget(m_redacted);
    words->addWidget(m_note);
    auto *row = new QHBoxLayout(head);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(kGap);
    row->addLayout(words, 1);
    row->addWidget(m_reveal, 0, Qt::AlignTop);
    return head;
}

QWidget *XrayView::makeColumns(QWidget *parent)
{
    auto *card = makeCard(parent);
    m_columns = new XrayColumnsModel(this);
    m_order = new QSortFilterProxyModel(this);
    m_order->setSourceModel(m_columns);
    m_order->setSortRole(SortRole);
    m_columnTable = new QTableView(card);
    setUpTable(m_columnTable, tr("Columns that leave"));
    m_columnTable->setModel(m_order);
    m_columnTable->setSelectionMode(QAbstractItemView::SingleSelection);
    m_columnTable->setSortingEnabled(true);
    m_columnTable->sortByColumn(XrayColumnsModel::Risk, Qt::DescendingOrder);
    setColumnWidths(m_columnTable, {0, 190, 84, 112, 112});
    connect(m_columnTable->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex &current) {
                showColumn(current.isValid() ? m_order->mapToSource(current).row() : -1);
            });
    auto *layout = new QVBoxLayout(card);
    layout->setContentsMargins(1, 4, 1, 4);
    layout->addWidget(m_columnTable);
    return card;
}

QWidget *XrayView::makePanel(QWidget *parent)
{
    auto *card = makeCard(parent);
    m_title = new ElidedLabel({}, card);
    m_title->setFontType(Type::Section);
    m_facts = new ElidedLabel({}, card);
    m_facts->setFontType(Type::Caption);
    m_facts->setRole(Role::Muted);
    m_leaves = new QLabel(card);
    m_leaves->setWordWrap(true);
    m_leaves->setTextFormat(Qt::PlainText);
    m_risks = new QVBoxLayout;
    m_risks->setSpacing(kGap);
    m_texts = new XrayTextsModel(this);
    m_textTable = new QTableView(card);
    setUpTable(m_textTable, tr("Raw texts of the column"));
    m_textTable->setModel(m_texts);
    setColumnWidths(m_textTable, {0, 96, 190});
    m_noTexts = new QLabel(tr("No raw text leaves with this column."), card);
    m_noTexts->setAlignment(Qt::AlignCenter);
    m_noTexts->setForegroundRole(QPalette::PlaceholderText);
    auto *layout = new QVBoxLayout(card);
    layout->setContentsMargins(1, kMargin, 1, 4);
    layout->setSpacing(kGap);
    auto *words = new QVBoxLayout;
    words->setContentsMargins(kMargin, 0, kMargin, 0);
    words->setSpacing(kGap);
    auto *title = new QVBoxLayout;
    title->setSpacing(2);
    title->addWidget(m_title);
    title->addWidget(m_facts);
    words->addLayout(title);
    words->addLayout(m_risks);
    words->addWidget(m_leaves);
    layout->addLayout(words);
    layout->addWidget(m_textTable, 1);
    layout->addWidget(m_noTexts, 1);
    return card;
}

void XrayView::setReport(const std::shared_ptr<const XrayReport> &report)
{
    m_state->setLoading(false);
    const QVariant kept = m_columnTable->currentIndex().data(KeyRole);
    m_report = report;
    m_reveal->setChecked(false);
    m_shown = -1;
    if (!report || report->columns.isEmpty()) {
        m_columns->setRows({});
        if (report)
            m_state->showEmpty(QStringLiteral("scan-search"), tr("Nothing leaves"),
                               tr("This profile has no column left."));
        else
            m_state->showEmpty(QStringLiteral("scan-search"), tr("No profile chosen"),
                               tr("Choose an item to see what exactly leaves with it."));
        return;
    }
    m_columns->setRows(report->columns);
    m_summary->setText(summary());
    m_redacted->setText(takenOut(*report));
    m_redacted->setVisible(!m_redacted->text().isEmpty());
    m_note->setState(Symbol::Triangle, Role::Warn,
                     tr("Not what was sent: today's rules make other bytes of it than those that "
                        "left"));
    m_note->setVisible(report->differsFromSent);
    m_state->showContent();
    for (int row = 0; row < m_order->rowCount(); ++row) {
        const QModelIndex index = m_order->index(row, 0);
        if (kept.isValid() && index.data(KeyRole) == kept) {
            m_columnTable->setCurrentIndex(index);
            showColumn(m_order->mapToSource(index).row());
            return;
        }
    }
    selectFirst();
}

void XrayView::selectFirst()
{
    m_columnTable->setCurrentIndex(m_order->index(0, 0));
    m_columnTable->scrollToTop();
    showColumn(m_order->mapToSource(m_columnTable->currentIndex()).row());
}

void XrayView::setProblem(const Problem &problem)
{
    m_state->setLoading(false);
    m_report.reset();
    m_state->showProblem(problem);
}

void XrayView::setLoading(bool loading)
{
    m_state->setLoading(loading);
}

void XrayView::setRevealed(bool revealed)
{
    m_reveal->setChecked(revealed);
}

bool XrayView::isRevealed() const
{
    return m_reveal->isChecked();
}

QString XrayView::summary() const
{
    if (!m_report)
        return {};
    qint64 columns = 0;
    qint64 texts = 0;
    for (const XrayColumn &column : m_report->columns) {
        columns += column.isFile ? 0 : 1;
        texts += column.isFile ? 0 : column.texts.size();
    }
    const int risks = m_report->risks();
    return QStringList{format::counted(columns, tr("1 column"), tr("%1 columns")),
                       format::counted(m_report->rows, tr("1 row"), tr("%1 rows")),
                       format::counted(texts, tr("1 raw text"), tr("%1 raw texts")),
                       risks == 0 ? tr("no risk found")
                                  : format::counted(risks, tr("1 risk"), tr("%1 risks"))}
        .join(QStringLiteral(", "));
}

void XrayView::showColumn(int row)
{
    if (!m_report || row < 0 || row >= m_columns->rowCount()) {
        m_texts->setRows({});
        return;
    }
    const XrayColumn &column = m_columns->row(row);
    const bool another = std::exchange(m_shown, row) != row;
    m_title->setText(isRevealed() ? column.name : column.maskedName);
    m_facts->setText(facts(column));
    m_facts->setVisible(!column.isFile);
    m_leaves->setText(QStringLiteral("• ") + column.leaves.join(QStringLiteral("\n• ")));
    showRisks(column);
    m_texts->setRows(column.texts);
    m_textTable->setVisible(!column.texts.isEmpty());
    m_textTable->setColumnHidden(XrayTextsModel::Count, column.isFile);
    m_noTexts->setVisible(column.texts.isEmpty());
    if (another)
        m_textTable->verticalScrollBar()->setValue(0);
}

void XrayView::showRisks(const XrayColumn &column)
{
    while (QLayoutItem *item = m_risks->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    for (const XrayRisk &risk : column.risks) {
        auto *row = new QWidget(m_risks->parentWidget());
        auto *label = new StateLabel(row);
        setGrade(label, risk.grade, risk.kind);
        QString words = risk.evidence;
        if (isRevealed() && !risk.value.isEmpty())
            words += QStringLiteral(" = ") + risk.value;
        auto *evidence = new QLabel(words, row);
        evidence->setTextFormat(Qt::PlainText);
        evidence->setWordWrap(true);
        auto *layout = new QVBoxLayout(row);
        layout->setContentsMargins(0, 0, 0, 0);
        layout->setSpacing(2);
        layout->addWidget(label);
        layout->addWidget(evidence);
        m_risks->addWidget(row);
    }
}

void XrayView::applyReveal()
{
    const bool revealed = isRevealed();
    m_reveal->setText(revealed ? tr("&Hide values") : tr("Sho&w values"));
    m_columns->setRevealed(revealed);
    m_texts->setRevealed(revealed);
    showColumn(m_shown);
}

} // namespace tepal::ui
