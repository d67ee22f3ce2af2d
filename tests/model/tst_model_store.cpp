#include <tepal/base/file.h>
#include <tepal/base/log.h>
#include <tepal/model/iris.h>
#include <tepal/model/knn.h>
#include <tepal/model/rollout.h>
#include <tepal/model/store.h>

#include <QTemporaryDir>
#include <QtTest>

#include <cmath>
#include <set>

using namespace tepal;
namespace fs = std::filesystem;

class TestModelStore : public QObject
{
    Q_OBJECT
private slots:
    void init();
    void tags();
    void versionsAreUnique();
    void savesAndLoads();
    void latestMoves();
    void prefixes();
    void removes();
    void exportsAndImports();
    void refusesForeignFiles();
    void damagedModels();
    void namesCannotLeaveTheStore();
    void rollouts();
    void damagedRollouts();

private:
    ModelInfo save(std::uint32_t k = 5)
    {
        m_clock.advance(1000);
        const auto info = m_store->save(**trainIris(k));
        if (!info)
            qFatal("%s", info.error().text().c_str());
        return *info;
    }
    std::string latest() const
    {
        return readFile(m_root / "iris_knn" / "latest").value_or("(none)");
    }

    std::unique_ptr<QTemporaryDir> m_dir;
    fs::path m_root;
    ManualClock m_clock{1'700'000'000'000};
    std::unique_ptr<ModelStore> m_store;
};

void TestModelStore::init()
{
    setLogLevel(LogLevel::Error);
    m_dir = std::make_unique<QTemporaryDir>();
    m_root = fs::path(m_dir->path().toStdString()) / "models";
    m_store = std::make_unique<ModelStore>(m_root, m_clock);
}

void TestModelStore::rollouts()
{
    Rollouts rollouts(m_root);
    const ModelInfo old = save(5);
    const ModelInfo fresh = save(1);
    const std::string name = old.tag.name;
    const auto split = [&](std::string primary, std::string candidate, double share) {
        return rollouts.set(
            name, {std::move(primary), std::move(candidate), Rollout::Mode::Split, share});
    };
    QVERIFY(!*rollouts.get(name));
    QCOMPARE(rollouts.end(name).error().code, ErrorCode::NotFound);
    for (const double share : {0.0, 1.0, -0.1, 1.5, std::nan("")})
        QCOMPARE(split(old.tag.version, fresh.tag.version, share).error().code,
                 ErrorCode::InvalidArgument);
    QCOMPARE(split(old.tag.version, old.tag.version, 0.1).error().code, ErrorCode::InvalidArgument);
    QCOMPARE(split(old.tag.version, "zz", 0.1).error().code, ErrorCode::NotFound);
    // A version may be named by its beginning; what is kept is whole. Empty is the latest.
    const auto kept = split(old.tag.version.substr(0, 15), {}, 0.25);
    const Rollout wanted{old.tag.version, fresh.tag.version, Rollout::Mode::Split, 0.25};
    QVERIFY(kept && *kept == wanted);
    QVERIFY(*Rollouts(m_root).get(name) == wanted);
    QCOMPARE(rolloutSentence(name, wanted),
             old.tag.text() + " answers 75 %, " + fresh.tag.text() + " 25 % of the requests");
    // What takes part stays; a third version may go and come.
    const ModelInfo third = save(3);
    QCOMPARE(m_store->remove(old.tag).error().code, ErrorCode::Busy);
    QCOMPARE(m_store->remove(fresh.tag).error().code, ErrorCode::Busy);
    QVERIFY(m_store->remove(third.tag));
    QCOMPARE(rollouts.all().size(), std::size_t{1});
    QVERIFY(rollouts.end(name));
    QVERIFY(!*rollouts.get(name));
    QVERIFY(rollouts.all().empty());
    // Other features, or numbers instead of classes, would show in the answers' shape.
    TrainingData data{{"x"}, {"low", "high"}, {0, 9}, {0, 1}};
    const auto other = m_store->save(**KnnModel::train(name, std::move(data), 1));
    QVERIFY(other);
    QCOMPARE(split(old.tag.version, other->tag.version, 0.5).error().code,
             ErrorCode::InvalidArgument);
    for (const char *stray : {"../models", "a/b", "", "Iris_KNN", "none"})
        QVERIFY(!rollouts.get(stray).value());
    // The last version takes the name's folder with it.
    QVERIFY(split(old.tag.version, fresh.tag.version, 0.5));
    fs::remove_all(m_root / name / fresh.tag.version);
    QCOMPARE(rollouts.get(name).error().code, ErrorCode::NotFound);
    QVERIFY(m_store->remove(old.tag));
    QVERIFY(m_store->remove(other->tag));
    QVERIFY(!fs::exists(m_root / name));
}

void TestModelStore::damagedRollouts()
{
    Rollouts rollouts(m_root);
    const ModelInfo old = save(5);
    const ModelInfo fresh = save(1);
    const fs::path file = m_root / old.tag.name / "rollout.json";
    const std::string versions =
        "\"primary\": \"" + old.tag.version + "\", \"candidate\": \"" + fresh.tag.version + "\"";
    const std::vector<std::string> texts{"",
                                         "{",
                                         "[]",
                                         "{\"format\": 1}",
                                         "{\"format\": 1, " + versions + "}",
                                         "{\"format\": 1, " + versions + ", \"share\": 7}",
                                         "{\"format\": 1, " + versions + ", \"share\": \"1\"}"};
    for (const std::string &text : texts) {
        QVERIFY(writeFileAtomic(file, text));
        QVERIFY2(rollouts.get(old.tag.name).error().code == ErrorCode::Corrupt, text.c_str());
    }
    QVERIFY(writeFileAtomic(file, "{\"format\": 2, " + versions + ", \"share\": 0.5}"));
    QCOMPARE(rollouts.get(old.tag.name).error().code, ErrorCode::Unsupported);
    QCOMPARE(rollouts.all().size(), std::size_t{1});
    QVERIFY(!rollouts.all()[0].second);
    // It stands in nobody's way, and can be ended.
    QVERIFY(rollouts.end(old.tag.name));
    QVERIFY(!*rollouts.get(old.tag.name));
}

void TestModelStore::tags()
{
    QCOMPARE(parseModelTag("Iris_KNN")->text(), std::string("iris_knn"));
    QCOMPARE(parseModelTag("iris:latest")->version, std::string());
    QCOMPARE(parseModelTag("iris:v1.2-x_3")->version, std::string("v1.2-x_3"));
    for (const char *bad : {"", ":", "iris:", ":v", "a/b", "../x", "a:..", "-a", "a-", "a:b:c",
                            "a b", "a:b/c", ".", "ä"})
        QVERIFY2(!parseModelTag(bad), bad);
    QVERIFY(parseModelTag(std::string(63, 'a')));
    QVERIFY(!parseModelTag(std::string(64, 'a')));
}

void TestModelStore::versionsAreUnique()
{
    std::set<std::string> versions;
    for (int i = 0; i < 1000; ++i) {
        const auto version = makeModelVersion(1'700'000'000'000);
        QCOMPARE(version.size(), std::size_t{16});
        QVERIFY(version.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567") == std::string::npos);
        versions.insert(version);
    }
    QCOMPARE(versions.size(), std::size_t{1000});
}

void TestModelStore::savesAndLoads()
{
    QVERIFY(m_store->list()->empty());
    const auto info = save(3);
    QCOMPARE(info.tag.name, std::string("iris_knn"));
    QCOMPARE(info.kind, std::string("knn"));
    QCOMPARE(info.rows, std::uint64_t{150});
    QCOMPARE(info.created, m_clock.nowMs());
    QVERIFY(info.bytes > 1000);
    QCOMPARE(latest(), info.tag.version);
    const auto model = m_store->load({"iris_knn", {}});
    QVERIFY(model);
    QCOMPARE((*model)->serialize(), (*trainIris(3))->serialize());
    QCOMPARE(m_store->list()->size(), std::size_t{1});
    QCOMPARE(m_store->list("iris_knn")->front().parameters.front().second, std::string("3"));
    QVERIFY(m_store->list("other")->empty());
    QCOMPARE(m_store->get({"other", {}}).error().code, ErrorCode::NotFound);
    // Nothing half-made stays behind.
    for (const auto &entry : fs::directory_iterator(m_root))
        QCOMPARE(entry.path().filename().string(), std::string("iris_knn"));
}

void TestModelStore::latestMoves()
{
    const auto first = save();
    const auto second = save();
    QCOMPARE(latest(), second.tag.version);
    QCOMPARE(m_store->list()->front().tag, second.tag);
    m_clock.jumpTo(first.created - 5000);
    const auto older = m_store->save(**trainIris());
    QVERIFY(older);
    QCOMPARE(latest(), second.tag.version);
    // A pointer to nothing falls back to the newest.
    QVERIFY(writeFileAtomic(m_root / "iris_knn" / "latest", "nothing"));
    QCOMPARE(m_store->get({"iris_knn", {}})->tag, second.tag);
}

void TestModelStore::prefixes()
{
    const auto first = save();
    const auto second = save();
    std::size_t same = 0;
    while (first.tag.version[same] == second.tag.version[same])
        ++same;
    QCOMPARE(m_store->get({"iris_knn", second.tag.version.substr(0, same + 1)})->tag, second.tag);
    if (same > 0) {
        QCOMPARE(m_store->get({"iris_knn", first.tag.version.substr(0, 1)}).error().code,
                 ErrorCode::InvalidArgument);
    }
    QCOMPARE(m_store->get({"iris_knn", "0"}).error().code, ErrorCode::NotFound);
}

void TestModelStore::removes()
{
    const auto first = save();
    const auto second = save();
    const auto third = save();
    QVERIFY(m_store->remove(third.tag));
    QCOMPARE(latest(), second.tag.version);
    QVERIFY(m_store->remove(first.tag));
    QCOMPARE(latest(), second.tag.version);
    QCOMPARE(m_store->remove(first.tag).error().code, ErrorCode::NotFound);
    QVERIFY(m_store->remove({"iris_knn", {}}));
    QVERIFY(!fs::exists(m_root / "iris_knn"));
    QVERIFY(fs::is_empty(m_root));
}

void TestModelStore::exportsAndImports()
{
    const auto info = save(7);
    const fs::path out = m_dir->path().toStdString();
    const auto file = m_store->exportTo(info.tag, out);
    QVERIFY(file);
    QCOMPARE(file->filename().string(), "iris_knn-" + info.tag.version + ".tepalmodel");
    QCOMPARE(m_store->exportTo(info.tag, out).error().code, ErrorCode::AlreadyExists);
    QCOMPARE(m_store->importFrom(*file).error().code, ErrorCode::AlreadyExists);
    ModelStore other(out / "other", m_clock);
    const auto imported = other.importFrom(*file);
    QVERIFY(imported);
    QCOMPARE(imported->tag, info.tag);
    QCOMPARE(imported->created, info.created);
    QCOMPARE((*other.load({"iris_knn", {}}))->serialize(), (*trainIris(7))->serialize());
}

void TestModelStore::refusesForeignFiles()
{
    const auto info = save();
    const fs::path out = m_dir->path().toStdString();
    const auto file = *m_store->exportTo(info.tag, out / "x.tepalmodel");
    const std::string bytes = *readFile(file);
    ModelStore other(out / "other", m_clock);
    QCOMPARE(other.importFrom(out / "none").error().code, ErrorCode::NotFound);
    for (std::size_t size = 0; size < bytes.size(); size += 17) {
        QVERIFY(writeFileAtomic(out / "cut", std::string_view(bytes).substr(0, size)));
        QCOMPARE(other.importFrom(out / "cut").error().code, ErrorCode::Corrupt);
    }
    std::string altered = bytes;
    altered[altered.size() / 2] = static_cast<char>(altered[altered.size() / 2] ^ 0x40);
    QVERIFY(writeFileAtomic(out / "altered", altered));
    QVERIFY(!other.importFrom(out / "altered"));
    QVERIFY(other.list()->empty());
}

void TestModelStore::damagedModels()
{
    const auto info = save();
    const fs::path directory = m_root / "iris_knn" / info.tag.version;
    std::string data = *readFile(directory / "model.data");
    data[data.find("5.1")] = '6';
    QVERIFY(writeFileAtomic(directory / "model.data", data));
    QCOMPARE(m_store->load(info.tag).error().code, ErrorCode::Corrupt);
    QVERIFY(writeFileAtomic(directory / "model.json", "{}"));
    QCOMPARE(m_store->get(info.tag).error().code, ErrorCode::Corrupt);
    // One bad model does not hide the others.
    const auto good = save();
    QCOMPARE(m_store->list()->size(), std::size_t{1});
    QCOMPARE(m_store->list()->front().tag, good.tag);
}

void TestModelStore::namesCannotLeaveTheStore()
{
    save();
    QVERIFY(!m_store->get({"..", "x"}));
    QVERIFY(!m_store->load({"iris_knn", "../../x"}));
    QVERIFY(!m_store->remove({"../models/iris_knn", {}}));
    TrainingData data = irisData();
    const auto evil = KnnModel::train("../evil", data, 5);
    QCOMPARE(m_store->save(**evil).error().code, ErrorCode::InvalidArgument);
    QCOMPARE(m_store->list()->size(), std::size_t{1});
}

QTEST_APPLESS_MAIN(TestModelStore)
#include "tst_model_store.moc"
