#include "ui/pages/versions_view.h"

#include "ui/models/chart_table_model.h"
#include "ui/models/text_table_model.h"
#include "ui/pages/quality_words.h"
#include "ui/pages/rollout_bar.h"
#include "ui/theme/metrics.h"
#include "ui/widgets/format.h"
#include "ui/widgets/state_stack.h"
#include "ui/widgets/table_helpers.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QSignalBlocker>
#include <QSplitter>
#include <QTableView>
#include <QVBoxLayout>

namespace tepal::ui {

VersionsView::VersionsView(Models *models, QWidget *parent)
    : QWidget(parent)
    , m_models(models)
    , m_asker(models)
    , m_rollout(new RolloutBar(models, this))
    , m_other(new QComboBox(this))
    , m_sentence(new QLabel(this))
    , m_rows(new TextTableModel(
          {tr("What"), tr("A: this one"), tr("B: the other"), tr("From A to B")}, {}, this))
    , m_sides(new QTableView(this))
    , m_differences(new ChartTableModel(this))
    , m_differenceView(new QTableView(this))
    , m_split(new QSplitter(Qt::Vertical, this))
{
    auto *with = new QLabel(tr("Compared with"), this);
    with->setProperty("class", QStringLiteral("caption"));
    with->setBuddy(m_other);
    m_other->setAccessibleName(tr("Version to compare with"));
    m_other->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_other->setMinimumContentsLength(36);
    m_sentence->setTextFormat(Qt::PlainText);
    m_sentence->setWordWrap(true);
    setUpTable(m_sides, tr("Two versions side by side"));
    m_sides->setModel(m_rows);
    m_sides->setTextElideMode(Qt::ElideRight);
    setColumnWidths(m_sides, {170, 200, 200, 0});
    setUpTable(m_differenceView, tr("Rows on which they differ"));
    m_differenceView->setModel(m_differences);
    m_differenceView->horizontalHeader()->setStretchLastSection(true);
    auto *content = new QWidget(this);
    auto *head = new QHBoxLayout;
    head->setSpacing(kGap);
    head->addWidget(with);
    head->addWidget(m_other);
    head->addStretch();
    m_split->addWidget(m_sides);
    m_split->addWidget(m_differenceView);
    m_split->setStretchFactor(0, 3);
    m_split->setStretchFactor(1, 1);
    m_split->setChildrenCollapsible(false);
    auto *column = new QVBoxLayout(content);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(6);
    column->addLayout(head);
    column->addWidget(m_sentence);
    column->addWidget(m_split, 1);
    m_state = new StateStack(content, this);
    auto *outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->setSpacing(6);
    outer->addWidget(m_rollout);
    outer->addWidget(m_state, 1);
    connect(m_rollout, &RolloutBar::compareWanted, this, &VersionsView::compareWanted);
    connect(m_other, &QComboBox::activated, this, &VersionsView::ask);
    connect(m_state, &StateStack::retryWanted, this, [this] {
        m_asked.clear();
        ask();
    });
    connect(models, &Models::compared, this, &VersionsView::compared);
    connect(models, &Models::modelsChanged, this, &VersionsView::fillOthers);
}

void VersionsView::show(const QString &tag, const LabelledTable &table)
{
    const bool other = tag != m_tag;
    m_tag = tag;
    m_table = table;
    if (other)
        fillOthers();
    ask();
}

void VersionsView::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    ask();
}

ModelInfo VersionsView::infoOf(const QString &tag) const
{
    for (const ModelInfo &model : m_models->list()) {
        if (model.tag == tag)
            return model;
    }
    return {};
}

void VersionsView::fillOthers()
{
    const QString name = m_tag.section(QLatin1Char(':'), 0, 0);
    const QString before = m_other->currentData().toString();
    const QSignalBlocker block(m_other);
    m_other->clear();
    int older = -1;
    bool behind = false;
    const QList<ModelInfo> all = m_models->list(); // newest first
    for (const ModelInfo &model : all) {
        if (model.tag == m_tag)
            behind = true;
        if (model.tag == m_tag || model.tag.section(QLatin1Char(':'), 0, 0) != name)
            continue;
        if (behind && older < 0)
            older = m_other->count();
        m_other->addItem(tr("%1, %2").arg(model.tag.section(QLatin1Char(':'), 1),
                                          format::dateTime(model.created)),
                         model.tag);
    }
    const int same = m_other->findData(before);
    m_other->setCurrentIndex(same >= 0 ? same : std::max(0, older));
    if (isVisible())
        ask();
}

void VersionsView::ask()
{
    const QString other = m_other->currentData().toString();
    m_rollout->setVersions(m_tag, other);
    if (m_tag.isEmpty() || other.isEmpty()) {
        m_asked.clear();
        m_asker.forget();
        m_state->setLoading(false);
        if (m_tag.isEmpty())
            m_state->showEmpty(QStringLiteral("box"), tr("No model is chosen"),
                               tr("Choose one in the list above"));
        else
            m_state->showEmpty(QStringLiteral("git-compare-arrows"),
                               tr("%1 has one version").arg(m_tag.section(QLatin1Char(':'), 0, 0)),
                               tr("Train or import another one under the same name to compare "
                                  "them"));
        return;
    }
    const QString question = QStringList{m_tag, other, m_table.file, m_table.label}.join(QChar(0));
    if (!isVisible() || question == m_asked)
        return;
    m_asked = question;
    m_state->setLoading(true);
    m_models->compareModels(m_asker.next(), m_tag, other, m_table);
}

void VersionsView::compared(const Answer<ModelSides> &answer)
{
    if (!m_asker.accepts(answer))
        return;
    m_state->setLoading(false);
    if (!answer) {
        m_state->showProblem(answer.problem);
        return;
    }
    present(*answer.value);
    m_state->showContent();
}

void VersionsView::present(const ModelSides &sides)
{
    QList<QStringList> rows;
    for (const SideRow &row : sideRows(sides, infoOf(sides.tagA), infoOf(sides.tagB)))
        rows.append({row.what, row.a, row.b, row.difference});
    m_rows->setRows(rows);
    QStringList said;
    if (const QString agreement = agreementText(sides); !agreement.isEmpty())
        said << agreement;
    else if (sides.a && sides.b)
        said << tr(
            "Each is told by its own training rows; choose a table to see where they differ");
    if (sides.problemA)
        said << tr("A was not judged: %1").arg(sides.problemA.text);
    if (sides.problemB)
        said << tr("B was not judged: %1").arg(sides.problemB.text);
    m_sentence->setText(said.join(QLatin1Char('\n')));
    presentDisagreements(sides);
}

void VersionsView::presentDisagreements(const ModelSides &sides)
{
    ChartTable table;
    table.headers = {tr("Row"), tr("True answer"), tr("A says"), tr("B says")};
    if (sides.agreement) {
        for (const Disagreement &one : sides.agreement->first)
            table.rows.append({static_cast<qint64>(one.row), QString::fromStdString(one.truth),
                               QString::fromStdString(one.a), QString::fromStdString(one.b)});
    }
    m_differences->setTable(table);
    m_differenceView->setVisible(!table.isEmpty());
}

} // namespace tepal::ui
