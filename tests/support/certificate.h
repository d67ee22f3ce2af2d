/// Certificates for tests: each its own authority.
#pragma once

#include <string>

namespace tepal::test {

struct Certificate
{
    std::string certificate; ///< PEM; also what a client has to trust.
    std::string key;         ///< PEM.
};
/// `names` as in `IP:127.0.0.1` or `DNS:files.example`; valid from and until so many days from now.
Certificate makeCertificate(const std::string &names, int fromDays = -1, int untilDays = 30);

} // namespace tepal::test
