#include <tepal/monitor/judge.h>
#include <tepal/service/ordinary.h>
#include <tepal/store/store.h>

#include <fmt/format.h>

#include <algorithm>

namespace tepal {
namespace {

OrdinaryValue unknown(std::string why)
{
    OrdinaryValue value;
    value.text = std::move(why);
    return value;
}

/// The text that came most often, of those that the model takes.
OrdinaryValue mostFrequent(const Feature &feature, const ColumnProfile &column)
{
    if (!column.frequentStrings || column.frequentStrings->empty())
        return unknown("the reference keeps no frequent values of it");
    for (const FrequentString &one : column.frequentStrings->listNoFalseNegatives()) {
        const auto &known = feature.categories;
        if (!known.empty() && std::find(known.begin(), known.end(), one.value) == known.end())
            continue;
        OrdinaryValue value;
        value.kind = OrdinaryValue::Kind::Text;
        value.text = one.value;
        return value;
    }
    return unknown("the model knows none of the reference's frequent values");
}

OrdinaryValue ordinaryOf(const Feature &feature, const ColumnProfile &column)
{
    if (feature.type == FeatureType::Text || !feature.categories.empty())
        return mostFrequent(feature, column);
    if (!column.distribution || column.distribution->kll.empty())
        return unknown("the reference has no numbers of it");
    return ordinaryNumber(feature, column.distribution->kll.view().quantile(0.5));
}

} // namespace

OrdinaryRow ordinaryRow(const DatasetProfile &profile, const Signature &signature,
                        const std::string &from)
{
    OrdinaryRow row;
    row.from = from;
    for (const Feature &feature : signature.features) {
        const auto column = profile.columns.find(feature.name);
        row.values.push_back(column == profile.columns.end()
                                 ? unknown("the reference has no such column")
                                 : ordinaryOf(feature, column->second));
    }
    return row;
}

Result<OrdinaryRow> referenceRow(const Home &home, const std::string &dataset,
                                 const Signature &signature)
{
    const std::string next =
        fmt::format("set one: tepal reference set NAME --dataset {} --file FILE.bin", dataset);
    auto store = Store::open(home.database(), Store::Access::ReadOnly);
    if (!store)
        return tl::unexpected(store.error());
    monitor::Question question;
    question.dataset = dataset;
    const auto current = monitor::loadAgainst(**store, question);
    if (!current)
        return current.error().code == ErrorCode::NotFound
                   ? fail(ErrorCode::NotFound,
                          fmt::format("dataset \"{}\" has no reference", dataset), next)
                   : tl::unexpected(current.error());
    OrdinaryRow row =
        ordinaryRow(*current->profile, signature,
                    fmt::format("reference \"{}\" of dataset \"{}\"", current->name, dataset));
    if (std::all_of(row.values.begin(), row.values.end(), [](const OrdinaryValue &value) {
            return value.kind == OrdinaryValue::Kind::Unknown;
        }))
        return fail(ErrorCode::NotFound,
                    fmt::format("reference \"{}\" of dataset \"{}\" knows none of the model's "
                                "features",
                                current->name, dataset),
                    next);
    return row;
}

} // namespace tepal
