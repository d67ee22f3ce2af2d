/// Scores the windows of every dataset as they finish, with or without a window on a screen.
/// Internal.
#pragma once

#include <filesystem>
#include <memory>

namespace tepal {

class JudgeThread
{
public:
    /// Looks at the database every few seconds: at once where something is to be done.
    explicit JudgeThread(std::filesystem::path database);
    /// Stops between two windows.
    ~JudgeThread();
    JudgeThread(const JudgeThread &) = delete;
    JudgeThread &operator=(const JudgeThread &) = delete;

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

} // namespace tepal
