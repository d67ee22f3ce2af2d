/// Every page in light and dark, at one and two device pixels. Set TEPAL_SHOTS to a directory to
/// keep the pictures.
#include "demo_backend.h"

#include "ui/pages/main_window.h"
#include "ui/pages/page.h"
#include "ui/pages/preferences.h"
#include "ui/widgets/action_registry.h"
#include "ui/widgets/elided_label.h"

#include <tepal/base/log.h>

#include <QDir>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QTest>

using namespace tepal;
using namespace tepal::ui;
using tepal::ui::test::DemoBackend;

namespace {

QImage grab(QWidget &widget, int ratio)
{
    QImage image(widget.size() * ratio, QImage::Format_RGB32);
    image.setDevicePixelRatio(ratio);
    image.fill(Qt::magenta); // What nobody paints would show.
    widget.render(&image);
    return image;
}

int distinctColors(const QImage &image)
{
    QSet<QRgb> colors;
    for (int y = 0; y < image.height(); y += 3) {
        for (int x = 0; x < image.width(); x += 3)
            colors.insert(image.pixel(x, y));
    }
    return static_cast<int>(colors.size());
}

/// Labels and buttons whose text does not fit although they are not meant to elide.
QStringList clipped(const QWidget &window)
{
    QStringList out;
    const auto labels = window.findChildren<QLabel *>();
    for (const QLabel *label : labels) {
        if (!label->isVisible() || label->wordWrap() || label->text().isEmpty())
            continue;
        if (label->sizeHint().width() > label->width() + 1)
            out << label->text();
    }
    const auto buttons = window.findChildren<QPushButton *>();
    for (const QPushButton *button : buttons) {
        if (button->isVisible() && !button->text().isEmpty()
            && button->fontMetrics().horizontalAdvance(button->text()) > button->width())
            out << button->text();
    }
    return out;
}

} // namespace

class ScreenshotTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        setLogToStderr(false);
        Theme::instance().install(ThemeMode::Light);
        logInfo("app", "Tepal workbench started, home /home/ada/.local/share/tepal");
        logInfo("endpoint", "Serving on http://127.0.0.1:3000, model iris_knn:fhfsvifgrsrtjlg6");
        logInfo("logger", "Logger process 4711 started, 0 records to catch up");
        logWarning("upload", "whylabs.example.org did not answer in 10 s; next try in 40 s");
        logError("upload", "Upload 398 failed 3 times; it stays in the outbox");
        for (int i = 0; i < 30; ++i)
            logInfo("logger", "Window 2026-03-12T" + std::to_string(10 + i % 4)
                        + ":00:00Z committed, 212 rows, 6 columns, 1.2 ms");
    }

    void pages_data()
    {
        QTest::addColumn<QString>("page");
        QTest::addColumn<bool>("dark");
        QTest::addColumn<int>("ratio");
        QTest::addColumn<QSize>("size");
        for (const QString &page : MainWindow::pageIds()) {
            for (const bool dark : {false, true}) {
                for (const int ratio : {1, 2}) {
                    const QString name = QStringLiteral("%1-%2-%3x").arg(
                        page, dark ? QStringLiteral("dark") : QStringLiteral("light"),
                        QString::number(ratio));
                    QTest::newRow(qPrintable(name)) << page << dark << ratio << QSize(1440, 900);
                }
            }
            QTest::newRow(qPrintable(page + QStringLiteral("-small-1x")))
                << page << false << 1 << QSize(1024, 640);
        }
        QTest::newRow("first-light-1x") << QString() << false << 1 << QSize(1440, 900);
        QTest::newRow("first-dark-1x") << QString() << true << 1 << QSize(1440, 900);
    }

    void pages()
    {
        QFETCH(QString, page);
        QFETCH(bool, dark);
        QFETCH(int, ratio);
        QFETCH(QSize, size);
        DemoBackend backend(page.isEmpty() ? DemoBackend::Start::Empty : DemoBackend::Start::Full);
        Preferences preferences{QString()};
        PreferenceValues values;
        values.theme = dark ? ThemeMode::Dark : ThemeMode::Light;
        preferences.change(values);
        MainWindow window(&backend, &preferences);
        window.resize(size);
        window.show();
        if (!page.isEmpty())
            window.showPage(page);
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        for (int i = 0; i < 12; ++i)
            QTest::qWait(10);
        const QImage image = grab(window, ratio);
        const QString shots = qEnvironmentVariable("TEPAL_SHOTS");
        if (!shots.isEmpty()) {
            QDir().mkpath(shots);
            image.save(shots + QLatin1Char('/') + QLatin1String(QTest::currentDataTag())
                       + QStringLiteral(".png"));
        }
        QVERIFY2(distinctColors(image) > 40, "the page is empty");
        bool unpainted = false;
        for (int y = 0; y < image.height(); y += 2) {
            for (int x = 0; x < image.width(); x += 2)
                unpainted = unpainted || image.pixel(x, y) == qRgb(255, 0, 255);
        }
        QVERIFY2(!unpainted, "some part of the window is not painted");
        const QStringList cut = clipped(window);
        QVERIFY2(cut.isEmpty(), qPrintable(cut.join(QStringLiteral(" | "))));
    }
};

QTEST_MAIN(ScreenshotTest)
#include "tst_screenshots.moc"
