#include "control.h"

#include <tepal/base/wire.h>

namespace tepal::control {

namespace {

std::string delimited(const std::string &message)
{
    std::string out;
    wire::Writer(out).varint(message.size());
    return out + message;
}

auto malformed()
{
    return fail(ErrorCode::Internal, "host and logger do not understand each other",
                "use programs of the same version");
}

} // namespace

std::string encode(const Request &request)
{
    std::string message;
    wire::Writer writer(message);
    writer.uint64(1, static_cast<std::uint64_t>(request.kind));
    writer.uint64(2, request.id);
    writer.boolean(3, request.closeChunks);
    return delimited(message);
}

std::string encode(const Report &report)
{
    std::string message;
    wire::Writer writer(message);
    const LoggerReport &r = report.report;
    writer.uint64(1, report.answers);
    if (report.error) {
        writer.bytes(2, report.error->message);
        writer.bytes(11, report.error->next);
    }
    writer.uint64(3, r.records);
    writer.uint64(4, r.rows);
    writer.uint64(5, r.lagRecords);
    writer.uint64(6, r.lagBytes);
    writer.sint64(7, r.lagOldest);
    writer.sint64(8, r.committed);
    writer.uint64(9, r.skipped);
    writer.uint64(10, r.quarantined);
    writer.uint64(12, r.future);
    writer.sint64(13, r.lagMs);
    return delimited(message);
}

Result<Request> decodeRequest(std::string_view message)
{
    Request request;
    wire::Reader reader(message);
    wire::Field field;
    while (reader.next(field)) {
        if (field.number == 1 && field.value <= 2)
            request.kind = static_cast<Kind>(field.value);
        else if (field.number == 2)
            request.id = field.value;
        else if (field.number == 3)
            request.closeChunks = field.value != 0;
    }
    if (reader.failed())
        return malformed();
    return request;
}

Result<Report> decodeReport(std::string_view message)
{
    Report report;
    std::string error;
    std::string next;
    LoggerReport &r = report.report;
    wire::Reader reader(message);
    wire::Field field;
    while (reader.next(field)) {
        switch (field.number) {
        case 1:
            report.answers = field.value;
            break;
        case 2:
            error = field.bytes;
            break;
        case 3:
            r.records = field.value;
            break;
        case 4:
            r.rows = field.value;
            break;
        case 5:
            r.lagRecords = field.value;
            break;
        case 6:
            r.lagBytes = field.value;
            break;
        case 7:
            r.lagOldest = wire::unzigzag(field.value);
            break;
        case 8:
            r.committed = wire::unzigzag(field.value);
            break;
        case 9:
            r.skipped = field.value;
            break;
        case 10:
            r.quarantined = field.value;
            break;
        case 11:
            next = field.bytes;
            break;
        case 12:
            r.future = field.value;
            break;
        case 13:
            r.lagMs = wire::unzigzag(field.value);
            break;
        default:
            break;
        }
    }
    if (reader.failed())
        return malformed();
    if (!error.empty())
        report.error = Error{ErrorCode::Io, error, next};
    return report;
}

std::optional<std::string> Framer::next()
{
    wire::Reader reader(m_buffer);
    std::string_view message;
    if (m_buffer.empty() || !reader.delimited(message))
        return std::nullopt;
    std::string result(message);
    m_buffer.erase(0, reader.position());
    return result;
}

} // namespace tepal::control
