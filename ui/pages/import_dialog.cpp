#include "ui/pages/import_dialog.h"

#include "ui/models/text_table_model.h"
#include "ui/pages/try_it_panel.h"
#include "ui/theme/metrics.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/format.h"
#include "ui/widgets/state_stack.h"
#include "ui/widgets/table_helpers.h"

#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalBlocker>
#include <QTableView>
#include <QVBoxLayout>

namespace tepal::ui {

namespace {

constexpr int kDebounceMs = 400;
enum FeatureColumn { Name, Takes, Trial };

QString sentence(const Problem &problem)
{
    return problem.next.isEmpty() ? problem.text
                                  : QString(problem.text % QStringLiteral(": ") % problem.next);
}

QTableView *editableTable(const QString &name, TextTableModel *model, QWidget *parent)
{
    auto *view = new QTableView(parent);
    setUpTable(view, name);
    view->setModel(model);
    view->setEditTriggers(QAbstractItemView::DoubleClicked | QAbstractItemView::EditKeyPressed |
                          QAbstractItemView::AnyKeyPressed | QAbstractItemView::SelectedClicked);
    view->setSelectionBehavior(QAbstractItemView::SelectItems);
    return view;
}

} // namespace

ImportDialog::ImportDialog(Models *models, const QString &path, QWidget *parent)
    : QDialog(parent)
    , m_models(models)
    , m_previewAsker(models)
    , m_importAsker(models)
    , m_path(path)
    , m_what(new ElidedLabel(QString(), this))
    , m_notes(new QLabel(this))
    , m_name(new QLineEdit(this))
    , m_nameHint(new QLabel(this))
    , m_features(
          new TextTableModel({tr("Feature"), tr("Takes"), tr("Trial row")}, {Name, Trial}, this))
    , m_classes(new TextTableModel({tr("Class")}, {0}, this))
    , m_bars(new ProbabilityBars(this))
    , m_outcome(new QLabel(this))
    , m_message(new QLabel(this))
    , m_import(new QPushButton(tr("Import"), this))
{
    setWindowTitle(tr("Import %1").arg(QFileInfo(path).fileName()));
    setAttribute(Qt::WA_DeleteOnClose);
    resize(860, 600);
    m_state = new StateStack(makeContent(), this);
    auto *cancel = new QPushButton(tr("Cancel"), this);
    cancel->setAutoDefault(false);
    m_import->setProperty("class", QStringLiteral("primary"));
    m_import->setEnabled(false);
    m_import->setAutoDefault(false); // Return in a cell ends its editing and no more.
    auto *buttons = new QHBoxLayout;
    buttons->addWidget(m_message, 1);
    buttons->addWidget(cancel);
    buttons->addWidget(m_import);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(kPageMargin, kPageMargin, kPageMargin, kMargin);
    column->setSpacing(kGap);
    column->addWidget(m_state, 1);
    column->addLayout(buttons);

    m_debounce.setSingleShot(true);
    m_debounce.setInterval(kDebounceMs);
    connect(&m_debounce, &QTimer::timeout, this, &ImportDialog::preview);
    connect(m_name, &QLineEdit::textEdited, this, &ImportDialog::edited);
    connect(m_features, &TextTableModel::edited, this, &ImportDialog::edited);
    connect(m_classes, &TextTableModel::edited, this, &ImportDialog::edited);
    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    connect(m_import, &QPushButton::clicked, this, &ImportDialog::store);
    connect(m_state, &StateStack::retryWanted, this, &ImportDialog::preview);
    connect(models, &Models::importPreviewed, this, &ImportDialog::previewed);
    connect(models, &Models::imported, this, &ImportDialog::stored);
    m_state->showEmpty(QStringLiteral("box"), tr("Reading %1").arg(QFileInfo(path).fileName()),
                       tr("It is found out what it is, and asked one row. Nothing is stored yet"));
    m_state->setLoading(true);
    preview();
}

QWidget *ImportDialog::makeContent()
{
    auto *content = new QWidget(this);
    m_what->setFontType(Type::Section);
    for (QLabel *label : {m_notes, m_nameHint, m_outcome, m_message}) {
        label->setProperty("class", QStringLiteral("caption"));
        label->setTextFormat(Qt::PlainText);
        label->setWordWrap(true);
    }
    m_name->setAccessibleName(tr("Name of the model in the store"));
    m_name->setMaximumWidth(280);
    auto *nameLabel = new QLabel(tr("Name"), content);
    nameLabel->setBuddy(m_name);
    m_featureView = editableTable(tr("Features"), m_features, content);
    setColumnWidths(m_featureView, {0, 190, 130});
    m_classView = editableTable(tr("Classes"), m_classes, content);
    m_classView->horizontalHeader()->setStretchLastSection(true);
    auto *name = new QHBoxLayout;
    name->setSpacing(kGap);
    name->addWidget(nameLabel);
    name->addWidget(m_name);
    name->addWidget(m_nameHint, 1);
    auto *hint = new QLabel(tr("Names and the trial row can be changed: double-click a cell, or "
                               "press F2"),
                            content);
    hint->setProperty("class", QStringLiteral("caption"));
    auto *tables = new QHBoxLayout;
    tables->setSpacing(kGap);
    tables->addWidget(m_featureView, 3);
    tables->addWidget(m_classView, 1);
    auto *answerTitle = new QLabel(tr("What it answers to the trial row"), content);
    answerTitle->setProperty("class", QStringLiteral("strong"));
    auto *column = new QVBoxLayout(content);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(kGap);
    column->addWidget(m_what);
    column->addWidget(m_notes);
    column->addLayout(name);
    column->addWidget(hint);
    column->addLayout(tables, 1);
    column->addWidget(answerTitle);
    column->addWidget(m_bars);
    column->addWidget(m_outcome);
    return content;
}

ImportRequest ImportDialog::request() const
{
    ImportRequest out;
    out.path = m_path;
    if (!m_first)
        return out;
    out.row = m_features->column(Trial);
    if (m_first->fixed)
        return out;
    out.model = m_name->text().trimmed();
    // What was not changed stays as the file says, so that it can go on finding out.
    QStringList features;
    for (const Feature &feature : m_first->signature->features)
        features << QString::fromStdString(feature.name);
    if (m_features->column(Name) != features)
        out.features = m_features->column(Name);
    QStringList classes;
    for (const std::string &name : m_first->signature->classes)
        classes << QString::fromStdString(name);
    if (m_classes->column(0) != classes)
        out.classes = m_classes->column(0);
    return out;
}

void ImportDialog::preview()
{
    m_debounce.stop();
    m_state->setLoading(true);
    m_models->previewImport(m_previewAsker.next(), request());
}

void ImportDialog::previewed(const Answer<ImportPreview> &answer)
{
    if (!m_previewAsker.accepts(answer))
        return;
    m_state->setLoading(false);
    if (!answer) {
        m_preview.reset();
        m_import->setEnabled(false);
        if (!m_first)
            m_state->showProblem(answer.problem);
        else
            say(sentence(answer.problem), true);
        return;
    }
    m_preview = answer.value;
    if (!m_first) {
        m_first = answer.value;
        fill(*m_first);
        m_state->showContent();
        m_name->setFocus();
    }
    showAnswer(*answer.value);
    say({}, false);
    m_import->setEnabled(true);
}

void ImportDialog::fill(const ImportPreview &preview)
{
    QStringList facts{preview.from, signatureText(*preview.signature)};
    if (const QFileInfo file(m_path); file.isFile())
        facts << format::bytes(file.size());
    if (preview.rows > 0)
        facts << tr("trained on %1 rows").arg(format::count(preview.rows));
    m_what->setText(facts.join(QStringLiteral(" · ")));
    m_notes->setText(preview.notes.join(QLatin1Char('\n')));
    m_notes->setVisible(!preview.notes.isEmpty());
    m_name->setText(preview.name);
    m_name->setEnabled(!preview.fixed);
    m_nameHint->setText(preview.fixed ? tr("an exported model keeps its name, version and classes")
                                      : tr("lower case, digits, “.”, “_” and “-”; another version "
                                           "where there is one of that name"));
    m_classes->setEditableColumns(preview.fixed ? QSet<int>() : QSet<int>{0});
    QList<QStringList> features;
    for (std::size_t i = 0; i < preview.signature->features.size(); ++i) {
        const Feature &feature = preview.signature->features[i];
        features.append({QString::fromStdString(feature.name), featureText(feature),
                         preview.row.value(static_cast<qsizetype>(i))});
    }
    m_features->setRows(features);
    m_features->setEditableColumns(preview.fixed ? QSet<int>{Trial} : QSet<int>{Name, Trial});
    QList<QStringList> classes;
    for (const std::string &name : preview.signature->classes)
        classes.append({QString::fromStdString(name)});
    m_classes->setRows(classes);
    m_classView->setVisible(!classes.isEmpty());
}

void ImportDialog::showAnswer(const ImportPreview &preview)
{
    const bool bars = preview.answer && !preview.answer->probabilities.isEmpty();
    m_bars->setVisible(bars);
    if (bars) {
        m_bars->setStale(false);
        m_bars->setPrediction(std::make_shared<const Prediction>(*preview.answer));
    }
    QString text = preview.answer ? preview.answer->predictedClass : sentence(preview.trouble);
    if (preview.answer && !preview.answer->explanation.isEmpty())
        text += QStringLiteral(" · ") % preview.answer->explanation;
    m_outcome->setText(text);
    m_outcome->setProperty("class",
                           preview.answer ? QStringLiteral("strong") : QStringLiteral("error"));
    m_outcome->setStyleSheet(QStringLiteral(" ")); // the class changed: look it up again
}

void ImportDialog::edited()
{
    m_previewAsker.forget();
    m_import->setEnabled(false); // until it was read by these names
    m_bars->setStale(true);
    m_debounce.start();
}

void ImportDialog::store()
{
    ImportRequest wanted = request();
    wanted.row.clear();
    m_import->setEnabled(false);
    say(tr("Importing…"), false);
    m_models->importModel(m_importAsker.next(), wanted);
}

void ImportDialog::stored(const Answer<QString> &answer)
{
    if (!m_importAsker.accepts(answer))
        return;
    if (!answer) {
        say(sentence(answer.problem), true);
        m_import->setEnabled(m_preview != nullptr);
        return;
    }
    Q_EMIT imported(*answer.value);
    accept();
}

void ImportDialog::say(const QString &text, bool error)
{
    m_message->setText(text);
    m_message->setProperty("class", error ? QStringLiteral("error") : QStringLiteral("caption"));
    m_message->setStyleSheet(QStringLiteral(" "));
}

} // namespace tepal::ui
