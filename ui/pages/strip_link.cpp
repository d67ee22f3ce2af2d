#include "ui/pages/strip_link.h"

#include "ui/charts/timeline_strip.h"
#include "ui/pages/context.h"

namespace tepal::ui {

void linkStrip(TimelineStrip *strip, Context *context)
{
    const auto show = [strip, context] {
        strip->setRange(context->range());
        strip->setRangeB(context->rangeB());
    };
    for (auto changed :
         {&Context::datasetChanged, &Context::rangeChanged, &Context::comparisonChanged})
        QObject::connect(context, changed, strip, show);
    QObject::connect(strip, &TimelineStrip::rangeChosen, context, &Context::setCustomRange);
    QObject::connect(strip, &TimelineStrip::rangeDragged, context, &Context::dragRange);
    QObject::connect(strip, &TimelineStrip::rangeBDragged, context, &Context::dragAgainst);
    QObject::connect(strip, &TimelineStrip::rangeBCleared, context, &Context::clearB);
    QObject::connect(strip, &TimelineStrip::dragCancelled, context, &Context::cancelDrag);
    QObject::connect(strip, &TimelineStrip::rangeBChosen, context, [context](TimeRange range) {
        Against against;
        against.range = range;
        context->setAgainst(against);
    });
    show();
}

} // namespace tepal::ui
