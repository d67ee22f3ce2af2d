/// Function multiversioning: one binary with the best code for the processor it runs on.
///
/// A function marked TEPAL_CLONES is compiled for several x86-64 levels and chosen once, when the
/// program is loaded. Elsewhere (arm64, whose baseline has the vectors that are used here; other
/// compilers; sanitizers, whose runtime is not up yet when the choice is made) it is compiled once.
/// The clones give the same results to the last bit: the same operations in the same order, and no
/// fused multiply-add.
#pragma once

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TEPAL_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define TEPAL_SANITIZED 1
#endif
#endif

#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__) &&       \
    !defined(TEPAL_SANITIZED)
#define TEPAL_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define TEPAL_CLONES
#endif

#if defined(__GNUC__)
#define TEPAL_INLINE inline __attribute__((always_inline))
#else
#define TEPAL_INLINE inline
#endif
