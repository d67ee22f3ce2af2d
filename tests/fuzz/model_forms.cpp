/// The forms in which models are asked: the first byte chooses form and model, and whether what
/// follows the first line is tensors as bytes.
#include "../../core/serving/model_forms.h"

#include <tepal/model/iris.h>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

using namespace tepal;
using namespace tepal::serving;

namespace {

std::shared_ptr<const Model> modelOf(bool one)
{
    static const auto iris = *trainIris();
    static const auto single =
        *KnnModel::train("single", TrainingData{{"x"}, {"low", "high"}, {0, 9}, {0, 1}}, 1);
    return one ? std::shared_ptr<const Model>(single) : iris;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size == 0)
        return 0;
    constexpr std::string_view kTypes[] = {"application/json", "text/csv", "application/x-ndjson"};
    const std::string body(reinterpret_cast<const char *>(data) + 1, size - 1);
    const auto form = static_cast<Form>(data[0] % 5);
    const NamedModel named{"m", "v", "m", modelOf((data[0] & 0x40) != 0)};
    Asking asking(named.model, named.dataset, nullptr);
    FormCall call(form, asking, named);
    JsonDocument json;
    const std::size_t line = body.find('\n');
    const std::string length =
        (data[0] & 0x80) != 0 && line != body.npos ? std::to_string(line) : std::string();
    const auto asked = call.ask({body, kTypes[(data[0] >> 4) % 3], length}, json);
    if (!asked) {
        const auto said = formError(form, asked.error());
        if (asked.error().message.empty() || (said && !nlohmann::json::accept(*said)))
            std::abort();
        return 0;
    }
    std::string answer = call.answer(json);
    if (call.jsonLength() > answer.size())
        std::abort();
    if (call.jsonLength() > 0)
        answer.resize(call.jsonLength());
    if (form != Form::Text && !nlohmann::json::accept(answer))
        std::abort();
    // An answer for each row, and no row without.
    if (form == Form::Batch && nlohmann::json::parse(answer).size() != asking.rows())
        std::abort();
    return 0;
}
