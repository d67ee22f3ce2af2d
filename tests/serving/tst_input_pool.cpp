// First buffers of connections: each is one's own, and what is free takes no memory.

#include "input_pool.h"

#include <QTest>

#include <algorithm>
#include <cstring>
#include <set>
#include <vector>

using tepal::serving::InputPool;

class TestInputPool : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void eachIsOnesOwn()
    {
        InputPool pool;
        std::vector<char *> taken;
        for (int i = 0; i < 1000; ++i) {
            taken.push_back(pool.take());
            std::memset(taken.back(), i % 128, InputPool::kSize);
        }
        for (int i = 0; i < 1000; ++i) {
            const auto *buffer = taken[static_cast<std::size_t>(i)];
            QVERIFY(std::all_of(buffer, buffer + InputPool::kSize,
                                [i](char c) { return c == i % 128; }));
        }
        // Those that were given back come first, and no more are made.
        const std::set<char *> all(taken.begin(), taken.end());
        QCOMPARE(all.size(), std::size_t{1000});
        for (char *buffer : taken)
            pool.giveBack(buffer);
        for (int i = 0; i < 1000; ++i)
            QVERIFY(all.contains(pool.take()));
    }

    void whatIsFreeTakesNoMemory()
    {
#ifdef __linux__
        InputPool pool;
        char *const kept = pool.take();
        char *const free = pool.take();
        std::memset(kept, 'k', InputPool::kSize);
        std::memset(free, 'f', InputPool::kSize);
        pool.giveBack(free);
        pool.trim();
        QVERIFY(std::all_of(kept, kept + InputPool::kSize, [](char c) { return c == 'k'; }));
        // The page is a new one, which Linux fills with zeros.
        QCOMPARE(pool.take(), free);
        QVERIFY(std::all_of(free, free + InputPool::kSize, [](char c) { return c == 0; }));
#else
        QSKIP("memory is given back on Linux only");
#endif
    }
};

QTEST_GUILESS_MAIN(TestInputPool)
#include "tst_input_pool.moc"
