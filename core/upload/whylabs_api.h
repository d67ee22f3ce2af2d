/// What a WhyLabs server is asked with, and what its answers mean. Internal.
#pragma once

#include "web.h"

#include <tepal/upload/kinds.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tepal::whylabs {

struct Settings
{
    std::string endpoint; ///< Without slashes at its end.
    std::string organization;
    std::string defaultDataset;
    std::map<std::string, std::string> datasets;
    std::string caFile;
    web::Timeouts timeouts;

    static Settings from(const FieldValues &values);
    /// Id there of one of our datasets.
    std::string idOf(const std::string &dataset) const;
};

/// What every request needs.
struct Access
{
    std::string key;
    std::string organization;
    std::string endpoint;

    std::string organizationPath() const;
    http::Request request(const std::string &method, const std::string &path,
                          const Settings &settings) const;
};
/// NotFound, InvalidArgument or Denied with what is missing, and the next step.
Result<Access> access(const Settings &settings, const SecretReader &secrets);

/// What is unusual about a key, e.g. "has no dot after its first ten characters". Nothing when it
/// looks right.
std::optional<std::string> keyProblem(std::string_view key);
/// The part of a key that may be shown: its first ten characters.
std::string keyId(std::string_view key);

/// Of an answer that no repeat will change.
Error refused(const http::Answer &answer, const Access &access);
Error notWhylabs(const std::string &endpoint, const std::string &why);

std::vector<DestinationCheck> test(const Settings &settings, const SecretReader &secrets,
                                   const std::stop_token &stop);

Result<std::vector<DestinationCheck>> tag(const Settings &settings, const SecretReader &secrets,
                                          const ColumnTags &tags, const std::stop_token &stop);

} // namespace tepal::whylabs
