/// Where the bins of a numeric histogram stand on a number axis. Pure functions.
#pragma once

#include <QList>
#include <QString>

namespace tepal::ui {

struct DrawnBin
{
    double left = 0; ///< Where it is drawn; finite also for an open bin.
    double right = 0;
    bool openLeft = false; ///< The bin has no lower edge …
    bool openRight = false;
    bool cut = false;   ///< … and the data reach further than it is drawn.
    bool point = false; ///< So narrow (usually a single value) that no view shows its width.
};

/// Bins of one width need nothing of this but their edges: their heights are shares. Where widths
/// differ, a height that is a share would make wide bins look heavy, so there the *area* is the
/// share and the height is share ÷ width.
struct BinAxis
{
    QList<DrawnBin> bins;
    double low = 0;
    double high = 1;
    bool byArea = false;
    bool logarithmic = false; ///< All x here are the place() of values: their powers of ten.

    bool isValid() const { return !bins.isEmpty(); }
    /// The bin at x, −1: beside them. Left-closed, the last one closed, as they were counted; a
    /// point is met within `slop` of it, for nobody hits a value without width.
    qsizetype at(double x, double slop = 0) const;
    /// Where a value stands; NaN where it has no place.
    double place(double value) const;
    /// The x that stands for a bin; ascending with the bins.
    double middle(qsizetype bin) const;
};

/// Open bins are drawn as far as the data go (NaN: not known), but no further than half the closed
/// ones together: one outlier must not squeeze everything else. Positive edges that would crowd at
/// one end (amounts, sizes, waiting times) stand on a logarithmic axis. Not valid where the edges
/// do not ascend or hold no number at all; such bins can only stand side by side.
BinAxis layBins(const QList<double> &edges, double dataLow, double dataHigh);

/// "[0.2, 0.4)", "exactly 0.2", "below 0.2", "5.1 and above", with as many digits as tell the edges
/// apart.
QString binName(const QList<double> &edges, qsizetype bin);

} // namespace tepal::ui
