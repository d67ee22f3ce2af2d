#include "demo_models.h"

#include "demo_backend.h"

#include <tepal/model/rollout.h>

namespace tepal::ui::test {

void DemoModels::fill()
{
    const TimeMs now = m_demo.data().now();
    const auto model = [](const char *tag, const char *kind, TimeMs created, qint64 rows,
                          double accuracy) {
        ModelInfo m;
        m.tag = QLatin1String(tag);
        m.kind = QLatin1String(kind);
        m.created = created;
        m.bytes = 6'184 + rows;
        m.rows = rows;
        m.accuracy = accuracy;
        m.accuracyMethod = QStringLiteral("leave-one-out");
        m.reference = QStringLiteral("training");
        m.takes = signatureText(4, 3, Task::Classification);
        m.dataset = m.tag.section(QLatin1Char(':'), 0, 0);
        return m;
    };
    m_models = {model(DemoData::kTag, "k nearest neighbours, k = 5", now - 7 * kDayMs, 150, 0.967),
                model("iris_knn:c2wqnyrgrs3dkk5p", "k nearest neighbours, k = 3", now - 9 * kDayMs,
                      150, 0.96),
                model("churn_xgb:b5ogaicwhg5mdhaz", "XGBoost, 120 trees", now - 20 * kDayMs, 41'300,
                      kMissing)};
    m_models[0].serving = true;
    m_models[0].latest = true;
    m_models[0].dataset = QStringLiteral("model-1");
    m_models[2].bytes = 1'284'000;
    m_models[2].reference.clear();
    m_models[2].takes = signatureText(5, 2, Task::Classification);
}

void DemoModels::trainIris(int k)
{
    m_demo.call(QStringLiteral("trainIris %1").arg(k));
}

void DemoModels::serveModel(const QString &tag)
{
    m_demo.call(QStringLiteral("serveModel ") + tag);
    for (ModelInfo &m : m_models)
        m.serving = m.tag == tag;
    Q_EMIT modelsChanged();
    EndpointState endpoint = m_demo.endpoint().state();
    endpoint.modelTag = tag;
    m_demo.endpoint().setEndpoint(endpoint);
}

void DemoModels::deleteModel(const QString &tag)
{
    m_demo.call(QStringLiteral("deleteModel ") + tag);
    for (qsizetype i = 0; i < m_models.size(); ++i) {
        if (m_models[i].tag == tag) {
            m_deleted.insert(tag, m_models.takeAt(i));
            break;
        }
    }
    Q_EMIT modelsChanged();
}

void DemoModels::undoDeleteModel(const QString &tag)
{
    m_demo.call(QStringLiteral("undoDeleteModel ") + tag);
    if (m_deleted.contains(tag))
        m_models.append(m_deleted.take(tag));
    Q_EMIT modelsChanged();
}

void DemoModels::exportModel(const QString &tag, const QString &)
{
    m_demo.call(QStringLiteral("exportModel ") + tag);
}

void DemoModels::startRollout(const RolloutInfo &wanted)
{
    m_demo.call(QStringLiteral("startRollout %1 %2 beside %3 %4")
                    .arg(wanted.name, wanted.candidate, wanted.primary,
                         wanted.shadow ? QStringLiteral("shadow") : QString::number(wanted.share)));
    RolloutInfo rollout = wanted;
    const Rollout core{wanted.primary.toStdString(), wanted.candidate.toStdString(),
                       wanted.shadow ? Rollout::Mode::Shadow : Rollout::Mode::Split, wanted.share};
    rollout.sentence = QString::fromStdString(rolloutSentence(wanted.name.toStdString(), core));
    m_rollouts = {rollout};
    for (ModelInfo &m : m_models) {
        if (m.tag.section(QLatin1Char(':'), 0, 0) == wanted.name)
            m.rollout = QString::fromStdString(
                rolloutPart(core, m.tag.section(QLatin1Char(':'), 1).toStdString()));
    }
    Q_EMIT modelsChanged();
}

void DemoModels::endRollout(const QString &name)
{
    m_demo.call(QStringLiteral("endRollout ") + name);
    m_rollouts.clear();
    for (ModelInfo &m : m_models)
        m.rollout.clear();
    Q_EMIT modelsChanged();
}

void DemoModels::breakRollout(const QString &name)
{
    RolloutInfo rollout;
    rollout.name = name;
    rollout.problem = {ErrorCode::NotFound, name + QStringLiteral(":gone is not in the store"), {}};
    m_rollouts = {rollout};
    Q_EMIT modelsChanged();
}

// ---------------------------------------------------------------- questions

namespace {

bool isChurn(const QString &tag)
{
    return tag.startsWith(QStringLiteral("churn"));
}

/// Of iris, or of a model with texts, gaps and whole numbers.
SignaturePtr signatureOf(const QString &tag)
{
    Signature signature;
    if (isChurn(tag)) {
        signature.features = {
            {.name = "monthly charge", .sample = 49.9},
            {.name = "months", .type = FeatureType::Integer, .sample = 14},
            {.name = "plan",
             .type = FeatureType::Text,
             .missing = true,
             .categories = {"basic", "family", "premium"},
             .sample = 0},
            {.name = "complaints", .type = FeatureType::Integer, .missing = true, .sample = 0},
            {.name = "note", .type = FeatureType::Text, .missing = true}};
        signature.classes = {"stays", "leaves"};
    } else {
        signature.features = {{.name = "sepal length", .sample = 5.8},
                              {.name = "sepal width", .sample = 3.0},
                              {.name = "petal length", .sample = 4.3},
                              {.name = "petal width", .sample = 1.3}};
        signature.classes = {"setosa", "versicolor", "virginica"};
    }
    signature.outputs = outputNames(Task::Classification, true);
    return std::make_shared<const Signature>(std::move(signature));
}

Prediction predictionOf(const QStringList &classes, const QStringList &cells)
{
    Prediction out;
    const bool first = cells.value(3).toDouble() < 1;
    out.classes = classes;
    out.probabilities = QList<double>(classes.size(), 0);
    out.probabilities[first ? 0 : 1] = 0.8;
    out.probabilities[first ? 1 : 0] = 0.2;
    out.predictedClass = classes[first ? 0 : 1];
    out.durationMs = 0.412;
    out.status = 200;
    return out;
}

QStringList classesOf(const Signature &signature)
{
    QStringList out;
    for (const std::string &name : signature.classes)
        out << QString::fromStdString(name);
    return out;
}

/// Rows whose answers are mostly right, less so for later classes; the same each time. `better`
/// errs less.
Evaluation evaluationOf(const SignaturePtr &signature, int classes, bool leaveOneOut, bool better)
{
    Evaluation out;
    out.leaveOneOut = leaveOneOut;
    if (classes == 0) {
        out.task = Task::Regression;
        RegressionCount count;
        for (int row = 0; row < 400; ++row)
            count.add(row, row + ((row * 37) % 101 - 42) * 0.11);
        out.numbers = count.result();
        out.rows.answered = 400;
        return out;
    }
    std::vector<std::string> names = signature->classes;
    for (int i = static_cast<int>(names.size()); i < classes; ++i)
        names.push_back("class " + std::to_string(i));
    ClassificationCount count(names);
    for (std::size_t row = 0; row < 50 * names.size(); ++row) {
        const std::size_t truth = row / 50;
        const std::size_t noise = (row * 7919) % 100;
        const bool wrong = noise < (better ? 3 : 6) * truth;
        const std::size_t answer = wrong ? (truth + 1 + row % 2) % names.size() : truth;
        std::vector<double> p(names.size(), 0);
        const double sure = wrong ? 0.6 : noise % 5 == 0 ? 0.8 : 1;
        p[answer] = sure;
        p[(answer + 1) % names.size()] = 1 - sure;
        count.add(truth, answer, p);
    }
    out.classes = count.result();
    out.rows.answered = out.classes.accuracy.rows;
    if (!leaveOneOut) {
        out.rows.noLabel = 2;
        out.rows.refused = 1;
        out.rows.whyRefused = "row 17: the value of petal width is infinite";
    }
    return out;
}

} // namespace

QList<ModelKindInfo> DemoModels::kinds() const
{
    return {{QStringLiteral("knn"),
             QStringLiteral("Nearest neighbours"),
             QStringLiteral("tepal train"),
             {}},
            {QStringLiteral("xgboost"),
             QStringLiteral("XGBoost"),
             QStringLiteral("JSON or UBJ: save_model(…)"),
             {}},
            {QStringLiteral("lightgbm"),
             QStringLiteral("LightGBM"),
             QStringLiteral("text: booster_.save_model(…)"),
             {}},
            {QStringLiteral("onnx"), QStringLiteral("ONNX"), QStringLiteral(".onnx"),
             QStringLiteral("ONNX Runtime was not found; install onnxruntime with pip, or name its "
                            "library in TEPAL_ONNXRUNTIME")}};
}

void DemoModels::requestDetail(Generation generation, const QString &tag)
{
    m_demo.call(QStringLiteral("requestDetail ") + tag);
    ModelDetail detail;
    detail.tag = tag;
    detail.signature = signatureOf(tag);
    detail.keepsRows = !isChurn(tag);
    if (detail.keepsRows)
        detail.parameters = {{QStringLiteral("k"), QStringLiteral("5")}};
    detail.dataset = tag.section(QLatin1Char(':'), 0, 0);
    detail.path = QStringLiteral("/v1/models/%1/predict").arg(tag);
    m_demo.answer<ModelDetail>(generation, this, &Models::detailReady, detail);
}

void DemoModels::askModel(Generation generation, const QString &tag, const QStringList &cells)
{
    m_demo.call(QStringLiteral("askModel %1 %2").arg(tag, cells.join(QLatin1Char('|'))));
    m_demo.answer<Prediction>(generation, this, &Models::modelAnswered,
                              predictionOf(classesOf(*signatureOf(tag)), cells));
}

void DemoModels::previewImport(Generation generation, const ImportRequest &request)
{
    m_demo.call(QStringLiteral("previewImport %1 %2 %3 %4")
                    .arg(request.path, request.model, request.features.join(QLatin1Char('|')),
                         request.classes.join(QLatin1Char('|'))));
    if (request.path.endsWith(QStringLiteral("broken.json")) && !m_demo.nextProblem)
        m_demo.nextProblem = {
            ErrorCode::Unsupported,
            QStringLiteral("%1 is a pickle, which would run what is in it").arg(request.path),
            QStringLiteral("export the model as ONNX, once, where it was trained")};
    ImportPreview preview;
    preview.request = request;
    Signature signature = *signatureOf(QStringLiteral("iris"));
    for (qsizetype i = 0; i < request.features.size(); ++i)
        signature.features[static_cast<std::size_t>(i)].name = request.features[i].toStdString();
    for (qsizetype i = 0; i < request.classes.size(); ++i)
        signature.classes[static_cast<std::size_t>(i)] = request.classes[i].toStdString();
    preview.fixed = request.path.endsWith(QStringLiteral(".tepalmodel"));
    preview.name = preview.fixed             ? QStringLiteral("iris_knn:k3xzqa5dwhg5mdhb")
                   : request.model.isEmpty() ? QStringLiteral("flowers")
                                             : request.model;
    preview.from =
        preview.fixed ? QStringLiteral("exported model") : QStringLiteral("XGBoost (trees)");
    if (!preview.fixed && request.classes.isEmpty())
        preview.notes << QStringLiteral("the file does not name its classes: they are called "
                                        "class_0, class_1 and class_2");
    preview.row = request.row.isEmpty() ? sampleTexts(signature) : request.row;
    bool number = true;
    for (const QString &cell : std::as_const(preview.row)) {
        bool ok = false;
        cell.toDouble(&ok);
        number = number && ok;
    }
    if (number)
        preview.answer = predictionOf(classesOf(signature), preview.row);
    else
        preview.trouble = {ErrorCode::InvalidArgument,
                           QStringLiteral("the value of sepal length is no number: \"x\""),
                           QStringLiteral("write it like 5.1")};
    preview.signature = std::make_shared<const Signature>(std::move(signature));
    m_demo.answer<ImportPreview>(generation, this, &Models::importPreviewed, preview);
}

void DemoModels::importModel(Generation generation, const ImportRequest &request)
{
    m_demo.call(QStringLiteral("importModel %1 %2 %3")
                    .arg(request.path, request.model, request.classes.join(QLatin1Char('|'))));
    if (m_demo.nextProblem) {
        m_demo.answer<QString>(generation, this, &Models::imported, QString());
        return;
    }
    ModelInfo model;
    model.tag = (request.model.isEmpty() ? QStringLiteral("iris_knn") : request.model) +
                QStringLiteral(":n7xzqa5dwhg5mdhb");
    model.kind = QStringLiteral("xgboost");
    model.takes = signatureText(4, 3, Task::Classification);
    model.dataset = model.tag.section(QLatin1Char(':'), 0, 0);
    model.created = m_demo.now();
    model.bytes = 24'000;
    m_models.prepend(model);
    Q_EMIT modelsChanged();
    m_demo.answer<QString>(generation, this, &Models::imported, model.tag);
}

void DemoModels::requestColumns(Generation generation, const QString &file)
{
    m_demo.call(QStringLiteral("requestColumns ") + file);
    m_demo.answer<TableColumns>(
        generation, this, &Models::columnsReady,
        {file,
         {QStringLiteral("id"), QStringLiteral("sepal length"), QStringLiteral("sepal width"),
          QStringLiteral("petal length"), QStringLiteral("petal width"), QStringLiteral("species"),
          QStringLiteral("garden")}});
}

void DemoModels::evaluate(Generation generation, const QString &tag, const LabelledTable &table)
{
    m_demo.call(QStringLiteral("evaluate %1 %2 %3").arg(tag, table.file, table.label));
    m_demo.answer<ModelQuality>(
        generation, this, &Models::evaluated,
        {tag, table,
         evaluationOf(signatureOf(tag), isChurn(tag) ? 2 : classes, table.isEmpty(),
                      tag == QLatin1String(DemoData::kTag))});
}

void DemoModels::compareModels(Generation generation, const QString &tagA, const QString &tagB,
                               const LabelledTable &table)
{
    m_demo.call(QStringLiteral("compareModels %1 %2 %3").arg(tagA, tagB, table.file));
    ModelSides sides;
    sides.tagA = tagA;
    sides.tagB = tagB;
    sides.table = table;
    sides.signatureA = signatureOf(tagA);
    Signature other = *signatureOf(tagB);
    other.features.pop_back();
    sides.signatureB = std::make_shared<const Signature>(std::move(other));
    sides.parametersA = {{QStringLiteral("k"), QStringLiteral("5")}};
    sides.parametersB = {{QStringLiteral("k"), QStringLiteral("3")}};
    sides.a = evaluationOf(sides.signatureA, classes, table.isEmpty(), true);
    sides.b = evaluationOf(sides.signatureA, classes, table.isEmpty(), false);
    if (!table.isEmpty()) {
        Agreement both;
        both.rows = 150;
        both.differ = 11;
        both.onlyA = 8;
        both.onlyB = 2;
        both.p = mcnemar(8, 2);
        for (std::uint64_t row = 60; row < 71; ++row)
            both.first.push_back({row * 2, "versicolor", "versicolor", "virginica"});
        sides.agreement = both;
    }
    m_demo.answer<ModelSides>(generation, this, &Models::compared, sides);
}

} // namespace tepal::ui::test
