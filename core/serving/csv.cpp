#include "frame_types.h"

#include <tepal/base/text.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tepal {
namespace {

tl::unexpected<Error> refuse(std::string message)
{
    return fail(ErrorCode::InvalidArgument, std::move(message),
                "send CSV with a header row and as many cells in every row");
}

/// Splits into rows of cells; quoted cells are copied, others are views of the text.
class CsvReader
{
public:
    CsvReader(std::string_view text, std::vector<std::string> &kept)
        : m_text(text)
        , m_kept(kept)
    {}

    bool atEnd() const { return m_at >= m_text.size(); }

    /// False for a quote that is never closed.
    bool row(std::vector<std::string_view> &cells)
    {
        cells.clear();
        for (;;) {
            std::string_view cell;
            if (!this->cell(cell))
                return false;
            cells.push_back(cell);
            if (atEnd())
                return true;
            const char c = m_text[m_at++];
            if (c == ',')
                continue;
            if (c == '\r' && !atEnd() && m_text[m_at] == '\n')
                ++m_at;
            return true;
        }
    }

private:
    bool cell(std::string_view &out)
    {
        if (atEnd() || m_text[m_at] != '"') {
            const std::size_t end = std::min(m_text.find_first_of(",\r\n", m_at), m_text.size());
            out = m_text.substr(m_at, end - m_at);
            m_at = end;
            return true;
        }
        std::string text;
        for (++m_at; !atEnd(); ++m_at) {
            if (m_text[m_at] != '"') {
                text.push_back(m_text[m_at]);
            } else if (m_at + 1 < m_text.size() && m_text[m_at + 1] == '"') {
                text.push_back('"');
                ++m_at;
            } else {
                ++m_at;
                const std::size_t end =
                    std::min(m_text.find_first_of(",\r\n", m_at), m_text.size());
                text += m_text.substr(m_at, end - m_at);
                m_at = end;
                out = m_kept.emplace_back(std::move(text));
                return true;
            }
        }
        return false;
    }

    std::string_view m_text;
    std::vector<std::string> &m_kept;
    std::size_t m_at = 0;
};

/// The spellings of a missing value that pandas knows.
bool isMissing(std::string_view text)
{
    static constexpr std::array<std::string_view, 18> kMissing{
        "",     "#N/A", "#N/A N/A", "#NA",  "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND",
        "<NA>", "N/A",  "NA",       "NULL", "NaN",     "n/a",      "nan",  "null", "1.#QNAN"};
    return std::find(kMissing.begin(), kMissing.end(), text) != kMissing.end();
}

bool isTrue(std::string_view text)
{
    return text == "True" || text == "TRUE" || text == "true";
}

bool isFalse(std::string_view text)
{
    return text == "False" || text == "FALSE" || text == "false";
}

/// Whole numbers, then numbers, then booleans; a column that is none of them stays text.
void typeCsvColumn(Frame &frame, std::size_t column)
{
    bool integers = true;
    bool numbers = true;
    bool booleans = true;
    bool missing = false;
    for (std::size_t row = 0; row < frame.rows; ++row) {
        const Value &cell = frame.at(row, column);
        if (cell.isNull()) {
            missing = true;
            continue;
        }
        const std::string_view text = cell.asString();
        integers = integers && parseInt64(text).has_value();
        numbers = numbers && parseDouble(text).has_value();
        booleans = booleans && (isTrue(text) || isFalse(text));
    }
    for (std::size_t row = 0; row < frame.rows; ++row) {
        Value &cell = frame.at(row, column);
        if (cell.isNull())
            continue;
        const std::string_view text = cell.asString();
        if (integers && !missing)
            cell = Value::integral(*parseInt64(text));
        else if (numbers)
            cell = Value::fractional(*parseDouble(text));
        else if (booleans && !missing)
            cell = Value::boolean(isTrue(text));
    }
}

} // namespace

Result<Frame> parseCsvFrame(std::string_view body)
{
    if (!isUtf8(body))
        return refuse("the body is not valid UTF-8");
    if (body.starts_with("\xEF\xBB\xBF"))
        body.remove_prefix(3);
    Frame frame;
    // Views of quoted cells point into these strings; a deque would do, a vector must not grow.
    frame.texts.reserve(static_cast<std::size_t>(std::count(body.begin(), body.end(), '"')) / 2 +
                        1);
    CsvReader reader(body, frame.texts);
    std::vector<std::string_view> cells;
    while (frame.columns.empty()) {
        if (reader.atEnd())
            return refuse("the body is empty");
        if (!reader.row(cells))
            return refuse("a quoted cell does not end");
        if (cells.size() > 1 || !cells[0].empty())
            frame.columns.assign(cells.begin(), cells.end());
    }
    while (!reader.atEnd()) {
        if (!reader.row(cells))
            return refuse("a quoted cell does not end");
        if (cells.size() == 1 && cells[0].empty())
            continue; // an empty line
        if (cells.size() > frame.columns.size())
            return refuse(fmt::format("row {} has {} cells, but the header has {}", frame.rows + 1,
                                      cells.size(), frame.columns.size()));
        if (frame.cells.size() + frame.columns.size() > Frame::kMaxCells)
            return refuse(fmt::format("the table has more than {} cells", Frame::kMaxCells));
        cells.resize(frame.columns.size());
        for (const std::string_view cell : cells)
            frame.cells.push_back(isMissing(cell) ? Value::null() : Value::string(cell));
        ++frame.rows;
    }
    for (std::size_t column = 0; column < frame.columns.size(); ++column)
        typeCsvColumn(frame, column);
    return frame;
}

} // namespace tepal
