#include "ui/theme/style_sheet.h"

#include "ui/theme/theme.h"

#include <QHash>

namespace tepal::ui {

namespace {

// $names are roles. Sizes are logical pixels on the 4 px grid.
const char kSheet[] = R"(
QToolTip { background: $surface1; color: $text; border: 1px solid $surface3; padding: 4px 6px; }
QMainWindow, QDialog { background: $surface0; }
QFrame[class="card"] { background: $surface1; border: 1px solid $border; border-radius: 8px; }
QWidget#toolbar { background: $surface1; border-bottom: 1px solid $border; }
QWidget#statusBar { background: $surface1; border-top: 1px solid $border; }
QWidget#rail { background: $surface1; border-right: 1px solid $border; }

QPushButton, QToolButton[class="button"] {
    background: $surface1; color: $text; border: 1px solid $surface3; border-radius: 6px;
    padding: 0 12px; min-height: 26px; }
QPushButton:hover, QToolButton[class="button"]:hover { background: $surface2; }
QPushButton:pressed, QToolButton[class="button"]:pressed, QPushButton:checked { background: $surface3; }
QPushButton:disabled, QToolButton[class="button"]:disabled { color: $faint; border-color: $border; }
QPushButton:focus, QToolButton[class="button"]:focus { border: 2px solid $accent; padding: 0 11px; min-height: 24px; }
QPushButton[class="primary"] { background: $accent; color: $onAccent; border-color: $accent; font-weight: 600; }
QPushButton[class="primary"]:hover { background: $accentHover; }
QPushButton[class="primary"]:focus { border: 2px solid $text; }
QPushButton[class="primary"]:disabled { background: $surface3; color: $faint; border-color: $surface3; }
QPushButton[class="danger"] { color: $alarm; }
QPushButton[class="quiet"], QToolButton[class="quiet"] {
    background: transparent; color: $text; border: 1px solid transparent; border-radius: 6px;
    padding: 0 8px; min-height: 24px; }
QPushButton[class="quiet"]:hover, QToolButton[class="quiet"]:hover { background: $surface2; }
QPushButton[class="quiet"]:focus, QToolButton[class="quiet"]:focus { border: 2px solid $accent; padding: 0 7px; min-height: 22px; }
QPushButton[class="quiet"]:disabled, QToolButton[class="quiet"]:disabled { color: $faint; }
QToolButton[class="quiet"]:checked { background: $accentSoft; }
QToolButton[class="chip"] {
    background: $accentSoft; color: $text; border: 1px solid transparent; border-radius: 6px;
    padding: 0 8px; min-height: 22px; }
QToolButton[class="chip"]:hover { background: $surface3; }
QToolButton[class="chip"]:focus { border: 2px solid $accent; padding: 0 7px; min-height: 20px; }
QToolButton[class="icon"] { background: transparent; border: 1px solid transparent; border-radius: 6px; padding: 3px; }
QToolButton[class="icon"]:hover { background: $surface2; }
QToolButton[class="icon"]:checked { background: $accentSoft; }
QToolButton[class="icon"]:focus { border: 2px solid $accent; padding: 2px; }
QToolButton::menu-indicator { image: none; }
QPushButton::menu-indicator { image: none; }
QPushButton[class="tab"] {
    background: transparent; border: none; border-bottom: 2px solid transparent; border-radius: 0;
    padding: 0 2px; margin: 0 8px 0 0; min-height: 28px; color: $muted; }
QPushButton[class="tab"]:hover { color: $text; }
QPushButton[class="tab"]:checked { color: $text; border-bottom: 2px solid $accent; font-weight: 600; }
QPushButton[class="tab"]:focus { background: $surface2; border: none; border-bottom: 2px solid $accent; }

QLineEdit, QPlainTextEdit, QTextBrowser {
    background: $surface1; color: $text; border: 1px solid $surface3; border-radius: 6px;
    padding: 0 8px; min-height: 26px; selection-background-color: $accentSoft; selection-color: $text; }
QPlainTextEdit, QTextBrowser { padding: 6px; }
QLineEdit:focus, QPlainTextEdit:focus, QTextBrowser:focus { border: 2px solid $accent; padding: 0 7px; min-height: 24px; }
QPlainTextEdit:focus, QTextBrowser:focus { padding: 5px; }
QAbstractSpinBox QLineEdit, QAbstractSpinBox QLineEdit:focus { background: transparent; border: none; padding: 0 2px; min-height: 0; }
QLineEdit:disabled { color: $faint; background: $surface0; }
QLineEdit[invalid="true"] { border-color: $alarm; }
QComboBox QAbstractItemView { background: $surface1; border: 1px solid $surface3; padding: 4px; outline: 0; }

QTableView, QListView, QTreeView {
    background: $surface1; alternate-background-color: $surface1; border: 1px solid transparent;
    border-radius: 6px; outline: 0;
    gridline-color: $border; selection-background-color: $accentSoft; selection-color: $text; }
QTableView::item, QTreeView::item { border-bottom: 1px solid $grid; padding: 0 8px; }
QTableView::item:hover, QTreeView::item:hover, QListView::item:hover { background: $surface2; }
QTableView::item:selected, QTreeView::item:selected, QListView::item:selected { background: $accentSoft; color: $text; }
QTableView:focus, QListView:focus, QTreeView:focus { border: 1px solid $accent; }
QListView::item { padding: 4px 8px; border-radius: 4px; }
QHeaderView { background: $surface1; border: none; }
QHeaderView::section {
    background: $surface1; color: $muted; border: none; border-bottom: 1px solid $surface3; padding: 0 11px;
    min-height: 28px; font-size: 12px; }
QTableCornerButton::section { background: $surface1; border: none; }

QMenu { background: $surface1; border: 1px solid $surface3; border-radius: 6px; padding: 4px; }
QMenu::item { padding: 5px 24px 5px 12px; border-radius: 4px; min-height: 18px; }
QMenu::item:selected { background: $accentSoft; }
QMenu::item:disabled { color: $faint; }
QMenu::icon { padding-left: 8px; }
QMenu::separator { height: 1px; background: $border; margin: 4px 8px; }

QScrollBar:vertical { background: transparent; width: 12px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 0; }
QScrollBar::handle { background: $surface3; border-radius: 4px; margin: 2px; }
QScrollBar::handle:hover { background: $faint; }
QScrollBar::handle:vertical { min-height: 28px; }
QScrollBar::handle:horizontal { min-width: 28px; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QAbstractScrollArea::corner { background: transparent; border: none; }
QScrollArea, QScrollArea > QWidget > QWidget[class="page"] { border: none; background: transparent; }

QSplitter::handle { background: transparent; }
QSplitter::handle:hover { background: $accentSoft; }
QSlider { min-height: 22px; }
QSlider::groove:horizontal { height: 4px; background: $surface3; border-radius: 2px; }
QSlider::sub-page:horizontal { background: $accent; border-radius: 2px; }
QSlider::handle:horizontal { background: $surface1; border: 2px solid $accent; width: 12px; height: 12px; margin: -6px 0; border-radius: 8px; }
QSlider::handle:horizontal:focus { background: $accent; }
QProgressBar { background: $surface3; border: none; border-radius: 2px; max-height: 4px; min-height: 4px; }
QProgressBar::chunk { background: $accent; border-radius: 2px; }
QCheckBox { spacing: 8px; min-height: 24px; }
QCheckBox:focus, QRadioButton:focus { color: $accent; }
QLabel[class="muted"] { color: $muted; }
QLabel[class="caption"] { color: $muted; font-size: 12px; }
QLabel[class="strong"] { font-weight: 600; }
QLabel[class="alarm"] { font-weight: 600; color: $alarm; }
QLabel[class="section"] { font-size: 15px; font-weight: 600; }
QLabel[class="title"] { font-size: 20px; font-weight: 600; }
QLabel[class="error"] { color: $alarm; }
QLabel[class="chip"] { background: $surface2; color: $muted; border-radius: 4px; padding: 1px 6px; font-size: 12px; }
)";

} // namespace

QString styleSheet(const Theme &theme)
{
    const QColor accent = theme.color(Role::Accent);
    const QList<std::pair<QLatin1String, QColor>> names{
        // Longer names before their prefixes.
        {QLatin1String("$surface0"), theme.color(Role::Surface0)},
        {QLatin1String("$surface1"), theme.color(Role::Surface1)},
        {QLatin1String("$surface2"), theme.color(Role::Surface2)},
        {QLatin1String("$surface3"), theme.color(Role::Surface3)},
        {QLatin1String("$border"), theme.color(Role::Border)},
        {QLatin1String("$text"), theme.color(Role::Text)},
        {QLatin1String("$muted"), theme.color(Role::Muted)},
        {QLatin1String("$faint"), theme.color(Role::Faint)},
        {QLatin1String("$accentSoft"), theme.color(Role::AccentSoft)},
        {QLatin1String("$accentHover"), theme.isDark() ? accent.lighter(108) : accent.darker(112)},
        {QLatin1String("$accent"), accent},
        {QLatin1String("$onAccent"), theme.color(Role::OnAccent)},
        {QLatin1String("$alarm"), theme.color(Role::Alarm)},
        {QLatin1String("$grid"), theme.color(Role::Grid)},
    };
    QString sheet = QLatin1String(kSheet);
    for (const auto &[name, color] : names)
        sheet.replace(name, color.name());
    return sheet;
}

} // namespace tepal::ui
