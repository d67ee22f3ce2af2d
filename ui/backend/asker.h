/// Keeps the generation number of the latest question and drops every other answer.
#pragma once

#include "ui/backend/backend.h"

namespace tepal::ui {

class Asker
{
public:
    explicit Asker(Backend *backend)
        : m_backend(backend)
    {}
    /// Number for a new question; older ones become late.
    Generation next() { return m_current = m_backend->nextGeneration(); }
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
    Backend *m_backend;
    Generation m_current = 0;
};

} // namespace tepal::ui
