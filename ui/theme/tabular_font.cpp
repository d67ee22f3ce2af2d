#include "ui/theme/tabular_font.h"

#include <QtEndian>

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

// Formats: OpenType specification 1.9, tables cmap (format 12), GSUB (single substitution), name.

namespace tepal::ui {

namespace {

/// Bounds-checked big-endian reads; `ok` turns false for good at the first read outside.
struct Reader
{
    const QByteArray &bytes;
    bool ok = true;

    template <typename T>
    T at(quint32 offset)
    {
        if (quint64(offset) + sizeof(T) > quint64(bytes.size())) {
            ok = false;
            return {};
        }
        return qFromBigEndian<T>(bytes.constData() + offset);
    }
    quint16 u16(quint32 offset) { return at<quint16>(offset); }
    quint32 u32(quint32 offset) { return at<quint32>(offset); }
};

struct Table
{
    quint32 record = 0; ///< Offset of the directory entry.
    quint32 offset = 0;
    quint32 length = 0;
};

std::optional<Table> findTable(Reader &in, const char (&tag)[5])
{
    const quint16 count = in.u16(4);
    for (quint32 i = 0; i < count; ++i) {
        const quint32 record = 12 + 16 * i;
        if (in.u32(record) == qFromBigEndian<quint32>(tag))
            return Table{record, in.u32(record + 8), in.u32(record + 12)};
    }
    return std::nullopt;
}

using GlyphMap = std::map<quint32, quint32>;

/// Coverage tables list the glyphs a lookup applies to, in order.
std::vector<quint32> coverage(Reader &in, quint32 at)
{
    std::vector<quint32> glyphs;
    const quint16 format = in.u16(at);
    const quint16 count = in.u16(at + 2);
    for (quint32 i = 0; i < count && in.ok; ++i) {
        if (format == 1) {
            glyphs.push_back(in.u16(at + 4 + 2 * i));
        } else if (format == 2) {
            const quint32 first = in.u16(at + 4 + 6 * i);
            const quint32 last = in.u16(at + 6 + 6 * i);
            for (quint32 g = first; g <= last; ++g)
                glyphs.push_back(g);
        }
    }
    return glyphs;
}

void readSingleSubstitution(Reader &in, quint32 at, GlyphMap &map)
{
    const quint16 format = in.u16(at);
    const std::vector<quint32> from = coverage(in, at + in.u16(at + 2));
    for (std::size_t i = 0; i < from.size() && in.ok; ++i) {
        const auto index = static_cast<quint32>(i);
        if (format == 1)
            map[from[i]] = (from[i] + in.u16(at + 4)) & 0xffff;
        else if (format == 2 && index < in.u16(at + 4))
            map[from[i]] = in.u16(at + 6 + 2 * index);
    }
}

GlyphMap tabularGlyphs(Reader &in, quint32 gsub)
{
    GlyphMap map;
    const quint32 features = gsub + in.u16(gsub + 6);
    const quint32 lookups = gsub + in.u16(gsub + 8);
    const quint16 count = in.u16(features);
    for (quint32 i = 0; i < count && in.ok; ++i) {
        if (in.u32(features + 2 + 6 * i) != qFromBigEndian<quint32>("tnum"))
            continue;
        const quint32 feature = features + in.u16(features + 6 + 6 * i);
        const quint16 uses = in.u16(feature + 2);
        for (quint32 u = 0; u < uses && in.ok; ++u) {
            const quint32 lookup = lookups + in.u16(lookups + 2 + 2u * in.u16(feature + 4 + 2 * u));
            if (in.u16(lookup) != 1)
                continue;
            const quint16 parts = in.u16(lookup + 4);
            for (quint32 p = 0; p < parts && in.ok; ++p)
                readSingleSubstitution(in, lookup + in.u16(lookup + 6 + 2 * p), map);
        }
        break;
    }
    return map;
}

/// Character to glyph, from the format 12 subtable.
GlyphMap characters(Reader &in, quint32 cmap)
{
    GlyphMap map;
    const quint16 count = in.u16(cmap + 2);
    for (quint32 i = 0; i < count && in.ok; ++i) {
        const quint32 sub = cmap + in.u32(cmap + 8 + 8 * i);
        if (in.u16(sub) != 12)
            continue;
        const quint32 groups = in.u32(sub + 12);
        for (quint32 g = 0; g < groups && in.ok; ++g) {
            const quint32 first = in.u32(sub + 16 + 12 * g);
            const quint32 last = in.u32(sub + 20 + 12 * g);
            const quint32 glyph = in.u32(sub + 24 + 12 * g);
            if (last < first || last > 0x10ffff)
                return {};
            for (quint32 c = first; c <= last; ++c)
                map[c] = glyph + (c - first);
        }
        break;
    }
    return map;
}

template <typename T>
void append(QByteArray &out, T value)
{
    char raw[sizeof(T)];
    qToBigEndian(value, raw);
    out.append(raw, sizeof(T));
}

QByteArray buildCmap(const GlyphMap &map)
{
    struct Group
    {
        quint32 first, last, glyph;
    };
    std::vector<Group> groups;
    for (const auto &[c, glyph] : map) {
        if (!groups.empty() && c == groups.back().last + 1 &&
            glyph == groups.back().glyph + (c - groups.back().first))
            groups.back().last = c;
        else
            groups.push_back({c, c, glyph});
    }
    QByteArray out;
    append<quint16>(out, 0);
    append<quint16>(out, 2);
    for (const quint16 platform : {quint16(0), quint16(3)}) { // Unicode and Windows, both full
        append<quint16>(out, platform);
        append<quint16>(out, platform == 0 ? 4 : 10);
        append<quint32>(out, 20);
    }
    append<quint16>(out, 12);
    append<quint16>(out, 0);
    append<quint32>(out, static_cast<quint32>(16 + 12 * groups.size()));
    append<quint32>(out, 0);
    append<quint32>(out, static_cast<quint32>(groups.size()));
    for (const Group &g : groups) {
        append(out, g.first);
        append(out, g.last);
        append(out, g.glyph);
    }
    return out;
}

quint32 checksum(const QByteArray &bytes)
{
    quint32 sum = 0;
    for (qsizetype i = 0; i < bytes.size(); i += 4) {
        QByteArray word = bytes.mid(i, 4);
        word.append(4 - word.size(), '\0');
        sum += qFromBigEndian<quint32>(word.constData());
    }
    return sum;
}

/// Both spellings have five letters, so the name table keeps its layout.
void renameFamily(QByteArray &font, const Table &name)
{
    QByteArray part = font.mid(name.offset, name.length);
    part.replace("Inter", "Tepal");
    part.replace(QByteArray("\0I\0n\0t\0e\0r", 10), QByteArray("\0T\0e\0p\0a\0l", 10));
    font.replace(name.offset, name.length, part);
}

} // namespace

QByteArray withTabularDigits(const QByteArray &font)
{
    Reader in{font};
    const auto gsub = findTable(in, "GSUB");
    const auto cmap = findTable(in, "cmap");
    const auto name = findTable(in, "name");
    if (!gsub || !cmap || !name || !in.ok)
        return font;
    const GlyphMap tabular = tabularGlyphs(in, gsub->offset);
    GlyphMap map = characters(in, cmap->offset);
    if (!in.ok || map.empty())
        return font;
    bool any = false;
    for (quint32 c = '0'; c <= '9'; ++c) {
        const auto digit = tabular.find(map[c]);
        if (digit != tabular.end()) {
            map[c] = digit->second;
            any = true;
        }
    }
    if (!any)
        return font;

    QByteArray out = font;
    renameFamily(out, *name);
    const QByteArray table = buildCmap(map);
    out.append((4 - out.size() % 4) % 4, '\0');
    const auto offset = static_cast<quint32>(out.size());
    out.append(table);
    char *record = out.data() + cmap->record;
    qToBigEndian(checksum(table), record + 4);
    qToBigEndian(offset, record + 8);
    qToBigEndian(static_cast<quint32>(table.size()), record + 12);
    return out;
}

} // namespace tepal::ui
