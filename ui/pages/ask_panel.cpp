#include "ui/pages/ask_panel.h"

#include "ui/backend/endpoint.h"
#include "ui/pages/try_it_panel.h"
#include "ui/theme/metrics.h"
#include "ui/theme/theme.h"
#include "ui/widgets/curl_line.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/format.h"

#include <QComboBox>
#include <QEvent>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <numeric>

namespace tepal::ui {

namespace {

constexpr qsizetype kMostFields = 100;
constexpr qsizetype kMostBars = 6;

/// What the field itself does not show.
QString hintOf(const Feature &feature)
{
    if (feature.missing)
        return AskPanel::tr("may be missing");
    return feature.type == FeatureType::Integer && feature.categories.empty()
               ? AskPanel::tr("whole number")
               : QString();
}

/// The most likely classes first where there are more than bars.
std::shared_ptr<const Prediction> forBars(const std::shared_ptr<const Prediction> &made)
{
    if (made->classes.size() <= kMostBars)
        return made;
    QList<qsizetype> order(made->classes.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](qsizetype a, qsizetype b) {
        return made->probabilities.value(a) > made->probabilities.value(b);
    });
    auto out = std::make_shared<Prediction>(*made);
    for (qsizetype i = 0; i < order.size(); ++i) {
        out->classes[i] = made->classes[order[i]];
        if (i < out->probabilities.size())
            out->probabilities[i] = made->probabilities.value(order[i], kMissing);
    }
    return out;
}

} // namespace

AskPanel::AskPanel(Models *models, Endpoint *endpoint, QWidget *parent)
    : QFrame(parent)
    , m_models(models)
    , m_endpoint(endpoint)
    , m_asker(models)
    , m_scroll(new QScrollArea(this))
    , m_recorded(new QLabel(this))
    , m_bars(new ProbabilityBars(this))
    , m_outcome(new QLabel(this))
    , m_curl(new ElidedLabel(QString(), this))
    , m_copy(new QToolButton(this))
    , m_reset(new QPushButton(tr("Sample"), this))
    , m_ask(new QPushButton(tr("Ask"), this))
{
    setProperty("class", QStringLiteral("card"));
    setMinimumWidth(300);
    auto *title = new QLabel(tr("Ask it"), this);
    title->setProperty("class", QStringLiteral("strong"));
    for (QLabel *label : {m_recorded, m_outcome}) {
        label->setProperty("class", QStringLiteral("caption"));
        label->setTextFormat(Qt::PlainText);
        label->setWordWrap(true);
    }
    m_scroll->setWidgetResizable(true);
    m_scroll->setFrameShape(QFrame::NoFrame);
    m_scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_scroll->setAccessibleName(tr("Values of the features"));
    m_scroll->setFocusPolicy(Qt::NoFocus);
    setUpCurlLine(m_curl, m_copy, tr("Copy the curl command of the form"),
                  [this] { return curlLine(); });
    m_reset->setToolTip(tr("Ordinary values in every field"));
    m_ask->setProperty("class", QStringLiteral("primary"));
    auto *head = new QHBoxLayout;
    head->addWidget(title);
    head->addStretch();
    head->addWidget(m_reset);
    head->addWidget(m_ask);
    auto *foot = new QHBoxLayout;
    foot->addWidget(m_curl, 1);
    foot->addWidget(m_copy);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(kMargin, kGap, kMargin, kGap);
    column->setSpacing(6);
    column->addLayout(head);
    column->addWidget(m_recorded);
    column->addWidget(m_scroll, 1); // no higher than its fields
    column->addSpacing(4);
    column->addWidget(m_bars);
    column->addWidget(m_outcome);
    column->addStretch();
    column->addLayout(foot);

    connect(m_ask, &QPushButton::clicked, this, [this] {
        if (m_endpoint->state().isAnswering())
            ask();
        else
            Q_EMIT actionWanted(QStringLiteral("endpoint.start"));
    });
    connect(m_reset, &QPushButton::clicked, this, &AskPanel::fillSamples);
    connect(models, &Models::modelAnswered, this, &AskPanel::answered);
    connect(endpoint, &Endpoint::endpointChanged, this, &AskPanel::updateState);
    build();
}

void AskPanel::setDetail(const std::shared_ptr<const ModelDetail> &detail)
{
    if (m_detail && detail && m_detail->tag == detail->tag)
        return; // The same model: what was typed stays.
    m_detail = detail;
    m_asker.forget();
    build();
}

/// The form's height is known once its fields are laid out; the answer stands right below them.
bool AskPanel::eventFilter(QObject *watched, QEvent *event)
{
    if (watched == m_scroll->widget() && event->type() == QEvent::LayoutRequest)
        m_scroll->setMaximumHeight(m_scroll->widget()->layout()->sizeHint().height() + 4);
    return QFrame::eventFilter(watched, event);
}

void AskPanel::build()
{
    auto *form = new QWidget(m_scroll);
    form->setProperty("class", QStringLiteral("page"));
    auto *grid = new QGridLayout(form);
    grid->setContentsMargins(0, 0, kGap, 0);
    grid->setHorizontalSpacing(kGap);
    grid->setVerticalSpacing(4);
    grid->setColumnStretch(1, 1);
    m_scroll->setWidget(form); // takes the former one with it
    form->installEventFilter(this);
    m_fields.clear();
    m_samples.clear();
    auto blank = std::make_shared<Prediction>();
    if (m_detail) {
        const Signature &signature = *m_detail->signature;
        m_samples = sampleTexts(signature);
        const auto shown = std::min<qsizetype>(kMostFields, m_samples.size());
        for (qsizetype i = 0; i < shown; ++i) {
            const Feature &feature = signature.features[static_cast<std::size_t>(i)];
            m_fields.append(makeField(feature, static_cast<int>(i)));
        }
        if (shown < m_samples.size()) {
            auto *more = new QLabel(tr("%1 more features are asked with ordinary values; the curl "
                                       "line has them all")
                                        .arg(m_samples.size() - shown),
                                    form);
            more->setProperty("class", QStringLiteral("caption"));
            more->setWordWrap(true);
            grid->addWidget(more, static_cast<int>(shown), 0, 1, 3);
        }
        // Empty bars with the classes' names: what an answer will look like.
        for (std::size_t i = 0; i < signature.classes.size() && i < kMostBars; ++i)
            blank->classes << QString::fromStdString(signature.classes[i]);
    }
    grid->setRowStretch(grid->rowCount(), 1);
    m_bars->setPrediction(blank);
    m_bars->setVisible(!blank->classes.isEmpty());
    m_outcome->clear();
    fillSamples();
    updateState();
}

AskPanel::Field AskPanel::makeField(const Feature &feature, int row)
{
    auto *grid = static_cast<QGridLayout *>(m_scroll->widget()->layout());
    const QString name = QString::fromStdString(feature.name);
    auto *label = new ElidedLabel(name, m_scroll->widget());
    label->setMinimumWidth(90);
    auto *hint = new ElidedLabel(hintOf(feature), m_scroll->widget());
    hint->setFontType(Type::Caption);
    hint->setRole(Role::Muted);
    hint->setElideMode(Qt::ElideRight);
    hint->setMinimumWidth(10);
    Field field;
    QWidget *editor = nullptr;
    if (feature.categories.empty()) {
        field.edit = new QLineEdit(m_scroll->widget());
        field.edit->setPlaceholderText(feature.missing ? tr("missing") : QString());
        if (feature.type != FeatureType::Text)
            field.edit->setAlignment(Qt::AlignRight);
        connect(field.edit, &QLineEdit::textChanged, this, &AskPanel::changed);
        connect(field.edit, &QLineEdit::returnPressed, m_ask, &QPushButton::click);
        editor = field.edit;
    } else {
        field.choice = new QComboBox(m_scroll->widget());
        field.choice->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
        field.choice->setMinimumContentsLength(8);
        if (feature.missing)
            field.choice->addItem(tr("missing"), QString());
        for (const std::string &category : feature.categories) {
            const QString text = QString::fromStdString(category);
            field.choice->addItem(text.isEmpty() ? tr("(empty)") : text, text);
        }
        connect(field.choice, &QComboBox::currentIndexChanged, this, &AskPanel::changed);
        editor = field.choice;
    }
    editor->setAccessibleName(name);
    editor->setAccessibleDescription(featureText(feature));
    grid->addWidget(label, row, 0);
    grid->addWidget(editor, row, 1);
    grid->addWidget(hint, row, 2);
    return field;
}

void AskPanel::fillSamples()
{
    for (qsizetype i = 0; i < m_fields.size(); ++i) {
        if (m_fields[i].edit) {
            const QSignalBlocker block(m_fields[i].edit);
            m_fields[i].edit->setText(m_samples[i]);
        } else {
            const QSignalBlocker block(m_fields[i].choice);
            m_fields[i].choice->setCurrentIndex(m_fields[i].choice->findData(m_samples[i]));
        }
    }
    changed();
}

QStringList AskPanel::cells() const
{
    QStringList out = m_samples;
    for (qsizetype i = 0; i < m_fields.size(); ++i)
        out[i] = m_fields[i].edit ? m_fields[i].edit->text()
                                  : m_fields[i].choice->currentData().toString();
    return out;
}

QString AskPanel::url() const
{
    const QString base = m_endpoint->state().url;
    return (base.isEmpty() ? QStringLiteral("http://127.0.0.1:3000") : base) +
           (m_detail ? m_detail->path : QString());
}

QString AskPanel::curlLine() const
{
    return m_detail ? requestText(*m_detail->signature, cells(), url()).line : QString();
}

void AskPanel::changed()
{
    const RequestText request =
        m_detail ? requestText(*m_detail->signature, cells(), url()) : RequestText();
    m_curl->setText(request.problem ? request.problem.text : request.line);
    m_curl->setRole(request.problem ? Role::Alarm : Role::Muted);
    m_copy->setEnabled(!request.line.isEmpty());
    const bool answering = m_endpoint->state().isAnswering();
    m_ask->setEnabled(m_detail && (!answering || !request.line.isEmpty()));
    // What is shown was said about other values.
    m_bars->setStale(true);
}

void AskPanel::ask()
{
    if (!m_detail || !m_ask->isEnabled())
        return;
    m_outcome->setText(tr("Asking…"));
    m_models->askModel(m_asker.next(), m_detail->tag, cells());
}

void AskPanel::answered(const Answer<Prediction> &answer)
{
    if (!m_asker.accepts(answer))
        return;
    if (!answer) {
        m_outcome->setText(
            answer.problem.next.isEmpty()
                ? answer.problem.text
                : QString(answer.problem.text % QStringLiteral(": ") % answer.problem.next));
        m_bars->setStale(true);
        return;
    }
    m_bars->setStale(false);
    if (!answer.value->probabilities.isEmpty())
        m_bars->setPrediction(forBars(answer.value));
    m_bars->setVisible(!answer.value->probabilities.isEmpty());
    QStringList parts{answer.value->predictedClass};
    if (!answer.value->explanation.isEmpty())
        parts << answer.value->explanation;
    parts << format::latency(answer.value->durationMs);
    m_outcome->setText(parts.join(QStringLiteral(" · ")));
}

void AskPanel::updateState()
{
    const bool answering = m_endpoint->state().isAnswering();
    m_ask->setText(answering ? tr("Ask") : tr("Start endpoint"));
    m_reset->setEnabled(m_detail != nullptr);
    m_recorded->setText(!m_detail   ? tr("No model is chosen")
                        : answering ? tr("A real request: its row and answer are recorded in the "
                                         "dataset %1")
                                          .arg(m_detail->dataset)
                                    : tr("The endpoint is stopped. Once it runs, what is asked is "
                                         "recorded in the dataset %1")
                                          .arg(m_detail->dataset));
    changed();
}

} // namespace tepal::ui
