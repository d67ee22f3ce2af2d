#include "ui/theme/icons.h"

#include <QFile>
#include <QIconEngine>
#include <QPainter>
#include <QPixmapCache>
#include <QSvgRenderer>

namespace tepal::ui {

namespace {

QByteArray svg(const QString &name)
{
    QFile file(QStringLiteral(":/tepal/icons/") + name + QStringLiteral(".svg"));
    const bool found = file.open(QIODevice::ReadOnly);
    Q_ASSERT_X(found, "icon", qPrintable(name));
    return found ? file.readAll() : QByteArray();
}

QPixmap render(const QString &name, QSize pixels, const QColor &color)
{
    const QString key = QStringLiteral("tepal-icon/%1/%2x%3/%4")
                            .arg(name)
                            .arg(pixels.width())
                            .arg(pixels.height())
                            .arg(color.rgba(), 8, 16);
    QPixmap pixmap;
    if (QPixmapCache::find(key, &pixmap))
        return pixmap;
    QByteArray source = svg(name);
    source.replace("currentColor", color.name().toLatin1());
    QSvgRenderer renderer(source);
    pixmap = QPixmap(pixels);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    renderer.render(&painter);
    painter.end();
    QPixmapCache::insert(key, pixmap);
    return pixmap;
}

class ThemeIconEngine final : public QIconEngine
{
public:
    ThemeIconEngine(QString name, Role normal, Role active)
        : m_name(std::move(name))
        , m_normal(normal)
        , m_active(active)
    {}

    void paint(QPainter *painter, const QRect &rect, QIcon::Mode mode, QIcon::State state) override
    {
        const qreal ratio = painter->device()->devicePixelRatio();
        painter->drawPixmap(rect, scaledPixmap(rect.size() * ratio, mode, state, 1));
    }
    QPixmap pixmap(const QSize &size, QIcon::Mode mode, QIcon::State state) override
    {
        return scaledPixmap(size, mode, state, 1);
    }
    QPixmap scaledPixmap(const QSize &size, QIcon::Mode mode, QIcon::State state, qreal) override
    {
        Role role = m_normal;
        if (mode == QIcon::Disabled)
            role = Role::Faint;
        else if (state == QIcon::On)
            role = m_active;
        return render(m_name, size, themeColor(role));
    }
    QIconEngine *clone() const override { return new ThemeIconEngine(*this); }
    QString key() const override { return QStringLiteral("tepal"); }

private:
    QString m_name;
    Role m_normal;
    Role m_active;
};

} // namespace

QIcon icon(const QString &name, Role normal, Role active)
{
    return QIcon(new ThemeIconEngine(name, normal, active));
}

QPixmap iconPixmap(const QString &name, int size, Role role, qreal ratio)
{
    const int pixels = qRound(size * ratio);
    QPixmap pixmap = render(name, QSize(pixels, pixels), themeColor(role));
    pixmap.setDevicePixelRatio(ratio);
    return pixmap;
}

} // namespace tepal::ui
