// What the served model takes, and what its reference says is usual.

#include "ui/backend/host/host_endpoint.h"

#include <tepal/model/iris.h>
#include <tepal/model/store.h>
#include <tepal/store/references.h>

namespace tepal::ui {

void HostEndpoint::refreshSchema()
{
    const QString tag = m_endpoint.modelTag;
    struct Loaded
    {
        std::shared_ptr<const Model> model;
        ModelSchema schema;
    };
    auto pool = m_core.stores;
    m_core.runOn(
        m_core.control,
        [pool, root = m_core.home.models(), tag,
         dataset = m_endpoint.dataset.toStdString()]() -> Result<Loaded> {
            Loaded loaded;
            loaded.schema.modelTag = tag;
            if (tag.isEmpty())
                return loaded;
            const auto parsed = parseModelTag(tag.toStdString());
            if (!parsed)
                return tl::unexpected(parsed.error());
            auto model = ModelStore(root).load(*parsed);
            if (!model)
                return tl::unexpected(model.error());
            loaded.model = std::move(*model);
            for (const std::string &name : loaded.model->classNames())
                loaded.schema.classes.append(QString::fromStdString(name));
            // The reference says what is usual; without one the sliders have no marks.
            std::optional<DatasetProfile> reference;
            QString referenceName;
            std::ignore = pool->run([&](Store &store) -> Status {
                const auto all = References(store).list(dataset);
                if (!all)
                    return tl::unexpected(all.error());
                for (const tepal::ReferenceInfo &info : *all) {
                    if (!info.current)
                        continue;
                    auto profile = References(store).get(dataset, info.name);
                    if (!profile)
                        return tl::unexpected(profile.error());
                    reference = std::move(*profile);
                    referenceName = QString::fromStdString(info.name);
                }
                return {};
            });
            for (const std::string &name : loaded.model->featureNames()) {
                FeatureSpec spec;
                spec.name = QString::fromStdString(name);
                if (loaded.model->name() == "iris_knn")
                    spec.unit = QStringLiteral("cm");
                const auto column =
                    reference ? reference->columns.find(name)
                              : std::map<std::string, ColumnProfile, std::less<>>::iterator{};
                if (reference && column != reference->columns.end() &&
                    column->second.distribution && !column->second.distribution->kll.empty()) {
                    const KllView view = column->second.distribution->kll.view();
                    spec.referenceName = referenceName;
                    spec.min = view.min;
                    spec.q05 = view.quantile(0.05);
                    spec.q25 = view.quantile(0.25);
                    spec.q50 = view.quantile(0.5);
                    spec.q75 = view.quantile(0.75);
                    spec.q95 = view.quantile(0.95);
                    spec.max = view.max;
                    spec.mean = column->second.distribution->mean;
                    spec.stddev = column->second.distribution->stddev();
                }
                loaded.schema.features.append(spec);
            }
            return loaded;
        },
        [this](Result<Loaded> loaded) {
            if (!loaded) {
                m_core.fail(QStringLiteral("model"), loaded.error());
                return;
            }
            m_model = std::move(loaded->model);
            m_schema = std::move(loaded->schema);
            m_monitor.reset(m_schema.classes);
            Q_EMIT schemaChanged();
        });
}

} // namespace tepal::ui
