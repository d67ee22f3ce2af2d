#include "ui/pages/quality_view.h"

#include "ui/charts/chart_frame.h"
#include "ui/charts/confusion_chart.h"
#include "ui/charts/reliability_chart.h"
#include "ui/charts/residual_chart.h"
#include "ui/pages/quality_words.h"
#include "ui/theme/metrics.h"
#include "ui/widgets/format.h"
#include "ui/widgets/stat_tile.h"
#include "ui/widgets/state_stack.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QStackedLayout>
#include <QVBoxLayout>

#include <cmath>

namespace tepal::ui {

namespace {

constexpr qsizetype kMostKnown = 50;

} // namespace

QualityView::QualityView(Models *models, QWidget *parent)
    : QWidget(parent)
    , m_models(models)
    , m_asker(models)
    , m_rows(new QLabel(this))
    , m_charts(new QStackedLayout)
    , m_confusion(new ConfusionChart(this))
    , m_reliability(new ReliabilityChart(this))
    , m_residuals(new ResidualChart(this))
    , m_confusionFrame(new ChartFrame(tr("What was answered for what"), m_confusion, this))
    , m_reliabilityFrame(new ChartFrame(tr("Calibration"), m_reliability, this))
    , m_residualFrame(
          new ChartFrame(tr("How far the answers are from the truth"), m_residuals, this))
    , m_event(new QComboBox(this))
{
    auto *content = new QWidget(this);
    m_rows->setProperty("class", QStringLiteral("caption"));
    m_rows->setTextFormat(Qt::PlainText);
    m_rows->setWordWrap(true);
    auto *tiles = new QHBoxLayout;
    tiles->setSpacing(kGap);
    for (const QString &name :
         {tr("Accuracy"), tr("Balanced accuracy"), tr("Log loss"), tr("Calibration error"),
          tr("Mean absolute error"), tr("Root mean square error"), tr("R²"), tr("Mean error")}) {
        m_tiles.append(new StatTile(name, content));
        tiles->addWidget(m_tiles.last());
    }
    m_event->setAccessibleName(tr("Which probability"));
    m_event->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_event->setMinimumContentsLength(14);
    for (ChartFrame *frame : {m_confusionFrame, m_reliabilityFrame, m_residualFrame}) {
        frame->setBare();
        connect(frame, &ChartFrame::saved, this, &QualityView::saved);
        connect(frame, &ChartFrame::failed, this, &QualityView::failed);
    }
    auto *classes = new QWidget(content);
    classes->setMinimumHeight(250);
    auto *calibration = new QVBoxLayout;
    calibration->setSpacing(2);
    calibration->addWidget(m_reliabilityFrame, 1);
    calibration->addWidget(m_event, 0, Qt::AlignRight);
    auto *charts = new QHBoxLayout(classes);
    charts->setContentsMargins(0, 0, 0, 0);
    charts->setSpacing(kMargin);
    charts->addWidget(m_confusionFrame, 1);
    charts->addLayout(calibration, 1);
    m_charts->addWidget(classes);
    m_charts->addWidget(m_residualFrame);
    auto *column = new QVBoxLayout(content);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(kGap);
    column->addLayout(tiles);
    column->addWidget(m_rows);
    column->addLayout(m_charts, 1);
    // A low window scrolls what a high one shows at once.
    auto *scroll = new QScrollArea(this);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setAccessibleName(tr("How right it is"));
    content->setProperty("class", QStringLiteral("page"));
    scroll->setWidget(content);
    m_state = new StateStack(scroll, this);
    auto *outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->addWidget(m_state);
    connect(m_state, &StateStack::actionWanted, this, &QualityView::chooseWanted);
    connect(m_state, &StateStack::retryWanted, this, &QualityView::again);
    connect(m_event, &QComboBox::currentIndexChanged, this, &QualityView::presentCalibration);
    connect(models, &Models::evaluated, this, &QualityView::evaluated);
    showWaiting();
}

QString QualityView::key() const
{
    return m_tag % QChar(0) % m_table.file % QChar(0) % m_table.label;
}

void QualityView::show(const QString &tag, bool keepsRows, const LabelledTable &table)
{
    if (tag == m_tag && table == m_table && keepsRows == m_keepsRows)
        return;
    m_tag = tag;
    m_keepsRows = keepsRows;
    m_table = table;
    m_asker.forget();
    m_state->setLoading(false);
    ask();
}

void QualityView::again()
{
    m_known.remove(key());
    m_shown.reset();
    ask();
}

void QualityView::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    ask();
}

/// What there is to do before anything can be shown.
void QualityView::showWaiting()
{
    if (m_tag.isEmpty())
        m_state->showEmpty(QStringLiteral("box"), tr("No model is chosen"),
                           tr("Choose one in the list above"));
    else
        m_state->showEmpty(QStringLiteral("chart-column"), tr("How right is it?"),
                           tr("Give it a table with its columns and the true answers: confusion, "
                              "calibration and errors are computed here"),
                           tr("Choose a table…"), QStringLiteral("choose"));
}

void QualityView::ask()
{
    if (m_tag.isEmpty() || (m_table.isEmpty() && !m_keepsRows))
        return showWaiting();
    if (const auto known = m_known.value(key())) {
        if (known != m_shown)
            present(*known);
        m_shown = known;
        return;
    }
    // Unseen it is not worth the work.
    if (!isVisible() || m_asker.isWaiting())
        return;
    m_state->setLoading(true);
    m_models->evaluate(m_asker.next(), m_tag, m_table);
}

void QualityView::evaluated(const Answer<ModelQuality> &answer)
{
    if (!m_asker.accepts(answer))
        return;
    m_state->setLoading(false);
    if (!answer) {
        m_shown.reset();
        m_state->showProblem(answer.problem);
        return;
    }
    if (m_known.size() >= kMostKnown)
        m_known.clear();
    m_known.insert(key(), answer.value);
    m_shown = answer.value;
    present(*answer.value);
}

void QualityView::present(const ModelQuality &quality)
{
    const bool regression = quality.evaluation.task == Task::Regression;
    m_shown = m_known.value(key());
    for (qsizetype i = 0; i < m_tiles.size(); ++i)
        m_tiles[i]->setVisible((i >= 4) == regression);
    m_charts->setCurrentIndex(regression ? 1 : 0);
    presentRows(quality.evaluation);
    if (regression)
        presentNumbers(quality.evaluation.numbers);
    else
        presentClasses(quality.evaluation.classes);
    m_state->showContent();
}

void QualityView::presentRows(const Evaluation &evaluation)
{
    const QString doubt = doubtText(evaluation);
    m_rows->setText(doubt.isEmpty() ? rowsText(evaluation)
                                    : QString(rowsText(evaluation) % QLatin1Char('\n') % doubt));
}

void QualityView::presentClasses(const ClassificationQuality &quality)
{
    m_tiles[0]->setValues({qualityPercent(quality.accuracy.value)});
    m_tiles[0]->setDetail(bandText(quality.accuracy));
    m_tiles[1]->setValues({qualityPercent(quality.balancedAccuracy)});
    m_tiles[1]->setDetail(tr("mean recall of the classes"));
    const bool has = !std::isnan(quality.logLoss);
    m_tiles[2]->setValues({has ? format::number(quality.logLoss) : format::missing()});
    m_tiles[2]->setDetail(has ? tr("mean of −ln p") : tr("no probabilities"));
    m_tiles[3]->setValues(
        {has ? format::number(quality.confidence.expectedError) : format::missing()});
    m_tiles[3]->setDetail(has ? tr("expected, %1 bins").arg(quality.confidence.bins.size())
                              : tr("no probabilities"));
    m_confusion->setQuality(quality);
    const auto classes = static_cast<qsizetype>(quality.classes.size());
    m_confusionFrame->setSubtitle(
        classes > ConfusionChart::kMostClasses
            ? tr("%1 of %2 classes, those with the most errors")
                  .arg(ConfusionChart::kMostClasses - 1)
                  .arg(classes)
            : tr("n = %1").arg(format::count(static_cast<qint64>(quality.accuracy.rows))));
    m_confusionFrame->refresh();
    {
        const QSignalBlocker block(m_event);
        m_event->clear();
        m_event->addItem(tr("of the answer"));
        for (std::size_t i = 0; i < quality.perClass.size(); ++i)
            m_event->addItem(tr("of %1").arg(QString::fromStdString(quality.classes[i].name)));
        m_event->setEnabled(has);
    }
    presentCalibration();
}

void QualityView::presentCalibration()
{
    if (!m_shown)
        return;
    const ClassificationQuality &quality = m_shown->evaluation.classes;
    const int index = m_event->currentIndex();
    const bool ofClass = index > 0 && static_cast<std::size_t>(index) <= quality.perClass.size();
    const Calibration &calibration =
        ofClass ? quality.perClass[static_cast<std::size_t>(index - 1)] : quality.confidence;
    m_reliability->setCalibration(
        calibration, ofClass ? tr("a row is %1")
                                   .arg(QString::fromStdString(
                                       quality.classes[static_cast<std::size_t>(index - 1)].name))
                             : tr("the answer is right"));
    m_reliabilityFrame->setSubtitle(
        calibration.rows == 0 ? QString()
                              : tr("n = %1, error %2")
                                    .arg(format::count(static_cast<qint64>(calibration.rows)),
                                         format::number(calibration.expectedError)));
    m_reliabilityFrame->refresh();
}

void QualityView::presentNumbers(const RegressionQuality &quality)
{
    m_tiles[4]->setValues({format::number(quality.mae)});
    m_tiles[4]->setDetail(tr("mean of |answer − truth|"));
    m_tiles[5]->setValues({format::number(quality.rmse)});
    m_tiles[5]->setDetail(tr("large errors weigh more"));
    m_tiles[6]->setValues({format::number(quality.r2)});
    m_tiles[6]->setDetail(std::isnan(quality.r2) ? tr("all true values are the same")
                                                 : tr("1 is perfect, 0 the mean"));
    m_tiles[7]->setValues({format::number(quality.bias)});
    m_tiles[7]->setDetail(tr("mean of answer − truth"));
    m_residuals->setQuality(quality);
    m_residualFrame->setSubtitle(
        tr("n = %1").arg(format::count(static_cast<qint64>(quality.rows))));
    m_residualFrame->refresh();
}

} // namespace tepal::ui
