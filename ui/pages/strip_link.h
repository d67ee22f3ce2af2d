/// A time line whose brushes are the two sides, on whatever page it stands.
#pragma once

namespace tepal::ui {

class Context;
class TimelineStrip;

void linkStrip(TimelineStrip *strip, Context *context);

} // namespace tepal::ui
