#include "ui/pages/kinds_strip.h"

#include "ui/theme/metrics.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/verdict.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QVBoxLayout>

namespace tepal::ui {

namespace {

void clear(QLayout *layout)
{
    while (QLayoutItem *item = layout->takeAt(0)) {
        delete item->widget();
        delete item;
    }
}

} // namespace

KindsStrip::KindsStrip(QWidget *parent)
    : QWidget(parent)
    , m_row(new QHBoxLayout)
    , m_missing(new QVBoxLayout)
{
    m_row->setSpacing(kMargin);
    m_missing->setSpacing(0);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 2, kMargin, 6);
    column->setSpacing(2);
    column->addLayout(m_row);
    column->addLayout(m_missing);
}

void KindsStrip::setKinds(const QList<ModelKindInfo> &kinds)
{
    clear(m_row);
    clear(m_missing);
    setVisible(!kinds.isEmpty());
    auto *title = new QLabel(tr("Can be loaded:"), this);
    title->setProperty("class", QStringLiteral("caption"));
    m_row->addWidget(title);
    for (const ModelKindInfo &kind : kinds) {
        auto *label = new StateLabel(this);
        const bool ready = kind.missing.isEmpty();
        label->setState(ready ? Symbol::Disc : Symbol::Triangle, ready ? Role::Ok : Role::Warn,
                        ready ? kind.title : tr("%1: not here").arg(kind.title));
        label->setToolTip(kind.files.toHtmlEscaped());
        label->setAccessibleName(label->text());
        label->setAccessibleDescription(ready ? kind.files : kind.missing);
        m_row->addWidget(label);
        if (ready)
            continue;
        auto *why = new ElidedLabel(kind.title % QStringLiteral(": ") % kind.missing, this);
        why->setFontType(Type::Caption);
        why->setRole(Role::Muted);
        why->setElideMode(Qt::ElideRight);
        m_missing->addWidget(why);
    }
    m_row->addStretch();
}

} // namespace tepal::ui
