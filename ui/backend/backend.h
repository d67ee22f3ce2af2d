/// The one bridge between the pages and everything below them.
///
/// It hands out its parts, one for each subject; a page takes those that it shows. What state,
/// questions and verbs are, and on which thread: backend_part.h.
#pragma once

#include "ui/backend/backend_part.h"

namespace tepal::ui {

class Comparison;
class Endpoint;
class Jobs;
class Models;
class Simulation;
class Uploads;
class Windows;

class Backend : public BackendPart
{
    Q_OBJECT

public:
    using BackendPart::BackendPart;
    ~Backend() override;

    /// Wall-clock time, UTC; the demo backend's is frozen so that screenshots can be compared.
    virtual TimeMs now() const = 0;

    // They live as long as the backend.
    virtual Endpoint &endpoint() = 0;
    virtual Windows &windows() = 0;
    virtual Comparison &comparison() = 0;
    virtual Uploads &uploads() = 0;
    virtual Models &models() = 0;
    virtual Simulation &simulation() = 0;
    virtual Jobs &jobs() = 0;

Q_SIGNALS:
    /// By any part.
    void noticed(const tepal::ui::Notice &notice);
    /// The trouble behind the notice with this key is over.
    void noticeCleared(const QString &key);
};

} // namespace tepal::ui
