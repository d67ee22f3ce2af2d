/// Messages that stay until they are dealt with, and short ones that go by themselves.
#pragma once

#include "ui/backend/values.h"

#include <QFrame>
#include <QTimer>

class QLabel;
class QPushButton;
class QToolButton;
class QVBoxLayout;

namespace tepal::ui {

/// One bar: icon, sentence, next step, action, close. The same key again counts up in place.
class Banner final : public QFrame
{
    Q_OBJECT

public:
    explicit Banner(const Notice &notice, QWidget *parent = nullptr);
    void setNotice(const Notice &notice);
    const Notice &notice() const { return m_notice; }
    int count() const { return m_count; }

Q_SIGNALS:
    void actionWanted(const QString &actionId);
    void closeWanted();

protected:
    void paintEvent(QPaintEvent *event) override;
    void enterEvent(QEnterEvent *event) override;
    void leaveEvent(QEvent *event) override;

private:
    Notice m_notice;
    int m_count = 1;
    QLabel *m_icon;
    QLabel *m_text;
    QPushButton *m_action;
    QToolButton *m_close;
    QTimer m_timer; ///< Only for passing ones; pauses under the pointer.
};

/// Stack of banners above the page; takes no room while empty.
class BannerArea final : public QWidget
{
    Q_OBJECT

public:
    explicit BannerArea(QWidget *parent = nullptr);
    void show(const Notice &notice);
    void clear(const QString &key);
    qsizetype count() const { return m_banners.size(); }
    Banner *banner(const QString &key) const;

Q_SIGNALS:
    void actionWanted(const QString &actionId);

private:
    void remove(Banner *banner);

    QVBoxLayout *m_column;
    QList<Banner *> m_banners;
};

} // namespace tepal::ui
