#include "input.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>

#ifdef _WIN32
#include <fcntl.h>
#include <io.h>
#else
#include <unistd.h>
#endif

namespace tepal::table {
namespace {

#ifdef _WIN32
constexpr auto kReadSome = [](int descriptor, char *to, std::size_t size) {
    return static_cast<std::ptrdiff_t>(_read(descriptor, to, static_cast<unsigned>(size)));
};
int descriptorOf(std::FILE *file)
{
    return _fileno(file);
}
#else
constexpr auto kReadSome = [](int descriptor, char *to, std::size_t size) {
    return static_cast<std::ptrdiff_t>(::read(descriptor, to, size));
};
int descriptorOf(std::FILE *file)
{
    return fileno(file);
}
#endif

/// Of a regular file; 0 for others.
std::int64_t sizeOf(std::FILE *file)
{
#ifdef _WIN32
    struct _stat64 status
    {};
    return _fstat64(_fileno(file), &status) == 0 && (status.st_mode & _S_IFREG) != 0
               ? status.st_size
               : 0;
#else
    struct stat status
    {};
    return ::fstat(fileno(file), &status) == 0 && S_ISREG(status.st_mode) ? status.st_size : 0;
#endif
}

class FileInput final : public Input
{
public:
    FileInput(std::FILE *file, bool owned, std::string name, bool live)
        : m_file(file)
        , m_owned(owned)
        , m_name(std::move(name))
        , m_live(live)
        , m_size(sizeOf(file))
    {}
    FileInput(const FileInput &) = delete;
    FileInput &operator=(const FileInput &) = delete;
    ~FileInput() override
    {
        if (m_owned)
            std::fclose(m_file);
    }
    Result<std::size_t> read(std::span<char> to) override
    {
        std::size_t size = 0;
        while (size < to.size()) {
            const auto got = kReadSome(descriptorOf(m_file), to.data() + size, to.size() - size);
            if (got < 0 && errno == EINTR)
                continue;
            if (got < 0)
                return fail(ErrorCode::Io, fmt::format("cannot read {}: {}", m_name,
                                                       std::generic_category().message(errno)));
            if (got == 0) {
                // What was read may end in the middle of a row, or be of two different tables.
                if (sizeOf(m_file) != m_size)
                    return fail(ErrorCode::Busy, "it changed while it was read",
                                "wait until it is complete and try again");
                break;
            }
            size += static_cast<std::size_t>(got);
            if (m_live)
                break;
        }
        m_consumed += size;
        return size;
    }
    std::uint64_t consumed() const override { return m_consumed; }

private:
    std::FILE *m_file;
    bool m_owned;
    std::string m_name;
    bool m_live;
    std::int64_t m_size; ///< When it was opened.
    std::uint64_t m_consumed = 0;
};

class MemoryInput final : public Input
{
public:
    explicit MemoryInput(std::string_view bytes)
        : m_bytes(bytes)
    {}
    Result<std::size_t> read(std::span<char> to) override
    {
        const std::size_t size = std::min(to.size(), m_bytes.size() - m_at);
        std::copy_n(m_bytes.data() + m_at, size, to.data());
        m_at += size;
        return size;
    }
    std::uint64_t consumed() const override { return m_at; }

private:
    std::string_view m_bytes;
    std::size_t m_at = 0;
};

} // namespace

Result<std::unique_ptr<Input>> openFile(const std::filesystem::path &path, bool live)
{
    if (path == "-") {
#ifdef _WIN32
        _setmode(_fileno(stdin), _O_BINARY);
#endif
        return std::make_unique<FileInput>(stdin, false, "standard input", live);
    }
    std::error_code error;
    if (!std::filesystem::exists(path, error))
        return fail(ErrorCode::NotFound, fmt::format("{} does not exist", path.string()),
                    "check the path");
    if (std::filesystem::is_directory(path, error))
        return fail(ErrorCode::InvalidArgument, "it is a directory", "name a file");
#ifdef _WIN32
    std::FILE *const file = _wfopen(path.c_str(), L"rb");
#else
    std::FILE *const file = std::fopen(path.c_str(), "rb");
#endif
    if (!file)
        return fail(ErrorCode::Io,
                    fmt::format("cannot read {}: {}", path.string(),
                                std::generic_category().message(errno)),
                    "check the permissions");
    return std::make_unique<FileInput>(file, true, path.string(), live);
}

std::unique_ptr<Input> openMemory(std::string_view bytes)
{
    return std::make_unique<MemoryInput>(bytes);
}

} // namespace tepal::table
