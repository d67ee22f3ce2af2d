#include "ui/pages/reference_dialog.h"

#include "ui/backend/windows.h"
#include "ui/theme/metrics.h"
#include "ui/widgets/format.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QStyle>
#include <QVBoxLayout>

#include <algorithm>

namespace tepal::ui {

namespace {

constexpr int kLongestName = 200;

} // namespace

ReferenceDialog::ReferenceDialog(Comparison *comparison, Windows *windows, const Slice &slice,
                                 QWidget *parent)
    : QDialog(parent)
    , m_comparison(comparison)
    , m_slice(slice)
    , m_asker(windows)
    , m_name(new QLineEdit(this))
    , m_facts(new QLabel(tr("Counting rows…"), this))
    , m_error(new QLabel(this))
    , m_make(new QPushButton(tr("Make it the reference"), this))
{
    setWindowTitle(tr("Use this range as reference"));
    setMinimumSize(480, 280); // An error has room without a jump.
    m_name->setMaxLength(kLongestName);
    m_name->setText(suggestedName());
    m_name->selectAll();
    m_name->setAccessibleName(tr("Name of the reference"));
    auto *label = new QLabel(tr("&Name"), this);
    label->setBuddy(m_name);
    QString rows =
        format::range(slice.range) + QLatin1Char(' ') + format::zoneName(slice.range.start);
    if (slice.segment)
        rows += QStringLiteral(" · ") + segmentText(*slice.segment);
    auto *span = new QLabel(rows, this);
    span->setProperty("class", QStringLiteral("strong"));
    QString former;
    const QList<ReferenceInfo> all = comparison->references(slice.dataset);
    for (const ReferenceInfo &info : all)
        former = info.current ? info.name : former;
    auto *effect = new QLabel(
        former.isEmpty()
            ? tr("From now on every verdict on %1 is against it.").arg(slice.dataset)
            : tr("From now on every verdict on %1 is against it, no longer against “%2”. That one "
                 "is kept.")
                  .arg(slice.dataset,
                       QFontMetrics(font()).elidedText(former, Qt::ElideMiddle, 300)),
        this);
    m_error->setProperty("class", QStringLiteral("error"));
    for (QLabel *text : {m_facts, m_error, effect, span}) {
        text->setTextFormat(Qt::PlainText);
        text->setWordWrap(true);
    }
    m_make->setProperty("class", QStringLiteral("primary"));
    m_make->setDefault(true);
    auto *cancel = new QPushButton(tr("Cancel"), this);
    cancel->setAutoDefault(false);
    auto *buttons = new QHBoxLayout;
    buttons->addStretch();
    buttons->addWidget(cancel);
    buttons->addWidget(m_make);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(kPageMargin, kPageMargin, kPageMargin, kMargin);
    column->setSpacing(kGap);
    column->addWidget(span);
    column->addWidget(m_facts);
    column->addSpacing(4);
    column->addWidget(label);
    column->addWidget(m_name);
    column->addWidget(m_error);
    column->addWidget(effect);
    column->addStretch();
    column->addLayout(buttons);

    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    connect(m_make, &QPushButton::clicked, this, &ReferenceDialog::make);
    connect(m_name, &QLineEdit::textChanged, this, &ReferenceDialog::check);
    connect(comparison, &Comparison::referencesChanged, this, &ReferenceDialog::check);
    connect(windows, &Windows::columnsReady, this, [this](const Answer<ColumnsSummary> &answer) {
        if (!m_asker.accepts(answer))
            return;
        if (answer)
            showRows(*answer.value);
        else
            m_facts->setText(answer.problem.text);
    });
    check();
    windows->requestColumns(m_asker.next(), slice);
}

QString ReferenceDialog::suggestedName() const
{
    QString name = format::range(m_slice.range);
    if (m_slice.segment)
        name = segmentText(*m_slice.segment) + QLatin1Char(' ') + name;
    QString free = name;
    for (int n = 2; isTaken(free); ++n)
        free = QStringLiteral("%1 (%2)").arg(name).arg(n);
    return free;
}

bool ReferenceDialog::isTaken(const QString &name) const
{
    const QList<ReferenceInfo> all = m_comparison->references(m_slice.dataset);
    return std::any_of(all.begin(), all.end(),
                       [&](const ReferenceInfo &info) { return info.name == name; });
}

void ReferenceDialog::showRows(const ColumnsSummary &rows)
{
    m_rows = rows.rows;
    QString text = format::counted(m_rows, tr("1 row"), tr("%1 rows")) + tr(" in ") +
                   format::counted(rows.windows, tr("1 window"), tr("%1 windows"));
    if (rows.open)
        text += tr("; the last one is still being filled, rows to come are not in the reference");
    m_facts->setText(m_rows > 0 ? text : tr("There are no rows in this range"));
    check();
}

void ReferenceDialog::check()
{
    const QString name = m_name->text().trimmed();
    const bool taken = isTaken(name);
    m_error->setText(name.isEmpty() ? tr("A reference needs a name")
                     : taken        ? tr("There is a reference of this name already")
                                    : QString());
    m_error->setVisible(!m_error->text().isEmpty());
    m_make->setEnabled(!name.isEmpty() && !taken && m_rows > 0);
    m_name->setProperty("invalid", name.isEmpty() || taken);
    m_name->style()->unpolish(m_name);
    m_name->style()->polish(m_name);
}

void ReferenceDialog::make()
{
    if (!m_make->isEnabled())
        return;
    disconnect(m_comparison, &Comparison::referencesChanged, this, nullptr);
    Q_EMIT making();
    m_comparison->makeReference(m_slice, m_name->text().trimmed());
    accept();
}

} // namespace tepal::ui
