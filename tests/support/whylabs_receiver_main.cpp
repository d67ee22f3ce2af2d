// whylabs_receiver --port 0 --dir DIR: receives uploads until it is ended.
#include "whylabs_receiver.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

int main(int argc, char **argv)
{
    tepal::test::WhylabsReceiver::Options options;
    for (int i = 1; i < argc; ++i) {
        const bool hasValue = i + 1 < argc;
        if (std::strcmp(argv[i], "--port") == 0 && hasValue)
            options.port = static_cast<std::uint16_t>(std::atoi(argv[++i]));
        else if (std::strcmp(argv[i], "--dir") == 0 && hasValue)
            options.directory = argv[++i];
        else if (std::strcmp(argv[i], "--key") == 0 && hasValue)
            options.key = argv[++i];
        else {
            std::fprintf(stderr, "usage: whylabs_receiver [--port N] [--dir DIR] [--key KEY]\n");
            return 2;
        }
    }
    options.onRequest = [](const tepal::test::ReceivedRequest &request) {
        std::printf("%s %s (%zu bytes)\n", request.method.c_str(), request.target.c_str(),
                    request.body.size());
        std::fflush(stdout);
    };
    const tepal::test::WhylabsReceiver receiver(options);
    std::printf("Receiving on %s\n", receiver.url().c_str());
    std::fflush(stdout);
    std::size_t complaints = 0;
    for (;;) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        const auto all = receiver.complaints();
        for (; complaints < all.size(); ++complaints)
            std::fprintf(stderr, "whylabs_receiver: %s\n", all[complaints].c_str());
    }
}
