#include "ui/pages/label_bar.h"

#include "ui/theme/metrics.h"
#include "ui/widgets/elided_label.h"

#include <QComboBox>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSignalBlocker>
#include <QVBoxLayout>

namespace tepal::ui {

LabelBar::LabelBar(Models *models, QWidget *parent)
    : QWidget(parent)
    , m_models(models)
    , m_asker(models)
    , m_file(new ElidedLabel(QString(), this))
    , m_in(new QLabel(tr("true answers in"), this))
    , m_label(new QComboBox(this))
    , m_own(new QPushButton(tr("Its own rows"), this))
    , m_choose(new QPushButton(tr("Choose a table…"), this))
    , m_error(new QLabel(this))
{
    m_file->setRole(Role::Muted);
    m_in->setProperty("class", QStringLiteral("caption"));
    m_label->setAccessibleName(tr("Column with the true answers"));
    m_label->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_label->setMinimumContentsLength(12);
    m_own->setToolTip(tr("Each row of its training data, told by all the others"));
    m_choose->setToolTip(tr("A table with the model's columns and one with the true answers"));
    m_error->setProperty("class", QStringLiteral("error"));
    m_error->setTextFormat(Qt::PlainText);
    m_error->setWordWrap(true);
    auto *row = new QHBoxLayout;
    row->setSpacing(kGap);
    row->addWidget(m_file, 1);
    row->addWidget(m_in);
    row->addWidget(m_label);
    row->addWidget(m_own);
    row->addWidget(m_choose);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(4);
    column->addLayout(row);
    column->addWidget(m_error);
    connect(m_choose, &QPushButton::clicked, this, &LabelBar::chooseWanted);
    connect(m_own, &QPushButton::clicked, this, [this] {
        m_table = {};
        m_asker.forget();
        m_error->clear();
        showState();
        Q_EMIT changed();
    });
    connect(m_label, &QComboBox::activated, this, &LabelBar::takeLabel);
    connect(models, &Models::columnsReady, this, &LabelBar::columnsRead);
    showState();
}

void LabelBar::setModel(const SignaturePtr &signature, bool keepsRows)
{
    m_signature = signature;
    m_keepsRows = keepsRows;
    showState();
}

void LabelBar::setFile(const QString &path)
{
    m_error->clear();
    m_error->hide();
    m_models->requestColumns(m_asker.next(), path);
}

void LabelBar::columnsRead(const Answer<TableColumns> &answer)
{
    if (!m_asker.accepts(answer))
        return;
    if (!answer) {
        m_error->setText(
            answer.problem.next.isEmpty()
                ? answer.problem.text
                : QString(answer.problem.text % QStringLiteral(": ") % answer.problem.next));
        m_error->show();
        return;
    }
    const QString likely = m_signature ? likelyLabel(answer.value->columns, *m_signature)
                                       : answer.value->columns.value(0);
    {
        const QSignalBlocker block(m_label);
        m_label->clear();
        m_label->addItems(answer.value->columns);
        m_label->setCurrentText(likely);
    }
    m_table.file = answer.value->file;
    m_table.label = m_label->currentText();
    showState();
    Q_EMIT changed();
}

void LabelBar::takeLabel()
{
    if (m_table.label == m_label->currentText())
        return;
    m_table.label = m_label->currentText();
    Q_EMIT changed();
}

void LabelBar::showState()
{
    const bool table = !m_table.isEmpty();
    m_file->setText(table ? QFileInfo(m_table.file).fileName()
                    : m_keepsRows
                        ? tr("On its own rows, each told by all the others (leave-one-out)")
                        : tr("On a table with the true answers"));
    m_in->setVisible(table);
    m_label->setVisible(table);
    m_own->setVisible(table && m_keepsRows);
    m_error->setVisible(!m_error->text().isEmpty());
}

} // namespace tepal::ui
