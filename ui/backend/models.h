/// The models: list, train, serve, delete, import and export, what they take, what they answer and
/// how right that is. Threads and kinds of calls: backend_part.h. The model store is written by one
/// thread, in order.
#pragma once

#include "ui/backend/backend_part.h"
#include "ui/backend/model_values.h"

namespace tepal::ui {

class Models : public BackendPart
{
    Q_OBJECT

public:
    using BackendPart::BackendPart;

    virtual QList<ModelInfo> list() const = 0;      ///< Newest first.
    virtual QList<ModelKindInfo> kinds() const = 0; ///< Empty until they were looked for.
    virtual void trainIris(int k) = 0;
    /// Switches the endpoint to this model, starting it if need be.
    virtual void serveModel(const QString &tag) = 0;
    /// Hides the model now; its files go when the undo period of about ten seconds is over.
    virtual void deleteModel(const QString &tag) = 0;
    virtual void undoDeleteModel(const QString &tag) = 0;
    virtual void exportModel(const QString &tag, const QString &file) = 0;
    /// Those under way, at most one a name.
    virtual QList<RolloutInfo> rollouts() const = 0;
    /// In place of one of the same name that is under way. The endpoint follows within seconds.
    virtual void startRollout(const RolloutInfo &rollout) = 0;
    virtual void endRollout(const QString &name) = 0;
    /// Looks into the store again: another program may have written it.
    virtual void reload() = 0;

    // Questions.
    virtual void requestDetail(Generation generation, const QString &tag) = 0;
    /// Sends one row over HTTP to the route that the model has by its name: it is recorded there.
    /// Cells as in sampleTexts().
    virtual void askModel(Generation generation, const QString &tag, const QStringList &cells) = 0;
    /// Reads a file as a model and asks it, without storing it.
    virtual void previewImport(Generation generation, const ImportRequest &request) = 0;
    /// Stores it; the answer is its tag. The same as `tepal models import`.
    virtual void importModel(Generation generation, const ImportRequest &request) = 0;
    virtual void requestColumns(Generation generation, const QString &file) = 0;
    /// A job that can be cancelled: then the answer is a problem with the code Cancelled. A newer
    /// question stops the older one.
    virtual void evaluate(Generation generation, const QString &tag,
                          const LabelledTable &table) = 0;
    virtual void compareModels(Generation generation, const QString &tagA, const QString &tagB,
                               const LabelledTable &table) = 0;

Q_SIGNALS:
    void modelsChanged(); ///< The list or a rollout.
    void kindsChanged();
    void detailReady(const tepal::ui::Answer<tepal::ui::ModelDetail> &answer);
    void modelAnswered(const tepal::ui::Answer<tepal::ui::Prediction> &answer);
    void importPreviewed(const tepal::ui::Answer<tepal::ui::ImportPreview> &answer);
    void imported(const tepal::ui::Answer<QString> &answer);
    void columnsReady(const tepal::ui::Answer<tepal::ui::TableColumns> &answer);
    void evaluated(const tepal::ui::Answer<tepal::ui::ModelQuality> &answer);
    void compared(const tepal::ui::Answer<tepal::ui::ModelSides> &answer);
};

} // namespace tepal::ui
