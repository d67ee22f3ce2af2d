/// The backend over the real core.
#pragma once

#include "ui/backend/backend.h"

namespace tepal::ui {

struct HostBackendOptions
{
    QString home;          ///< Empty: the default home directory.
    int port = 3000;       ///< Proposed port of the endpoint; 0: any free one.
    bool thread = false;   ///< Logger as a thread of this process instead of as a child.
    QString loggerProgram; ///< Path of the `tepal` program; empty: beside this program.
    QString commit;        ///< What the program was built from; empty: not known.
};

/// Opens the home directory in the background; what is wrong with it shows in
/// windows().store().problem.
std::unique_ptr<Backend> makeHostBackend(const HostBackendOptions &options);

} // namespace tepal::ui
