#include "ui/pages/about_dialog.h"

#include "ui/theme/metrics.h"
#include "ui/theme/theme.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QFontDatabase>
#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QPainter>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSvgRenderer>
#include <QTextBlock>
#include <QTextBrowser>
#include <QTextFrame>
#include <QTextList>
#include <QTextTable>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace tepal::ui {

namespace {

const char kLicenses[] = ":/tepal/licenses";
const char kGuide[] = ":/tepal/docs";

/// From the program image: no disk is touched.
QString bundled(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
}

QString titleOf(const QString &page, const QString &fallback)
{
    const QString first = page.section(QLatin1Char('\n'), 0, 0);
    return first.startsWith(QStringLiteral("# ")) ? first.mid(2).trimmed() : fallback;
}

} // namespace

AboutDialog::AboutDialog(QWidget *parent)
    : QDialog(parent)
{
    setWindowTitle(tr("About Tepal"));
    resize(760, 540);
    auto *logo = new QLabel(this);
    QPixmap picture(QSize(48, 48) * 2);
    picture.setDevicePixelRatio(2);
    picture.fill(Qt::transparent);
    QSvgRenderer renderer(QStringLiteral(":/tepal/icons/tepal.svg"));
    QPainter painter(&picture);
    renderer.render(&painter, QRectF(0, 0, 48, 48));
    painter.end();
    logo->setPixmap(picture);
    auto *title = new QLabel(tr("Tepal %1").arg(QCoreApplication::applicationVersion()), this);
    title->setProperty("class", QStringLiteral("title"));
    auto *text = new QLabel(
        tr("Local monitoring workbench for machine-learning models. The sources are under the "
           "Apache License 2.0. This program links Qt Charts and is therefore distributed under "
           "the "
           "GNU General Public License 3.0. Built with Qt %1.")
            .arg(QString::fromLatin1(qVersion())),
        this);
    text->setProperty("class", QStringLiteral("muted"));
    text->setWordWrap(true);
    auto *names = new QVBoxLayout;
    names->addWidget(title);
    names->addWidget(text);
    auto *head = new QHBoxLayout;
    head->setSpacing(kPageMargin);
    head->addWidget(logo, 0, Qt::AlignTop);
    head->addLayout(names, 1);

    auto *list = new QListWidget(this);
    list->setAccessibleName(tr("Licences"));
    list->setFixedWidth(210);
    auto *view = new QPlainTextEdit(this);
    view->setReadOnly(true);
    view->setFont(themeFont(Type::Mono));
    view->setAccessibleName(tr("Licence text"));
    const QStringList files = QDir(QLatin1String(kLicenses)).entryList(QDir::Files, QDir::Name);
    for (const QString &file : files)
        list->addItem(file);
    connect(list, &QListWidget::currentTextChanged, view, [view](const QString &name) {
        view->setPlainText(bundled(QLatin1String(kLicenses) + QLatin1Char('/') + name));
    });
    list->setCurrentRow(0);
    auto *body = new QHBoxLayout;
    body->addWidget(list);
    body->addWidget(view, 1);
    auto *close = new QPushButton(tr("Close"), this);
    connect(close, &QPushButton::clicked, this, &QDialog::close);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(20, 20, 20, 16);
    column->setSpacing(kPageMargin);
    column->addLayout(head);
    column->addLayout(body, 1);
    column->addWidget(close, 0, Qt::AlignRight);
}

namespace {

/// A line of code: in the fixed font from end to end. Indented code has no other mark.
bool isCode(const QTextBlock &block)
{
    static const QStringList families =
        QFontDatabase::systemFont(QFontDatabase::FixedFont).families();
    if (!block.isValid() || block.begin().atEnd())
        return false;
    const QTextFragment first = block.begin().fragment();
    return first.length() + 1 == block.length() && first.charFormat().font().families() == families;
}

/// Markdown comes without any space between its parts, and in the colours of a printed page.
void layOut(QTextDocument &document)
{
    constexpr int lineHeight = 120; // percent
    QTextFrameFormat page = document.rootFrame()->frameFormat();
    page.setMargin(kMargin);
    document.rootFrame()->setFrameFormat(page);
    for (QTextBlock block = document.begin(); block.isValid(); block = block.next()) {
        QTextCursor cursor(block);
        QTextBlockFormat format = block.blockFormat();
        const bool code = isCode(block);
        if (!code) // lines of code lie on one ground, which would show between them
            format.setLineHeight(lineHeight, QTextBlockFormat::ProportionalHeight);
        if (cursor.currentTable()) {
            cursor.setBlockFormat(format);
            continue;
        }
        const QTextBlock next = block.next();
        const bool codeGoesOn = code && isCode(next);
        const bool listGoesOn = block.textList() && next.isValid() && next.textList();
        if (format.headingLevel() > 0 && block.blockNumber() > 0)
            format.setTopMargin(kPageMargin);
        if (code) {
            format.setLeftMargin(kPageMargin);
            format.setBackground(themeColor(Role::Surface2));
        }
        format.setBottomMargin(codeGoesOn ? 0 : listGoesOn ? kGap / 2 : kGap);
        cursor.setBlockFormat(format);
    }
    const auto frames = document.rootFrame()->childFrames();
    for (QTextFrame *frame : frames) {
        if (auto *table = qobject_cast<QTextTable *>(frame)) {
            QTextTableFormat format = table->format();
            format.setCellPadding(kGap / 2);
            format.setCellSpacing(0);
            format.setBorderCollapse(true);
            format.setBorderStyle(QTextFrameFormat::BorderStyle_Solid);
            format.setBorderBrush(themeColor(Role::Border));
            format.setTopMargin(kGap);
            table->setFormat(format);
            for (int column = 0; column < table->columns(); ++column) {
                QTextTableCell cell = table->cellAt(0, column);
                QTextCharFormat head = cell.format();
                head.setBackground(themeColor(Role::Surface2));
                cell.setFormat(head);
            }
        }
    }
}

} // namespace

bool GuideDialog::hasPages()
{
    return !QDir(QLatin1String(kGuide)).entryList(QDir::Files).isEmpty();
}

GuideDialog::GuideDialog(QWidget *parent)
    : QDialog(parent)
{
    setWindowTitle(tr("Guide"));
    resize(980, 680);
    auto *list = new QListWidget(this);
    list->setAccessibleName(tr("Pages of the guide"));
    list->setFixedWidth(260);
    list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto *view = new QTextBrowser(this);
    view->setAccessibleName(tr("Guide"));
    view->setOpenLinks(false);
    QStringList files = QDir(QLatin1String(kGuide)).entryList(QDir::Files);
    // By the numbers of the chapters: the tenth comes after the ninth.
    std::sort(files.begin(), files.end(), [](const QString &a, const QString &b) {
        const auto number = [](const QString &name) {
            return name.section(QLatin1Char('-'), 0, 0).toInt();
        };
        return std::pair(number(a), a) < std::pair(number(b), b);
    });
    for (const QString &file : files) {
        const QString page = bundled(QLatin1String(kGuide) + QLatin1Char('/') + file);
        auto *item = new QListWidgetItem(titleOf(page, file), list);
        item->setData(Qt::UserRole, page);
        item->setData(Qt::UserRole + 1, file);
    }
    const auto show = [list, view] {
        const QListWidgetItem *const item = list->currentItem();
        if (!item)
            return;
        view->setMarkdown(item->data(Qt::UserRole).toString());
        layOut(*view->document());
        view->moveCursor(QTextCursor::Start);
    };
    connect(list, &QListWidget::currentItemChanged, view, show);
    connect(&Theme::instance(), &Theme::changed, view, show);
    // Links between pages stay inside; nothing is fetched from outside.
    connect(view, &QTextBrowser::anchorClicked, list, [list](const QUrl &url) {
        for (int i = 0; i < list->count(); ++i) {
            if (list->item(i)->data(Qt::UserRole + 1).toString() == url.path())
                list->setCurrentRow(i);
        }
    });
    list->setCurrentRow(0);
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(kPageMargin, kPageMargin, kPageMargin, kPageMargin);
    row->addWidget(list);
    row->addWidget(view, 1);
}

} // namespace tepal::ui
