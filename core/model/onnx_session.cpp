#include "onnx_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <thread>

namespace tepal::onnx {

namespace {

constexpr std::chrono::milliseconds kTick{100};
constexpr std::size_t kMaxPorts = 10'000;

using In = const Opaque *;

} // namespace

/// A thread that looks whether anything runs for too long. It lives as long as the process.
class Watch
{
public:
    static Watch &instance()
    {
        static Watch *const watch = new Watch();
        return *watch;
    }
    void add(Lane *lane)
    {
        const std::scoped_lock lock(m_mutex);
        m_lanes.push_back(lane);
        m_changed.notify_one();
    }
    void remove(Lane *lane)
    {
        const std::scoped_lock lock(m_mutex);
        std::erase(m_lanes, lane);
    }

private:
    Watch()
    {
        std::thread([this] { loop(); }).detach();
    }
    void loop()
    {
        std::unique_lock lock(m_mutex);
        for (;;) {
            if (m_lanes.empty())
                m_changed.wait(lock);
            const auto now = std::chrono::steady_clock::now();
            for (Lane *lane : m_lanes) {
                const std::scoped_lock own(lane->m_mutex);
                if (lane->m_end == std::chrono::steady_clock::time_point{} || now < lane->m_end ||
                    lane->m_ended)
                    continue;
                lane->m_ended =
                    lane->m_runtime->call(Slot::SetTerminate, lane->m_options.get()).has_value();
            }
            m_changed.wait_for(lock, kTick);
        }
    }

    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::vector<Lane *> m_lanes;
};

bool Port::isTensor(std::initializer_list<Element> elements) const
{
    return kind == Kind::Tensor && std::any_of(elements.begin(), elements.end(), [&](Element each) {
               return static_cast<int>(each) == element;
           });
}

std::string Port::text() const
{
    // What is no row of answers is of no kind, but a tensor all the same.
    if (kind == Kind::Tensor || (kind == Kind::Unknown && element != 0)) {
        std::string shape;
        for (const std::int64_t dim : dims)
            shape +=
                (shape.empty() ? "" : ",") + (dim < 0 ? std::string("?") : std::to_string(dim));
        return fmt::format("tensor of {} [{}]", elementName(element), shape);
    }
    switch (kind) {
    case Kind::Sequence:
        return key == 0 ? std::string("sequence")
                        : fmt::format("sequence of maps by {}", elementName(key));
    case Kind::Map:
        return "map";
    default:
        return "value of another kind";
    }
}

Lane::Lane(const Runtime &runtime)
    : m_runtime(&runtime)
    , m_options(runtime)
{
    Watch::instance().add(this);
}

Lane::~Lane()
{
    Watch::instance().remove(this);
}

Result<Session> Session::open(const Runtime &runtime, std::string_view bytes)
{
    Session session(runtime);
    OwnedOptions options(runtime);
    constexpr int kSequential = 0;
    constexpr int kFatalOnly = 4;
    // One thread: a second makes batches a little faster for much more work, and single rows not.
    auto done = runtime.call(Slot::CreateSessionOptions, options.out());
    const auto set = [&](Slot slot, int value) {
        if (done)
            done = runtime.call(slot, options.get(), value);
    };
    set(Slot::SetExecutionMode, kSequential);
    set(Slot::SetLogLevel, kFatalOnly);
    set(Slot::SetIntraThreads, 1);
    set(Slot::SetInterThreads, 1);
    if (done)
        done = runtime.call(Slot::CreateSessionFromArray, static_cast<In>(runtime.env()),
                            static_cast<const void *>(bytes.data()), bytes.size(),
                            static_cast<In>(options.get()), session.m_handle.out());
    std::size_t counts[2] = {0, 0};
    const In handle = session.m_handle.get();
    if (done)
        done = runtime.call(Slot::InputCount, handle, &counts[0]);
    if (done)
        done = runtime.call(Slot::OutputCount, handle, &counts[1]);
    if (!done)
        return tl::unexpected(done.error());
    if (counts[0] > kMaxPorts || counts[1] > kMaxPorts)
        return fail(ErrorCode::Unsupported,
                    fmt::format("the model has {} inputs and {} outputs", counts[0], counts[1]),
                    fmt::format("{} are the most", kMaxPorts));
    session.m_inputs.resize(counts[0]);
    session.m_outputs.resize(counts[1]);
    for (std::size_t i = 0; i < counts[0] && done; ++i)
        done = session.describe(true, i, session.m_inputs[i]);
    for (std::size_t i = 0; i < counts[1] && done; ++i)
        done = session.describe(false, i, session.m_outputs[i]);
    if (!done)
        return tl::unexpected(done.error());
    for (const Port &input : session.m_inputs)
        session.m_inputNames.push_back(input.name.c_str());
    return session;
}

Status Session::describe(bool input, std::size_t index, Port &port) const
{
    const Runtime &runtime = *m_runtime;
    const In handle = m_handle.get();
    char *name = nullptr;
    if (auto done = runtime.call(input ? Slot::InputName : Slot::OutputName, handle, index,
                                 runtime.allocator(), &name);
        !done)
        return done;
    port.name = name;
    std::ignore = runtime.call(Slot::Free, runtime.allocator(), static_cast<void *>(name));
    OwnedTypeInfo type(runtime);
    if (auto done =
            runtime.call(input ? Slot::InputType : Slot::OutputType, handle, index, type.out());
        !done)
        return done;
    int kind = 0;
    if (auto done = runtime.call(Slot::KindOfType, static_cast<In>(type.get()), &kind); !done)
        return done;
    port.kind = static_cast<Kind>(kind);
    if (port.kind == Kind::Sequence) {
        In sequence = nullptr;
        OwnedTypeInfo element(runtime);
        In map = nullptr;
        auto done = runtime.call(Slot::SequenceOfType, static_cast<In>(type.get()), &sequence);
        if (done && sequence != nullptr)
            done = runtime.call(Slot::SequenceElement, sequence, element.out());
        if (done && element.get() != nullptr)
            done = runtime.call(Slot::MapOfType, static_cast<In>(element.get()), &map);
        if (done && map != nullptr)
            done = runtime.call(Slot::MapKey, map, &port.key);
        return done;
    }
    if (port.kind != Kind::Tensor)
        return {};
    In info = nullptr;
    if (auto done = runtime.call(Slot::TensorInfoOfType, static_cast<In>(type.get()), &info);
        !done || info == nullptr)
        return done;
    std::size_t rank = 0;
    auto done = runtime.call(Slot::ElementType, info, &port.element);
    if (done)
        done = runtime.call(Slot::DimensionsCount, info, &rank);
    if (done) {
        port.dims.resize(rank);
        done = runtime.call(Slot::Dimensions, info, port.dims.data(), rank);
    }
    return done;
}

Status Session::once(Lane &lane, const std::vector<const char *> &outputs,
                     std::chrono::milliseconds limit) const
{
    using Names = const char *const *;
    {
        const std::scoped_lock lock(lane.m_mutex);
        if (lane.m_options.get() == nullptr) {
            if (auto made = m_runtime->call(Slot::CreateRunOptions, lane.m_options.out()); !made)
                return made;
        }
        lane.m_end = std::chrono::steady_clock::now() + limit;
    }
    lane.given.clear();
    for (const OwnedValue &value : lane.inputs)
        lane.given.push_back(value.get());
    lane.got.clear();
    for (const OwnedValue &value : lane.outputs)
        lane.got.push_back(value.get());
    auto done =
        m_runtime->call(Slot::Run, m_handle.get(), static_cast<In>(lane.m_options.get()),
                        static_cast<Names>(m_inputNames.data()),
                        const_cast<const Opaque *const *>(lane.given.data()), lane.given.size(),
                        static_cast<Names>(outputs.data()), outputs.size(), lane.got.data());
    bool ended = false;
    {
        const std::scoped_lock lock(lane.m_mutex);
        lane.m_end = {};
        ended = lane.m_ended;
        if (ended) {
            lane.m_options.reset();
            lane.m_ended = false;
        }
    }
    if (done) {
        lane.fresh = false;
        for (std::size_t i = 0; i < outputs.size(); ++i) {
            if (lane.outputs[i].get() != nullptr)
                continue;
            lane.fresh = true;
            *lane.outputs[i].out() = lane.got[i];
        }
        return done;
    }
    lane.outputs.clear();
    if (ended)
        return fail(ErrorCode::Unavailable,
                    fmt::format("the model did not answer within {} ms", limit.count()),
                    "send fewer rows at once, or serve a smaller model");
    return fail(ErrorCode::InvalidArgument,
                fmt::format("the model cannot answer this: {}", done.error().message),
                "look at the values of the row");
}

Status Session::run(Lane &lane, const std::vector<const char *> &outputs,
                    std::chrono::milliseconds limit) const
{
    const bool reused = lane.keepsOutputs && lane.outputs.size() == outputs.size();
    if (!reused) {
        lane.outputs.clear();
        for (std::size_t i = 0; i < outputs.size(); ++i)
            lane.outputs.emplace_back(*m_runtime);
    } else {
        // Sequences cannot be filled, only made.
        for (OwnedValue &value : lane.outputs) {
            int kind = 0;
            if (value.get() != nullptr &&
                (!m_runtime->call(Slot::KindOfValue, static_cast<In>(value.get()), &kind) ||
                 static_cast<Kind>(kind) != Kind::Tensor))
                value.reset();
        }
    }
    auto done = once(lane, outputs, limit);
    if (done || !reused || done.error().code == ErrorCode::Unavailable)
        return done;
    // The shapes may be others than last time.
    for (std::size_t i = 0; i < outputs.size(); ++i)
        lane.outputs.emplace_back(*m_runtime);
    done = once(lane, outputs, limit);
    if (done)
        lane.keepsOutputs = false;
    return done;
}

Result<Port> describeValue(const Runtime &runtime, Handle value)
{
    Port port;
    int kind = 0;
    if (auto done = runtime.call(Slot::KindOfValue, static_cast<In>(value), &kind); !done)
        return tl::unexpected(done.error());
    port.kind = static_cast<Kind>(kind);
    if (port.kind != Kind::Tensor)
        return port;
    OwnedTensorInfo info(runtime);
    std::size_t rank = 0;
    auto done = runtime.call(Slot::TensorInfoOfValue, static_cast<In>(value), info.out());
    if (done)
        done = runtime.call(Slot::ElementType, static_cast<In>(info.get()), &port.element);
    if (done)
        done = runtime.call(Slot::DimensionsCount, static_cast<In>(info.get()), &rank);
    if (done) {
        port.dims.resize(rank);
        done = runtime.call(Slot::Dimensions, static_cast<In>(info.get()), port.dims.data(), rank);
    }
    if (!done)
        return tl::unexpected(done.error());
    return port;
}

Status readTexts(const Runtime &runtime, Handle value, std::size_t count,
                 std::vector<std::string> &out)
{
    std::size_t size = 0;
    if (auto done = runtime.call(Slot::StringsSize, static_cast<In>(value), &size); !done)
        return done;
    thread_local std::string bytes;
    thread_local std::vector<std::size_t> offsets;
    bytes.resize(size);
    offsets.resize(count);
    if (auto done = runtime.call(Slot::Strings, static_cast<In>(value),
                                 static_cast<void *>(bytes.data()), size, offsets.data(), count);
        !done)
        return done;
    out.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t end = i + 1 < count ? offsets[i + 1] : size;
        out[i].assign(bytes, offsets[i], end - offsets[i]);
    }
    return {};
}

} // namespace tepal::onnx
