/// What the pages know of models beyond their list: what one takes, what a file would become, how
/// right it is. Values as values.h describes them; the core's own counts travel as they are.
#pragma once

#include "ui/backend/values.h"

#include <tepal/model/evaluate.h>
#include <tepal/model/signature.h>

namespace tepal::ui {

/// A kind of models that this program knows.
struct ModelKindInfo
{
    QString name;    ///< `onnx`
    QString title;   ///< "ONNX"
    QString files;   ///< What it is made of.
    QString missing; ///< What it lacks on this machine and how to get it; empty: it is ready.
};

using SignaturePtr = std::shared_ptr<const Signature>; ///< Never null in what follows.

/// What can be said of one model without asking it.
struct ModelDetail
{
    QString tag;
    SignaturePtr signature;
    QList<std::pair<QString, QString>> parameters; ///< {"k", "5"}
    QString dataset;                               ///< Where rows go that it is asked by its name.
    QString path;           ///< Of its route: `/v1/models/shop:k3x…/predict`.
    bool keepsRows = false; ///< Can be told by leave-one-out.
};

/// Two versions of a name side by side, for the requests that say no version.
struct RolloutInfo
{
    QString name;
    QString primary;   ///< Version.
    QString candidate; ///< Version.
    bool shadow = false;
    double share = 0; ///< Of the requests, answered by the candidate; in (0, 1) unless `shadow`.
    QString sentence; ///< How it stands; empty in what is yet to begin.
    Problem problem;  ///< Why it is not followed; the versions are not known then.

    /// The segments of the dataset `name` that hold what the two were asked.
    Segment candidateSegment() const;
    Segment primarySegment() const;
};

/// What a row is in the form of texts, one for each feature; empty: missing.
QStringList sampleTexts(const Signature &signature);
/// A line for a shell that asks for this row; `url` is the route's address. While a cell is no
/// value of its feature, the problem instead of it.
struct RequestText
{
    QString line;
    Problem problem;
};
RequestText requestText(const Signature &signature, const QStringList &cells, const QString &url);
/// "number", "text, one of 3", "whole number, may be missing"
QString featureText(const Feature &feature);
/// "4 features → 3 classes", "12 features → a number"
QString signatureText(std::size_t features, std::size_t classes, Task task,
                      std::size_t targets = 1);
QString signatureText(const Signature &signature);

// ---------------------------------------------------------------- import

/// A file, and what whoever imports it says about it. Empty: as the file says, else guessed.
struct ImportRequest
{
    QString path;
    QString model;
    QStringList features;
    QStringList classes;
    QStringList row; ///< What the model is to be asked before it is stored; empty: its sample.

    bool operator==(const ImportRequest &) const = default;
};

/// What would be imported. Nothing has been stored.
struct ImportPreview
{
    ImportRequest request;
    SignaturePtr signature;
    QString name;       ///< In the store.
    QString from;       ///< "XGBoost (trees)"
    QStringList notes;  ///< What was guessed or may surprise.
    bool fixed = false; ///< An exported model: it keeps its names and its tag.
    qint64 rows = 0;    ///< Trained on, 0: not known.
    QStringList row;    ///< What it was asked.
    /// What it answered; without one, why not.
    std::optional<Prediction> answer;
    Problem trouble;
};

// ---------------------------------------------------------------- how right

/// A table with the true answers. Without a file: the model's own rows, by leave-one-out.
struct LabelledTable
{
    QString file;
    QString label;

    bool isEmpty() const { return file.isEmpty(); }
    bool operator==(const LabelledTable &) const = default;
};

/// The columns of a table, for the choice of its label.
struct TableColumns
{
    QString file;
    QStringList columns;
};
/// The one that is likely to be the label: not a feature, best one that is called so. Empty: none.
QString likelyLabel(const QStringList &columns, const Signature &signature);

struct ModelQuality
{
    QString tag;
    LabelledTable table;
    Evaluation evaluation;
};

/// Two models side by side; each half by itself, for one may be told where the other is not.
struct ModelSides
{
    QString tagA;
    QString tagB;
    SignaturePtr signatureA;
    SignaturePtr signatureB;
    QList<std::pair<QString, QString>> parametersA;
    QList<std::pair<QString, QString>> parametersB;
    LabelledTable table;
    std::optional<Evaluation> a;
    std::optional<Evaluation> b;
    Problem problemA; ///< Why there is no `a`.
    Problem problemB;
    /// Row by row; nothing without a table that both were asked about.
    std::optional<Agreement> agreement;
};

} // namespace tepal::ui
