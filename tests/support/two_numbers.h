/// A model that answers several numbers for a row.
#pragma once

#include <tepal/model/model.h>

namespace tepal::test {

/// The sum and the difference of two numbers.
class TwoNumbers final : public Model
{
public:
    TwoNumbers()
    {
        m_signature.task = Task::Regression;
        for (const std::string &name : m_names)
            m_signature.features.emplace_back().name = name;
        m_signature.outputs = {"output_sum", "output_difference"};
    }
    std::string_view name() const override { return "two"; }
    std::string_view kind() const override { return "none"; }
    const Signature &signature() const override { return m_signature; }
    const std::vector<std::string> &featureNames() const override { return m_names; }
    Status predict(std::span<const double> row, Prediction &out) const override
    {
        out.value = row[0] + row[1];
        out.values = {out.value, row[0] - row[1]};
        return {};
    }
    std::uint64_t trainingRows() const override { return 0; }
    std::vector<std::pair<std::string, std::string>> parameters() const override { return {}; }
    std::string serialize() const override { return {}; }

private:
    Signature m_signature;
    std::vector<std::string> m_names{"a", "b"};
};

} // namespace tepal::test
