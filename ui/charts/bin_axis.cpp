#include "ui/charts/bin_axis.h"

#include "ui/widgets/format.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>
#include <limits>

namespace tepal::ui {

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

QString tr(const char *text)
{
    return QCoreApplication::translate("BinAxis", text);
}

bool isSingleValue(double a, double b)
{
    return std::isfinite(a) && b > a && b <= std::nextafter(a, kInf);
}

bool ascend(const QList<double> &edges)
{
    bool anyFinite = false;
    for (qsizetype i = 0; i < edges.size(); ++i) {
        if (std::isnan(edges[i]) || (i > 0 && edges[i] < edges[i - 1]))
            return false;
        const bool outer = i == 0 || i + 1 == edges.size();
        if (std::isinf(edges[i]) && !outer)
            return false;
        anyFinite = anyFinite || std::isfinite(edges[i]);
    }
    return anyFinite && edges.size() > 1;
}

bool equalWidths(const QList<double> &edges)
{
    const double first = edges[1] - edges[0];
    for (qsizetype i = 0; i + 1 < edges.size(); ++i) {
        const double width = edges[i + 1] - edges[i];
        if (!std::isfinite(width) || std::abs(width - first) > 1e-6 * std::abs(first))
            return false;
    }
    return true;
}

/// How far an open bin is drawn beyond the last number, and whether the data go further.
std::pair<double, bool> openLength(double wanted, double inner, double otherSide, double pad)
{
    const double shortest = inner > 0 ? inner * 0.04 : pad * 0.04;
    // With a single edge there is no inner part to compare with, only the other side.
    const double longest = inner > 0         ? inner * 0.5
                           : otherSide > 0.0 ? otherSide * 10
                                             : std::max(wanted, pad);
    if (std::isnan(wanted)) // The data's range is not known: as wide as a bin might be.
        return {inner > 0 ? inner * 0.15 : pad, false};
    return {std::clamp(wanted, std::min(shortest, longest), longest), wanted > longest};
}

/// Closed bins that have a width but hardly one to be seen.
bool isCrowded(const BinAxis &axis)
{
    int closed = 0;
    int narrow = 0;
    for (const DrawnBin &bin : axis.bins) {
        if (bin.openLeft || bin.openRight || bin.point)
            continue;
        ++closed;
        narrow += bin.right - bin.left < 0.02 * (axis.high - axis.low) ? 1 : 0;
    }
    return narrow > 1 && narrow * 3 >= closed;
}

BinAxis layLinear(const QList<double> &edges, double dataLow, double dataHigh)
{
    BinAxis axis;
    if (!ascend(edges))
        return axis;
    const qsizetype size = edges.size() - 1;
    const bool openLow = std::isinf(edges.first());
    const bool openHigh = std::isinf(edges.last());
    const double first = openLow ? edges[1] : edges.first();
    const double last = openHigh ? edges[size - 1] : edges.last();
    const double inner = last - first;
    if (!std::isfinite(first) || !std::isfinite(last) || !std::isfinite(inner))
        return axis;
    // Without any extent the number itself gives the scale.
    const double pad = first == 0 ? 1 : std::abs(first) * 0.1;
    const double largest = std::max(std::abs(first), std::abs(last));
    const bool hasExtent =
        inner > 8 * (std::nextafter(largest, kInf) - largest) && !isSingleValue(first, last);
    const double scale = hasExtent ? inner : 0;
    const double below = std::isfinite(dataLow) ? std::max(0.0, first - dataLow) : kMissing;
    const double above = std::isfinite(dataHigh) ? std::max(0.0, dataHigh - last) : kMissing;
    double low = first;
    double high = last;
    bool cutLow = false;
    bool cutHigh = false;
    if (openLow) {
        const auto [length, cut] = openLength(below, scale, openHigh ? above : 0, pad);
        low -= length;
        cutLow = cut;
    }
    if (openHigh) {
        const auto [length, cut] = openLength(above, scale, openLow ? below : 0, pad);
        high += length;
        cutHigh = cut;
    }
    if (!hasExtent && !openLow && !openHigh) {
        low -= pad / 2;
        high += pad / 2;
    }
    if (!std::isfinite(high - low))
        return axis;
    axis.low = low;
    axis.high = high;
    const double narrowest = (high - low) * 1e-6;
    for (qsizetype i = 0; i < size; ++i) {
        DrawnBin bin;
        bin.openLeft = i == 0 && openLow;
        bin.openRight = i + 1 == size && openHigh;
        bin.left = bin.openLeft ? low : edges[i];
        bin.right = bin.openRight ? high : edges[i + 1];
        bin.cut = (bin.openLeft && cutLow) || (bin.openRight && cutHigh);
        bin.point = bin.right - bin.left <= narrowest;
        axis.bins.append(bin);
    }
    // A number axis that begins or ends in the middle of a single value shows half of it.
    const double margin = (high - low) * 0.02;
    axis.low -= axis.bins.first().point ? margin : 0;
    axis.high += axis.bins.last().point ? margin : 0;
    axis.byArea = openLow || openHigh || !equalWidths(edges) || axis.bins.first().point;
    return axis;
}

} // namespace

qsizetype BinAxis::at(double x, double slop) const
{
    qsizetype nearest = -1;
    for (qsizetype i = 0; i < bins.size(); ++i) {
        const double distance = std::abs(middle(i) - x);
        if (bins[i].point && distance <= slop &&
            (nearest < 0 || distance < std::abs(middle(nearest) - x)))
            nearest = i;
    }
    if (nearest >= 0)
        return nearest;
    for (qsizetype i = 0; i < bins.size(); ++i) {
        const bool last = i + 1 == bins.size();
        if (x >= bins[i].left && (x < bins[i].right || (last && x <= bins[i].right)))
            return i;
    }
    return -1;
}

double BinAxis::middle(qsizetype bin) const
{
    const DrawnBin &b = bins[bin];
    return b.point ? b.left : b.left / 2 + b.right / 2;
}

double BinAxis::place(double value) const
{
    if (!logarithmic)
        return value;
    return value > 0 ? std::log10(value) : std::isinf(value) ? value : kMissing;
}

BinAxis layBins(const QList<double> &edges, double dataLow, double dataHigh)
{
    BinAxis axis = layLinear(edges, dataLow, dataHigh);
    if (!axis.isValid() || !axis.byArea || !isCrowded(axis))
        return axis;
    BinAxis powers;
    powers.logarithmic = true;
    QList<double> places;
    for (const double edge : edges)
        places.append(powers.place(edge)); // NaN for zero and below: then it stays as it is.
    powers = layLinear(places, powers.place(dataLow), powers.place(dataHigh));
    if (!powers.isValid() || isCrowded(powers))
        return axis;
    powers.logarithmic = true;
    powers.byArea = true;
    if (powers.bins.first().openLeft && dataLow <= 0)
        powers.bins.first().cut = true;
    return powers;
}

QString binName(const QList<double> &edges, qsizetype bin)
{
    if (bin < 0 || bin + 1 >= edges.size())
        return tr("bin %1").arg(bin + 1);
    const double a = edges[bin];
    const double b = edges[bin + 1];
    if (std::isinf(a) && std::isinf(b))
        return tr("all values");
    // A single value before or behind this bin took its edge with it.
    const bool leftOpen = bin > 0 && isSingleValue(edges[bin - 1], a);
    if (std::isinf(a))
        return tr("below %1").arg(format::number(b, 4));
    if (std::isinf(b))
        return (leftOpen ? tr("above %1") : tr("%1 and above")).arg(format::number(a, 4));
    if (isSingleValue(a, b))
        return tr("exactly %1").arg(format::number(a, 4));
    const double size = std::max(std::abs(a), std::abs(b));
    const int digits =
        b > a ? std::clamp(static_cast<int>(std::ceil(std::log10(size / (b - a)))) + 1, 4, 15) : 4;
    const bool last = bin + 2 == edges.size();
    return (leftOpen ? QLatin1Char('(') : QLatin1Char('[')) % format::number(a, digits) %
           QStringLiteral(", ") % format::number(b, digits) %
           (last ? QLatin1Char(']') : QLatin1Char(')'));
}

} // namespace tepal::ui
