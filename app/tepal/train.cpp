#include "commands.h"

#include <tepal/service/train.h>

#include <fmt/format.h>

#include <cstdio>
#include <memory>

namespace tepal::cli {

void addTrain(CLI::App &app, Context &context)
{
    CLI::App *train = app.add_subcommand("train", "Train a model that ships with the program");
    train->require_subcommand(1);
    CLI::App *iris = addCommand(*train, context, "iris",
                                "k nearest neighbours on Fisher's iris data (150 rows)");
    auto k = std::make_shared<std::uint32_t>(5);
    iris->add_option("--k", *k, "Number of neighbours")->capture_default_str();
    iris->callback([&context, k] {
        const auto trained = trainIrisInto(context.home(), *k);
        if (!trained)
            return context.fail(trained.error());
        std::printf("Model saved: Model(tag=\"%s\")\n", trained->info.tag.text().c_str());
        std::printf("Training data stored as reference \"%s\" of %s (%llu rows, %.1f %% right)\n",
                    kTrainingReference, kPredictDataset,
                    static_cast<unsigned long long>(trained->info.rows), trained->accuracy * 100);
    });
}

} // namespace tepal::cli
