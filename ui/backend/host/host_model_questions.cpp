// What is asked about models and of them. Files and models are read on the pool of models.

#include "ui/backend/host/host_endpoint.h"
#include "ui/backend/host/host_models.h"

#include <tepal/model/kinds.h>
#include <tepal/model/store.h>
#include <tepal/table/json.h>

#include <QFileInfo>
#include <QJsonDocument>
#include <QNetworkReply>
#include <QNetworkRequest>

#include <cmath>

namespace tepal::ui {

namespace {

/// A model that has to be loaded by the endpoint first takes its time.
constexpr int kAskTimeoutMs = 30'000;
constexpr std::int64_t kProgressNs = 100'000'000;

QString qs(std::string_view text)
{
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

QStringList qs(const std::vector<std::string> &texts)
{
    QStringList out;
    for (const std::string &text : texts)
        out << qs(text);
    return out;
}

std::vector<std::string> strings(const QStringList &texts)
{
    std::vector<std::string> out;
    for (const QString &text : texts)
        out.push_back(text.toStdString());
    return out;
}

Result<ModelPtr> loadTag(const std::filesystem::path &root, const QString &tag)
{
    const auto parsed = parseModelTag(tag.toStdString());
    if (!parsed)
        return tl::unexpected(parsed.error());
    return ModelStore(root).load(*parsed);
}

/// An answer in the words of the interface.
Prediction predictionOf(const Model &model, const tepal::Prediction &made)
{
    Prediction out;
    out.status = 200;
    if (model.signature().task == Task::Regression) {
        std::string text;
        appendNumbersJson(text, made.numbers());
        out.predictedClass = qs(text);
        return out;
    }
    out.predictedClass = qs(made.label);
    out.classes = qs(model.classNames());
    out.probabilities = QList<double>(made.probabilities.begin(), made.probabilities.end());
    for (const auto &[key, text] : model.parameters()) {
        if (key == "k" && !made.probabilities.empty()) {
            const double k = qs(text).toDouble();
            out.explanation = HostModels::tr("%1 of %2 neighbours")
                                  .arg(std::lround(made.maxProbability() * k))
                                  .arg(k);
        }
    }
    return out;
}

Result<tepal::Prediction> askHere(const Model &model, const std::vector<std::string> &cells)
{
    const auto row = parseRow(model.signature(), cells);
    if (!row)
        return tl::unexpected(row.error());
    tepal::Prediction prediction;
    if (auto done = model.predictValues(*row, prediction); !done)
        return tl::unexpected(done.error());
    return prediction;
}

ImportNames namesOf(const ImportRequest &request)
{
    ImportNames names;
    names.model = request.model.toStdString();
    names.features = strings(request.features);
    names.classes = strings(request.classes);
    return names;
}

ImportPreview previewOf(const ImportRequest &request, const ReadModel &read)
{
    ImportPreview preview;
    preview.request = request;
    const Signature &signature = read.model->signature();
    preview.signature = std::make_shared<const Signature>(signature);
    preview.name = qs(read.exported ? read.exported->tag.text() : read.name);
    preview.from = qs(read.from);
    preview.notes = qs(read.notes);
    preview.fixed = read.exported.has_value();
    preview.rows = static_cast<qint64>(read.model->trainingRows());
    preview.row = request.row.isEmpty() ? sampleTexts(signature) : request.row;
    const auto answer = askHere(*read.model, strings(preview.row));
    if (answer)
        preview.answer = predictionOf(*read.model, *answer);
    else
        preview.trouble = Problem::fromError(answer.error());
    return preview;
}

/// Reads no more of a table than its names.
class Names final : public table::Consumer
{
public:
    std::vector<std::string> names;
    bool widen(const std::string &, table::ColumnType, table::ColumnType) override { return true; }
    void restart() override {}
    Status begin(const std::vector<std::string> &header) override
    {
        names = header;
        return {};
    }
    Status take(table::Block &block) override
    {
        names.clear();
        for (const table::Column &column : block.columns)
            names.push_back(column.name);
        return fail(ErrorCode::Cancelled, "the names are known");
    }
};

Result<TableColumns> columnsOf(const QString &file)
{
    Names names;
    table::ReadOptions options;
    options.cellByCell = true;
    options.threads = 1;
    const auto read = table::readTable(file.toStdString(), options, names);
    if (!read && (read.error().code != ErrorCode::Cancelled || names.names.empty()))
        return failWith(QFileInfo(file).fileName().toStdString(), read.error());
    return TableColumns{file, qs(names.names)};
}

EvaluateOptions optionsOf(const LabelledTable &table, const table::ReadOptions &read)
{
    EvaluateOptions options;
    options.label = table.label.toStdString();
    options.read = read;
    return options;
}

Result<Evaluation> evaluation(const Model &model, const LabelledTable &table,
                              const table::ReadOptions &read)
{
    if (table.isEmpty())
        return evaluateLeaveOneOut(model, 20'000, read.stop);
    return evaluateModel(model, table.file.toStdString(), optionsOf(table, read));
}

QList<std::pair<QString, QString>> parametersOf(const Model &model)
{
    QList<std::pair<QString, QString>> out;
    for (const auto &[key, value] : model.parameters())
        out.append({qs(key), qs(value)});
    return out;
}

/// Without a table each is told by its own rows, and nothing is said row by row.
Result<ModelSides> sidesOf(const ModelPtr &a, const ModelPtr &b, ModelSides sides,
                           const table::ReadOptions &read)
{
    sides.signatureA = std::make_shared<const Signature>(a->signature());
    sides.signatureB = std::make_shared<const Signature>(b->signature());
    sides.parametersA = parametersOf(*a);
    sides.parametersB = parametersOf(*b);
    if (!sides.table.isEmpty()) {
        const auto both = tepal::compareModels(*a, *b, sides.table.file.toStdString(),
                                               optionsOf(sides.table, read));
        if (both) {
            sides.a = both->a;
            sides.b = both->b;
            sides.agreement = both->agreement;
            return sides;
        }
        // One of them may lack a column that the other does without.
        if (both.error().code == ErrorCode::Cancelled)
            return tl::unexpected(both.error());
    }
    const auto half = [&](const Model &model, std::optional<Evaluation> &to, Problem &why) {
        const auto made = evaluation(model, sides.table, read);
        if (made)
            to = *made;
        else
            why = Problem::fromError(made.error());
        return made || made.error().code != ErrorCode::Cancelled;
    };
    if (!half(*a, sides.a, sides.problemA) || !half(*b, sides.b, sides.problemB))
        return fail(ErrorCode::Cancelled, "stopped");
    return sides;
}

} // namespace

struct HostModels::Asking
{
    ModelPtr model;
    QByteArray body;
    QStringList cells;
};

template <typename T>
void HostModels::answer(Generation generation, void (Models::*signal)(const Answer<T> &),
                        Result<T> result)
{
    Answer<T> out;
    out.generation = generation;
    if (result)
        out.value = std::make_shared<const T>(std::move(*result));
    else
        out.problem = Problem::fromError(result.error());
    Q_EMIT(this->*signal)(out);
}

template <typename T, typename Work>
void HostModels::runJob(Generation generation, const QString &title, const QString &file,
                        void (Models::*signal)(const Answer<T> &), Work work)
{
    if (m_job != 0)
        m_core.jobs.cancel(m_job);
    const quint64 job = m_core.jobs.add(title, true, m_core.now());
    m_job = job;
    table::ReadOptions read;
    read.stop = m_core.jobs.token(job);
    read.skipBadRows = true; // They are counted among those that are left out.
    const auto total = static_cast<double>(QFileInfo(file).size());
    read.progress = [this, job, total, last = std::int64_t{0}](std::uint64_t bytes,
                                                               std::uint64_t rows) mutable {
        const std::int64_t now = SystemClock::instance().monotonicNs();
        if (now - last < kProgressNs)
            return;
        last = now;
        // A packed file gives more bytes than it has: then the end is not known.
        const double share =
            static_cast<double>(bytes) <= total ? static_cast<double>(bytes) / total : -1;
        QMetaObject::invokeMethod(
            this,
            [this, job, share, rows] { m_core.jobs.update(job, share, tr("%1 rows").arg(rows)); },
            Qt::QueuedConnection);
    };
    m_core.runOn(
        m_pool, [work, read] { return work(read); },
        [this, generation, job, signal](Result<T> result) {
            const bool cancelled = !result && result.error().code == ErrorCode::Cancelled;
            // The page that asked shows what went wrong: the job need not stay for it.
            m_core.jobs.finish(job, {}, cancelled);
            if (!result)
                m_core.jobs.dismiss(job);
            m_job = m_job == job ? 0 : m_job;
            answer(generation, signal, std::move(result));
        });
}

void HostModels::finish()
{
    m_pool.waitForDone();
}

void HostModels::lookForKinds()
{
    // Whether a library is there is found out by loading it.
    m_core.runOn(
        m_pool,
        [] {
            QList<ModelKindInfo> kinds;
            for (const ModelKind *kind : modelKinds())
                kinds.append(
                    {qs(kind->name), qs(kind->title), qs(kind->files), qs(kind->missing())});
            return kinds;
        },
        [this](const QList<ModelKindInfo> &kinds) {
            m_kinds = kinds;
            Q_EMIT kindsChanged();
        });
}

void HostModels::requestDetail(Generation generation, const QString &tag)
{
    m_core.runOn(
        m_pool,
        [root = m_core.home.models(), tag]() -> Result<std::pair<ModelDetail, ModelPtr>> {
            const auto parsed = parseModelTag(tag.toStdString());
            if (!parsed)
                return tl::unexpected(parsed.error());
            const auto model = ModelStore(root).load(*parsed);
            if (!model)
                return tl::unexpected(model.error());
            ModelDetail detail;
            detail.tag = tag;
            detail.signature = std::make_shared<const Signature>((*model)->signature());
            detail.parameters = parametersOf(**model);
            detail.dataset = qs(parsed->name);
            detail.path = qs(predictPath(*parsed));
            detail.keepsRows = keepsItsRows(**model);
            return std::pair{std::move(detail), *model};
        },
        [this, generation](Result<std::pair<ModelDetail, ModelPtr>> loaded) {
            if (!loaded)
                return answer<ModelDetail>(generation, &Models::detailReady,
                                           tl::unexpected(loaded.error()));
            m_loaded = {loaded->first.tag, loaded->second};
            answer<ModelDetail>(generation, &Models::detailReady, std::move(loaded->first));
        });
}

// ---------------------------------------------------------------- asking

void HostModels::askModel(Generation generation, const QString &tag, const QStringList &cells)
{
    if (!m_endpoint.state().isAnswering())
        return answer<Prediction>(generation, &Models::modelAnswered,
                                  fail(ErrorCode::Unavailable,
                                       tr("The endpoint is not running").toStdString(),
                                       tr("start it first").toStdString()));
    const ModelPtr known = m_loaded.tag == tag ? m_loaded.model : nullptr;
    m_core.runOn(
        m_pool,
        [root = m_core.home.models(), known, tag, cells]() -> Result<Asking> {
            const auto model = known ? Result<ModelPtr>(known) : loadTag(root, tag);
            if (!model)
                return tl::unexpected(model.error());
            const std::vector<std::string> texts = strings(cells);
            const auto row = parseRow((*model)->signature(), texts);
            if (!row)
                return tl::unexpected(row.error());
            return Asking{*model, QByteArray::fromStdString(rowJson(*row)), cells};
        },
        [this, generation, tag](const Result<Asking> &asking) {
            if (asking)
                post(generation, tag, *asking);
            else
                answer<Prediction>(generation, &Models::modelAnswered,
                                   tl::unexpected(asking.error()));
        });
}

void HostModels::post(Generation generation, const QString &tag, const Asking &asking)
{
    const auto parsed = parseModelTag(tag.toStdString());
    QNetworkRequest request{
        QUrl(m_endpoint.state().url + (parsed ? qs(predictPath(*parsed)) : QString()))};
    request.setHeader(QNetworkRequest::ContentTypeHeader, QStringLiteral("application/json"));
    request.setTransferTimeout(kAskTimeoutMs);
    const qint64 begun = SystemClock::instance().monotonicNs();
    QNetworkReply *reply = m_network.post(request, asking.body);
    connect(reply, &QNetworkReply::finished, this, [this, reply, generation, asking, begun] {
        reply->deleteLater();
        const QByteArray body = reply->readAll();
        const int status = reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
        const double took =
            static_cast<double>(SystemClock::instance().monotonicNs() - begun) / 1e6;
        if (status != 200) {
            const QString message = QJsonDocument::fromJson(body)[QLatin1String("msg")].toString();
            return answer<Prediction>(
                generation, &Models::modelAnswered,
                fail(ErrorCode::Unavailable,
                     (message.isEmpty() ? reply->errorString() : message).toStdString()));
        }
        // The route says the class or the number alone; the probabilities come from the same model.
        const QString said = QString::fromUtf8(body);
        m_core.runOn(
            m_pool,
            [asking, said, took] {
                Prediction out;
                if (const auto local = askHere(*asking.model, strings(asking.cells))) {
                    Prediction here = predictionOf(*asking.model, *local);
                    if (here.predictedClass == said)
                        out = std::move(here);
                }
                out.predictedClass = said;
                out.status = 200;
                out.durationMs = took;
                return out;
            },
            [this, generation](Prediction made) {
                answer<Prediction>(generation, &Models::modelAnswered, std::move(made));
            });
    });
}

// ---------------------------------------------------------------- import

void HostModels::previewImport(Generation generation, const ImportRequest &request)
{
    ImportRequest names = request;
    names.row.clear();
    const auto known = m_previewed.request == names ? m_previewed.read : nullptr;
    using Read = std::pair<ImportPreview, std::shared_ptr<const ReadModel>>;
    m_core.runOn(
        m_pool,
        [known, request]() -> Result<Read> {
            auto read = known;
            if (!read) {
                auto made = readImport(request.path.toStdString(), namesOf(request));
                if (!made)
                    return tl::unexpected(made.error());
                read = std::make_shared<const ReadModel>(std::move(*made));
            }
            return Read{previewOf(request, *read), read};
        },
        [this, generation, names](Result<Read> read) {
            if (!read)
                return answer<ImportPreview>(generation, &Models::importPreviewed,
                                             tl::unexpected(read.error()));
            m_previewed = {names, read->second};
            answer<ImportPreview>(generation, &Models::importPreviewed, std::move(read->first));
        });
}

void HostModels::importModel(Generation generation, const ImportRequest &request)
{
    m_previewed = {};
    m_core.runOn(
        m_core.control,
        [root = m_core.home.models(), request]() -> Result<QString> {
            ModelStore store(root);
            const auto made =
                tepal::importModel(store, request.path.toStdString(), namesOf(request));
            if (!made)
                return tl::unexpected(made.error());
            return qs(made->info.tag.text());
        },
        [this, generation](Result<QString> tag) {
            if (tag) {
                m_core.notify(NoticeLevel::Success, QStringLiteral("models"),
                              tr("Imported %1").arg(*tag), {}, true);
                refresh();
            }
            answer<QString>(generation, &Models::imported, std::move(tag));
        });
}

// ---------------------------------------------------------------- how right

void HostModels::requestColumns(Generation generation, const QString &file)
{
    m_core.runOn(
        m_pool, [file] { return columnsOf(file); },
        [this, generation](Result<TableColumns> columns) {
            answer<TableColumns>(generation, &Models::columnsReady, std::move(columns));
        });
}

void HostModels::evaluate(Generation generation, const QString &tag, const LabelledTable &table)
{
    runJob<ModelQuality>(generation, tr("Evaluating %1").arg(tag), table.file, &Models::evaluated,
                         [root = m_core.home.models(), tag,
                          table](const table::ReadOptions &read) -> Result<ModelQuality> {
                             const auto model = loadTag(root, tag);
                             if (!model)
                                 return tl::unexpected(model.error());
                             auto made = evaluation(**model, table, read);
                             if (!made)
                                 return tl::unexpected(made.error());
                             return ModelQuality{tag, table, std::move(*made)};
                         });
}

void HostModels::compareModels(Generation generation, const QString &tagA, const QString &tagB,
                               const LabelledTable &table)
{
    runJob<ModelSides>(generation, tr("Comparing %1 and %2").arg(tagA, tagB), table.file,
                       &Models::compared,
                       [root = m_core.home.models(), tagA, tagB,
                        table](const table::ReadOptions &read) -> Result<ModelSides> {
                           const auto a = loadTag(root, tagA);
                           if (!a)
                               return tl::unexpected(a.error());
                           const auto b = loadTag(root, tagB);
                           if (!b)
                               return tl::unexpected(b.error());
                           ModelSides sides;
                           sides.tagA = tagA;
                           sides.tagB = tagB;
                           sides.table = table;
                           return sidesOf(*a, *b, std::move(sides), read);
                       });
}

} // namespace tepal::ui
