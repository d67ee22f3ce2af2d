// The house's rules: a room includes only rooms that its CMakeLists names, core knows no Qt, and
// what only one room may see is seen by that room alone.

#include "test_support.h"

#include <QRegularExpression>
#include <QTest>

#include <map>
#include <set>

using namespace tepal::test;
namespace fs = std::filesystem;

namespace {

QString textOf(const fs::path &path)
{
    return QString::fromUtf8(QByteArray::fromStdString(readAll(path)));
}

/// Room → the rooms that its CMakeLists names after LINKS.
std::map<QString, QStringList> directLinks()
{
    std::map<QString, QStringList> links;
    static const QRegularExpression rooms(
        QStringLiteral("tepal_room\\((\\w+)[^)]*?LINKS([^)]*?)(?:EXTERNAL|\\))"),
        QRegularExpression::DotMatchesEverythingOption);
    static const QRegularExpression noLinks(QStringLiteral("tepal_room\\((\\w+)"));
    static const QRegularExpression space(QStringLiteral("\\s+"));
    for (const auto &entry : fs::directory_iterator(sourceDir() / "core")) {
        const fs::path file = entry.path() / "CMakeLists.txt";
        if (!entry.is_directory() || !fs::exists(file))
            continue;
        const QString text = textOf(file);
        links[noLinks.match(text).captured(1)] = {};
        const auto match = rooms.match(text);
        if (match.hasMatch())
            links[match.captured(1)] = match.captured(2).split(space, Qt::SkipEmptyParts);
    }
    return links;
}

std::set<QString> reachable(const std::map<QString, QStringList> &links, const QString &from)
{
    std::set<QString> seen{from};
    QStringList open{from};
    while (!open.isEmpty()) {
        const auto it = links.find(open.takeFirst());
        if (it == links.end())
            continue;
        for (const QString &room : it->second) {
            if (seen.insert(room).second)
                open.append(room);
        }
    }
    return seen;
}

template <typename Visit>
void forEachInclude(const fs::path &folder, Visit visit)
{
    static const QRegularExpression include(QStringLiteral("^\\s*#include\\s+[<\"]([^>\"]+)[>\"]"),
                                            QRegularExpression::MultilineOption);
    for (const auto &entry : fs::recursive_directory_iterator(folder)) {
        const auto extension = entry.path().extension();
        if (extension != ".h" && extension != ".cpp")
            continue;
        auto matches = include.globalMatch(textOf(entry.path()));
        while (matches.hasNext())
            visit(entry.path(), matches.next().captured(1));
    }
}

} // namespace

class TestLayering : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void roomsIncludeOnlyWhatTheyLink()
    {
        const auto links = directLinks();
        QVERIFY(links.size() >= 10);
        for (const auto &[room, direct] : links) {
            const auto allowed = reachable(links, room);
            forEachInclude(sourceDir() / "core" / room.toStdString(), [&](const fs::path &file,
                                                                          const QString &name) {
                if (!name.startsWith(QStringLiteral("tepal/")))
                    return;
                const QString other = name.section(QLatin1Char('/'), 1, 1);
                QVERIFY2(allowed.contains(other),
                         qPrintable(QStringLiteral("%1 includes %2").arg(qs(file.string()), name)));
            });
        }
    }
    void linksPointDownwards()
    {
        // No room can reach itself through another.
        const auto links = directLinks();
        for (const auto &[room, direct] : links) {
            for (const QString &other : direct) {
                QVERIFY2(!reachable(links, other).contains(room),
                         qPrintable(room + QStringLiteral(" and ") + other));
            }
        }
    }
    void coreAndCommandLineKnowNoQt()
    {
        static const QRegularExpression qt(QStringLiteral("^(Q[A-Z]|Qt)"));
        for (const fs::path &folder : {sourceDir() / "core", sourceDir() / "app" / "tepal"}) {
            forEachInclude(folder, [&](const fs::path &file, const QString &name) {
                QVERIFY2(!qt.match(name).hasMatch() && !name.startsWith(QStringLiteral("ui/")),
                         qPrintable(qs(file.string()) + QStringLiteral(": ") + name));
            });
        }
    }
    void librariesHaveTheirRooms_data()
    {
        QTest::addColumn<QString>("header");
        QTest::addColumn<QStringList>("rooms");
        QTest::newRow("sqlite") << QStringLiteral("^sqlite3")
                                << QStringList{QStringLiteral("store")};
        QTest::newRow("beast") << QStringLiteral("^boost/beast")
                               << QStringList{QStringLiteral("serving")};
        QTest::newRow("curl") << QStringLiteral("^curl/")
                              << QStringList{QStringLiteral("upload"), QStringLiteral("traffic")};
    }
    void librariesHaveTheirRooms()
    {
        QFETCH(QString, header);
        QFETCH(QStringList, rooms);
        const QRegularExpression pattern(header);
        for (const char *top : {"core", "app", "ui"}) {
            forEachInclude(sourceDir() / top, [&](const fs::path &file, const QString &name) {
                if (!pattern.match(name).hasMatch())
                    return;
                const QString path = qs(fs::relative(file, sourceDir()).generic_string());
                const QString room = path.section(QLatin1Char('/'), 1, 1);
                QVERIFY2(path.startsWith(QStringLiteral("core/")) && rooms.contains(room),
                         qPrintable(path + QStringLiteral(" includes ") + name));
            });
        }
    }
    void pagesKnowTheBackendOnly()
    {
        // Behind the bridge lies the core; the pages see values and the base room's few types.
        for (const char *folder : {"pages", "charts", "models", "widgets", "theme"}) {
            forEachInclude(
                sourceDir() / "ui" / folder, [&](const fs::path &file, const QString &name) {
                    const bool core = name.startsWith(QStringLiteral("tepal/")) &&
                                      !name.startsWith(QStringLiteral("tepal/base/")) &&
                                      name != QStringLiteral("tepal/ui_assets.h");
                    QVERIFY2(!core && !name.startsWith(QStringLiteral("ui/backend/host")),
                             qPrintable(qs(file.string()) + QStringLiteral(": ") + name));
                });
        }
    }
};

QTEST_APPLESS_MAIN(TestLayering)
#include "tst_layering.moc"
