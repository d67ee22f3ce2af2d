/// The kinds of destinations there are. Pages, command line and settings are made from this list;
/// a new kind is a file with its fields and deliveries, and a line in kinds.cpp.
#pragma once

#include <tepal/upload/destination.h>
#include <tepal/upload/secrets.h>

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace tepal {

enum class FieldType : std::uint8_t { Text, Url, Secret, Folder, File, Choice, Switch };

struct DestinationField
{
    std::string_view key;   ///< In settings and on the command line: `access-key`.
    std::string_view label; ///< For people: "Access key".
    std::string_view help;  ///< One sentence.
    FieldType type = FieldType::Text;
    bool required = false;
    /// Variables that say it for the destination that is named like its kind, the first one set
    /// counts. Those of other destinations are TEPAL_<NAME>_<KEY>.
    std::span<const std::string_view> environment = {};
    std::string_view fallback = {};    ///< What an empty one means.
    std::string_view placeholder = {}; ///< An example.
    std::span<const std::string_view> choices = {};
};

/// What a destination is made from: values by key, without secrets; absent = empty.
using FieldValues = std::map<std::string, std::string>;
/// Reads the secret of a field; empty when there is none.
using SecretReader = std::function<Result<std::string>(std::string_view key)>;

struct DestinationKind
{
    std::string_view name;    ///< `s3`: on the command line and in settings.
    std::string_view title;   ///< For people: "S3-compatible bucket".
    std::string_view summary; ///< One sentence.
    std::span<const DestinationField> fields;
    Idempotency idempotency = Idempotency::SameName;
    /// The secrets are read at every use.
    std::unique_ptr<Destination> (*make)(const FieldValues &values, const SecretReader &secrets);
};

/// The one list.
std::span<const DestinationKind> destinationKinds();
const DestinationKind *findDestinationKind(std::string_view name);
const DestinationField *findField(const DestinationKind &kind, std::string_view key);

/// Kinds, each in a file of its own.
extern const DestinationKind kWhylabsKind;
extern const DestinationKind kFolderKind;
extern const DestinationKind kS3Kind;
extern const DestinationKind kHttpKind;
extern const DestinationKind kMlflowKind;

} // namespace tepal
