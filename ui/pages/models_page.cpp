#include "ui/pages/models_page.h"

#include "ui/backend/models.h"
#include "ui/models/columns_model.h"
#include "ui/models/models_model.h"
#include "ui/theme/icons.h"
#include "ui/theme/metrics.h"
#include "ui/widgets/file_dialogs.h"
#include "ui/widgets/state_stack.h"
#include "ui/widgets/table_helpers.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QSpinBox>
#include <QTableView>
#include <QVBoxLayout>

namespace tepal::ui {

ModelsPage::ModelsPage(Context *context, QWidget *parent)
    : Page(context, parent)
    , m_models(context->backend()->models())
{
    auto *card = new QFrame(this);
    card->setProperty("class", QStringLiteral("card"));
    auto *title = new QLabel(tr("Models"), card);
    title->setProperty("class", QStringLiteral("strong"));
    auto *kLabel = new QLabel(tr("Neighbours"), card);
    kLabel->setProperty("class", QStringLiteral("caption"));
    m_k = new QSpinBox(card);
    m_k->setRange(1, 50);
    m_k->setValue(5);
    m_k->setAccessibleName(tr("Number of neighbours"));
    kLabel->setBuddy(m_k);
    auto *train = new QPushButton(tr("Train iris"), card);
    train->setToolTip(tr("Train nearest neighbours on the iris data and store it"));
    auto *import = new QPushButton(tr("Import…"), card);
    m_serve = new QPushButton(tr("Serve"), card);
    m_serve->setProperty("class", QStringLiteral("primary"));
    m_export = new QPushButton(tr("Export…"), card);
    m_delete = new QPushButton(tr("Delete"), card);
    m_delete->setProperty("class", QStringLiteral("danger"));
    auto *head = new QHBoxLayout;
    head->setContentsMargins(0, 0, kGap, 0);
    head->setSpacing(kGap);
    head->addWidget(title);
    head->addStretch();
    head->addWidget(kLabel);
    head->addWidget(m_k);
    head->addWidget(train);
    head->addWidget(import);
    head->addSpacing(kMargin);
    head->addWidget(m_serve);
    head->addWidget(m_export);
    head->addWidget(m_delete);

    m_rows = new ModelsModel(this);
    m_proxy = new SortProxy(this);
    m_proxy->setSourceModel(m_rows);
    m_table = new QTableView(card);
    setUpTable(m_table, tr("Models in the store"));
    m_table->setModel(m_proxy);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setSortingEnabled(true);
    m_table->horizontalHeader()->setSortIndicator(-1, Qt::AscendingOrder);
    m_table->horizontalHeader()->setSortIndicatorClearable(true);
    setColumnWidths(m_table, {0, 110, 190, 150, 110, 90, 140, 90});
    m_state = new StateStack(m_table, card);
    auto *column = new QVBoxLayout(card);
    column->setContentsMargins(kMargin, kGap, 1, 1);
    column->setSpacing(4);
    column->addLayout(head);
    column->addWidget(m_state, 1);
    auto *outer = new QVBoxLayout(this);
    outer->setContentsMargins(kPageMargin, kMargin, kPageMargin, kPageMargin);
    outer->addWidget(card);

    connect(train, &QPushButton::clicked, this, [this] { m_models.trainIris(m_k->value()); });
    connect(import, &QPushButton::clicked, this,
            [this] { Q_EMIT actionWanted(QStringLiteral("models.import")); });
    connect(m_serve, &QPushButton::clicked, this, [this] { m_models.serveModel(selectedTag()); });
    connect(m_table, &QTableView::activated, this, [this] { m_models.serveModel(selectedTag()); });
    connect(m_export, &QPushButton::clicked, this, [this] {
        QString name = selectedTag();
        askSaveFile(this, tr("Export model"),
                    name.replace(QLatin1Char(':'), QLatin1Char('-')) + QStringLiteral(".zip"),
                    tr("Model archive (*.zip)"), [this, tag = selectedTag()](const QString &file) {
                        m_models.exportModel(tag, file);
                    });
    });
    connect(m_delete, &QPushButton::clicked, this, &ModelsPage::remove);
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &ModelsPage::updateSelection);
    connect(m_state, &StateStack::actionWanted, this, &Page::actionWanted);
    connect(&m_models, &Models::modelsChanged, this, &ModelsPage::refresh);
    refresh();
}

void ModelsPage::refresh()
{
    m_rows->setRows(m_models.list());
    if (m_rows->rowCount() == 0) {
        m_state->showEmpty(QStringLiteral("box"), tr("No models yet"),
                           tr("Train one on the iris data, or import a model archive"),
                           tr("Try it with iris"), QStringLiteral("start.iris"));
    } else {
        m_state->showContent();
        if (!m_table->currentIndex().isValid())
            m_table->selectRow(0);
    }
    updateSelection();
}

QString ModelsPage::selectedTag() const
{
    const auto rows = m_table->selectionModel()->selectedRows();
    return rows.isEmpty() ? QString() : rows.first().data(KeyRole).toString();
}

void ModelsPage::updateSelection()
{
    const QString tag = selectedTag();
    bool serving = false;
    for (const ModelInfo &model : m_rows->rows())
        serving = serving || (model.tag == tag && model.serving);
    m_serve->setEnabled(!tag.isEmpty() && !serving);
    m_export->setEnabled(!tag.isEmpty());
    m_delete->setEnabled(!tag.isEmpty() && !serving);
    m_delete->setToolTip(serving ? tr("It is being served; serve another model first") : QString());
}

void ModelsPage::remove()
{
    const QString tag = selectedTag();
    if (tag.isEmpty())
        return;
    m_models.deleteModel(tag);
    Q_EMIT noticeWanted({QStringLiteral("model.deleted"),
                         NoticeLevel::Info,
                         tr("Deleted %1").arg(tag),
                         {},
                         QStringLiteral("models.undo:") + tag,
                         tr("Undo"),
                         true});
}

} // namespace tepal::ui
