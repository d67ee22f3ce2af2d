/// The destinations of a home made ready for use: stored settings, the environment on top, secrets
/// from where they are kept.
#pragma once

#include <tepal/base/result.h>
#include <tepal/store/destinations.h>
#include <tepal/upload/kinds.h>
#include <tepal/upload/redaction.h>
#include <tepal/upload/secrets.h>
#include <tepal/upload/sender.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tepal {

class Store;

/// The home's destinations by name. Those of a version that kept one settings file per user are
/// taken over once: by the first home as they are, by later ones switched off. `mayWrite` false:
/// as they would be.
Result<std::vector<DestinationRecord>> homeDestinations(Store &store, bool mayWrite);

/// InvalidArgument for a name, kind, or setting that cannot be: unknown settings, required ones
/// missing, a value that is no choice. `complete`: also what is required must be there.
Status checkDestination(const DestinationRecord &record, bool complete);

/// Stored values, what the environment says on top, and what empty ones mean.
FieldValues effectiveValues(const DestinationRecord &record);
/// Variables that give a field of a destination, the first one that is set counts: those of the
/// field for the destination that is named like its kind, TEPAL_<NAME>_<KEY> for any other, so that
/// one destination's key never goes to another.
std::vector<std::string> fieldVariables(const DestinationRecord &record,
                                        const DestinationField &field);
/// Under which a destination's secret is kept: `<name>/<key>`.
std::string secretName(const DestinationRecord &record, std::string_view key);
/// From the environment, else from `store`, which must outlive what is returned.
SecretReader secretReader(const DestinationRecord &record, const SecretStore &store);

/// InvalidArgument for a kind that does not exist. `secrets` must outlive the outlet.
Result<Outlet> makeOutlet(const DestinationRecord &record, const SecretStore &secrets);

/// Finished pieces go there by themselves: from now on, or with everything that is stored.
Status enableDestination(Store &store, const std::string &name, bool everything);

/// A destination that is set up by the environment alone, named like its kind.
DestinationRecord environmentDestination(const DestinationKind &kind);
/// Those that the environment alone makes ready, of kinds that no known destination is named like:
/// what an upload that somebody asks for may go to when nothing is set up. `secrets` must outlive
/// them.
std::vector<Outlet> environmentOutlets(const std::vector<DestinationRecord> &known,
                                       const SecretStore &secrets);
/// `--to folder --dir D`: the home's own one for this folder, else one for this time.
DestinationRecord folderDestination(const std::vector<DestinationRecord> &known,
                                    const std::filesystem::path &directory);

/// The rules of a destination for a dataset: those for every dataset, and its own.
Result<std::vector<RedactionRule>> redactionRules(const DestinationRecord &record,
                                                  const std::string &dataset);
/// Replaces those for a dataset (empty = for every one); no rules = none.
void setRedactionRules(DestinationRecord &record, const std::string &dataset,
                       const std::vector<RedactionRule> &rules);

/// All rules as one types them, by dataset; under "" those for every one.
Result<std::map<std::string, std::string>> redactionByDataset(const DestinationRecord &record);

/// The settings file that versions before kept per user.
std::filesystem::path formerSettingsFile();

/// `country=CH,country=DE`, a segment for each text, as DestinationRecord::segments keeps them.
/// InvalidArgument for what is no key and value.
Result<std::string> parseSegmentFilter(const std::vector<std::string> &texts);
/// The same from one line, `country=CH, country=DE;tier=gold`; a comma in a value is `\,`.
Result<std::string> parseSegmentList(std::string_view text);
/// `country=CH;tier=gold`, its columns in order of names.
std::string filterText(SegmentTags segment);
/// Those that a destination is limited to, each once.
std::vector<std::string> segmentTexts(const std::string &kept);
/// The line that parseSegmentList() reads back.
std::string formatSegmentList(const std::string &kept);

} // namespace tepal
