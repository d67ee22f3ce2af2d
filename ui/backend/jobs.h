/// The work that is under way, whichever part began it. Threads and kinds of calls: backend_part.h.
#pragma once

#include "ui/backend/backend_part.h"

namespace tepal::ui {

class Jobs : public BackendPart
{
    Q_OBJECT

public:
    using BackendPart::BackendPart;

    virtual QList<JobInfo> list() const = 0; ///< Active ones first, then the lately finished.
    virtual void cancelJob(quint64 id) = 0;
    virtual void dismissJob(quint64 id) = 0;

Q_SIGNALS:
    void jobsChanged();
};

} // namespace tepal::ui
