/// Before a file becomes a model: what it is, what it takes, what it answers. Nothing is stored
/// until "Import" is pressed.
#pragma once

#include "ui/backend/asker.h"
#include "ui/backend/models.h"

#include <QDialog>
#include <QTimer>

class QLabel;
class QLineEdit;
class QPushButton;
class QTableView;

namespace tepal::ui {

class ElidedLabel;
class ProbabilityBars;
class StateStack;
class TextTableModel;

class ImportDialog final : public QDialog
{
    Q_OBJECT

public:
    ImportDialog(Models *models, const QString &path, QWidget *parent = nullptr);

Q_SIGNALS:
    void imported(const QString &tag);

private:
    QWidget *makeContent();
    /// Reads the file by the names that are written now.
    void preview();
    void previewed(const Answer<ImportPreview> &answer);
    void fill(const ImportPreview &preview);
    void showAnswer(const ImportPreview &preview);
    void edited();
    void store();
    void stored(const Answer<QString> &answer);
    void say(const QString &text, bool error);
    ImportRequest request() const;

    Models *m_models;
    Asker m_previewAsker;
    Asker m_importAsker;
    QString m_path;
    std::shared_ptr<const ImportPreview> m_first; ///< As the file says it.
    std::shared_ptr<const ImportPreview> m_preview;
    QTimer m_debounce;
    ElidedLabel *m_what;
    QLabel *m_notes;
    QLineEdit *m_name;
    QLabel *m_nameHint;
    TextTableModel *m_features;
    QTableView *m_featureView;
    TextTableModel *m_classes;
    QTableView *m_classView;
    ProbabilityBars *m_bars;
    QLabel *m_outcome;
    QLabel *m_message;
    StateStack *m_state;
    QPushButton *m_import;
};

} // namespace tepal::ui
