/// ONNX Runtime by its C interface, with declarations of our own: a table of functions that only
/// ever grows, asked for in its version 8, which every library from 1.8 on has.
#pragma once

#include <tepal/base/result.h>
#include <tepal/model/onnx.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace tepal::onnx {

/// Handles are the library's; nothing is known of what they point to.
struct Opaque;
using Handle = Opaque *;

/// Kinds of values, and of elements of tensors, as the interface numbers them.
enum class Kind : int { Unknown = 0, Tensor = 1, Sequence = 2, Map = 3 };
enum class Element : int {
    Unknown = 0,
    Float = 1,
    Int32 = 6,
    Int64 = 7,
    String = 8,
    Bool = 9,
    Double = 11,
};
std::string elementName(int element); ///< "float", "float16", …

/// Places in the table.
enum class Slot : std::size_t {
    GetErrorCode = 1,
    GetErrorMessage = 2,
    CreateEnv = 3,
    DisableTelemetry = 6,
    CreateSessionFromArray = 8,
    Run = 9,
    CreateSessionOptions = 10,
    SetExecutionMode = 13,
    SetLogLevel = 22,
    SetIntraThreads = 24,
    SetInterThreads = 25,
    InputCount = 30,
    OutputCount = 31,
    InputType = 33,
    OutputType = 34,
    InputName = 36,
    OutputName = 37,
    CreateRunOptions = 39,
    SetTerminate = 46,
    CreateTensor = 48,
    CreateTensorOver = 49,
    TensorData = 51,
    FillStrings = 52,
    StringsSize = 53,
    Strings = 54,
    TensorInfoOfType = 55,
    KindOfType = 56,
    ElementType = 60,
    DimensionsCount = 61,
    Dimensions = 62,
    TensorInfoOfValue = 65,
    KindOfValue = 67,
    CreateMemoryInfo = 69,
    Free = 76,
    DefaultAllocator = 78,
    GetValue = 80,
    ValueCount = 81,
    ReleaseEnv = 92,
    ReleaseStatus = 93,
    ReleaseMemoryInfo = 94,
    ReleaseSession = 95,
    ReleaseValue = 96,
    ReleaseRunOptions = 97,
    ReleaseTypeInfo = 98,
    ReleaseTensorInfo = 99,
    ReleaseSessionOptions = 100,
    SequenceOfType = 104,
    MapOfType = 103,
    MapKey = 105,
    SequenceElement = 107,
};

class Runtime
{
public:
    /// Loaded by whoever asks first and kept for as long as the process lives; one that was not
    /// found is looked for again.
    static Result<const Runtime *> get();

    /// Calls a function that gives a status; the arguments have to have the types of the interface,
    /// to the letter.
    template <typename... Arguments>
    Status call(Slot slot, Arguments... arguments) const
    {
        using Function = Handle (*)(Arguments...);
        return check(reinterpret_cast<Function>(function(slot))(arguments...));
    }
    void release(Slot slot, Handle handle) const
    {
        reinterpret_cast<void (*)(Handle)>(function(slot))(handle);
    }

    Handle env() const { return m_env; }
    Handle memory() const { return m_memory; }       ///< Of the processor.
    Handle allocator() const { return m_allocator; } ///< Not to be released.
    const std::string &version() const { return m_version; }
    const std::filesystem::path &file() const { return m_file; }

private:
    friend class Finder;
    Runtime() = default;
    void *function(Slot slot) const
    {
        // The table is one of data pointers that point to functions.
        return const_cast<void *>(m_table[static_cast<std::size_t>(slot)]);
    }
    Status start();
    /// Null is success; else the message becomes an error and the status is released.
    Status check(Handle status) const { return status == nullptr ? Status() : failed(status); }
    Status failed(Handle status) const;

    const void *const *m_table = nullptr;
    std::filesystem::path m_file;
    std::string m_version;
    Handle m_env = nullptr;
    Handle m_memory = nullptr;
    Handle m_allocator = nullptr;
};

/// Releases what it holds.
template <Slot release>
class Owned
{
public:
    explicit Owned(const Runtime &runtime, Handle handle = nullptr)
        : m_runtime(&runtime)
        , m_handle(handle)
    {}
    ~Owned() { reset(); }
    Owned(Owned &&other) noexcept
        : m_runtime(other.m_runtime)
        , m_handle(other.take())
    {}
    Owned &operator=(Owned &&other) noexcept
    {
        if (this != &other) {
            reset();
            m_runtime = other.m_runtime;
            m_handle = other.take();
        }
        return *this;
    }

    Handle get() const { return m_handle; }
    /// For out parameters.
    Handle *out()
    {
        reset();
        return &m_handle;
    }
    void reset()
    {
        if (m_handle != nullptr)
            m_runtime->release(release, take());
    }

private:
    Handle take()
    {
        const Handle handle = m_handle;
        m_handle = nullptr;
        return handle;
    }
    const Runtime *m_runtime;
    Handle m_handle;
};

using OwnedSession = Owned<Slot::ReleaseSession>;
using OwnedValue = Owned<Slot::ReleaseValue>;
using OwnedOptions = Owned<Slot::ReleaseSessionOptions>;
using OwnedRunOptions = Owned<Slot::ReleaseRunOptions>;
using OwnedTypeInfo = Owned<Slot::ReleaseTypeInfo>;
using OwnedTensorInfo = Owned<Slot::ReleaseTensorInfo>;

/// What is left of a message for people: messages carry places in sources and signatures of
/// functions in front.
std::string plainMessage(std::string_view message);

/// An error that the runtime gave: its numbers, where it has any.
inline constexpr std::string_view kRuntimeSays = "ONNX Runtime says: ";

} // namespace tepal::onnx
