#include "onnx_external.h"

#include "onnx_fields.h"
#include "onnx_file.h"

#include <tepal/base/file.h>
#include <tepal/base/text.h>
#include <tepal/base/wire.h>

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <optional>

namespace tepal::onnx {
namespace {

namespace fs = std::filesystem;
using namespace field;
using wire::Field;
using wire::Reader;
using wire::Type;
using wire::Writer;

constexpr std::uint64_t kMaxBytes = 512ull << 20; ///< As of a model's own file.
constexpr const char *kOneFile =
    "save it as one file: onnx.save(onnx.load(\"model.onnx\"), \"one.onnx\")";

/// Where a tensor's bytes lie.
struct Outside
{
    bool any = false;
    std::string location;
    std::uint64_t offset = 0;
    std::optional<std::uint64_t> length;
};

bool wholeNumber(std::string_view text, std::uint64_t &number)
{
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    return read.ec == std::errc() && read.ptr == text.data() + text.size();
}

/// A key and its value.
bool readEntry(std::string_view bytes, Outside &out)
{
    std::string_view key;
    std::string_view value;
    Reader reader(bytes);
    Field field;
    while (reader.next(field)) {
        if (field.number == kEntryKey)
            key = field.bytes;
        else if (field.number == kEntryValue)
            value = field.bytes;
    }
    std::uint64_t number = 0;
    if (reader.failed())
        return false;
    if (key == "location") {
        out.location = value;
    } else if (key == "offset" || key == "length") {
        if (!wholeNumber(value, number))
            return false;
        if (key == "offset")
            out.offset = number;
        else
            out.length = number;
    }
    return true;
}

class Inliner
{
public:
    explicit Inliner(const fs::path &folder)
        : m_folder(folder)
    {}

    Result<std::string> model(std::string_view bytes)
    {
        return each(bytes, kModelGraph, [this](std::string_view graph) {
            return each(graph, kGraphInitializer,
                        [this](std::string_view tensor) { return this->tensor(tensor); });
        });
    }

private:
    /// A message with the fields of one number made anew.
    template <typename Make>
    static Result<std::string> each(std::string_view bytes, std::uint32_t number, Make make)
    {
        std::string out;
        Reader reader(bytes);
        Field field;
        for (std::size_t begin = 0; reader.next(field); begin = reader.position()) {
            if (field.number != number || field.type != Type::Bytes) {
                out += bytes.substr(begin, reader.position() - begin);
                continue;
            }
            const Result<std::string> made = make(field.bytes);
            if (!made)
                return made;
            Writer(out).bytes(number, *made);
        }
        if (reader.failed())
            return damaged();
        return out;
    }

    static tl::unexpected<Error> damaged()
    {
        return fail(ErrorCode::Corrupt, "this is not an ONNX model, or it is damaged",
                    "save the model again");
    }

    Result<std::string> tensor(std::string_view bytes)
    {
        std::string out;
        Outside outside;
        Reader reader(bytes);
        Field field;
        for (std::size_t begin = 0; reader.next(field); begin = reader.position()) {
            if (field.number == kTensorExternal && field.type == Type::Bytes) {
                outside.any = true;
                if (!readEntry(field.bytes, outside))
                    return damaged();
            } else if (field.number == kTensorLocation) {
                outside.any = outside.any || field.value != 0;
            } else {
                out += bytes.substr(begin, reader.position() - begin);
            }
        }
        if (reader.failed())
            return damaged();
        if (!outside.any)
            return out;
        const auto weights = read(outside);
        if (!weights)
            return tl::unexpected(weights.error());
        m_bytes += weights->size();
        if (m_bytes > kMaxBytes)
            return fail(ErrorCode::Unsupported, "the model's weights are larger than 512 MiB",
                        "train a smaller model");
        Writer(out).bytes(kTensorRaw, *weights);
        return out;
    }

    Result<std::string_view> read(const Outside &outside)
    {
        const std::string &name = outside.location;
        const std::string shown = std::string(utf8Prefix(toUtf8(name), 60));
        if (name.empty())
            return fail(ErrorCode::Unsupported, "the model keeps its weights in other files",
                        kOneFile);
        if (name == "." || name == ".." || name.find_first_of("/\\:") != name.npos ||
            name.find('\0') != name.npos)
            return fail(ErrorCode::Unsupported,
                        fmt::format("the model keeps its weights in \"{}\", and they are read "
                                    "only from beside it",
                                    shown),
                        kOneFile);
        auto found = m_files.find(name);
        if (found == m_files.end()) {
            const fs::path path = m_folder / name;
            std::error_code error;
            const auto status = fs::symlink_status(path, error);
            if (!fs::exists(status))
                return fail(
                    ErrorCode::NotFound,
                    fmt::format("the model keeps its weights in {}, which is not beside it", shown),
                    "put that file there");
            // A link could lead anywhere.
            if (!fs::is_regular_file(status))
                return fail(
                    ErrorCode::Unsupported,
                    fmt::format("the model keeps its weights in {}, which is no plain file", shown),
                    kOneFile);
            auto bytes = readFile(path, kMaxBytes);
            if (!bytes)
                return tl::unexpected(bytes.error());
            found = m_files.emplace(name, std::move(*bytes)).first;
        }
        const std::string_view all = found->second;
        if (outside.offset > all.size() || outside.length.value_or(0) > all.size() - outside.offset)
            return fail(ErrorCode::Corrupt,
                        fmt::format("the file {} is shorter than the model says", shown),
                        "copy it again: it belongs to the model");
        return all.substr(outside.offset, outside.length.value_or(all.size() - outside.offset));
    }

    const fs::path &m_folder;
    std::map<std::string, std::string, std::less<>> m_files;
    std::uint64_t m_bytes = 0;
};

} // namespace

Result<std::string> withWeights(std::string_view bytes, const fs::path &folder)
{
    const auto facts = readFacts(bytes);
    if (!facts || !facts->externalData)
        return std::string(); // What is wrong with the file is said when it is read.
    return Inliner(folder).model(bytes);
}

} // namespace tepal::onnx
