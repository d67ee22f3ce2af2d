#include "ui/widgets/curl_line.h"

#include "ui/theme/icons.h"
#include "ui/widgets/elided_label.h"

#include <QClipboard>
#include <QCoreApplication>
#include <QGuiApplication>
#include <QToolButton>

#include <utility>

namespace tepal::ui {

void setUpCurlLine(ElidedLabel *label, QToolButton *copy, const QString &name,
                   std::function<QString()> command)
{
    label->setFontType(Type::Mono);
    label->setRole(Role::Muted);
    label->setElideMode(Qt::ElideRight);
    copy->setIcon(icon(QStringLiteral("copy"), Role::Muted));
    copy->setProperty("class", QStringLiteral("icon"));
    copy->setToolTip(QCoreApplication::translate("CurlLine", "Copy the curl command"));
    copy->setAccessibleName(name);
    QObject::connect(copy, &QToolButton::clicked, copy, [command = std::move(command)] {
        QGuiApplication::clipboard()->setText(command());
    });
}

} // namespace tepal::ui
