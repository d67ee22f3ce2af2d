/// A model in the runtime: what it takes and gives, and running it with an end to how long.
#pragma once

#include "onnx_runtime.h"

#include <chrono>
#include <mutex>
#include <vector>

namespace tepal::onnx {

/// An input or an output.
struct Port
{
    std::string name;
    Kind kind = Kind::Unknown;
    int element = 0;
    std::vector<std::int64_t> dims; ///< Of tensors; -1 where any number goes.
    int key = 0;                    ///< Of a sequence of maps: the type of their keys.

    bool isTensor(std::initializer_list<Element> elements) const;
    std::string text() const; ///< "tensor of float [?,4]"
};

/// One thread at a time; kept and used again, because making values costs as much as a small model.
struct Lane
{
    explicit Lane(const Runtime &runtime);
    ~Lane();
    Lane(const Lane &) = delete;
    Lane &operator=(const Lane &) = delete;

    /// Numbers of each input, as the model's type has them.
    std::vector<std::vector<std::uint64_t>> room;
    std::vector<std::vector<std::string>> texts;
    std::vector<OwnedValue> inputs;
    std::vector<OwnedValue> outputs;
    std::vector<Handle> given; ///< Room for calls.
    std::vector<Handle> got;
    std::vector<const char *> pointers;
    std::vector<std::uint32_t> classes;
    std::vector<double> scores;
    bool keepsOutputs = true; ///< Until a model gives shapes that change.
    bool fresh = true;    ///< Some output was made by the last run: its shape is to be looked at.
    std::size_t rows = 0; ///< That the inputs are made for.
    int labelElement = 0; ///< Of the outputs that were looked at.
    std::vector<int> scoreElements;

private:
    friend class Session;
    friend class Watch;
    const Runtime *m_runtime;
    std::mutex m_mutex;
    OwnedRunOptions m_options;
    std::chrono::steady_clock::time_point m_end{}; ///< Of what runs; zero: nothing does.
    bool m_ended = false;
};

class Session
{
public:
    static Result<Session> open(const Runtime &runtime, std::string_view bytes);

    const Runtime &runtime() const { return *m_runtime; }
    const std::vector<Port> &inputs() const { return m_inputs; }
    const std::vector<Port> &outputs() const { return m_outputs; }

    /// All inputs in their order, and the outputs that are named. Unavailable when it takes longer
    /// than `limit`; else InvalidArgument with what the runtime says: it took the model, so that it
    /// is the row. Thread-safe.
    Status run(Lane &lane, const std::vector<const char *> &outputs,
               std::chrono::milliseconds limit) const;

private:
    explicit Session(const Runtime &runtime)
        : m_runtime(&runtime)
        , m_handle(runtime)
    {}
    Status describe(bool input, std::size_t index, Port &port) const;
    Status once(Lane &lane, const std::vector<const char *> &outputs,
                std::chrono::milliseconds limit) const;

    const Runtime *m_runtime;
    OwnedSession m_handle;
    std::vector<Port> m_inputs;
    std::vector<Port> m_outputs;
    std::vector<const char *> m_inputNames;
};

/// Shape and element of a value that came out. Not a tensor: only its kind.
Result<Port> describeValue(const Runtime &runtime, Handle value);
/// The texts of a tensor of strings.
Status readTexts(const Runtime &runtime, Handle value, std::size_t count,
                 std::vector<std::string> &out);

} // namespace tepal::onnx
