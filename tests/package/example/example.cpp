// Profiles a few records, writes the whylogs file, reads it again and asks it something.
#include <tepal/profile/file.h>

#include <cstdio>
#include <fstream>

int main(int argc, char **argv)
{
    tepal::DatasetProfile profile;
    profile.datasetTimestamp = 1'767'225'600'000; // ms since 1970, UTC
    profile.metadata["name"] = "example";
    for (int i = 0; i < 10'000; ++i) {
        profile.track("amount", tepal::Value::fractional(i * 0.01));
        profile.track("country", tepal::Value::string(i % 3 == 0 ? "CH" : "DE"));
    }
    const std::string bytes = tepal::serializeProfile(profile);
    if (argc > 1)
        std::ofstream(argv[1], std::ios::binary) << bytes;

    const auto read = tepal::parseProfile(bytes);
    if (!read) {
        std::fprintf(stderr, "%s\n", read.error().text().c_str());
        return 1;
    }
    const tepal::ColumnProfile &amount = read->columns.at("amount");
    std::printf("%lld rows, median %.1f ± %.2f %% of rank, %.0f different\n",
                static_cast<long long>(read->rows()), amount.distribution->kll.quantile(0.5),
                100 * amount.distribution->kll.rankError(), amount.cardinality->estimate());
    return 0;
}
