// Zip archives with one member.

#include "packed.h"

#include <optional>

namespace tepal::table {
namespace {

/// The one member of a zip archive, from the front: local header, data, then what must not be
/// another member (APPNOTE.TXT 6.3, 4.3).
class ZipInput final : public UnpackedInput
{
public:
    explicit ZipInput(std::unique_ptr<Packed> packed)
        : UnpackedInput(std::move(packed), Compression::Zip)
    {}
    Result<std::size_t> read(std::span<char> to) override
    {
        if (m_state == State::Header) {
            if (auto begun = header(); !begun)
                return tl::unexpected(begun.error());
        }
        if (m_state == State::Done)
            return std::size_t{0};
        auto size = m_deflated ? inflated(to) : stored(to);
        if (size) {
            m_crc = crc32(m_crc, reinterpret_cast<const Bytef *>(to.data()), clampedSize(*size));
            m_size += *size;
            if (m_ended) {
                if (auto ended = footer(); !ended)
                    return tl::unexpected(ended.error());
            }
        }
        return size;
    }

private:
    enum class State { Header, Data, Done };

    std::uint64_t number(std::size_t at, std::size_t bytes) const
    {
        std::uint64_t value = 0;
        for (std::size_t i = bytes; i-- > 0;)
            value = (value << 8) | static_cast<unsigned char>(m_packed->view()[at + i]);
        return value;
    }

    Status header()
    {
        constexpr std::size_t kHeader = 30;
        if (auto got = m_packed->fill(kHeader); !got)
            return tl::unexpected(got.error());
        if (m_packed->available() < kHeader)
            return damaged("zip", "it ends too early");
        const auto flags = number(6, 2);
        const auto method = number(8, 2);
        m_wantedCrc = static_cast<std::uint32_t>(number(14, 4));
        m_left = number(18, 4);
        m_wantedSize = number(22, 4);
        const auto nameSize = number(26, 2);
        const std::size_t all = kHeader + nameSize + number(28, 2);
        if (auto got = m_packed->fill(all); !got)
            return tl::unexpected(got.error());
        if (m_packed->available() < all)
            return damaged("zip", "it ends too early");
        const std::string name(m_packed->view().substr(kHeader, nameSize));
        m_descriptor = (flags & 8) != 0;
        m_deflated = method == 8;
        if (name.starts_with("[Content_Types].xml") || name.starts_with("xl/") ||
            name.starts_with("_rels/"))
            return fail(ErrorCode::Unsupported, "this is an Excel workbook, not a text table",
                        "save the sheet as CSV and name that file");
        if (name.starts_with("mimetype"))
            return fail(ErrorCode::Unsupported, "this is an OpenDocument file, not a text table",
                        "save the sheet as CSV and name that file");
        if ((flags & 1) != 0)
            return fail(ErrorCode::Unsupported, "the zip archive is encrypted",
                        "unpack it and name the plain file");
        if ((method != 8 && method != 0) || (method == 0 && m_descriptor) || name.ends_with('/') ||
            m_left == 0xFFFFFFFFu)
            return fail(ErrorCode::Unsupported,
                        "the zip archive's first member cannot be read from a stream",
                        "unpack it and name the plain file");
        m_packed->skip(all);
        m_state = State::Data;
        if (m_deflated && !m_zlib.begin())
            return fail(ErrorCode::Internal, "no memory for zip");
        return {};
    }

    Result<std::size_t> inflated(std::span<char> to)
    {
        std::size_t size = 0;
        while (size < to.size() && !m_ended) {
            const auto some = m_packed->fill(1);
            if (!some)
                return tl::unexpected(some.error());
            if (!*some)
                return damaged("zip", "it ends too early");
            const auto step = m_zlib.run(*m_packed, to.subspan(size));
            if (!step)
                return damaged("zip", "it cannot be unpacked");
            m_packed->skip(step->taken);
            size += step->given;
            m_ended = step->streamEnded;
        }
        return size;
    }
    Result<std::size_t> stored(std::span<char> to)
    {
        const auto some = m_packed->fill(1);
        if (!some)
            return tl::unexpected(some.error());
        const std::size_t size =
            std::min({to.size(), m_packed->available(), static_cast<std::size_t>(m_left)});
        if (size == 0 && m_left > 0)
            return damaged("zip", "it ends too early");
        std::copy_n(m_packed->data(), size, to.data());
        m_packed->skip(size);
        m_left -= size;
        m_ended = m_left == 0;
        return size;
    }
    /// Sizes and checksum, and that no other member follows.
    Status footer()
    {
        m_state = State::Done;
        if (auto got = m_packed->fill(24); !got)
            return tl::unexpected(got.error());
        if (m_descriptor) {
            const bool marked = m_packed->view().starts_with("PK\x07\x08");
            const std::size_t at = marked ? 4 : 0;
            if (m_packed->available() < at + 12)
                return damaged("zip", "it ends too early");
            m_wantedCrc = static_cast<std::uint32_t>(number(at, 4));
            // Sizes of 4 or 8 bytes: told by the signature that has to follow.
            const bool wide =
                m_packed->available() >= at + 22 && m_packed->view().substr(at + 20, 2) == "PK";
            m_wantedSize = wide ? number(at + 12, 8) : number(at + 8, 4);
            m_packed->skip(at + (wide ? 20 : 12));
        }
        if (m_crc != m_wantedCrc || (m_size & 0xFFFFFFFFu) != (m_wantedSize & 0xFFFFFFFFu))
            return damaged("zip", "its checksum is wrong");
        if (auto got = m_packed->fill(4); !got)
            return tl::unexpected(got.error());
        if (m_packed->view().starts_with("PK\x03\x04"))
            return fail(ErrorCode::Unsupported, "the zip archive has more than one member",
                        "unpack it and name the file that you mean");
        return {};
    }

    State m_state = State::Header;
    bool m_descriptor = false;
    bool m_deflated = false;
    bool m_ended = false;
    Zlib m_zlib{-15};
    std::uint64_t m_left = 0;
    std::uint64_t m_size = 0;
    std::uint64_t m_wantedSize = 0;
    uLong m_crc = 0;
    uLong m_wantedCrc = 0;
};

} // namespace

std::unique_ptr<Input> openZip(std::unique_ptr<Packed> packed)
{
    return std::make_unique<ZipInput>(std::move(packed));
}

} // namespace tepal::table
