#include "ui/pages/models_page.h"

#include "ui/backend/windows.h"
#include "ui/models/columns_model.h"
#include "ui/models/models_model.h"
#include "ui/models/text_table_model.h"
#include "ui/pages/ask_panel.h"
#include "ui/pages/import_dialog.h"
#include "ui/pages/kinds_strip.h"
#include "ui/pages/label_bar.h"
#include "ui/pages/quality_view.h"
#include "ui/pages/tab_bar.h"
#include "ui/pages/versions_view.h"
#include "ui/theme/metrics.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/file_dialogs.h"
#include "ui/widgets/state_stack.h"
#include "ui/widgets/table_helpers.h"

#include <QDragEnterEvent>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QMimeData>
#include <QPushButton>
#include <QSpinBox>
#include <QSplitter>
#include <QStackedLayout>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>

namespace tepal::ui {

namespace {

enum Tab { Quality, Versions, Takes };

/// JSON is what XGBoost writes, too: only what no model is stored as is taken for a table.
bool isTable(const QString &path)
{
    QString name = path.toLower();
    for (const char *packed : {".gz", ".zst", ".bz2", ".xz"}) {
        if (name.endsWith(QLatin1String(packed)))
            name.chop(static_cast<qsizetype>(qstrlen(packed)));
    }
    for (const char *table : {".csv", ".tsv", ".jsonl", ".ndjson"}) {
        if (name.endsWith(QLatin1String(table)))
            return true;
    }
    return false;
}

} // namespace

ModelsPage::ModelsPage(Context *context, QWidget *parent)
    : Page(context, parent)
    , m_models(context->backend()->models())
    , m_detailAsker(&m_models)
{
    setAcceptDrops(true);
    m_ask = new AskPanel(&m_models, &context->backend()->endpoint(), this);
    auto *below = new QSplitter(Qt::Horizontal, this);
    below->addWidget(m_ask);
    below->addWidget(makeDetail());
    below->setStretchFactor(0, 1);
    below->setStretchFactor(1, 3);
    below->setSizes({380, 960});
    below->setChildrenCollapsible(false);
    auto *split = new QSplitter(Qt::Vertical, this);
    split->addWidget(makeList());
    split->addWidget(below);
    split->setStretchFactor(0, 2);
    split->setStretchFactor(1, 5);
    split->setSizes({215, 575});
    split->setChildrenCollapsible(false);
    auto *outer = new QVBoxLayout(this);
    outer->setContentsMargins(kPageMargin, kMargin, kPageMargin, kPageMargin);
    outer->addWidget(split);
    connectParts();
    m_kinds->setKinds(m_models.kinds());
    showModels();
}

QWidget *ModelsPage::makeList()
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
    m_train = new QPushButton(tr("Train iris"), card);
    m_train->setToolTip(tr("Train nearest neighbours on the iris data and store it"));
    m_import = new QPushButton(tr("Import…"), card);
    m_import->setToolTip(tr("A model's file; dropping one here does the same"));
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
    head->addWidget(m_train);
    head->addWidget(m_import);
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
    setColumnWidths(m_table, {0, 155, 165, 175, 105, 145, 100, 80, 80, 80});
    m_state = new StateStack(m_table, card);
    m_kinds = new KindsStrip(card);
    auto *column = new QVBoxLayout(card);
    column->setContentsMargins(kMargin, kGap, 1, 1);
    column->setSpacing(4);
    column->addLayout(head);
    column->addWidget(m_state, 1);
    column->addWidget(m_kinds);
    return card;
}

QWidget *ModelsPage::makeDetail()
{
    auto *card = new QFrame(this);
    card->setProperty("class", QStringLiteral("card"));
    m_title = new ElidedLabel(QString(), card);
    m_title->setFontType(Type::Strong);
    m_tabs = new TabBar(card);
    for (const QString &name : {tr("How right"), tr("Versions"), tr("What it takes")})
        m_tabs->addTab(name);
    m_label = new LabelBar(&m_models, card);
    m_quality = new QualityView(&m_models, card);
    m_versions = new VersionsView(&m_models, card);
    auto *pages = new QWidget(card);
    m_stack = new QStackedLayout(pages);
    m_stack->addWidget(m_quality);
    m_stack->addWidget(m_versions);
    m_stack->addWidget(makeSignature());
    auto *head = new QHBoxLayout;
    head->setSpacing(kMargin);
    head->addWidget(m_title, 1);
    head->addWidget(m_tabs);
    auto *column = new QVBoxLayout(card);
    column->setContentsMargins(kMargin, kGap, kMargin, kMargin);
    column->setSpacing(kGap);
    column->addLayout(head);
    column->addWidget(m_label);
    column->addWidget(pages, 1);
    return card;
}

QWidget *ModelsPage::makeSignature()
{
    auto *content = new QWidget(this);
    m_route = new QLabel(content);
    m_route->setProperty("class", QStringLiteral("caption"));
    m_route->setTextFormat(Qt::PlainText);
    m_route->setWordWrap(true);
    m_features =
        new TextTableModel({tr("Feature"), tr("Takes"), tr("One of"), tr("For example")}, {}, this);
    auto *table = new QTableView(content);
    setUpTable(table, tr("Features of the model"));
    table->setModel(m_features);
    table->setTextElideMode(Qt::ElideRight);
    setColumnWidths(table, {190, 230, 0, 120});
    auto *column = new QVBoxLayout(content);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(6);
    column->addWidget(m_route);
    column->addWidget(table, 1);
    m_signatureState = new StateStack(content, this);
    return m_signatureState;
}

void ModelsPage::connectParts()
{
    connect(m_train, &QPushButton::clicked, this, [this] { m_models.trainIris(m_k->value()); });
    connect(m_import, &QPushButton::clicked, this, &ModelsPage::chooseImport);
    connect(m_serve, &QPushButton::clicked, this, [this] { m_models.serveModel(selectedTag()); });
    connect(m_table, &QTableView::activated, this, [this] { m_models.serveModel(selectedTag()); });
    connect(m_export, &QPushButton::clicked, this, &ModelsPage::exportSelected);
    connect(m_delete, &QPushButton::clicked, this, &ModelsPage::remove);
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &ModelsPage::updateSelection);
    connect(m_state, &StateStack::actionWanted, this, &Page::actionWanted);
    connect(m_signatureState, &StateStack::retryWanted, this, &ModelsPage::requestDetail);
    connect(m_ask, &AskPanel::actionWanted, this, &Page::actionWanted);
    connect(m_tabs, &TabBar::currentChanged, this, [this](int tab) {
        m_stack->setCurrentIndex(tab);
        m_label->setVisible(tab != Takes);
    });
    connect(m_label, &LabelBar::changed, this, &ModelsPage::showQuality);
    connect(m_label, &LabelBar::chooseWanted, this, &ModelsPage::chooseTable);
    connect(m_quality, &QualityView::chooseWanted, this, &ModelsPage::chooseTable);
    connect(m_versions, &VersionsView::compareWanted, this, &ModelsPage::compareSegments);
    connect(m_quality, &QualityView::saved, this, [this](const QString &file) {
        Q_EMIT noticeWanted(
            {QString(), NoticeLevel::Success, tr("Saved %1").arg(file), {}, {}, {}, true});
    });
    connect(m_quality, &QualityView::failed, this, [this](const QString &text) {
        Q_EMIT noticeWanted({QStringLiteral("save"),
                             NoticeLevel::Error,
                             text,
                             tr("Choose another folder"),
                             {},
                             {},
                             false});
    });
    connect(&m_models, &Models::modelsChanged, this, &ModelsPage::showModels);
    connect(&m_models, &Models::kindsChanged, this,
            [this] { m_kinds->setKinds(m_models.kinds()); });
    connect(&m_models, &Models::detailReady, this, [this](const Answer<ModelDetail> &answer) {
        if (!m_detailAsker.accepts(answer))
            return;
        m_signatureState->setLoading(false);
        showDetail(answer.value);
        if (!answer)
            m_signatureState->showProblem(answer.problem);
    });
}

void ModelsPage::refresh()
{
    m_models.reload();
    showModels();
    m_quality->again(); // the table may have changed on disk
}

void ModelsPage::showEvent(QShowEvent *event)
{
    Page::showEvent(event);
    m_models.reload(); // the command line writes the store, too
}

void ModelsPage::showModels()
{
    m_rows->setRows(m_models.list());
    if (m_rows->rowCount() == 0) {
        m_state->showEmpty(QStringLiteral("box"), tr("No models yet"),
                           tr("Train one on the iris data, or drop a model's file here"),
                           tr("Try it with iris"), QStringLiteral("start.iris"));
    } else {
        m_state->showContent();
        if (!m_wanted.isEmpty())
            select(m_wanted);
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

void ModelsPage::select(const QString &tag)
{
    for (int row = 0; row < m_proxy->rowCount(); ++row) {
        if (m_proxy->index(row, 0).data(KeyRole).toString() == tag) {
            m_wanted.clear();
            m_table->selectRow(row);
            m_table->scrollTo(m_proxy->index(row, 0));
            return;
        }
    }
    m_wanted = tag;
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
    if (m_title->text() == tag && !tag.isEmpty())
        return;
    m_title->setText(tag.isEmpty() ? tr("No model is chosen") : tag);
    requestDetail();
}

void ModelsPage::requestDetail()
{
    const QString tag = selectedTag();
    if (tag.isEmpty()) {
        m_detailAsker.forget();
        showDetail(nullptr);
        return;
    }
    m_signatureState->setLoading(true);
    m_models.requestDetail(m_detailAsker.next(), tag);
}

void ModelsPage::showDetail(const std::shared_ptr<const ModelDetail> &detail)
{
    m_detail = detail;
    m_ask->setDetail(detail);
    m_label->setModel(detail ? detail->signature : nullptr, detail && detail->keepsRows);
    showQuality();
    if (!detail) {
        m_signatureState->showEmpty(QStringLiteral("box"), tr("No model is chosen"),
                                    tr("Choose one in the list above"));
        return;
    }
    QStringList parts{tr("POST %1").arg(detail->path),
                      tr("recorded in the dataset %1").arg(detail->dataset)};
    for (const auto &[name, value] : detail->parameters)
        parts << name % QStringLiteral(" = ") % value;
    QStringList classes;
    for (const std::string &name : detail->signature->classes)
        classes << QString::fromStdString(name);
    QString text = parts.join(QStringLiteral(" · "));
    if (!classes.isEmpty())
        text += QLatin1Char('\n') %
                tr("Classes: %1").arg(classes.mid(0, 20).join(QStringLiteral(", ")));
    if (classes.size() > 20)
        text += tr(" and %1 more").arg(classes.size() - 20);
    m_route->setText(text);
    const QStringList samples = sampleTexts(*detail->signature);
    QList<QStringList> rows;
    for (std::size_t i = 0; i < detail->signature->features.size(); ++i) {
        const Feature &feature = detail->signature->features[i];
        QStringList categories;
        for (const std::string &category : feature.categories)
            categories << QString::fromStdString(category);
        rows.append({QString::fromStdString(feature.name), featureText(feature),
                     categories.join(QStringLiteral(", ")),
                     samples.value(static_cast<qsizetype>(i))});
    }
    m_features->setRows(rows);
    m_signatureState->showContent();
}

void ModelsPage::showQuality()
{
    const QString tag = m_detail ? m_detail->tag : QString();
    m_quality->show(tag, m_detail && m_detail->keepsRows, m_label->table());
    m_versions->show(tag, m_label->table());
}

/// The two versions' requests become the sides of the Drift page.
void ModelsPage::compareSegments(const RolloutInfo &rollout)
{
    const QList<DatasetInfo> all = backend()->windows().datasets();
    const bool logged = std::any_of(all.begin(), all.end(), [&](const DatasetInfo &dataset) {
        return dataset.id == rollout.name;
    });
    if (!logged) {
        Q_EMIT noticeWanted({QStringLiteral("rollout"),
                             NoticeLevel::Info,
                             tr("Nobody has asked %1 yet").arg(rollout.name),
                             tr("Send requests to /v1/models/%1/predict").arg(rollout.name),
                             {},
                             {},
                             true});
        return;
    }
    context()->setDataset(rollout.name);
    context()->setSegment(rollout.candidateSegment());
    Against against;
    against.segment = rollout.primarySegment();
    context()->setAgainst(against);
    Q_EMIT actionWanted(QStringLiteral("page.drift"));
}

// ---------------------------------------------------------------- files

void ModelsPage::chooseTable()
{
    askOpenFiles(this, tr("Table with the true answers"),
                 tr("Tables (*.csv *.tsv *.jsonl *.ndjson *.json *.gz *.zst *.bz2 *.xz);;"
                    "All files (*)"),
                 false, [this](const QStringList &files) { m_label->setFile(files.value(0)); });
}

void ModelsPage::chooseImport()
{
    askOpenFiles(this, tr("Import model"),
                 tr("Models (*.tepalmodel *.json *.ubj *.txt *.onnx MLmodel);;All files (*)"),
                 false, [this](const QStringList &files) { takeFile(files.value(0)); });
}

void ModelsPage::takeFile(const QString &path)
{
    if (isTable(path)) {
        if (m_tabs->current() == Takes)
            m_tabs->setCurrent(Quality);
        m_label->setFile(path);
        return;
    }
    auto *dialog = new ImportDialog(&m_models, path, this);
    connect(dialog, &ImportDialog::imported, this, &ModelsPage::select);
    dialog->open();
}

void ModelsPage::dragEnterEvent(QDragEnterEvent *event)
{
    const QList<QUrl> urls = event->mimeData()->urls();
    if (urls.size() == 1 && urls.first().isLocalFile())
        event->acceptProposedAction();
}

void ModelsPage::dropEvent(QDropEvent *event)
{
    const QList<QUrl> urls = event->mimeData()->urls();
    if (urls.size() != 1 || !urls.first().isLocalFile())
        return;
    event->acceptProposedAction();
    takeFile(urls.first().toLocalFile());
}

void ModelsPage::exportSelected()
{
    QString name = selectedTag();
    askSaveFile(
        this, tr("Export model"),
        name.replace(QLatin1Char(':'), QLatin1Char('-')) + QStringLiteral(".tepalmodel"),
        tr("Exported model (*.tepalmodel)"),
        [this, tag = selectedTag()](const QString &file) { m_models.exportModel(tag, file); });
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
