/// The HTTP parser, fed in pieces whose size the first byte decides, the routes and host names.
#include "../../core/serving/content_coding.h"
#include "../../core/serving/host_name.h"
#include "../../core/serving/http_parser.h"
#include "../../core/serving/routes.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

using namespace tepal::serving;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size == 0)
        return 0;
    const std::string input(reinterpret_cast<const char *>(data) + 1, size - 1);
    const std::size_t step = data[0] == 0 ? input.size() + 1 : data[0];
    HttpLimits limits;
    limits.body = 1000;
    limits.header = 2000;
    Request request;
    HttpParser parser(request, limits);
    std::size_t begin = 0;
    std::size_t end = 0;
    while (end < input.size()) {
        end = std::min(input.size(), end + step);
        std::size_t consumed = 0;
        const auto outcome = parser.feed(input.data() + begin, end - begin, consumed);
        if (consumed > end - begin)
            std::abort();
        begin += consumed;
        if (request.body.size() > limits.body)
            std::abort();
        if (outcome == HttpParser::Outcome::NeedMore)
            continue;
        if (outcome == HttpParser::Outcome::Done) {
            const auto body = decodeBody(request.contentEncoding, request.body, limits.body);
            if (body && body->size() > limits.body)
                std::abort();
            // Whatever is read as a host is read the same again, and none leads elsewhere.
            if (const auto host = parseHostName(request.host)) {
                const auto again = parseHostName(host->text());
                if (!again || again->text() != host->text() ||
                    host->text().find_first_of("@/\r\n ") != std::string::npos)
                    std::abort();
            }
            const Resolved resolved = resolve(request.target);
            if (resolved.redirect.find_first_of("\r\n") != std::string::npos)
                std::abort();
        }
        break;
    }
    return 0;
}
