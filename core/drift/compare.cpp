#include "noise.h"
#include "pair.h"
#include "peers.h"
#include "verdict.h"

#include <tepal/drift/compare.h>
#include <tepal/drift/measures.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace tepal::drift {
namespace {

constexpr double kFewestValues = 5;
constexpr double kFewValues = 30;
constexpr std::size_t kMostNamed = 10;

constexpr std::string_view kVerdictNames[]{"no data",      "no drift",      "negligible",
                                           "low evidence", "undecided",     "possible drift",
                                           "drift",        "schema change", "type change"};

/// A reference's column, read once.
struct Prepared
{
    bool numeric = true;
    Side side;
};

Prepared prepare(const std::string &name, const ColumnProfile &column, const Options &options)
{
    Prepared prepared;
    const auto forced = options.categorical.find(name);
    prepared.numeric =
        !(forced != options.categorical.end() ? forced->second : isCategorical(column));
    // Text has no numbers to be read as, whatever somebody asks for.
    if (!isNumericKind(column.dominantKind()))
        prepared.numeric = false;
    prepared.side = makeSide(column, readingOf(column, prepared.numeric));
    return prepared;
}

void addMeasures(ColumnDrift &drift, const Pair &pair, const Options &options, bool all)
{
    const Fits here = drift.numeric ? Fits::Numbers : Fits::Categories;
    for (const MeasureRow &row : measureTable()) {
        if (row.fits != Fits::Both && row.fits != here)
            continue;
        if (!all && row.decides != here)
            continue;
        Measure measure;
        measure.key = row.key;
        measure.possible = row.possible;
        measure.threshold = row.threshold;
        if (row.binned)
            measure.binning = pair.binning.text;
        if (row.compute(pair, options, measure))
            drift.measures.push_back(std::move(measure));
    }
}

/// KS sees a change of shape, Welch's test of the means a few far values; together min(1, 2·min).
double numericEvidence(const ColumnDrift &drift)
{
    const double ks = drift.find("ks")->p.value_or(1);
    const Measure *mean = drift.find("mean_shift");
    if (mean && mean->p && std::isfinite(*mean->p))
        return std::min(1.0, 2 * std::min(ks, *mean->p));
    return ks;
}

void addCells(ColumnDrift &drift, const Pair &pair)
{
    const Binning &binning = pair.binning;
    const auto terms = psiTerms(binning.reference, binning.target);
    for (std::size_t i = 0; i < binning.size(); ++i) {
        Cell cell;
        cell.reference = binning.reference[i];
        cell.target = binning.target[i];
        if (pair.numeric()) {
            cell.low = i == 0 ? -HUGE_VAL : binning.edges[i - 1];
            cell.high = i == binning.edges.size() ? HUGE_VAL : binning.edges[i];
            cell.contribution = terms[i];
        } else {
            cell.label = binning.labels[i];
            cell.contribution = std::abs(cell.reference / pair.n() - cell.target / pair.m()) / 2;
        }
        drift.cells.push_back(std::move(cell));
    }
}

/// Categories of `has` that `lacks` cannot have counted.
std::vector<CategoryShare> missingFrom(const Side &lacks, const Side &has)
{
    std::vector<CategoryShare> found;
    if (has.reading != Reading::CountedTexts || lacks.reading != Reading::CountedTexts ||
        lacks.column->frequentStrings->maximumError() > 0)
        return found;
    for (const auto &item : has.column->frequentStrings->listNoFalsePositives()) {
        if (lacks.column->frequentStrings->lookup(item.value).upper == 0)
            found.push_back({item.value, static_cast<double>(item.lower) / has.n});
        if (found.size() == kMostNamed)
            break;
    }
    return found;
}

struct Compared
{
    ColumnDrift drift;
    Sizes sizes;
};

void settle(ColumnDrift &drift, Verdict verdict, std::string reason)
{
    drift.verdict = drift.valuesVerdict = verdict;
    drift.reason = std::move(reason);
}

void measureValues(Compared &compared, const Prepared &reference, const ColumnProfile &target,
                   const Options &options, bool all)
{
    ColumnDrift &drift = compared.drift;
    drift.numeric = reference.numeric;
    const Reading wanted = reference.side.reading;
    const Reading reading = common(wanted, readingOf(target, drift.numeric));
    if (reading == Reading::Nothing)
        return settle(drift, Verdict::NoData,
                      "values of this type have no distribution to compare");
    const Side again = reading == wanted ? Side() : makeSide(*reference.side.column, reading);
    const Side &r = reading == wanted ? reference.side : again;
    const Side t = makeSide(target, reading);
    const Pair pair = makePair(r, t, all);
    drift.n = static_cast<std::int64_t>(r.n);
    drift.m = static_cast<std::int64_t>(t.n);
    compared.sizes = {r.n, t.n};
    const double fewest = std::min(r.n, t.n);
    if (fewest < 1)
        return settle(drift, Verdict::NoData, "a side has no finite value");
    if (fewest < kFewestValues)
        return settle(drift, Verdict::LowEvidence,
                      fmt::format("{:g} {} too few to compare; {:g} are needed", fewest,
                                  fewest == 1 ? "value is" : "values are", kFewestValues));
    if (isIdentifier(r) && isIdentifier(t))
        return settle(drift, Verdict::NoData,
                      "nearly every value is different: names of things have no distribution");
    drift.lowEvidence = fewest < kFewValues;
    addMeasures(drift, pair, options, all);
    if (drift.numeric) {
        drift.effectKey = drift.find("w1_norm") ? "w1_norm" : "ks";
        drift.evidenceKey = "ks";
        drift.p = numericEvidence(drift);
        drift.ksX = pair.gap.ksX;
        drift.visible = visibleKs(pair);
        constexpr double kShiftPerKs = 2.5; // of a normal distribution
        drift.visibleShift = kShiftPerKs * drift.visible;
    } else {
        drift.effectKey = "tvd";
        drift.evidenceKey = "chi2";
        drift.p = drift.find("chi2")->p.value_or(1);
        drift.visible = visibleTotalVariation(pair, static_cast<int>(pair.binning.size()) - 1);
        drift.newCategories = missingFrom(r, t);
        drift.vanishedCategories = missingFrom(t, r);
    }
    drift.adjustedP = drift.p;
    if (all)
        addCells(drift, pair);
}

/// Everything but the verdict, which needs the adjusted p.
Compared measureColumn(const std::string &name, const Prepared *reference,
                       const ColumnProfile *target, const Options &options, bool all)
{
    Compared compared;
    ColumnDrift &drift = compared.drift;
    drift.name = name;
    if (!reference || !target) {
        const ColumnProfile *only = reference ? reference->side.column : target;
        (reference ? drift.n : drift.m) = only ? only->present() : 0;
        settle(drift, Verdict::SchemaChange,
               reference ? "the target does not have this column"
                         : "the reference does not have this column");
        return compared;
    }
    const ColumnProfile &r = *reference->side.column;
    drift.n = r.present();
    drift.m = target->present();
    drift.missing = missingDrift(r, *target);
    const ValueKind before = r.dominantKind();
    const ValueKind now = target->dominantKind();
    if (drift.n == 0 || drift.m == 0) {
        settle(drift, Verdict::NoData,
               drift.n == 0 ? "the reference has no value here" : "the target has no value here");
    } else if (before != now && !(isNumericKind(before) && isNumericKind(now))) {
        settle(drift, Verdict::TypeChange, "the values are of another type than in the reference");
    } else {
        drift.foreign = foreignDrift(r, *target);
        measureValues(compared, *reference, *target, options, all);
    }
    return compared;
}

void adjustAll(std::vector<Compared> &columns, Adjust how)
{
    std::vector<double *> tested;
    for (Compared &column : columns) {
        tested.push_back(&column.drift.adjustedP);
        tested.push_back(&column.drift.missing.adjustedP);
        tested.push_back(&column.drift.foreign.adjustedP);
    }
    adjust(tested, how);
}

} // namespace

std::string_view verdictName(Verdict verdict)
{
    return kVerdictNames[static_cast<std::size_t>(verdict)];
}

std::optional<Verdict> parseVerdict(std::string_view name)
{
    const auto *const it = std::find(std::begin(kVerdictNames), std::end(kVerdictNames), name);
    if (it == std::end(kVerdictNames))
        return std::nullopt;
    return static_cast<Verdict>(it - std::begin(kVerdictNames));
}

Result<Adjust> parseAdjust(std::string_view text)
{
    if (text == "bh")
        return Adjust::BenjaminiHochberg;
    if (text == "holm")
        return Adjust::Holm;
    if (text == "none")
        return Adjust::None;
    return fail(ErrorCode::InvalidArgument,
                fmt::format("there is no way \"{}\" to adjust p-values", text),
                "use bh, holm or none");
}

const Measure *ColumnDrift::find(std::string_view key) const
{
    const auto it = std::find_if(measures.begin(), measures.end(),
                                 [&](const Measure &measure) { return measure.key == key; });
    return it == measures.end() ? nullptr : &*it;
}

const Measure *ColumnDrift::shown() const
{
    if (const Measure *effect = find(effectKey))
        return effect;
    return measures.empty() ? nullptr : &measures.front();
}

struct Comparer::State
{
    std::shared_ptr<const DatasetProfile> reference;
    Options options;
    std::map<std::string, Prepared, std::less<>> columns;
};

Comparer::Comparer(std::shared_ptr<const DatasetProfile> reference, Options options)
    : m_state(std::make_unique<State>())
{
    m_state->reference = std::move(reference);
    m_state->options = std::move(options);
    if (m_state->options.preset != Preset::Tepal)
        return;
    for (const auto &[name, column] : m_state->reference->columns)
        m_state->columns.emplace(name, prepare(name, column, m_state->options));
}

Comparer::~Comparer() = default;

const DatasetProfile &Comparer::reference() const
{
    return *m_state->reference;
}

const Options &Comparer::options() const
{
    return m_state->options;
}

DatasetDrift Comparer::compare(const DatasetProfile &target) const
{
    return run(target, true);
}

DatasetDrift Comparer::score(const DatasetProfile &target) const
{
    return run(target, false);
}

DatasetDrift Comparer::run(const DatasetProfile &target, bool all) const
{
    const DatasetProfile &reference = *m_state->reference;
    const Options &options = m_state->options;
    DatasetDrift result;
    result.preset = options.preset;
    std::set<std::string_view> names;
    for (const auto &[name, column] : reference.columns)
        names.insert(name);
    for (const auto &[name, column] : target.columns)
        names.insert(name);
    const auto columnOf = [](const auto &columns, std::string_view name) {
        const auto it = columns.find(name);
        return it == columns.end() ? nullptr : &it->second;
    };
    if (options.preset != Preset::Tepal) {
        for (const std::string_view name : names)
            result.columns.push_back(comparePeer(std::string(name),
                                                 columnOf(reference.columns, name),
                                                 columnOf(target.columns, name), options.preset));
        return result;
    }
    std::vector<Compared> columns;
    columns.reserve(names.size());
    for (const std::string_view name : names)
        columns.push_back(measureColumn(std::string(name), columnOf(m_state->columns, name),
                                        columnOf(target.columns, name), options, all));
    adjustAll(columns, options.adjust);
    for (Compared &column : columns) {
        decide(column.drift, options.alpha, column.sizes);
        result.columns.push_back(std::move(column.drift));
    }
    return result;
}

DatasetDrift compare(const DatasetProfile &reference, const DatasetProfile &target,
                     const Options &options)
{
    // Not owned: the comparer is gone before this returns.
    const std::shared_ptr<const DatasetProfile> borrowed(std::shared_ptr<void>(), &reference);
    return Comparer(borrowed, options).compare(target);
}

ColumnDrift compareColumn(const std::string &name, const ColumnProfile *reference,
                          const ColumnProfile *target, const Options &options)
{
    if (options.preset != Preset::Tepal)
        return comparePeer(name, reference, target, options.preset);
    std::optional<Prepared> prepared;
    if (reference)
        prepared = prepare(name, *reference, options);
    Compared compared = measureColumn(name, prepared ? &*prepared : nullptr, target, options, true);
    decide(compared.drift, options.alpha, compared.sizes);
    return std::move(compared.drift);
}

} // namespace tepal::drift
