/// The forms in which clients of model servers ask and are answered: BentoML's, KServe's V1, the
/// Open Inference Protocol (V2), MLflow's. Knows no HTTP.
#pragma once

#include "asking.h"
#include "routes.h"

#include <tepal/serving/bodies.h>
#include <tepal/serving/server.h>

#include <optional>

namespace tepal::serving {

enum class Form : std::uint8_t { Text, Batch, Instances, V2, MlFlow };
Form formOf(Route route);

/// What a request is read from.
struct FormBody
{
    std::string_view bytes;
    std::string_view contentType;
    /// Of V2: where the JSON ends and tensors begin, as it was sent; empty: all of it is JSON.
    std::string_view jsonLength = {};
};

/// A request in a form, read and answered by a model.
class FormCall
{
public:
    FormCall(Form form, Asking &asking, const NamedModel &named)
        : m_form(form)
        , m_asking(asking)
        , m_named(named)
    {}

    /// InvalidArgument for a body that is not of the form, or that the model cannot take.
    Status ask(const FormBody &body, JsonDocument &json);
    /// What the client gets: text for Form::Text, else JSON.
    std::string answer(const JsonDocument &json);
    /// Of an answer with tensors behind its JSON: the length of that. 0: there are none.
    std::size_t jsonLength() const { return m_jsonLength; }

private:
    Status askJson(const JsonDocument &json);
    Status askV2(const JsonDocument &json, std::string_view tensors);
    Status readOutputs(const JsonDocument &json);
    std::string v2Answer(const JsonDocument &json);
    std::string list();

    Form m_form;
    Asking &m_asking;
    const NamedModel &m_named;
    bool m_labels = true;         ///< Of V2: what the request wants.
    bool m_probabilities = false; ///< The same.
    bool m_binaryLabels = false;  ///< As bytes behind the JSON.
    bool m_binaryProbabilities = false;
    std::size_t m_jsonLength = 0;
    /// CSV or JSON lines: what is recorded of a row points into it.
    std::optional<table::Frame> m_table;
};

/// What went wrong, in the form's own words: `{"error": …}`, `{"error_code": …, "message": …}`;
/// nothing for BentoML's, which every other route has too.
std::optional<std::string> formError(Form form, const Error &error);

/// A feature's type in the words of the Open Inference Protocol: `FP64`.
std::string_view v2TypeName(const Feature &feature);

/// `GET /v1/models/{m}`, `/v2/models/{m}` and the rest of what can be read about models.
std::string modelJson(const NamedModel &named, const std::vector<std::string> &versions);
std::string modelListJson(const std::vector<ModelEntry> &models);

} // namespace tepal::serving
