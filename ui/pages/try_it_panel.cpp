#include "ui/pages/try_it_panel.h"

#include "ui/pages/reference_slider.h"
#include "ui/theme/metrics.h"
#include "ui/widgets/curl_line.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/format.h"

#include <QDoubleSpinBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

#include <cmath>

namespace tepal::ui {

namespace {

constexpr int kBarRow = 24;
constexpr int kDebounceMs = 120;

} // namespace

// ---------------------------------------------------------------- bars

ProbabilityBars::ProbabilityBars(QWidget *parent)
    : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
}

void ProbabilityBars::setPrediction(const std::shared_ptr<const Prediction> &prediction)
{
    const bool resize =
        !m_prediction || !prediction || m_prediction->classes.size() != prediction->classes.size();
    m_prediction = prediction;
    if (resize)
        updateGeometry();
    update();
}

void ProbabilityBars::setStale(bool stale)
{
    m_stale = stale;
    update();
}

QSize ProbabilityBars::sizeHint() const
{
    const auto rows =
        m_prediction ? std::clamp<int>(static_cast<int>(m_prediction->classes.size()), 1, 6) : 3;
    return {200, rows * kBarRow};
}

void ProbabilityBars::paintEvent(QPaintEvent *)
{
    if (!m_prediction)
        return;
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const Prediction &p = *m_prediction;
    const QFontMetrics metrics(themeFont(Type::Body));
    int names = 60;
    for (const QString &name : p.classes)
        names = std::max(names, metrics.horizontalAdvance(name) + 12);
    names = std::min(names, width() / 3);
    const int numbers = 52;
    for (int i = 0; i < p.classes.size() && i < 6; ++i) {
        const bool winner = p.classes[i] == p.predictedClass;
        const QRectF row(0, i * kBarRow, width(), kBarRow);
        painter.setFont(themeFont(winner ? Type::Strong : Type::Body));
        painter.setPen(themeColor(m_stale ? Role::Faint : winner ? Role::Text : Role::Muted));
        painter.drawText(QRectF(0, row.top(), names, kBarRow), Qt::AlignVCenter | Qt::AlignLeft,
                         metrics.elidedText(p.classes[i], Qt::ElideMiddle, names - 8));
        const double share = p.probabilities.value(i, kMissing);
        const QRectF track(names, row.center().y() - 5, width() - names - numbers, 10);
        painter.setPen(Qt::NoPen);
        painter.setBrush(themeColor(Role::Surface2));
        painter.drawRoundedRect(track, 5, 5);
        if (share > 0) {
            painter.setBrush(m_stale ? themeColor(Role::Faint) : Theme::instance().series(i));
            painter.drawRoundedRect(
                QRectF(track.left(), track.top(), std::max(10.0, track.width() * share), 10), 5, 5);
        }
        painter.setPen(themeColor(m_stale ? Role::Faint : winner ? Role::Text : Role::Muted));
        painter.drawText(row, Qt::AlignVCenter | Qt::AlignRight,
                         std::isnan(share) ? format::missing() : format::fixed(share, 2));
    }
}

// ---------------------------------------------------------------- panel

TryItPanel::TryItPanel(Endpoint *endpoint, QWidget *parent)
    : QFrame(parent)
    , m_endpoint(endpoint)
    , m_asker(endpoint)
    , m_grid(new QGridLayout)
    , m_bars(new ProbabilityBars(this))
    , m_outcome(new QLabel(this))
    , m_curl(new ElidedLabel(QString(), this))
    , m_copy(new QToolButton(this))
    , m_send(new QPushButton(tr("Send"), this))
{
    setProperty("class", QStringLiteral("card"));
    auto *title = new QLabel(tr("Try it"), this);
    title->setProperty("class", QStringLiteral("strong"));
    auto *key = new QLabel(tr("grey: the reference's 5–95 % and middle half"), this);
    key->setProperty("class", QStringLiteral("caption"));
    key->setTextFormat(Qt::PlainText);
    auto *head = new QHBoxLayout;
    head->addWidget(title);
    head->addStretch();
    head->addWidget(key);

    m_outcome->setTextFormat(Qt::PlainText);
    m_outcome->setProperty("class", QStringLiteral("caption"));
    m_outcome->setWordWrap(true);
    setUpCurlLine(m_curl, m_copy, tr("Copy the curl command"), [this] { return curlCommand(); });
    m_send->setToolTip(tr("A real request: it is recorded like any other"));
    m_send->setProperty("class", QStringLiteral("primary"));
    m_grid->setHorizontalSpacing(kGap);
    m_grid->setVerticalSpacing(4);
    m_grid->setColumnStretch(1, 1);

    auto *foot = new QHBoxLayout;
    foot->addWidget(m_curl, 1);
    foot->addWidget(m_copy);
    foot->addWidget(m_send);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(kMargin, kGap, kMargin, kMargin);
    column->setSpacing(kGap);
    column->addLayout(head);
    column->addLayout(m_grid);
    column->addSpacing(4);
    column->addWidget(m_bars);
    column->addWidget(m_outcome);
    column->addStretch();
    column->addLayout(foot);

    m_debounce.setSingleShot(true);
    m_debounce.setInterval(kDebounceMs);
    connect(&m_debounce, &QTimer::timeout, this, &TryItPanel::send);
    connect(m_send, &QPushButton::clicked, this, [this] {
        if (m_endpoint->state().isAnswering())
            send();
        else
            Q_EMIT actionWanted(QStringLiteral("endpoint.start"));
    });
    connect(endpoint, &Endpoint::schemaChanged, this, &TryItPanel::rebuild);
    connect(endpoint, &Endpoint::endpointChanged, this, &TryItPanel::updateState);
    connect(endpoint, &Endpoint::predicted, this, &TryItPanel::answered);
    rebuild();
}

void TryItPanel::rebuild()
{
    const ModelSchema schema = m_endpoint->schema();
    const QList<double> before = values();
    const bool same = schema.features.size() == m_schema.features.size();
    m_schema = schema;
    if (!same) {
        for (const Row &row : std::as_const(m_rows)) {
            for (QWidget *w : {static_cast<QWidget *>(row.name), static_cast<QWidget *>(row.slider),
                               static_cast<QWidget *>(row.spin), static_cast<QWidget *>(row.hint)})
                w->deleteLater();
        }
        m_rows.clear();
    }
    for (qsizetype i = 0; i < schema.features.size(); ++i) {
        if (!same) {
            Row row{new ElidedLabel(QString(), this), new ReferenceSlider(this),
                    new QDoubleSpinBox(this), new QLabel(this)};
            row.hint->setProperty("class", QStringLiteral("caption"));
            row.hint->setTextFormat(Qt::PlainText);
            row.spin->setButtonSymbols(QAbstractSpinBox::NoButtons);
            row.spin->setAlignment(Qt::AlignRight);
            row.spin->setFixedWidth(64);
            row.spin->setDecimals(2);
            row.spin->setKeyboardTracking(false);
            row.name->setMinimumWidth(96);
            row.hint->setMinimumWidth(118);
            const int at = static_cast<int>(i);
            m_grid->addWidget(row.name, at, 0);
            m_grid->addWidget(row.slider, at, 1);
            m_grid->addWidget(row.spin, at, 2);
            m_grid->addWidget(row.hint, at, 3);
            m_rows.append(row);
            connect(row.slider, &ReferenceSlider::realChanged, this,
                    [this, i](double v) { valueChanged(i, v, true); });
            connect(row.spin, &QDoubleSpinBox::valueChanged, this,
                    [this, i](double v) { valueChanged(i, v, false); });
        }
        const FeatureSpec &spec = schema.features[i];
        Row &row = m_rows[i];
        row.name->setText(spec.name);
        row.slider->setAccessibleName(spec.name);
        row.spin->setAccessibleName(tr("Value of %1").arg(spec.name));
        row.slider->setSpec(spec);
        row.spin->setSingleStep(row.slider->step());
        row.spin->setRange(-1e9, 1e9);
        const double start = same ? before[i] : std::isnan(spec.q50) ? row.slider->low() : spec.q50;
        const QSignalBlocker blockSlider(row.slider);
        const QSignalBlocker blockSpin(row.spin);
        row.slider->setReal(start);
        row.spin->setValue(start);
        updateHint(i);
    }
    if (!same) {
        // Empty bars with the classes' names: what an answer will look like.
        auto blank = std::make_shared<Prediction>();
        blank->classes = schema.classes;
        m_bars->setPrediction(blank);
    }
    updateState();
}

QList<double> TryItPanel::values() const
{
    QList<double> out;
    for (const Row &row : m_rows)
        out.append(row.spin->value());
    return out;
}

QString TryItPanel::curlCommand() const
{
    const EndpointState state = m_endpoint->state();
    const QString url = state.predictUrl.isEmpty()
                            ? QStringLiteral("http://127.0.0.1:3000/classify")
                            : state.predictUrl;
    QStringList parts;
    for (const double v : values())
        parts << format::plain(v);
    return QStringLiteral("curl -s %1 -H 'Content-Type: application/json' -d '[[%2]]'")
        .arg(url, parts.join(QStringLiteral(", ")));
}

void TryItPanel::setRequest(const RequestRow &request)
{
    for (qsizetype i = 0; i < m_rows.size() && i < request.features.size(); ++i) {
        const QSignalBlocker blockSlider(m_rows[i].slider);
        const QSignalBlocker blockSpin(m_rows[i].spin);
        m_rows[i].slider->setReal(request.features[i]);
        m_rows[i].slider->update();
        m_rows[i].spin->setValue(request.features[i]);
        updateHint(i);
    }
    auto shown = std::make_shared<Prediction>();
    shown->requestId = request.id;
    shown->predictedClass = request.predictedClass;
    shown->classes = m_schema.classes;
    for (const QString &name : m_schema.classes)
        shown->probabilities.append(name == request.predictedClass ? request.probability
                                                                   : kMissing);
    m_bars->setPrediction(shown);
    m_outcome->setText(tr("Request of %1. Edit and send it again").arg(format::time(request.time)));
    m_curl->setText(curlCommand());
    m_asker.forget();
}

void TryItPanel::valueChanged(qsizetype i, double value, bool fromSlider)
{
    Row &row = m_rows[i];
    if (fromSlider) {
        const QSignalBlocker block(row.spin);
        row.spin->setValue(value);
    } else {
        const QSignalBlocker block(row.slider);
        row.slider->setReal(value);
        row.slider->update();
    }
    updateHint(i);
    m_curl->setText(curlCommand());
    if (m_endpoint->state().isAnswering() && !m_debounce.isActive())
        m_debounce.start();
}

void TryItPanel::updateHint(qsizetype i)
{
    const FeatureSpec &spec = m_schema.features[i];
    const double value = m_rows[i].spin->value();
    QString text = std::isnan(spec.mean) ? QString() : format::meanSd(spec.mean, spec.stddev);
    bool outside = false;
    if (value < spec.min) {
        text = tr("below %1 to %2").arg(format::number(spec.min), format::number(spec.max));
        outside = true;
    } else if (value > spec.max) {
        text = tr("above %1 to %2").arg(format::number(spec.min), format::number(spec.max));
        outside = true;
    }
    QLabel *hint = m_rows[i].hint;
    hint->setText(text);
    QPalette palette = hint->palette();
    palette.setColor(QPalette::WindowText, themeColor(outside ? Role::Warn : Role::Muted));
    hint->setPalette(palette);
    hint->setStyleSheet(outside ? QStringLiteral("color: %1").arg(themeColor(Role::Warn).name())
                                : QString());
    hint->setToolTip(outside ? tr("The reference has no value there; the model extrapolates")
                             : tr("Mean ± standard deviation of the reference"));
}

void TryItPanel::updateState()
{
    const bool answering = m_endpoint->state().isAnswering();
    m_bars->setStale(!answering);
    m_send->setText(answering ? tr("Send") : tr("Start endpoint"));
    m_send->setEnabled(!m_schema.features.isEmpty());
    if (m_schema.features.isEmpty())
        m_outcome->setText(tr("No model is served"));
    else if (!answering)
        m_outcome->setText(tr("The endpoint is stopped"));
    else if (m_outcome->text() == tr("The endpoint is stopped") ||
             m_outcome->text() == tr("No model is served") || m_outcome->text().isEmpty())
        m_outcome->setText(tr("Move a slider, or send"));
    m_curl->setText(curlCommand());
}

void TryItPanel::send()
{
    if (!m_endpoint->state().isAnswering() || m_rows.isEmpty())
        return;
    m_endpoint->predict(m_asker.next(), values());
}

void TryItPanel::answered(const Answer<Prediction> &answer)
{
    if (!m_asker.accepts(answer))
        return;
    if (!answer) {
        m_outcome->setText(
            answer.problem.next.isEmpty()
                ? answer.problem.text
                : QString(answer.problem.text + QStringLiteral(". ") + answer.problem.next));
        m_bars->setStale(true);
        return;
    }
    m_bars->setStale(false);
    m_bars->setPrediction(answer.value);
    QStringList parts{answer.value->predictedClass};
    if (!answer.value->explanation.isEmpty())
        parts << answer.value->explanation;
    parts << format::latency(answer.value->durationMs);
    m_outcome->setText(parts.join(QStringLiteral(" · ")));
}

} // namespace tepal::ui
