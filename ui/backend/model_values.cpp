#include "ui/backend/model_values.h"

#include <tepal/model/rollout.h>

#include <QCoreApplication>
#include <QStringBuilder>

#include <algorithm>

namespace tepal::ui {

namespace {

QString tr(const char *text, int n = -1)
{
    return QCoreApplication::translate("tepal::ui::ModelValues", text, nullptr, n);
}

} // namespace

Segment RolloutInfo::candidateSegment() const
{
    return {{kVersionTag, candidate.toStdString()}};
}

Segment RolloutInfo::primarySegment() const
{
    return {{kVersionTag, primary.toStdString()}};
}

QStringList sampleTexts(const Signature &signature)
{
    QStringList cells;
    for (const std::string &cell : sampleCells(signature))
        cells << QString::fromStdString(cell);
    return cells;
}

RequestText requestText(const Signature &signature, const QStringList &cells, const QString &url)
{
    std::vector<std::string> texts;
    for (const QString &cell : cells)
        texts.push_back(cell.toStdString());
    const auto row = parseRow(signature, texts);
    if (!row)
        return {{}, Problem::fromError(row.error())};
    // What the model would refuse is said before it is asked; only free texts wait for it.
    for (std::size_t i = 0; i < row->size(); ++i) {
        const Feature &feature = signature.features[i];
        if ((*row)[i].isNull() && !feature.missing)
            return {{},
                    {ErrorCode::InvalidArgument,
                     tr("%1 must not be missing").arg(QString::fromStdString(feature.name)),
                     {}}};
    }
    return {QString::fromStdString(requestLine(rowJson(*row), url.toStdString())), {}};
}

QString featureText(const Feature &feature)
{
    QString text = feature.type == FeatureType::Text      ? tr("text")
                   : feature.type == FeatureType::Integer ? tr("whole number")
                                                          : tr("number");
    if (!feature.categories.empty())
        text += tr(", one of %1").arg(feature.categories.size());
    if (feature.missing)
        text += tr(", may be missing");
    return text;
}

QString signatureText(std::size_t features, std::size_t classes, Task task, std::size_t targets)
{
    const QString takes = features == 1 ? tr("1 feature") : tr("%1 features").arg(features);
    const QString gives = task != Task::Regression ? tr("%1 classes").arg(classes)
                          : targets > 1            ? tr("%1 numbers").arg(targets)
                                                   : tr("a number");
    return takes % QStringLiteral(" → ") % gives;
}

QString signatureText(const Signature &signature)
{
    return signatureText(signature.features.size(), signature.classes.size(), signature.task,
                         signature.targets());
}

QString likelyLabel(const QStringList &columns, const Signature &signature)
{
    QStringList others;
    for (const QString &column : columns) {
        const std::string name = column.toStdString();
        const auto is = [&](const Feature &feature) { return feature.name == name; };
        if (std::none_of(signature.features.begin(), signature.features.end(), is))
            others << column;
    }
    for (const char *usual : {"label", "target", "class", "species", "y", "truth", "outcome"}) {
        for (const QString &column : std::as_const(others)) {
            if (column.compare(QLatin1String(usual), Qt::CaseInsensitive) == 0)
                return column;
        }
    }
    return others.isEmpty() ? QString() : others.last();
}

} // namespace tepal::ui
