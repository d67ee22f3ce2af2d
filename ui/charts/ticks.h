/// Where axes put their marks. Pure functions.
#pragma once

#include <tepal/base/time.h>

#include <QList>
#include <QString>

namespace tepal::ui {

struct Tick
{
    double at = 0;
    QString label;
    QString date; ///< Second line, only where the day changes (and at the first tick).
};

/// Round numbers (1, 2, 5 × 10ⁿ apart) within [low, high], about `wanted` of them, all with the
/// same decimals, and with powers of ten where plain figures would be long or all alike. Empty when
/// the range is not finite.
QList<Tick> niceTicks(double low, double high, int wanted);
/// The same for a logarithmic axis, whose places are powers of ten.
QList<Tick> powerTicks(double low, double high, int wanted);
/// The step niceTicks uses.
double niceStep(double span, int wanted);
/// The smallest range of whole steps that holds [low, high]; a point is widened.
std::pair<double, double> niceRange(double low, double high, int wanted);

/// Round local times (seconds, minutes, hours, days, months, years of the shown zone) within
/// [from, to), at most `most` of them.
QList<Tick> timeTicks(TimeMs from, TimeMs to, int most);

} // namespace tepal::ui
