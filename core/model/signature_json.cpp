#include "signature_json.h"

namespace tepal {

using Json = nlohmann::ordered_json;

Json signatureToJson(const Signature &signature)
{
    Json features = Json::array();
    for (const Feature &feature : signature.features) {
        Json one{{"name", feature.name}, {"type", featureTypeName(feature.type)}};
        if (feature.missing)
            one["missing"] = true;
        if (!feature.categories.empty())
            one["categories"] = feature.categories;
        if (feature.unknownIsMissing)
            one["unknown_is_missing"] = true;
        one["sample"] = feature.sample;
        features.push_back(std::move(one));
    }
    return {{"task", taskName(signature.task)},
            {"features", std::move(features)},
            {"classes", signature.classes},
            {"outputs", signature.outputs}};
}

Signature signatureFromJson(const nlohmann::json &json)
{
    Signature signature;
    signature.task = json.at("task").get<std::string>() == taskName(Task::Regression)
                         ? Task::Regression
                         : Task::Classification;
    for (const auto &one : json.at("features")) {
        Feature feature;
        one.at("name").get_to(feature.name);
        const auto type = one.at("type").get<std::string>();
        for (const FeatureType known : {FeatureType::Integer, FeatureType::Text}) {
            if (type == featureTypeName(known))
                feature.type = known;
        }
        feature.missing = one.value("missing", false);
        feature.unknownIsMissing = one.value("unknown_is_missing", false);
        feature.sample = one.value("sample", 1.0);
        if (one.contains("categories"))
            one.at("categories").get_to(feature.categories);
        signature.features.push_back(std::move(feature));
    }
    json.at("classes").get_to(signature.classes);
    json.at("outputs").get_to(signature.outputs);
    return signature;
}

} // namespace tepal
