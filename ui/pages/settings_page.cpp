#include "ui/pages/settings_page.h"

#include "ui/backend/comparison.h"
#include "ui/backend/uploads.h"
#include "ui/backend/windows.h"
#include "ui/pages/dataset_dialog.h"
#include "ui/pages/destination_card.h"
#include "ui/pages/preferences.h"
#include "ui/theme/icons.h"
#include "ui/theme/metrics.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/format.h"

#include <QButtonGroup>
#include <QCheckBox>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QSpinBox>
#include <QVBoxLayout>

#include <limits>

namespace tepal::ui {

namespace {

void clearLayout(QLayout *layout)
{
    while (QLayoutItem *item = layout->takeAt(0)) {
        // Later: the click that led here may still be inside one of them.
        if (QWidget *widget = item->widget()) {
            widget->hide();
            widget->deleteLater();
        }
        if (QLayout *inner = item->layout())
            clearLayout(inner);
        delete item;
    }
}

} // namespace

SettingsPage::SettingsPage(Context *context, Preferences *preferences, QWidget *parent)
    : Page(context, parent)
    , m_windows(context->backend()->windows())
    , m_comparison(context->backend()->comparison())
    , m_uploads(context->backend()->uploads())
    , m_preferences(preferences)
    , m_datasetAsker(&m_windows)
{
    auto *content = new QWidget;
    content->setProperty("class", QStringLiteral("page"));
    content->setMaximumWidth(760);
    m_column = new QVBoxLayout(content);
    m_column->setContentsMargins(kPageMargin, kMargin, kPageMargin, kPageMargin);
    m_column->setSpacing(kMargin);
    makeAppearance();
    makeEndpoint();
    makeDataset();
    makeReferences();
    makeDestinations();
    makeStore();
    m_column->addStretch();
    auto *scroll = new QScrollArea(this);
    scroll->setWidget(content);
    scroll->setWidgetResizable(true);
    scroll->setAlignment(Qt::AlignHCenter | Qt::AlignTop);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setFocusPolicy(Qt::NoFocus);
    auto *outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->addWidget(scroll);

    connect(&m_uploads, &Uploads::destinationsChanged, this, &SettingsPage::updateDestinations);
    connect(&Theme::instance(), &Theme::changed, this, &SettingsPage::updateDestinations);
    connect(&m_windows, &Windows::storeChanged, this, &SettingsPage::updateStore);
    connect(&m_comparison, &Comparison::referencesChanged, this, &SettingsPage::updateReferences);
    connect(&m_windows, &Windows::datasetsChanged, this, &SettingsPage::updateReferences);
    connect(context, &Context::datasetChanged, this, &SettingsPage::updateReferences);
    connect(context, &Context::datasetChanged, this, &SettingsPage::updateDataset);
    connect(&m_windows, &Windows::datasetSettingsReady, this,
            [this](const Answer<DatasetSettings> &answer) {
                if (m_datasetAsker.accepts(answer))
                    m_datasetFacts->setText(answer ? describe(*answer.value) : answer.problem.text);
            });
    connect(&m_windows, &Windows::datasetSettingsSaved, this,
            [this](const Answer<DatasetSettings> &answer) {
                if (answer)
                    updateDataset();
            });
}

QFrame *SettingsPage::section(const QString &title, const QString &help)
{
    auto *card = new QFrame;
    card->setProperty("class", QStringLiteral("card"));
    auto *name = new QLabel(title, card);
    name->setProperty("class", QStringLiteral("section"));
    auto *column = new QVBoxLayout(card);
    column->setContentsMargins(kPageMargin, kMargin, kPageMargin, kPageMargin);
    column->setSpacing(kGap);
    column->addWidget(name);
    if (!help.isEmpty()) {
        auto *text = new QLabel(help, card);
        text->setProperty("class", QStringLiteral("caption"));
        text->setWordWrap(true);
        column->addWidget(text);
    }
    m_column->addWidget(card);
    return card;
}

void SettingsPage::makeAppearance()
{
    QFrame *card = section(tr("Appearance"), {});
    auto *row = new QHBoxLayout;
    row->addWidget(new QLabel(tr("Theme"), card));
    row->addSpacing(kGap);
    auto *group = new QButtonGroup(card);
    const auto add = [&](const QString &text, ThemeMode mode, const QString &picture) {
        auto *button = new QPushButton(icon(picture, Role::Muted), QLatin1Char(' ') + text, card);
        button->setAccessibleName(text);
        button->setCheckable(true);
        button->setChecked(m_preferences->values().theme == mode);
        group->addButton(button, static_cast<int>(mode));
        row->addWidget(button);
    };
    add(tr("Follow system"), ThemeMode::System, QStringLiteral("monitor"));
    add(tr("Light"), ThemeMode::Light, QStringLiteral("sun"));
    add(tr("Dark"), ThemeMode::Dark, QStringLiteral("moon"));
    row->addStretch();
    auto *utc = new QCheckBox(tr("Show times in UTC instead of local time"), card);
    utc->setChecked(m_preferences->values().utc);
    auto *column = static_cast<QVBoxLayout *>(card->layout());
    column->addLayout(row);
    column->addWidget(utc);
    connect(group, &QButtonGroup::idClicked, this, [this](int id) {
        PreferenceValues v = m_preferences->values();
        v.theme = static_cast<ThemeMode>(id);
        m_preferences->change(v);
    });
    connect(utc, &QCheckBox::toggled, this, [this](bool on) {
        PreferenceValues v = m_preferences->values();
        v.utc = on;
        m_preferences->change(v);
    });
    connect(m_preferences, &Preferences::changed, this, [this, group, utc] {
        if (QAbstractButton *b = group->button(static_cast<int>(m_preferences->values().theme)))
            b->setChecked(true);
        const QSignalBlocker block(utc);
        utc->setChecked(m_preferences->values().utc);
    });
}

void SettingsPage::makeEndpoint()
{
    QFrame *card =
        section(tr("Endpoint"), tr("It listens on 127.0.0.1 only. Requests from web pages of other "
                                   "origins are refused."));
    auto *row = new QHBoxLayout;
    auto *label = new QLabel(tr("Port"), card);
    auto *port = new QSpinBox(card);
    port->setRange(0, 65535);
    port->setGroupSeparatorShown(false);
    port->setSpecialValueText(tr("any free one"));
    port->setValue(m_preferences->values().port);
    port->setAccessibleName(tr("Port of the endpoint"));
    port->setMinimumWidth(120);
    label->setBuddy(port);
    auto *note = new QLabel(tr("used at the next start"), card);
    note->setProperty("class", QStringLiteral("caption"));
    row->addWidget(label);
    row->addSpacing(kGap);
    row->addWidget(port);
    row->addWidget(note);
    row->addStretch();
    static_cast<QVBoxLayout *>(card->layout())->addLayout(row);
    connect(port, &QSpinBox::valueChanged, this, [this](int value) {
        PreferenceValues v = m_preferences->values();
        v.port = value;
        m_preferences->change(v);
    });
}

void SettingsPage::makeDataset()
{
    QFrame *card = section(tr("Logging"), {});
    m_dataset = new QLabel(card);
    m_dataset->setTextFormat(Qt::PlainText);
    m_datasetFacts = new QLabel(card);
    m_datasetFacts->setTextFormat(Qt::PlainText);
    m_datasetFacts->setWordWrap(true);
    m_datasetFacts->setProperty("class", QStringLiteral("caption"));
    m_datasetChange = new QPushButton(tr("Change…"), card);
    m_datasetChange->setAccessibleName(tr("Change how the dataset is logged"));
    auto *column = static_cast<QVBoxLayout *>(card->layout());
    column->addWidget(m_dataset);
    column->addWidget(m_datasetFacts);
    column->addWidget(m_datasetChange, 0, Qt::AlignLeft);
    connect(m_datasetChange, &QPushButton::clicked, this, [this] {
        auto *dialog = new DatasetDialog(&m_windows, &m_uploads, context()->dataset(), this);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->open();
    });
    updateDataset();
}

void SettingsPage::updateDataset()
{
    const QString dataset = context()->dataset();
    m_datasetChange->setEnabled(!dataset.isEmpty());
    m_dataset->setText(dataset.isEmpty() ? tr("There is no dataset yet")
                                         : tr("How %1 is logged").arg(dataset));
    m_datasetFacts->clear();
    if (!dataset.isEmpty())
        m_windows.requestDatasetSettings(m_datasetAsker.next(), dataset);
}

void SettingsPage::makeReferences()
{
    QFrame *card =
        section(tr("References"), tr("What live data is compared with. A model brings its "
                                     "training data; any time range can become one."));
    m_references = new QVBoxLayout;
    m_references->setSpacing(4);
    auto *make = new QPushButton(tr("Use the present time range"), card);
    make->setToolTip(tr("Store the merged profile of the chosen time range as a new reference"));
    auto *column = static_cast<QVBoxLayout *>(card->layout());
    column->addLayout(m_references);
    column->addWidget(make, 0, Qt::AlignLeft);
    connect(make, &QPushButton::clicked, this,
            [this] { Q_EMIT actionWanted(QStringLiteral("reference.make")); });
    updateReferences();
}

void SettingsPage::updateReferences()
{
    clearLayout(m_references);
    const QList<ReferenceInfo> all = m_comparison.references(context()->dataset());
    for (const ReferenceInfo &reference : all) {
        auto *line = new QWidget;
        auto *row = new QHBoxLayout(line);
        row->setContentsMargins(0, 0, 0, 0);
        auto *name = new ElidedLabel(reference.name, line);
        name->setFontType(reference.current ? Type::Strong : Type::Body);
        auto *facts = new ElidedLabel(
            tr("%1 · %2 · %3")
                .arg(reference.source, format::counted(reference.rows, tr("1 row"), tr("%1 rows")),
                     format::dateTime(reference.created)),
            line);
        facts->setRole(Role::Muted);
        facts->setFontType(Type::Caption);
        auto *use = new QPushButton(reference.current ? tr("In use") : tr("Use"), line);
        use->setAccessibleName(tr("Use reference %1").arg(reference.name));
        use->setEnabled(!reference.current);
        row->addWidget(name);
        row->addWidget(facts, 1);
        row->addWidget(use);
        m_references->addWidget(line);
        connect(use, &QPushButton::clicked, this,
                [this, n = reference.name] { m_comparison.setReference(context()->dataset(), n); });
    }
    if (all.isEmpty()) {
        auto *none = new QLabel(tr("This dataset has no reference yet"));
        none->setProperty("class", QStringLiteral("muted"));
        m_references->addWidget(none);
    }
}

void SettingsPage::makeDestinations()
{
    QFrame *card = section(tr("Destinations"),
                           tr("Nothing leaves this machine unless a destination is set up and an "
                              "upload is started or switched on. Keys are kept in the system "
                              "keychain."));
    m_destinations = new QVBoxLayout;
    m_destinations->setSpacing(4);
    static_cast<QVBoxLayout *>(card->layout())->addLayout(m_destinations);
    updateDestinations();
}

void SettingsPage::updateDestinations()
{
    clearLayout(m_destinations);
    const QList<Destination> all = m_uploads.destinations();
    for (const Destination &d : all) {
        auto *line = new QWidget;
        auto *row = new QHBoxLayout(line);
        row->setContentsMargins(0, 0, 0, 0);
        auto *picture = new QLabel(line);
        picture->setPixmap(iconPixmap(destinationIcon(d.kind), 18,
                                      d.isConfigured() ? Role::Accent : Role::Faint,
                                      devicePixelRatioF()));
        auto *name = new ElidedLabel(d.name, line);
        auto *facts = new ElidedLabel(d.isConfigured() ? d.target : d.stateText, line);
        facts->setRole(Role::Muted);
        facts->setFontType(Type::Caption);
        auto *open = new QPushButton(d.isConfigured() ? tr("Settings") : tr("Set up"), line);
        open->setAccessibleName(tr("Set up %1").arg(d.name));
        row->addWidget(picture);
        row->addWidget(name);
        row->addWidget(facts, 1);
        row->addWidget(open);
        m_destinations->addWidget(line);
        connect(open, &QPushButton::clicked, this,
                [this, id = d.id] { Q_EMIT destinationWanted(id); });
    }
}

void SettingsPage::makeStore()
{
    QFrame *card = section(tr("Store"), {});
    m_store = new QLabel(card);
    m_store->setTextFormat(Qt::PlainText);
    m_store->setWordWrap(true);
    m_store->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto *keepLabel = new QLabel(tr("Keep windows"), card);
    m_keep = new QComboBox(card);
    m_keep->setAccessibleName(tr("How long windows are kept"));
    m_keep->setToolTip(tr("Older windows are deleted once they were sent where they should go; "
                          "for a week they can be restored"));
    keepLabel->setBuddy(m_keep);
    m_keep->addItem(tr("for good"), QVariant::fromValue<qlonglong>(0));
    for (const int days : {30, 90, 365})
        m_keep->addItem(tr("%1 days").arg(days), QVariant::fromValue<qlonglong>(days * kDayMs));
    m_deleted = new QLabel(card);
    m_deleted->setProperty("class", QStringLiteral("caption"));
    m_restore = new QPushButton(tr("Restore"), card);
    m_restore->setAccessibleName(tr("Restore deleted windows"));
    auto *row = new QHBoxLayout;
    row->addWidget(keepLabel);
    row->addSpacing(kGap);
    row->addWidget(m_keep);
    row->addStretch();
    auto *deleted = new QHBoxLayout;
    deleted->addWidget(m_deleted);
    deleted->addWidget(m_restore);
    deleted->addStretch();
    auto *column = static_cast<QVBoxLayout *>(card->layout());
    column->addWidget(m_store);
    column->addLayout(row);
    column->addLayout(deleted);
    connect(m_keep, &QComboBox::activated, this,
            [this](int index) { m_windows.setRetention(m_keep->itemData(index).toLongLong()); });
    connect(m_restore, &QPushButton::clicked, this, [this] {
        m_windows.restoreWindows(
            {}, {std::numeric_limits<TimeMs>::min() / 2, std::numeric_limits<TimeMs>::max() / 2});
    });
    updateStore();
}

void SettingsPage::updateStore()
{
    const StoreState store = m_windows.store();
    QString text = tr("%1, %2").arg(store.home, format::bytes(store.bytes));
    if (store.readOnly)
        text += tr(", read-only");
    if (store.problem)
        text += QLatin1Char('\n') + store.problem.text + QStringLiteral(". ") + store.problem.next;
    m_store->setText(text);
    int index = m_keep->findData(QVariant::fromValue<qlonglong>(store.keep));
    if (index < 0) { // chosen elsewhere
        m_keep->addItem(format::duration(store.keep), QVariant::fromValue<qlonglong>(store.keep));
        index = m_keep->count() - 1;
    }
    m_keep->setCurrentIndex(index);
    m_deleted->setVisible(store.deletedWindows > 0);
    m_restore->setVisible(store.deletedWindows > 0);
    m_deleted->setText(
        tr("%1 with %2 deleted, gone after a week")
            .arg(format::counted(store.deletedWindows, tr("1 window"), tr("%1 windows")),
                 format::counted(store.deletedRows, tr("1 row"), tr("%1 rows"))));
}

} // namespace tepal::ui
