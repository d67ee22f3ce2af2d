/// What references tell when they change, and the way back. The names in them may be anything.
#pragma once

#include "ui/backend/values.h"

namespace tepal::ui {

class Comparison;

/// "Every verdict is now against …", undone by unmakeReference().
Notice referenceMadeNotice(const QString &dataset, const QString &name, const QString &former,
                           qint64 rows);
/// `current`: the reference that took its place; empty when its place was not taken.
Notice referenceDeletedNotice(const QString &dataset, const QString &name, bool wasCurrent,
                              const QString &current);
/// Runs the undo of one of these notices; false for any other action.
bool undoReference(Comparison &comparison, const QString &actionId);

} // namespace tepal::ui
