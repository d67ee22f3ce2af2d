/// Which kinds of models can be loaded, and what is missing for the others.
#pragma once

#include "ui/backend/model_values.h"

#include <QWidget>

class QHBoxLayout;
class QVBoxLayout;

namespace tepal::ui {

class KindsStrip final : public QWidget
{
    Q_OBJECT

public:
    explicit KindsStrip(QWidget *parent = nullptr);
    void setKinds(const QList<ModelKindInfo> &kinds);

private:
    QHBoxLayout *m_row;
    QVBoxLayout *m_missing;
};

} // namespace tepal::ui
