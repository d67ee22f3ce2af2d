#include "ui/pages/dataset_dialog.h"

#include "ui/theme/metrics.h"
#include "ui/theme/theme.h"
#include "ui/widgets/format.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QStyle>
#include <QVBoxLayout>

#include <algorithm>

namespace tepal::ui {

namespace {

QStringList metricNames(const DatasetSettings &settings)
{
    QStringList names;
    if (settings.distribution)
        names << DatasetDialog::tr("distribution");
    if (settings.cardinality)
        names << DatasetDialog::tr("cardinality");
    if (settings.frequentItems)
        names << DatasetDialog::tr("frequent items");
    if (settings.ints)
        names << DatasetDialog::tr("integer range");
    return names;
}

/// Selects what holds the value; adds it when it was chosen elsewhere.
template <typename T>
void select(QComboBox *box, const T &value, const QString &text)
{
    int index = box->findData(QVariant::fromValue(value));
    if (index < 0) {
        box->addItem(text, QVariant::fromValue(value));
        index = box->count() - 1;
    }
    box->setCurrentIndex(index);
}

} // namespace

QString describe(const DatasetSettings &settings)
{
    QStringList parts;
    parts << DatasetDialog::tr("a window per %1").arg(format::granularity(settings.granularity));
    if (!settings.segmentBy.isEmpty())
        parts << DatasetDialog::tr("profiled apart by %1")
                     .arg(settings.segmentBy.join(QStringLiteral(", ")));
    if (settings.writeEvery > 0)
        parts << DatasetDialog::tr("handed to the outbox every %1")
                     .arg(format::duration(settings.writeEvery));
    const QStringList metrics = metricNames(settings);
    if (metrics.size() < 4)
        parts << (metrics.isEmpty()
                      ? DatasetDialog::tr("counts only")
                      : DatasetDialog::tr("only %1").arg(metrics.join(QStringLiteral(", "))));
    if (!settings.schema.isEmpty())
        parts << DatasetDialog::tr("with a schema of its own");
    if (!settings.destination.isEmpty())
        parts << DatasetDialog::tr("sent to %1")
                     .arg(QString(settings.destination)
                              .replace(QLatin1Char(','), QStringLiteral(", ")));
    const QString text = parts.join(QStringLiteral("; "));
    return settings.own ? text : DatasetDialog::tr("As all datasets: %1").arg(text);
}

DatasetDialog::DatasetDialog(Windows *windows, Uploads *uploads, const QString &dataset,
                             QWidget *parent)
    : QDialog(parent)
    , m_windows(windows)
    , m_uploads(uploads)
    , m_name(dataset)
    , m_settingsAsker(windows)
    , m_saveAsker(windows)
    , m_form(new QWidget(this))
    , m_granularity(new QComboBox(m_form))
    , m_writeEvery(new QComboBox(m_form))
    , m_segments(new QLineEdit(m_form))
    , m_distribution(new QCheckBox(tr("Distribution"), m_form))
    , m_cardinality(new QCheckBox(tr("Cardinality"), m_form))
    , m_frequentItems(new QCheckBox(tr("Frequent items"), m_form))
    , m_ints(new QCheckBox(tr("Integer range"), m_form))
    , m_destinations(new QWidget(m_form))
    , m_destinationWords(new QLabel(m_form))
    , m_schema(new QPlainTextEdit(m_form))
    , m_message(new QLabel(this))
    , m_save(new QPushButton(tr("Save"), this))
    , m_reset(new QPushButton(tr("Log as all datasets"), this))
{
    setWindowTitle(tr("How %1 is logged").arg(dataset));
    resize(560, 560);
    makeFields();
    m_message->setTextFormat(Qt::PlainText);
    m_message->setWordWrap(true);
    m_message->setMinimumHeight(2 * fontMetrics().lineSpacing());
    m_save->setProperty("class", QStringLiteral("primary"));
    m_save->setDefault(true);
    auto *closing = new QPushButton(tr("Close"), this);
    for (QPushButton *button : {m_reset, closing})
        button->setAutoDefault(false);
    auto *buttons = new QHBoxLayout;
    buttons->addWidget(m_save);
    buttons->addWidget(m_reset);
    buttons->addStretch();
    buttons->addWidget(closing);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(kPageMargin, kPageMargin, kPageMargin, kMargin);
    column->setSpacing(kMargin);
    column->addWidget(m_form, 1);
    column->addWidget(m_message);
    column->addLayout(buttons);

    connect(closing, &QPushButton::clicked, this, &QDialog::reject);
    connect(m_save, &QPushButton::clicked, this, [this] { save(chosen()); });
    connect(m_reset, &QPushButton::clicked, this, [this] {
        DatasetSettings none;
        none.dataset = m_name;
        save(none);
    });
    connect(windows, &Windows::datasetSettingsReady, this,
            [this](const Answer<DatasetSettings> &answer) {
                if (!m_settingsAsker.accepts(answer))
                    return;
                if (answer)
                    show(*answer.value);
                else
                    say(answer.problem.text, true);
            });
    connect(windows, &Windows::datasetSettingsSaved, this,
            [this](const Answer<DatasetSettings> &answer) {
                if (!m_saveAsker.accepts(answer))
                    return;
                m_form->setEnabled(true);
                if (!answer) {
                    m_save->setEnabled(true);
                    say(answer.problem.next.isEmpty()
                            ? answer.problem.text
                            : answer.problem.text + QStringLiteral(". ") + answer.problem.next,
                        true);
                    return;
                }
                show(*answer.value);
                say(tr("Saved. A schema is used from the next piece of a window on, all else when "
                       "the endpoint is started the next time."),
                    false);
            });
    m_form->setEnabled(false);
    m_save->setEnabled(false);
    m_reset->setEnabled(false);
    m_windows->requestDatasetSettings(m_settingsAsker.next(), dataset);
}

void DatasetDialog::makeFields()
{
    auto *form = new QFormLayout(m_form);
    form->setContentsMargins(0, 0, 0, 0);
    form->setSpacing(kGap);
    form->setFieldGrowthPolicy(QFormLayout::ExpandingFieldsGrow);
    for (const Granularity granularity : {Granularity::Minute, Granularity::Hour, Granularity::Day,
                                          Granularity::Month, Granularity::Year})
        m_granularity->addItem(tr("a %1").arg(format::granularity(granularity)),
                               QVariant::fromValue(static_cast<int>(granularity)));
    m_granularity->setItemText(1, tr("an %1").arg(format::granularity(Granularity::Hour)));
    form->addRow(tr("Length of a &window"), m_granularity);

    m_writeEvery->addItem(tr("as all datasets"), QVariant::fromValue<qlonglong>(0));
    for (const DurationMs every :
         {kMinuteMs, 10 * kMinuteMs, kHourMs, 6 * kHourMs, DurationMs{kDayMs}})
        m_writeEvery->addItem(tr("every %1").arg(format::duration(every)),
                              QVariant::fromValue<qlonglong>(every));
    m_writeEvery->setToolTip(tr("When finished pieces of a window go to the outbox"));
    form->addRow(tr("To the &outbox"), m_writeEvery);

    m_segments->setPlaceholderText(tr("columns, separated by commas"));
    m_segments->setToolTip(tr("One profile for every combination of these columns' values"));
    form->addRow(tr("&Profile apart by"), m_segments);

    auto *metrics = new QWidget(m_form);
    auto *row = new QHBoxLayout(metrics);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(kMargin);
    for (QCheckBox *box : {m_distribution, m_cardinality, m_frequentItems, m_ints})
        row->addWidget(box);
    row->addStretch();
    form->addRow(tr("Metrics"), metrics);

    auto *boxes = new QVBoxLayout(m_destinations);
    boxes->setContentsMargins(0, 0, 0, 0);
    boxes->setSpacing(2);
    m_destinationWords->setProperty("class", QStringLiteral("caption"));
    boxes->addWidget(m_destinationWords);
    const QList<Destination> destinations = m_uploads->destinations();
    for (const Destination &destination : destinations) {
        if (destination.stored)
            addDestination(destination.id, destination.name);
    }
    updateDestinationWords();
    form->addRow(tr("Send to"), m_destinations);

    m_schema->setPlaceholderText(
        QStringLiteral("{\"columns\": {\"petal_width\": {\"conditions\": {\n"
                       "    \"usual\": {\"between\": [0.1, 2.5]}}}}}"));
    m_schema->setFont(Theme::instance().font(Type::Mono));
    m_schema->setTabChangesFocus(true);
    m_schema->setLineWrapMode(QPlainTextEdit::NoWrap);
    m_schema->setToolTip(tr("Conditions to count, unicode ranges, metrics to leave out, by column "
                            "and by type; the guide tells how"));
    m_schema->setMinimumHeight(120);
    form->addRow(tr("S&chema (JSON)"), m_schema);

    m_granularity->setAccessibleName(tr("Length of a window"));
    m_writeEvery->setAccessibleName(tr("When pieces go to the outbox"));
    m_segments->setAccessibleName(tr("Columns to profile apart"));
    m_schema->setAccessibleName(tr("Schema"));
}

QCheckBox *DatasetDialog::addDestination(const QString &id, const QString &name)
{
    auto *box = new QCheckBox(
        name.compare(id, Qt::CaseInsensitive) == 0 ? name : tr("%1 (%2)").arg(name, id),
        m_destinations);
    box->setObjectName(id);
    connect(box, &QCheckBox::toggled, this, &DatasetDialog::updateDestinationWords);
    auto *column = static_cast<QVBoxLayout *>(m_destinations->layout());
    column->insertWidget(column->count() - 1, box);
    m_destinationBoxes.append(box);
    return box;
}

void DatasetDialog::updateDestinationWords()
{
    const bool any = std::any_of(m_destinationBoxes.cbegin(), m_destinationBoxes.cend(),
                                 [](const QCheckBox *box) { return box->isChecked(); });
    m_destinationWords->setText(m_destinationBoxes.isEmpty()
                                    ? tr("None is set up; see the page Uploads")
                                : any ? tr("To these alone, as far as they are switched on")
                                      : tr("None is ticked: to every one that is switched on"));
}

void DatasetDialog::show(const DatasetSettings &settings)
{
    m_granularity->setCurrentIndex(m_granularity->findData(static_cast<int>(settings.granularity)));
    select<qlonglong>(m_writeEvery, settings.writeEvery,
                      tr("every %1").arg(format::duration(settings.writeEvery)));
    m_segments->setText(settings.segmentBy.join(QStringLiteral(", ")));
    m_distribution->setChecked(settings.distribution);
    m_cardinality->setChecked(settings.cardinality);
    m_frequentItems->setChecked(settings.frequentItems);
    m_ints->setChecked(settings.ints);
    const QStringList chosen = settings.destination.split(QLatin1Char(','), Qt::SkipEmptyParts);
    for (QCheckBox *box : std::as_const(m_destinationBoxes))
        box->setChecked(chosen.contains(box->objectName()));
    // One that is gone, or that the environment sets up, is kept and seen.
    for (const QString &id : chosen) {
        const bool shown =
            std::any_of(m_destinationBoxes.cbegin(), m_destinationBoxes.cend(),
                        [&](const QCheckBox *box) { return box->objectName() == id; });
        if (!shown)
            addDestination(id, id)->setChecked(true);
    }
    m_schema->setPlainText(settings.schema);
    m_form->setEnabled(true);
    m_save->setEnabled(true);
    m_reset->setEnabled(settings.own);
}

DatasetSettings DatasetDialog::chosen() const
{
    DatasetSettings settings;
    settings.dataset = m_name;
    settings.own = true;
    settings.granularity = static_cast<Granularity>(m_granularity->currentData().toInt());
    settings.writeEvery = m_writeEvery->currentData().toLongLong();
    const QStringList columns = m_segments->text().split(QLatin1Char(','), Qt::SkipEmptyParts);
    for (const QString &column : columns) {
        if (!column.trimmed().isEmpty())
            settings.segmentBy << column.trimmed();
    }
    settings.distribution = m_distribution->isChecked();
    settings.cardinality = m_cardinality->isChecked();
    settings.frequentItems = m_frequentItems->isChecked();
    settings.ints = m_ints->isChecked();
    QStringList ids;
    for (const QCheckBox *box : m_destinationBoxes) {
        if (box->isChecked())
            ids << box->objectName();
    }
    settings.destination = ids.join(QLatin1Char(','));
    settings.schema = m_schema->toPlainText().trimmed();
    return settings;
}

void DatasetDialog::save(const DatasetSettings &settings)
{
    m_form->setEnabled(false);
    m_save->setEnabled(false);
    m_reset->setEnabled(false);
    say(tr("Saving…"), false);
    m_windows->saveDatasetSettings(m_saveAsker.next(), settings);
}

void DatasetDialog::say(const QString &text, bool wrong)
{
    m_message->setText(text);
    m_message->setProperty("class", wrong ? QStringLiteral("alarm") : QStringLiteral("caption"));
    m_message->style()->unpolish(m_message);
    m_message->style()->polish(m_message);
}

} // namespace tepal::ui
