/// What the navigation switches.
#pragma once

#include "ui/pages/context.h"

#include <QWidget>

namespace tepal::ui {

class Page : public QWidget
{
    Q_OBJECT

public:
    explicit Page(Context *context, QWidget *parent = nullptr)
        : QWidget(parent)
        , m_context(context)
    {}

    /// Ask again for what is shown (F5).
    virtual void refresh() {}
    /// Put the cursor into the page's filter (Ctrl+F).
    virtual void focusFilter() {}
    /// Save what the page shows (Ctrl+E).
    virtual void exportShown() {}
    /// Space on a live page.
    virtual void togglePause() {}

Q_SIGNALS:
    void actionWanted(const QString &actionId);
    void noticeWanted(const tepal::ui::Notice &notice);

protected:
    Context *context() const { return m_context; }
    Backend *backend() const { return m_context->backend(); }

private:
    Context *m_context;
};

} // namespace tepal::ui
