/// The trained models: list, train, serve, delete, import and export. Threads and kinds of calls:
/// backend_part.h. The model store is read and written by one thread, in order.
#pragma once

#include "ui/backend/backend_part.h"

namespace tepal::ui {

class Models : public BackendPart
{
    Q_OBJECT

public:
    using BackendPart::BackendPart;

    virtual QList<ModelInfo> list() const = 0; ///< Newest first.
    virtual void trainIris(int k) = 0;
    /// Switches the endpoint to this model, starting it if need be.
    virtual void serveModel(const QString &tag) = 0;
    /// Hides the model now; its files go when the undo period of about ten seconds is over.
    virtual void deleteModel(const QString &tag) = 0;
    virtual void undoDeleteModel(const QString &tag) = 0;
    virtual void exportModel(const QString &tag, const QString &file) = 0;
    virtual void importModel(const QString &file) = 0;

Q_SIGNALS:
    void modelsChanged();
};

} // namespace tepal::ui
