/// A model that ONNX Runtime computes.
#pragma once

#include "onnx_plan.h"

#include <memory>
#include <mutex>

namespace tepal::onnx {

class OnnxModel final : public Model
{
public:
    /// In this process: what is not trusted is tried elsewhere first. `unwrap` false keeps maps as
    /// they are. `oneNumber`: of several numbers only the first is answered.
    static Result<ImportedModel> open(std::string_view bytes, const ImportNames &names,
                                      bool unwrap = true, bool oneNumber = false);
    /// What is stored of bytes and what was said about them.
    static std::string packed(std::string_view bytes, const ImportNames &names);
    static Result<ModelPtr> deserialize(std::string_view bytes);

    std::string_view name() const override { return m_names.model; }
    std::string_view kind() const override { return "onnx"; }
    const Signature &signature() const override { return m_plan.signature; }
    const std::vector<std::string> &featureNames() const override { return m_featureNames; }
    using Model::predict;
    Status predict(std::span<const double> features, Prediction &out) const override;
    Status predictValues(std::span<const Value> features, Prediction &out) const override;
    Status predictRows(std::span<const double> rows, Predictions &out) const override;
    std::uint64_t trainingRows() const override { return 0; }
    std::vector<std::pair<std::string, std::string>> parameters() const override;
    std::string serialize() const override { return packed(m_bytes, m_names); }

private:
    class Borrowed;
    explicit OnnxModel(Session session)
        : m_session(std::move(session))
    {}
    Status learn(const FileFacts &facts, std::vector<Unwrapped> unwrapped);
    /// What comes out for one row, by all outputs.
    Result<std::vector<Port>> tryShapes(std::vector<Unwrapped> &unwrapped);
    Status tryRows();
    void tryMissing();
    /// Whether an answer is the same whatever rows are asked about with it.
    Status tryBeside();

    /// Inputs for so many rows, or for as many as the model always takes.
    Status prepare(Lane &lane, std::size_t rows) const;
    /// Rows that are missing up to what the inputs are made for are the last one again.
    Status fill(Lane &lane, std::span<const double> rows) const;
    Status compute(Lane &lane) const;
    void take(const Lane &lane, Prediction &out) const;
    Status predictTypedRows(std::span<const Value> rows, Predictions &out) const override;
    /// One row as it was sent, as the numbers it has.
    Status readRow(std::span<const Value> values, std::span<double> row) const;
    Status fillTyped(Lane &lane, std::span<const Value> rows,
                     std::span<const double> numbers) const;
    Status predictChunk(Lane &lane, std::span<const double> rows, Predictions &out) const;
    std::size_t chunkRows() const; ///< Of one run.
    void append(const Lane &lane, std::size_t rows, Predictions &out) const;

    Session m_session;
    Plan m_plan;
    Signature m_numbers; ///< The signature with numbers that may be missing in place of texts.
    ImportNames m_names;
    std::string m_bytes; ///< As they were given.
    std::string m_about;
    std::vector<std::string> m_featureNames;
    std::vector<const char *> m_outputs; ///< That are asked for: label, scores.
    std::chrono::milliseconds m_limit{};
    mutable std::mutex m_mutex;
    mutable std::vector<std::unique_ptr<Lane>> m_lanes; ///< That nobody uses just now.
};

/// What a run gave, as indexes of classes and as scores, into the lane.
Status readAnswers(const Session &session, const Plan &plan, Lane &lane);
/// What the runtime said against a file, as somebody can act on it.
Error explainRefusal(const Error &said, const FileFacts &facts, std::string_view version);
/// The keys of the first map of a sequence, as texts.
Result<std::vector<std::string>> readKeys(const Runtime &runtime, Handle sequence);

} // namespace tepal::onnx
