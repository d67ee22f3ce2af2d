/// What all parts of the backend have in common.
///
/// - *State* is pushed. A signal `xChanged()` says that the snapshot behind `x()` was replaced; the
///   getters return that snapshot (implicitly shared or shared_ptr<const T>) and never block.
///   Signals of one state come at most about ten times a second.
/// - *Questions* are asked with a generation number from nextGeneration() and answered by exactly
///   one signal carrying the same number, later, also on failure or cancellation. Callers keep the
///   number of their latest question and drop every other answer (see Asker in asker.h). A newer
///   question of the same kind may cancel the older one in the backend.
/// - *Verbs* return at once; their outcome shows as state, as a job, or as a notice. A verb that
///   fails always says so by a notice.
///
/// Everything is called, and every signal is emitted, on the UI thread; the work is done elsewhere.
#pragma once

#include "ui/backend/values.h"

#include <QObject>

namespace tepal::ui {

class BackendPart : public QObject
{
    Q_OBJECT

public:
    explicit BackendPart(QObject *parent = nullptr)
        : QObject(parent)
    {}
    ~BackendPart() override;

    /// One count for all parts, so that no part takes the answer to another one's question for its
    /// own.
    Generation nextGeneration() { return ++s_generation; }

private:
    static inline Generation s_generation = 0;
};

} // namespace tepal::ui
