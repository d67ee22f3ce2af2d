/// Keeps the generation number of the latest question and drops every other answer. For the
/// questions to any part.
#pragma once

#include "ui/backend/backend_part.h"

namespace tepal::ui {

class Asker
{
public:
    explicit Asker(BackendPart *part)
        : m_part(part)
    {}
    /// Number for a new question; older ones become late.
    Generation next() { return m_current = m_part->nextGeneration(); }
    /// True once, for the answer to the latest question.
    template <typename T>
    bool accepts(const Answer<T> &answer)
    {
        if (m_current == 0 || answer.generation != m_current)
            return false;
        m_current = 0;
        return true;
    }
    bool isWaiting() const { return m_current != 0; }
    void forget() { m_current = 0; }

private:
    BackendPart *m_part;
    Generation m_current = 0;
};

} // namespace tepal::ui
