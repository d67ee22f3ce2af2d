#include "ui/pages/log_page.h"

#include "ui/models/log_model.h"
#include "ui/pages/logger_card.h"
#include "ui/theme/metrics.h"
#include "ui/widgets/file_dialogs.h"
#include "ui/widgets/format.h"
#include "ui/widgets/state_stack.h"
#include "ui/widgets/table_helpers.h"

#include <QApplication>
#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPointer>
#include <QPushButton>
#include <QSaveFile>
#include <QScrollBar>
#include <QStyle>
#include <QTableView>
#include <QThreadPool>
#include <QVBoxLayout>

namespace tepal::ui {

namespace {

constexpr int kPollMs = 100;

} // namespace

LogPage::LogPage(Context *context, QWidget *parent)
    : Page(context, parent)
{
    auto *card = new QFrame(this);
    card->setProperty("class", QStringLiteral("card"));
    auto *title = new QLabel(tr("Log"), card);
    title->setProperty("class", QStringLiteral("strong"));
    m_level = new QComboBox(card);
    for (const LogLevel level :
         {LogLevel::Debug, LogLevel::Info, LogLevel::Warning, LogLevel::Error})
        m_level->addItem(tr("%1 and worse").arg(LogModel::levelWord(level)),
                         static_cast<int>(level));
    m_level->setCurrentIndex(1);
    m_level->setAccessibleName(tr("Least level"));
    m_source = new QComboBox(card);
    m_source->addItem(tr("All sources"), QString());
    m_source->setAccessibleName(tr("Source"));
    m_source->setMinimumWidth(120);
    m_filter = new QLineEdit(card);
    m_filter->setPlaceholderText(tr("Filter (regular expression)"));
    m_filter->setClearButtonEnabled(true);
    m_filter->setAccessibleName(tr("Filter log lines"));
    m_counts = new QLabel(card);
    m_counts->setProperty("class", QStringLiteral("caption"));
    auto *save = new QPushButton(tr("Save…"), card);
    save->setProperty("class", QStringLiteral("quiet"));
    auto *head = new QHBoxLayout;
    head->setContentsMargins(0, 0, kGap, 0);
    head->setSpacing(kGap);
    head->addWidget(title);
    head->addWidget(m_counts);
    head->addSpacing(kGap);
    head->addWidget(m_filter, 1);
    head->addWidget(m_level);
    head->addWidget(m_source);
    head->addWidget(save);

    m_log = new LogModel(this);
    m_proxy = new LogProxy(this);
    m_proxy->setSourceModel(m_log);
    m_table = new QTableView(card);
    setUpTable(m_table, tr("Log lines"));
    m_table->setModel(m_proxy);
    m_table->verticalHeader()->setDefaultSectionSize(22);
    m_table->setTextElideMode(Qt::ElideRight);
    setColumnWidths(m_table, {110, 104, 100, 0});
    m_state = new StateStack(m_table, card);
    m_newLines = new QPushButton(card);
    m_newLines->setProperty("class", QStringLiteral("primary"));
    m_newLines->hide();
    auto *column = new QVBoxLayout(card);
    column->setContentsMargins(kMargin, kGap, 1, 1);
    column->setSpacing(4);
    column->addLayout(head);
    column->addWidget(m_state, 1);
    column->addWidget(m_newLines, 0, Qt::AlignHCenter);
    auto *outer = new QVBoxLayout(this);
    outer->setContentsMargins(kPageMargin, kMargin, kPageMargin, kPageMargin);
    outer->setSpacing(kMargin);
    outer->addWidget(new LoggerCard(backend(), this));
    outer->addWidget(card, 1);

    m_poll.setInterval(kPollMs);
    connect(&m_poll, &QTimer::timeout, this, &LogPage::poll);
    m_poll.start();
    m_debounce.setSingleShot(true);
    m_debounce.setInterval(150);
    connect(&m_debounce, &QTimer::timeout, this, &LogPage::updatePattern);
    connect(m_filter, &QLineEdit::textChanged, this, [this] { m_debounce.start(); });
    connect(m_level, &QComboBox::activated, this,
            [this] { m_proxy->setLevel(static_cast<LogLevel>(m_level->currentData().toInt())); });
    connect(m_source, &QComboBox::activated, this,
            [this] { m_proxy->setSource(m_source->currentData().toString()); });
    connect(m_log, &LogModel::sourcesChanged, this, &LogPage::updateSources);
    connect(m_newLines, &QPushButton::clicked, this, &LogPage::followTail);
    connect(m_table->verticalScrollBar(), &QScrollBar::valueChanged, this, [this] {
        if (isAtEnd()) {
            m_unseen = 0;
            m_newLines->hide();
        }
    });
    connect(save, &QPushButton::clicked, this, &LogPage::exportShown);
    poll();
}

bool LogPage::isAtEnd() const
{
    const QScrollBar *bar = m_table->verticalScrollBar();
    return bar->value() >= bar->maximum() - 4;
}

void LogPage::poll()
{
    // Hidden pages read too, or the ring would run over them, but rarely.
    const bool atEnd = isAtEnd();
    const int before = m_proxy->rowCount();
    const qint64 droppedBefore = m_log->dropped();
    m_log->poll();
    const int added = m_proxy->rowCount() - before;
    if (added == 0 && m_log->dropped() == droppedBefore && m_counts->text().size() > 0)
        return;
    if (isVisible() && added > 0) {
        if (atEnd) {
            m_table->scrollToBottom();
        } else {
            m_unseen += added;
            m_newLines->setText(format::counted(m_unseen, tr("1 new line"), tr("%1 new lines")));
            m_newLines->show();
        }
    }
    QString text = format::counted(m_log->rowCount(), tr("1 line"), tr("%1 lines"));
    if (m_log->dropped() > 0)
        text += tr(", %1 older ones dropped").arg(format::count(m_log->dropped()));
    m_counts->setText(text);
    if (m_log->rowCount() == 0)
        m_state->showEmpty(QStringLiteral("scroll-text"), tr("Nothing was logged yet"), QString());
    else
        m_state->showContent();
}

void LogPage::followTail()
{
    m_unseen = 0;
    m_newLines->hide();
    m_table->scrollToBottom();
}

void LogPage::updateSources()
{
    const QString wanted = m_source->currentData().toString();
    m_source->clear();
    m_source->addItem(tr("All sources"), QString());
    const QStringList sources = m_log->sources();
    for (const QString &source : sources)
        m_source->addItem(source, source);
    m_source->setCurrentIndex(std::max(0, m_source->findData(wanted)));
}

void LogPage::updatePattern()
{
    const QRegularExpression pattern(m_filter->text(), QRegularExpression::CaseInsensitiveOption);
    m_filter->setProperty("invalid", !pattern.isValid());
    m_filter->setToolTip(pattern.isValid() ? QString() : pattern.errorString());
    m_filter->style()->polish(m_filter);
    if (pattern.isValid())
        m_proxy->setPattern(pattern);
}

void LogPage::focusFilter()
{
    m_filter->setFocus();
    m_filter->selectAll();
}

void LogPage::exportShown()
{
    QByteArray text;
    for (int i = 0; i < m_proxy->rowCount(); ++i) {
        const LogEntry &e = m_log->entry(m_proxy->mapToSource(m_proxy->index(i, 0)).row());
        text +=
            QByteArray::fromStdString(formatIso(e.time) + ' ' + std::string(logLevelName(e.level)) +
                                      ' ' + e.source + ' ' + e.text + '\n');
    }
    askSaveFile(this, tr("Save the shown lines"), QStringLiteral("tepal.log"),
                tr("Log file (*.log *.txt)"), [this, text](const QString &path) {
                    QPointer<LogPage> guard(this);
                    QThreadPool::globalInstance()->start([guard, path, text] {
                        QSaveFile file(path);
                        const bool ok = file.open(QIODevice::WriteOnly) &&
                                        file.write(text) == text.size() && file.commit();
                        QMetaObject::invokeMethod(qApp, [guard, path, ok] {
                            if (!guard)
                                return;
                            Q_EMIT guard->noticeWanted(
                                ok ? Notice{QString(),
                                            NoticeLevel::Success,
                                            tr("Saved %1").arg(path),
                                            {},
                                            {},
                                            {},
                                            true}
                                   : Notice{QStringLiteral("save"),
                                            NoticeLevel::Error,
                                            tr("%1 could not be written").arg(path),
                                            tr("Choose another folder"),
                                            {},
                                            {},
                                            false});
                        });
                    });
                });
}

void LogPage::showEvent(QShowEvent *event)
{
    Page::showEvent(event);
    m_table->scrollToBottom();
}

} // namespace tepal::ui
