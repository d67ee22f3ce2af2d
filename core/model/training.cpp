#include "cell_text.h"

#include <tepal/base/text_arena.h>
#include <tepal/model/table_rows.h>
#include <tepal/model/training.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace tepal {
namespace {

constexpr std::size_t kMaxCells = 64u << 20;
constexpr std::size_t kMaxCategories = 100;
constexpr std::size_t kMaxClasses = 1000;
/// A label of whole numbers is a class when there are at most so many of them.
constexpr std::size_t kFewNumbers = 20;

/// The cells of a whole table, column by column.
class Collector final : public table::Consumer
{
public:
    Status begin(const std::vector<std::string> &names) override
    {
        for (const std::string &name : names)
            columnOf(name);
        return {};
    }
    /// Whole numbers can become fractions; what a text was written like is not known any more.
    bool widen(const std::string &, table::ColumnType from, table::ColumnType to) override
    {
        return m_rows == 0 || from == table::ColumnType::Nothing || table::isNumeric(to);
    }
    void restart() override
    {
        m_rows = 0;
        m_texts.clear();
        for (auto &column : m_columns)
            column.clear();
    }
    Status take(table::Block &block) override
    {
        m_rows += block.rows;
        if (m_rows * std::max<std::size_t>(1, m_names.size()) > kMaxCells)
            return fail(ErrorCode::InvalidArgument,
                        fmt::format("the table has more than {} cells", kMaxCells),
                        "learn from a sample of it");
        for (const table::Column &column : block.columns) {
            auto &to = m_columns[columnOf(column.name)];
            to.resize(m_rows - block.rows, Value::null());
            for (const Value &value : column.values)
                to.push_back(m_texts.keep(value));
        }
        return {};
    }

    const std::vector<std::string> &names() const { return m_names; }
    std::size_t rows() const { return m_rows; }
    const std::vector<Value> &column(std::size_t at)
    {
        m_columns[at].resize(m_rows, Value::null());
        return m_columns[at];
    }

private:
    std::size_t columnOf(const std::string &name)
    {
        const auto [at, added] = m_index.try_emplace(name, m_names.size());
        if (added) {
            m_names.push_back(name);
            m_columns.emplace_back();
        }
        return at->second;
    }

    std::vector<std::string> m_names;
    std::map<std::string, std::size_t, std::less<>> m_index;
    std::vector<std::vector<Value>> m_columns;
    TextArena m_texts;
    std::size_t m_rows = 0;
};

class Learner
{
public:
    Learner(Collector &cells, const TrainingOptions &options, TrainingRead &out)
        : m_cells(cells)
        , m_options(options)
        , m_out(out)
    {}

    Status learn()
    {
        for (Status (Learner::*step)() : {&Learner::choose, &Learner::rows, &Learner::label,
                                          &Learner::features, &Learner::values}) {
            if (auto done = (this->*step)(); !done)
                return done;
        }
        return {};
    }

private:
    std::optional<std::size_t> find(const std::string &name) const
    {
        const auto &names = m_cells.names();
        const auto at = std::find(names.begin(), names.end(), name);
        return at == names.end() ? std::nullopt
                                 : std::optional(static_cast<std::size_t>(at - names.begin()));
    }

    Status choose()
    {
        std::set<std::size_t> out;
        for (const std::string &name : m_options.drop) {
            const auto at = find(name);
            if (!at)
                return noColumn(name);
            out.insert(*at);
        }
        const auto label = find(m_options.label);
        if (!label)
            return noColumn(m_options.label);
        if (out.count(*label) > 0)
            return fail(ErrorCode::InvalidArgument,
                        fmt::format("{} is the label and cannot be left out", m_options.label));
        m_label = *label;
        for (std::size_t i = 0; i < m_cells.names().size(); ++i) {
            if (i != m_label && out.count(i) == 0)
                m_columns.push_back(i);
        }
        for (const std::string &name : m_cells.names())
            sameName(name);
        if (m_columns.empty())
            return fail(ErrorCode::InvalidArgument,
                        fmt::format("besides {} there is no column to learn from", m_options.label),
                        "give a table with at least one");
        return {};
    }

    /// The reader tells columns of one name apart, which changes a name.
    void sameName(const std::string &name)
    {
        const std::size_t dot = name.rfind('.');
        if (dot == name.npos || dot + 1 == name.size() ||
            name.find_first_not_of("0123456789", dot + 1) != name.npos)
            return;
        if (const std::string first = name.substr(0, dot); find(first))
            m_out.notes.push_back(
                fmt::format("more than one column is called \"{}\": this one is \"{}\" from now on",
                            first, name));
    }

    Status noColumn(const std::string &name) const
    {
        return fail(ErrorCode::InvalidArgument, fmt::format("there is no column \"{}\"", name),
                    fmt::format("the table has {}", listedNames(m_cells.names())));
    }

    /// Rows that lack nothing.
    Status rows()
    {
        std::vector<bool> lacks(m_cells.rows(), false);
        std::vector<std::string> where;
        std::vector<std::size_t> all = m_columns;
        all.push_back(m_label);
        for (const std::size_t at : all) {
            const auto &column = m_cells.column(at);
            std::size_t count = 0;
            std::size_t first = 0;
            for (std::size_t row = 0; row < column.size(); ++row) {
                if (!table::isMissing(column[row]))
                    continue;
                first = count++ == 0 ? row : first;
                lacks[row] = true;
            }
            if (count > 0)
                where.push_back(fmt::format("{} in {} (first in row {})", m_cells.names()[at],
                                            count, first + 1));
        }
        for (std::size_t row = 0; row < lacks.size(); ++row) {
            if (!lacks[row])
                m_rows.push_back(row);
        }
        m_out.dropped = lacks.size() - m_rows.size();
        if (m_out.dropped > 0 && !m_options.dropMissing)
            return fail(ErrorCode::InvalidArgument,
                        fmt::format("{} of {} rows lack a value: {}", m_out.dropped, lacks.size(),
                                    listedNames(where, 8)),
                        "fill them, leave columns out with --drop, or leave those rows out with "
                        "--drop-missing");
        if (m_rows.empty())
            return fail(ErrorCode::InvalidArgument,
                        where.empty() ? std::string("the table has no rows")
                                      : "every row lacks a value: " + listedNames(where, 8),
                        "leave columns out with --drop");
        return {};
    }

    /// Classes, or numbers.
    Status label()
    {
        const auto &column = m_cells.column(m_label);
        bool numbers = true;
        bool whole = true;
        bool booleans = true;
        std::set<double> different;
        for (const std::size_t row : m_rows) {
            const auto number = numberOf(column[row]);
            booleans = booleans && column[row].kind() == ValueKind::Boolean;
            numbers = numbers && number && column[row].kind() != ValueKind::Boolean;
            whole = whole && number && isWhole(*number);
            if (number && different.size() <= kMaxClasses)
                different.insert(*number);
        }
        const bool few = different.size() <= kFewNumbers && different.size() * 2 <= m_rows.size();
        const Task decided = numbers && !(whole && few) ? Task::Regression : Task::Classification;
        m_out.table.task = m_options.task.value_or(decided);
        if (m_out.table.task == Task::Regression)
            return targets(numbers, different.size());
        if (auto done = classes(numbers); !done)
            return done;
        const std::string what = booleans   ? "True and False"
                                 : !numbers ? "text"
                                 : whole    ? "whole numbers"
                                            : "numbers";
        m_out.notes.insert(
            m_out.notes.begin(),
            fmt::format("{} is {} with {} different values: {}classification{}", m_options.label,
                        what, m_out.table.classes.size(), m_options.task ? "as told, " : "",
                        m_options.task || !numbers ? ""
                                                   : " (--regression would take it as a number)"));
        return {};
    }

    Status targets(bool numbers, std::size_t different)
    {
        if (!numbers)
            return fail(ErrorCode::InvalidArgument,
                        fmt::format("{} is not a number in every row, so there is no regression",
                                    m_options.label),
                        "say --classification, or choose another --label");
        const auto &column = m_cells.column(m_label);
        for (const std::size_t row : m_rows)
            m_out.table.targets.push_back(*numberOf(column[row]));
        m_out.notes.push_back(fmt::format(
            "{} is a number with {}{} different values: {}regression{}", m_options.label,
            different > kMaxClasses ? "more than " : "", std::min(different, kMaxClasses),
            m_options.task ? "as told, " : "",
            m_options.task ? "" : " (--classification would take each value as a class)"));
        return {};
    }

    Status classes(bool numbers)
    {
        const auto &column = m_cells.column(m_label);
        TrainingTable &table = m_out.table;
        // In order, as scikit-learn's are: numbers by size, texts by their characters.
        std::map<std::string, std::uint32_t, std::less<>> index;
        std::map<double, std::string> bySize;
        for (const std::size_t row : m_rows) {
            if (column[row].kind() == ValueKind::Tensor || column[row].kind() == ValueKind::Object)
                return fail(ErrorCode::InvalidArgument,
                            fmt::format("{} is a list or an object in some rows", m_options.label),
                            "choose another --label");
            index.emplace(textOf(column[row]), 0);
            if (numbers)
                bySize.emplace(*numberOf(column[row]), textOf(column[row]));
            if (index.size() > kMaxClasses)
                return fail(ErrorCode::InvalidArgument,
                            fmt::format("{} has more than {} different values", m_options.label,
                                        kMaxClasses),
                            numbers ? "say --regression" : "choose a column of classes as --label");
        }
        if (index.size() < 2)
            return fail(ErrorCode::InvalidArgument,
                        fmt::format("{} is the same in every row", m_options.label),
                        "choose a column that differs as --label");
        if (numbers) {
            for (const auto &[number, text] : bySize)
                table.classes.push_back(text);
        } else {
            for (const auto &[text, at] : index)
                table.classes.push_back(text);
        }
        for (std::uint32_t i = 0; i < table.classes.size(); ++i)
            index[table.classes[i]] = i;
        for (const std::size_t row : m_rows)
            table.labels.push_back(index.find(textOf(column[row]))->second);
        if (m_rows.size() >= 10 && table.classes.size() * 2 > m_rows.size())
            m_out.notes.push_back(fmt::format("{} is another value in almost every row, as an "
                                              "identifier would be",
                                              m_options.label));
        return {};
    }

    Status features()
    {
        std::vector<std::string> texts;
        for (const std::size_t at : m_columns) {
            const auto &column = m_cells.column(at);
            const std::string &name = m_cells.names()[at];
            Feature feature;
            feature.name = name;
            const bool numbers = std::all_of(m_rows.begin(), m_rows.end(), [&](std::size_t row) {
                return numberOf(column[row]).has_value();
            });
            if (!numbers && !m_options.oneHot)
                texts.push_back(name);
            else if (!numbers) {
                if (auto done = categories(column, feature); !done)
                    return done;
            } else {
                if (auto done = finite(column, name); !done)
                    return done;
                identifier(column, name);
                feature.sample = *numberOf(column[m_rows[m_rows.size() / 2]]);
            }
            m_out.table.features.push_back(std::move(feature));
        }
        if (!texts.empty())
            return fail(ErrorCode::InvalidArgument,
                        fmt::format("{} of the columns {} not all numbers: {}", texts.size(),
                                    texts.size() == 1 ? "is" : "are", listedNames(texts, 8)),
                        fmt::format("leave them out with --drop \"{}\", or make a column of each "
                                    "of their values with --one-hot",
                                    fmt::join(texts, ",")));
        return {};
    }

    Status finite(const std::vector<Value> &column, const std::string &name) const
    {
        for (const std::size_t row : m_rows) {
            if (!std::isfinite(*numberOf(column[row])))
                return fail(ErrorCode::InvalidArgument,
                            fmt::format("{} is infinite in row {}", name, row + 1),
                            "remove that row, or leave the column out with --drop");
        }
        return {};
    }

    /// A number that only counts rows makes neighbours of those that stand together.
    void identifier(const std::vector<Value> &column, const std::string &name)
    {
        if (m_rows.size() < 10)
            return;
        for (std::size_t i = 1; i < m_rows.size(); ++i) {
            if (column[m_rows[i]].kind() != ValueKind::Integral ||
                column[m_rows[i - 1]].kind() != ValueKind::Integral ||
                column[m_rows[i]].asIntegral() <= column[m_rows[i - 1]].asIntegral())
                return;
        }
        m_out.notes.push_back(fmt::format("{0} is a whole number that grows from row to row, as an "
                                          "identifier does; leave it out with --drop \"{0}\" if it "
                                          "is one",
                                          name));
    }

    Status categories(const std::vector<Value> &column, Feature &feature) const
    {
        std::set<std::string> different;
        for (const std::size_t row : m_rows) {
            if (column[row].kind() == ValueKind::Tensor || column[row].kind() == ValueKind::Object)
                return fail(
                    ErrorCode::InvalidArgument,
                    fmt::format("{} is a list or an object in row {}", feature.name, row + 1),
                    "leave the column out with --drop");
            different.insert(textOf(column[row]));
            if (different.size() > kMaxCategories)
                return fail(ErrorCode::InvalidArgument,
                            fmt::format("{} has more than {} different texts, too many for a "
                                        "column of each",
                                        feature.name, kMaxCategories),
                            fmt::format("leave it out with --drop \"{}\"", feature.name));
        }
        feature.type = FeatureType::Text;
        feature.categories.assign(different.begin(), different.end());
        feature.sample = 0;
        return {};
    }

    Status values()
    {
        TrainingTable &table = m_out.table;
        table.values.resize(m_rows.size() * m_columns.size());
        for (std::size_t i = 0; i < m_columns.size(); ++i) {
            const auto &column = m_cells.column(m_columns[i]);
            const auto &known = table.features[i].categories;
            for (std::size_t r = 0; r < m_rows.size(); ++r) {
                double &to = table.values[r * m_columns.size() + i];
                if (known.empty())
                    to = *numberOf(column[m_rows[r]]);
                else
                    to = static_cast<double>(
                        std::lower_bound(known.begin(), known.end(), textOf(column[m_rows[r]])) -
                        known.begin());
            }
        }
        return {};
    }

    Collector &m_cells;
    const TrainingOptions &m_options;
    TrainingRead &m_out;
    std::size_t m_label = 0;
    std::vector<std::size_t> m_columns; ///< That are learned from.
    std::vector<std::size_t> m_rows;
};

} // namespace

Result<TrainingRead> readTraining(const std::filesystem::path &path,
                                  const table::ReadOptions &options,
                                  const TrainingOptions &training)
{
    table::ReadOptions own = options;
    own.cellByCell = true;
    Collector cells;
    auto read = table::readTable(path, own, cells);
    if (!read)
        return tl::unexpected(read.error());
    TrainingRead result;
    result.read = std::move(*read);
    if (auto done = Learner(cells, training, result).learn(); !done)
        return tl::unexpected(done.error());
    return result;
}

} // namespace tepal
