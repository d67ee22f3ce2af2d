/// What is taken out of a profile before its bytes are made.
///
/// Rules name columns by pattern and say what is taken. *All rules that match a column apply*, in
/// whichever order they stand: a rule can only take more away, so none weakens another.
///
/// What stays is merged as it would be without redaction: merging redacted profiles gives what
/// redacting the merged one gives, to the same bounds. Every result is an ordinary profile, which
/// whylogs reads.
#pragma once

#include <tepal/profile/dataset.h>

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tepal {

enum class RedactionAction : std::uint8_t {
    /// The frequent items are emptied: no raw text leaves. The number of distinct values, missing
    /// values, conditions and the unicode metrics (lengths and kinds of characters, no characters)
    /// stay, and so do the numbers of a column of numbers: see DropRange.
    DropValues,
    /// Each frequent item is replaced by redactedText(). Counts and order of frequency stay, so
    /// that categories can still be compared between uploads of the same home; who knows how often
    /// a value comes may guess which it is. Numbers stay as with DropValues.
    Hash,
    /// The range of integers and the whole distribution (minimum, maximum, mean, spread and the
    /// quantile sketch, which holds single values) go, and of the frequent items those that spell a
    /// number. No sketch is put in the place of the distribution: anything else with the same
    /// count would be taken for data by whoever compares distributions. A reader sees a column as
    /// one of texts without numbers; counts of types and missing values stay.
    DropRange,
    /// The sketch of distinct values goes. It holds hashes that need no secret: who guesses a
    /// value can look whether it is among a few hundred.
    DropDistinct,
    /// The whole column goes, and its name with it.
    DropColumn,
};

/// `drop-values`, `hash`, `drop-range`, `drop-distinct`, `drop-column`.
std::string_view redactionActionName(RedactionAction action);

struct RedactionRule
{
    /// Of whole column names: `*` is any text, `?` one character, `\` takes what follows as it is.
    /// Letters A–Z match in either case, so that `email` covers `Email`.
    std::string columns;
    RedactionAction action = RedactionAction::DropColumn;

    bool matches(std::string_view column) const;
    bool operator==(const RedactionRule &) const = default;
};

/// Rules as text, `email:drop-column, *name*:hash` (separated by commas or line ends; a comma in a
/// name is `\,`; the last colon is the one before the action), or as JSON:
/// `["email:drop-column"]` or `[{"columns": "email", "action": "drop-column"}]`. Nothing or only
/// white space is no rule. Errors: InvalidArgument with the rule and what it may be.
Result<std::vector<RedactionRule>> parseRedaction(std::string_view text);
/// The text that parseRedaction reads back; rules separated by `, `.
std::string formatRedaction(const std::vector<RedactionRule> &rules);

/// What was done to one column.
struct RedactedColumn
{
    std::string name;
    std::set<RedactionAction> actions; ///< Those that had something to do.
    std::size_t texts = 0;             ///< Raw texts that were taken or hashed.
    bool range = false;                ///< Smallest and largest number and the sketch went.
    bool segment = false;              ///< The value of the segment was hashed.
    std::size_t unknown = 0;           ///< Parts that nobody here interprets, taken in any case.
};

struct Redaction
{
    std::vector<RedactedColumn> columns; ///< Those that something was done to, in order of names.
    /// Rules that no column and no segment met, as text: maybe a name was spelled wrongly.
    std::vector<std::string> unmatched;

    /// "email: dropped; name: 12 texts hashed", or "nothing". Names only, no values.
    std::string summary() const;
};

/// The first 16 hexadecimal digits of HMAC-SHA256(salt, text).
std::string redactedText(std::string_view text, std::string_view salt);

/// Applies the rules. Where a rule matches the column of a segment, the segment's value is hashed,
/// whatever the action: it cannot be left out, because it is what tells this file from those of
/// other segments. It stands in `profile.segment` and the metadata then; *object names must be made
/// of these*, not of what the store knows. Parts of a matched column that are not interpreted (own
/// metrics of other programs) are taken with any action: nobody knows what is in them. Other
/// metadata is not touched. Applying the same rules again hashes hashes.
///
/// `salt`: a secret of the home, see redactionSalt(). Errors: InvalidArgument when a value must be
/// hashed and the salt has fewer than 16 bytes; the profile is as it was then.
Result<Redaction> redact(DatasetProfile &profile, const std::vector<RedactionRule> &rules,
                         std::string_view salt);

/// The secret of the home in this folder, 32 random bytes, made when it is not there yet (readable
/// by the owner only). Who has it can try out what stands behind a hash; who loses it gets other
/// hashes from then on. Safe to call from several processes. Errors: Corrupt when the file is not
/// what was written, Io, Denied.
Result<std::string> redactionSalt(const std::filesystem::path &folder);
/// The same without making it: empty when there is none.
Result<std::string> existingRedactionSalt(const std::filesystem::path &folder);

} // namespace tepal
