/// Renders our icon at the sizes that desktops look for: render_icon ICON.svg SIZE FILE.png […].
#include <QCoreApplication>
#include <QImage>
#include <QPainter>
#include <QSvgRenderer>

#include <cstdio>

int main(int argc, char **argv)
{
    const QCoreApplication app(argc, argv);
    const QStringList arguments = QCoreApplication::arguments();
    QSvgRenderer renderer(arguments.value(1));
    if (!renderer.isValid() || arguments.size() < 4 || arguments.size() % 2 != 0) {
        std::fprintf(stderr, "usage: render_icon ICON.svg SIZE FILE.png [SIZE FILE.png ...]\n");
        return 2;
    }
    for (int i = 2; i + 1 < arguments.size(); i += 2) {
        const int size = arguments.at(i).toInt();
        QImage image(size, size, QImage::Format_ARGB32);
        image.fill(Qt::transparent);
        QPainter painter(&image);
        painter.setRenderHint(QPainter::Antialiasing);
        renderer.render(&painter, QRectF(0, 0, size, size));
        painter.end();
        if (!image.save(arguments.at(i + 1))) {
            std::fprintf(stderr, "%s cannot be written\n", qPrintable(arguments.at(i + 1)));
            return 1;
        }
    }
    return 0;
}
