/// Version, licence, and the licence texts of what is compiled in. Also the user's guide.
#pragma once

#include <QDialog>

namespace tepal::ui {

class AboutDialog final : public QDialog
{
    Q_OBJECT

public:
    explicit AboutDialog(QWidget *parent = nullptr);
};

/// The guide's pages from the bundle; hasPages() is false when none is compiled in.
class GuideDialog final : public QDialog
{
    Q_OBJECT

public:
    explicit GuideDialog(QWidget *parent = nullptr);
    static bool hasPages();
};

} // namespace tepal::ui
