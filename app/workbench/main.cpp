/// The workbench: options, theme, backend, window.
#include "app/build_info/build_info.h"
#include "ui/backend/host_backend.h"
#include "ui/backend/jobs.h"
#include "ui/backend/simulation.h"
#include "ui/backend/windows.h"
#include "ui/pages/main_window.h"
#include "ui/pages/preferences.h"
#include "ui/theme/theme.h"

#include <tepal/base/log.h>
#include <tepal/base/version.h>

#include <QApplication>
#include <QCommandLineParser>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QTimer>

#include <cstdio>

using namespace tepal;
using namespace tepal::ui;

namespace {

struct Options
{
    QString home;
    bool demo = false;
    QString grabPage;
    QString grabFile;
    QString openFile;
    std::optional<ThemeMode> theme;
    int scale = 1;
    int afterSeconds = 2;
    std::optional<int> port;
    bool thread = false;
};

int usage(const QString &text)
{
    std::fprintf(stderr, "tepal-workbench: %s\n", qPrintable(text));
    return 2;
}

/// Exit status 0: go on.
int parse(const QCoreApplication &app, Options &options)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(
        QStringLiteral("Serve a model on this machine, see its data, see whether it drifts."));
    parser.addHelpOption();
    parser.addVersionOption();
    const QCommandLineOption home(QStringLiteral("home"), QStringLiteral("Home directory."),
                                  QStringLiteral("DIR"));
    const QCommandLineOption demo(
        QStringLiteral("demo"),
        QStringLiteral("Start with the iris example in a temporary home that goes at the end."));
    const QCommandLineOption grab(
        QStringLiteral("grab"),
        QStringLiteral("Save a picture of PAGE to the file named behind the options and quit."),
        QStringLiteral("PAGE"));
    const QCommandLineOption theme(
        QStringLiteral("theme"), QStringLiteral("light, dark or system."), QStringLiteral("THEME"));
    const QCommandLineOption scale(
        QStringLiteral("scale"), QStringLiteral("Device pixels per pixel of the picture, 1 or 2."),
        QStringLiteral("N"), QStringLiteral("1"));
    const QCommandLineOption after(QStringLiteral("after"),
                                   QStringLiteral("Quiet seconds before the picture is taken."),
                                   QStringLiteral("SECONDS"), QStringLiteral("2"));
    const QCommandLineOption port(QStringLiteral("port"),
                                  QStringLiteral("Port of the endpoint; 0 takes any free one."),
                                  QStringLiteral("N"));
    const QCommandLineOption logger(QStringLiteral("logger"),
                                    QStringLiteral("process (default) or thread."),
                                    QStringLiteral("KIND"), QStringLiteral("process"));
    parser.addOptions({home, demo, grab, theme, scale, after, port, logger});
    parser.addPositionalArgument(
        QStringLiteral("file"),
        QStringLiteral("Profile to look into; with --grab the picture to write."),
        QStringLiteral("[FILE]"));
    parser.process(app);
    options.home = parser.value(home);
    options.demo = parser.isSet(demo);
    options.grabPage = parser.value(grab);
    (options.grabPage.isEmpty() ? options.openFile : options.grabFile) =
        parser.positionalArguments().value(0);
    if (!options.grabPage.isEmpty()) {
        if (!MainWindow::pageIds().contains(options.grabPage))
            return usage(
                QStringLiteral("there is no page “%1”; pages are %2")
                    .arg(options.grabPage, MainWindow::pageIds().join(QStringLiteral(", "))));
        if (options.grabFile.isEmpty())
            return usage(QStringLiteral("--grab needs a file name behind the options"));
    }
    if (parser.isSet(theme)) {
        const QString name = parser.value(theme);
        if (name == QStringLiteral("light"))
            options.theme = ThemeMode::Light;
        else if (name == QStringLiteral("dark"))
            options.theme = ThemeMode::Dark;
        else if (name == QStringLiteral("system"))
            options.theme = ThemeMode::System;
        else
            return usage(QStringLiteral("--theme is light, dark or system"));
    }
    bool ok = true;
    options.scale = parser.value(scale).toInt(&ok);
    if (!ok || options.scale < 1 || options.scale > 4)
        return usage(QStringLiteral("--scale is a number from 1 to 4"));
    options.afterSeconds = parser.value(after).toInt(&ok);
    if (!ok || options.afterSeconds < 0 || options.afterSeconds > 3600)
        return usage(QStringLiteral("--after is a number of seconds, at most 3600"));
    if (parser.isSet(port)) {
        options.port = parser.value(port).toInt(&ok);
        if (!ok || *options.port < 0 || *options.port > 65535)
            return usage(QStringLiteral("--port is a number from 0 to 65535"));
    }
    options.thread = parser.value(logger) == QStringLiteral("thread");
    if (!options.thread && parser.value(logger) != QStringLiteral("process"))
        return usage(QStringLiteral("--logger is process or thread"));
    return 0;
}

bool savePicture(QWidget &window, const QString &file, int scale)
{
    QImage image(window.size() * scale, QImage::Format_ARGB32);
    image.setDevicePixelRatio(scale);
    image.fill(Qt::transparent);
    window.render(&image);
    return image.save(file);
}

/// Waits until the example is there and the page had time to ask and paint, then saves and quits.
void grabWhenReady(MainWindow &window, Backend &backend, const Options &options)
{
    auto *poll = new QTimer(&window);
    constexpr int kPollMs = 250;
    poll->setInterval(kPollMs);
    const auto calm = std::make_shared<int>(0);
    // An example that could not be made would be waited for in vain.
    QObject::connect(&backend, &Backend::noticed, &window, [options](const Notice &notice) {
        if (!options.demo || notice.level != NoticeLevel::Error)
            return;
        std::fprintf(stderr, "tepal-workbench: %s\n", qPrintable(notice.text));
        QCoreApplication::exit(1);
    });
    QObject::connect(poll, &QTimer::timeout, &window, [&window, &backend, options, calm] {
        bool busy = options.demo && backend.windows().datasets().isEmpty();
        const QList<JobInfo> jobs = backend.jobs().list();
        for (const JobInfo &job : jobs)
            busy = busy || job.isActive();
        *calm = busy ? 0 : *calm + 1;
        if (*calm * kPollMs < options.afterSeconds * 1000)
            return;
        if (!savePicture(window, options.grabFile, options.scale)) {
            std::fprintf(stderr, "tepal-workbench: %s could not be written\n",
                         qPrintable(options.grabFile));
            QCoreApplication::exit(1);
            return;
        }
        QCoreApplication::quit();
    });
    poll->start();
}

} // namespace

int main(int argc, char **argv)
{
    QApplication app(argc, argv);
    QCoreApplication::setApplicationName(QStringLiteral("tepal"));
    QGuiApplication::setApplicationDisplayName(QStringLiteral("Tepal"));
    QGuiApplication::setDesktopFileName(QStringLiteral("tepal-workbench"));
    QCoreApplication::setApplicationVersion(QString::fromStdString(versionText(buildCommit())));
    Options options;
    if (const int status = parse(app, options); status != 0)
        return status;

    QTemporaryDir temporary;
    const bool throwaway = options.demo && options.home.isEmpty();
    if (throwaway) {
        if (!temporary.isValid())
            return usage(QStringLiteral("a temporary home could not be created"));
        options.home = temporary.path();
    }
    Preferences preferences(options.grabPage.isEmpty() && !throwaway ? Preferences::defaultFile()
                                                                     : QString());
    PreferenceValues values = preferences.values();
    if (options.theme)
        values.theme = *options.theme;
    if (options.port)
        values.port = *options.port;
    if (!options.grabPage.isEmpty())
        values.page = options.grabPage;
    else if (options.demo)
        values.page = QStringLiteral("drift");
    preferences.change(values);
    Theme::instance().install(values.theme);

    HostBackendOptions host;
    host.home = options.home;
    host.port = values.port;
    host.thread = options.thread;
    host.commit = QString::fromUtf8(buildCommit().data(), qsizetype(buildCommit().size()));
    const std::unique_ptr<Backend> backend = makeHostBackend(host);
    MainWindow window(backend.get(), &preferences);
    window.show();
    if (!options.openFile.isEmpty())
        window.openFile(QFileInfo(options.openFile).absoluteFilePath());
    if (options.demo)
        QTimer::singleShot(0, backend.get(), [&backend] { backend->simulation().tryWithIris(); });
    if (!options.grabPage.isEmpty())
        grabWhenReady(window, *backend, options);
    const int status = QApplication::exec();
    preferences.flush();
    return status;
}
