#include "ui/pages/xray_dialog.h"

#include "ui/pages/xray_view.h"
#include "ui/theme/metrics.h"
#include "ui/widgets/format.h"

#include <QFileInfo>
#include <QVBoxLayout>

namespace tepal::ui {

XrayDialog::XrayDialog(Uploads *uploads, QWidget *parent)
    : QDialog(parent)
    , m_uploads(uploads)
    , m_asker(uploads)
    , m_view(new XrayView(this))
{
    resize(1180, 640);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(kPageMargin, kMargin, kPageMargin, kPageMargin);
    column->addWidget(m_view);
    connect(m_view, &XrayView::retryWanted, this, &XrayDialog::ask);
    connect(uploads, &Uploads::xrayReady, this, [this](const Answer<XrayReport> &answer) {
        if (!m_asker.accepts(answer))
            return;
        if (answer)
            m_view->setReport(answer.value);
        else
            m_view->setProblem(answer.problem);
    });
}

void XrayDialog::showItem(const OutboxItem &item)
{
    m_item = item.id;
    m_path.clear();
    setWindowTitle(tr("X-ray of %1, %2").arg(item.dataset, format::window(item.window)));
    ask();
}

void XrayDialog::showPlanned(const PlannedUpload &planned)
{
    m_planned = planned;
    m_item = 0;
    m_path.clear();
    setWindowTitle(tr("X-ray of %1, %2").arg(planned.dataset, format::window(planned.window)));
    ask();
}

void XrayDialog::showFile(const QString &path)
{
    m_path = path;
    setWindowTitle(tr("X-ray of %1").arg(QFileInfo(path).fileName()));
    ask();
}

void XrayDialog::ask()
{
    m_view->setLoading(true);
    if (!m_path.isEmpty())
        m_uploads->requestFileXray(m_asker.next(), m_path);
    else if (m_item != 0)
        m_uploads->requestXray(m_asker.next(), m_item);
    else
        m_uploads->requestPlannedXray(m_asker.next(), m_planned);
    show();
    raise();
}

} // namespace tepal::ui
