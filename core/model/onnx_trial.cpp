#include "onnx_model.h"

#include <tepal/base/file.h>
#include <tepal/base/paths.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <cstring>
#include <memory>
#include <thread>

#if !defined(_WIN32)
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

extern char **environ;
#endif

namespace tepal {
namespace {

std::mutex limitsMutex;
OnnxLimits currentLimits;

constexpr std::size_t kMaxAnswer = 1u << 20;

std::string answerText(const Status &status)
{
    nlohmann::ordered_json json{{"taken", status.has_value()}};
    if (!status) {
        json["code"] = static_cast<int>(status.error().code);
        json["message"] = status.error().message;
        json["next"] = status.error().next;
    }
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

} // namespace

void setOnnxLimits(const OnnxLimits &limits)
{
    const std::scoped_lock lock(limitsMutex);
    currentLimits = limits;
}

OnnxLimits onnxLimits()
{
    const std::scoped_lock lock(limitsMutex);
    return currentLimits;
}

#if defined(_WIN32)

// There is no process to try in yet: what the runtime itself holds against a file has to do.
Status tryOnnxModel(std::string_view stored)
{
    const auto model = onnx::OnnxModel::deserialize(stored);
    return model ? Status() : tl::unexpected(model.error());
}

void answerOnnxTrial(const OnnxLimits &) {}

#else

namespace {

struct CloseFile
{
    void operator()(std::FILE *file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

/// Nobody else sees it, and it is gone when it is closed.
Result<File> temporary(std::string_view content)
{
    File file(std::tmpfile());
    const auto write = [&] { // nothing has no address
        return content.empty() ||
               std::fwrite(content.data(), 1, content.size(), file.get()) == content.size();
    };
    if (!file || !write() || std::fflush(file.get()) != 0 ||
        lseek(fileno(file.get()), 0, SEEK_SET) != 0)
        return fail(
            ErrorCode::Io,
            fmt::format("cannot write a temporary file to try the model: {}", std::strerror(errno)),
            "make room in the folder for temporary files");
    return file;
}

void bound(int what, std::uint64_t most)
{
    rlimit limit{};
    if (getrlimit(what, &limit) != 0)
        return;
    limit.rlim_cur = static_cast<rlim_t>(most);
    if (limit.rlim_max != RLIM_INFINITY && limit.rlim_cur > limit.rlim_max)
        limit.rlim_cur = limit.rlim_max;
    setrlimit(what, &limit);
}

Status refused(std::string_view how)
{
    return fail(ErrorCode::Unsupported,
                fmt::format("the model {} when it was tried in a process of its own", how),
                "it is not taken; export it again, or try another version of ONNX Runtime");
}

/// Waits for the child, which does not outlive the limit.
Result<int> waitFor(pid_t child, std::chrono::milliseconds limit)
{
    const auto end = std::chrono::steady_clock::now() + limit;
    for (;;) {
        int status = 0;
        const pid_t got = waitpid(child, &status, WNOHANG);
        if (got == child)
            return status;
        if (got < 0 && errno != EINTR)
            return fail(ErrorCode::Internal, "the process that tries the model was lost");
        if (std::chrono::steady_clock::now() >= end) {
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
            auto late = refused(fmt::format("took longer than {} ms", limit.count()));
            return tl::unexpected(late.error());
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
}

Status readAnswer(std::FILE *file, int status)
{
    std::string text(kMaxAnswer, '\0');
    const ssize_t size = pread(fileno(file), text.data(), text.size(), 0);
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    if (WIFSIGNALED(status))
        return refused(WTERMSIG(status) == SIGXCPU ? "took too long"
                                                   : "crashed or needed too much memory");
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_object() || !json.contains("taken") || !json["taken"].is_boolean() ||
        WEXITSTATUS(status) != 0)
        return refused("gave no answer");
    if (json["taken"].get<bool>())
        return {};
    const int code = json.value("code", static_cast<int>(ErrorCode::Internal));
    if (code < 0 || code > static_cast<int>(ErrorCode::Internal))
        return refused("gave no answer");
    return fail(static_cast<ErrorCode>(code), json.value("message", ""), json.value("next", ""));
}

} // namespace

Status tryOnnxModel(std::string_view stored)
{
    // Found here first: what is missing is said without a process, and both take the same file.
    const auto runtime = onnx::Runtime::get();
    if (!runtime)
        return tl::unexpected(runtime.error());
    const OnnxLimits limits = onnxLimits();
    const std::filesystem::path program =
        limits.program.empty() ? executablePath().parent_path() / "tepal" : limits.program;
    std::error_code error;
    if (!std::filesystem::exists(program, error))
        return fail(ErrorCode::Unsupported,
                    fmt::format("{} is not there, which tries ONNX models before they are taken",
                                program.string()),
                    "import the model with the command tepal");
    auto in = temporary(stored);
    auto out = temporary({});
    if (!in || !out)
        return tl::unexpected(in ? out.error() : in.error());
    std::vector<std::string> arguments{program.string(),
                                       "models",
                                       "try-onnx",
                                       std::to_string(limits.run.count()),
                                       std::to_string(limits.trial.count()),
                                       std::to_string(limits.trialBytes)};
    std::vector<char *> argv;
    for (std::string &argument : arguments)
        argv.push_back(argument.data());
    argv.push_back(nullptr);
    std::string own = "TEPAL_ONNXRUNTIME=" + (*runtime)->file().string();
    std::vector<char *> variables{own.data()};
    for (char **each = environ; *each != nullptr; ++each) {
        if (!std::string_view(*each).starts_with("TEPAL_ONNXRUNTIME="))
            variables.push_back(*each);
    }
    variables.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fileno(in->get()), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fileno(out->get()), STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    pid_t child = 0;
    const int failed =
        posix_spawn(&child, program.c_str(), &actions, nullptr, argv.data(), variables.data());
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0)
        return fail(ErrorCode::Internal,
                    fmt::format("cannot start {}: {}", program.string(), std::strerror(failed)));
    const auto status = waitFor(child, limits.trial);
    if (!status)
        return tl::unexpected(status.error());
    return readAnswer(out->get(), *status);
}

void answerOnnxTrial(const OnnxLimits &limits)
{
    setOnnxLimits(limits);
    bound(RLIMIT_CORE, 0);
    bound(RLIMIT_FSIZE, 16u << 20);
    bound(RLIMIT_CPU, static_cast<std::uint64_t>(limits.trial.count() / 1000 + 1));
    // Sanitizers keep shadows of all memory there is.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    bound(RLIMIT_AS, limits.trialBytes);
#endif
    std::string stored;
    char buffer[65536];
    for (ssize_t size = 0; (size = read(STDIN_FILENO, buffer, sizeof buffer)) > 0;)
        stored.append(buffer, static_cast<std::size_t>(size));
    const auto model = onnx::OnnxModel::deserialize(stored);
    const std::string answer = answerText(model ? Status() : Status(tl::unexpected(model.error())));
    std::fwrite(answer.data(), 1, answer.size(), stdout);
    std::fflush(stdout);
}

#endif

} // namespace tepal
