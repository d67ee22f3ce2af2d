/// Fails when the input begins with `FUZZ`: a fuzzer that does not find this finds nothing.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    // One letter after the other, so that each is a branch the fuzzer can get at.
    if (size > 3 && data[0] == 'F' && data[1] == 'U' && data[2] == 'Z' && data[3] == 'Z')
        std::abort();
    return 0;
}
