#include "ui/pages/destination_form.h"

#include "ui/theme/metrics.h"
#include "ui/theme/theme.h"
#include "ui/widgets/file_dialogs.h"
#include "ui/widgets/format.h"

#include <QCheckBox>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace tepal::ui {

DestinationForm::DestinationForm(Uploads *uploads, QWidget *parent)
    : QWidget(parent)
    , m_uploads(uploads)
    , m_settingsAsker(uploads)
    , m_saveAsker(uploads)
    , m_testAsker(uploads)
    , m_title(new QLabel(this))
    , m_enabled(new QCheckBox(tr("Send finished windows by itself"), this))
    , m_everything(new QComboBox(this))
    , m_segments(new QLineEdit(this))
    , m_redactionFor(new QComboBox(this))
    , m_redaction(new QLineEdit(this))
    , m_message(new QLabel(this))
    , m_test(new QPushButton(tr("Save and test"), this))
    , m_save(new QPushButton(tr("Save"), this))
    , m_remove(new QPushButton(tr("Remove"), this))
{
    m_title->setProperty("class", QStringLiteral("section"));
    m_title->setTextFormat(Qt::PlainText);
    m_message->setTextFormat(Qt::PlainText);
    m_message->setWordWrap(true);
    m_save->setProperty("class", QStringLiteral("primary"));
    m_everything->setAccessibleName(tr("What is sent once it is switched on"));
    m_remove->setProperty("class", QStringLiteral("quiet"));
    auto *cancel = new QPushButton(tr("Close"), this);
    auto *buttons = new QHBoxLayout;
    buttons->addWidget(m_save);
    buttons->addWidget(m_test);
    buttons->addStretch();
    auto *others = new QHBoxLayout; // one row of four would not fit beside the outbox
    others->addWidget(m_remove);
    others->addStretch();
    others->addWidget(cancel);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(kMargin, kMargin, kMargin, kMargin);
    column->setSpacing(kGap);
    column->addWidget(m_title);
    auto *segments = new QLabel(tr("Only these segments"), this);
    segments->setProperty("class", QStringLiteral("caption"));
    segments->setBuddy(m_segments);
    m_segments->setAccessibleName(segments->text());
    m_segments->setPlaceholderText(QStringLiteral("country=CH, country=DE"));
    m_segments->setToolTip(tr("Of datasets that are profiled apart; empty: all segments. Several "
                              "columns of one segment: country=CH;tier=gold"));
    auto *limits = new QVBoxLayout; // as close as the fields above
    limits->setSpacing(2);
    limits->addWidget(segments);
    limits->addWidget(m_segments);
    limits->addSpacing(6);
    auto *redaction = new QLabel(tr("Take out before sending"), this);
    redaction->setProperty("class", QStringLiteral("caption"));
    redaction->setBuddy(m_redaction);
    m_redaction->setAccessibleName(redaction->text());
    m_redaction->setPlaceholderText(QStringLiteral("email:drop-column, *name*:hash"));
    m_redaction->setToolTip(tr("Columns and what is done to them: drop-values, hash, drop-range, "
                               "drop-distinct or drop-column; “X-ray” shows what is left"));
    limits->addWidget(redaction);
    // Names of datasets may be longer than the form is wide.
    m_redactionFor->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_redactionFor->setMinimumContentsLength(8);
    m_redactionFor->setAccessibleName(tr("Dataset that this is taken out of"));
    m_redactionFor->setToolTip(tr("Rules for one dataset are added to those for every one"));
    limits->addWidget(m_redactionFor);
    limits->addSpacing(4);
    limits->addWidget(m_redaction);
    column->addLayout(limits);
    column->addWidget(m_enabled);
    column->addWidget(m_everything);
    column->addWidget(m_message);
    column->addLayout(buttons);
    column->addLayout(others);
    column->addStretch();
    connect(cancel, &QPushButton::clicked, this, &DestinationForm::closed);
    connect(m_save, &QPushButton::clicked, this, [this] { save(false); });
    connect(m_redactionFor, &QComboBox::currentIndexChanged, this, [this] {
        m_redaction->setText(m_redactions.value(m_redactionFor->currentData().toString()));
    });
    connect(m_redaction, &QLineEdit::textEdited, this, [this](const QString &text) {
        m_redactions.insert(m_redactionFor->currentData().toString(), text.trimmed());
    });
    connect(m_enabled, &QCheckBox::toggled, this, &DestinationForm::updateButtons);
    connect(m_remove, &QPushButton::clicked, this, [this] {
        m_uploads->removeDestination(m_id);
        Q_EMIT closed();
    });
    connect(m_test, &QPushButton::clicked, this, [this] { save(true); });

    connect(uploads, &Uploads::destinationSettingsReady, this,
            [this](const Answer<DestinationSettings> &answer) {
                if (!m_settingsAsker.accepts(answer))
                    return;
                if (answer)
                    build(*answer.value);
                else
                    m_message->setText(answer.problem.text);
            });
    connect(uploads, &Uploads::destinationSaved, this, [this](const Answer<Destination> &answer) {
        if (!m_saveAsker.accepts(answer))
            return;
        if (!answer) {
            m_message->setText(answer.problem.text % QStringLiteral(". ") % answer.problem.next);
            updateButtons();
            return;
        }
        m_message->setText(tr("Saved"));
        if (m_testAfterSave) {
            m_message->setText(tr("Saved. Testing…"));
            m_uploads->testDestination(m_testAsker.next(), m_id);
        }
        updateButtons();
    });
    connect(uploads, &Uploads::destinationTested, this,
            [this](const Answer<DestinationTest> &answer) {
                if (!m_testAsker.accepts(answer))
                    return;
                QString text = answer ? answer.value->text : answer.problem.text;
                const QString next = answer ? answer.value->next : answer.problem.next;
                if (!next.isEmpty())
                    text += QStringLiteral(". ") + next;
                m_message->setText(text);
                updateButtons();
            });
}

void DestinationForm::open(const QString &id)
{
    m_id = id;
    const QList<Destination> all = m_uploads->destinations();
    for (const Destination &d : all) {
        if (d.id == id) {
            m_title->setText(tr("Upload to %1").arg(d.name));
            // Nothing leaves unasked: the switch is off until somebody moves it.
            m_enabled->setChecked(d.enabled);
            m_remove->setVisible(d.stored);
            m_remove->setToolTip(
                tr("Forget %1; what waits for it waits for another one").arg(d.name));
        }
    }
    m_message->clear();
    m_uploads->requestDestinationSettings(m_settingsAsker.next(), id);
}

void DestinationForm::build(const DestinationSettings &settings)
{
    m_fields.clear();
    delete m_form;
    m_segments->setText(settings.segments);
    m_redactions = settings.redaction;
    QStringList datasets = settings.datasets;
    // Rules may also be for a dataset that is not there yet.
    const QStringList ruled = m_redactions.keys();
    for (const QString &dataset : ruled) {
        if (!dataset.isEmpty() && !datasets.contains(dataset))
            datasets << dataset;
    }
    m_redactionFor->clear();
    m_redactionFor->addItem(tr("of every dataset"), QString());
    for (const QString &dataset : std::as_const(datasets))
        m_redactionFor->addItem(m_redactions.value(dataset).isEmpty()
                                    ? tr("of %1").arg(dataset)
                                    : tr("of %1 (has rules)").arg(dataset),
                                dataset);
    m_redaction->setText(m_redactions.value(QString()));
    m_wasEnabled = settings.enabled;
    m_enabled->setChecked(settings.enabled);
    m_everything->clear();
    m_everything->addItem(tr("from now on"), false);
    m_everything->addItem(format::counted(settings.stored, tr("also the 1 piece that is stored"),
                                          tr("also the %1 pieces that are stored")),
                          true);
    m_hasStored = settings.stored > 0;
    m_form = new QWidget(this);
    auto *column = new QVBoxLayout(m_form);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(2);
    for (const DestinationField &spec : settings.fields) {
        Field field{spec};
        if (spec.kind == DestinationField::Kind::Toggle) {
            field.toggle = new QCheckBox(spec.label, m_form);
            field.toggle->setChecked(spec.value == QStringLiteral("yes"));
            field.toggle->setToolTip(spec.help);
            column->addWidget(field.toggle);
        } else if (spec.kind == DestinationField::Kind::Choice) {
            auto *label = new QLabel(spec.label, m_form);
            label->setProperty("class", QStringLiteral("caption"));
            field.choice = new QComboBox(m_form);
            field.choice->addItems(spec.choices);
            field.choice->setCurrentText(spec.value);
            field.choice->setToolTip(spec.help);
            field.choice->setAccessibleName(spec.label);
            label->setBuddy(field.choice);
            column->addWidget(label);
            column->addWidget(field.choice);
        } else {
            auto *label = new QLabel(
                spec.required ? tr("%1 (required)").arg(spec.label) : spec.label, m_form);
            label->setTextFormat(Qt::PlainText);
            label->setProperty("class", QStringLiteral("caption"));
            field.edit = new QLineEdit(spec.value, m_form);
            field.edit->setAccessibleName(spec.label);
            field.edit->setPlaceholderText(spec.placeholder);
            label->setBuddy(field.edit);
            column->addWidget(label);
            auto *row = new QHBoxLayout;
            row->addWidget(field.edit, 1);
            if (spec.kind == DestinationField::Kind::Secret) {
                field.edit->setEchoMode(QLineEdit::Password);
                if (spec.secretStored)
                    field.edit->setPlaceholderText(tr("stored; type to replace"));
            }
            if (spec.kind == DestinationField::Kind::Folder ||
                spec.kind == DestinationField::Kind::File) {
                auto *choose = new QPushButton(tr("Choose…"), m_form);
                choose->setAccessibleName(tr("Choose %1").arg(spec.label));
                QLineEdit *edit = field.edit;
                const bool folder = spec.kind == DestinationField::Kind::Folder;
                connect(choose, &QPushButton::clicked, this, [this, edit, folder, spec] {
                    if (folder)
                        askFolder(this, spec.label, edit->text(),
                                  [edit](const QString &path) { edit->setText(path); });
                    else
                        askOpenFiles(
                            this, spec.label, QString(), false,
                            [edit](const QStringList &files) { edit->setText(files.value(0)); });
                });
                row->addWidget(choose);
            }
            column->addLayout(row);
            if (!spec.help.isEmpty()) {
                auto *help = new QLabel(spec.help, m_form);
                help->setTextFormat(Qt::PlainText);
                help->setProperty("class", QStringLiteral("caption"));
                help->setWordWrap(true);
                column->addWidget(help);
            }
            column->addSpacing(4);
            connect(field.edit, &QLineEdit::textChanged, this, &DestinationForm::updateButtons);
        }
        m_fields.append(field);
    }
    static_cast<QVBoxLayout *>(layout())->insertWidget(1, m_form);
    updateButtons();
    if (!m_fields.isEmpty() && m_fields.first().edit)
        m_fields.first().edit->setFocus();
}

bool DestinationForm::isComplete() const
{
    for (const Field &field : m_fields) {
        if (field.edit && field.spec.required && field.edit->text().trimmed().isEmpty() &&
            !field.spec.secretStored)
            return false;
    }
    return !m_fields.isEmpty();
}

void DestinationForm::updateButtons()
{
    const bool ready = isComplete() && !m_saveAsker.isWaiting() && !m_testAsker.isWaiting();
    m_everything->setVisible(m_enabled->isChecked() && !m_wasEnabled && m_hasStored);
    m_save->setEnabled(ready);
    m_test->setEnabled(ready);
}

void DestinationForm::save(bool test)
{
    DestinationChange change;
    change.id = m_id;
    change.enabled = m_enabled->isChecked();
    change.segments = m_segments->text().trimmed();
    change.redaction = m_redactions;
    change.everything = m_everything->currentData().toBool();
    for (const Field &field : std::as_const(m_fields)) {
        if (field.toggle) {
            change.values.insert(field.spec.key, field.toggle->isChecked() ? QStringLiteral("yes")
                                                                           : QStringLiteral("no"));
        } else if (field.choice) {
            change.values.insert(field.spec.key, field.choice->currentText());
        } else if (field.spec.kind == DestinationField::Kind::Secret) {
            // An untouched secret field means: keep what is stored.
            if (!field.edit->text().isEmpty())
                change.secrets.insert(field.spec.key, field.edit->text());
        } else {
            change.values.insert(field.spec.key, field.edit->text().trimmed());
        }
    }
    m_testAfterSave = test;
    m_message->setText(tr("Saving…"));
    m_uploads->saveDestination(m_saveAsker.next(), change);
    updateButtons();
}

} // namespace tepal::ui
