// What is ordinary in a dataset, out of references as training leaves them.

#include <tepal/model/iris.h>
#include <tepal/model/table_knn.h>
#include <tepal/service/ordinary.h>
#include <tepal/service/train.h>

#include <QTemporaryDir>
#include <QTest>

using namespace tepal;

class TestOrdinaryValues : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    Home home() const { return {m_dir.path().toStdString()}; }

private Q_SLOTS:
    void ofTraining()
    {
        QVERIFY(trainIrisInto(home(), 5));
        const auto model = *trainIris();
        const auto found = referenceRow(home(), "model-1", model->signature());
        QVERIFY(found.has_value());
        QCOMPARE(found->from, std::string("reference \"training\" of dataset \"model-1\""));
        // The same rows, so the same medians.
        const auto own = trainingRow(*model);
        for (std::size_t i = 0; i < 4; ++i)
            QCOMPARE(found->values[i].number, own->values[i].number);
    }

    void textsAndIntegers()
    {
        TrainingTable table;
        table.features = {{"size", FeatureType::Integer, false, {}, false, 1},
                          {"colour", FeatureType::Text, false, {"blue", "red"}, false, 1}};
        table.values = {1, 0, 2, 1, 3, 1, 4, 1, 5, 0};
        table.classes = {"large", "small"};
        table.labels = {1, 1, 0, 0, 0};
        const auto model = TableKnn::train("things", table, 1, false).value();
        QVERIFY(storeTrained(home(), *model, "things"));
        const auto found = referenceRow(home(), "things", model->signature());
        QVERIFY(found.has_value());
        QVERIFY(found->values[0].kind == OrdinaryValue::Kind::Integer);
        QCOMPARE(found->values[0].integer, std::int64_t{3});
        QCOMPARE(found->values[1].text, std::string("red"));
        // A model that does not know the most frequent one is given the next.
        Signature other = model->signature();
        other.features[1].categories = {"blue", "green"};
        QCOMPARE(referenceRow(home(), "things", other)->values[1].text, std::string("blue"));
        other.features[1].categories = {"green"};
        other.features.push_back({"weight"});
        const auto some = referenceRow(home(), "things", other);
        QVERIFY(some->values[1].kind == OrdinaryValue::Kind::Unknown);
        QVERIFY(some->values[1].text.find("knows none") != std::string::npos);
        QCOMPARE(some->values[2].text, std::string("the reference has no such column"));
    }

    void thereIsNone()
    {
        QVERIFY(trainIrisInto(home(), 5));
        Signature signature;
        signature.features = {{"weight"}};
        const auto nothing = referenceRow(home(), "model-1", signature);
        QVERIFY(!nothing && nothing.error().code == ErrorCode::NotFound);
        QVERIFY(nothing.error().message.find("knows none of the model's features") !=
                std::string::npos);
        const auto none = referenceRow(home(), "other", signature);
        QVERIFY(!none && none.error().code == ErrorCode::NotFound);
        QVERIFY(none.error().next.find("tepal reference set") != std::string::npos);
        QTemporaryDir empty;
        QVERIFY(!referenceRow({empty.path().toStdString()}, "other", signature));
    }
};

QTEST_GUILESS_MAIN(TestOrdinaryValues)
#include "tst_ordinary_values.moc"
