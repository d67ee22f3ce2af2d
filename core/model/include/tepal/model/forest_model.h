/// Ensembles of trees from the files of XGBoost and LightGBM.
#pragma once

#include <tepal/model/kinds.h>
#include <tepal/model/model.h>

#include <memory>

namespace tepal {

struct ForestFile;

/// Equal to the libraries: XGBoost's answers as floats, LightGBM's to the last bit.
class ForestModel final : public Model
{
public:
    /// `kind` is `xgboost` or `lightgbm`, `bytes` a file as the library wrote it. Corrupt or
    /// Unsupported for a file that cannot be read; InvalidArgument for names that do not go with
    /// it.
    static Result<ImportedModel> import(std::string_view kind, std::string_view bytes,
                                        const ImportNames &names);
    static Result<ModelPtr> deserialize(std::string_view kind, std::string_view bytes);
    ~ForestModel() override;

    std::string_view name() const override { return m_name; }
    std::string_view kind() const override { return m_kind; }
    const Signature &signature() const override;
    const std::vector<std::string> &featureNames() const override { return m_featureNames; }
    using Model::predict;
    Status predict(std::span<const double> features, Prediction &out) const override;
    std::uint64_t trainingRows() const override { return 0; }
    std::vector<std::pair<std::string, std::string>> parameters() const override;
    std::string serialize() const override;

    /// What the library's own predict() gives for a row, unchecked: one number, or one per class.
    /// Reuses `out`.
    void evaluate(std::span<const double> row, std::vector<double> &out) const;
    std::size_t trees() const;

private:
    ForestModel() = default;

    std::string m_name;
    std::string m_kind;
    std::unique_ptr<ForestFile> m_file;
    std::vector<std::string> m_featureNames;
    std::string m_packed; ///< The file, compressed: what is stored.
};

} // namespace tepal
