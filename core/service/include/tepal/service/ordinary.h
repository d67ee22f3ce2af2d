/// What is ordinary in a dataset, for explanations of answers.
#pragma once

#include <tepal/base/paths.h>
#include <tepal/model/explain.h>
#include <tepal/profile/dataset.h>

namespace tepal {

/// Medians of numbers and most frequent texts of a profile, in the order of the features. A feature
/// of which the profile does not know it is Unknown, with the reason.
OrdinaryRow ordinaryRow(const DatasetProfile &profile, const Signature &signature,
                        const std::string &from);

/// The same of the dataset's current reference. NotFound where it has none, or one with none of the
/// features. Opens the home's store; thread-safe.
Result<OrdinaryRow> referenceRow(const Home &home, const std::string &dataset,
                                 const Signature &signature);

} // namespace tepal
