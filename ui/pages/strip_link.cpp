#include "ui/pages/strip_link.h"

#include "ui/charts/timeline_strip.h"
#include "ui/pages/context.h"

namespace tepal::ui {

void linkStrip(TimelineStrip *strip, Context *context)
{
    const auto show = [strip, context] {
        strip->setRange(context->range());
        // A segment of the time on side A has no place of its own.
        const Against &b = context->against();
        strip->setRangeB(b.range || b.trailing ? context->rangeB() : std::nullopt);
    };
    for (auto changed :
         {&Context::datasetChanged, &Context::rangeChanged, &Context::comparisonChanged})
        QObject::connect(context, changed, strip, show);
    QObject::connect(strip, &TimelineStrip::rangeChosen, context, &Context::setCustomRange);
    QObject::connect(strip, &TimelineStrip::rangeDragged, context, &Context::dragRange);
    QObject::connect(strip, &TimelineStrip::rangeBDragged, context, &Context::dragRangeB);
    QObject::connect(strip, &TimelineStrip::rangeBCleared, context, &Context::clearB);
    QObject::connect(strip, &TimelineStrip::dragCancelled, context, &Context::cancelDrag);
    QObject::connect(strip, &TimelineStrip::rangeBChosen, context, &Context::setRangeB);
    show();
}

} // namespace tepal::ui
