/// Opening the gates of destinations, in words of SQL. Internal.
#pragma once

/// Followed by what is true of the names of those that are to be asked again.
#define TEPAL_OPEN_GATES                                                                           \
    "UPDATE destination SET gate = 0, gate_until = 0, gate_failures = 0, gate_reason = '',"        \
    " gate_next = '' WHERE name "
