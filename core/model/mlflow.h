/// The description that MLflow puts beside a model.
#pragma once

#include <tepal/base/result.h>
#include <tepal/model/signature.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tepal {

/// The part of YAML that MLmodel files use: nested mappings and scalars, plain, in single or double
/// quotes, over several lines. Keys are joined with dots: `flavors.xgboost.data`. Lists and blocks
/// are passed over. Corrupt for what is not like that at all.
Result<std::map<std::string, std::string, std::less<>>> parseFlatYaml(std::string_view text);

struct MlflowModel
{
    std::string data;   ///< The model's file within the folder.
    std::string flavor; ///< `xgboost`, `lightgbm`, `onnx`
    std::vector<std::string> features;
    std::vector<FeatureType> types;
    std::vector<std::string> outputs; ///< What its answers are called, where that is said.
    std::vector<std::string> notes;
};

/// Unsupported for flavors that are not read, with what to do.
Result<MlflowModel> parseMlflow(std::string_view mlmodel);

} // namespace tepal
